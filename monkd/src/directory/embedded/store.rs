//! Credentials and uses in SQLite: two sets of texts for each user.

use std::sync::Arc;

use async_trait::async_trait;
use monk_core::credential::{Change, CredentialSet, Transit, UseSwap};
use monk_core::keys::Keyring;
use monk_core::mac::Author;
use rusqlite::{Connection, Transaction, params};

use super::Embedded;
use super::lists::{InOrder, ROWS};
use crate::deadline::Deadline;
use crate::directory::{Account, CredentialStore, Enrolled, Pages, Replacement, Swapped};
use crate::outage::Outage;
use crate::sqlite::begin;

#[async_trait]
impl CredentialStore for Embedded {
    async fn load(&self, account: &Account, deadline: Deadline) -> Result<CredentialSet, Outage> {
        let (user, keys) = (account.id.clone(), Arc::clone(&self.keys));
        self.run(deadline, move |connection| read_set(connection, &user, &keys)).await
    }

    async fn spend(
        &self,
        account: &Account,
        swap: &UseSwap,
        deadline: Deadline,
    ) -> Result<Swapped, Outage> {
        let with_held = |texts: &[String]| swap.held.iter().chain(texts).cloned().collect();
        let change = Change {
            remove_uses: with_held(&swap.remove),
            add_uses: with_held(std::slice::from_ref(&swap.add)),
            ..Change::default()
        };
        if change.begins() {
            return Ok(Swapped::Conflict);
        }
        self.change(account, &change, deadline).await
    }

    async fn change(
        &self,
        account: &Account,
        change: &Change,
        deadline: Deadline,
    ) -> Result<Swapped, Outage> {
        if *change == Change::default() {
            return Ok(Swapped::Done);
        }
        let (user, change) = (account.id.clone(), change.clone());
        self.run(deadline, move |connection| {
            let transaction = begin(connection, deadline)?;
            if change.begins() && has_records(&transaction, &user)? {
                return Ok(Swapped::Conflict);
            }
            let Change { remove_credentials, add_credentials, remove_uses, add_uses } = &change;
            // Without a commit, what was swapped is rolled back.
            if !swap(&transaction, "credentials", &user, remove_credentials, add_credentials)?
                || !swap(&transaction, "uses", &user, remove_uses, add_uses)?
            {
                return Ok(Swapped::Conflict);
            }
            transaction.commit()?;
            Ok(Swapped::Done)
        })
        .await
    }

    async fn replace(
        &self,
        account: &Account,
        with: &Replacement,
        deadline: Deadline,
    ) -> Result<Swapped, Outage> {
        let (user, with) = (account.id.clone(), with.clone());
        self.write(deadline, move |transaction| {
            let there = values(transaction, "credentials", &user)?;
            if there.iter().any(|text| Transit::of(text.as_bytes()).is_some()) {
                return Ok(Swapped::Conflict);
            }
            forget(transaction, &user)?;
            swap(transaction, "credentials", &user, &[], &[with.credential])?;
            swap(transaction, "uses", &user, &[], &with.uses)?;
            Ok(Swapped::Done)
        })
        .await
    }

    fn enrolled(&self) -> Box<dyn Pages<Enrolled> + '_> {
        Box::new(InOrder::new(self, owners, |enrolled| &enrolled.id))
    }

    async fn load_all(&self, accounts: &mut [Account], deadline: Deadline) -> Result<(), Outage> {
        let missing = |account: &&mut Account| account.credentials.is_none();
        let missing: Vec<_> = accounts.iter_mut().filter(missing).collect();
        let ids: Vec<String> = missing.iter().map(|account| account.id.clone()).collect();
        let keys = Arc::clone(&self.keys);
        let sets = self
            .run(deadline, move |connection| {
                let transaction = connection.transaction()?;
                ids.iter().map(|id| set_of(&transaction, id, &keys)).collect::<Result<Vec<_>, _>>()
            })
            .await?;
        for (account, set) in missing.into_iter().zip(sets) {
            account.credentials = Some(set);
        }
        Ok(())
    }

    async fn forget(&self, gone: &Enrolled, deadline: Deadline) -> Result<Swapped, Outage> {
        let (gone, keys) = (gone.clone(), Arc::clone(&self.keys));
        self.write(deadline, move |transaction| {
            if set_of(transaction, &gone.id, &keys)? != gone.set {
                return Ok(Swapped::Conflict);
            }
            forget(transaction, &gone.id)?;
            Ok(Swapped::Done)
        })
        .await
    }
}

