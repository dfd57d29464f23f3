//! What becomes of a user's records after a backup was restored.
//!
//! The records are those of an earlier moment. What was used since is not in them, so that a code would be good
//! once more. Nobody can tell any more which codes those were. So every code that can have been used counts as
//! used: the steps of devices up to now, whole sets of backup codes, enrolment codes, one-time codes, tickets and codes
//! on their way. A login that waited for an approval is over. A credential that stood for a second factor goes on doing so, also where it opens nothing any more.
//!
//! The register begins another generation: nothing that was planned before is carried out, and engines that
//! remember later records of the same users do not take these for forged ones.

use std::collections::BTreeSet;

use super::records::Use;
use super::register::Unregistered;
use super::set::{Change, CredentialSet};
use crate::id::CredentialId;
use crate::mac::Author;
use crate::random::Random;

impl CredentialSet {
    /// The change after which no code is good that can have been used by now.
    ///
    /// # Errors
    /// [`Unregistered`] where there are records and no register. None of them opens anything.
    pub fn after_a_restore(
        &self,
        now: u64,
        author: Author<'_>,
        random: &mut dyn Random,
    ) -> Result<Change, Unregistered> {
        let mut change = Change::default();
        if self.is_blank() {
            return Ok(change);
        }
        // Some credentials share one record of use.
        let mut done = BTreeSet::new();
        for stored in &self.credentials {
            let credential = &stored.value;
            let id = credential.factor.uses_of(&credential.id);
            let uses = self.spent_of(credential);
            let Some(spent) = credential.factor.all_spent(&uses, now) else { continue };
            if !done.insert(id.as_str().to_owned()) {
                continue;
            }
            // Nobody has used it just now.
            let at = uses.records.iter().map(|&(at, _)| at).max().unwrap_or(now);
            let before: Vec<_> = self.uses_of(&id).collect();
            let used = Use::new(id.clone(), at, spent).closing_all(before.iter().copied());
            change.remove_uses.extend(before.iter().map(|stored| stored.raw.clone()));
            change.add_uses.push(used.to_record(author));
        }
        let (approvals, texts) = self.approvals();
        if let Some(over) = approvals.withdrawn() {
            let at = texts.iter().map(|stored| stored.value.at).max().unwrap_or(now);
            let used = Use::new(CredentialId::approvals(), at, over).after(texts.iter().copied());
            change.remove_uses.extend(texts.iter().map(|stored| stored.raw.clone()));
            change.add_uses.push(used.to_record(author));
        }
        self.begun_again(change, now, author, random)
    }
}

#[cfg(test)]
#[path = "restored_tests.rs"]
mod tests;
