//! Time-based one-time passwords (RFC 6238).

use std::ops::RangeInclusive;

use data_encoding::BASE32_NOPAD;
use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq;
use totp_rs::{Builder, Secret, Totp};
use zeroize::Zeroizing;

use monk_terms::kind::Kind;
use monk_terms::verdict::{Grant, Refusal};

use super::questions::{Attempt, Case, Defect, Details, NeededKey, Questions, Used};
use super::shapes::Shapes;
use crate::keys::{Keyring, Owner};
use crate::random::Random;
use crate::seal::{self, SealError, Sealed};

/// Steps that a device's clock may be early or late (RFC 6238 §5.2 recommends one).
pub const WINDOW: u64 = 1;

/// Bytes of a seed from another system. RFC 4226 §4 wants 16 and more, but google-authenticator and
/// others have handed out 10 for years; beyond the block of SHA-512 nothing is gained.
pub const IMPORTED_BYTES: RangeInclusive<usize> = 10..=128;

/// Bits of a seed that can be guessed by somebody with many machines and one code.
const WEAK_BITS: usize = 80;

/// Bits of a seed that RFC 4226 §4 (R6) demands.
const RFC_BITS: usize = 128;

/// The HMAC behind the codes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Algorithm {
    /// HMAC-SHA-1, which every authenticator app can.
    #[default]
    Sha1,
    /// HMAC-SHA-256; several apps silently ignore it.
    Sha256,
    /// HMAC-SHA-512; several apps silently ignore it.
    Sha512,
}

impl Algorithm {
    /// Bytes of a new seed: the length of the hash (RFC 4226 §4, RFC 6238 §5.1).
    #[must_use]
    pub fn seed_bytes(self) -> usize {
        match self {
            Self::Sha1 => 20,
            Self::Sha256 => 32,
            Self::Sha512 => 64,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Sha1 => "sha1",
            Self::Sha256 => "sha256",
            Self::Sha512 => "sha512",
        }
    }
}

/// How a device makes its codes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Parameters {
    /// The HMAC.
    pub algorithm: Algorithm,
    /// Digits of a code: 6 or 8.
    pub digits: u8,
    /// Seconds that a code is shown.
    pub period: u64,
}

impl Default for Parameters {
    /// What every authenticator app can: SHA-1, 6 digits, 30 seconds.
    fn default() -> Self {
        Self { algorithm: Algorithm::Sha1, digits: 6, period: 30 }
    }
}

impl Parameters {
    /// Longest period in seconds: a code must not stay good for longer than some minutes.
    const MAX_PERIOD: u64 = 300;

    /// Whether codes can be made and checked with these.
    #[must_use]
    pub fn are_valid(&self) -> bool {
        matches!(self.digits, 6 | 8) && (1..=Self::MAX_PERIOD).contains(&self.period)
    }

    /// What the seal is bound to, besides the owner.
    fn context(&self) -> String {
        format!("totp {} {} {}", self.algorithm.name(), self.digits, self.period)
    }

    fn generator(&self, seed: &[u8]) -> Totp {
        Builder::new()
            .with_algorithm(match self.algorithm {
                Algorithm::Sha1 => totp_rs::Algorithm::SHA1,
                Algorithm::Sha256 => totp_rs::Algorithm::SHA256,
                Algorithm::Sha512 => totp_rs::Algorithm::SHA512,
            })
            .with_digits(self.digits)
            .with_step_duration(self.period)
            .with_skew(0)
            .with_secret(Secret::new(seed.into()))
            .build_noncompliant()
    }
}

/// The secret that a device and monk share. No `Debug`; wiped when dropped.
pub struct Seed(Zeroizing<Vec<u8>>);

impl Seed {
    /// A new random seed of the algorithm's length.
    #[must_use]
    pub fn generate(algorithm: Algorithm, random: &mut dyn Random) -> Self {
        let mut bytes = Zeroizing::new(vec![0; algorithm.seed_bytes()]);
        random.fill(&mut bytes);
        Self(bytes)
    }

    /// A seed from another system, if its length is one that a seed may have.
    #[must_use]
    pub fn imported(bytes: &[u8]) -> Option<Self> {
        IMPORTED_BYTES.contains(&bytes.len()).then(|| Self(Zeroizing::new(bytes.to_vec())))
    }

    /// Whether both are the same, in a time that does not tell where they differ.
    #[must_use]
    pub fn is(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }

    /// How long it is, in bits.
    fn bits(&self) -> usize {
        self.0.len() * 8
    }

    /// The seed as text (RFC 4648 base 32 without padding), as apps take it.
    #[must_use]
    pub fn to_base32(&self) -> Zeroizing<String> {
        Zeroizing::new(BASE32_NOPAD.encode(&self.0))
    }

    /// The `otpauth://` address that a QR code carries.
    #[must_use]
    pub fn to_uri(&self, parameters: Parameters, issuer: &str, account: &str) -> Zeroizing<String> {
        // A colon separates issuer and account; neither may contain one.
        let plain = |text: &str| text.replace(':', " ");
        let totp = Builder::new()
            .with_algorithm(parameters.generator(&self.0).algorithm())
            .with_digits(parameters.digits)
            .with_step_duration(parameters.period)
            .with_secret(Secret::new(self.0.as_slice().into()))
            .with_issuer(Some(plain(issuer)))
            .with_account_name(plain(account))
            .build_noncompliant();
        Zeroizing::new(totp.to_url().expect("account and issuer are set and without colons"))
    }

