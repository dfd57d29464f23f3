//! The groups of the embedded directory.

use serde::{Deserialize, Serialize};

/// What is to be done with a group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum GroupCommand {
    /// Lists all with their members, a page at a time. The user of the command does not matter.
    List {
        /// The last row of the page before; `None` for the first page.
        after: Option<Membership>,
    },
    /// Puts the user of the command into the group, which is made where it is not there.
    Join {
        /// Its name.
        group: String,
    },
    /// Takes the user of the command out; a group without members is gone.
    Leave {
        /// Its name.
        group: String,
    },
}

/// One user in one group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Membership {
    /// The group's name.
    pub group: String,
    /// The user's login name.
    pub user: String,
}

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum GroupOutcome {
    /// A page, by group and user.
    List {
        /// The rows.
        rows: Vec<Membership>,
        /// Whether there are others after these.
        more: bool,
    },
    /// Whether anything has changed: the user may have been in, or out, before.
    Changed(bool),
}
