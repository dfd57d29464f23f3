//! The embedded directory: one SQLite file.
//!
//! Many processes may have it open at once (the resident engine, one-shot engines, each of them
//! possibly killed at any moment), so every write is one *immediate* transaction, in WAL mode and
//! flushed to disk before anybody is told (`synchronous = FULL`).
//!
//! Credentials and uses are values of two sets for each user, exactly as in LDAP, so the same
//! compare-and-swap works on both. The user is named by a stable id, which may be one of another
//! directory: a read-only LDAP with this store beside it is a normal setup.

mod database;
mod store;
mod users;

use std::sync::Arc;

use crate::deadline::Deadline;
use crate::outage::Outage;
use crate::settings::EmbeddedSettings;
use database::Database;

/// The embedded directory and credential store.
#[derive(Clone)]
pub struct Embedded {
    database: Arc<Database>,
}

impl Embedded {
    /// Opens the store that `settings` name.
    ///
    /// # Errors
    /// [`Outage::Storage`] when it does not exist, cannot be opened, or was written by a newer
    /// monk.
    pub fn open(settings: &EmbeddedSettings) -> Result<Self, Outage> {
        Ok(Self { database: Arc::new(Database::open(&settings.path)?) })
    }

    /// Makes the store, unless it exists.
    ///
    /// # Errors
    /// [`Outage::Storage`] when it can neither be made nor opened.
    pub fn create(settings: &EmbeddedSettings) -> Result<(), Outage> {
        Database::create(&settings.path)
    }

    /// Runs `work` on a connection, off the event loop and not beyond the deadline.
    async fn run<T: Send + 'static>(
        &self,
        deadline: Deadline,
        work: impl FnOnce(&mut rusqlite::Connection) -> Result<T, rusqlite::Error> + Send + 'static,
    ) -> Result<T, Outage> {
        let database = Arc::clone(&self.database);
        let task = tokio::task::spawn_blocking(move || database.with(deadline, work));
        deadline
            .bound("the embedded store", async {
                task.await.unwrap_or_else(|_| Err(Outage::Storage("the store's task ended".into())))
            })
            .await
    }
}

#[cfg(test)]
mod tests;
