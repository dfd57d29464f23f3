//! A one-time code of the portal: what somebody who is signed in there types behind the password in another program.
//!
//! Eight symbols, good for ten minutes and one login. It is no factor of its own: the user has
//! signed in with one a moment ago. It opens services, and neither the portal nor the user's own administration.

use monk_terms::kind::Kind;
use monk_terms::verdict::{Grant, Refusal};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::questions::{Attempt, Case, Details, Door, NeededKey, Questions, Used};
use super::shapes::{PORTAL_SYMBOLS, Shapes};
use crate::hash::{Cost, Hashes};
use crate::keys::{Keyring, Owner};
use crate::random::Random;
use crate::symbols;
use crate::times::is_ahead;

/// How long a code is good, in seconds.
pub const GOOD_FOR: u64 = 10 * 60;

/// A code, as it is stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PortalCodeRecord {
    /// The hash of the code.
    pub hashes: Hashes,
    /// When it ends, in seconds since 1970.
    pub expires: u64,
}

/// What became of a code.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PortalCodeUse {
    /// Whether it has opened its login.
    pub used: bool,
}

impl PortalCodeRecord {
    /// A new code, and its text in groups of four, to be shown once.
    #[must_use]
    pub fn generate(
        now: u64,
        owner: Owner<'_>,
        keys: &Keyring,
        random: &mut dyn Random,
    ) -> (Self, Zeroizing<String>) {
        let code = symbols::random(PORTAL_SYMBOLS, random);
        // It lives for minutes, and wrong ones are counted: a cheap hash under the host key is enough.
        let hashes = Hashes::new(&[&code], owner, Cost::LOW, keys, random);
        (Self { hashes, expires: now.saturating_add(GOOD_FOR) }, symbols::grouped(&code))
    }
}

impl Questions for PortalCodeRecord {
    type Spent = PortalCodeUse;

    const KIND: Kind = Kind::PortalCode;

    /// Where somebody has no other second factor, there is none once the code has ended.
    fn is_second_factor(&self) -> bool {
        false
    }

    fn add_shape(&self, shapes: &mut Shapes) {
        shapes.portal = true;
    }

    fn key(&self) -> Option<NeededKey> {
        Some(NeededKey::Hash(self.hashes.key().clone()))
    }

    fn is_usable(&self, case: Case<'_>, used: &Used<'_, PortalCodeUse>) -> bool {
        case.keys.get(self.hashes.key()).is_some() && used.known().is_ok()
    }

    fn verify_code(
        &self,
        attempt: &mut Attempt<'_>,
        case: Case<'_>,
        used: &Used<'_, PortalCodeUse>,
    ) -> Result<(Grant, PortalCodeUse), Refusal> {
        let canonical = attempt.code.symbols(PORTAL_SYMBOLS).ok_or(Refusal::WrongCode)?;
        // It is computed while others wait, and all that monk writes are cheap.
        if !self.hashes.is_cheap() {
            return Err(Refusal::UnusableFactor);
        }
        self.hashes
            .position(&canonical, case.owner, case.keys)
            .map_err(|_| Refusal::UnusableFactor)?
            .ok_or(Refusal::WrongCode)?;
        if case.now >= self.expires || is_ahead(case.created, case.now) {
            return Err(Refusal::ExpiredCode);
        }
        if used.known()?.any(|used| used.used) {
            return Err(Refusal::ReplayedCode);
        }
        match attempt.door {
            Door::Login => Ok((Grant::PortalCode, PortalCodeUse { used: true })),
            // It proves a sign-in, and must not stand in for the next one.
            Door::Enrolment | Door::NewPassword => Err(Refusal::WrongCode),
        }
    }

    fn all_spent(&self, used: &Used<'_, PortalCodeUse>, _: u64) -> Option<PortalCodeUse> {
        (!used.records.is_empty()).then_some(PortalCodeUse { used: true })
    }

    fn details(&self, _: u64, used: &Used<'_, PortalCodeUse>) -> Details {
        let last = used.last().filter(|(_, used)| used.used);
        Details {
            expires: Some(self.expires),
            last_used: last.map(|(at, _)| at),
            ..Details::default()
        }
    }
}
