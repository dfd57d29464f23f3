//! Users and groups for hosts.

use async_trait::async_trait;
use monk_core::keys::Keyring;
use rusqlite::{Connection, OptionalExtension, Row, ToSql, params};

use super::lists::{InOrder, ROWS};
use super::{Embedded, adding, changes, groups};
use crate::deadline::Deadline;
use crate::directory::Pages;
use crate::directory::names::{Ageing, Key, Names, PosixGroup, PosixUser};
use crate::outage::Outage;

/// The columns that [`posix_user`] reads, in its order.
const USER: &str = "uid, gid, full_name, home, shell, id, name, must_change, expires";

/// Seconds of a day, in which shadow(5) counts.
const DAY: i64 = 24 * 3600;

#[async_trait]
impl Names for Embedded {
    async fn user(&self, key: Key<'_>, deadline: Deadline) -> Result<Option<PosixUser>, Outage> {
        let key = Owned::of(key);
        self.run(deadline, move |connection| {
            let (column, value) = key.column("uid");
            connection
                .prepare_cached(&format!("SELECT {USER} FROM users WHERE {column} = ?1"))?
                .query_row([value], posix_user)
                .optional()
                .map(|found| found.filter(|user| key.is_spelled(&user.name)))
        })
        .await
    }

    async fn group(&self, key: Key<'_>, deadline: Deadline) -> Result<Option<PosixGroup>, Outage> {
        let key = Owned::of(key);
        self.run(deadline, move |connection| {
            // The group and its members are of the same moment.
            let transaction = connection.transaction()?;
            let found = match &key {
                Owned::Name(name) => groups::named(&transaction, name)?,
                Owned::Number(gid) => groups::numbered(&transaction, *gid)?,
            };
            found
                .filter(|group| key.is_spelled(&group.name))
                .map(|group| posix_group(&transaction, group))
                .transpose()
        })
        .await
    }

    async fn groups_of(&self, user: &PosixUser, deadline: Deadline) -> Result<Vec<u32>, Outage> {
        let id = user.id.clone();
        self.run(deadline, move |connection| groups::of_user(connection, &id)).await
    }

    async fn version(&self, deadline: Deadline) -> Result<u64, Outage> {
        self.run(deadline, changes::count).await
    }

    fn all_users(&self) -> Box<dyn Pages<PosixUser> + '_> {
        Box::new(InOrder::new(self, users_after, |user| &user.name))
    }

    fn all_groups(&self) -> Box<dyn Pages<PosixGroup> + '_> {
        Box::new(InOrder::new(self, groups_after, |group| &group.name))
    }
}

/// A [`Key`] that can go to another thread.
enum Owned {
    Name(String),
    Number(u32),
}

impl Owned {
    fn of(key: Key<'_>) -> Self {
        match key {
            Key::Name(name) => Self::Name(name.to_owned()),
            Key::Number(number) => Self::Number(number),
        }
    }

    /// What is looked for in which column.
    fn column(&self, number: &'static str) -> (&'static str, &dyn ToSql) {
        match self {
            Self::Name(name) => ("name", name),
            Self::Number(value) => (number, value),
        }
    }

    /// Whether that name is meant: columns of names compare without case, and a host does not.
    fn is_spelled(&self, found: &str) -> bool {
        match self {
            Self::Name(name) => name == found,
            Self::Number(_) => true,
        }
    }
}

/// The user of a row of [`USER`].
fn posix_user(row: &Row<'_>) -> Result<PosixUser, rusqlite::Error> {
    let posix = adding::posix(row)?;
    let id: String = row.get(5)?;
    let (must_change, expires) = (row.get(7)?, row.get::<_, Option<i64>>(8)?);
    Ok(PosixUser {
        locator: id.clone(),
        id,
        name: row.get(6)?,
        uid: posix.uid,
        gid: posix.gid,
        gecos: posix.full_name,
        home: posix.home,
        shell: posix.shell,
        ageing: Ageing {
            last_change: if must_change { Some(0) } else { None },
            // A day in which the account ends is none in which it is open.
            expires: expires.map(|end| end.div_euclid(DAY)),
            ..Ageing::default()
        },
    })
}

/// A group with its members.
fn posix_group(
    connection: &Connection,
    group: groups::Group,
) -> Result<PosixGroup, rusqlite::Error> {
    let members = groups::members(connection, group.gid)?;
    Ok(PosixGroup { name: group.name, gid: group.gid, members })
}

fn users_after(
    connection: &mut Connection,
    after: &str,
    _: &Keyring,
) -> Result<Vec<PosixUser>, rusqlite::Error> {
    connection
        .prepare_cached(&format!(
            "SELECT {USER} FROM users WHERE name > ?1 ORDER BY name LIMIT ?2"
        ))?
        .query_map(params![after, ROWS], posix_user)?
        .collect()
}

fn groups_after(
    connection: &mut Connection,
    after: &str,
    _: &Keyring,
) -> Result<Vec<PosixGroup>, rusqlite::Error> {
    let transaction = connection.transaction()?;
    let found = groups::after(&transaction, after, ROWS)?;
    found.into_iter().map(|group| posix_group(&transaction, group)).collect()
}
