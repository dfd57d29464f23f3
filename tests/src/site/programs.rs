//! monk's own programs, as they were built.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use crate::World;

/// The folder to take programs from, if not that of the running program.
static FOLDER: OnceLock<PathBuf> = OnceLock::new();

/// Takes the programs of all sites of this process from `folder`, such as `target/release`.
///
/// # Panics
/// When another folder has been named before.
#[track_caller]
pub fn take_programs_from(folder: &Path) {
    let kept = FOLDER.get_or_init(|| folder.to_owned());
    assert_eq!(kept, folder, "one process takes its programs from one folder");
}

/// A program or module of this workspace, of the same profile as the running program unless
/// [`take_programs_from`] says otherwise.
///
/// # Panics
/// When it was not built: cargo builds for a test only what the test links to.
#[track_caller]
pub fn built(name: &str) -> PathBuf {
    if let Some(folder) = FOLDER.get() {
        return folder.join(name);
    }
    let this = std::env::current_exe().expect("this program has a path");
    let folder = this
        .ancestors()
        .skip(1)
        .find(|folder| folder.join(name).is_file())
        .unwrap_or_else(|| panic!("{name} is not built: cargo build --workspace"));
    folder.join(name)
}

/// A file of this workspace that is shipped, such as `config/ldap/monk.ldif`.
///
/// # Panics
/// When there is none.
#[track_caller]
pub fn shipped(path: &str) -> String {
    fs::read_to_string(workspace().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The folder of this workspace.
pub(super) fn workspace() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace's folder")
}

/// Installs programs and module where a package would.
#[track_caller]
pub(super) fn install(world: &World) {
    world.install(built("monkd"), "/usr/sbin/monkd", 0o755);
    world.install(built("monk-enroll"), "/usr/bin/monk-enroll", 0o755);
    world.install(built("monk-ssh-keys"), "/usr/libexec/monk/monk-ssh-keys", 0o755);
    world.install_pam_module(built("libpam_monk.so"), "pam_monk.so");
}
