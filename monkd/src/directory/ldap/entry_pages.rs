//! A search that finds everybody, a page at a time (RFC 2696).
//!
//! It has a connection of its own, because servers keep the cookies of pages for the connection. If that
//! breaks the list is over: another server would begin again.

use std::collections::VecDeque;
use std::sync::Arc;

use super::codes;
use super::connection::{Connection, Failure, Found, Query};
use super::entry::Entry;
use super::search::part_of;
use super::servers::{Server, Servers, at};
use crate::deadline::Deadline;
use crate::directory::{PAGE, Page, Rest};
use crate::outage::Outage;

/// Most entries that are kept of a server that knows no pages and sends all at once: some 100 MiB with
/// credentials. What goes beyond is not listed, and the list is not taken for a whole one.
const MOST_AT_ONCE: usize = 50_000;

/// Most pages in a row without an entry. A server may send some, where access rules hide what is on them.
const MOST_EMPTY: usize = 1_000;

/// What is searched.
pub(super) struct PagedQuery<'a> {
    pub base: &'a str,
    pub scope: ldap3::Scope,
    pub filter: String,
    pub attributes: Vec<String>,
}

/// The entries that a search finds.
pub(super) struct EntryPages<'a> {
    servers: &'a Servers,
    query: PagedQuery<'a>,
    /// The connection, and the cookie of the next page.
    under_way: Option<(Connection, Arc<Server>, Vec<u8>)>,
    /// What the server has sent beyond a page.
    held: VecDeque<Entry>,
    /// What comes after that.
    rest: Rest,
}

impl<'a> EntryPages<'a> {
    /// Nothing is asked yet.
    pub fn new(servers: &'a Servers, query: PagedQuery<'a>) -> Self {
        Self { servers, query, under_way: None, held: VecDeque::new(), rest: Rest::More }
    }

    /// The next entries.
    ///
    /// # Errors
    /// [`Outage`] when they cannot be read. What follows is withheld then.
    pub async fn next(&mut self, deadline: Deadline) -> Result<Page<Entry>, Outage> {
        let mut empty = 0;
        while self.held.is_empty() && self.rest == Rest::More {
            // Whatever comes in between, there is no list without this page.
            self.rest = Rest::Withheld;
            let fetched = deadline.bound("a page of an LDAP search", self.fetch(deadline)).await;
            self.rest = fetched.inspect_err(|_| self.under_way = None)?;
            empty += 1;
            if empty > MOST_EMPTY {
                self.rest = Rest::Withheld;
            }
        }
        let count = self.held.len().min(PAGE);
        let items = self.held.drain(..count).collect();
        let rest = if self.held.is_empty() { self.rest } else { Rest::More };
        Ok(Page { items, rest })
    }

    /// Asks for one page.
    async fn fetch(&mut self, deadline: Deadline) -> Result<Rest, Outage> {
        let (connection, server, cookie) = match &mut self.under_way {
            Some(under_way) => under_way,
            none => {
                let (connection, server) = self.servers.connect(deadline).await?;
                none.insert((connection, server, Vec::new()))
            }
        };
        let PagedQuery { base, scope, filter, attributes } = &self.query;
        let query = Query { base, scope: *scope, filter, attributes, limit: MOST_AT_ONCE };
        let size = i32::try_from(PAGE).unwrap_or(i32::MAX);
        let answer = connection.page(&query, size, std::mem::take(cookie)).await;
        let named = |failure: Failure| at(server.endpoint(), failure.into_outage());
        let (found, next) = answer.map_err(named)?;
        let Found { entries, references, result } = found;
        let is_cut = result.rc == codes::ADMIN_LIMIT_EXCEEDED
            || !part_of(&result, base)?
            || !references.is_empty()
            || entries.len() >= MOST_AT_ONCE;
        self.held.extend(entries);
        if is_cut || next.is_empty() {
            self.under_way = None;
            return Ok(if is_cut { Rest::Withheld } else { Rest::Nothing });
        }
        *cookie = next;
        Ok(Rest::More)
    }
}
