//! Control groups: an engine that is started for one login leaves that of the program that has started
//! it.
//!
//! A user may own control groups (systemd delegates some to each user, rootless containers need them).
//! Whoever owns one can freeze everything in it, starve it of time and memory, or end it: also an
//! engine that su has started there, while it holds the lock of a store that everybody waits for. So the
//! engine moves to the top of each hierarchy, as root and before it opens anything. Where it cannot, as in
//! a container whose control groups are read-only, it goes on only if nobody but root can write the
//! group in which it is.

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use crate::outage::Outage;

/// Which groups a process is in: a line `ID:CONTROLLERS:PATH` for each hierarchy (cgroups(7)).
const MEMBERSHIP: &str = "/proc/self/cgroup";

/// Where the hierarchies are mounted (proc_pid_mountinfo(5)).
const MOUNTS: &str = "/proc/self/mountinfo";

/// The file whose writer moves a process into a group; `0` is the writer itself.
const MEMBERS: &str = "cgroup.procs";

/// The group that is made where the top one may have no members: within a container, control groups of
/// version 2 allow members or inner groups with limits, not both.
const OWN_GROUP: &str = "monk-engines";

/// One hierarchy, and where this process is in it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Membership {
    /// Empty in version 2.
    controllers: String,
    group: String,
}

/// Where a hierarchy can be seen.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Mount {
    /// The group that is at the top there.
    top: String,
    folder: PathBuf,
}

/// Leaves the control groups of the caller.
///
/// # Errors
/// [`Outage::Setup`] where that is not possible and somebody who is not root could stop this process.
pub fn leave() -> Result<(), Outage> {
    // A kernel without control groups.
    let Ok(groups) = fs::read_to_string(MEMBERSHIP) else { return Ok(()) };
    let mounts = fs::read_to_string(MOUNTS).unwrap_or_default();
    groups.lines().filter_map(Membership::parse).try_for_each(|one| one.leave(&mounts))
}

impl Membership {
    /// Reads one line. A hierarchy of version 1 that has a name only limits and stops nobody.
    fn parse(line: &str) -> Option<Self> {
        let mut fields = line.splitn(3, ':');
        let (_, controllers, group) = (fields.next()?, fields.next()?, fields.next()?);
        if controllers.starts_with("name=") {
            return None;
        }
        Some(Self { controllers: controllers.to_owned(), group: group.to_owned() })
    }

    fn leave(&self, mounts: &str) -> Result<(), Outage> {
        if self.group == "/" {
            return Ok(());
        }
        let mounts: Vec<_> = mounts.lines().filter_map(|line| self.mount(line)).collect();
        // Where there is none, nobody in this container can see the group, and so stop what is in it.
        let moved = mounts.iter().map(|mount| move_to_top(&mount.folder));
        let Some(Err(error)) = moved.reduce(Result::or) else { return Ok(()) };
        match mounts.iter().find_map(|mount| self.owner(mount)) {
            Some(0) => Ok(()),
            owner => Err(Outage::Setup(format!(
                "the control group {} belongs to {}, who could stop this engine while others wait \
                 for it, and it cannot be left ({error}): have monkd run as a service",
                self.group,
                owner.map_or_else(|| "nobody knows whom".to_owned(), |uid| format!("uid {uid}"))
            ))),
        }
    }

    /// Where this hierarchy is mounted, if that is what a line of the mounts says.
    fn mount(&self, line: &str) -> Option<Mount> {
        let (before, after) = line.split_once(" - ")?;
        let mut before = before.split(' ').skip(3);
        let (top, folder) = (before.next()?, before.next()?);
        let mut after = after.split(' ');
        let (kind, options) = (after.next()?, after.nth(1)?);
        let is_this = match self.controllers.is_empty() {
            true => kind == "cgroup2",
            false => {
                let has = |one| options.split(',').any(|option| option == one);
                kind == "cgroup" && self.controllers.split(',').all(has)
            }
        };
        is_this.then(|| Mount { top: unescaped(top), folder: unescaped(folder).into() })
    }

    /// Whose this group is, and those above it, as far as they can be seen: the first who is not root.
    fn owner(&self, mount: &Mount) -> Option<u32> {
        self.first_owner(mount, owner_of)
    }

    fn first_owner(&self, mount: &Mount, owner_of: impl Fn(&Path) -> Option<u32>) -> Option<u32> {
        let below = Path::new(&self.group).strip_prefix(&mount.top).ok()?;
        let mut folder = mount.folder.clone();
        let mut owner = owner_of(&folder)?;
        for part in below {
            folder.push(part);
            owner = match owner {
                0 => owner_of(&folder)?,
                other => other,
            };
        }
        Some(owner)
    }
}

/// Who may write a group: the owner of its folder or of a file in it that others than root can write.
/// Files of a delegated group belong to the user whose it is.
fn owner_of(group: &Path) -> Option<u32> {
    let folder = fs::metadata(group).ok()?;
    if folder.uid() != 0 {
        return Some(folder.uid());
    }
    for file in fs::read_dir(group).ok()?.flatten() {
        let file = file.metadata().ok()?;
        if file.is_file() {
            match writer_of(file.uid(), file.gid(), file.mode()) {
                Some(0) => {}
                other => return other,
            }
        }
    }
    Some(0)
}

