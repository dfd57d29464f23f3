//! Users: those of the embedded directory, and the passwords of all.

use monk_terms::account_state::AccountState;
use monk_terms::kind::Kind;
use serde::{Deserialize, Serialize};

use super::invitation::InvitationState;
use super::posix::{Posix, PosixWish};
use crate::secret::Secret;

/// What a new user is to be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewUser {
    /// Mail address.
    pub mail: Option<String>,
    /// The password.
    pub password: Secret,
    /// Whether the user has to choose another password before anything else.
    pub must_change: bool,
    /// What the user is for hosts.
    pub posix: PosixWish,
    /// Whether the uid may be that of a local account.
    pub even_local: bool,
}

impl NewUser {
    /// A user with a password, and everything else by default.
    #[must_use]
    pub fn with(password: Secret) -> Self {
        Self {
            mail: None,
            password,
            must_change: false,
            posix: PosixWish::default(),
            even_local: false,
        }
    }
}

/// What is to be done with the user of the message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum UserCommand {
    /// Sets another password. Users set their own one after proving the old one; only root has it changed once
    /// more.
    Password {
        /// The new one.
        password: Secret,
        /// Whether the user has to choose another one before anything else.
        must_change: bool,
    },
    /// Sets when the account ends.
    Expire {
        /// In seconds since 1970; `None` for never.
        at: Option<u64>,
    },
    /// Has the user choose another password before anything else, or ends that.
    MustChange {
        /// Whether the user has to.
        must: bool,
    },
    /// Refuses every login, or ends that.
    Enable {
        /// Whether logins are let in.
        enabled: bool,
    },
    /// Sets what the user is for hosts.
    Posix {
        /// What is to be another.
        wish: PosixWish,
        /// Whether the uid may be that of a local account.
        even_local: bool,
    },
    /// Removes the user and everything enrolled.
    Remove,
    /// Tells of this one user; nobody where there is none.
    Find,
}

/// One user in a table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserRow {
    /// Login name.
    pub name: String,
    /// Mail address.
    pub mail: Option<String>,
    /// What the directory says of the account.
    pub state: AccountState,
    /// When the user was added, in seconds since 1970, where the directory says so.
    pub created: Option<u64>,
    /// How many devices are active.
    pub devices: u32,
    /// How many app passwords there are.
    pub app_passwords: u32,
    /// Whether there is a second factor of any kind.
    pub second_factor: bool,
    /// What is enrolled and confirmed, each kind once.
    pub factors: Vec<Kind>,
    /// The groups the user is in: their places among those that were asked for.
    pub groups: Vec<u32>,
    /// What the user is for hosts, where the directory is monk's own.
    pub posix: Option<Posix>,
    /// How many backup codes are left, where there is a set of them.
    pub backup_codes_left: Option<u32>,
    /// The invitation to enrol the first factor, over or not. It goes when the user has enrolled.
    pub invitation: Option<InvitationState>,
}
