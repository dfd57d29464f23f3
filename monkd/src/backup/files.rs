//! Files that are new, private and on the disk, or not there.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use data_encoding::HEXLOWER;
use monk_core::random::Random;
use nix::unistd::{Gid, Uid, fchown};

use super::failed;
use crate::clock::SystemRandom;
use crate::outage::Outage;

/// Nobody but the owner.
const PRIVATE: u32 = 0o600;

/// Makes a folder that is not there, for its owner alone.
pub(super) fn new_folder(folder: &Path) -> Result<(), Outage> {
    DirBuilder::new().mode(0o700).create(folder).map_err(|error| match error.kind() {
        std::io::ErrorKind::AlreadyExists => Outage::Setup(format!(
            "{} is there already, and a backup overwrites nothing: name a new folder",
            folder.display()
        )),
        _ => failed(folder)(error),
    })
}

/// Makes a file that is not there, with the folders above it, for its owner alone.
pub(super) fn new_file(path: &Path) -> Result<File, Outage> {
    if let Some(folder) = path.parent() {
        DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(failed(folder))?;
    }
    let mut options = OpenOptions::new();
    options.write(true).create_new(true).mode(PRIVATE).open(path).map_err(failed(path))
}

/// Writes a new file to its end, and to the disk.
pub(super) fn fill(path: &Path, mut file: File, content: &[u8]) -> Result<(), Outage> {
    file.write_all(content).and_then(|()| file.sync_all()).map_err(failed(path))
}

/// Whose a file is, and who may read it.
#[derive(Clone, Copy)]
pub(super) struct Rights {
    pub owner: Uid,
    pub group: Gid,
    pub mode: u32,
}

/// Puts a file in the place of another one, all of it or nothing.
pub(super) fn put(path: &Path, content: &[u8], rights: Rights) -> Result<(), Outage> {
    let partial = beside(path, "new");
    let file = new_file(&partial)?;
    fchown(&file, Some(rights.owner), Some(rights.group))
        .map_err(|error| failed(&partial)(error.into()))?;
    let mode = std::os::unix::fs::PermissionsExt::from_mode(rights.mode);
    file.set_permissions(mode).map_err(failed(&partial))?;
    fill(&partial, file, content)?;
    fs::rename(&partial, path).map_err(failed(path))?;
    let folder = path.parent().unwrap_or(path);
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(failed(folder))
}

/// A name in the same folder that nobody has guessed.
pub(super) fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut chance = [0; 8];
    SystemRandom.fill(&mut chance);
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    path.with_file_name(format!(".{name}.{}.{ending}", HEXLOWER.encode(&chance)))
}

/// A file of SQLite for a moment. It goes with this, and so does what SQLite puts beside it.
pub(super) struct Passing(PathBuf);

impl Passing {
    /// An empty one beside `path`.
    pub(super) fn beside(path: &Path) -> Result<(Self, File), Outage> {
        let passing = Self(beside(path, "db"));
        let file = new_file(&passing.0)?;
        Ok((passing, file))
    }

    pub(super) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Passing {
    fn drop(&mut self) {
        for ending in ["", "-journal", "-wal", "-shm"] {
            let mut path = self.0.clone().into_os_string();
            path.push(ending);
            // Most of them are not there.
            let _ = fs::remove_file(path);
        }
    }
}
