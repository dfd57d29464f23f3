//! The users of the embedded directory.

use serde::{Deserialize, Serialize};

use crate::secret::Secret;

/// What is to be done with the user of the message, or with all.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum UserCommand {
    /// Lists all by name, a page at a time.
    List {
        /// The last name of the page before; `None` for the first page.
        after: Option<String>,
    },
    /// Sets another password.
    Password {
        /// The new one.
        password: Secret,
    },
    /// Refuses every login, or ends that.
    Enable {
        /// Whether logins are let in.
        enabled: bool,
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
    /// Whether every login is refused.
    pub disabled: bool,
    /// When the user was added, in seconds since 1970.
    pub created: u64,
    /// How many devices are active.
    pub devices: u32,
    /// How many app passwords there are.
    pub app_passwords: u32,
    /// Whether there is a second factor of any kind.
    pub second_factor: bool,
}
