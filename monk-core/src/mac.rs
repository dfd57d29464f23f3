//! What makes a record monk's own: a MAC under the host key over everything that it says.
//!
//! A record is a JSON object whose last field is `mac`: the name of a host key, and the HMAC-SHA-256
//! (RFC 2104) of the record's kind, of the user's stable id and of every byte that stands before that
//! field. So nobody who can only write entries can change a scope, an end or a step, nor move a record
//! to another user. The key is one of its own ([`Purpose::Record`]), which does nothing else.

use data_encoding::BASE64_NOPAD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use subtle::ConstantTimeEq;

use crate::keys::{HostKey, KEY_ID_CHARS, KeyId, Keyring, Purpose};

/// What stands between a record's own fields and its MAC.
const FIELD: &str = ",\"mac\":\"";

/// What ends a record.
const END: &str = "\"}";

/// Bytes of a MAC: half of the hash, the least that RFC 2104 §5 allows, and 128 bits.
const MAC_BYTES: usize = 16;

/// Characters of a MAC in base 64 without padding.
const MAC_CHARS: usize = 22;

/// Characters of a mark: 66 bits of a MAC, with which a register names a record.
pub(crate) const MARK_CHARS: usize = 11;

/// What kind a record is. One kind is never taken for another.
#[derive(Clone, Copy)]
pub(crate) enum RecordKind {
    /// A credential.
    Credential,
    /// A use, or the register.
    Use,
}

impl RecordKind {
    fn name(self) -> &'static [u8] {
        match self {
            Self::Credential => b"credential",
            Self::Use => b"use",
        }
    }
}

/// Whose records are read and written, and with which keys.
#[derive(Clone, Copy)]
pub struct Author<'a> {
    /// The stable id of the user whom the records belong to.
    pub user: &'a str,
    /// The keys of this host: the primary one makes MACs, all of them check some.
    pub keys: &'a Keyring,
}

/// Why a record cannot be used. None of them makes it absent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Flaw {
    /// Not a record that this version can read: damaged, or written by another version of monk.
    Unreadable,
    /// Made with a key that this host does not hold.
    UnknownKey(KeyId),
    /// Made for another user, or not what monk has written.
    Altered,
}

/// The record of these fields, a JSON object, with its MAC.
pub(crate) fn signed(kind: RecordKind, fields: &str, author: Author<'_>) -> String {
    let body = fields.strip_suffix('}').unwrap_or(fields);
    let key = author.keys.primary();
    format!("{body}{FIELD}{}:{}{END}", key.id(), mac(kind, author.user, body, key))
}

/// Whether this is a record as monk has written it for that user.
///
/// # Errors
/// [`Flaw`] says why not.
pub(crate) fn check(kind: RecordKind, record: &str, author: Author<'_>) -> Result<(), Flaw> {
    let (body, key, mac_of_record) = parts(record).ok_or(Flaw::Unreadable)?;
    let id = KeyId::from_text(key).ok_or(Flaw::Unreadable)?;
    let Some(key) = author.keys.get(&id) else { return Err(Flaw::UnknownKey(id)) };
    let is_right = mac(kind, author.user, body, key).as_bytes().ct_eq(mac_of_record.as_bytes());
    if bool::from(is_right) { Ok(()) } else { Err(Flaw::Altered) }
}

/// The key that a record was made with, as it says itself.
pub(crate) fn key_of(record: &str) -> Option<KeyId> {
    parts(record).and_then(|(_, key, _)| KeyId::from_text(key))
}

/// What a register names a record by. It says nothing of who has written the record.
pub(crate) fn mark_of(record: &str) -> Option<&str> {
    parts(record).and_then(|(_, _, mac)| mac.get(..MARK_CHARS))
}

/// What is covered by the MAC, the name of the key, and the MAC.
fn parts(record: &str) -> Option<(&str, &str, &str)> {
    let record = record.strip_suffix(END)?;
    let (record, mac) = record.split_at_checked(record.len().checked_sub(MAC_CHARS)?)?;
    let record = record.strip_suffix(':')?;
    let (record, key) = record.split_at_checked(record.len().checked_sub(KEY_ID_CHARS)?)?;
    Some((record.strip_suffix(FIELD)?, key, mac))
}

