//! The engine's clock and randomness, which the rules in `monk-core` get passed in.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use monk_core::random::Random;
use nix::time::{ClockId, clock_gettime};
use x509_parser::prelude::{ASN1Time, FromDer};

/// Seconds since 1970. A clock before that says 0, which makes every code a replay.
#[must_use]
pub fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

/// Milliseconds since the machine was booted, with those in which it slept (`CLOCK_BOOTTIME`).
#[must_use]
pub fn since_boot() -> u64 {
    let since = clock_gettime(ClockId::CLOCK_BOOTTIME).map_or(Duration::ZERO, Duration::from);
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

/// The seconds since 1970 of a `GeneralizedTime` in UTC, as directories write times (RFC 4517
/// §3.3.13).
#[must_use]
pub fn of_directory(text: &str) -> Option<u64> {
    u64::try_from(of_directory_since(text)?).ok()
}

/// The same, less than 0 for times before 1970. Seconds, or minutes and seconds, may be missing.
#[must_use]
pub fn of_directory_since(text: &str) -> Option<i64> {
    let digits = text.strip_suffix('Z')?.split(['.', ',']).next()?;
    let missing = match digits.len() {
        14 => "",
        12 => "00",
        10 => "0000",
        _ => return None,
    };
    // As DER has it: tag 24, the length, and no fraction.
    let mut der = vec![24, 15];
    der.extend(digits.bytes());
    der.extend(missing.bytes());
    der.push(b'Z');
    let (_, time) = ASN1Time::from_der(&der).ok()?;
    Some(time.timestamp())
}

/// The operating system's generator.
pub struct SystemRandom;

impl Random for SystemRandom {
    fn fill(&mut self, out: &mut [u8]) {
        // Without randomness nothing may be enrolled; ending this task is the only safe answer.
        getrandom::fill(out).expect("the kernel gives random bytes");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_of_directories_are_read() {
        assert_eq!(of_directory("19700101000100Z"), Some(60));
        assert_eq!(of_directory("20261121180000.0Z"), Some(1_795_284_000));
        for text in ["", "Z", "2026", "20261121180000", "20261321180000Z", "20261121180000+0100"] {
            assert_eq!(of_directory(text), None, "{text}");
            assert_eq!(of_directory_since(text), None, "{text}");
        }
        assert_eq!(of_directory("19691231235959Z"), None);
        for (text, seconds) in [
            ("19691231235959Z", -1),
            ("197001010001Z", 60),
            ("1970010101Z", 3600),
            ("19700101000000.9Z", 0),
        ] {
            assert_eq!(of_directory_since(text), Some(seconds), "{text}");
        }
    }
}
