//! App passwords that were right before, so that a mail program which sends one with each connection
//! costs one hash and not thousands.
//!
//! What is kept is a fingerprint of the string together with its user and the record that it was
//! compared with: whatever changes in the directory, the string is compared again. It is kept in
//! memory only, and whether the app password has ended and what it opens is asked each time.

use std::collections::HashSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

use monk_core::fingerprint::{FINGERPRINT_BYTES, Fingerprint};
use monk_core::keys::Keyring;
use monk_core::reading::Named;

/// Most that are kept, some two megabytes. When there are more, all are forgotten and come back with
/// one hash each.
const MOST: usize = 65_536;

/// App passwords that were right before.
#[derive(Default)]
pub struct Proven(Mutex<HashSet<Proof>>);

/// One app password of one user, as its record was.
pub(crate) type Proof = [u8; FINGERPRINT_BYTES];

impl Proven {
    /// What is kept of a string that is right.
    pub(crate) fn proof(named: &Named<'_>, user: &str, keys: &Keyring) -> Proof {
        let mut proof = Fingerprint::new(keys.primary());
        proof.add(b"app password");
        proof.add(user.as_bytes());
        proof.add(named.stored.raw.as_bytes());
        proof.add(named.typed.expose().as_bytes());
        proof.finish()
    }

    /// Whether it was right before.
    pub(crate) fn contains(&self, proof: &Proof) -> bool {
        self.lock().contains(proof)
    }

    /// Keeps it.
    pub(crate) fn add(&self, proof: Proof) {
        let mut proofs = self.lock();
        if proofs.len() >= MOST {
            proofs.clear();
        }
        proofs.insert(proof);
    }

    fn lock(&self) -> MutexGuard<'_, HashSet<Proof>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
