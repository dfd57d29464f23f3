//! How the code of an invitation was handed out.

use monk_terms::delivery::Delivery;
use serde::{Deserialize, Serialize};

/// How an invitation was handed out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HandedOut {
    /// When the user was invited first, in seconds since 1970. Later mails bring another code.
    pub first: u64,
    /// How many reminders there were.
    #[serde(default)]
    pub reminders: u32,
    /// The last mail, if there was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mail: Option<Mailed>,
}

/// A mail with an invitation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mailed {
    /// Where it went, shortened: enough to see whether the directory has another address by now.
    pub to: String,
    /// When, in seconds since 1970.
    pub at: u64,
    /// What has become of it.
    pub became: Delivery,
}
