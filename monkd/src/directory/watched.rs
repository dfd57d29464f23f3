//! A credential store whose records are never set back unnoticed (see [`super::seen`]).

use std::sync::Arc;

use async_trait::async_trait;
use monk_core::credential::Replacement;
use monk_core::credential::{Change, CredentialSet, Transit, UseSwap};

use super::seen::Seen;
use super::{Account, CredentialStore, Enrolled, Pages, Swapped};
use crate::audit;
use crate::deadline::Deadline;
use crate::outage::Outage;
use crate::tally::{Operation, timed};

/// A store whose records cannot be set back unnoticed.
pub struct Watched {
    store: Arc<dyn CredentialStore>,
    seen: Seen,
}

impl Watched {
    /// Watches `store`.
    #[must_use]
    pub fn new(store: Arc<dyn CredentialStore>) -> Self {
        Self { store, seen: Seen::default() }
    }
}

/// The records, unless they are on their way to another store.
///
/// # Errors
/// [`Outage::Setup`] where they are: nothing here is in force.
pub fn in_force(set: CredentialSet) -> Result<CredentialSet, Outage> {
    let what = match set.transit {
        None => return Ok(set),
        Some(Transit::Departed) => {
            "what the user has enrolled was moved to another store: name that one in credentials, and reload"
        }
        Some(Transit::Arriving) => {
            "what the user has enrolled is being moved to this store: end the move first"
        }
    };
    Err(Outage::Setup(what.to_owned()))
}

#[async_trait]
impl CredentialStore for Watched {
    async fn look(
        &self,
        account: &Account,
        deadline: Deadline,
    ) -> Result<Option<CredentialSet>, Outage> {
        // What is behind is read again by who asks.
        let set = timed(Operation::Read, self.store.look(account, deadline)).await?;
        set.map(in_force).transpose()
    }

    async fn load(&self, account: &Account, deadline: Deadline) -> Result<CredentialSet, Outage> {
        let known = self.seen.known(&account.id);
        let mut set = in_force(timed(Operation::Read, self.store.load(account, deadline)).await?)?;
        if !self.seen.takes_since(&account.id, &known, &set) {
            audit::warn(&format!(
                "the records of {:?} were set back to an older state, and are refused: restore them, \
                 or reset the user",
                account.name
            ));
            set.distrust();
        }
        Ok(set)
    }

    async fn spend(
        &self,
        account: &Account,
        swap: &UseSwap,
        deadline: Deadline,
    ) -> Result<Swapped, Outage> {
        let swapped = timed(Operation::Write, self.store.spend(account, swap, deadline)).await?;
        if swapped == Swapped::Done {
            self.seen.note(&account.id, std::slice::from_ref(&swap.add));
        }
        Ok(swapped)
    }

    async fn change(
        &self,
        account: &Account,
        change: &Change,
        deadline: Deadline,
    ) -> Result<Swapped, Outage> {
        let swapped = timed(Operation::Write, self.store.change(account, change, deadline)).await?;
        if swapped == Swapped::Done {
            self.seen.note(&account.id, &change.add_uses);
        }
        Ok(swapped)
    }

    fn enrolled(&self) -> Box<dyn Pages<Enrolled> + '_> {
        self.store.enrolled()
    }

    /// Not noted: a list of everybody would push out those who log in.
    async fn load_all(&self, accounts: &mut [Account], deadline: Deadline) -> Result<(), Outage> {
        self.store.load_all(accounts, deadline).await
    }

    fn is_in_entries(&self) -> bool {
        self.store.is_in_entries()
    }

    async fn forget(&self, gone: &Enrolled, deadline: Deadline) -> Result<Swapped, Outage> {
        self.store.forget(gone, deadline).await
    }

    async fn replace(
        &self,
        account: &Account,
        with: &Replacement,
        deadline: Deadline,
    ) -> Result<Swapped, Outage> {
        let swapped = timed(Operation::Write, self.store.replace(account, with, deadline)).await?;
        if swapped == Swapped::Done {
            self.seen.note(&account.id, &with.uses);
        }
        Ok(swapped)
    }

    fn seen(&self) -> Option<&Seen> {
        Some(&self.seen)
    }
}

#[cfg(test)]
mod tests;
