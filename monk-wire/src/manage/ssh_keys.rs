//! The public keys that users log in to ssh with.

use serde::{Deserialize, Serialize};

/// What is to be done with the keys of the user of the message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum SshKeyCommand {
    /// Adds one.
    Add {
        /// A line of `authorized_keys` (sshd(8)).
        line: String,
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
    /// The keys, in the order in which they were added.
    List(Vec<SshKey>),
    /// It is added.
    Added(SshKey),
    /// It was there before.
    AlreadyThere(SshKey),
    /// It is removed.
    Removed(SshKey),
}
