//! What a login has found out, kept for the forecast: another policy is asked about the same login without asking
//! anybody again.
//!
//! A login in a service whose policy is only reported notes here what the directory, the store and the person said. The
//! forecast takes the same steps, and finds the answers here. Everything is wiped with it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use monk_core::code::{Accepted, Rejected};
use monk_core::credential::CredentialId;
use monk_core::factors::shapes::Code;
use monk_terms::verdict::{Grant, Refusal};
use monk_wire::Secret;

use super::ending::Stop;
use crate::directory::Answer;
use crate::engine::Found;
use crate::outage::Outage;
use crate::remembered::Entry;
use crate::throttle::Print;

/// What became of a screen for a code.
#[derive(Clone)]
pub(super) enum Shown {
    /// An answer, or none because the program could not ask.
    Answered(Option<Secret>),
    /// The word `email` or an empty answer led to another screen, and this code was typed there.
    Code(Arc<Code>),
    /// The login was approved on the portal's page.
    Approved(String),
    /// It was not.
    NotApproved(Refusal),
}

/// What was heard of a password.
#[derive(Clone, Copy)]
pub(super) enum Heard {
    /// The directory's answer.
    Answer(Answer),
    /// It has refused the same one a moment ago, and was not asked.
    RefusedAgain,
}

/// What a code turned out to be.
pub(super) type Judged = Result<(Grant, CredentialId), Rejected>;

/// What was found out. Nothing of it is kept where no policy is reported.
#[derive(Default)]
pub(super) struct Facts(Mutex<Noted>);

#[derive(Default)]
pub(super) struct Noted {
    /// The user, and what was enrolled before this login spent any of it.
    pub(super) found: Option<Found>,
    /// Whether the throttle let the attempt be looked at.
    pub(super) is_admitted: bool,
    /// The answer on the screen for a password.
    pub(super) first: Option<Secret>,
    /// What became of the screen for a code; the last is the latest.
    pub(super) shown: Vec<Shown>,
    /// Strings that were compared with an app password or a ticket.
    pub(super) compared: Vec<(Print, bool)>,
    /// Passwords that the directory was asked about.
    pub(super) passwords: Vec<(Print, Heard)>,
    /// Codes that were compared, and have not been looked for on record.
    pub(super) verified: Vec<(Arc<Code>, Result<Accepted, Rejected>)>,
    /// Codes that were judged.
    pub(super) judged: Vec<(Arc<Code>, Judged)>,
    /// Lists of groups that the user was looked for in.
    pub(super) groups: Vec<(Vec<String>, bool)>,
    /// Strings that were looked for among those that are remembered.
    pub(super) recalled: Vec<(Entry, Option<CredentialId>)>,
    /// What became of the wish for a code by mail.
    pub(super) sent: Option<Refusal>,
    /// What the log says, where the login is one of the past.
    pub(super) past: Option<Past>,
}

/// What only the log says of a login of the past.
#[derive(Clone, Default)]
pub(super) struct Past {
    /// The ticket that opened it. It is gone.
    pub(super) ticket: Option<CredentialId>,
    /// The credential whose code had opened the same before, and was remembered.
    pub(super) remembered: Option<CredentialId>,
}

impl Facts {
    /// What is noted.
    pub(super) fn noted(&self) -> MutexGuard<'_, Noted> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What was noted last under a key.
pub(super) fn last<K, V: Clone>(noted: &[(K, V)], is_it: impl Fn(&K) -> bool) -> Option<V> {
    noted.iter().rev().find(|(key, _)| is_it(key)).map(|(_, value)| value.clone())
}

/// What a forecast cannot find out.
pub(super) const UNKNOWN: Outage = Outage::Timeout("a forecast");

/// The end of a forecast that needs what this login has not found out.
pub(super) fn unknown() -> Stop {
    UNKNOWN.into()
}

/// Whether it is that, and nothing that does not work.
pub(super) fn is_unknown(outage: &Outage) -> bool {
    *outage == UNKNOWN
}
