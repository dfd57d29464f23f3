//! A folder on the disk that everything is built on, for as long as it is needed.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process;

use crate::cargo;

/// The folder. It is removed when this is dropped.
pub struct Folder(PathBuf);

impl Folder {
    /// Makes an empty folder that is root's alone, under the folder that everything is built into.
    #[track_caller]
    pub fn make(name: &str) -> Self {
        let target = cargo::target().unwrap_or_else(|failure| panic!("{}", failure.0));
        let path = target.join(format!("{name}-{}", process::id()));
        let made = fs::create_dir_all(&path)
            .and_then(|()| fs::set_permissions(&path, Permissions::from_mode(0o700)));
        made.unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        Self(path)
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // Left behind, it is found beside what was built.
        let _ = fs::remove_dir_all(&self.0);
    }
}
