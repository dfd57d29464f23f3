//! Reading the records of one user: whatever stands in an entry, none of it is lost, and none is believed
//! before it is checked.

use super::records::{Credential, MAX_CREDENTIALS, Stored, Use};
use super::set::CredentialSet;
use super::transit::Transit;
use crate::generation::Register;
use crate::id::CredentialId;
use crate::mac::{Author, Flaw};

/// Most uses that a user may have: one of each credential, that of emailed codes, that of approvals, and the register.
const MAX_USES: usize = MAX_CREDENTIALS + 3;

/// Most texts of one kind whose MACs are computed, for whatever somebody has put into an entry: each
/// costs a microsecond of every login. Those beyond count as unreadable.
const MAX_EXAMINED: usize = 2 * MAX_USES;

impl CredentialSet {
    /// Reads the texts of both sets, as those of the author.
    pub fn parse<'a>(
        author: Author<'_>,
        credentials: impl IntoIterator<Item = &'a [u8]>,
        uses: impl IntoIterator<Item = &'a [u8]>,
    ) -> Self {
        let mut texts: Vec<&[u8]> = credentials.into_iter().collect();
        let mut set = Self::default();
        texts.retain(|text| {
            let transit = Transit::of(text);
            set.transit = set.transit.or(transit);
            transit.is_none()
        });
        let found = set.read_all(texts.iter().copied(), MAX_CREDENTIALS, |raw| {
            Credential::from_record(raw, author)
        });
        (set.credentials, set.unreadable_credentials) = found;
        let (uses, unreadable) = set.read_all(uses, MAX_USES, |raw| Use::from_record(raw, author));
        let is_register = |stored: &Stored<Use>| {
            let register = <&Register>::try_from(&stored.value.spent);
            stored.value.id == CredentialId::register() && register.is_ok()
        };
        (set.registers, set.uses) = uses.into_iter().partition(is_register);
        set.unreadable_uses = unreadable;
        // Of somebody who has departed, only uses can be left that were first written meanwhile. Their register
        // has left, and they are not in force.
        if set.transit != Some(Transit::Departed) || !texts.is_empty() {
            set.keep_registered(&texts);
        }
        // Something is enrolled, and nobody can check it here.
        set.unreadable_credentials += usize::from(set.transit.is_some());
        set
    }

    fn read_all<'a, T>(
        &mut self,
        texts: impl IntoIterator<Item = &'a [u8]>,
        most: usize,
        read: impl Fn(&str) -> Result<T, Flaw>,
    ) -> (Vec<Stored<T>>, usize) {
        let (mut stored, mut unreadable) = (Vec::new(), 0);
        for (position, text) in texts.into_iter().enumerate() {
            let may_be_read = stored.len() < most && position < MAX_EXAMINED;
            let raw = std::str::from_utf8(text).ok().filter(|_| may_be_read);
            let read = raw.map(|raw| (raw, read(raw)));
            match read {
                Some((raw, Ok(value))) => stored.push(Stored { raw: raw.to_owned(), value }),
                Some((_, Err(flaw))) => {
                    unreadable += 1;
                    self.note(flaw);
                }
                None => {
                    unreadable += 1;
                    self.note(Flaw::Unreadable);
                }
            }
        }
        (stored, unreadable)
    }

    fn note(&mut self, flaw: Flaw) {
        match flaw {
            Flaw::Unreadable => self.damaged += 1,
            Flaw::UnknownKey(key) => self.unknown_keys.push(key),
            Flaw::Altered => self.altered += 1,
        }
    }
}

#[cfg(test)]
#[path = "set_tests.rs"]
mod tests;
