//! What administrators see of people, and everybody of their own refusals.

use monk_terms::account_state::AccountState;
use monk_terms::verdict::Refusal;
use serde::{Deserialize, Serialize};

/// People who were looked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct People {
    /// In the order of the directory.
    pub found: Vec<Person>,
    /// Whether these are all.
    pub is_whole: bool,
}

/// One of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    /// The login name.
    pub name: String,
    /// The mail address of the directory.
    pub mail: Option<String>,
    /// The state of the account.
    pub state: AccountState,
    /// Whether there is a second factor.
    pub has_second_factor: bool,
    /// Whether there is an invitation.
    pub is_invited: bool,
}

/// A login that was refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefusalRow {
    /// When, in seconds since 1970.
    pub at: u64,
    /// The PAM service.
    pub service: String,
    /// Where from.
    pub address: Option<String>,
    /// Why.
    pub reason: Refusal,
    /// The credential that it was about, by its id.
    pub credential: Option<String>,
    /// What its owner may know beside the reason.
    pub detail: Option<RefusalDetail>,
}

/// What the owner of an account may know of a refusal, and no audit says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum RefusalDetail {
    /// The app password is one of the user's, but for a typing mistake.
    Mistyped,
    /// It was one of the user's, and has been removed.
    Removed,
    /// No attempt is looked at until then, in seconds since 1970.
    Until(u64),
}
