//! What the tests of several files need.

use zeroize::Zeroizing;

use crate::credential::{Change, CredentialSet};
use crate::keys::{HostKey, Keyring};
use crate::mac::Author;
use crate::random::Counter;

/// A key ring with one key.
pub(crate) fn ring() -> Keyring {
    Keyring::new(HostKey::new(Zeroizing::new([1; 32])), Vec::new())
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
