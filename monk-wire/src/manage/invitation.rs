//! Invitations: the enrolment code with which a user makes the first factor.

use serde::{Deserialize, Serialize};

use super::outage::MailFailure;
use crate::secret::Secret;

/// How a user is invited.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invitation {
    /// Seconds that the code is good for.
    pub seconds: u64,
    /// Whether it is sent to the address that the directory has.
    pub send: bool,
    /// Whether a user with a second factor loses everything first. Otherwise such a user is not invited.
    pub reset: bool,
}

/// A user who is invited.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invited {
    /// The enrolment code, in groups of four, shown this once.
    pub code: Secret,
    /// Where the portal takes it, where the settings say where the portal is. The code is in the fragment, which
    /// browsers send to nobody.
    pub link: Option<Secret>,
    /// When it ends, in seconds since 1970.
    pub expires: u64,
    /// How many credentials there were, and are gone.
    pub removed: u32,
    /// What became of the mail, where one was asked for.
    pub mail: Option<InvitationMail>,
}

/// What became of the mail with an invitation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum InvitationMail {
    /// The mail server has taken it.
    Sent {
        /// Where to.
        address: String,
    },
    /// It was not sent. The code is good all the same.
    NotSent(MailFailure),
}
