//! Records on their way from one store to another.
//!
//! Nothing is in force in two stores at once, not even for a moment: a code would be good in both. So a copy
//! carries a mark until the records in the first store have been replaced with another mark. Who finds either
//! knows that something is enrolled, and does not know what: no login goes on from there.
//!
//! | first store | second store | in force |
//! |---|---|---|
//! | records | nothing | the first |
//! | records | records, and *arriving* | the first |
//! | *departed* | records, and *arriving* | neither, until the move goes on |
//! | *departed* | records | the second |

/// The mark of a copy that is not in force yet. It stands among the credentials.
pub const ARRIVING: &str = "arriving from another store";

/// The mark that stands in the place of all records after they have gone. It stands among the credentials.
pub const DEPARTED: &str = "departed to another store";

/// Where a set of records is on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transit {
    /// It is a copy that is not in force yet.
    Arriving,
    /// It is in another store, and this mark alone is left.
    Departed,
}

impl Transit {
    /// What a text among the credentials says.
    #[must_use]
    pub fn of(text: &[u8]) -> Option<Self> {
        match std::str::from_utf8(text) {
            Ok(ARRIVING) => Some(Self::Arriving),
            Ok(DEPARTED) => Some(Self::Departed),
            _ => None,
        }
    }
}

/// All texts of a user's records.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Texts {
    /// Credentials, sorted.
    pub credentials: Vec<String>,
    /// Uses and registers, sorted.
    pub uses: Vec<String>,
}

#[cfg(test)]
mod tests {
    use super::super::{Change, Credential, CredentialId, CredentialSet};
    use super::*;
    use crate::factors::unknown::Unknown;
    use crate::keys::{HostKey, Keyring};
    use crate::mac::Author;
    use crate::random::Counter;

    #[test]
    fn a_mark_is_a_second_factor_that_nobody_can_check_and_no_damage() {
        let mut random = Counter(7);
        let keys = Keyring::new(HostKey::generate(&mut random), Vec::new());
        let author = Author { user: "a", keys: &keys };
        let id = CredentialId::generate(&mut random);
        let credential = Credential::new(id, "x", 5, Unknown).to_record(author);
        let change = Change { add_credentials: vec![credential.clone()], ..Change::default() };
        let planned = CredentialSet::default().planned(change, 9, author, &mut random).unwrap();
        let read = |credentials: &[&str], uses: &[String]| {
            CredentialSet::parse(
                author,
                credentials.iter().map(|text| text.as_bytes()),
                uses.iter().map(String::as_bytes),
            )
        };
        let whole = Texts { credentials: vec![credential.clone()], uses: planned.add_uses.clone() };

        let set = read(&[&credential], &planned.add_uses);
        assert_eq!((set.transit, set.texts()), (None, Some(whole.clone())));
        let set = read(&[&credential, ARRIVING], &planned.add_uses);
        assert_eq!((set.transit, set.texts()), (Some(Transit::Arriving), Some(whole)));
        assert_eq!((set.unreadable_credentials, set.damaged, set.altered), (1, 0, 0));
        let set = read(&[DEPARTED], &[]);
        assert_eq!((set.transit, set.texts()), (Some(Transit::Departed), Some(Texts::default())));
        assert!(set.has_second_factor() && !set.is_blank());
        assert_eq!((set.damaged, set.altered), (0, 0));
        // What is damaged, or was taken away, cannot be moved.
        assert_eq!(read(&[&credential, "?"], &planned.add_uses).texts(), None);
        assert_eq!(read(&[&credential], &[]).texts(), None);
        assert_eq!(read(&[], &planned.add_uses).texts(), None);
    }
}