    /// The code of the step that contains `time` (seconds since 1970).
    #[must_use]
    pub fn code_at(&self, parameters: Parameters, time: u64) -> String {
        parameters.generator(&self.0).generate(time).to_string()
    }

    /// Whether this is the code of that step.
    #[must_use]
    pub fn shows_at_step(&self, parameters: Parameters, code: &str, step: u64) -> bool {
        let time = step.checked_mul(parameters.period);
        time.is_some_and(|time| parameters.generator(&self.0).check(code, time).is_some())
    }

    /// The steps around `now`, at most [`WINDOW`] away, whose code this is, the earliest first.
    #[must_use]
    pub fn matching_steps(&self, parameters: Parameters, code: &str, now: u64) -> Vec<u64> {
        self.matching_steps_within(parameters, code, now, WINDOW)
    }

    /// The same with a wider window, to explain how far a device's clock is off. Never for a login.
    #[must_use]
    pub fn matching_steps_within(
        &self,
        parameters: Parameters,
        code: &str,
        now: u64,
        window: u64,
    ) -> Vec<u64> {
        let generator = parameters.generator(&self.0);
        let step = now / parameters.period;
        (step.saturating_sub(window)..=step.saturating_add(window))
            .filter(|step| {
                step.checked_mul(parameters.period)
                    .is_some_and(|time| generator.check(code, time).is_some())
            })
            .collect()
    }
}

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
}

/// The highest accepted time step (RFC 6238 §5.2: each at most once).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// The step number: seconds since 1970 divided by the period.
    pub step: u64,
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
        Self { parameters, seed, pending: false }
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
        let pending = self.pending;
        Ok(Some(Self { pending, ..Self::new(&seed, self.parameters, owner, keys, random) }))
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
        let digits = attempt.code.digits(self.parameters.digits.into()).filter(|_| !self.pending);
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
        let last = last?;
        // Whoever has seen it typed for one step must not get in with it in another.
        if first <= last {
            // No clock makes a code good again. But who reads the log should know why a code that is
            // right and new is refused.
            let newest = case.now / self.parameters.period + WINDOW;
            let is_ahead = last > newest;
            return Err(if is_ahead { Refusal::UsedAhead } else { Refusal::ReplayedCode });
        }
        Ok((Grant::Totp, Step { step }))
    }

    fn details(&self, created: u64, used: &Used<'_, Step>) -> Details {
        // Confirming it writes the first record.
        let last_used = used.last().map(|(at, _)| at).filter(|&at| at > created);
        Details { pending: self.pending, last_used, ..Details::default() }
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

    fn seed(length: usize) -> Seed {
        Seed(Zeroizing::new(b"1234567890".iter().copied().cycle().take(length).collect()))
    }

    /// RFC 6238 appendix B: time, then the codes for SHA-1, SHA-256 and SHA-512.
    const VECTORS: [(u64, [&str; 3]); 6] = [
        (59, ["94287082", "46119246", "90693936"]),
        (1_111_111_109, ["07081804", "68084774", "25091201"]),
        (1_111_111_111, ["14050471", "67062674", "99943326"]),
        (1_234_567_890, ["89005924", "91819424", "93441116"]),
        (2_000_000_000, ["69279037", "90698825", "38618901"]),
        (20_000_000_000, ["65353130", "77737706", "47863826"]),
    ];

    #[test]
    fn the_vectors_of_rfc_6238_appendix_b() {
        let algorithms = [Algorithm::Sha1, Algorithm::Sha256, Algorithm::Sha512];
        for (time, codes) in VECTORS {
            for (algorithm, code) in algorithms.into_iter().zip(codes) {
                let seed = seed(algorithm.seed_bytes());
                let eight = Parameters { algorithm, digits: 8, period: 30 };
                assert_eq!(seed.code_at(eight, time), code);
                assert_eq!(seed.matching_steps(eight, code, time), [time / 30]);
                let six = Parameters { digits: 6, ..eight };
                assert_eq!(seed.code_at(six, time), code[2..]);
                assert_eq!(seed.matching_steps(six, &code[2..], time), [time / 30]);
            }
        }
    }

    #[test]
    fn a_clock_may_be_one_step_off_and_no_more() {
        let (seed, parameters, now) = (seed(20), Parameters::default(), 1_111_111_111_u64);
        for (offset, found) in [(-60, false), (-30, true), (0, true), (30, true), (60, false)] {
            let time = now.checked_add_signed(offset).unwrap();
            let code = seed.code_at(parameters, time);
            let expected: &[u64] = if found { &[time / 30] } else { &[] };
            assert_eq!(seed.matching_steps(parameters, &code, now), expected, "{offset} s");
        }
    }

    #[test]
    fn only_exact_digits_are_a_code() {
        let (seed, parameters) = (seed(20), Parameters::default());
        let code = seed.code_at(parameters, 59);
        for wrong in ["", "287", "+87082", "2870822", "28708２", &format!(" {code}")] {
            assert!(seed.matching_steps(parameters, wrong, 59).is_empty(), "{wrong:?}");
        }
    }

    #[test]
    fn the_ends_of_time_do_not_panic() {
        let (seed, parameters) = (seed(20), Parameters::default());
        for now in [0, 1, u64::MAX] {
            let _ = seed.matching_steps(parameters, "123456", now);
        }
    }

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
