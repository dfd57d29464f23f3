//! Users and their passwords in SQLite.

use std::sync::Arc;

use async_trait::async_trait;
use monk_core::hash;
use monk_core::keys::Keyring;
use monk_core::typed::Password;
use monk_terms::account_state::AccountState;
use rusqlite::{Connection, OptionalExtension, Row, params};
use zeroize::Zeroizing;

use super::lists::{InOrder, ROWS};
use super::store::read_set;
use super::{Embedded, groups};
use crate::clock::{self, SystemRandom};
use crate::deadline::Deadline;
use crate::directory::change::{Changed, Changer};
use crate::directory::names::Names;
use crate::directory::{Account, Advice, Answer, Directory, Lookup, Pages, Users};
use crate::hashing;
use crate::outage::Outage;

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
        let right = is_right(password, stored, deadline).await?;
        Ok(if right { Answer::Right(Advice::Nothing) } else { Answer::Wrong })
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

    async fn name_of(&self, id: &str, deadline: Deadline) -> Result<Option<String>, Outage> {
        let id = id.to_owned();
        self.run(deadline, move |connection| {
            let mut found = connection.prepare_cached("SELECT name FROM users WHERE id = ?1")?;
            found.query_row([id], |row| row.get(0)).optional()
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

    async fn shows_group(&self, group: &str, deadline: Deadline) -> Result<bool, Outage> {
        let group = group.to_owned();
        self.run(deadline, move |connection| groups::has_somebody(connection, &group)).await
    }

    fn users(&self) -> Option<&dyn Users> {
        Some(self)
    }
}

/// A time as it is stored. The end of all times is as good as one beyond it.
pub(super) fn seconds(time: u64) -> i64 {
    i64::try_from(time).unwrap_or(i64::MAX)
}

/// Whether a password is the one that is stored. Without one it does the same work, and says no.
pub(super) async fn is_right(
    password: &Password,
    stored: Option<String>,
    deadline: Deadline,
) -> Result<bool, Outage> {
    let exists = stored.is_some();
    let password = Zeroizing::new(password.expose().to_owned());
    let right = hashing::run(deadline, move || {
        let password = Password::new(&password).ok_or(hash::HashError::Malformed)?;
        hash::verify_password(&password, stored.as_deref().unwrap_or(DECOY))
    })
    .await?
    .map_err(|_| Outage::Storage("the stored password hash is damaged".into()))?;
    Ok(exists && right)
}

/// The hash of a new password.
pub(super) async fn hashed(password: &Password, deadline: Deadline) -> Result<String, Outage> {
    let password = Zeroizing::new(password.expose().to_owned());
    hashing::run(deadline, move || {
        let password = Password::new(&password)?;
        Some(hash::hash_password(&password, &mut SystemRandom))
    })
    .await?
    .ok_or_else(|| Outage::Storage("an empty password".into()))
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
pub(super) fn matching(
    connection: &Connection,
    name: &str,
) -> Result<Vec<Account>, rusqlite::Error> {
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
        password_end: None,
        credentials: None,
    })
}

pub(super) fn stored_password(
    connection: &Connection,
    id: &str,
) -> Result<Option<String>, rusqlite::Error> {
    use rusqlite::OptionalExtension;

    connection
        .prepare_cached("SELECT password FROM users WHERE id = ?1")?
        .query_row([id], |row| row.get(0))
        .optional()
        .map(Option::flatten)
}
