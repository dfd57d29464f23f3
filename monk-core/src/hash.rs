//! Argon2id (RFC 9106) for passwords and for generated secrets.
//!
//! Users' passwords (embedded directory) are PHC strings without a key, so that they can be
//! imported from and exported to elsewhere. Generated secrets are hashed with the host key as
//! Argon2's secret and their owner as its associated data.

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, AssociatedData, ParamsBuilder, Version};
use data_encoding::BASE64;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use crate::keys::{KeyId, Keyring, Owner, Purpose};
use crate::random::Random;
use crate::typed::Password;

/// What one hash costs: memory in KiB and passes over it. One lane always: a login uses one core.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cost {
    /// Memory in KiB.
    #[serde(rename = "m")]
    pub memory_kib: u32,
    /// Passes over the memory.
    #[serde(rename = "t")]
    pub passes: u32,
}

impl Cost {
    /// For what people choose, and for codes of 60 bits: OWASP's recommendation, 14–19 ms.
    pub const HIGH: Self = Self { memory_kib: 19 * 1024, passes: 2 };
    /// For generated secrets of 80 bits, which no search reaches; 0.3 ms.
    pub const LOW: Self = Self { memory_kib: 1024, passes: 1 };
    /// No password's hash may cost more than this: it comes from elsewhere and chooses its own cost, and
    /// one that costs minutes would stop the engine.
    const MAX: Self = Self { memory_kib: 128 * 1024, passes: 10 };
    /// Lanes that a hash from elsewhere may have (computed one after the other).
    const MAX_LANES: u32 = 4;

    fn params(self) -> ParamsBuilder {
        let mut params = ParamsBuilder::new();
        params.m_cost(self.memory_kib).t_cost(self.passes).p_cost(1);
        params
    }

    fn is_within(self, most: Self) -> bool {
        self.memory_kib <= most.memory_kib && self.passes <= most.passes
    }
}

/// Most hashes of codes that one look at a code computes, for whatever is enrolled: that of a set of backup
/// codes, of a set of scratch codes and of an enrolment code, and one more. At [`Cost::HIGH`] they take
/// less than 0.1 s. What is beyond is not compared, and counts as unusable.
pub const MAX_HASHES: usize = 4;

/// What is left of the hashes that may be computed.
pub(crate) struct Budget(usize);

impl Default for Budget {
    fn default() -> Self {
        Self(MAX_HASHES)
    }
}

impl Budget {
    /// Takes one hash, if there is one left.
    pub(crate) fn take(&mut self) -> Option<()> {
        self.0 = self.0.checked_sub(1)?;
        Some(())
    }
}

/// Bytes of a salt (RFC 9106 §3.1 recommends 16).
const SALT_BYTES: usize = 16;
/// Bytes of a hash of a generated secret.
const HASH_BYTES: usize = 32;

/// The hashes of one or several generated secrets of one owner, under one salt.
///
/// One salt for the set, so that checking a backup code computes one hash and not six; equal
/// secrets in one set do not occur, they are random.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hashes {
    key: KeyId,
    cost: Cost,
    salt: String,
    hashes: Vec<String>,
}

/// Why a hash could not be compared. Never a reason to let anybody in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HashError {
    /// This host does not hold the key that is named.
    UnknownKey(KeyId),
    /// Not a hash, or one whose cost is above what is allowed.
    Malformed,
}

impl Hashes {
    /// Hashes `secrets` of `owner` with the primary key.
    ///
    /// # Panics
    /// When there is no memory for it.
    #[must_use]
    pub fn new(
        secrets: &[&str],
        owner: Owner<'_>,
        cost: Cost,
        keys: &Keyring,
        random: &mut dyn Random,
    ) -> Self {
        let mut salt = [0; SALT_BYTES];
        random.fill(&mut salt);
        let key = keys.primary().derive(Purpose::Hash);
        let hasher = Hasher { key: &key[..], owner, cost, salt: &salt };
        let hashes = secrets
            .iter()
            .map(|secret| {
                let hash = hasher.hash(secret).expect("our own cost and salt are valid");
                BASE64.encode(&hash[..])
            })
            .collect();
        Self { key: keys.primary().id().clone(), cost, salt: BASE64.encode(&salt), hashes }
    }

