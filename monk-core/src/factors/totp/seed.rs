//! The codes themselves (RFC 6238): seeds, parameters, and which step shows which code.

use std::ops::RangeInclusive;

use data_encoding::BASE32_NOPAD;
use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq;
use totp_rs::{Builder, Secret, Totp};
use zeroize::Zeroizing;

use crate::random::Random;

/// Steps that a device's clock may be early or late (RFC 6238 §5.2 recommends one).
pub const WINDOW: u64 = 1;

/// Bytes of a seed from another system. RFC 4226 §4 wants 16 and more, but google-authenticator and
/// others have handed out 10 for years; beyond the block of SHA-512 nothing is gained.
pub const IMPORTED_BYTES: RangeInclusive<usize> = 10..=128;

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
    pub(super) fn context(&self) -> String {
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
pub struct Seed(pub(super) Zeroizing<Vec<u8>>);

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
    pub(super) fn bits(&self) -> usize {
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

    /// The steps around `now`, at most `WINDOW` away, whose code this is, the earliest first.
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

#[cfg(test)]
mod tests {
    use super::*;

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
}
