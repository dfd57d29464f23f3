//! Devices that show time-based one-time passwords (RFC 6238).

mod delay;
mod letter;
mod seed;

use monk_terms::kind::Kind;
use monk_terms::verdict::{Grant, Refusal};
use serde::{Deserialize, Serialize};

pub use self::delay::Delay;
pub use self::letter::Letter;
use self::seed::WINDOW;
pub use self::seed::{Algorithm, IMPORTED_BYTES, Parameters, Seed};
use super::questions::{Attempt, Case, Defect, Details, NeededKey, Questions, Used};
use super::shapes::Shapes;
use crate::keys::{Keyring, Owner};
use crate::random::Random;
use crate::seal::{self, SealError, Sealed};

/// Bits of a seed that can be guessed by somebody with many machines and one code.
const WEAK_BITS: usize = 80;

/// Bits of a seed that RFC 4226 §4 (R6) demands.
const RFC_BITS: usize = 128;

/// A device, as it is stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TotpRecord {
    /// How it makes codes.
    pub parameters: Parameters,
    /// The seed, sealed to its owner.
    pub seed: Sealed,
    /// Not confirmed by a code of the device yet, and good for nothing until then.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub pending: bool,
    /// For how long it opens nothing after it was confirmed; `None` where it counts at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delay: Option<Delay>,
    /// How it was handed out, where that was on paper.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub letter: Option<Letter>,
}

/// The highest accepted time step (RFC 6238 §5.2: each at most once).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// The step number: seconds since 1970 divided by the period.
    pub step: u64,
    /// Whether the device was handed out, and nobody has confirmed it yet.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub waiting: bool,
}

impl Step {
    /// A step of a device that is confirmed.
    #[must_use]
    pub fn at(step: u64) -> Self {
        Self { step, waiting: false }
    }

    /// The last step whose code a device does not take that is handed out now.
    #[must_use]
    pub fn waiting_at(now: u64, parameters: Parameters) -> Self {
        Self { step: (now / parameters.period).saturating_sub(WINDOW + 1), waiting: true }
    }
}

impl TotpRecord {
    /// A device with this seed.
    #[must_use]
    pub fn new(
        seed: &Seed,
        parameters: Parameters,
        owner: Owner<'_>,
        keys: &Keyring,
        random: &mut dyn Random,
    ) -> Self {
        let seed = seal::seal(&seed.0, owner, &parameters.context(), keys, random);
        Self { parameters, seed, pending: false, delay: None, letter: None }
    }

    /// Opens the seed.
    ///
    /// # Errors
    /// [`SealError`] when the key is missing, the record was moved or altered, or its parameters
    /// make no codes.
    pub fn open(&self, owner: Owner<'_>, keys: &Keyring) -> Result<Seed, SealError> {
        if !self.parameters.are_valid() {
            return Err(SealError::Malformed);
        }
        seal::open(&self.seed, owner, &self.parameters.context(), keys).map(Seed)
    }

    /// Until when it opens nothing although it was confirmed, in seconds since 1970.
    #[must_use]
    pub fn waits_until(&self, now: u64) -> Option<u64> {
        self.delay.and_then(|delay| delay.end(now)).filter(|_| !self.pending)
    }

    /// Whether `digits` is the current code, used or not.
    pub(crate) fn shows(&self, digits: &str, case: Case<'_>) -> bool {
        let seed = self.open(case.owner, case.keys);
        !self.pending
            && seed.is_ok_and(|seed| {
                !seed.matching_steps(self.parameters, digits, case.now).is_empty()
            })
    }
}

impl Questions for TotpRecord {
    type Spent = Step;

    const KIND: Kind = Kind::Totp;

    fn is_second_factor(&self) -> bool {
        !self.pending
    }

    fn waits(&self, now: u64) -> bool {
        self.waits_until(now).is_some()
    }

    fn add_shape(&self, shapes: &mut Shapes) {
        shapes.six_digits |= !self.pending && self.parameters.digits == 6;
        shapes.eight_digits |= !self.pending && self.parameters.digits == 8;
    }

    fn key(&self) -> Option<NeededKey> {
        self.seed.key_id().map(NeededKey::Seal)
    }

    fn resealed(
        &self,
        owner: Owner<'_>,
        keys: &Keyring,
        random: &mut dyn Random,
    ) -> Result<Option<Self>, SealError> {
        if self.seed.key_id().as_ref() == Some(keys.primary().id()) {
            return Ok(None);
        }
        let seed = self.open(owner, keys)?;
        let (pending, delay, letter) = (self.pending, self.delay, self.letter);
        let renewed = Self::new(&seed, self.parameters, owner, keys, random);
        Ok(Some(Self { pending, delay, letter, ..renewed }))
    }

    fn is_usable(&self, case: Case<'_>, used: &Used<'_, Step>) -> bool {
        self.open(case.owner, case.keys).is_ok() && (self.pending || used.known().is_ok())
    }

