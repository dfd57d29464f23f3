//! Looking at everybody, for lists and for `doctor`: never part of a login.

use monk_terms::account_state::AccountState;

use super::account::is_alias;
use super::connection::Found;
use super::entry::Entry;
use super::search::{Count, ENOUGH, Search, count, part_of};
use super::{Ldap, with_state};
use crate::deadline::Deadline;
use crate::directory::{Account, Enrolled, Listed, Lookup};
use crate::outage::Outage;

impl Ldap {
    /// Everybody whom the filter finds for some name.
    pub(super) async fn list_everybody(
        &self,
        limit: usize,
        deadline: Deadline,
    ) -> Result<Listed<Account>, Outage> {
        let attributes = with_state(self.attributes.of_a_user(false), &self.states);
        let found = self.list(&self.filters.of_everybody(), &attributes, limit, deadline).await?;
        let mut items = Vec::with_capacity(found.items.len());
        for entry in found.items.iter().filter(|entry| !is_alias(entry)) {
            // An entry that monk cannot use as a user is nobody who could log in; a server that does not answer
            // leaves out people who could.
            match self.account_of(entry, "", deadline).await {
                Ok(account) => items.push(account),
                Err(Outage::Refused(_)) => {}
                Err(outage) => return Err(outage),
            }
        }
        Ok(Listed { items, complete: found.complete })
    }

    /// Everybody whose entry carries the auxiliary class, which is indexed as a rule, whereas the
    /// presence of a credential is not.
    pub(super) async fn list_enrolled(
        &self,
        limit: usize,
        deadline: Deadline,
    ) -> Result<Listed<Enrolled>, Outage> {
        let filter = format!("(objectClass={})", self.attributes.class);
        let attributes = self.attributes.of_a_user(true);
        // In which state an account is does not matter here, and is not asked for.
        let found = self.list(&filter, &attributes, limit, deadline).await?;
        let mut items = Vec::with_capacity(found.items.len());
        let mut complete = found.complete;
        for entry in &found.items {
            let Ok(account) = self.attributes.account(entry, "", AccountState::Enabled) else {
                complete = false;
                continue;
            };
            items.push(Enrolled {
                id: account.id,
                name: account.name,
                locator: account.locator,
                set: self.attributes.credentials(entry)?,
                hidden: entry.values(&self.attributes.credential).is_empty(),
            });
        }
        Ok(Listed { items, complete })
    }

    /// Whom a stable id names, wherever the entry is now: names and DNs change, ids do not.
    ///
    /// # Errors
    /// [`Outage`] when there is no clear answer by the deadline.
    pub async fn find_id(&self, id: &str, deadline: Deadline) -> Result<Lookup, Outage> {
        let Some(filter) = self.attributes.id_filter(id) else { return Ok(Lookup::None) };
        let query = self.people(&filter, &self.of_a_user, ENOUGH);
        let found = self.readers.run(&Search(query), deadline).await?;
        match count(found, &self.base)? {
            Count::Zero => Ok(Lookup::None),
            Count::Several => Ok(Lookup::Several),
            Count::One(entry) => {
                Ok(Lookup::One(Box::new(self.account_of(&entry, "", deadline).await?)))
            }
        }
    }

    async fn list(
        &self,
        filter: &str,
        attributes: &[String],
        limit: usize,
        deadline: Deadline,
    ) -> Result<Listed<Entry>, Outage> {
        let query = self.people(filter, attributes, limit);
        let Found { entries, references, result } =
            self.readers.run(&Search(query), deadline).await?;
        let complete = part_of(&result, &self.base)? && references.is_empty();
        Ok(Listed { items: entries, complete })
    }
}
