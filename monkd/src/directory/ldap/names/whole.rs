//! Searches whose answer is whole, or none: a group that is missing from a list takes rights away, or gives them where
//! a rule is about who is not in it.

use ldap3::Scope;

use super::Posix;
use crate::deadline::Deadline;
use crate::directory::Rest;
use crate::directory::ldap::connection::{Found, Query};
use crate::directory::ldap::entry::Entry;
use crate::directory::ldap::entry_pages::{EntryPages, PagedQuery};
use crate::directory::ldap::search::{Search, part_of};
use crate::outage::Outage;

/// Most entries that may claim one name or one number. More are an accident, and are not read.
pub(super) const CLAIMANTS: usize = 100;

/// Most entries of one answer: some 100 MiB of memory with the few attributes that are asked for.
const MOST: usize = 200_000;

/// Most names or values in one filter. With more, filters come near the limits of servers (Active Directory: 10 MB
/// and a stack; SQLite behind lldap: 1,000 levels), and take no fewer searches that matter.
pub(super) const IN_ONE_FILTER: usize = 200;

impl Posix {
    /// The entries that claim a name or a number.
    ///
    /// # Errors
    /// [`Outage`] where that may not be all. Where the server refers to others, those that are here count, as for
    /// logins; nothing and a reference is not nothing.
    pub async fn claimants(
        &self,
        query: Query<'_>,
        deadline: Deadline,
    ) -> Result<Vec<Entry>, Outage> {
        let Found { entries, references, result } =
            self.servers.run(&Search(query), deadline).await?;
        if !part_of(&result, query.base)? {
            return Err(too_many(query.base, entries.len()));
        }
        match references.first() {
            Some(uri) if entries.is_empty() => Err(elsewhere(query.base, uri)),
            _ => Ok(entries),
        }
    }

    /// All entries below the place of groups that fit a filter.
    ///
    /// # Errors
    /// As [`Posix::all`].
    pub async fn groups_that(
        &self,
        filter: String,
        attributes: &[String],
        deadline: Deadline,
    ) -> Result<Vec<Entry>, Outage> {
        self.all(&self.groups.base, Scope::Subtree, filter, attributes, deadline).await
    }

    /// All entries that fit a filter. A server that gives fewer at a time is asked for pages.
    ///
    /// # Errors
    /// [`Outage`] where that may not be all.
    pub async fn all(
        &self,
        base: &str,
        scope: Scope,
        filter: String,
        attributes: &[String],
        deadline: Deadline,
    ) -> Result<Vec<Entry>, Outage> {
        let query = Query { base, scope, filter: &filter, attributes, limit: MOST };
        let Found { entries, references, result } =
            self.servers.run(&Search(query), deadline).await?;
        if let Some(uri) = references.first() {
            return Err(elsewhere(base, uri));
        }
        if part_of(&result, base)? {
            return Ok(entries);
        }
        drop(entries);
        let permit = async {
            let permit = self.in_pages.acquire().await;
            permit.map_err(|_| Outage::Unclear("the engine ends".to_owned()))
        };
        let _permit = deadline.bound("a free connection to LDAP", permit).await?;
        let query = PagedQuery { base, scope, filter, attributes: attributes.to_vec() };
        let mut pages = EntryPages::new(&self.servers, query);
        let mut all = Vec::new();
        loop {
            let page = pages.next(deadline).await?;
            all.extend(page.items);
            match page.rest {
                Rest::Nothing => return Ok(all),
                Rest::More if all.len() <= MOST => {}
                Rest::More | Rest::Withheld => return Err(too_many(base, all.len())),
            }
        }
    }
}

fn too_many(base: &str, count: usize) -> Outage {
    Outage::Unclear(format!(
        "a search below {base:?} for names was cut after {count} entries: let monk's account have more"
    ))
}

fn elsewhere(base: &str, uri: &str) -> Outage {
    let uri: String = uri.chars().take(LONGEST_URI).collect();
    Outage::Unclear(format!(
        "for a part of {base:?} the directory refers to {uri:?}: choose a base that is on this server as a whole"
    ))
}

/// Longest URI of a reference that is repeated, in characters.
const LONGEST_URI: usize = 200;
