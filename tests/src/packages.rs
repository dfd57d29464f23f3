//! The Debian packages that worlds are made from.

use std::error::Error;
use std::fmt;
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::process::{self, Command, Stdio};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use nix::unistd::geteuid;

use crate::process::Process;
use crate::system_calls;
use crate::transcript::{Transcript, tail};

/// Packages of all servers and clients that worlds run.
pub const ALL: [&str; 50] = [
    "chromium",
    "chromium-driver",
    "slapd",
    "ldap-utils",
    "samba-ad-dc",
    "samba-ad-provision",
    "ldb-tools",
    "dovecot-imapd",
    "dovecot-pop3d",
    "dovecot-managesieved",
    "isync",
    "sieve-connect",
    "openssh-server",
    "openssh-client",
    "openssl",
    "curl",
    "pamtester",
    "sudo",
    "postfix",
    "swaks",
    "libnet-ssleay-perl",
    "sasl2-bin",
    "libsasl2-modules",
    "vsftpd",
    "postgresql",
    "libnginx-mod-http-auth-pam",
    "nginx",
    "caddy",
    "apache2",
    "groff-base",
    "python3-aiosmtpd",
    "libpam-google-authenticator",
    "oathtool",
    "pskctool",
    "strace",
    "libfaketime",
    "valgrind",
    "systemd",
    "systemd-journal-remote",
    "apparmor",
    "mmdebstrap",
    "apt-utils",
    "gpg",
    "build-essential",
    "debhelper",
    "dh-apparmor",
    "git",
    "prometheus",
    "fail2ban",
    "rsyslog",
];

/// Packages of 389 Directory Server and of what its own programs run. Only tests that start one install them.
pub const DS389: [&str; 4] = ["389-ds-base", "libnss3-tools", "openssl", "ldap-utils"];

/// Packages of Debian's web mail, with nginx. `php-fpm` comes first: otherwise apt-get takes Apache's module of PHP, and
/// switches it on. Only tests of web mail install them.
pub const ROUNDCUBE: [&str; 4] =
    ["php-fpm", "roundcube-core", "roundcube-sqlite3", "roundcube-plugins"];

/// OpenVPN. Only its tests install it.
pub const OPENVPN: [&str; 1] = ["openvpn"];

/// FreeRADIUS, and a client of its protocol. Only their tests install them.
pub const FREERADIUS: [&str; 2] = ["freeradius", "freeradius-utils"];

/// Ansible, without its collections. Only its tests install it.
pub const ANSIBLE: [&str; 1] = ["ansible-core"];

/// How long one run of apt-get may take.
const APT_LIMIT: Duration = Duration::from_secs(900);

/// The program that maintainer scripts ask whether they may start a service.
const POLICY: &str = "/usr/sbin/policy-rc.d";

/// One installation at a time; other processes wait for dpkg's own lock.
static INSTALLING: Mutex<()> = Mutex::new(());

/// Why packages could not be installed.
#[derive(Debug)]
pub enum PackageError {
    /// This is no Debian, nor made from one. The packages are named.
    NotDebian(Vec<String>),
    /// Only root installs packages. The packages are named.
    NotRoot(Vec<String>),
    /// A program or a file did not work. The text says which one.
    Io(String, io::Error),
    /// apt-get failed, and said this.
    Apt(String),
}

impl fmt::Display for PackageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotDebian(missing) => {
                write!(
                    f,
                    "this is not Debian: install what corresponds to {} by hand",
                    missing.join(", ")
                )
            }
            Self::NotRoot(missing) => write!(
                f,
                "packages are missing, and installing them needs root: apt-get install {}",
                missing.join(" ")
            ),
            Self::Io(what, error) => write!(f, "{what}: {error}"),
            Self::Apt(said) => write!(f, "apt-get failed:\n{}", tail(said)),
        }
    }
}

impl Error for PackageError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Io(_, error) => Some(error),
            _ => None,
        }
    }
}

/// Installs those of `packages` that are missing, without the packages they recommend, and without
/// starting a service on this machine. Nothing is done where all are installed.
///
/// # Errors
/// When some are missing and this is not Debian, this process is not root, or apt-get fails.
pub fn ensure(packages: &[&str]) -> Result<(), PackageError> {
    let _alone = INSTALLING.lock().unwrap_or_else(PoisonError::into_inner);
    let missing = missing(packages)?;
    if missing.is_empty() {
        return Ok(());
    }
    if !geteuid().is_root() {
        return Err(PackageError::NotRoot(missing));
    }
    let _policy = NoServices::begin()
        .map_err(|error| PackageError::Io(format!("cannot write {POLICY}"), error))?;
    if install(&missing).is_ok() {
        return Ok(());
    }
    // The lists of packages may be missing, as in a container, or too old.
    apt_get(&["update"])?;
    install(&missing)
}

