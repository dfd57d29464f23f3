//! All records of one user, and the changes of them.

use super::records::{Credential, Stored, Use};
use super::transit::Transit;
use crate::factors::Factor;
use crate::factors::enrolment_code::EnrolmentCodeRecord;
use crate::id::CredentialId;
use crate::keys::{KeyId, Keyring};
use crate::mac::{self, Author};

/// Everything that one user has enrolled and used.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CredentialSet {
    /// The credentials that could be read, and that count.
    pub credentials: Vec<Stored<Credential>>,
    /// The uses that could be read.
    pub uses: Vec<Stored<Use>>,
    /// How many credentials could not be read, or used for whatever reason.
    pub unreadable_credentials: usize,
    /// How many uses could not be read, or used for whatever reason.
    pub unreadable_uses: usize,
    /// How many of both this version cannot read: damaged, or written by another version of monk.
    pub damaged: usize,
    /// How many of both are not what monk has written for this user last.
    pub altered: usize,
    /// The keys that this host would need for others of them; one for each record.
    pub unknown_keys: Vec<KeyId>,
    /// Whether they are on their way to another store. Then none of it is in force.
    pub transit: Option<Transit>,
    /// What says which credentials count: see [`register`](super::register).
    pub(crate) registers: Vec<Stored<Use>>,
}

/// A compare-and-swap of use: every text of `remove` must still be there, and goes; `add` comes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UseSwap {
    /// Texts that must still be there, and stay: what a swap depends on that removes nothing.
    pub held: Vec<String>,
    /// Texts that were read and must go.
    pub remove: Vec<String>,
    /// The text that takes their place.
    pub add: String,
}

impl UseSwap {
    /// Whether it would be carried out whatever had happened since it was planned. Such a swap is none.
    #[must_use]
    pub fn depends_on_nothing(&self) -> bool {
        self.held.is_empty() && self.remove.is_empty()
    }
}

/// A change of credentials: all of it happens, or nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Change {
    /// Credentials that must still be there, and go.
    pub remove_credentials: Vec<String>,
    /// Credentials that come.
    pub add_credentials: Vec<String>,
    /// Uses that must still be there, and go.
    pub remove_uses: Vec<String>,
    /// Uses that come.
    pub add_uses: Vec<String>,
}

impl Change {
    /// Adds what another change removes.
    pub fn also(&mut self, removal: Self) {
        self.remove_credentials.extend(removal.remove_credentials);
        self.remove_uses.extend(removal.remove_uses);
    }

    /// Whether it takes the place of nothing. It was planned where nothing was enrolled, then, and is
    /// made only while that is so.
    #[must_use]
    pub fn begins(&self) -> bool {
        self.remove_credentials.is_empty() && self.remove_uses.is_empty()
    }
}

impl CredentialSet {
    /// Whether there is nothing at all.
    #[must_use]
    pub fn is_blank(&self) -> bool {
        let unreadable = self.unreadable_credentials + self.unreadable_uses;
        let readable = self.credentials.len() + self.uses.len() + self.registers.len();
        unreadable + readable == 0
    }

    /// Whether the user has a second factor, usable or not.
    #[must_use]
    pub fn has_second_factor(&self) -> bool {
        self.unreadable_credentials > 0
            || self.credentials.iter().any(|stored| self.is_second_factor(&stored.value))
    }

    /// Whether the user has a second factor that counts now: not only a first device whose delay goes on.
    #[must_use]
    pub fn has_second_factor_at(&self, now: u64) -> bool {
        self.unreadable_credentials > 0
            || self.credentials.iter().map(|stored| &stored.value).any(|credential| {
                credential.factor.counts(now) && self.is_second_factor(credential)
            })
    }

    /// Whether the user is invited to enrol the first factor.
    #[must_use]
    pub fn is_invited(&self, now: u64) -> bool {
        self.all_of::<EnrolmentCodeRecord>().any(|(_, code)| code.invites && now < code.expires)
    }

    /// The credential of that id.
    #[must_use]
    pub fn get(&self, id: &CredentialId) -> Option<&Stored<Credential>> {
        self.credentials.iter().find(|stored| stored.value.id == *id)
    }