fn mac(kind: RecordKind, user: &str, body: &str, key: &HostKey) -> String {
    let key = key.derive(Purpose::Record);
    let mut mac = Hmac::<Sha256>::new_from_slice(&key[..]).expect("HMAC takes keys of any length");
    // Each with its length in front, so that no two records look alike.
    for part in [kind.name(), user.as_bytes(), body.as_bytes()] {
        mac.update(&(part.len() as u64).to_be_bytes());
        mac.update(part);
    }
    BASE64_NOPAD.encode(&mac.finalize().into_bytes()[..MAC_BYTES])
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::fixtures::{key, ring_of};

    fn author<'a>(user: &'a str, keys: &'a Keyring) -> Author<'a> {
        Author { user, keys }
    }

    const FIELDS: &str = r#"{"id":"0123456789abcdef","step":7}"#;

    #[test]
    fn a_record_is_good_for_its_user_its_kind_and_the_keys_that_are_held() {
        let held = ring_of(&[1, 2]);
        for byte in [1, 2] {
            let record = signed(RecordKind::Use, FIELDS, author("u1", &ring_of(&[byte])));
            assert!(serde_json::from_str::<serde_json::Value>(&record).is_ok(), "{record}");
            assert_eq!(check(RecordKind::Use, &record, author("u1", &held)), Ok(()));
            assert_eq!(key_of(&record).as_ref(), Some(key(byte).id()));
            for user in ["u2", "u", "", "u11"] {
                assert_eq!(
                    check(RecordKind::Use, &record, author(user, &held)),
                    Err(Flaw::Altered)
                );
            }
            let other = check(RecordKind::Credential, &record, author("u1", &held));
            assert_eq!(other, Err(Flaw::Altered));
        }
        let foreign = signed(RecordKind::Use, FIELDS, author("u1", &ring_of(&[3])));
        let unknown = Flaw::UnknownKey(key(3).id().clone());
        assert_eq!(check(RecordKind::Use, &foreign, author("u1", &held)), Err(unknown));
        // The name of a key that is held does not help.
        let renamed = foreign.replace(key(3).id().as_str(), key(1).id().as_str());
        assert_eq!(check(RecordKind::Use, &renamed, author("u1", &held)), Err(Flaw::Altered));
    }

    #[test]
    fn every_changed_byte_is_noticed() {
        let keys = ring_of(&[1]);
        let of_alice = author("u1", &keys);
        let record = signed(RecordKind::Credential, FIELDS, of_alice);
        for position in 0..record.len() {
            let mut bytes = record.clone().into_bytes();
            bytes[position] ^= 1;
            let altered = String::from_utf8(bytes).expect("one bit of ASCII is ASCII");
            assert!(check(RecordKind::Credential, &altered, of_alice).is_err(), "{altered}");
            assert!(check(RecordKind::Credential, &record[..position], of_alice).is_err());
        }
        for more in [format!(" {record}"), format!("{record} "), format!("{record}\n")] {
            assert!(check(RecordKind::Credential, &more, of_alice).is_err());
        }
    }

    /// Somebody who has two records cannot make a third of their parts.
    #[test]
    fn a_mac_of_another_record_is_worth_nothing() {
        let keys = ring_of(&[1]);
        let of = |fields| signed(RecordKind::Use, fields, author("u1", &keys));
        let (old, new) = (of(FIELDS), of(r#"{"id":"0123456789abcdef","step":8}"#));
        let (body, ..) = parts(&old).expect("a record");
        let (_, key, mac) = parts(&new).expect("a record");
        let mixed = format!("{body}{FIELD}{key}:{mac}{END}");
        assert_eq!(check(RecordKind::Use, &mixed, author("u1", &keys)), Err(Flaw::Altered));
        assert_ne!(mark_of(&old), mark_of(&new));
    }

    #[test]
    fn what_the_key_of_records_makes_no_other_key_makes() {
        let key = key(1);
        for other in [Purpose::Seal, Purpose::Hash, Purpose::Fingerprint] {
            assert!(key.derive(Purpose::Record) != key.derive(other));
        }
    }

    proptest! {
        #[test]
        fn no_text_panics_and_none_is_a_record(text in "\\PC*") {
            let keys = ring_of(&[1]);
            prop_assert!(check(RecordKind::Use, &text, author("u1", &keys)).is_err());
            let _ = (key_of(&text), mark_of(&text));
            let tailed = format!("{text}{FIELD}{}:{text}{END}", keys.primary().id());
            prop_assert!(check(RecordKind::Use, &tailed, author("u1", &keys)).is_err());
        }
    }
}
