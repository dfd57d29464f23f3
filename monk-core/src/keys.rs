//! The host key: 32 random bytes that every host of a fleet holds and no directory ever sees.
//!
//! It seals TOTP seeds, is the secret of the hashes of generated passwords, and makes the MACs of
//! records, so that a copy of the directory alone is worth nothing, nor is what others write there. Several keys can be held at once: values name the key
//! they were made with, new values are made with the *primary* one.

use std::fmt;
use std::sync::OnceLock;

use data_encoding::HEXLOWER;
use hkdf::Hkdf;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::random::Random;

/// Bytes of a host key.
pub const KEY_BYTES: usize = 32;

/// Names a host key without revealing it: 32 bits of its SHA-256, in hex.
///
/// Derived from the key, so that a name can never belong to another key than the one it names.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct KeyId(String);

/// Characters of a key's name.
pub(crate) const KEY_ID_CHARS: usize = 8;

impl KeyId {
    /// The name that [`KeyId::as_str`] gave. Names stand in records that others can write, and in
    /// the names of files.
    #[must_use]
    pub fn from_text(text: &str) -> Option<Self> {
        let is_name = text.len() == KEY_ID_CHARS && HEXLOWER.decode(text.as_bytes()).is_ok();
        is_name.then(|| Self(text.to_owned()))
    }

    /// The name as it is written into sealed values.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for KeyId {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::from_text(&text).ok_or("not the name of a key")
    }
}

impl From<KeyId> for String {
    fn from(id: KeyId) -> Self {
        id.0
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a key derived from the host key is for (the `info` of HKDF, RFC 5869 §3.2).
#[derive(Clone, Copy)]
pub enum Purpose {
    /// Sealing TOTP seeds.
    Seal,
    /// The secret of the hashes of app passwords and backup codes.
    Hash,
    /// Comparing what was typed with what was typed before.
    Fingerprint,
    /// The MACs of records.
    Record,
}

/// How many purposes there are.
const PURPOSES: usize = 4;

impl Purpose {
    fn info(self) -> &'static [u8] {
        match self {
            Self::Seal => b"monk v1 seal",
            Self::Hash => b"monk v1 hash",
            Self::Fingerprint => b"monk v1 fingerprint",
            Self::Record => b"monk v1 record",
        }
    }
}

/// One host key. No `Debug`; wiped when dropped.
pub struct HostKey {
    id: KeyId,
    bytes: Zeroizing<[u8; KEY_BYTES]>,
    /// The derived keys, in the order of [`Purpose`], since they were wanted first.
    derived: [OnceLock<Zeroizing<[u8; KEY_BYTES]>>; PURPOSES],
}

impl HostKey {
    /// A key from its bytes.
    #[must_use]
    pub fn new(bytes: Zeroizing<[u8; KEY_BYTES]>) -> Self {
        let digest =
            Sha256::new().chain_update(b"monk v1 key id").chain_update(bytes.as_slice()).finalize();
        let id = KeyId(HEXLOWER.encode(&digest[..4]));
        Self { id, bytes, derived: [const { OnceLock::new() }; PURPOSES] }
    }

    /// A new random key.
    #[must_use]
    pub fn generate(random: &mut dyn Random) -> Self {
        let mut bytes = Zeroizing::new([0; KEY_BYTES]);
        random.fill(&mut *bytes);
        Self::new(bytes)
    }

    /// The key's name.
    #[must_use]
    pub fn id(&self) -> &KeyId {
        &self.id
    }

    /// The bytes, for writing the key file.
    #[must_use]
    pub fn expose(&self) -> &[u8; KEY_BYTES] {
        &self.bytes
    }

    /// The key for one purpose (HKDF-SHA-256, RFC 5869).
    #[must_use]
    pub fn derive(&self, purpose: Purpose) -> &[u8; KEY_BYTES] {
        self.derived[purpose as usize].get_or_init(|| {
            let mut derived = Zeroizing::new([0; KEY_BYTES]);
            Hkdf::<Sha256>::new(None, &*self.bytes)
                .expand(purpose.info(), &mut *derived)
                .expect("32 bytes are less than HKDF's limit of 255 hashes");
            derived
        })
    }
}

/// The keys that this host holds. Never empty.
pub struct Keyring {
    primary: HostKey,
    others: Vec<HostKey>,
}

impl Keyring {
    /// A key ring: `primary` makes new values, all open old ones.
    #[must_use]
    pub fn new(primary: HostKey, others: Vec<HostKey>) -> Self {
        Self { primary, others }
    }

