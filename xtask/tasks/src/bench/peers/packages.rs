//! The Debian packages of the peers.

use monk_tests::{Archives, World};

use crate::cargo::target;
use crate::failure::Failure;
use crate::prepare;

/// Installed on this machine: they bring modules and change nothing.
const INSTALLED: [&str; 2] = ["libpam-google-authenticator", "libpam-oath"];

/// Laid into worlds only: installed, they would rewrite this machine's own PAM rules and name
/// services.
const UNPACKED: [&str; 4] = ["nslcd", "libpam-ldapd", "sssd-ldap", "libpam-sss"];

/// Installs what may be installed, and downloads the rest.
///
/// # Errors
/// When apt-get fails.
pub fn fetch() -> Result<Archives, Failure> {
    prepare::ensure(&INSTALLED)?;
    let folder = target()?.join("debian-packages");
    Archives::download(&UNPACKED, &folder)
        .map_err(|error| Failure::new("packages cannot be downloaded", error))
}

/// Lays the packages into a world, and does what their scripts do that matters here.
#[track_caller]
pub fn unpack(world: &World, archives: &Archives) {
    world.unpack(archives);
    let known = world.read("/etc/passwd").lines().any(|line| line.starts_with("nslcd:"));
    if !known {
        let user = ["--system", "--group", "--home", "/run/nslcd", "--no-create-home", "nslcd"];
        world.command("adduser").args(user).run().expect_success();
    }
    // A world's /var/log and /run are empty.
    world.make_folder("/var/log/sssd", 0o750);
}
