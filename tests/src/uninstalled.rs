//! Leaves a monk that is installed on this machine out of a world: its user, its files and its place in
//! the PAM rules. So a world is the same whether or not whoever runs the tests also uses monk.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::World;

/// The system users, and groups, of the package: that of the engine, and that of `monk-ssh-keys`.
pub(crate) const SYSTEM_USERS: [&str; 4] = ["monk", "monk-keys", "monk-web", "monk-metrics"];

/// Where the package puts things that something could find, but for the module. What is in `/run` and
/// `/var/lib/monk` never reaches a world.
const PLACES: [&str; 6] = [
    "/etc/monk",
    "/usr/sbin/monkd",
    "/usr/bin/monk-enroll",
    "/usr/libexec/monk",
    "/usr/lib/sysusers.d/monk.conf",
    PROFILE,
];

/// The package's profile of pam-auth-update(8).
const PROFILE: &str = "/usr/share/pam-configs/monk";

/// The module, as PAM rules name it.
const MODULE: &str = "pam_monk.so";

/// Where the rules of services are.
const RULES: &str = "/etc/pam.d";

/// What Debian's own services have in essence.
const DEBIANS_RULES: &str = "\
@include common-auth
@include common-account
@include common-session
@include common-password
";

/// Removes what there is of monk.
#[track_caller]
pub(crate) fn leave_out_monk(world: &World) {
    if world.exists(PROFILE) {
        let command = world.command("pam-auth-update").args(["--package", "--remove", "monk"]);
        command.env("DEBIAN_FRONTEND", "noninteractive").run().expect_success();
    }
    let module = world.pam_modules().join(MODULE);
    let asking = world.inside(|| {
        PLACES.iter().map(Path::new).chain([&*module]).try_for_each(remove)?;
        services_that_ask_monk()
    });
    for rules in asking.unwrap_or_else(|error| panic!("cannot leave monk out: {error}")) {
        // Somebody has connected a service of Debian's with monk, or added one.
        if world.command("dpkg-query").arg("--search").arg(&rules).run().success() {
            world.write(&rules, DEBIANS_RULES, 0o644);
        } else {
            world.remove(&rules);
        }
    }
}

fn remove(place: &Path) -> io::Result<()> {
    match fs::symlink_metadata(place) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Ok(found) if found.is_dir() => fs::remove_dir_all(place),
        _ => fs::remove_file(place),
    }
}

fn services_that_ask_monk() -> io::Result<Vec<PathBuf>> {
    let mut asking = Vec::new();
    for rules in fs::read_dir(RULES)? {
        let rules = rules?.path();
        if String::from_utf8_lossy(&fs::read(&rules)?).contains(MODULE) {
            asking.push(rules);
        }
    }
    Ok(asking)
}
