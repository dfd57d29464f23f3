//! Users and their passwords in SQLite.

use std::sync::Arc;

use async_trait::async_trait;
use data_encoding::HEXLOWER;
use monk_core::hash;
use monk_core::keys::Keyring;
use monk_core::random::Random;
use monk_core::typed::Password;
use monk_terms::account_state::AccountState;
use rusqlite::{Connection, Row, params};
use zeroize::Zeroizing;

use super::lists::{InOrder, ROWS};
use super::store::{forget, read_set};
use super::{Embedded, groups};
use crate::clock::{self, SystemRandom};
use crate::deadline::Deadline;
use crate::directory::change::{Changed, Changer};
use crate::directory::names::Names;
use crate::directory::{
    Account, Advice, Answer, Directory, HashedUser, Lookup, NewUser, Pages, Users,
};
use crate::hashing;
use crate::outage::Outage;
use crate::sqlite::{begin, in_time};

/// The hash that is checked for users who do not exist or have no password: random bytes at the
/// cost of every other hash, so nobody knows a password to it. Ready-made, so that an engine started
/// for one login does not have to hash twice for strangers.
pub(super) const DECOY: &str = "$argon2id$v=19$m=19456,t=2,p=1$K1v3V5oiTDUjKwskc+QP/w$yMP2grSFQJkcUCJO+WMoyZovsepNEVmZ4VcEXQbUhuc";

/// The columns that [`account`] reads, in its order.
const ACCOUNT: &str = "id, name, mail, created, disabled, must_change, expires";

#[async_trait]
impl Directory for Embedded {
    async fn find(&self, name: &str, deadline: Deadline) -> Result<Lookup, Outage> {
        let (name, keys) = (name.to_owned(), Arc::clone(&self.keys));
        self.run(deadline, move |connection| {
            let mut found = matching(connection, &name)?;
            match (found.pop(), found.pop()) {
                (None, _) => Ok(Lookup::None),
                (Some(mut account), None) => {
                    account.credentials = Some(read_set(connection, &account.id, &keys)?);
                    Ok(Lookup::One(Box::new(account)))
                }
                (Some(_), Some(_)) => Ok(Lookup::Several),
            }
        })
        .await
    }

    async fn check_password(
        &self,
        account: Option<&Account>,
        password: &Password,
        deadline: Deadline,
    ) -> Result<Answer, Outage> {
        let id = account.map(|account| account.id.clone());
        let stored = self
            .run(deadline, move |connection| match id {
                Some(id) => stored_password(connection, &id),
                None => Ok(None),
            })
            .await?;
        let exists = stored.is_some();
        let password = Zeroizing::new(password.expose().to_owned());
        let right = hashing::run(deadline, move || {
            let password = Password::new(&password).ok_or(hash::HashError::Malformed)?;
            hash::verify_password(&password, stored.as_deref().unwrap_or(DECOY))
        })
        .await?
        .map_err(|_| Outage::Storage("the stored password hash is damaged".into()))?;
        Ok(if exists && right { Answer::Right(Advice::Nothing) } else { Answer::Wrong })
    }

    async fn change_password(
        &self,
        account: &Account,
        changer: Changer<'_>,
        new: &Password,
        deadline: Deadline,
    ) -> Result<Changed, Outage> {
        self.change_password_of(account, changer, new, deadline).await
    }

    async fn ssh_keys(&self, account: &Account, deadline: Deadline) -> Result<Vec<String>, Outage> {
        self.keys_of(account, deadline).await
    }

    fn names(&self) -> &dyn Names {
        self
    }

    fn everybody(&self) -> Box<dyn Pages<Account> + '_> {
        Box::new(InOrder::new(self, by_name, |account| &account.name))
    }

    async fn has(&self, id: &str, deadline: Deadline) -> Result<bool, Outage> {
        let id = id.to_owned();
        self.run(deadline, move |connection| {
            connection.prepare_cached("SELECT 1 FROM users WHERE id = ?1")?.exists([id])
        })
        .await
    }

    async fn is_in_group(
        &self,
        account: &Account,
        groups: &[String],
        deadline: Deadline,
    ) -> Result<bool, Outage> {
        let (id, groups) = (account.id.clone(), groups.to_vec());
        self.run(deadline, move |connection| groups::contain(connection, &id, &groups)).await
    }

    fn users(&self) -> Option<&dyn Users> {
        Some(self)
    }
}

#[async_trait]
impl Users for Embedded {
    async fn add(&self, user: NewUser<'_>, deadline: Deadline) -> Result<bool, Outage> {
        let hash = match user.password {
            Some(password) => Some(hashed(password, deadline).await?),
            None => None,
        };
        let (name, mail) = (user.name.to_owned(), user.mail.map(str::to_owned));
        let user = HashedUser { name, mail, password: hash, disabled: false, expires: None };
        self.write(deadline, move |transaction| insert(transaction, &user)).await
    }

