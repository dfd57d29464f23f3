//! A file of this machine that is read again when it has changed.

use std::fs::{self, File};
use std::io::{self, Read};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// Largest file that is read: 100,000 lines of passwd(5) of the usual length. More is no list of local
/// accounts.
pub const MAX_BYTES: u64 = 8 * 1024 * 1024;

/// A file, and what it said when it was read last.
pub struct WatchedFile<T> {
    path: PathBuf,
    read: fn(&[u8]) -> T,
    last: Mutex<Option<(Version, Arc<T>)>>,
}

/// What tells one content of a file from another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Version {
    device: u64,
    inode: u64,
    size: u64,
    changed: (i64, i64),
}

impl Version {
    fn of(metadata: &fs::Metadata) -> Self {
        Self {
            device: metadata.dev(),
            inode: metadata.ino(),
            size: metadata.size(),
            changed: (metadata.ctime(), metadata.ctime_nsec()),
        }
    }
}

impl<T> WatchedFile<T> {
    /// The file at `path`, whose bytes mean what `read` says.
    pub fn of(path: impl Into<PathBuf>, read: fn(&[u8]) -> T) -> Self {
        Self { path: path.into(), read, last: Mutex::new(None) }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What it says now.
    ///
    /// # Errors
    /// Those of reading the file.
    pub fn content(&self) -> io::Result<Arc<T>> {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let metadata = fs::metadata(&self.path);
        if let (Ok(metadata), Some((version, content))) = (&metadata, &*last)
            && *version == Version::of(metadata)
        {
            return Ok(Arc::clone(content));
        }
        *last = None;
        let (version, bytes) = bytes(&self.path)?;
        let content = Arc::new((self.read)(&bytes));
        *last = Some((version, Arc::clone(&content)));
        Ok(content)
    }

    /// Which version of it there is; `None` where there is none.
    pub fn version(&self) -> Option<Version> {
        fs::metadata(&self.path).ok().map(|metadata| Version::of(&metadata))
    }
}

/// All of a file, and which version of it that is.
///
/// # Errors
/// Those of reading the file, and [`MAX_BYTES`].
pub fn bytes(path: &Path) -> io::Result<(Version, Vec<u8>)> {
    let file = File::open(path)?;
    let version = Version::of(&file.metadata()?);
    let mut bytes = Vec::new();
    file.take(MAX_BYTES + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err(io::Error::other("too large"));
    }
    Ok((version, bytes))
}
