//! Sealing TOTP seeds: XChaCha20-Poly1305 under the host key.
//!
//! A sealed value is `KEYID:BASE64(nonce ‖ ciphertext ‖ tag)`. The associated data names the
//! owner and everything else that decides how the seed is used, so none of it can be exchanged.

use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use data_encoding::BASE64;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::keys::{KeyId, Keyring, Owner, Purpose};
use crate::random::Random;

/// Bytes of the random nonce (draft-irtf-cfrg-xchacha §2.1): long enough to draw at random.
const NONCE_BYTES: usize = 24;

/// A sealed secret, as it is stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Sealed(String);

/// Why a sealed value does not open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SealError {
    /// This host does not hold the key that is named.
    UnknownKey(KeyId),
    /// Not of the form that [`seal`] makes.
    Malformed,
    /// Made with another key, for another owner, or altered.
    Forged,
}

impl std::fmt::Display for SealError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::UnknownKey(id) => {
                write!(f, "sealed with key {id}, which this host does not hold")
            }
            Self::Malformed => f.write_str("not a sealed value"),
            Self::Forged => f.write_str("sealed for another user or credential, or altered"),
        }
    }
}

/// Seals `secret` for `owner` with the primary key. `context` is bound along with the owner.
#[must_use]
pub fn seal(
    secret: &[u8],
    owner: Owner<'_>,
    context: &str,
    keys: &Keyring,
    random: &mut dyn Random,
) -> Sealed {
    let key = keys.primary();
    let mut nonce = [0; NONCE_BYTES];
    random.fill(&mut nonce);
    let payload = Payload { msg: secret, aad: &owner.to_bytes(context) };
    let sealed = XChaCha20Poly1305::new(key.derive(Purpose::Seal).into())
        .encrypt(&XNonce::from(nonce), payload)
        .expect("a seed is shorter than the cipher's limit of 256 GB");
    Sealed(format!("{}:{}", key.id(), BASE64.encode(&[&nonce[..], &sealed].concat())))
}

/// Opens a value that was sealed for this `owner` and `context`.
///
/// # Errors
/// [`SealError`] when the key is missing or anything was altered.
pub fn open(
    sealed: &Sealed,
    owner: Owner<'_>,
    context: &str,
    keys: &Keyring,
) -> Result<Zeroizing<Vec<u8>>, SealError> {
    let id = sealed.key_id().ok_or(SealError::Malformed)?;
    let key = keys.get(&id).ok_or(SealError::UnknownKey(id))?;
    let (_, encoded) = sealed.0.split_once(':').ok_or(SealError::Malformed)?;
    let bytes = BASE64.decode(encoded.as_bytes()).map_err(|_| SealError::Malformed)?;
    let (nonce, ciphertext) =
        bytes.split_first_chunk::<NONCE_BYTES>().ok_or(SealError::Malformed)?;
    let payload = Payload { msg: ciphertext, aad: &owner.to_bytes(context) };
    XChaCha20Poly1305::new(key.derive(Purpose::Seal).into())
        .decrypt(&XNonce::from(*nonce), payload)
        .map(Zeroizing::new)
        .map_err(|_| SealError::Forged)
}

impl Sealed {
    /// The name of the key that opens the value.
    #[must_use]
    pub fn key_id(&self) -> Option<KeyId> {
        let (id, _) = self.0.split_once(':')?;
        KeyId::from_text(id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::ring_of;
    use crate::random::Counter;

    const ALICE: Owner<'static> = Owner { user: "alice", credential: "1" };

    fn sealed(keys: &Keyring) -> Sealed {
        seal(b"seed", ALICE, "sha1", keys, &mut Counter(1))
    }

    #[test]
    fn a_sealed_seed_opens_for_its_owner() {
        let keys = ring_of(&[1]);
        assert_eq!(open(&sealed(&keys), ALICE, "sha1", &keys).unwrap().as_slice(), b"seed");
    }

    #[test]
    fn moved_to_another_user_credential_or_use_it_does_not_open() {
        let keys = ring_of(&[1]);
        let value = sealed(&keys);
        for (owner, context) in [
            (Owner { user: "mallory", ..ALICE }, "sha1"),
            (Owner { credential: "2", ..ALICE }, "sha1"),
            (ALICE, "sha256"),
        ] {
            assert_eq!(open(&value, owner, context, &keys).unwrap_err(), SealError::Forged);
        }
    }

    #[test]
    fn every_altered_byte_is_noticed() {
        let keys = ring_of(&[1]);
        let (id, encoded) =
            sealed(&keys).0.split_once(':').map(|(a, b)| (a.to_owned(), b.to_owned())).unwrap();
        let bytes = BASE64.decode(encoded.as_bytes()).unwrap();
        for position in 0..bytes.len() {
            let mut altered = bytes.clone();
            altered[position] ^= 1;
            let value = Sealed(format!("{id}:{}", BASE64.encode(&altered)));
            assert_eq!(open(&value, ALICE, "sha1", &keys).unwrap_err(), SealError::Forged);
        }
        for malformed in
            ["", "x", &id, &format!("{id}:"), &format!("{id}:!"), &format!("{id}:AAAA")]
        {
            assert!(open(&Sealed(malformed.to_owned()), ALICE, "sha1", &keys).is_err());
        }
    }

    #[test]
    fn while_keys_rotate_old_and_new_values_open() {
        let before = ring_of(&[1]);
        let during = ring_of(&[2, 1]);
        let after = ring_of(&[2]);
        let (old, new) = (sealed(&before), sealed(&during));
        assert!(open(&old, ALICE, "sha1", &during).is_ok());
        assert!(open(&new, ALICE, "sha1", &during).is_ok());
        assert!(open(&new, ALICE, "sha1", &after).is_ok());
        let lost = open(&old, ALICE, "sha1", &after).unwrap_err();
        assert_eq!(lost, SealError::UnknownKey(before.primary().id().clone()));
    }

    #[test]
    fn sealing_twice_shows_nothing_in_common() {
        let keys = ring_of(&[1]);
        let mut random = Counter(1);
        let one = seal(b"seed", ALICE, "", &keys, &mut random);
        let two = seal(b"seed", ALICE, "", &keys, &mut random);
        assert_ne!(one, two);
    }
}
