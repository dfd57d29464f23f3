//! A new Active Directory domain, made once by `samba-tool domain provision` and kept outside the
//! repository.

use std::fs::{self, File, Permissions};
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use nix::fcntl::{Flock, FlockArg};

use super::{ADMIN_PASSWORD, CONFIG, FOLDER};
use crate::World;
use crate::fresh::cache;
use crate::packages;

/// Samba as a domain controller, and the tool that writes to its database below all rules. The names are
/// those of Debian 12 and 13.
const PACKAGES: [&str; 4] = ["samba-ad-dc", "samba-ad-provision", "ldb-tools", "ldap-utils"];

/// How the domain is made. There is no DNS: the world has its own names.
const ARGUMENTS: [&str; 13] = [
    "domain",
    "provision",
    "--realm=EXAMPLE.ORG",
    "--domain=EXAMPLE",
    "--server-role=dc",
    "--dns-backend=NONE",
    "--host-name=dc1",
    "--host-ip=127.0.0.1",
    "--option=interfaces=lo",
    "--option=bind interfaces only=yes",
    // Only LDAP and the global catalogue: what a program that knows LDAP alone talks to.
    "--option=server services=ldap",
    // The worlds' files keep no extended attributes on kernels before 6.6.
    "--option=posix:eadb=/var/lib/samba-ad/eadb.tdb",
    "--targetdir=/var/lib/samba-ad",
];

/// To be raised when the domain is made in another way with the same arguments.
const VERSION: u32 = 1;

/// How long it may take to make the domain, which is 4 s of one core.
const LIMIT: Duration = Duration::from_secs(180);

/// Puts a new domain into the world, with its configuration.
#[track_caller]
pub(super) fn install(world: &World) {
    packages::ensure(&PACKAGES).unwrap_or_else(|error| panic!("{error}"));
    world.make_folder(FOLDER, 0o755);
    world.make_folder("/run/samba", 0o755);
    let installed = domain(world).and_then(|tar| match world.exists(CONFIG) {
        true => Ok(()),
        false => run_tar(&["-xf".as_ref(), &tar], world, &[]),
    });
    installed.unwrap_or_else(|error| panic!("cannot put a domain into the world: {error}"));
}

/// The tar of the domain. It is made in this world where it is missing; of several processes that want it
/// one makes it, and the others wait.
fn domain(world: &World) -> io::Result<PathBuf> {
    let folder = cache();
    fs::create_dir_all(&folder)?;
    fs::set_permissions(&folder, Permissions::from_mode(0o700))?;
    let name = format!("active-directory-{}.tar", version(world));
    let tar = folder.join(&name);
    let lock = File::create(folder.join(format!("{name}.lock")))?;
    let _alone = Flock::lock(lock, FlockArg::LockExclusive).map_err(|(_, error)| error)?;
    if !tar.exists() {
        make(world);
        let unfinished = folder.join(format!("{name}.new"));
        run_tar(&["-cf".as_ref(), &unfinished, "--sparse".as_ref()], world, &[".".as_ref()])?;
        fs::rename(&unfinished, &tar)?;
    }
    Ok(tar)
}

/// Tells domains of other packages or of another way of making them apart.
#[track_caller]
fn version(world: &World) -> String {
    let query = world.command("dpkg-query").args(["-W", "-f=${Version}", PACKAGES[0]]);
    let package = query.run().expect_success().stdout;
    let text = format!("{VERSION} {}", ARGUMENTS.join(" "));
    let hash = text.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    let plain = |letter: char| letter.is_ascii_alphanumeric() || ".+~-".contains(letter);
    let package: String = package.chars().map(|c| if plain(c) { c } else { '_' }).collect();
    format!("{package}-{hash:016x}")
}

#[track_caller]
fn make(world: &World) {
    let password = format!("--adminpass={ADMIN_PASSWORD}");
    let command = world.command("samba-tool").args(ARGUMENTS).arg(password);
    command.timeout(LIMIT).run().expect_success();
}

/// Runs tar in the world's folder of the domain, with arguments before and after that.
fn run_tar(before: &[&Path], world: &World, after: &[&Path]) -> io::Result<()> {
    let mut command = Command::new("tar");
    let output = command.args(before).arg("-C").arg(world.path(FOLDER)).args(after).output()?;
    match output.status.success() {
        true => Ok(()),
        false => Err(io::Error::other(String::from_utf8_lossy(&output.stderr).into_owned())),
    }
}