    /// Which of the hashed secrets `secret` is, by its index. Computes one hash.
    ///
    /// # Errors
    /// [`HashError`] when nothing could be compared.
    ///
    /// # Panics
    /// When there is no memory for it.
    pub fn position(
        &self,
        secret: &str,
        owner: Owner<'_>,
        keys: &Keyring,
    ) -> Result<Option<usize>, HashError> {
        // No record of ours asks for more.
        if !self.cost.is_within(Cost::HIGH) {
            return Err(HashError::Malformed);
        }
        let key = keys.get(&self.key).ok_or_else(|| HashError::UnknownKey(self.key.clone()))?;
        let salt = BASE64.decode(self.salt.as_bytes()).map_err(|_| HashError::Malformed)?;
        let key = key.derive(Purpose::Hash);
        let hasher = Hasher { key: &key[..], owner, cost: self.cost, salt: &salt };
        let computed = hasher.hash(secret)?;
        let mut found = None;
        for (index, stored) in self.hashes.iter().enumerate() {
            let stored = BASE64.decode(stored.as_bytes()).map_err(|_| HashError::Malformed)?;
            if bool::from(stored.ct_eq(&*computed)) {
                found = Some(index);
            }
        }
        Ok(found)
    }

    /// Whether computing one costs no more than [`Cost::LOW`].
    #[must_use]
    pub fn is_cheap(&self) -> bool {
        self.cost.is_within(Cost::LOW)
    }

    /// How many secrets were hashed.
    #[must_use]
    pub fn len(&self) -> usize {
        self.hashes.len()
    }

    /// Whether there is no secret at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.hashes.is_empty()
    }

    /// The key that the hashes were made with.
    #[must_use]
    pub fn key(&self) -> &KeyId {
        &self.key
    }
}

struct Hasher<'a> {
    key: &'a [u8],
    owner: Owner<'a>,
    cost: Cost,
    salt: &'a [u8],
}

impl Hasher<'_> {
    fn hash(&self, secret: &str) -> Result<Zeroizing<[u8; HASH_BYTES]>, HashError> {
        // Argon2's associated data holds 32 bytes: a digest of the owner.
        let owner = Sha256::digest(self.owner.to_bytes("hash"));
        let data = AssociatedData::new(&owner).map_err(|_| HashError::Malformed)?;
        let params = self.cost.params().data(data).build().map_err(|_| HashError::Malformed)?;
        let argon2 = Argon2::new_with_secret(self.key, Algorithm::Argon2id, Version::V0x13, params)
            .map_err(|_| HashError::Malformed)?;
        let mut hash = Zeroizing::new([0; HASH_BYTES]);
        argon2.hash_password_into(secret.as_bytes(), self.salt, &mut *hash).map_err(|error| {
            match error {
                argon2::Error::OutOfMemory => no_memory(),
                _ => HashError::Malformed,
            }
        })?;
        Ok(hash)
    }
}

/// Says nothing about a secret or a record, unlike every [`HashError`]: as everywhere in Rust, code that
/// gets no memory does not go on.
fn no_memory() -> ! {
    panic!("no memory for a hash")
}

/// Hashes a password that a person chose, as a PHC string.
///
/// # Panics
/// When there is no memory for it.
#[must_use]
pub fn hash_password(password: &Password, random: &mut dyn Random) -> String {
    let mut salt = [0; SALT_BYTES];
    random.fill(&mut salt);
    let params = Cost::HIGH.params().build().expect("our own cost is valid");
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_with_salt(password.expose().as_bytes(), &salt)
        .expect("our own salt is valid")
        .to_string()
}

/// Whether this is a PHC string of Argon2id that [`verify_password`] would compute.
#[must_use]
pub fn is_usable_password_hash(stored: &str) -> bool {
    stored.starts_with("$argon2id$") && allowed_password_hash(stored).is_ok()
}

