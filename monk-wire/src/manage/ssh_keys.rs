//! The public keys that users log in to ssh with.

use serde::{Deserialize, Serialize};

use crate::bounded;
use crate::ssh_keys::MOST_LINES;

/// What is to be done with the keys of the user of the message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum SshKeyCommand {
    /// Adds them all, or none.
    Add {
        /// Lines of `authorized_keys` (sshd(8)).
        #[serde(deserialize_with = "bounded::list::<MOST_LINES, _, _>")]
        lines: Vec<String>,
    },
    /// Lists them, whichever directory they are in.
    List,
    /// Removes one.
    Remove {
        /// Its fingerprint, its comment where that is unique, or the whole line.
        key: String,
    },
}

/// One key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SshKey {
    /// The fingerprint as `ssh-keygen -l` writes it; `None` where monk cannot read the line.
    pub fingerprint: Option<String>,
    /// The line of `authorized_keys`.
    pub line: String,
}

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum SshKeyOutcome {
    /// The keys that sshd gets.
    List {
        /// They, in its order.
        keys: Vec<SshKey>,
        /// How many others the directory has: more than a reply holds, or not one line each.
        left_out: u64,
    },
    /// All of them are there now.
    Added {
        /// These are new.
        added: Vec<SshKey>,
        /// These were there before.
        already_there: Vec<SshKey>,
    },
    /// It is removed.
    Removed(SshKey),
}
