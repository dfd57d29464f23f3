//! What users have enrolled and used: values of two attributes of their entries.
//!
//! Every change is one Modify, which a server does as a whole or not at all (RFC 4511 §4.6). It
//! deletes the very values that were read and adds the new ones, so that of two who read the same
//! one is told `noSuchAttribute` (16): a compare-and-swap.

use std::collections::HashSet;

use ldap3::{LdapResult, Mod};
use monk_core::credential::{Change, Transit, UseSwap};

use super::account::{Attributes, OBJECT_CLASS};
use super::codes;
use super::connection::{Connection, Failure};
use super::entry::Entry;
use super::servers::{Operation, Purpose, Repeat};
use crate::directory::{Replacement, Swapped};
use crate::outage::Outage;

/// A change of one entry.
pub(super) struct Modify<'a> {
    /// Which entry.
    pub dn: &'a str,
    /// What to do, in this order.
    pub modifications: Vec<Mod<Vec<u8>>>,
}

impl Operation for Modify<'_> {
    type Answer = LdapResult;
    const NAME: &'static str = "LDAP modify";
    const PURPOSE: Purpose = Purpose::Service;
    // It may have been done: the repetition would report a conflict with itself.
    const REPEAT: Repeat = Repeat::Never;

    async fn run(&self, connection: &mut Connection) -> Result<LdapResult, Failure> {
        connection.modify(self.dn, self.modifications.clone()).await
    }
}

impl Attributes {
    /// The modifications that spend a code.
    pub fn spend(&self, swap: &UseSwap) -> Vec<Mod<Vec<u8>>> {
        self.swap_in(&self.usage, swap)
    }

    /// The modifications that swap values of an attribute. What must stay goes and comes back: there is
    /// no other way to depend on it that every server knows.
    pub fn swap_in(&self, attribute: &str, swap: &UseSwap) -> Vec<Mod<Vec<u8>>> {
        let (mut gone, mut new) = (values(&swap.remove), values(&swap.held));
        gone.extend(new.iter().cloned());
        new.insert(swap.add.clone().into_bytes());
        let mut modifications = Vec::new();
        delete(&mut modifications, attribute, gone);
        add(&mut modifications, attribute, new);
        modifications
    }

    /// The modifications of `entry` that enrol or remove, or `None` if something that is to be
    /// removed is not there any more, or something is there where nothing was.
    ///
    /// The auxiliary class comes with the first credential and goes with the last, and with the
    /// last go all uses: the class means "has credentials". So a change that was planned where nothing
    /// was enrolled adds it, which fails where somebody else has.
    pub fn change(
        &self,
        entry: &Entry,
        change: &Change,
    ) -> Result<Option<Vec<Mod<Vec<u8>>>>, Outage> {
        let is_marked = self.is_marked(entry)?;
        let owned = |attribute| entry.values(attribute).into_iter().map(<[u8]>::to_vec).collect();
        let (credentials, uses): (HashSet<_>, HashSet<_>) =
            (owned(&self.credential), owned(&self.usage));
        let has_odd = |name| entry.with_options(name).next().is_some();
        let has_records = is_marked
            || !credentials.is_empty()
            || !uses.is_empty()
            || has_odd(&self.credential)
            || has_odd(&self.usage);
        if change.begins() && has_records {
            return Ok(None);
        }
        let gone_credentials = values(&change.remove_credentials);
        let mut gone_uses = values(&change.remove_uses);
        if !gone_credentials.is_subset(&credentials) || !gone_uses.is_subset(&uses) {
            return Ok(None);
        }
        let new_credentials = values(&change.add_credentials);
        let mut new_uses = values(&change.add_uses);
        let none_left = new_credentials.is_empty() && gone_credentials == credentials;
        if none_left {
            gone_uses = uses;
            new_uses.clear();
        }

        let mut modifications = Vec::new();
        let class = HashSet::from([self.class.clone().into_bytes()]);
        match (is_marked, none_left) {
            (false, false) => add(&mut modifications, OBJECT_CLASS, class),
            (true, true) => delete(&mut modifications, OBJECT_CLASS, class),
            (true, false) | (false, true) => {}
        }
        delete(&mut modifications, &self.credential, gone_credentials);
        add(&mut modifications, &self.credential, new_credentials);
        delete(&mut modifications, &self.usage, gone_uses);
        add(&mut modifications, &self.usage, new_uses);
        Ok(Some(modifications))
    }

    /// The modifications that remove all records of `entry`, if they are still what was read.
    pub fn emptied(&self, entry: &Entry) -> Result<Vec<Mod<Vec<u8>>>, Outage> {
        let owned = |attribute| entry.values(attribute).into_iter().map(<[u8]>::to_vec).collect();
        let mut modifications = Vec::new();
        if self.is_marked(entry)? {
            let class = HashSet::from([self.class.clone().into_bytes()]);
            delete(&mut modifications, OBJECT_CLASS, class);
        }
        delete(&mut modifications, &self.credential, owned(&self.credential));
        delete(&mut modifications, &self.usage, owned(&self.usage));
        Ok(modifications)
    }

