//! The administration of users and groups in SQLite.

use async_trait::async_trait;
use monk_core::typed::Password;
use monk_wire::manage::{Clash, Posix, PosixWish};
use rusqlite::{Transaction, params};

use super::store::forget;
use super::users::{hashed, seconds};
use super::{Embedded, adding, groups, ssh_keys};
use crate::deadline::Deadline;
use crate::directory::users::{Clashing, KeysAdded, Member};
use crate::directory::{HashedUser, NewUser, Users};
use crate::outage::Outage;
use crate::sqlite::{begin, in_time};

#[async_trait]
impl Users for Embedded {
    async fn add(&self, user: NewUser<'_>, deadline: Deadline) -> Clashing<Posix> {
        let hash = match user.password {
            Some(password) => Some(hashed(password, deadline).await?),
            None => None,
        };
        let user = HashedUser {
            name: user.name.to_owned(),
            mail: user.mail.map(str::to_owned),
            password: hash,
            must_change: user.must_change,
            posix: user.posix,
            ..HashedUser::default()
        };
        let numbers = self.numbers.now();
        self.unless_clash(deadline, move |transaction| adding::insert(transaction, &user, &numbers))
            .await
    }

    async fn add_all(
        &self,
        users: Vec<HashedUser>,
        deadline: Deadline,
    ) -> Result<Result<(), (String, Clash)>, Outage> {
        let numbers = self.numbers.now();
        self.run(deadline, move |connection| {
            let transaction = begin(connection, deadline)?;
            for user in users {
                in_time(deadline)?;
                if let Err(clash) = adding::insert(&transaction, &user, &numbers)? {
                    transaction.rollback()?;
                    return Ok(Err((user.name, clash)));
                }
            }
            in_time(deadline)?;
            transaction.commit()?;
            Ok(Ok(()))
        })
        .await
    }

    async fn try_all(
        &self,
        users: Vec<HashedUser>,
        deadline: Deadline,
    ) -> Result<Vec<Result<(), Clash>>, Outage> {
        let numbers = self.numbers.now();
        self.run(deadline, move |connection| {
            let mut transaction = begin(connection, deadline)?;
            let mut found = Vec::with_capacity(users.len());
            for user in users {
                in_time(deadline)?;
                let mut one = transaction.savepoint()?;
                let added = adding::insert(&one, &user, &numbers)?.map(drop);
                if added.is_err() {
                    one.rollback()?;
                }
                one.commit()?;
                found.push(added);
            }
            transaction.rollback()?;
            Ok(found)
        })
        .await
    }

    async fn set_posix(&self, id: &str, wish: &PosixWish, deadline: Deadline) -> Clashing<Posix> {
        let (id, wish) = (id.to_owned(), wish.clone());
        self.unless_clash(deadline, move |transaction| adding::set(transaction, &id, &wish)).await
    }

    async fn posix(
        &self,
        ids: Vec<String>,
        deadline: Deadline,
    ) -> Result<Vec<Option<Posix>>, Outage> {
        self.run(deadline, move |connection| {
            let transaction = connection.transaction()?;
            ids.iter().map(|id| adding::of(&transaction, id)).collect()
        })
        .await
    }

    async fn set_password(
        &self,
        id: &str,
        password: &Password,
        must_change: bool,
        deadline: Deadline,
    ) -> Result<bool, Outage> {
        let (id, hash) = (id.to_owned(), hashed(password, deadline).await?);
        self.write(deadline, move |transaction| {
            let set = "UPDATE users SET password = ?2, must_change = ?3 WHERE id = ?1";
            transaction.execute(set, params![id, hash, must_change]).map(is_one)
        })
        .await
    }

    async fn set_must_change(
        &self,
        id: &str,
        must: bool,
        deadline: Deadline,
    ) -> Result<bool, Outage> {
        let id = id.to_owned();
        self.write(deadline, move |transaction| {
            let set = "UPDATE users SET must_change = ?2 WHERE id = ?1";
            transaction.execute(set, params![id, must]).map(is_one)
        })
        .await
    }

