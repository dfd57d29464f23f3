//! The control group of one machine, in which its systemd makes those of its services.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::process;
use std::time::Duration;

use nix::fcntl::{Flock, FlockArg};

use crate::wait;

/// Where control groups of version 2 are, beside those of version 1 and alone.
const PLACES: [&str; 2] = ["/sys/fs/cgroup/unified", "/sys/fs/cgroup"];

/// What the names of all of them begin with; the process that made one follows, for people who look, and
/// then what is left to chance.
const PREFIX: &str = "monk-fresh-";

/// How often a group is made anew that somebody else has taken for one that was left behind, between its
/// making and its locking.
const MAX_TRIES: usize = 16;

/// How long the kernel may take to empty a group whose processes were killed.
const EMPTY_LIMIT: Duration = Duration::from_secs(5);

/// A group, which is removed when this is dropped.
///
/// Its folder is locked (flock(2)) as long as its owner lives. Others see by that whether it was left
/// behind, also where they cannot see the owner's process: containers share control groups.
pub(super) struct ControlGroup {
    folder: PathBuf,
    _lock: Flock<File>,
}

impl ControlGroup {
    /// Makes an empty group, after those are removed that processes have left behind which were killed.
    pub(super) fn new() -> io::Result<Self> {
        let of_version_2 = |place: &&&str| Path::new(place).join("cgroup.procs").exists();
        let place = PLACES.iter().find(of_version_2);
        let place =
            place.ok_or_else(|| io::Error::other("control groups (version 2) are missing"))?;
        let place = Path::new(place);
        remove_stale(place);
        for _ in 0..MAX_TRIES {
            let folder = make(place)?;
            if let Some(lock) = lock(&folder)
                && folder.exists()
            {
                return Ok(Self { folder, _lock: lock });
            }
        }
        Err(io::Error::other("each new control group was removed by somebody else"))
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

/// A new group, which nobody owns yet.
fn make(place: &Path) -> io::Result<PathBuf> {
    // Not removed as a temporary folder is: the files in it vanish with it.
    let name = format!("{PREFIX}{}-", process::id());
    tempfile::Builder::new().prefix(&name).tempdir_in(place).map(tempfile::TempDir::keep)
}

/// The lock of a group, if nobody has it.
fn lock(group: &Path) -> Option<Flock<File>> {
    Flock::lock(File::open(group).ok()?, FlockArg::LockExclusiveNonblock).ok()
}

/// Removes the groups whose owners are no more. Others may do the same at this moment.
fn remove_stale(place: &Path) {
    let Ok(groups) = fs::read_dir(place) else { return };
    for group in groups.flatten() {
        if group.file_name().to_string_lossy().starts_with(PREFIX)
            && let Some(_lock) = lock(&group.path())
        {
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

#[cfg(test)]
mod tests {
    use super::{ControlGroup, EMPTY_LIMIT, make, remove_stale};
    use crate::wait;

    #[test]
    fn only_groups_whose_owners_are_no_more_are_removed_by_others() {
        let owned = ControlGroup::new().expect("a group");
        let place = owned.folder().parent().expect("all groups are in one");
        let left_behind = make(place).expect("another one");
        remove_stale(place);
        assert!(owned.folder().exists());
        // Somebody else may be removing it at this moment.
        assert!(wait::until(EMPTY_LIMIT, || (!left_behind.exists()).then_some(())).is_some());
        let folder = owned.folder().to_owned();
        drop(owned);
        assert!(!folder.exists());
    }
}
