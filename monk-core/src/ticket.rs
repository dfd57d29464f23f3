//! Which ticket of the portal was typed, and what spending it writes.
//!
//! The policy of the service and the state of the account are looked at elsewhere; here stands what a ticket says
//! itself, and what has become of it and of the passkey behind it.

use monk_terms::verdict::Refusal;

use crate::credential::{Credential, CredentialId, CredentialSet, Stored, Use, UseSwap};
use crate::factors::app_password::AppPassword;
use crate::factors::passkey::PasskeyRecord;
use crate::factors::ticket::{TicketRecord, TicketUse};
use crate::mac::Author;
use crate::times::is_ahead;

/// A ticket of the user that a string names, not compared yet.
#[derive(Clone, Copy)]
pub struct NamedTicket<'a> {
    /// The credential as it is stored.
    pub stored: &'a Stored<Credential>,
    /// What it says.
    pub record: &'a TicketRecord,
}

impl<'a> NamedTicket<'a> {
    /// The ticket of this user that `typed` names.
    #[must_use]
    pub fn of(typed: &AppPassword, set: &'a CredentialSet) -> Option<Self> {
        let mut all = set.all_of::<TicketRecord>();
        let (stored, record) = all.find(|(_, one)| one.is_named_by(typed))?;
        Some(Self { stored, record })
    }

    /// Its id.
    #[must_use]
    pub fn id(&self) -> &'a CredentialId {
        &self.stored.value.id
    }

    /// The write that spends it in a login to `service`. The ticket opens nothing until it is made.
    ///
    /// # Errors
    /// [`Refusal`] says why a ticket that is right opens nothing.
    pub fn spent_for(
        &self,
        service: &str,
        set: &CredentialSet,
        author: Author<'_>,
        now: u64,
    ) -> Result<UseSwap, Refusal> {
        if !self.record.service.eq_ignore_ascii_case(service) {
            return Err(Refusal::TicketScope);
        }
        let mut passkeys = set.all_of::<PasskeyRecord>();
        if !passkeys.any(|(stored, _)| stored.value.id == self.record.passkey) {
            return Err(Refusal::TicketRevoked);
        }
        if now >= self.record.expires || is_ahead(self.stored.value.created, now) {
            return Err(Refusal::ExpiredCode);
        }
        // Making it has written the first one: without any, nobody knows whether it was used.
        let before: Vec<_> = set.uses_of(self.id()).collect();
        let used: Option<Vec<bool>> = before
            .iter()
            .map(|stored| stored.value.spent_on::<TicketUse>().map(|one| one.used))
            .collect();
        let used = used.filter(|all| !all.is_empty() && set.unreadable_uses == 0);
        if used.ok_or(Refusal::UnusableFactor)?.contains(&true) {
            return Err(Refusal::ReplayedCode);
        }
        let spent = Use::new(self.id().clone(), now, TicketUse { used: true });
        Ok(set.swap(&before, spent, author))
    }
}

/// The tickets that were taken with a passkey: they end with it.
pub fn taken_with<'a>(
    passkey: &'a CredentialId,
    set: &'a CredentialSet,
) -> impl Iterator<Item = &'a Stored<Credential>> {
    let all = set.all_of::<TicketRecord>();
    all.filter(move |(_, one)| one.passkey == *passkey).map(|(stored, _)| stored)
}

#[cfg(test)]
#[path = "ticket_tests.rs"]
mod tests;
