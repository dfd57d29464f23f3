//! `monkd --backup` and `--restore`: what this host holds and cannot make again.
//!
//! A backup is a folder that holds each file at its own path, so that people can read it, and put back single files
//! by hand:
//!
//! ```text
//! monk-backup                   what it is, and of when; written last
//! etc/monk/monk.toml            settings: the file itself, the portal's, and passwords of servers that it names
//! etc/monk/keys/0a0a0a0a.key    the host keys
//! var/lib/monk/monk.db          the embedded store, where there is one: one consistent moment of it
//! ```
//!
//! What is in LDAP is not in it. What can be made again is not either: counters of failures, and what the engine
//! knows of names.
//!
//! Root gives the folder, and the engine's own user reads and writes everything that is the engine's: root opens what
//! only root can, and then becomes that user for good.

mod contents;
mod files;
mod restore;
mod save;

use std::path::Path;
use std::time::{Duration, UNIX_EPOCH};

pub use restore::restore;
pub use save::save;

use crate::outage::Outage;

/// The file that says that a backup is whole.
const MARK: &str = "monk-backup";

/// The first line of [`MARK`]. Another number is another layout.
const FIRST_LINE: &str = "monk backup 1";

/// An error about a file or folder.
fn failed(path: &Path) -> impl Fn(std::io::Error) -> Outage + '_ {
    move |error| Outage::Setup(format!("{}: {error}", path.display()))
}

/// A moment in seconds since 1970, for people.
fn shown(moment: u64) -> String {
    let moment = UNIX_EPOCH.checked_add(Duration::from_secs(moment)).unwrap_or(UNIX_EPOCH);
    httpdate::fmt_http_date(moment)
}

/// Refuses everybody but root.
fn need_root() -> Result<(), Outage> {
    match nix::unistd::geteuid().is_root() {
        true => Ok(()),
        false => Err(Outage::Setup("only root can back up keys and put them back".to_owned())),
    }
}