    /// The key that new values are made with.
    #[must_use]
    pub fn primary(&self) -> &HostKey {
        &self.primary
    }

    /// The key of that name, if this host holds it.
    #[must_use]
    pub fn get(&self, id: &KeyId) -> Option<&HostKey> {
        std::iter::once(&self.primary).chain(&self.others).find(|key| key.id == *id)
    }

    /// The names of all keys held, the primary first.
    pub fn ids(&self) -> impl Iterator<Item = &KeyId> {
        std::iter::once(&self.primary).chain(&self.others).map(HostKey::id)
    }
}

/// What a secret belongs to: the user's stable id and the credential's id.
///
/// It goes into every seal and hash, so that a value copied to another user or credential is
/// worthless there.
#[derive(Clone, Copy)]
pub struct Owner<'a> {
    /// The user's stable id (entryUUID, or the embedded directory's own).
    pub user: &'a str,
    /// The credential's id.
    pub credential: &'a str,
}

impl Owner<'_> {
    /// An unambiguous byte string: each part is preceded by its length.
    #[must_use]
    pub fn to_bytes(&self, context: &str) -> Vec<u8> {
        let mut bytes = Vec::new();
        for part in [context, self.user, self.credential] {
            bytes.extend_from_slice(&(part.len() as u64).to_be_bytes());
            bytes.extend_from_slice(part.as_bytes());
        }
        bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Counter;

    #[test]
    fn a_key_is_named_after_its_bytes_and_purposes_differ() {
        let key = HostKey::new(Zeroizing::new([7; 32]));
        let same = HostKey::new(Zeroizing::new([7; 32]));
        let other = HostKey::new(Zeroizing::new([8; 32]));
        assert_eq!(key.id(), same.id());
        assert_ne!(key.id(), other.id());
        assert_eq!(key.id().as_str().len(), 8);
        assert!(key.derive(Purpose::Seal) != key.derive(Purpose::Hash));
    }

    #[test]
    fn what_is_written_into_the_key_file_is_the_key() {
        let bytes = std::array::from_fn(|position| u8::try_from(position).unwrap());
        let key = HostKey::new(Zeroizing::new(bytes));
        assert_eq!(key.expose(), &bytes);
        let again = HostKey::new(Zeroizing::new(*key.expose()));
        assert!(key.derive(Purpose::Record) == again.derive(Purpose::Record));
        let (one, two) = (HostKey::generate(&mut Counter(1)), HostKey::generate(&mut Counter(2)));
        assert_ne!(one.expose(), two.expose());
    }

    /// A name stands in records that others can write, and in the name of a file.
    #[test]
    fn the_name_of_a_key_is_eight_digits() {
        let key = HostKey::new(Zeroizing::new([7; 32]));
        assert_eq!(KeyId::from_text(key.id().as_str()).as_ref(), Some(key.id()));
        for odd in ["", "aabbccd", "aabbccdde", "AABBCCDD", "../../..", "aabbcc\nd", "gggggggg"] {
            assert_eq!(KeyId::from_text(odd), None, "{odd:?}");
            assert!(serde_json::from_value::<KeyId>(odd.into()).is_err(), "{odd:?}");
        }
    }

    #[test]
    fn a_ring_finds_every_key_it_holds_and_no_other() {
        let (a, b) = (HostKey::generate(&mut Counter(1)), HostKey::generate(&mut Counter(2)));
        let (a_id, b_id) = (a.id().clone(), b.id().clone());
        let ring = Keyring::new(a, vec![b]);
        assert!(ring.get(&a_id).is_some() && ring.get(&b_id).is_some());
        assert!(ring.get(HostKey::generate(&mut Counter(3)).id()).is_none());
        assert_eq!(ring.ids().collect::<Vec<_>>(), [&a_id, &b_id]);
    }

    #[test]
    fn owners_never_run_into_each_other() {
        let one = Owner { user: "ab", credential: "c" };
        let two = Owner { user: "a", credential: "bc" };
        assert_ne!(one.to_bytes("x"), two.to_bytes("x"));
    }
}
