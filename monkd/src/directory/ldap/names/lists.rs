//! All users and all groups, a page at a time.

use std::collections::VecDeque;

use async_trait::async_trait;
use ldap3::Scope;

use super::Posix;
use super::groups::Head;
use crate::deadline::Deadline;
use crate::directory::ldap::Ldap;
use crate::directory::ldap::entry::Entry;
use crate::directory::ldap::entry_pages::{EntryPages, PagedQuery};
use crate::directory::names::{PosixGroup, PosixUser};
use crate::directory::{Page, Pages, Rest};
use crate::outage::Outage;

/// Most groups on one page: the members of each may take searches of their own, within the deadline of a page.
const GROUPS: usize = 20;

/// All users. Those of one number are all among them.
pub(super) struct UserList<'a> {
    ldap: &'a Ldap,
    entries: EntryPages<'a>,
    /// Whether a user has no stable id that monk may read.
    lacks_some: bool,
}

/// All groups.
pub(super) struct GroupList<'a> {
    ldap: &'a Ldap,
    /// What the server lists; nothing is asked yet where that is missing.
    entries: Option<EntryPages<'a>>,
    /// What it has sent beyond a page.
    held: VecDeque<Entry>,
    /// What comes after that.
    rest: Rest,
}

impl<'a> UserList<'a> {
    /// Nothing is asked yet.
    pub fn of(ldap: &'a Ldap) -> Self {
        let Posix { servers, users, numbers, .. } = &ldap.posix;
        let query = PagedQuery {
            base: &ldap.base,
            scope: ldap.scope,
            filter: ldap.users_that(&numbers.of_users()),
            attributes: users.attributes.clone(),
        };
        Self { ldap, entries: EntryPages::new(servers, query), lacks_some: false }
    }
}

impl<'a> GroupList<'a> {
    /// Nothing is asked yet.
    pub fn of(ldap: &'a Ldap) -> Self {
        Self { ldap, entries: None, held: VecDeque::new(), rest: Rest::More }
    }

    async fn entries(&mut self, deadline: Deadline) -> Result<&mut EntryPages<'a>, Outage> {
        let Posix { servers, groups, numbers, .. } = &self.ldap.posix;
        let attributes = self.ldap.of_a_group(deadline).await?;
        Ok(self.entries.get_or_insert_with(|| {
            let query = PagedQuery {
                base: &groups.base,
                scope: Scope::Subtree,
                filter: format!("(&{})", numbers.of_groups()),
                attributes: attributes.to_vec(),
            };
            EntryPages::new(servers, query)
        }))
    }
}

#[async_trait]
impl Pages<PosixUser> for UserList<'_> {
    async fn next(&mut self, deadline: Deadline) -> Result<Page<PosixUser>, Outage> {
        let page = self.entries.next(deadline).await?;
        let mut items = Vec::with_capacity(page.items.len());
        for entry in &page.items {
            match self.ldap.posix_user(entry, None) {
                Ok(user) => items.extend(user),
                Err(_) => self.lacks_some = true,
            }
        }
        let rest = match page.rest {
            Rest::Nothing if self.lacks_some => Rest::Withheld,
            rest => rest,
        };
        Ok(Page { items, rest })
    }
}

#[async_trait]
impl Pages<PosixGroup> for GroupList<'_> {
    async fn next(&mut self, deadline: Deadline) -> Result<Page<PosixGroup>, Outage> {
        if self.held.is_empty() && self.rest == Rest::More {
            let page = self.entries(deadline).await?.next(deadline).await?;
            self.held.extend(page.items);
            self.rest = page.rest;
        }
        let Posix { groups, numbers, .. } = &self.ldap.posix;
        let mut items = Vec::new();
        let count = self.held.len().min(GROUPS);
        for entry in self.held.drain(..count) {
            let head: Option<Head> = groups.read(&entry, numbers, None)?;
            if let Some(head) = head {
                items.push(self.ldap.with_members(head, deadline).await?);
            }
        }
        let rest = if self.held.is_empty() { self.rest } else { Rest::More };
        Ok(Page { items, rest })
    }
}