/// Who may write a file: root alone, one other user, or nobody can say who that is.
fn writer_of(owner: u32, group: u32, mode: u32) -> Option<u32> {
    if owner != 0 && mode & 0o200 != 0 {
        return Some(owner);
    }
    let is_roots = mode & 0o022 == 0 || (group == 0 && mode & 0o002 == 0);
    is_roots.then_some(0)
}

/// Into the top group, or into one of the engines' own below it.
fn move_to_top(folder: &Path) -> io::Result<()> {
    move_into(folder).or_else(|_| {
        let own = folder.join(OWN_GROUP);
        match fs::create_dir(&own) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
            _ => move_into(&own),
        }
    })
}

fn move_into(group: &Path) -> io::Result<()> {
    fs::write(group.join(MEMBERS), "0")
}

/// A path of the mounts, in which blanks and the like are written as `\040`.
fn unescaped(path: &str) -> String {
    let mut bytes = Vec::with_capacity(path.len());
    let mut rest = path.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        let octal = after.get(..3).filter(|_| first == b'\\');
        let octal = octal.and_then(|digits| std::str::from_utf8(digits).ok());
        match octal.and_then(|digits| u8::from_str_radix(digits, 8).ok()) {
            Some(byte) => {
                bytes.push(byte);
                rest = &after[3..];
            }
            None => {
                bytes.push(first);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hierarchies_that_can_stop_somebody_are_found_with_their_mounts() {
        let mounts = "\
25 1 0:23 / /sys/fs/cgroup rw,nosuid - tmpfs tmpfs rw,mode=755
26 25 0:24 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw
27 25 0:25 /docker/7 /sys/fs/cgroup/cpu\\040acct ro master:9 - cgroup cgroup rw,cpu,cpuacct
28 25 0:26 / /sys/fs/cgroup/freezer rw - cgroup cgroup rw,freezer
";
        let of = |line: &str| {
            let one = Membership::parse(line).expect("a hierarchy");
            mounts.lines().filter_map(|line| one.mount(line)).collect::<Vec<_>>()
        };
        let mount = |top: &str, folder: &str| Mount { top: top.into(), folder: folder.into() };
        assert_eq!(of("0::/user.slice/x:y"), [mount("/", "/sys/fs/cgroup/unified")]);
        assert_eq!(of("7:freezer:/bob"), [mount("/", "/sys/fs/cgroup/freezer")]);
        assert_eq!(of("3:cpuacct,cpu:/a"), [mount("/docker/7", "/sys/fs/cgroup/cpu acct")]);
        assert_eq!(of("8:memory:/"), []);
        assert_eq!(Membership::parse("1:name=systemd:/init.scope"), None);
        assert_eq!(Membership::parse("nonsense"), None);
        let group = Membership::parse("0::/user.slice/x:y").expect("a hierarchy").group;
        assert_eq!(group, "/user.slice/x:y");
    }

    #[test]
    fn a_group_is_roots_only_if_all_above_it_are_and_nobody_else_can_write_its_files() {
        let mount = Mount { top: "/a".into(), folder: "/m".into() };
        let member = |group: &str| Membership { controllers: String::new(), group: group.into() };
        let owner = |owner_of: fn(&str) -> Option<u32>| {
            member("/a/b/c").first_owner(&mount, |path| owner_of(path.to_str()?))
        };
        assert_eq!(owner(|_| Some(0)), Some(0));
        assert_eq!(owner(|path| Some(if path == "/m/b/c" { 1001 } else { 0 })), Some(1001));
        assert_eq!(owner(|path| Some(if path == "/m/b" { 1001 } else { 0 })), Some(1001));
        assert_eq!(owner(|path| Some(if path == "/m" { 1001 } else { 0 })), Some(1001));
        assert_eq!(owner(|path| (path != "/m/b/c").then_some(0)), None);
        assert_eq!(member("/elsewhere").first_owner(&mount, |_| Some(0)), None);

        for (owner, group, mode, writer) in [
            (0, 0, 0o644, Some(0)),
            (0, 0, 0o664, Some(0)),
            (1001, 0, 0o644, Some(1001)),
            (1001, 0, 0o444, Some(0)),
            (0, 1001, 0o644, Some(0)),
            (0, 1001, 0o664, None),
            (0, 0, 0o666, None),
        ] {
            assert_eq!(writer_of(owner, group, mode), writer, "{owner} {group} {mode:o}");
        }
    }

    #[test]
    fn the_owner_of_a_group_is_read_from_its_folder_and_files() {
        let top = tempfile::tempdir().unwrap();
        let own = nix::unistd::geteuid().as_raw();
        let file = top.path().join("cgroup.freeze");
        fs::write(&file, "0").unwrap();
        assert_eq!(owner_of(top.path()), Some(own));
        assert_eq!(owner_of(&top.path().join("missing")), None);
        let mode = std::os::unix::fs::PermissionsExt::from_mode(0o666);
        fs::set_permissions(&file, mode).unwrap();
        let everybody = if own == 0 { None } else { Some(own) };
        assert_eq!(owner_of(top.path()), everybody, "everybody can write a file of it");
    }
}
