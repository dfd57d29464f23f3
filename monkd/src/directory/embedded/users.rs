//! Users and their passwords in SQLite.

use async_trait::async_trait;
use data_encoding::HEXLOWER;
use monk_core::hash;
use monk_core::random::Random;
use monk_core::typed::Password;
use rusqlite::{Connection, params};
use zeroize::Zeroizing;

use super::Embedded;
use super::database::begin;
use super::store::read_set;
use crate::clock::{self, SystemRandom};
use crate::deadline::Deadline;
use crate::directory::{Account, Answer, Directory, Lookup, NewUser, Users};
use crate::hashing;
use crate::outage::Outage;

/// The hash that is checked for users who do not exist or have no password: random bytes at the
/// cost of every other hash, so nobody knows a password to it. Ready-made, so that an engine started
/// for one login does not have to hash twice for strangers.
pub(super) const DECOY: &str = "$argon2id$v=19$m=19456,t=2,p=1$K1v3V5oiTDUjKwskc+QP/w$yMP2grSFQJkcUCJO+WMoyZovsepNEVmZ4VcEXQbUhuc";

#[async_trait]
impl Directory for Embedded {
    async fn find(&self, name: &str, deadline: Deadline) -> Result<Lookup, Outage> {
        let name = name.to_owned();
        self.run(deadline, move |connection| {
            let mut found = matching(connection, &name)?;
            match (found.pop(), found.pop()) {
                (None, _) => Ok(Lookup::None),
                (Some(mut account), None) => {
                    account.credentials = Some(read_set(connection, &account.id)?);
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
        Ok(if exists && right { Answer::Right } else { Answer::Wrong })
    }

    fn users(&self) -> Option<&dyn Users> {
        Some(self)
    }
}

#[async_trait]
impl Users for Embedded {
    async fn add(&self, user: NewUser<'_>, deadline: Deadline) -> Result<bool, Outage> {
        let id = HEXLOWER.encode(&SystemRandom.bytes::<16>());
        let password = user.password.map(|password| Zeroizing::new(password.expose().to_owned()));
        let hash = hashing::run(deadline, move || {
            let password = password.and_then(|password| Password::new(&password));
            password.map(|password| hash::hash_password(&password, &mut SystemRandom))
        })
        .await?;
        let (name, mail) = (user.name.to_owned(), user.mail.map(str::to_owned));
        self.run(deadline, move |connection| {
            let transaction = begin(connection, deadline)?;
            // A name may not be another's mail address either: it would match both.
            let taken = matching(&transaction, &name)?.len()
                + match &mail {
                    Some(mail) => matching(&transaction, mail)?.len(),
                    None => 0,
                };
            if taken == 0 {
                transaction.execute(
                    "INSERT INTO users (id, name, mail, password, created) VALUES (?1, ?2, ?3, ?4, ?5)",
                    params![id, name, mail, hash, clock::now().cast_signed()],
                )?;
            }
            transaction.commit()?;
            Ok(taken == 0)
        })
        .await
    }
}

/// Everybody whose name or mail address this is.
fn matching(connection: &Connection, name: &str) -> Result<Vec<Account>, rusqlite::Error> {
    connection
        .prepare_cached("SELECT id, name, mail, disabled FROM users WHERE name = ?1 OR mail = ?1")?
        .query_map([name], |row| {
            let id: String = row.get(0)?;
            Ok(Account {
                locator: id.clone(),
                id,
                name: row.get(1)?,
                mail: row.get(2)?,
                disabled: row.get(3)?,
                credentials: None,
            })
        })?
        .collect()
}

fn stored_password(connection: &Connection, id: &str) -> Result<Option<String>, rusqlite::Error> {
    use rusqlite::OptionalExtension;

    connection
        .prepare_cached("SELECT password FROM users WHERE id = ?1")?
        .query_row([id], |row| row.get(0))
        .optional()
        .map(Option::flatten)
}
