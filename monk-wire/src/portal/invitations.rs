//! Invitations of many people by an administrator of the portal: who will get one, and how far the mails are.
//!
//! ```text
//! PreviewInvitations { whom } ──▶ Preview        nothing is sent
//! Invite { wish }             ──▶ Round          the engine goes on by itself
//! Invitations                 ──▶ Round          how far it is
//! StopInvitations             ──▶ Round          the rest gets none
//! ```

use monk_terms::account_state::AccountState;
use serde::{Deserialize, Serialize};

use crate::bounded;

/// Most names in one list: as many as fit into a form with room to spare. Larger lists are groups, or files for
/// `monk-enroll invite`.
pub const MOST_NAMES: usize = 500;

/// Most people who are told one by one in a preview, and most problems that a round keeps: a page stays small.
pub const MOST_TOLD: usize = 60;

/// Whom an administrator means.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Whom {
    /// Those of a list.
    Names(#[serde(deserialize_with = "bounded::list::<{ MOST_NAMES }, _, _>")] Vec<String>),
    /// The members of a group.
    Group(String),
    /// Everybody who has no second factor.
    Missing,
}

/// What an administrator wants to be sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wish {
    /// To whom.
    pub whom: Whom,
    /// Seconds that the codes are good for.
    pub seconds: u64,
    /// Also to those who have an invitation. Their older code is good no longer.
    pub again: bool,
}

/// How somebody stands who may be invited.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Standing {
    /// There is no such user.
    Unknown,
    /// The account is closed.
    Closed(AccountState),
    /// The directory has no address of a mailbox.
    NoAddress,
    /// Looks after others, so that root does this.
    Administrator,
    /// Gets an invitation.
    Ready,
    /// Has one already.
    Invited,
    /// Has a second factor already.
    SetUp,
}

/// Somebody who may be invited.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Candidate {
    /// The name: as it was typed where nobody has it.
    pub name: String,
    /// The mail address of the directory.
    pub mail: Option<String>,
    /// How that person stands.
    pub standing: Standing,
}

/// Who will get an invitation.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Preview {
    /// How many are ready to get one.
    pub ready: u32,
    /// How many have one already.
    pub invited: u32,
    /// How many have a second factor already.
    pub set_up: u32,
    /// How many get none for another reason.
    pub left_out: u32,
    /// Some of them, those with a problem first.
    pub some: Vec<Candidate>,
    /// Whether everybody was looked at.
    pub is_whole: bool,
}

/// What becomes of a round of invitations.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum RoundState {
    /// The engine looks who is to get one.
    Looking,
    /// It sends them.
    Sending,
    /// All were sent.
    Done,
    /// The administrator has stopped it, or is none any more.
    Stopped,
    /// The directory or the mail server did not answer.
    Broken,
}

/// Why somebody was left out, or got no mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum LeftOut {
    /// As the person stands.
    Standing(Standing),
    /// The mail was not sent.
    NotSent,
}

/// A round of invitations.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Round {
    /// What becomes of it.
    pub state: RoundState,
    /// How many are to get one, once that is known.
    pub total: Option<u32>,
    /// How many have got one.
    pub sent: u32,
    /// How many had a second factor already.
    pub set_up: u32,
    /// How many had an invitation already, and keep it.
    pub invited: u32,
    /// Who got none, and why: the first of them.
    pub left_out: Vec<(String, LeftOut)>,
    /// How many more there are of those.
    pub left_out_more: u32,
    /// How long it has gone on, in seconds.
    pub seconds: u32,
}

impl Round {
    /// Whether it goes on.
    #[must_use]
    pub fn goes_on(&self) -> bool {
        matches!(self.state, RoundState::Looking | RoundState::Sending)
    }
}
