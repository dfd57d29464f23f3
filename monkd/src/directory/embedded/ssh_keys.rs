//! Public keys that users log in with.

use monk_wire::manage::Clash;
use rusqlite::{Connection, params};

use super::Embedded;
use crate::deadline::Deadline;
use crate::directory::Account;
use crate::outage::Outage;

impl Embedded {
    /// The keys of a user: see [`Directory::ssh_keys`](crate::directory::Directory::ssh_keys).
    pub(super) async fn keys_of(
        &self,
        account: &Account,
        deadline: Deadline,
    ) -> Result<Vec<String>, Outage> {
        let id = account.id.clone();
        self.run(deadline, move |connection| {
            connection
                .prepare_cached("SELECT line FROM ssh_keys WHERE user = ?1 ORDER BY place")?
                .query_map([id], |row| row.get(0))?
                .collect()
        })
        .await
    }
}

/// Adds a key to those of a user who is there; `false` when it is there, too.
pub(super) fn add(
    transaction: &Connection,
    user: &str,
    line: &str,
) -> Result<Result<bool, Clash>, rusqlite::Error> {
    if !transaction.prepare_cached("SELECT 1 FROM users WHERE id = ?1")?.exists([user])? {
        return Ok(Err(Clash::Gone));
    }
    let insert = "INSERT OR IGNORE INTO ssh_keys (user, line) VALUES (?1, ?2)";
    transaction.execute(insert, params![user, line]).map(|rows| Ok(rows > 0))
}

/// Removes all keys of a user.
pub(super) fn forget(transaction: &Connection, user: &str) -> Result<(), rusqlite::Error> {
    transaction.execute("DELETE FROM ssh_keys WHERE user = ?1", [user]).map(drop)
}