impl Embedded {
    /// Finds out whether the store can be written, down to the disk: a record comes and goes in one
    /// transaction, so that nobody ever sees it.
    ///
    /// # Errors
    /// [`Outage`] says why not.
    pub async fn try_writing(&self, deadline: Deadline) -> Result<(), Outage> {
        let record = ["monk-doctor".to_owned()];
        self.write(deadline, move |transaction| {
            swap(transaction, "uses", "monk-doctor", &[], &record)?;
            swap(transaction, "uses", "monk-doctor", &record, &[]).map(drop)
        })
        .await
    }

    /// Has SQLite look whether its pages hold together; what it says if they do not.
    ///
    /// # Errors
    /// [`Outage`] when it cannot even look.
    pub async fn damage(&self, deadline: Deadline) -> Result<Option<String>, Outage> {
        self.run(deadline, move |connection| {
            connection.query_row("PRAGMA quick_check(1)", [], |row| row.get::<_, String>(0))
        })
        .await
        .map(|said| (said != "ok").then_some(said))
    }
}

/// Removes everything that a user has enrolled and used.
pub(super) fn forget(transaction: &Transaction<'_>, user: &str) -> Result<(), rusqlite::Error> {
    transaction.execute("DELETE FROM credentials WHERE user = ?1", [user])?;
    transaction.execute("DELETE FROM uses WHERE user = ?1", [user])?;
    Ok(())
}

/// Whether a user has anything at all.
fn has_records(transaction: &Transaction<'_>, user: &str) -> Result<bool, rusqlite::Error> {
    transaction
        .prepare_cached(
            "SELECT EXISTS (SELECT 1 FROM credentials WHERE user = ?1)
             OR EXISTS (SELECT 1 FROM uses WHERE user = ?1)",
        )?
        .query_row([user], |row| row.get(0))
}

/// Those who have records and whose ids come after `after`, by id.
fn owners(
    connection: &mut Connection,
    after: &str,
    keys: &Keyring,
) -> Result<Vec<Enrolled>, rusqlite::Error> {
    let transaction = connection.transaction()?;
    // The name is known where they are users of this directory.
    let rows = transaction
        .prepare_cached(
            "SELECT owner.user, users.name
             FROM (SELECT user FROM credentials WHERE user > ?1
                   UNION SELECT user FROM uses WHERE user > ?1 ORDER BY 1 LIMIT ?2) AS owner
             LEFT JOIN users ON users.id = owner.user ORDER BY owner.user",
        )?
        .query_map(params![after, ROWS], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<Result<Vec<(String, Option<String>)>, _>>()?;
    let enrolled = |(id, name): (String, Option<String>)| {
        let set = set_of(&transaction, &id, keys)?;
        let name = name.unwrap_or_else(|| id.clone());
        Ok(Enrolled { locator: id.clone(), id, name, set, hidden: false })
    };
    rows.into_iter().map(enrolled).collect()
}

/// Both sets of a user.
pub(super) fn read_set(
    connection: &mut Connection,
    user: &str,
    keys: &Keyring,
) -> Result<CredentialSet, rusqlite::Error> {
    // One transaction, so that both sets are of the same moment.
    let transaction = connection.transaction()?;
    let set = set_of(&transaction, user, keys)?;
    transaction.commit()?;
    Ok(set)
}

/// Both sets of a user, within a transaction.
pub(super) fn set_of(
    transaction: &Transaction<'_>,
    user: &str,
    keys: &Keyring,
) -> Result<CredentialSet, rusqlite::Error> {
    let credentials = values(transaction, "credentials", user)?;
    let uses = values(transaction, "uses", user)?;
    Ok(CredentialSet::parse(
        Author { user, keys },
        credentials.iter().map(String::as_bytes),
        uses.iter().map(String::as_bytes),
    ))
}

fn values(
    transaction: &Transaction<'_>,
    table: &'static str,
    user: &str,
) -> Result<Vec<String>, rusqlite::Error> {
    transaction
        .prepare_cached(&format!("SELECT value FROM {table} WHERE user = ?1 ORDER BY value"))?
        .query_map([user], |row| row.get(0))?
        .collect()
}

/// Removes and adds; `false` when a text to be removed is gone or one to be added is there.
fn swap(
    transaction: &Transaction<'_>,
    table: &'static str,
    user: &str,
    remove: &[String],
    add: &[String],
) -> Result<bool, rusqlite::Error> {
    let mut delete = transaction
        .prepare_cached(&format!("DELETE FROM {table} WHERE user = ?1 AND value = ?2"))?;
    for value in remove {
        if delete.execute(params![user, value])? != 1 {
            return Ok(false);
        }
    }
    let mut insert = transaction
        .prepare_cached(&format!("INSERT OR IGNORE INTO {table} (user, value) VALUES (?1, ?2)"))?;
    for value in add {
        if insert.execute(params![user, value])? != 1 {
            return Ok(false);
        }
    }
    Ok(true)
}
