//! Lists of everybody in SQLite. Each page is a statement of its own that goes on after the last row, so
//! that a long list keeps no transaction open.

use std::sync::Arc;

use async_trait::async_trait;
use monk_core::keys::Keyring;
use rusqlite::Connection;

use super::Embedded;
use crate::deadline::Deadline;
use crate::directory::{PAGE, Page, Pages, Rest};
use crate::outage::Outage;

/// How many rows are asked for: one more than fits a page tells that others follow.
pub(super) const ROWS: i64 = PAGE as i64 + 1;

/// The first [`ROWS`] rows after a key.
type Read<T> = fn(&mut Connection, &str, &Keyring) -> Result<Vec<T>, rusqlite::Error>;

/// A list in the order of a key.
pub(super) struct InOrder<'a, T> {
    store: &'a Embedded,
    read: Read<T>,
    key: fn(&T) -> &str,
    /// The last key of the page before.
    after: String,
}

impl<'a, T> InOrder<'a, T> {
    pub fn new(store: &'a Embedded, read: Read<T>, key: fn(&T) -> &str) -> Self {
        Self { store, read, key, after: String::new() }
    }
}

#[async_trait]
impl<T: Send + 'static> Pages<T> for InOrder<'_, T> {
    async fn next(&mut self, deadline: Deadline) -> Result<Page<T>, Outage> {
        let (after, keys, read) = (self.after.clone(), Arc::clone(&self.store.keys), self.read);
        let found = self.store.run(deadline, move |connection| read(connection, &after, &keys));
        let mut items = found.await?;
        let rest = if items.len() > PAGE { Rest::More } else { Rest::Nothing };
        items.truncate(PAGE);
        if let Some(last) = items.last() {
            (self.key)(last).clone_into(&mut self.after);
        }
        Ok(Page { items, rest })
    }
}