    fn verify_code(
        &self,
        attempt: &mut Attempt<'_>,
        case: Case<'_>,
        used: &Used<'_, Step>,
    ) -> Result<(Grant, Step), Refusal> {
        let letter = self.waiting_letter(used);
        let is_confirmed_by_it =
            letter.is_none_or(|letter| attempt.may_confirm && letter.opens(case.now));
        let is_asked = !self.pending && is_confirmed_by_it;
        let digits = attempt.code.digits(self.parameters.digits.into()).filter(|_| is_asked);
        let digits = digits.ok_or(Refusal::WrongCode)?;
        let seed = self.open(case.owner, case.keys).map_err(|_| Refusal::UnusableFactor)?;
        // Usually one step; one code in a million is that of two steps close together.
        let steps = seed.matching_steps(self.parameters, digits, case.now);
        let last = used.known().map(|used| used.fold(0, |last, used| last.max(used.step)));
        let (Some(&first), Some(&step)) = (steps.first(), steps.last()) else {
            // A program that goes on with the string of its last login repeats a code, for however
            // long, and guesses at none.
            let repeats = |last| seed.shows_at_step(self.parameters, digits, last);
            let is_last = last.is_ok_and(repeats);
            return Err(if is_last { Refusal::ReplayedCode } else { Refusal::WrongCode });
        };
        if self.waits(case.now) {
            return Err(Refusal::NotYetUsable);
        }
        let last = last?;
        // Somebody who saw it typed for one step must not get in with it in another.
        if first <= last {
            // No clock makes a code good again, but the log says why a code that is right and new is
            // refused.
            let newest = case.now / self.parameters.period + WINDOW;
            let is_ahead = last > newest;
            return Err(if is_ahead { Refusal::UsedAhead } else { Refusal::ReplayedCode });
        }
        Ok((Grant::Totp, Step::at(step)))
    }

    /// Every code that somebody can have typed by now.
    fn all_spent(&self, used: &Used<'_, Step>, now: u64) -> Option<Step> {
        let last = used.all().map(|used| used.step).max()?;
        let newest = (now / self.parameters.period).saturating_add(WINDOW);
        let waiting = self.waiting_letter(used).is_some();
        Some(Step { step: last.max(newest), waiting })
    }

    fn details(&self, created: u64, used: &Used<'_, Step>) -> Details {
        // Confirming it writes the first record.
        let last_used = used.last().map(|(at, _)| at).filter(|&at| at > created);
        let usable_from = self.delay.and_then(Delay::usable_from);
        let expires = self.waiting_letter(used).map(|letter| letter.ends);
        let pending = self.pending || expires.is_some();
        Details { pending, last_used, usable_from, expires, ..Details::default() }
    }

    fn defects(&self, case: Case<'_>, used: &Used<'_, Step>) -> Vec<Defect> {
        let mut defects = Vec::new();
        match self.open(case.owner, case.keys) {
            Ok(seed) if seed.bits() < WEAK_BITS => defects.push(Defect::WeakSeed),
            Ok(seed) if seed.bits() < RFC_BITS => defects.push(Defect::ShortSeed),
            Ok(_) | Err(SealError::UnknownKey(_)) => {}
            Err(_) => defects.push(Defect::Altered),
        }
        if !self.pending && used.is_missing() {
            defects.push(Defect::UseMissing);
        }
        defects
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::ring;
    use crate::random::Counter;

    #[test]
    fn a_device_opens_for_its_owner_only_and_says_its_uri() {
        let keys = ring();
        let parameters = Parameters { algorithm: Algorithm::Sha256, digits: 8, period: 60 };
        let owner = Owner { user: "u1", credential: "1" };
        let seed = Seed::generate(parameters.algorithm, &mut Counter(3));
        let record = TotpRecord::new(&seed, parameters, owner, &keys, &mut Counter(4));
        let text = serde_json::to_string(&record).unwrap();
        assert!(!text.contains(seed.to_base32().as_str()));
        let opened = record.open(owner, &keys).ok().unwrap();
        assert_eq!(opened.to_base32(), seed.to_base32());
        assert!(record.open(Owner { user: "u2", ..owner }, &keys).is_err());
        let weaker =
            TotpRecord { parameters: Parameters { digits: 6, ..parameters }, ..record.clone() };
        assert!(weaker.open(owner, &keys).is_err());
        let uri = seed.to_uri(parameters, "Example: Mail", "alice@example.org");
        let (label, query) = uri.split_once('?').unwrap();
        assert_eq!(label, "otpauth://totp/Example%20%20Mail:alice%40example.org");
        let mut query: Vec<_> = query.split('&').collect();
        query.sort_unstable();
        let secret = format!("secret={}", seed.to_base32().as_str());
        let issuer = "issuer=Example%20%20Mail";
        assert_eq!(query, ["algorithm=SHA256", "digits=8", issuer, "period=60", &secret]);
    }
}
