//! The embedded directory: one SQLite file.
//!
//! Many processes may have it open at once (the resident engine, one-shot engines, each of them
//! possibly killed at any moment), so every write is one *immediate* transaction, in WAL mode and
//! flushed to disk before anybody is told (`synchronous = FULL`).
//!
//! Credentials and uses are values of two sets for each user, exactly as in LDAP, so the same
//! compare-and-swap works on both. The user is named by a stable id, which may be one of another
//! directory: a read-only LDAP with this store beside it is a normal setup.

mod adding;
mod administration;
mod change;
mod changes;
mod copying;
mod groups;
mod lists;
mod names;
mod numbers;
mod schema;
mod section;
pub mod settings;
mod ssh_keys;
mod store;
mod users;

use std::sync::Arc;

use monk_core::keys::Keyring;
use rusqlite::{Connection, Transaction};

use self::numbers::Numbers;
use self::settings::EmbeddedSettings;
use crate::deadline::Deadline;
use crate::outage::Outage;
use crate::sqlite::{Database, Kind};

/// What the file holds.
const KIND: Kind = Kind {
    schema: schema::FIRST,
    upgrades: &[schema::MEMBERS, schema::NUMBERS, changes::SCHEMA, schema::PRIMARY],
    // A code that is spent stays spent, also after a loss of power.
    synchronous: "FULL",
    remedy: "make the store with `monkd --setup`",
};

/// What was waited for when there is no answer in time.
const WHAT: &str = "the embedded store";

/// The embedded directory and credential store.
#[derive(Clone)]
pub struct Embedded {
    database: Arc<Database>,
    /// What the records are checked with.
    keys: Arc<Keyring>,
    /// Where numbers for users and groups come from.
    numbers: Numbers,
}

impl Embedded {
    /// Opens the store that `settings` name. Records that are not made with one of `keys` are
    /// unusable.
    ///
    /// # Errors
    /// [`Outage::Storage`] when it does not exist, cannot be opened, or was written by a newer
    /// monk.
    pub fn open(settings: &EmbeddedSettings, keys: Arc<Keyring>) -> Result<Self, Outage> {
        let numbers = Numbers::of(settings);
        Ok(Self { database: Arc::new(Database::open(&settings.path, KIND)?), keys, numbers })
    }

    /// Makes the store, unless it exists.
    ///
    /// # Errors
    /// [`Outage::Storage`] when it can neither be made nor opened.
    pub fn create(settings: &EmbeddedSettings) -> Result<(), Outage> {
        Database::create(&settings.path, KIND)
    }

    /// Runs `work` on a connection, off the event loop and not beyond the deadline.
    async fn run<T: Send + 'static>(
        &self,
        deadline: Deadline,
        work: impl FnOnce(&mut Connection) -> Result<T, rusqlite::Error> + Send + 'static,
    ) -> Result<T, Outage> {
        self.database.run(WHAT, deadline, work).await
    }

    /// The same in one transaction that writes.
    async fn write<T: Send + 'static>(
        &self,
        deadline: Deadline,
        work: impl FnOnce(&Transaction<'_>) -> Result<T, rusqlite::Error> + Send + 'static,
    ) -> Result<T, Outage> {
        self.database.write(WHAT, deadline, work).await
    }
}

#[cfg(test)]
mod tests;
