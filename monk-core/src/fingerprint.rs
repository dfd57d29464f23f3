//! What was typed, in a form that can be compared and tells nothing.
//!
//! An HMAC (RFC 2104) under a key of this host: without it, the fingerprint of a password cannot be
//! searched for.

use hmac::{HmacReset, KeyInit, Mac};
use sha2::Sha256;

use crate::keys::{HostKey, Purpose};

/// Bytes of a fingerprint. Two strings of one user are never equal by accident.
pub const FINGERPRINT_BYTES: usize = 16;

/// A fingerprint under way.
///
/// Boxed and finished in place: what is moved leaves a copy behind, of the last bytes that were added.
#[derive(Clone)]
pub struct Fingerprint(Box<HmacReset<Sha256>>);

impl Fingerprint {
    /// Of nothing yet.
    #[must_use]
    pub fn new(key: &HostKey) -> Self {
        let key = key.derive(Purpose::Fingerprint);
        let mac = HmacReset::new_from_slice(&key[..]).expect("HMAC takes keys of any length");
        Self(Box::new(mac))
    }

    /// Adds a piece. `ab` and `c` are another fingerprint than `a` and `bc`.
    pub fn add(&mut self, piece: &[u8]) {
        self.0.update(&(piece.len() as u64).to_be_bytes());
        self.0.update(piece);
    }

    /// The fingerprint.
    #[must_use]
    pub fn finish(mut self) -> [u8; FINGERPRINT_BYTES] {
        let mut bytes = [0; FINGERPRINT_BYTES];
        bytes.copy_from_slice(&self.0.finalize_reset().into_bytes()[..FINGERPRINT_BYTES]);
        bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::key;

    fn of(byte: u8, pieces: &[&str]) -> [u8; FINGERPRINT_BYTES] {
        let mut fingerprint = Fingerprint::new(&key(byte));
        pieces.iter().for_each(|piece| fingerprint.add(piece.as_bytes()));
        fingerprint.finish()
    }

    #[test]
    fn the_same_is_the_same_and_everything_else_is_not() {
        assert_eq!(of(1, &["secret", "alice"]), of(1, &["secret", "alice"]));
        for other in [of(2, &["secret", "alice"]), of(1, &["secreta", "lice"]), of(1, &["secret"])]
        {
            assert_ne!(of(1, &["secret", "alice"]), other);
        }
    }
}
