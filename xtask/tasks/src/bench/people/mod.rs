//! The users of a bench: any number of them, made without asking an engine.
//!
//! Everything about a user follows from a number, so that nothing has to be kept: a million users
//! are a million numbers. Each has a password and a device of his own. Only those who are *picked*
//! to log in, at random from all of them, have app passwords too.

mod enrolled;
mod ldif;
mod roles;

use data_encoding::BASE32_NOPAD;
use monk_core::factors::totp::{Parameters, Seed};
use monk_core::random::Random;
use monk_tests::Slapd;

pub use enrolled::Enrolled;
pub use ldif::{Hash, fill_directory};
pub use roles::{Role, Roles, Shares};

/// The password of every user: what is measured does not depend on it.
pub const PASSWORD: &str = "sesame";

/// Bytes of a device's secret, as authenticator apps have it.
const SEED_BYTES: usize = 20;

/// One user.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Person(pub u32);

impl Person {
    /// The login name.
    pub fn name(self) -> String {
        format!("user{:07}", self.0)
    }

    /// The entry.
    pub fn dn(self) -> String {
        format!("uid={},{}", self.name(), Slapd::SUFFIX)
    }

    /// The stable id (entryUUID).
    pub fn id(self) -> String {
        format!("{:08x}-0000-4000-8000-000000000000", self.0)
    }

    /// The secret of the user's device.
    pub fn seed(self) -> [u8; SEED_BYTES] {
        self.random("seed").bytes()
    }

    /// The secret as other modules' files have it, in base 32.
    pub fn seed_base32(self) -> String {
        BASE32_NOPAD.encode(&self.seed())
    }

    /// The code of a time step of 30 s, counted from 1970.
    pub fn code_of_step(self, step: u64) -> String {
        let parameters = Parameters::default();
        let seed = Seed::imported(&self.seed()).expect("20 bytes are a seed");
        seed.code_at(parameters, step * parameters.period)
    }

    /// Randomness that is the same each time, for one purpose.
    fn random(self, purpose: &str) -> Repeatable {
        let mix = |sum: u64, byte| sum.wrapping_mul(31).wrapping_add(u64::from(byte));
        Repeatable(purpose.bytes().fold(u64::from(self.0) + 1, mix))
    }
}

/// Randomness that can be repeated (SplitMix64). Secrets of a bench guard nothing.
pub struct Repeatable(pub u64);

impl Repeatable {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `end`.
    pub fn below(&mut self, end: u32) -> u32 {
        let share = (u128::from(self.next()) * u128::from(end)) >> 64;
        u32::try_from(share).unwrap_or(0)
    }
}

impl Random for Repeatable {
    fn fill(&mut self, out: &mut [u8]) {
        for bytes in out.chunks_mut(8) {
            bytes.copy_from_slice(&self.next().to_be_bytes()[..bytes.len()]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everybody_has_a_device_of_his_own_that_shows_the_same_each_time() {
        let codes: Vec<String> = (0..100).map(|number| Person(number).code_of_step(7)).collect();
        let again: Vec<String> = (0..100).map(|number| Person(number).code_of_step(7)).collect();
        assert_eq!(codes, again);
        let mut seeds: Vec<_> = (0..100).map(|number| Person(number).seed()).collect();
        seeds.sort_unstable();
        seeds.dedup();
        assert_eq!(seeds.len(), 100);
    }

    #[test]
    fn numbers_below_an_end_reach_everything_below_it() {
        let mut random = Repeatable(1);
        let mut found: Vec<u32> = (0..200).map(|_| random.below(10)).collect();
        found.sort_unstable();
        found.dedup();
        assert_eq!(found, (0..10).collect::<Vec<_>>());
    }
}
