//! The demo for readers who are not root: in a small Debian of its own, in memory, where they are.
//!
//! A user namespace makes its maker root inside, over the range of numbers that `/etc/subuid` gives. The files of
//! this machine belong to nobody in there, and servers refuse such files. So there is a Debian of its own:
//! mmdebstrap makes it without root, and keeps it as a tar for the next time. The workspace and its programs are
//! lent to it.

use std::env;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use monk_tests::fresh::{self, Debian};
use tempfile::TempDir;

use super::servers;
use crate::cargo::{own_programs, workspace};
use crate::failure::{Failure, Outcome};
use crate::prepare::heading;

/// What ends with this status has never come to the demo.
const NOT_BEGUN: i32 = 97;

/// Becomes root of a user namespace, and of nothing else. The first process of the namespace ends with its parent.
const UNSHARE: [&str; 7] = [
    "--map-root-user",
    "--map-auto",
    "--mount",
    "--pid",
    "--fork",
    "--kill-child",
    "--propagation=private",
];

/// Unpacks the tar into memory at the place that is given, lends it the folders up to `--`, goes there, and becomes
/// the program behind that.
const ENTER: &str = "trap 'exit 97' EXIT
root=$1 tar=$2
shift 2
mount -t tmpfs -o mode=755 tmpfs \"$root\"
tar --extract --directory=\"$root\" --file=\"$tar\" --exclude='./dev/*'
mkdir -p \"$root/proc\" \"$root/dev\" \"$root/sys\" \"$root/old\"
while [ \"$1\" != -- ]; do
    mkdir -p \"$root$1\"
    mount --rbind \"$1\" \"$root$1\"
    shift
done
shift
mount -t proc proc \"$root/proc\"
mount --rbind /dev \"$root/dev\"
mount --rbind /sys \"$root/sys\"
cd \"$root\"
pivot_root . old
umount -l /old
cd /
trap - EXIT
exec \"$@\"";

/// What has to be there, and the package that has it.
const NEEDED: [(&str, &str); 3] =
    [("mmdebstrap", "mmdebstrap"), ("newuidmap", "uidmap"), ("newgidmap", "uidmap")];

/// Shows the demo with these arguments. True where every step ended as it should.
pub fn run(arguments: &[&str], is_agreed: bool) -> Outcome {
    let missing = missing(|program| is_program(program, env::var_os("PATH")));
    if !missing.is_empty() {
        return Err(Failure(format!(
            "without root, the demo needs {}:\n\n    sudo apt-get install {}\n{}",
            missing.join(" and "),
            missing.join(" "),
            other_ways(arguments)
        )));
    }
    try_a_namespace(arguments)?;
    let tar = base(is_agreed)?;
    let place = TempDir::with_prefix("monk-demo-").map_err(|error| Failure::new("/tmp", error))?;
    let programs = own_programs()?;
    let mut command = Command::new("unshare");
    command.args(UNSHARE).args(["--", "/bin/sh", "-ec", ENTER, "enter"]).arg(place.path()).arg(tar);
    command.arg(workspace()).arg(&programs).arg("--");
    command.arg(programs.join("xtask-tasks")).arg("demo").args(arguments);
    command.env("HOME", "/root").env("USER", "root").env_remove("XDG_CACHE_HOME");
    command.env("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
    let status = command.status().map_err(|error| Failure::new("cannot run unshare", error))?;
    match status.code() {
        Some(0) => Ok(true),
        Some(1) => Ok(false),
        Some(NOT_BEGUN) => Err(Failure(format!(
            "the private machine cannot be made without root here, see above\n{}",
            other_ways(arguments)
        ))),
        _ => Err(Failure("the demo could not be shown, see above".to_owned())),
    }
}

/// The packages that are missing, each once.
fn missing(is_there: impl Fn(&str) -> bool) -> Vec<&'static str> {
    let mut packages: Vec<_> = NEEDED
        .iter()
        .filter(|(program, _)| !is_there(program))
        .map(|(_, package)| *package)
        .collect();
    packages.dedup();
    packages
}

fn is_program(name: &str, path: Option<std::ffi::OsString>) -> bool {
    let folders = path.as_deref().map(env::split_paths).into_iter().flatten();
    folders.chain([PathBuf::from("/usr/bin")]).any(|folder| folder.join(name).is_file())
}

/// Whether this kernel and `/etc/subuid` let this user have a namespace with users in it.
fn try_a_namespace(arguments: &[&str]) -> Result<(), Failure> {
    let mut unshare = Command::new("unshare");
    unshare.args(UNSHARE).args(["--", "true"]).stdin(Stdio::null());
    let output = unshare.output().map_err(|error| Failure::new("cannot run unshare", error))?;
    if output.status.success() {
        return Ok(());
    }
    Err(refused(String::from_utf8_lossy(&output.stderr).trim(), arguments))
}

fn refused(said: &str, arguments: &[&str]) -> Failure {
    Failure(format!(
        "without root, the demo needs a user namespace with a range of users in it, and gets none here:\n\n    \
         {said}\n\nEither the kernel gives namespaces to root alone (kernel.unprivileged_userns_clone, \
         user.max_user_namespaces,\nkernel.apparmor_restrict_unprivileged_userns), or /etc/subuid and /etc/subgid have \
         no line for you.\n{}",
        other_ways(arguments)
    ))
}

fn other_ways(arguments: &[&str]) -> String {
    format!(
        "\nAs root, it needs nothing of that:\n\n    sudo env \"PATH=$PATH\" \"HOME=$HOME\" cargo xtask demo {}\n\n\
         The portal alone needs neither:\n\n    cargo xtask demo --web\n",
        arguments.join(" ")
    )
}

/// The Debian of its own, for which the programs of this machine are new enough: of the same release.
fn base(is_agreed: bool) -> Result<PathBuf, Failure> {
    let packages = servers::needed(true);
    let release = release(&std::fs::read_to_string("/etc/os-release").unwrap_or_default());
    let kept = fresh::cache();
    if !fresh::has_base(release, &packages) {
        heading("The demo unpacks a small Debian of its own, because you are not root");
        eprintln!(
            "It downloads Debian's smallest system once, with these packages (about 60 MB), and keeps it in\n{} \
             (250 MB):\n\n    {}\n\nNothing is installed on this machine.",
            kept.display(),
            packages.join(" ")
        );
        servers::pause(is_agreed);
        heading("Downloading and unpacking (mmdebstrap, a minute or two)");
    }
    fresh::base_with(release, &packages)
        .map_err(|error| Failure::new("the Debian for the demo cannot be made", error))
}

fn release(os_release: &str) -> Debian {
    let is_trixie = os_release.lines().any(|line| line == "VERSION_CODENAME=trixie");
    if is_trixie { Debian::Trixie } else { Debian::Bookworm }
}

/// Whether the reader is root.
pub fn is_needed() -> bool {
    !nix::unistd::geteuid().is_root()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn what_is_missing_is_named_once_with_the_line_to_type() {
        assert_eq!(missing(|_| true), Vec::<&str>::new());
        assert_eq!(missing(|_| false), ["mmdebstrap", "uidmap"]);
        assert_eq!(missing(|program| program != "newgidmap"), ["uidmap"]);
        assert!(is_program("env", None) && !is_program("no-such-program", None));
        let said = refused("unshare: write failed /proc/self/uid_map", &["--ldap"]).0;
        for wanted in ["uid_map", "/etc/subuid", "sudo env", "demo --ldap", "demo --web"] {
            assert!(said.contains(wanted), "{wanted}: {said}");
        }
    }

    #[test]
    fn the_debian_is_that_of_this_machine() {
        assert_eq!(release("ID=debian\nVERSION_CODENAME=trixie\n"), Debian::Trixie);
        assert_eq!(release("ID=debian\nVERSION_CODENAME=bookworm\n"), Debian::Bookworm);
    }

    /// As root of this machine, too: the same steps with a tar of three files.
    #[test]
    fn the_way_into_the_debian_ends_in_its_program_or_says_that_it_did_not() {
        let folder = TempDir::new().unwrap();
        let at = |name: &str| folder.path().join(name);
        std::fs::create_dir(at("root")).unwrap();
        let enter = |tar: &Path, program: &[&str]| {
            let mut command = Command::new("unshare");
            command.args(["--map-root-user", "--mount", "--pid", "--fork", "--kill-child"]);
            command.args(["--", "/bin/sh", "-ec", ENTER, "enter"]).arg(at("root")).arg(tar);
            // The system's own folders in the place of what would be in the tar.
            command.args(["/usr", "/bin", "/lib", "/lib64", "--"]).args(program);
            command.output().unwrap()
        };
        let output = enter(&at("missing.tar"), &["true"]);
        assert_eq!(output.status.code(), Some(NOT_BEGUN), "{output:?}");
        std::fs::write(at("mark"), "here").unwrap();
        let tar = at("base.tar");
        let mut made = Command::new("tar");
        made.arg("-cf").arg(&tar).arg("-C").arg(folder.path()).arg("./mark");
        assert!(made.status().unwrap().success());
        let output = enter(&tar, &["/bin/sh", "-c", "cat /mark; id -u; exit 1"]);
        assert_eq!(String::from_utf8_lossy(&output.stdout), "here0\n", "{output:?}");
        assert_eq!(output.status.code(), Some(1));
    }
}
