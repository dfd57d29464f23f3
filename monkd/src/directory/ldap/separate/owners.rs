//! The users who have records in the store, a page at a time.

use async_trait::async_trait;

use super::place::{DIRECTORY, LOGIN_NAME, OWNER, Place, SENTINEL};
use super::reading;
use crate::deadline::Deadline;
use crate::directory::ldap::Ldap;
use crate::directory::ldap::entry_pages::{EntryPages, PagedQuery};
use crate::directory::{Enrolled, Page, Pages, Rest};
use crate::outage::Outage;

/// The list under way. It is whole only if the sentinel comes along: where the rules hide that one, they may
/// hide others.
pub(super) struct Owners<'a> {
    ldap: &'a Ldap,
    place: &'a Place,
    entries: EntryPages<'a>,
    /// Whether the sentinel has come.
    has_sentinel: bool,
    /// Whether an entry could not be told whose it is.
    lacks_some: bool,
}

impl<'a> Owners<'a> {
    /// Nothing is asked yet.
    pub fn of(ldap: &'a Ldap, place: &'a Place, wanted: &[String]) -> Self {
        let filter = place.filter_of_enrolled(&ldap.attributes.class);
        let attributes = wanted.to_vec();
        let query = PagedQuery { base: &ldap.base, scope: ldap.scope, filter, attributes };
        let entries = EntryPages::new(&ldap.writers, query);
        Self { ldap, place, entries, has_sentinel: false, lacks_some: false }
    }
}

#[async_trait]
impl Pages<Enrolled> for Owners<'_> {
    async fn next(&mut self, deadline: Deadline) -> Result<Page<Enrolled>, Outage> {
        let attributes = &self.ldap.attributes;
        let page = self.entries.next(deadline).await?;
        let mut items = Vec::with_capacity(page.items.len());
        for entry in &page.items {
            if entry.only_text(DIRECTORY) == Some(SENTINEL) {
                self.has_sentinel |= reading::is_whole(attributes, entry)?;
                continue;
            }
            let Some(id) = entry.only_text(OWNER).filter(|id| self.place.is_of(entry, id)) else {
                self.lacks_some = true;
                continue;
            };
            items.push(Enrolled {
                id: id.to_owned(),
                name: entry.only_text(LOGIN_NAME).unwrap_or(id).to_owned(),
                locator: entry.dn.clone(),
                set: attributes.credentials_of(entry, id)?,
                hidden: entry.values(&attributes.credential).is_empty(),
            });
        }
        let is_whole = self.has_sentinel && !self.lacks_some;
        let rest = match page.rest {
            Rest::Nothing if !is_whole => Rest::Withheld,
            rest => rest,
        };
        Ok(Page { items, rest })
    }
}
