//! What the entries of the store are called, and what stands in them.
//!
//! ```text
//! ou=monk,dc=example,dc=org            base
//! ├── cn=sentinel                      must be seen before "no entry" is believed
//! ├── cn=3f0a…                         SHA-256 of the label and the id of a user
//! └── cn=b2c4…
//! ```
//!
//! The name of an entry depends on nothing but the label of the directory and the stable id, which may be any
//! text: the DN and the login name change when people marry or move, and are given to others.

use std::collections::HashSet;

use data_encoding::HEXLOWER;
use monk_core::credential::{Change, Replacement};
use sha2::{Digest, Sha256};

use crate::directory::Account;
use crate::directory::ldap::account::OBJECT_CLASS;
use crate::directory::ldap::chosen::setup;
use crate::directory::ldap::entry::Entry;
use crate::outage::Outage;

/// The structural class of the entries.
const CLASS: &str = "monkCredentials";
/// The attribute of the stable id.
pub(super) const OWNER: &str = "monkOwner";
/// The attribute of the label.
pub(super) const DIRECTORY: &str = "monkDirectory";
/// The attribute of the login name, which is a hint for administrators.
pub(super) const LOGIN_NAME: &str = "monkLoginName";
/// What the sentinel is called, and has for values.
pub(super) const SENTINEL: &str = "sentinel";

/// The entries as those of people in a directory.
pub(super) const AS_DIRECTORY: [(&str, &str); 4] = [
    ("scope", "one"),
    ("filter", "(&(objectClass=monkCredentials)(monkOwner={user}))"),
    ("id_attribute", OWNER),
    ("name_attribute", LOGIN_NAME),
];

/// Longest label, in bytes: it is a word that people choose.
const LONGEST_LABEL: usize = 64;

/// Where the entries of one directory's users are.
pub(super) struct Place {
    base: String,
    label: String,
    /// The DN of the sentinel.
    pub sentinel: String,
}

/// The attributes of a new entry.
pub(super) type NewEntry = Vec<(Vec<u8>, HashSet<Vec<u8>>)>;

impl Place {
    pub fn new(base: &str, label: &str) -> Result<Self, Outage> {
        if label.is_empty() {
            return Err(setup(
                "needs directory_label: a name for this directory, the same on all hosts that log in with it, and \
                 another one than those of other directories with the same base",
            ));
        }
        let fits = (1..=LONGEST_LABEL).contains(&label.len());
        // Its own entry must not be among those of a directory.
        if !fits || label.chars().any(char::is_control) || label == SENTINEL {
            return Err(setup(
                "directory_label must be 1 to 64 bytes without control characters, and not \"sentinel\"",
            ));
        }
        let sentinel = format!("cn={SENTINEL},{base}");
        Ok(Self { base: base.to_owned(), label: label.to_owned(), sentinel })
    }

    /// The DN of the entry of the user with this id. The label ends before the first NUL, so that no two
    /// pairs of label and id come to the same text.
    pub fn dn(&self, id: &str) -> String {
        format!("cn={},{}", self.hash(id), self.base)
    }

    fn hash(&self, id: &str) -> String {
        let digest = Sha256::new().chain_update(&self.label).chain_update([0]).chain_update(id);
        HEXLOWER.encode(&digest.finalize())
    }

    /// What finds all entries of this directory in which something is enrolled, and the sentinel.
    pub fn filter_of_enrolled(&self, marker: &str) -> String {
        let label = ldap3::ldap_escape(self.label.as_str());
        format!("(&(objectClass={marker})(|({DIRECTORY}={label})({DIRECTORY}={SENTINEL})))")
    }

    /// Whether an entry is that of the user. Its name is a hash, and says so only if nobody has renamed it.
    pub fn is_of(&self, entry: &Entry, id: &str) -> bool {
        entry.only_text(OWNER) == Some(id) && entry.only_text(DIRECTORY) == Some(&self.label)
    }

    /// The entry of a user that is made with the first credential.
    pub fn entry_of(&self, account: &Account, marker: &str) -> NewEntry {
        let only = |value: &str| HashSet::from([value.as_bytes().to_vec()]);
        let text = |name: &str, value: &str| (name.as_bytes().to_vec(), only(value));
        let classes = HashSet::from([CLASS, marker].map(|class| class.as_bytes().to_vec()));
        let mut entry = vec![
            (OBJECT_CLASS.as_bytes().to_vec(), classes),
            text("cn", &self.hash(&account.id)),
            text(OWNER, &account.id),
            text(DIRECTORY, &self.label),
        ];
        if !account.name.is_empty() {
            entry.push(text(LOGIN_NAME, &account.name));
        }
        entry
    }
}

/// The records with which an entry begins.
pub(super) struct First<'a> {
    pub credentials: &'a [String],
    pub uses: &'a [String],
}

impl<'a> First<'a> {
    /// Those of a change that was planned where nothing is, if it enrols anything.
    pub fn of_change(change: &'a Change) -> Option<Self> {
        let first = Self { credentials: &change.add_credentials, uses: &change.add_uses };
        (!first.credentials.is_empty()).then_some(first)
    }

    /// Those of a reset.
    pub fn of_replacement(with: &'a Replacement) -> Self {
        Self { credentials: std::slice::from_ref(&with.credential), uses: &with.uses }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_pair_of_label_and_id_has_an_entry_of_its_own_whatever_the_id_is() {
        let place = |label| Place::new("ou=monk,dc=x", label).expect("a place");
        let long = "x".repeat(5000);
        let ids = ["", "a", "A", " a", "a ", "a,b", "a\0b", "\0", "#\"+;<>\\=", "ä", &long];
        let labels = ["a", "b", "ab", "main"];
        let mut seen = HashSet::new();
        for label in labels {
            for id in ids {
                let dn = place(label).dn(id);
                assert_eq!(dn.len(), "cn=".len() + 64 + ",ou=monk,dc=x".len(), "{dn}");
                assert!(seen.insert(dn), "{label:?} {id:?}");
            }
        }
        // As `printf 'main\0a' | sha256sum` says: it must never change.
        let dn = "cn=2671bbbef9b5616601714570840650e47cc09339fd6cb9f44710c74cf5bd854b,ou=monk,dc=x";
        assert_eq!(place("main").dn("a"), dn);
    }

    #[test]
    fn a_label_is_a_short_text_and_not_that_of_the_sentinel() {
        let long = "x".repeat(65);
        for label in ["", "sentinel", "a\0b", "a\n", &long] {
            assert!(Place::new("dc=x", label).is_err(), "{label:?}");
        }
        let missing = Place::new("dc=x", "").err().expect("there is no default").to_string();
        assert!(missing.contains("[ldap] needs directory_label"), "{missing}");
        assert!(Place::new("dc=x", "Example Ltd (Köln)").is_ok());
    }
}
