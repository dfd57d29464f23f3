//! Looking at everybody, for lists and for `doctor`, and at ids instead of names: never part of a login.

use async_trait::async_trait;
use monk_terms::account_state::AccountState;

use super::Ldap;
use super::account::is_alias;
use super::entry::Entry;
use super::entry_pages::{EntryPages, PagedQuery};
use super::search::{Count, ENOUGH, Search, count};
use crate::deadline::Deadline;
use crate::directory::{Account, Enrolled, Page, Pages, Rest};
use crate::outage::Outage;

/// Everybody whom the filter finds for some name.
pub(super) struct People<'a> {
    ldap: &'a Ldap,
    entries: EntryPages<'a>,
    /// Why the first entry was left out that has a login name and that monk cannot use.
    left_out: Option<Outage>,
    /// Whether the server has listed everything.
    is_over: bool,
}

/// Everybody whose entry carries the auxiliary class, which is indexed as a rule, whereas the presence of a
/// credential is not.
pub(super) struct Owners<'a> {
    ldap: &'a Ldap,
    entries: EntryPages<'a>,
    /// Whether an entry had records and could not be told whose it is.
    lacks_some: bool,
}

impl Ldap {
    pub(super) fn people_in_pages(&self) -> People<'_> {
        let filter = self.filters.of_everybody();
        let entries = self.pages(filter, self.of_a_user.clone());
        People { ldap: self, entries, left_out: None, is_over: false }
    }

    pub(super) fn owners_in_pages(&self) -> Owners<'_> {
        let filter = format!("(objectClass={})", self.attributes.class);
        let entries = self.pages(filter, self.attributes.of_a_user(true));
        Owners { ldap: self, entries, lacks_some: false }
    }

    fn pages(&self, filter: String, attributes: Vec<String>) -> EntryPages<'_> {
        let query = PagedQuery { base: &self.base, scope: self.scope, filter, attributes };
        EntryPages::new(&self.readers, query)
    }

    /// Whether an entry has this id. Only the server that decides is believed that none has: a replica may
    /// be late.
    pub(super) async fn has_id(&self, id: &str, deadline: Deadline) -> Result<bool, Outage> {
        // No value has such a text.
        let Some(filter) = self.attributes.id_filter(id) else { return Ok(false) };
        let attributes = self.attributes.of_a_user(false);
        let query = self.people(&filter, &attributes, ENOUGH);
        let found = self.writers.run(&Search(query), deadline).await?;
        Ok(!matches!(count(found, &self.base)?, Count::Zero))
    }

    /// The login name of the entry with this id.
    pub(super) async fn name_of_id(
        &self,
        id: &str,
        deadline: Deadline,
    ) -> Result<Option<String>, Outage> {
        let Some(filter) = self.attributes.id_filter(id) else { return Ok(None) };
        let query = self.people(&filter, &self.of_a_user, ENOUGH);
        let found = self.readers.run(&Search(query), deadline).await?;
        Ok(match count(found, &self.base)? {
            Count::One(entry) => self.attributes.login_name(&entry).map(str::to_owned),
            Count::Zero | Count::Several => None,
        })
    }
}

#[async_trait]
impl Pages<Account> for People<'_> {
    async fn next(&mut self, deadline: Deadline) -> Result<Page<Account>, Outage> {
        if self.is_over
            && let Some(outage) = self.left_out.take()
        {
            return Err(outage);
        }
        let page = self.entries.next(deadline).await?;
        let mut items = Vec::with_capacity(page.items.len());
        // An alias, or an entry without a login name, is nobody who could log in.
        let has_name = |entry: &&Entry| self.ldap.attributes.login_name(entry).is_some();
        for entry in page.items.iter().filter(|entry| !is_alias(entry)).filter(has_name) {
            // Whose id or state is hidden may be anybody: without them the list is not whole. The others are
            // listed all the same, and the reason comes at the end.
            let mut account = match self.ldap.account_of(entry, "", deadline).await {
                Ok(account) => account,
                Err(outage @ Outage::Refused(_)) => {
                    self.left_out.get_or_insert(outage);
                    continue;
                }
                Err(outage) => return Err(outage),
            };
            if self.ldap.with_credentials {
                account.credentials = Some(self.ldap.attributes.credentials(entry)?);
            }
            items.push(account);
        }
        let rest = match page.rest {
            Rest::Nothing if self.left_out.is_some() => {
                self.is_over = true;
                Rest::More
            }
            rest => rest,
        };
        Ok(Page { items, rest })
    }
}

#[async_trait]
impl Pages<Enrolled> for Owners<'_> {
    async fn next(&mut self, deadline: Deadline) -> Result<Page<Enrolled>, Outage> {
        let page = self.entries.next(deadline).await?;
        let mut items = Vec::with_capacity(page.items.len());
        for entry in &page.items {
            // In which state an account is does not matter here, and is not asked for.
            let state = AccountState::Enabled;
            let Ok(account) = self.ldap.attributes.account(entry, "", state) else {
                self.lacks_some = true;
                continue;
            };
            items.push(Enrolled {
                id: account.id,
                name: account.name,
                locator: account.locator,
                set: self.ldap.attributes.credentials(entry)?,
                hidden: entry.values(&self.ldap.attributes.credential).is_empty(),
            });
        }
        let rest = match page.rest {
            Rest::Nothing if self.lacks_some => Rest::Withheld,
            rest => rest,
        };
        Ok(Page { items, rest })
    }
}