    async fn add_all(
        &self,
        users: Vec<HashedUser>,
        deadline: Deadline,
    ) -> Result<Option<String>, Outage> {
        self.run(deadline, move |connection| {
            let transaction = begin(connection, deadline)?;
            for user in users {
                if !insert(&transaction, &user)? {
                    transaction.rollback()?;
                    return Ok(Some(user.name));
                }
            }
            // Many rows take their time, too.
            in_time(deadline)?;
            transaction.commit()?;
            Ok(None)
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
            transaction.execute("DELETE FROM users WHERE id = ?1", [id]).map(is_one)
        })
        .await
    }

    async fn set_member(
        &self,
        id: &str,
        group: &str,
        member: bool,
        deadline: Deadline,
    ) -> Result<bool, Outage> {
        let (id, group) = (id.to_owned(), group.to_owned());
        self.write(deadline, move |transaction| {
            groups::set_member(transaction, &id, &group, member).map(is_one)
        })
        .await
    }

    async fn members(
        &self,
        after: (String, String),
        limit: usize,
        deadline: Deadline,
    ) -> Result<Vec<(String, String)>, Outage> {
        self.run(deadline, move |connection| groups::list(connection, &after, limit)).await
    }
}

/// A time as it is stored. The end of all times is as good as one beyond it.
fn seconds(time: u64) -> i64 {
    i64::try_from(time).unwrap_or(i64::MAX)
}

/// Whether a statement concerned a user, and not none.
fn is_one(rows: usize) -> bool {
    rows == 1
}

/// The hash of a new password.
async fn hashed(password: &Password, deadline: Deadline) -> Result<String, Outage> {
    let password = Zeroizing::new(password.expose().to_owned());
    hashing::run(deadline, move || {
        let password = Password::new(&password)?;
        Some(hash::hash_password(&password, &mut SystemRandom))
    })
    .await?
    .ok_or_else(|| Outage::Storage("an empty password".into()))
}

/// Adds a user; `false` when the name or mail address is taken.
fn insert(transaction: &Connection, user: &HashedUser) -> Result<bool, rusqlite::Error> {
    let HashedUser { name, mail, password, disabled, expires } = user;
    // A name may not be another's mail address either: it would match both.
    let taken = matching(transaction, name)?.len()
        + match mail {
            Some(mail) => matching(transaction, mail)?.len(),
            None => 0,
        };
    if taken == 0 {
        let id = HEXLOWER.encode(&SystemRandom.bytes::<16>());
        let mut statement = transaction.prepare_cached(
            "INSERT INTO users (id, name, mail, password, disabled, expires, created)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        )?;
        let (now, expires) = (seconds(clock::now()), expires.map(seconds));
        statement.execute(params![id, name, mail, password, disabled, expires, now])?;
    }
    Ok(taken == 0)
}

/// The users whose names come after `after`, by name.
fn by_name(
    connection: &mut Connection,
    after: &str,
    _: &Keyring,
) -> Result<Vec<Account>, rusqlite::Error> {
    connection
        .prepare_cached(&format!(
            "SELECT {ACCOUNT} FROM users WHERE name > ?1 ORDER BY name LIMIT ?2"
        ))?
        .query_map(params![after, ROWS], account)?
        .collect()
}

/// Everybody whose name or mail address this is.
fn matching(connection: &Connection, name: &str) -> Result<Vec<Account>, rusqlite::Error> {
    connection
        .prepare_cached(&format!("SELECT {ACCOUNT} FROM users WHERE name = ?1 OR mail = ?1"))?
        .query_map([name], account)?
        .collect()
}

/// The user of a row of [`ACCOUNT`], with the state of this moment.
fn account(row: &Row<'_>) -> Result<Account, rusqlite::Error> {
    let id: String = row.get(0)?;
    let (disabled, must_change, expires) =
        (row.get(4)?, row.get(5)?, row.get::<_, Option<i64>>(6)?);
    let has_ended = expires.is_some_and(|end| end.cast_unsigned() <= clock::now());
    Ok(Account {
        locator: id.clone(),
        id,
        name: row.get(1)?,
        mail: row.get(2)?,
        state: match (disabled, has_ended, must_change) {
            (true, ..) => AccountState::Disabled,
            (_, true, _) => AccountState::Expired,
            (.., true) => AccountState::MustChange,
            (false, false, false) => AccountState::Enabled,
        },
        created: Some(row.get::<_, i64>(3)?.cast_unsigned()),
        credentials: None,
    })
}

fn stored_password(connection: &Connection, id: &str) -> Result<Option<String>, rusqlite::Error> {
    use rusqlite::OptionalExtension;

    connection
        .prepare_cached("SELECT password FROM users WHERE id = ?1")?
        .query_row([id], |row| row.get(0))
        .optional()
        .map(Option::flatten)
}