/// Those of `packages` that are not installed.
///
/// # Errors
/// When this is not Debian, or dpkg-query does not work.
pub fn missing(packages: &[&str]) -> Result<Vec<String>, PackageError> {
    let names = || packages.iter().map(|name| (*name).to_owned());
    if !Path::new("/usr/bin/dpkg-query").exists() {
        return Err(PackageError::NotDebian(names().collect()));
    }
    let mut query = Command::new("dpkg-query");
    query
        .args(["--show", "--showformat", "${binary:Package} ${db:Status-Status}\n"])
        .args(packages);
    // Unknown packages make it fail, after it has shown the others.
    let output = query
        .output()
        .map_err(|error| PackageError::Io("cannot run dpkg-query".to_owned(), error))?;
    let shown = String::from_utf8_lossy(&output.stdout);
    let installed: Vec<&str> =
        shown.lines().filter_map(|line| line.strip_suffix(" installed")).collect();
    // A package that exists for several architectures is shown as `name:architecture`.
    let is_installed =
        |name: &String| installed.iter().any(|shown| shown.split(':').next() == Some(name));
    Ok(names().filter(|name| !is_installed(name)).collect())
}

/// Reads the lists of packages again.
///
/// # Errors
/// When this process is not root, or apt-get fails.
pub fn update() -> Result<(), PackageError> {
    let _alone = INSTALLING.lock().unwrap_or_else(PoisonError::into_inner);
    apt_get(&["update"])
}

/// Downloads those of `packages` that are missing, and what they need, into `folder`, which has a
/// folder `partial`. Archives there that are not current any more are removed.
pub(crate) fn download(packages: &[&str], folder: &Path) -> Result<(), PackageError> {
    let _alone = INSTALLING.lock().unwrap_or_else(PoisonError::into_inner);
    let place = format!("Dir::Cache::archives={}", folder.display());
    let get = || {
        apt_get(&["-o", &place, "autoclean"])?;
        let download = ["install", "--yes", "--no-install-recommends", "--download-only"];
        apt_get(&[&["-o", &place], &download[..], packages].concat())
    };
    if get().is_ok() {
        return Ok(());
    }
    apt_get(&["update"])?;
    get()
}

fn install(packages: &[String]) -> Result<(), PackageError> {
    // Nothing goes away for it: apt-get refuses then.
    let mut arguments = vec!["install", "--yes", "--no-install-recommends", "--no-remove"];
    arguments.extend(packages.iter().map(String::as_str));
    apt_get(&arguments)
}

fn apt_get(arguments: &[&str]) -> Result<(), PackageError> {
    let failed = |error| PackageError::Io("cannot run apt-get".to_owned(), error);
    let (output, input) = io::pipe().map_err(failed)?;
    let mut command = Command::new("apt-get");
    command.args(["-o", "DPkg::Lock::Timeout=300", "-o", "Acquire::Retries=3"]).args(arguments);
    command.env("DEBIAN_FRONTEND", "noninteractive").env("LC_ALL", "C.UTF-8");
    system_calls::detach(&mut command);
    command.stdin(Stdio::null()).stderr(input.try_clone().map_err(failed)?).stdout(input);
    let child = command.spawn().map_err(failed)?;
    // The command holds its own copies of the pipe's end, which would keep the transcript open.
    drop(command);
    let mut process = Process::new("apt-get".to_owned(), child, Transcript::of(output));
    match process.wait(APT_LIMIT) {
        Some(status) if status.success() => Ok(()),
        Some(_) => Err(PackageError::Apt(process.log())),
        None => {
            Err(PackageError::Apt(format!("{}\nIt did not end in {APT_LIMIT:?}.", process.log())))
        }
    }
}

/// Keeps maintainer scripts from starting services while it exists.
///
/// A policy of the administrator's is left alone. Ours applies only as long as this process lives,
/// so that one left behind by a process that was killed forbids nothing, and the next installation
/// takes its place.
struct NoServices {
    is_ours: bool,
}

impl NoServices {
    /// The line by which ours is known.
    const MARK: &str = "# Temporary: written by monk's tests while they install packages.";

    fn begin() -> io::Result<Self> {
        if fs::read_to_string(POLICY).is_ok_and(|policy| policy.contains(Self::MARK)) {
            fs::remove_file(POLICY)?;
        }
        let file = OpenOptions::new().write(true).create_new(true).mode(0o755).open(POLICY);
        let mut file = match file {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                return Ok(Self { is_ours: false });
            }
            other => other?,
        };
        // 101 means "forbidden by policy", 0 "allowed".
        let owner = process::id();
        write!(file, "#!/bin/sh\n{}\n[ -d /proc/{owner} ] && exit 101\nexit 0\n", Self::MARK)?;
        Ok(Self { is_ours: true })
    }
}

impl Drop for NoServices {
    fn drop(&mut self) {
        if self.is_ours {
            // Left behind it does no harm, see above.
            let _ = fs::remove_file(POLICY);
        }
    }
}
