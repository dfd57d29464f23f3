//! What engines have counted that were started for one conversation each: added up in one file, which
//! `monk-metrics --counts` reads.
//!
//! Nothing depends on the file. Where it cannot be written, the counts of this engine are lost, and the log says so.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::time::{Duration, Instant};

use monk_wire::metrics::Counts;
use nix::fcntl::{Flock, FlockArg};

use crate::audit;

/// How long an engine waits for others that write. Each takes less than a millisecond, and the caller is
/// answered already.
const PATIENCE: Duration = Duration::from_secs(2);

/// Pause between two looks.
const PAUSE: Duration = Duration::from_millis(5);

/// Longest file that is read. The largest that is written has 40 KiB.
const LONGEST: u64 = 256 * 1024;

/// Adds `counts` to the file at `path`. Blocks.
pub fn add(path: &Path, counts: &Counts) {
    if let Err(error) = added(path, counts) {
        audit::warn(&format!("{}: what was counted is lost: {error}", path.display()));
    }
}

fn added(path: &Path, counts: &Counts) -> io::Result<()> {
    // The lock is a file of its own, because the other one is replaced.
    let lock = options().open(path.with_extension("lock"))?;
    let _alone = locked(lock)?;
    let mut all = match read(path) {
        Ok(all) => all,
        Err(error) if error.kind() == ErrorKind::NotFound => {
            Counts { since: counts.since, ..Counts::default() }
        }
        // Half a file cannot be there: somebody has written to it. Counting begins again, as after a restart.
        Err(error) if error.kind() == ErrorKind::InvalidData => {
            audit::warn(&format!("{}: counting begins again: {error}", path.display()));
            Counts { since: counts.since, ..Counts::default() }
        }
        Err(error) => return Err(error),
    };
    all.add(counts);
    let new = path.with_extension("new");
    let mut file = options().truncate(true).open(&new)?;
    file.write_all(&serde_json::to_vec(&all).map_err(io::Error::other)?)?;
    fs::rename(new, path)
}

fn read(path: &Path) -> io::Result<Counts> {
    let mut text = Vec::new();
    File::open(path)?.take(LONGEST).read_to_end(&mut text)?;
    serde_json::from_slice(&text).map_err(|error| io::Error::new(ErrorKind::InvalidData, error))
}

fn options() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(false).mode(0o600);
    options
}

fn locked(mut file: File) -> io::Result<Flock<File>> {
    let begun = Instant::now();
    loop {
        match Flock::lock(file, FlockArg::LockExclusiveNonblock) {
            Ok(locked) => return Ok(locked),
            Err((back, nix::errno::Errno::EWOULDBLOCK)) if begun.elapsed() < PATIENCE => {
                file = back
            }
            Err((_, error)) => return Err(error.into()),
        }
        std::thread::sleep(PAUSE);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one() -> Counts {
        let mut counts = Counts { since: 7, ..Counts::default() };
        counts.add_login("sshd", "granted", "totp");
        counts
    }

    #[test]
    fn engines_that_end_at_the_same_time_lose_no_login() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("metrics.json");
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| (0..5).for_each(|_| added(&path, &one()).unwrap()));
            }
        });
        let all = read(&path).unwrap();
        assert_eq!((all.logins[0].count, all.since), (40, 7));
    }

    #[test]
    fn a_file_that_somebody_has_damaged_begins_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("metrics.json");
        fs::write(&path, "{\"since\":1,").unwrap();
        added(&path, &one()).unwrap();
        assert_eq!(read(&path).unwrap(), one());
    }
}
