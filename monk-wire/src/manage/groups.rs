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
    /// Takes the user of the command out.
    Leave {
        /// Its name.
        group: String,
    },
    /// Makes a group, unless it is there. The user of the command does not matter.
    Make {
        /// Its name.
        group: String,
        /// Its gid; `None` for the next one.
        gid: Option<u32>,
    },
    /// Deletes a group and its memberships. The user of the command does not matter.
    Delete {
        /// Its name.
        group: String,
    },
}

/// One user in one group, or a group without members.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Membership {
    /// The group's name.
    pub group: String,
    /// Its gid.
    pub gid: u32,
    /// The user's login name; `None` for a group without members.
    pub user: Option<String>,
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
    /// Whether anything has changed: the user may have been in, or out, and the group there, before.
    Changed(bool),
}
