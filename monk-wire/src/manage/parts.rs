//! Answers that come in parts, because they concern everybody.

use monk_terms::not_taken::NotTaken;
use serde::{Deserialize, Serialize};

use super::{PasswordFault, UserRow};
use crate::bounded;

/// A part of an answer that is under way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Part {
    /// How many users were looked at so far.
    Looked(u64),
    /// Some users of a list.
    Users(Vec<UserRow>),
    /// Some whose records are still there although they are gone.
    Orphans(Vec<Orphan>),
    /// A new password is not taken, and another one is asked for.
    NotTaken(NewPasswordFault),
}

/// What is wrong with a new password. The old one stays.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum NewPasswordFault {
    /// The directory does not take it.
    NotTaken {
        /// Why.
        why: NotTaken,
        /// What the directory said, printable and short; empty where it said nothing.
        said: String,
    },
    /// It could never open anything.
    Unfit(PasswordFault),
    /// It was typed in two ways.
    Differ,
}

/// Which users are listed. All parts together are the list, if they are as many as
/// [`Outcome::Listed`](super::Outcome::Listed) says in the end.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listing {
    /// Only those without a second factor.
    pub without_second_factor: bool,
    /// Groups; each row says in which of them the user is.
    #[serde(deserialize_with = "bounded::list::<{ bounded::MOST_NAMES }, _, _>")]
    pub groups: Vec<String>,
    /// Only those who are in one of the groups.
    pub only_members: bool,
}

/// What is to be done about records of users who are gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum OrphanCommand {
    /// Lists them, and notes since when they are known.
    List,
    /// Removes those that have been known long enough, and belong to nobody still.
    Sweep {
        /// Seconds since they were first found.
        after: u64,
        /// Also where more users are gone than are there.
        force: bool,
    },
}

/// Records of somebody who is gone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Orphan {
    /// The stable id that nobody has.
    pub id: String,
    /// The login name, where the store has noted one; else the id.
    pub name: String,
    /// How many credentials there are.
    pub credentials: u32,
    /// When it was first found that nobody has this id, in seconds since 1970.
    pub since: u64,
    /// Whether the records have just been removed.
    pub removed: bool,
}

/// What came of looking for records of users who are gone. The rows came in parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum OrphanOutcome {
    /// Records are in the users' entries, and go with them.
    None,
    /// All records were looked at.
    Looked {
        /// How many users have records.
        owners: u64,
        /// How many of them are gone.
        gone: u64,
        /// How many records of users were removed.
        removed: u64,
    },
}
