//! Leaves a monk that is installed on this machine out of a world: its user, its files and its place in
//! the PAM rules. So a world is the same whether or not whoever runs the tests also uses monk.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::World;

/// The system user and group of the engine.
pub(crate) const ENGINE_USER: &str = "monk";

/// Where the package puts things that something could find, but for the module. What is in `/run` and
/// `/var/lib/monk` never reaches a world.
const PLACES: [&str; 5] = [
    "/etc/monk",
    "/usr/sbin/monkd",
    "/usr/bin/monk-enroll",
    "/usr/lib/sysusers.d/monk.conf",
    PROFILE,
];

/// The package's profile of pam-auth-update(8).
const PROFILE: &str = "/usr/share/pam-configs/monk";

/// The module, as PAM rules name it.
const MODULE: &str = "pam_monk.so";

/// Removes what there is of monk.
#[track_caller]
pub(crate) fn leave_out_monk(world: &World) {
    if world.exists(PROFILE) {
        let command = world.command("pam-auth-update").args(["--package", "--remove", "monk"]);
        command.env("DEBIAN_FRONTEND", "noninteractive").run().expect_success();
    }
    let module = world.pam_modules().join(MODULE);
    let removed = world.inside(|| {
        PLACES.iter().map(Path::new).chain([&*module]).try_for_each(remove)?;
        fs::read_dir("/etc/pam.d")?.try_for_each(|rules| leave_out_of(&rules?.path()))
    });
    removed.unwrap_or_else(|error| panic!("cannot leave monk out of the world: {error}"));
}

fn remove(place: &Path) -> io::Result<()> {
    match fs::symlink_metadata(place) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Ok(found) if found.is_dir() => fs::remove_dir_all(place),
        _ => fs::remove_file(place),
    }
}

/// Takes monk's rules out of a file of PAM rules that somebody has written.
fn leave_out_of(rules: &PathBuf) -> io::Result<()> {
    let text = String::from_utf8_lossy(&fs::read(rules)?).into_owned();
    if !text.contains(MODULE) {
        return Ok(());
    }
    let kept = text.lines().filter(|line| !line.contains(MODULE));
    fs::write(rules, kept.map(|line| format!("{line}\n")).collect::<String>())
}
