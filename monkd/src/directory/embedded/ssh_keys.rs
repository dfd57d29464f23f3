//! Public keys that users log in with.

use monk_wire::manage::Clash;
use rusqlite::{Connection, params};

use super::Embedded;
use crate::deadline::Deadline;
use crate::directory::Account;
use crate::directory::users::KeysAdded;
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

/// Adds keys to those of a user who is there. Where they are too many then, they are written all the same: the
/// transaction has to be rolled back.
pub(super) fn add(
    transaction: &Connection,
    user: &str,
    lines: &[String],
    most: usize,
) -> Result<Result<KeysAdded, Clash>, rusqlite::Error> {
    if !transaction.prepare_cached("SELECT 1 FROM users WHERE id = ?1")?.exists([user])? {
        return Ok(Err(Clash::Gone));
    }
    let mut insert = transaction
        .prepare_cached("INSERT OR IGNORE INTO ssh_keys (user, line) VALUES (?1, ?2)")?;
    let mut are_new = Vec::with_capacity(lines.len());
    for line in lines {
        are_new.push(insert.execute(params![user, line])? > 0);
    }
    let count: i64 = transaction
        .prepare_cached("SELECT count(*) FROM ssh_keys WHERE user = ?1")?
        .query_row([user], |row| row.get(0))?;
    // What is there already may be added again, however many there are.
    let is_too_much =
        usize::try_from(count).is_ok_and(|count| count > most) && are_new.contains(&true);
    Ok(Ok(if is_too_much { KeysAdded::TooMany } else { KeysAdded::Done(are_new) }))
}

/// Removes all keys of a user.
pub(super) fn forget(transaction: &Connection, user: &str) -> Result<(), rusqlite::Error> {
    transaction.execute("DELETE FROM ssh_keys WHERE user = ?1", [user]).map(drop)
}
