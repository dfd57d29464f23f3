//! Invitations: the enrolment code with which a user makes the first factor.

use monk_terms::delivery::Delivery;
use serde::{Deserialize, Serialize};

use super::outage::MailFailure;
use crate::secret::Secret;

/// How a user is invited.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invitation {
    /// Seconds that the code is good for.
    pub seconds: u64,
    /// Whether it is sent to the address that the directory has.
    pub send: bool,
    /// Whether a user with a second factor loses everything first. Otherwise such a user is not invited.
    pub reset: bool,
    /// Who of those who have an invitation gets another one.
    pub repeat: Repeat,
    /// Whether it is mailed to a mailbox that the user cannot read without a code.
    pub even_unread: bool,
}

/// Who of those who have an invitation gets another one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Repeat {
    /// Everybody.
    #[default]
    Again,
    /// Users whose invitation is over, or was not handed to the mail server.
    Missing,
    /// Users who have had theirs for so many seconds, and one day at least. Nobody else is invited.
    Remind {
        /// Seconds.
        after: u64,
    },
}

/// An invitation that a user has.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InvitationState {
    /// When the user was invited first, in seconds since 1970.
    pub first: u64,
    /// When the code ends, or has ended, in seconds since 1970.
    pub expires: u64,
    /// How many reminders there were.
    pub reminders: u32,
    /// The last mail, if there was one.
    pub mail: Option<InvitationMailed>,
}

/// The last mail with an invitation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InvitationMailed {
    /// Where it went, shortened.
    pub to: String,
    /// When, in seconds since 1970.
    pub at: u64,
    /// What has become of it.
    pub became: Delivery,
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
