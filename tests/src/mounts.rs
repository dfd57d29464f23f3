//! The file tree of a world: this machine's own, read-only, with private places laid over it.
//!
//! | place | what a world sees |
//! |---|---|
//! | `/etc`, `/usr`, `/var` | this machine's files; what a world writes goes to a layer in memory |
//! | the folders of [`EMPTY`], such as `/run` and `/home` | empty, in memory |
//! | `/dev` | the few devices every program needs, and its own terminals and `/dev/log` |
//! | everything else | this machine's files, read-only |

use std::fs::{self, File, Permissions};
use std::io;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;

use nix::mount::{MsFlags, mount};

use crate::system_calls;

/// Folders that keep this machine's files and take the world's changes.
const LAYERED: [&str; 3] = ["etc", "usr", "var"];

/// Folders that start empty, with the options of their tmpfs.
const EMPTY: [(&str, &str); 9] = [
    ("/home", "mode=755"),
    ("/root", "mode=700"),
    ("/run", "mode=755"),
    ("/var/log", "mode=755"),
    ("/var/mail", "mode=2775,gid=8"), // the group mail, 8 on every Debian
    ("/var/tmp", "mode=1777"),
    ("/var/lib/monk", "mode=700"),
    ("/var/lib/ldap", "mode=755"),
    ("/var/lib/dovecot", "mode=755"),
];

/// The devices a world has.
const DEVICES: [&str; 6] = ["full", "null", "random", "tty", "urandom", "zero"];

/// Where the layers and devices are prepared. Every system has this folder, and in the end it is
/// covered.
const STAGE: &str = "/tmp";

/// Arranges the file tree of the calling thread, which must be in a new mount namespace.
///
/// `/proc` is left to the first process of the world, because a mount of it shows the processes of
/// whoever made it.
pub(crate) fn arrange() -> io::Result<()> {
    make_private()?;
    step("make this machine's files read-only", system_calls::make_all_mounts_read_only())?;
    tmpfs(STAGE, "mode=755")?;
    for folder in LAYERED {
        layer(folder)?;
    }
    for (folder, options) in EMPTY {
        step(folder, fs::create_dir_all(folder))?;
        tmpfs(folder, options)?;
    }
    // Prepared aside, because they are made from those of the old folder.
    let stage = format!("{STAGE}/dev");
    fs::create_dir(&stage)?;
    devices(&stage)?;
    let result = mount(Some(stage.as_str()), "/dev", None::<&str>, MsFlags::MS_MOVE, None::<&str>);
    step("move the devices to /dev", result.map_err(io::Error::from))?;
    tmpfs("/tmp", "mode=1777")
}

/// Nothing that is mounted here reaches this machine, and nothing mounted on this machine later
/// comes here.
pub(crate) fn make_private() -> io::Result<()> {
    let flags = MsFlags::MS_REC | MsFlags::MS_PRIVATE;
    let result = mount(None::<&str>, "/", None::<&str>, flags, None::<&str>);
    step("make the mounts private", result.map_err(io::Error::from))
}

/// Mounts an empty folder in memory.
pub(crate) fn tmpfs(place: &str, options: &str) -> io::Result<()> {
    let result = mount(Some("tmpfs"), place, Some("tmpfs"), MsFlags::MS_NOSUID, Some(options));
    step(&format!("mount a tmpfs on {place}"), result.map_err(io::Error::from))
}

/// Lays a writable layer over one top folder.
fn layer(folder: &str) -> io::Result<()> {
    let (upper, work) = (format!("{STAGE}/{folder}/upper"), format!("{STAGE}/{folder}/work"));
    fs::create_dir_all(&upper)?;
    fs::create_dir_all(&work)?;
    let options = format!("lowerdir=/{folder},upperdir={upper},workdir={work}");
    let place = format!("/{folder}");
    let result = mount(
        Some("overlay"),
        place.as_str(),
        Some("overlay"),
        MsFlags::empty(),
        Some(options.as_str()),
    );
    step(&format!("lay an overlay over {place}"), result.map_err(io::Error::from))
}

/// Mounts a folder with the devices of the machine, and terminals of its own.
pub(crate) fn devices(stage: &str) -> io::Result<()> {
    tmpfs(stage, "mode=755")?;
    for device in DEVICES {
        let (source, target) = (format!("/dev/{device}"), format!("{stage}/{device}"));
        File::create(&target)?;
        let result = mount(
            Some(source.as_str()),
            target.as_str(),
            None::<&str>,
            MsFlags::MS_BIND,
            None::<&str>,
        );
        step(&format!("bind {source}"), result.map_err(io::Error::from))?;
    }
    fs::create_dir(format!("{stage}/shm"))?;
    tmpfs(&format!("{stage}/shm"), "mode=1777")?;
    terminals(stage)?;
    for (link, target) in [
        ("fd", "/proc/self/fd"),
        ("stdin", "/proc/self/fd/0"),
        ("stdout", "/proc/self/fd/1"),
        ("stderr", "/proc/self/fd/2"),
    ] {
        symlink(target, Path::new(stage).join(link))?;
    }
    Ok(())
}

/// Pseudo-terminals of the world's own.
fn terminals(devices: &str) -> io::Result<()> {
    let place = format!("{devices}/pts");
    fs::create_dir(&place)?;
    // The group tty is 5 on every Debian.
    let options = "newinstance,ptmxmode=0666,mode=0620,gid=5";
    let result =
        mount(Some("devpts"), place.as_str(), Some("devpts"), MsFlags::MS_NOSUID, Some(options));
    step("mount the terminals", result.map_err(io::Error::from))?;
    symlink("pts/ptmx", format!("{devices}/ptmx"))?;
    fs::set_permissions(&place, Permissions::from_mode(0o755))
}

/// Says in the error what was attempted.
pub(crate) fn step<T>(what: &str, result: io::Result<T>) -> io::Result<T> {
    result.map_err(|error| io::Error::new(error.kind(), format!("cannot {what}: {error}")))
}
