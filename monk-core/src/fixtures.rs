//! What the tests of several files need.

use zeroize::Zeroizing;

use crate::credential::{Change, Credential, CredentialSet};
use crate::enrol::{self, NewDevice};
use crate::factors::totp::{Parameters, Seed, TotpRecord};
use crate::keys::{HostKey, Keyring};
use crate::mac::Author;
use crate::random::Counter;

/// A key of 32 times the same byte.
pub(crate) fn key(byte: u8) -> HostKey {
    HostKey::new(Zeroizing::new([byte; 32]))
}

/// A key ring of such keys, the primary one first.
pub(crate) fn ring_of(bytes: &[u8]) -> Keyring {
    let (primary, others) = bytes.split_first().expect("a primary key");
    Keyring::new(key(*primary), others.iter().copied().map(key).collect())
}

/// A key ring with one key.
pub(crate) fn ring() -> Keyring {
    ring_of(&[1])
}

/// A confirmed device of alice's.
pub(crate) fn device(
    parameters: Parameters,
    now: u64,
    keys: &Keyring,
    random: &mut Counter,
) -> (Credential, Seed) {
    let new = NewDevice { user: "u1", label: "Phone", parameters, now };
    let (credential, seed) = enrol::device(&new, keys, random);
    let record: &TotpRecord = credential.factor.get().expect("a device");
    (credential.with_factor(TotpRecord { pending: false, ..record.clone() }), seed)
}

/// Whose records most tests are about.
pub(crate) fn alice(keys: &Keyring) -> Author<'_> {
    Author { user: "u1", keys }
}

/// What these records are once somebody has enrolled them.
pub(crate) fn enrolled(
    author: Author<'_>,
    credentials: &[String],
    uses: &[String],
) -> CredentialSet {
    let change = Change {
        add_credentials: credentials.to_vec(),
        add_uses: uses.to_vec(),
        ..Change::default()
    };
    let nothing = CredentialSet::default();
    let change = nothing.planned(change, 1, author, &mut Counter(5)).expect("nothing is there");
    read(author, &change.add_credentials, &change.add_uses)
}

/// What a store gives for these texts.
pub(crate) fn read(author: Author<'_>, credentials: &[String], uses: &[String]) -> CredentialSet {
    CredentialSet::parse(
        author,
        credentials.iter().map(String::as_bytes),
        uses.iter().map(String::as_bytes),
    )
}
