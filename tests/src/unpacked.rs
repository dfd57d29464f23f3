//! Debian packages that a world has and this machine has not.
//!
//! Some packages rewrite their machine's own PAM rules or name services when they are installed.
//! Their files are laid into a world instead, and no script of theirs runs: nothing changes here.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::World;
use crate::packages::{self, PackageError};

/// How long it may take to unpack all of them.
const UNPACK_LIMIT: Duration = Duration::from_secs(120);

/// Unpacks archives where they belong. A folder that is a symbolic link, such as `/lib`, stays one,
/// and folders that exist keep their owners. `/` itself, which cannot be changed in a world, is the
/// component that is stripped.
const UNPACK: &str = "set -e
for archive in \"$@\"; do
    dpkg-deb --fsys-tarfile \"$archive\" |
        tar --extract --directory=/ --strip-components=1 \\
            --keep-directory-symlink --no-overwrite-dir
done";

/// Packages as files, downloaded and not installed.
#[derive(Clone, Debug)]
pub struct Archives {
    files: Vec<PathBuf>,
}

impl Archives {
    /// Downloads `packages` into `folder`, with those of the packages they need that this machine
    /// does not have. What has been downloaded before is taken as it is, if it is still current.
    ///
    /// # Errors
    /// When apt-get fails, or the folder cannot be made or read.
    pub fn download(packages: &[&str], folder: &Path) -> Result<Self, PackageError> {
        let io = |error| PackageError::Io(format!("cannot use {}", folder.display()), error);
        fs::create_dir_all(folder.join("partial")).map_err(io)?;
        packages::download(packages, folder)?;
        let mut files = Vec::new();
        for entry in fs::read_dir(folder).map_err(io)? {
            let file = entry.map_err(io)?.path();
            if file.extension().is_some_and(|extension| extension == "deb") {
                files.push(file);
            }
        }
        Ok(Self { files })
    }
}

impl World {
    /// Lays the files of packages into the world. What their scripts do, such as adding a user, is
    /// left to the caller.
    #[track_caller]
    pub fn unpack(&self, archives: &Archives) {
        let command = self.command("sh").args(["-c", UNPACK, "unpack"]).args(&archives.files);
        command.timeout(UNPACK_LIMIT).run().expect_success();
    }
}
