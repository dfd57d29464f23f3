//! An enrolment code: what an administrator hands to a user whose factors were reset.
//!
//! One code of twelve symbols that expires. It opens one login, so that users who can only reach a
//! shell get there, and it stands in for the second factor once, when the user enrols again. It counts
//! as a second factor: a reset never makes the password alone enough, not even after the code expires.
//! That of an invitation counts only where users prove who they are. It is removed when the user has enrolled something else.

use monk_terms::kind::Kind;
use monk_terms::verdict::{Grant, Refusal};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::questions::{Attempt, Case, Details, Door, NeededKey, Questions, Used};
use super::shapes::{PAPER_SYMBOLS, Shapes};
use crate::hash::{Cost, Hashes};
use crate::keys::{Keyring, Owner};
use crate::random::Random;
use crate::symbols;
use crate::times::is_ahead;

/// An enrolment code, as it is stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EnrolmentCodeRecord {
    /// The hash of the code.
    pub hashes: Hashes,
    /// When it ends, in seconds since 1970.
    pub expires: u64,
    /// Whether it invites somebody who had no second factor. Then no login asks for a code because of it: people
    /// go on as before until they have enrolled.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub invites: bool,
}

/// What an enrolment code has opened.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OpenedDoors {
    /// Each at most once.
    pub doors: Vec<Door>,
}

impl EnrolmentCodeRecord {
    /// A new code, and its text in groups of four, to be shown once.
    #[must_use]
    pub fn generate(
        expires: u64,
        owner: Owner<'_>,
        keys: &Keyring,
        random: &mut dyn Random,
    ) -> (Self, Zeroizing<String>) {
        let code = symbols::random(PAPER_SYMBOLS, random);
        let hashes = Hashes::new(&[&code], owner, Cost::HIGH, keys, random);
        (Self { hashes, expires, invites: false }, symbols::grouped(&code))
    }
}

impl Questions for EnrolmentCodeRecord {
    type Spent = OpenedDoors;

    const KIND: Kind = Kind::EnrolmentCode;

    fn is_second_factor(&self) -> bool {
        !self.invites
    }

    fn add_shape(&self, shapes: &mut Shapes) {
        shapes.backup = true;
    }

    fn key(&self) -> Option<NeededKey> {
        Some(NeededKey::Hash(self.hashes.key().clone()))
    }

    fn is_usable(&self, case: Case<'_>, used: &Used<'_, OpenedDoors>) -> bool {
        case.keys.get(self.hashes.key()).is_some() && used.known().is_ok()
    }

    fn verify_code(
        &self,
        attempt: &mut Attempt<'_>,
        case: Case<'_>,
        used: &Used<'_, OpenedDoors>,
    ) -> Result<(Grant, OpenedDoors), Refusal> {
        let canonical = attempt.code.symbols(PAPER_SYMBOLS).ok_or(Refusal::WrongCode)?;
        attempt.budget.take().ok_or(Refusal::UnusableFactor)?;
        self.hashes
            .position(&canonical, case.owner, case.keys)
            .map_err(|_| Refusal::UnusableFactor)?
            .ok_or(Refusal::WrongCode)?;
        if case.now >= self.expires || is_ahead(case.created, case.now) {
            return Err(Refusal::ExpiredCode);
        }
        let mut doors: Vec<Door> = used.known()?.flat_map(|used| &used.doors).copied().collect();
        if doors.contains(&attempt.door) {
            return Err(Refusal::ReplayedCode);
        }
        doors.push(attempt.door);
        doors.dedup();
        Ok((Grant::EnrolmentCode, OpenedDoors { doors }))
    }

    /// Until the next reset or invitation, it goes on standing for a second factor, and opens nothing.
    fn all_spent(&self, used: &Used<'_, OpenedDoors>, _: u64) -> Option<OpenedDoors> {
        let doors = vec![Door::Login, Door::Enrolment, Door::NewPassword];
        (!used.records.is_empty()).then_some(OpenedDoors { doors })
    }

    fn details(&self, _: u64, used: &Used<'_, OpenedDoors>) -> Details {
        // Issuing it writes the first record.
        let last = used.last().filter(|(_, used)| !used.doors.is_empty());
        let last_used = last.map(|(at, _)| at);
        Details { expires: Some(self.expires), last_used, ..Details::default() }
    }
}
