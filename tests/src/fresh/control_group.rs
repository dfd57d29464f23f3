//! The control group of one machine, in which its systemd makes those of its services.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::process;
use std::time::Duration;

use crate::wait;

/// Where control groups of version 2 are, beside those of version 1 and alone.
const PLACES: [&str; 2] = ["/sys/fs/cgroup/unified", "/sys/fs/cgroup"];

/// What the names of all of them begin with; the process that made one follows, and then what is
/// left to chance: the process may have the number of one that was killed.
const PREFIX: &str = "monk-fresh-";

/// How long the kernel may take to empty a group whose processes were killed.
const EMPTY_LIMIT: Duration = Duration::from_secs(5);

/// A group, which is removed when this is dropped.
pub(super) struct ControlGroup {
    folder: PathBuf,
}

impl ControlGroup {
    /// Makes an empty group, after those are removed that processes have left behind which were killed.
    pub(super) fn new() -> io::Result<Self> {
        let of_version_2 = |place: &&&str| Path::new(place).join("cgroup.procs").exists();
        let place = PLACES.iter().find(of_version_2);
        let place =
            place.ok_or_else(|| io::Error::other("control groups (version 2) are missing"))?;
        remove_stale(Path::new(place));
        let name = format!("{PREFIX}{}-", process::id());
        let folder = tempfile::Builder::new().prefix(&name).tempdir_in(place)?;
        // Not as a temporary folder is removed: the files in it vanish with it.
        Ok(Self { folder: folder.keep() })
    }

    /// Where it is.
    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// The file in which a process that writes 0 becomes a member.
    pub(super) fn members(&self) -> io::Result<File> {
        OpenOptions::new().write(true).open(self.folder.join("cgroup.procs"))
    }
}

impl Drop for ControlGroup {
    fn drop(&mut self) {
        // What remains is removed by the next machine.
        wait::until(EMPTY_LIMIT, || remove(&self.folder).ok());
    }
}

/// Removes the groups of processes that are no more. Others may do the same at this moment.
fn remove_stale(place: &Path) {
    let Ok(groups) = fs::read_dir(place) else { return };
    for group in groups.flatten() {
        let name = group.file_name().to_string_lossy().into_owned();
        let owner = name.strip_prefix(PREFIX).and_then(|rest| rest.split('-').next());
        if owner.is_some_and(|owner| !Path::new("/proc").join(owner).exists()) {
            let _ = remove(&group.path());
        }
    }
}

/// Removes a group and those in it. The files of a group vanish with it.
fn remove(group: &Path) -> io::Result<()> {
    for inner in fs::read_dir(group)?.flatten() {
        if inner.file_type()?.is_dir() {
            remove(&inner.path())?;
        }
    }
    fs::remove_dir(group)
}
