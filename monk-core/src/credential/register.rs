//! The register: what belongs to a user's records, so that none is put back or slipped in.
//!
//! A MAC says that monk has written a record for a user. It does not say that the record still counts:
//! somebody who can write entries can put back a credential that was revoked, or all that was there before
//! a reset. So one more record, among the uses, names the credentials that count by parts of their MACs.
//! Every change of credentials takes the place of the very register that was read; a reset begins
//! another *generation*. This makes the register what every planned change depends on.
//!
//! | found | meaning |
//! |---|---|
//! | a credential that the register does not name | was revoked, or belongs to a state before: unusable |
//! | a credential missing that the register names | was taken away: counts as one that cannot be read |
//! | records and no register | nobody knows what counts: all unusable, until a reset |
//! | several registers | replicas were merged: what any of them names counts |
//!
//! What an older register, put back together with everything that it names, looks like can only be told by
//! somebody who remembers the newer one: see the engine's memory of what it has seen.

use std::collections::BTreeSet;

use data_encoding::HEXLOWER;

use super::records::{Stored, Use};
use super::set::{Change, CredentialSet};
use crate::generation::Register;
use crate::id::CredentialId;
use crate::mac::{self, Author};
use crate::random::Random;

/// Nothing may be enrolled beside records that nobody can check.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unregistered;

/// What stays of a user's records after a reset.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Replacement {
    /// The only credential.
    pub credential: String,
    /// Its use, and the register.
    pub uses: Vec<String>,
}

impl CredentialSet {
    /// The change with the register in it, so that it is made only while the credentials are still what
    /// was read here. Where nothing is enrolled yet, stores see to that.
    ///
    /// # Errors
    /// [`Unregistered`] where there are records and no register: only a reset helps.
    pub fn planned(
        &self,
        change: Change,
        now: u64,
        author: Author<'_>,
        random: &mut dyn Random,
    ) -> Result<Change, Unregistered> {
        match change == Change::default() {
            true => Ok(change),
            false => self.registered(change, now, author, random),
        }
    }

    /// The same, also where nothing changes but the register.
    ///
    /// # Errors
    /// As [`planned`](Self::planned).
    pub fn registered(
        &self,
        change: Change,
        now: u64,
        author: Author<'_>,
        random: &mut dyn Random,
    ) -> Result<Change, Unregistered> {
        let generation = self.generation().map_or_else(|| generation(random), str::to_owned);
        self.registered_as(generation, change, now, author)
    }

    /// The same, as the beginning of another generation.
    pub(super) fn begun_again(
        &self,
        change: Change,
        now: u64,
        author: Author<'_>,
        random: &mut dyn Random,
    ) -> Result<Change, Unregistered> {
        self.registered_as(generation(random), change, now, author)
    }

    fn registered_as(
        &self,
        generation: String,
        mut change: Change,
        now: u64,
        author: Author<'_>,
    ) -> Result<Change, Unregistered> {
        if self.registers.is_empty() && !self.is_blank() {
            return Err(Unregistered);
        }
        let gone: BTreeSet<&str> =
            change.remove_credentials.iter().filter_map(|raw| mac::mark_of(raw)).collect();
        let mut holds: BTreeSet<&str> = self.held().filter(|mark| !gone.contains(mark)).collect();
        holds.extend(change.add_credentials.iter().filter_map(|raw| mac::mark_of(raw)));
        let holds = holds.into_iter().map(str::to_owned).collect();
        let register = Register { generation, holds };
        change.add_uses.push(self.next(register, now).to_record(author));
        change.remove_uses.extend(self.registers.iter().map(|stored| stored.raw.clone()));
        Ok(change)
    }

    /// What takes the place of everything, whatever it is.
    #[must_use]
    pub fn replaced_by(
        &self,
        credential: String,
        used: String,
        now: u64,
        author: Author<'_>,
        random: &mut dyn Random,
    ) -> Replacement {
        let holds = mac::mark_of(&credential).map(str::to_owned).into_iter().collect();
        let register = Register { generation: generation(random), holds };
        let register = self.next(register, now).to_record(author);
        Replacement { credential, uses: vec![used, register] }
    }

    /// The generation, and the number of the register within the user's life.
    #[must_use]
    pub fn standing(&self) -> Option<(&str, u64)> {
        let number = self.registers.iter().map(|stored| stored.value.n).max()?;
        Some((self.generation()?, number))
    }

    /// The register as the record that follows those that were read. Its number is the time, if that
    /// is higher: so one that begins from nothing comes after all that were there before.
    fn next(&self, register: Register, now: u64) -> Use {
        let next = Use::new(CredentialId::register(), now, register);
        let next = next.after(&self.registers);
        let number = next.n.max(now);
        next.numbered(number)
    }

    fn generation(&self) -> Option<&str> {
        let newest = self.registers.iter().max_by_key(|stored| stored.value.n)?;
        register_of(newest).map(|register| register.generation.as_str())
    }

    /// The marks of all credentials that count.
    fn held(&self) -> impl Iterator<Item = &str> {
        let registers = self.registers.iter().filter_map(register_of);
        registers.flat_map(|register| register.holds.iter().map(String::as_str))
    }

    /// Takes out of the set what its register does not know. `texts` are all credentials that are
    /// there, whatever they are.
    pub(crate) fn keep_registered(&mut self, texts: &[&[u8]]) {
        let has_records = !texts.is_empty() || !self.uses.is_empty() || self.unreadable_uses > 0;
        if self.registers.is_empty() {
            if has_records {
                let altered = self.altered;
                self.distrust();
                if !self.unknown_keys.is_empty() {
                    // It is there, and made with a key that is not held.
                    self.altered = altered;
                }
            }
            return;
        }
        let mut there: Vec<&str> = texts
            .iter()
            .filter_map(|text| std::str::from_utf8(text).ok())
            .filter_map(mac::mark_of)
            .collect();
        there.sort_unstable();
        let registers = self.registers.iter().filter_map(register_of);
        let mut held: Vec<&str> =
            registers.flat_map(|register| register.holds.iter().map(String::as_str)).collect();
        held.sort_unstable();
        held.dedup();
        let taken_away = held.iter().filter(|mark| there.binary_search(mark).is_err()).count();
        let is_held =
            |raw: &str| mac::mark_of(raw).is_some_and(|mark| held.binary_search(&mark).is_ok());
        let before = self.credentials.len();
        self.credentials.retain(|stored| is_held(&stored.raw));
        let put_back = before - self.credentials.len();
        self.unreadable_credentials += put_back + taken_away;
        self.altered += put_back + taken_away;
    }

    /// Makes everything unusable: it is there, but nobody knows whether it counts.
    pub fn distrust(&mut self) {
        let uses = self.uses.len().max(usize::from(self.unreadable_uses == 0));
        // Where nothing but uses is left, somebody has taken away what they belong to.
        let credentials = self.credentials.len().max(usize::from(self.unreadable_credentials == 0));
        self.altered += credentials + uses;
        self.unreadable_credentials += credentials;
        self.credentials.clear();
        self.unreadable_uses += uses;
        self.uses.clear();
        self.registers.clear();
    }
}

fn register_of(stored: &Stored<Use>) -> Option<&Register> {
    (&stored.value.spent).try_into().ok()
}

fn generation(random: &mut dyn Random) -> String {
    let mut bytes = [0; 8];
    random.fill(&mut bytes);
    HEXLOWER.encode(&bytes)
}

#[cfg(test)]
#[path = "register_tests.rs"]
mod tests;
