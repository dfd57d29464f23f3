//! Moving what everybody has enrolled from one credential store to another.
//!
//! Each step is one command, which looks at everybody and says in parts how far it has come:
//!
//! ```text
//! Look   then   Copy   then   Depart   and   Look, until nobody is left
//! ```
//!
//! Until the last copy is made, the first store is in force, and nothing there has changed.

use serde::{Deserialize, Serialize};

/// A credential store, by its kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum StoreName {
    /// The entries of the users.
    Directory,
    /// The file of this host.
    Embedded,
    /// Another LDAP server.
    Ldap,
}

impl StoreName {
    /// As the settings call it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Directory => "directory",
            Self::Embedded => "embedded",
            Self::Ldap => "ldap",
        }
    }
}

/// A step of a move.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CredentialMove {
    /// Where the records are; `None` for the store that the settings choose.
    pub from: Option<StoreName>,
    /// Where they are to be.
    pub to: StoreName,
    /// What is to be done.
    pub step: MoveStep,
}

/// What is to be done for a move.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum MoveStep {
    /// Count those who have records in the first store. Writes nothing.
    Look,
    /// Copy the records of users, and read them back. The copies are not in force.
    Copy,
    /// Take the records out of the first store, and put the copies in force, user by user.
    Depart,
}

/// What a step of a move has come to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moved {
    /// Where the records are, or were.
    pub from: StoreName,
    /// After [`MoveStep::Look`], users who have records in the first store; else users of this step.
    pub users: u32,
}

/// Why the records of a user cannot be moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum MoveFault {
    /// Some of them cannot be read on this host, or count no more.
    Unreadable,
    /// The other store has records of the user that are no copy of these.
    Occupied,
    /// The directory does not know the user, in whose entry they were to be.
    Gone,
    /// The records have left the first store, and the other one does not show their copy.
    NoCopy,
}
