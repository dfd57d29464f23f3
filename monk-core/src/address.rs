//! The address that codes are sent to.

use serde::Serialize;

use crate::credential::{Credential, CredentialId, CredentialSet, Factor};
use crate::mac::Author;

/// An address that codes may be sent to, as it is stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct EmailRecord {
    /// The address. `None` is the one of the directory, unproven: such a record is no factor, it
    /// only keeps the place for codes in an entry that has nothing else.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// No code that was sent there has come back yet.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub pending: bool,
}

impl EmailRecord {
    /// Whether the user has shown that mail to the address arrives.
    #[must_use]
    pub fn is_confirmed(&self) -> bool {
        self.address.is_some() && !self.pending
    }
}

/// The credential of a user who has none, but is sent codes: it keeps the place for the record in
/// an LDAP entry, and is no factor. The same text whoever writes it.
#[must_use]
pub fn placeholder(author: Author<'_>) -> String {
    let record = EmailRecord { address: None, pending: false };
    Credential::new(CredentialId::emailed(), "", 0, Factor::Email(record)).to_record(author)
}

/// Whether this only keeps the place for emailed codes: nobody has enrolled it.
#[must_use]
pub fn is_placeholder(credential: &Credential) -> bool {
    matches!(&credential.factor, Factor::Email(record) if record.address.is_none())
}

/// The address that the user has confirmed.
#[must_use]
pub fn confirmed_address(set: &CredentialSet) -> Option<&str> {
    set.credentials.iter().find_map(|stored| match &stored.value.factor {
        Factor::Email(record) if record.is_confirmed() => record.address.as_deref(),
        _ => None,
    })
}

/// An address as others may see it: `j…@example.org`.
#[must_use]
pub fn masked(address: &str) -> String {
    let (local, domain) = address.rsplit_once('@').unwrap_or((address, ""));
    let first: String = local.chars().take(1).collect();
    format!("{first}…@{domain}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::{alice, enrolled, ring};

    #[test]
    fn only_an_address_that_was_confirmed_is_one() {
        let keys = ring();
        let of = |address: Option<&str>, pending| {
            let record = EmailRecord { address: address.map(str::to_owned), pending };
            let credential =
                Credential::new(CredentialId::from_bytes([1; 8]), "Home", 5, Factor::Email(record));
            let set = enrolled(alice(&keys), &[credential.to_record(alice(&keys))], &[]);
            (confirmed_address(&set).map(str::to_owned), is_placeholder(&credential))
        };
        let address = "a@example.org";
        assert_eq!(of(Some(address), false), (Some(address.to_owned()), false));
        assert_eq!(of(Some(address), true), (None, false));
        assert_eq!(of(None, false), (None, true));
    }

    #[test]
    fn the_placeholder_is_no_factor_and_the_same_whoever_writes_it() {
        let keys = ring();
        let text = placeholder(alice(&keys));
        assert_eq!(text, placeholder(alice(&ring())));
        let set = enrolled(alice(&keys), &[text], &[]);
        assert!(is_placeholder(&set.credentials[0].value) && !set.has_second_factor());
    }

    #[test]
    fn others_see_the_first_letter_of_an_address() {
        assert_eq!(masked("jane@example.org"), "j…@example.org");
        assert_eq!(masked("ü@x@example.org"), "ü…@example.org");
        assert_eq!(masked("nobody"), "n…@");
    }
}