fn allowed_password_hash(stored: &str) -> Result<PasswordHash, HashError> {
    let hash = PasswordHash::new(stored).map_err(|_| HashError::Malformed)?;
    let params = argon2::Params::try_from(&hash).map_err(|_| HashError::Malformed)?;
    let cost = Cost { memory_kib: params.m_cost(), passes: params.t_cost() };
    let complete = hash.salt.is_some() && hash.hash.is_some();
    if !complete || !cost.is_within(Cost::MAX) || params.p_cost() > Cost::MAX_LANES {
        return Err(HashError::Malformed);
    }
    Ok(hash)
}

/// Whether `password` is the one of this PHC string.
///
/// # Errors
/// [`HashError::Malformed`] when the stored string cannot be used.
///
/// # Panics
/// When there is no memory for it.
pub fn verify_password(password: &Password, stored: &str) -> Result<bool, HashError> {
    let hash = allowed_password_hash(stored)?;
    match Argon2::default().verify_password(password.expose().as_bytes(), &hash) {
        Ok(()) => Ok(true),
        Err(argon2::password_hash::Error::PasswordInvalid) => Ok(false),
        Err(argon2::password_hash::Error::OutOfMemory) => no_memory(),
        Err(_) => Err(HashError::Malformed),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::{ring, ring_of};
    use crate::random::Counter;

    const OWNER: Owner<'static> = Owner { user: "alice", credential: "1" };

    #[test]
    fn a_secret_is_found_at_its_place_and_only_for_its_owner_and_key() {
        let keys = ring();
        let set = Hashes::new(&["one", "two"], OWNER, Cost::LOW, &keys, &mut Counter(9));
        assert_eq!(set.position("two", OWNER, &keys), Ok(Some(1)));
        assert_eq!(set.position("three", OWNER, &keys), Ok(None));
        let other = Owner { user: "mallory", ..OWNER };
        assert_eq!(set.position("two", other, &keys), Ok(None));
        assert!(matches!(
            set.position("two", OWNER, &ring_of(&[2])),
            Err(HashError::UnknownKey(_))
        ));
    }

    #[test]
    fn a_stored_hash_cannot_choose_an_endless_cost() {
        let keys = ring();
        let mut set = Hashes::new(&["one"], OWNER, Cost::LOW, &keys, &mut Counter(9));
        let more = [
            Cost { memory_kib: u32::MAX, passes: 1 },
            Cost { memory_kib: Cost::HIGH.memory_kib + 1, ..Cost::HIGH },
            Cost { passes: Cost::HIGH.passes + 1, ..Cost::HIGH },
        ];
        for cost in more {
            set.cost = cost;
            assert_eq!(set.position("one", OWNER, &keys), Err(HashError::Malformed), "{cost:?}");
        }
        let costly = "$argon2id$v=19$m=1024,t=4000000000,p=1$c2FsdHNhbHQ$MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY";
        assert_eq!(
            verify_password(&Password::new("x").unwrap(), costly),
            Err(HashError::Malformed)
        );
    }

    #[test]
    fn a_password_hash_is_a_phc_string_that_knows_its_password() {
        let password = Password::new("corréct;horse").unwrap();
        let stored = hash_password(&password, &mut Counter(3));
        assert!(stored.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{stored}");
        assert_eq!(verify_password(&password, &stored), Ok(true));
        assert_eq!(verify_password(&Password::new("wrong").unwrap(), &stored), Ok(false));
        assert!(is_usable_password_hash(&stored));
        let (without_hash, _) = stored.rsplit_once('$').unwrap();
        let other_kind = stored.replace("argon2id", "argon2i");
        for unusable in [without_hash, &other_kind, "{SSHA}abc", "$6$salt$hash", ""] {
            assert!(!is_usable_password_hash(unusable), "{unusable}");
        }
        for broken in ["", "x", "$argon2id$", "{SSHA}abc", "*"] {
            assert_eq!(verify_password(&password, broken), Err(HashError::Malformed), "{broken}");
        }
    }
}
