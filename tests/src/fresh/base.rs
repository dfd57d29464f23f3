//! The base of a release: a tar of a small Debian, made once and kept outside the repository.

use std::env;
use std::fs::{self, File, Permissions};
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use nix::fcntl::{Flock, FlockArg};

use super::{Debian, mirrors};
use crate::transcript::tail;

/// What the machines of the tests have besides the smallest Debian: the servers that monk guards, their
/// clients, and what else asks who a user is. monk itself must need nothing of it but what its packages say.
const PACKAGES: [&str; 20] = [
    "systemd",
    "systemd-sysv",
    "libnss-systemd",
    "libpam-systemd",
    "cron",
    "dbus",
    "libpam-modules",
    "libpam-runtime",
    "login",
    "passwd",
    "openssh-server",
    "openssh-client",
    "dovecot-imapd",
    "postfix",
    "slapd",
    "ldap-utils",
    "sudo",
    "curl",
    "pamtester",
    "ca-certificates",
];

/// To be raised when a base is made in another way with the same packages.
const VERSION: u32 = 1;

/// The tar of a release for the machines of the tests, with more packages.
pub(super) fn base(debian: Debian, more: &[&str]) -> io::Result<PathBuf> {
    base_with(debian, &[&PACKAGES, more].concat())
}

/// The tar of a release with nothing but `packages` and what they need. It is made where it is missing,
/// which takes a minute; of several processes that want it one makes it, and the others wait.
///
/// # Errors
/// When it cannot be made or kept.
pub fn base_with(debian: Debian, packages: &[&str]) -> io::Result<PathBuf> {
    let folder = cache();
    fs::create_dir_all(&folder)?;
    // Programs with the setuid bit are in there, older than those of this machine one day.
    fs::set_permissions(&folder, Permissions::from_mode(0o700))?;
    let name = name(debian, packages);
    let tar = folder.join(&name);
    let lock = File::create(folder.join(format!("{name}.lock")))?;
    let _alone = Flock::lock(lock, FlockArg::LockExclusive).map_err(|(_, error)| error)?;
    if !tar.exists() {
        let unfinished = folder.join(format!("{name}.new"));
        make(debian, packages, &unfinished)?;
        fs::rename(&unfinished, &tar)?;
    }
    Ok(tar)
}

/// Whether [`base_with`] would make nothing.
#[must_use]
pub fn has_base(debian: Debian, packages: &[&str]) -> bool {
    cache().join(name(debian, packages)).exists()
}

fn name(debian: Debian, packages: &[&str]) -> String {
    format!("base-{}-{:016x}.tar", debian.suite(), fingerprint(packages))
}

/// `$XDG_CACHE_HOME/monk`, or `~/.cache/monk`. Where there is no home, what is root's anyway.
pub fn cache() -> PathBuf {
    let named = |name: &str| env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let caches = named("XDG_CACHE_HOME").or_else(|| named("HOME").map(|home| home.join(".cache")));
    caches.unwrap_or_else(|| PathBuf::from("/var/cache")).join("monk")
}

/// Tells bases of other packages or of another way of making them apart (FNV-1a).
fn fingerprint(packages: &[&str]) -> u64 {
    let text = format!("{VERSION} {}", packages.join(" "));
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

/// Runs mmdebstrap, from the mirrors of this machine. What it leaves unfinished is written over the
/// next time.
fn make(debian: Debian, packages: &[&str], tar: &Path) -> io::Result<()> {
    crate::packages::ensure(&["mmdebstrap"]).map_err(io::Error::other)?;
    let mut command = Command::new("mmdebstrap");
    // Without root, in a user namespace, for the demo.
    let mode = if nix::unistd::geteuid().is_root() { "root" } else { "unshare" };
    command.args(["--variant=minbase", "--format=tar", &format!("--mode={mode}")]);
    command.arg(format!("--include={}", packages.join(",")));
    // Arguments that begin with "deb " are lines of the list of sources.
    command.args([debian.suite(), "-"]).args(mirrors::of(debian).lines());
    command.stdin(Stdio::null()).stdout(File::create(tar)?).stderr(Stdio::piped());
    let output = command.output()?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    Err(io::Error::other(format!("mmdebstrap ended with {}:\n{}", output.status, tail(&said))))
}
