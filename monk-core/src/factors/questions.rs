//! The questions that every factor answers.

use ipnet::IpNet;
use monk_terms::kind::Kind;
use monk_terms::verdict::{Grant, Refusal};
use serde::{Deserialize, Serialize};

use super::shapes::{Code, Shapes};
use crate::hash::Budget;
use crate::id::CredentialId;
use crate::keys::{KeyId, Keyring, Owner};
use crate::random::Random;
use crate::seal::SealError;
use crate::text;

/// What a factor has to answer. Where it has nothing to say, the answer is the one given here.
pub(crate) trait Questions: Sized {
    /// What using it writes.
    type Spent;

    /// Its kind.
    const KIND: Kind;

    /// The id under which its uses are kept: usually that of the credential.
    fn uses_of(credential: &CredentialId) -> CredentialId {
        credential.clone()
    }

    /// Whether everything in its record that people get to see is what it looks like.
    fn may_be_shown(&self, label: &str) -> bool {
        text::is_label(label)
    }

    /// Whether it is a second factor.
    fn is_second_factor(&self) -> bool {
        true
    }

    /// Whether it was confirmed, and opens nothing yet.
    fn waits(&self, _now: u64) -> bool {
        false
    }

    /// Adds the shape that its codes have when they are typed. Spent or unusable factors keep their
    /// shapes, so that a used code is never taken for a part of the password.
    fn add_shape(&self, _shapes: &mut Shapes) {}

    /// The key that it was made with.
    fn key(&self) -> Option<NeededKey>;

    /// The same, sealed with the primary key; `None` where nothing of it needs that.
    ///
    /// # Errors
    /// [`SealError`] when its secret does not open.
    fn resealed(
        &self,
        _: Owner<'_>,
        _: &Keyring,
        _: &mut dyn Random,
    ) -> Result<Option<Self>, SealError> {
        Ok(None)
    }

    /// Whether this host can check it.
    fn is_usable(&self, case: Case<'_>, used: &Used<'_, Self::Spent>) -> bool;

    /// Whether this is one of its codes, what it proves then, and what accepting it writes.
    ///
    /// # Errors
    /// [`Refusal::WrongCode`] where it is none of them; others say why a right one opens nothing.
    fn verify_code(
        &self,
        _attempt: &mut Attempt<'_>,
        _case: Case<'_>,
        _used: &Used<'_, Self::Spent>,
    ) -> Result<(Grant, Self::Spent), Refusal> {
        Err(Refusal::WrongCode)
    }

    /// What counts as used after a backup was restored, when nobody can tell what was used since: everything that
    /// it could have been. `None` where using it uses nothing up, or nothing was ever written of it. Every factor
    /// has to say it.
    fn all_spent(&self, used: &Used<'_, Self::Spent>, now: u64) -> Option<Self::Spent>;

    /// What its status shows.
    fn details(&self, created: u64, used: &Used<'_, Self::Spent>) -> Details;

    /// What doctor finds wrong with it.
    fn defects(&self, _case: Case<'_>, _used: &Used<'_, Self::Spent>) -> Vec<Defect> {
        Vec::new()
    }
}

/// One credential of one user, on this host and now.
#[derive(Clone, Copy)]
pub struct Case<'a> {
    /// Whose it is.
    pub owner: Owner<'a>,
    /// When it was made, in seconds since 1970.
    pub created: u64,
    /// The keys of this host.
    pub keys: &'a Keyring,
    /// Seconds since 1970.
    pub now: u64,
}

/// A code that is tried.
pub(crate) struct Attempt<'a> {
    /// What was typed.
    pub code: &'a Code,
    /// What it is to open.
    pub door: Door,
    /// Whether it may confirm a device that was handed out.
    pub may_confirm: bool,
    /// The hashes that may still be computed.
    pub budget: Budget,
}

impl<'a> Attempt<'a> {
    /// A code, and what it is to open.
    pub(crate) fn new(code: &'a Code, door: Door) -> Self {
        Self { code, door, may_confirm: false, budget: Budget::default() }
    }
}

/// What a code is to open. An enrolment code opens each once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Door {
    /// A service.
    Login,
    /// The user's own administration.
    Enrolment,
    /// A change of the password.
    NewPassword,
}

/// What was used of one credential.
pub(crate) struct Used<'a, T> {
    /// When, in seconds since 1970, and what: one record, or several after replicas were merged.
    pub(super) records: Vec<(u64, &'a T)>,
    /// Whether the user has records of use that cannot be read.
    pub(super) some_unreadable: bool,
}

impl<'a, T> Used<'a, T> {
    /// What was used. An unreadable record could be any, so then none is known; and enrolling writes
    /// the first one, so without any nobody knows what was used either.
    pub(crate) fn known(&self) -> Result<impl Iterator<Item = &'a T>, Refusal> {
        match self.some_unreadable || self.records.is_empty() {
            true => Err(Refusal::UnusableFactor),
            false => Ok(self.all()),
        }
    }

    /// What can be read of it.
    pub(crate) fn all(&self) -> impl Iterator<Item = &'a T> {
        self.records.iter().map(|(_, spent)| *spent)
    }

    /// The latest record.
    pub(crate) fn last(&self) -> Option<(u64, &'a T)> {
        self.records.iter().max_by_key(|(at, _)| *at).copied()
    }

    /// Whether all records can be read, and it has none.
    pub(crate) fn is_missing(&self) -> bool {
        self.records.is_empty() && !self.some_unreadable
    }

    /// Whether all records of the user can be read.
    pub(crate) fn is_readable(&self) -> bool {
        !self.some_unreadable
    }
}

/// A key that a credential was made with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NeededKey {
    /// It sealed a secret, which another key can seal again.
    Seal(KeyId),
    /// It made hashes. Nobody has what they were made from, so they need it for ever.
    Hash(KeyId),
}

impl NeededKey {
    /// The name of the key.
    #[must_use]
    pub fn id(&self) -> &KeyId {
        match self {
            Self::Seal(id) | Self::Hash(id) => id,
        }
    }
}

/// What the status of a credential shows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Details {
    /// Whether it waits to be confirmed.
    pub pending: bool,
    /// From when on it opens anything, in seconds since 1970; `None` where that is so from the beginning.
    pub usable_from: Option<u64>,
    /// When it ends, in seconds since 1970.
    pub expires: Option<u64>,
    /// The services that it opens.
    pub services: Vec<String>,
    /// The networks that it opens them from.
    pub networks: Vec<IpNet>,
    /// How many codes are left, and of how many.
    pub codes_left: Option<(usize, usize)>,
    /// When it was last used, in seconds since 1970.
    pub last_used: Option<u64>,
    /// For which service.
    pub last_service: Option<String>,
    /// From which address.
    pub last_address: Option<String>,
}

/// What can be wrong with a credential.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Defect {
    /// A kind that a newer monk wrote.
    Unreadable,
    /// Its secret does not open, with the key at hand.
    Altered,
    /// Nobody knows what was used of it.
    UseMissing,
    /// It has ended.
    Expired,
    /// Its seed has fewer bits than RFC 4226 wants.
    ShortSeed,
    /// Its seed has so few bits that it can be found by trying.
    WeakSeed,
}
