//! Backup codes: six codes of twelve symbols on paper, each good for one login.
//!
//! The six share one salt, so that one Argon2id hash tells which code it is. A new set replaces
//! the old one. Scratch codes that google-authenticator made are a set of another [`Shape`].

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::credential::{Credential, CredentialId, Factor};
use crate::hash::{Cost, HashError, Hashes};
use crate::keys::{Keyring, Owner};
use crate::random::Random;
use crate::symbols;

/// Codes of a set.
pub const CODES: usize = 6;
/// Symbols of a code: 60 bits.
pub const SYMBOLS: usize = 12;

/// Digits of an imported scratch code: 26 bits. Only the host key and the few tries of a thief keep
/// them secret; a new set is better.
pub const SCRATCH_DIGITS: usize = 8;

/// What the codes of a set look like.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Shape {
    /// [`SYMBOLS`] symbols: monk's own.
    #[default]
    Symbols,
    /// [`SCRATCH_DIGITS`] digits: the scratch codes of google-authenticator.
    Digits,
}

impl Shape {
    fn is_own(&self) -> bool {
        *self == Self::Symbols
    }
}

/// A set, as it is stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct BackupCodesRecord {
    /// The hashes of the codes.
    #[serde(flatten)]
    pub hashes: Hashes,
    /// What the codes look like.
    #[serde(skip_serializing_if = "Shape::is_own")]
    pub shape: Shape,
}

/// A new set for `user`, and its codes in groups of four, to be shown once.
#[must_use]
pub fn generate(
    user: &str,
    now: u64,
    keys: &Keyring,
    random: &mut dyn Random,
) -> (Credential, Vec<Zeroizing<String>>) {
    let codes: Vec<_> = (0..CODES).map(|_| symbols::random(SYMBOLS, random)).collect();
    let id = CredentialId::generate(random);
    let owner = Owner { user, credential: id.as_str() };
    let secrets: Vec<&str> = codes.iter().map(|code| code.as_str()).collect();
    let hashes = Hashes::new(&secrets, owner, Cost::HIGH, keys, random);
    let factor = Factor::BackupCodes(BackupCodesRecord { hashes, shape: Shape::Symbols });
    let shown = codes.iter().map(|code| symbols::grouped(code)).collect();
    (Credential::new(id, "Backup codes", now, factor), shown)
}

impl BackupCodesRecord {
    /// Which code of the set `canonical` is. Computes one hash.
    ///
    /// # Errors
    /// [`HashError`] when nothing could be compared.
    pub fn position(
        &self,
        canonical: &str,
        owner: Owner<'_>,
        keys: &Keyring,
    ) -> Result<Option<usize>, HashError> {
        self.hashes.position(canonical, owner, keys)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::{alice, ring};
    use crate::random::Counter;

    #[test]
    fn a_set_has_six_codes_that_are_found_at_their_places() {
        let keys = ring();
        let (credential, codes) = generate("u1", 5, &keys, &mut Counter(1));
        let Factor::BackupCodes(record) = &credential.factor else { panic!("a set") };
        let owner = Owner { user: "u1", credential: credential.id.as_str() };
        assert_eq!((codes.len(), record.hashes.len()), (CODES, CODES));
        for (index, code) in codes.iter().enumerate() {
            let canonical = symbols::canonical(code, SYMBOLS).unwrap();
            assert!(!credential.to_record(alice(&keys)).contains(canonical.as_str()));
            assert_eq!(record.position(&canonical, owner, &keys), Ok(Some(index)));
        }
        assert_eq!(record.position("000000000000", owner, &keys), Ok(None));
    }
}