    /// The credentials of one kind, with their records.
    pub fn all_of<'a, T>(&'a self) -> impl Iterator<Item = (&'a Stored<Credential>, &'a T)>
    where
        T: 'a,
        &'a T: TryFrom<&'a Factor>,
    {
        self.credentials.iter().filter_map(|stored| Some((stored, stored.value.factor.get()?)))
    }

    /// All uses of one credential: one, or several after replicas were merged.
    pub fn uses_of<'a>(&'a self, id: &'a CredentialId) -> impl Iterator<Item = &'a Stored<Use>> {
        self.uses.iter().filter(move |stored| stored.value.id == *id)
    }

    /// The swap that puts `used` in the place of what was read `before`.
    #[must_use]
    pub fn swap(&self, before: &[&Stored<Use>], used: Use, author: Author<'_>) -> UseSwap {
        let raw = |stored: &Stored<Use>| stored.raw.clone();
        let held = match before {
            [] => self.registers.iter().map(raw).collect(),
            _ => Vec::new(),
        };
        UseSwap {
            held,
            remove: before.iter().copied().map(raw).collect(),
            add: used.after(before.iter().copied()).to_record(author),
        }
    }

    /// The change that removes one credential and all its uses.
    #[must_use]
    pub fn removal(&self, credential: &Stored<Credential>) -> Change {
        Change {
            remove_credentials: vec![credential.raw.clone()],
            remove_uses: self.uses_of(&credential.value.id).map(|u| u.raw.clone()).collect(),
            ..Change::default()
        }
    }

    /// The change that makes every record with the primary key that was made with another one, but for those
    /// of kinds that only a newer monk knows: they would lose what they say. `resealed` is what becomes of a credential whose secret needs the same.
    #[must_use]
    pub fn with_primary_key(
        &self,
        author: Author<'_>,
        mut resealed: impl FnMut(&Credential) -> Option<Credential>,
    ) -> Change {
        let is_old = |raw: &str| is_made_with_another_key(raw, author.keys);
        let mut change = Change::default();
        for stored in self.credentials.iter().filter(|stored| !stored.value.is_of_newer_kind()) {
            let renewed = resealed(&stored.value);
            if renewed.is_some() || is_old(&stored.raw) {
                change.remove_credentials.push(stored.raw.clone());
                let renewed = renewed.as_ref().unwrap_or(&stored.value);
                change.add_credentials.push(renewed.to_record(author));
            }
        }
        let uses = self.uses.iter().filter(|stored| !stored.value.is_of_newer_kind());
        for stored in uses.filter(|stored| is_old(&stored.raw)) {
            change.remove_uses.push(stored.raw.clone());
            change.add_uses.push(stored.value.to_record(author));
        }
        change
    }

    /// How many records only a newer monk can make with the primary key.
    #[must_use]
    pub fn left_with_another_key(&self, keys: &Keyring) -> usize {
        let credentials = self.credentials.iter().filter(|one| one.value.is_of_newer_kind());
        let uses = self.uses.iter().filter(|one| one.value.is_of_newer_kind());
        let texts = credentials.map(|one| &one.raw).chain(uses.map(|one| &one.raw));
        texts.filter(|raw| is_made_with_another_key(raw, keys)).count()
    }

    /// Whether the register was made with another key than the primary one.
    #[must_use]
    pub fn is_registered_with_another_key(&self, keys: &Keyring) -> bool {
        self.registers.iter().any(|stored| is_made_with_another_key(&stored.raw, keys))
    }

    /// The keys that the records were made with, and those that this host would need; one for each.
    pub fn keys(&self) -> impl Iterator<Item = KeyId> {
        let credentials = self.credentials.iter().map(|stored| &stored.raw);
        let uses = self.uses.iter().chain(&self.registers).map(|stored| &stored.raw);
        let made = credentials.chain(uses).filter_map(|raw| mac::key_of(raw));
        made.chain(self.unknown_keys.iter().cloned())
    }
}

/// Whether a record was made with another key than the primary one.
fn is_made_with_another_key(raw: &str, keys: &Keyring) -> bool {
    mac::key_of(raw).as_ref() != Some(keys.primary().id())
}