    async fn set_expiry(
        &self,
        id: &str,
        at: Option<u64>,
        deadline: Deadline,
    ) -> Result<bool, Outage> {
        let (id, at) = (id.to_owned(), at.map(seconds));
        self.write(deadline, move |transaction| {
            let set = "UPDATE users SET expires = ?2 WHERE id = ?1";
            transaction.execute(set, params![id, at]).map(is_one)
        })
        .await
    }

    async fn set_disabled(
        &self,
        id: &str,
        disabled: bool,
        deadline: Deadline,
    ) -> Result<bool, Outage> {
        let id = id.to_owned();
        self.write(deadline, move |transaction| {
            let set = "UPDATE users SET disabled = ?2 WHERE id = ?1";
            transaction.execute(set, params![id, disabled]).map(is_one)
        })
        .await
    }

    async fn remove(&self, id: &str, deadline: Deadline) -> Result<bool, Outage> {
        let id = id.to_owned();
        self.write(deadline, move |transaction| {
            forget(transaction, &id)?;
            groups::forget(transaction, &id)?;
            ssh_keys::forget(transaction, &id)?;
            transaction.execute("DELETE FROM users WHERE id = ?1", [id]).map(is_one)
        })
        .await
    }

    async fn make_group(&self, name: &str, gid: Option<u32>, deadline: Deadline) -> Clashing<bool> {
        let (name, numbers) = (name.to_owned(), self.numbers.now());
        self.unless_clash(deadline, move |transaction| {
            let made = groups::make(transaction, &name, gid, &numbers)?;
            Ok(made.map(|(_, is_new)| is_new))
        })
        .await
    }

    async fn delete_group(&self, name: &str, deadline: Deadline) -> Clashing<()> {
        let name = name.to_owned();
        self.unless_clash(deadline, move |transaction| groups::delete(transaction, &name)).await
    }

    async fn set_member(
        &self,
        id: &str,
        group: &str,
        member: bool,
        deadline: Deadline,
    ) -> Clashing<bool> {
        let (id, group, numbers) = (id.to_owned(), group.to_owned(), self.numbers.now());
        self.unless_clash(deadline, move |transaction| {
            groups::set_member(transaction, &id, &group, member, &numbers)
        })
        .await
    }

    async fn members(
        &self,
        after: (String, String),
        limit: usize,
        deadline: Deadline,
    ) -> Result<Vec<Member>, Outage> {
        self.run(deadline, move |connection| groups::list(connection, &after, limit)).await
    }

    async fn add_ssh_keys(
        &self,
        id: &str,
        lines: Vec<String>,
        most: usize,
        deadline: Deadline,
    ) -> Clashing<KeysAdded> {
        let id = id.to_owned();
        self.run(deadline, move |connection| {
            let transaction = begin(connection, deadline)?;
            let added = ssh_keys::add(&transaction, &id, &lines, most)?;
            match added {
                Ok(KeysAdded::Done(_)) => transaction.commit()?,
                Ok(KeysAdded::TooMany) | Err(_) => transaction.rollback()?,
            }
            Ok(added)
        })
        .await
    }

    async fn remove_ssh_key(
        &self,
        id: &str,
        line: &str,
        deadline: Deadline,
    ) -> Result<bool, Outage> {
        let (id, line) = (id.to_owned(), line.to_owned());
        self.write(deadline, move |transaction| {
            let delete = "DELETE FROM ssh_keys WHERE user = ?1 AND line = ?2";
            transaction.execute(delete, params![id, line]).map(is_one)
        })
        .await
    }
}

impl Embedded {
    /// Carries out `work` in one transaction, which is rolled back after a clash.
    async fn unless_clash<T: Send + 'static>(
        &self,
        deadline: Deadline,
        work: impl FnOnce(&Transaction<'_>) -> Result<Result<T, Clash>, rusqlite::Error>
        + Send
        + 'static,
    ) -> Clashing<T> {
        self.run(deadline, move |connection| {
            let transaction = begin(connection, deadline)?;
            let result = work(&transaction)?;
            match result {
                Ok(_) => transaction.commit()?,
                Err(_) => transaction.rollback()?,
            }
            Ok(result)
        })
        .await
    }
}

/// Whether a statement concerned a user, and not none.
fn is_one(rows: usize) -> bool {
    rows == 1
}