    /// The modifications of `entry` that leave nothing but `with`.
    ///
    /// `None` where the records are on their way to another store.
    pub fn replace(
        &self,
        entry: &Entry,
        with: &Replacement,
    ) -> Result<Option<Vec<Mod<Vec<u8>>>>, Outage> {
        let found = entry.values(&self.credential);
        if found.iter().any(|text| Transit::of(text).is_some()) {
            return Ok(None);
        }
        let only = |value: &str| HashSet::from([value.as_bytes().to_vec()]);
        let mut modifications = Vec::new();
        if !self.is_marked(entry)? {
            add(&mut modifications, OBJECT_CLASS, only(&self.class));
        }
        let replace = |attribute: &str, values| Mod::Replace(attribute.into(), values);
        // Not only those that were read: what another server has been given before, and this one has not heard of,
        // goes as well when they hear of each other. Servers see to that only where nothing is deleted by value.
        modifications.push(replace(&self.credential, only(&with.credential)));
        modifications.push(replace(&self.usage, values(&with.uses)));
        // What stands there with options is none of monk's, and would go on counting as unreadable.
        for name in [&self.credential, &self.usage] {
            let odd = entry.with_options(name).map(|(description, _)| description);
            modifications.extend(odd.map(|description| replace(description, HashSet::new())));
        }
        Ok(Some(modifications))
    }

    /// What the result of a change means.
    pub fn swapped(&self, dn: &str, result: &LdapResult) -> Result<Swapped, Outage> {
        let why = codes::describe(result);
        let advice = match result.rc {
            codes::SUCCESS => return Ok(Swapped::Done),
            codes::NO_SUCH_ATTRIBUTE if is_without_schema(&result.text) => {
                return Err(Outage::Refused(format!(
                    "this directory has no attribute {} ({why}): load monk's schema, or keep credentials elsewhere \
                     (credentials = \"embedded\")",
                    self.credential
                )));
            }
            // What was to go has gone, or what was to come is there: somebody was faster.
            codes::NO_SUCH_ATTRIBUTE | codes::ATTRIBUTE_OR_VALUE_EXISTS => {
                return Ok(Swapped::Conflict);
            }
            codes::INSUFFICIENT_ACCESS_RIGHTS => {
                "monk's account needs write access: see the access rules in /usr/share/monk/ldap"
            }
            codes::UNDEFINED_ATTRIBUTE_TYPE | codes::INVALID_ATTRIBUTE_SYNTAX => {
                "load monk's schema (/usr/share/monk/ldap) into the server"
            }
            codes::OBJECT_CLASS_VIOLATION => {
                "load monk's schema (/usr/share/monk/ldap) into the server; entries get its object class \
                 when something is enrolled"
            }
            codes::REFERRAL | codes::UNWILLING_TO_PERFORM => {
                "the server is read-only: set write_uri to the one that takes changes"
            }
            codes::NO_SUCH_OBJECT => "the entry is gone, or monk's account may not see it",
            _ => return Err(Outage::Unclear(format!("the change of {dn:?} failed ({why})"))),
        };
        Err(Outage::Refused(format!("the change of {dn:?} failed ({why}): {advice}")))
    }
}

/// Whether a value that the modifications delete is not in the entry any more: somebody was faster.
pub(super) fn is_overtaken(entry: &Entry, modifications: &[Mod<Vec<u8>>]) -> bool {
    modifications.iter().any(|modification| match modification {
        Mod::Delete(attribute, gone) => {
            let there = std::str::from_utf8(attribute).map(|name| entry.values(name));
            there.is_ok_and(|there| gone.iter().any(|value| !there.contains(&value.as_slice())))
        }
        Mod::Add(..) | Mod::Replace(..) | Mod::Increment(..) => false,
    })
}

/// Whether noSuchAttribute is said of an attribute that the schema does not have, where RFC 4511 has
/// undefinedAttributeType. Active Directory says so with the Win32 error `ERROR_INVALID_PARAMETER` (MS-ERREF
/// §2.2) where it says nothing of the kind for a value that is gone; Samba in words.
fn is_without_schema(text: &str) -> bool {
    text.starts_with("00000057:") || text.contains("was not found in the schema")
}

fn values(texts: &[String]) -> HashSet<Vec<u8>> {
    texts.iter().map(|text| text.clone().into_bytes()).collect()
}

/// Without a value, LDAP would delete the whole attribute.
fn delete(modifications: &mut Vec<Mod<Vec<u8>>>, attribute: &str, values: HashSet<Vec<u8>>) {
    if !values.is_empty() {
        modifications.push(Mod::Delete(attribute.into(), values));
    }
}

fn add(modifications: &mut Vec<Mod<Vec<u8>>>, attribute: &str, values: HashSet<Vec<u8>>) {
    if !values.is_empty() {
        modifications.push(Mod::Add(attribute.into(), values));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_schema_that_is_missing_is_no_conflict() {
        let meant = |rc, text: &str| {
            let settings = toml::from_str("uris = []\nbase = \"dc=x\"").expect("settings");
            let keys = monk_core::keys::Keyring::new(
                monk_core::keys::HostKey::generate(&mut crate::clock::SystemRandom),
                Vec::new(),
            );
            let (matched, text) = (String::new(), text.to_owned());
            let result = LdapResult { rc, matched, text, refs: Vec::new(), ctrls: Vec::new() };
            Attributes::of(&settings, std::sync::Arc::new(keys)).swapped("uid=a,dc=x", &result)
        };
        assert_eq!(meant(16, ""), Ok(Swapped::Conflict));
        assert_eq!(meant(16, "modify/delete: monkUse: no such value"), Ok(Swapped::Conflict));
        for (rc, text) in [
            (
                16,
                "00000057: LdapErr: DSID-0C090F4B, comment: Error in attribute conversion operation, data 0",
            ),
            (
                16,
                "objectclass_attrs: attribute 'monkUse' on entry 'CN=a' was not found in the schema!",
            ),
        ] {
            let words = meant(rc, text).expect_err("no schema").to_string();
            assert!(words.contains("has no attribute monkCredential"), "{words}");
        }
    }
}
