//! Lists of everybody, a page at a time: they may have any length, and nobody holds them as a whole.

use async_trait::async_trait;

use crate::deadline::Deadline;
use crate::outage::Outage;

/// Users on one page. Active Directory gives at most 1,000 (`MaxPageSize`). With three credentials each, a
/// page is some 2 MiB.
pub const PAGE: usize = 500;

/// A list under way.
#[async_trait]
pub trait Pages<T>: Send {
    /// The next page. The deadline is that of this page, not of the list.
    ///
    /// # Errors
    /// [`Outage`] when the page cannot be read. The list is over then.
    async fn next(&mut self, deadline: Deadline) -> Result<Page<T>, Outage>;
}

/// Some of a list.
#[derive(Clone, Debug)]
pub struct Page<T> {
    /// What is on it, in no particular order. It may be empty although others follow.
    pub items: Vec<T>,
    /// What comes after it.
    pub rest: Rest,
}

/// What comes after a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rest {
    /// Another page.
    More,
    /// Nothing: that was all.
    Nothing,
    /// There may be more, but the directory does not say it: a limit of the server, a part that is on
    /// another server, an entry that cannot be told whose it is.
    Withheld,
}
