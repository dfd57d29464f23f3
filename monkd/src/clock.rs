//! The engine's clock and randomness, which the rules in `monk-core` get passed in.

use std::time::{SystemTime, UNIX_EPOCH};

use monk_core::random::Random;

/// Seconds since 1970. A clock before that says 0, which makes every code a replay.
#[must_use]
pub fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

/// The operating system's generator.
pub struct SystemRandom;

impl Random for SystemRandom {
    fn fill(&mut self, out: &mut [u8]) {
        // Without randomness nothing may be enrolled; ending this task is the only safe answer.
        getrandom::fill(out).expect("the kernel gives random bytes");
    }
}
