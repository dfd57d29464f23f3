//! Groups in SQLite.

use monk_wire::manage::Clash;
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::numbers::{self, Numbers};
use crate::directory::users::Member;

type Result<T> = std::result::Result<T, rusqlite::Error>;
type Clashing<T> = Result<std::result::Result<T, Clash>>;

/// A group as it is stored.
pub(super) struct Group {
    /// Its number.
    pub gid: u32,
    /// Its name.
    pub name: String,
    /// The user whose private group it is.
    pub owner: Option<String>,
}

impl Group {
    fn read(row: &Row<'_>) -> Result<Self> {
        Ok(Self { gid: row.get(0)?, name: row.get(1)?, owner: row.get(2)? })
    }
}

/// The group of that name.
pub(super) fn named(connection: &Connection, name: &str) -> Result<Option<Group>> {
    connection
        .prepare_cached("SELECT gid, name, owner FROM groups WHERE name = ?1")?
        .query_row([name], Group::read)
        .optional()
}

/// The group of that number.
pub(super) fn numbered(connection: &Connection, gid: u32) -> Result<Option<Group>> {
    connection
        .prepare_cached("SELECT gid, name, owner FROM groups WHERE gid = ?1")?
        .query_row([gid], Group::read)
        .optional()
}

/// All groups whose names come after `after`, by name.
pub(super) fn after(connection: &Connection, after: &str, limit: i64) -> Result<Vec<Group>> {
    connection
        .prepare_cached(
            "SELECT gid, name, owner FROM groups WHERE name > ?1 ORDER BY name LIMIT ?2",
        )?
        .query_map(params![after, limit], Group::read)?
        .collect()
}

/// Whether a user is in one of these groups.
pub(super) fn contain(connection: &Connection, user: &str, groups: &[String]) -> Result<bool> {
    let mut statement = connection.prepare_cached(
        // The private group of a user who is called as a group of a policy is not that group.
        "SELECT 1 FROM groups WHERE name = ?1 AND owner IS NULL
         AND gid IN (SELECT gid FROM members WHERE user = ?2 UNION ALL SELECT gid FROM users WHERE id = ?2)",
    )?;
    for group in groups {
        if statement.exists(params![group, user])? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Whether somebody is in the group of this name, which is nobody's private one.
pub(super) fn has_somebody(connection: &Connection, group: &str) -> Result<bool> {
    let found = named(connection, group)?.filter(|group| group.owner.is_none());
    let Some(found) = found else { return Ok(false) };
    Ok(!members_after(connection, found.gid, "", 1)?.is_empty())
}

/// The login names of those who are in a group, put there or by their primary group; not the owner of a private
/// one.
pub(super) fn members(connection: &Connection, gid: u32) -> Result<Vec<String>> {
    members_after(connection, gid, "", i64::MAX)
}

/// Those whose names come after `after`, by name.
fn members_after(
    connection: &Connection,
    gid: u32,
    after: &str,
    limit: i64,
) -> Result<Vec<String>> {
    connection
        .prepare_cached(
            "SELECT users.name FROM members JOIN users ON users.id = members.user
             WHERE members.gid = ?1 AND users.name > ?2
             UNION SELECT name FROM users WHERE gid = ?1 AND name > ?2
             AND id IS NOT (SELECT owner FROM groups WHERE gid = ?1)
             ORDER BY 1 LIMIT ?3",
        )?
        .query_map(params![gid, after, limit], |row| row.get(0))?
        .collect()
}

/// The numbers of the groups that a user is in, the primary one among them.
pub(super) fn of_user(connection: &Connection, user: &str) -> Result<Vec<u32>> {
    connection
        .prepare_cached(
            "SELECT gid FROM members WHERE user = ?1
             UNION SELECT gid FROM users WHERE id = ?1 ORDER BY 1",
        )?
        .query_map([user], |row| row.get(0))?
        .collect()
}

/// Makes a group of that name and number. Says the number, and whether the group is new.
pub(super) fn make(
    transaction: &Connection,
    name: &str,
    gid: Option<u32>,
    numbers: &Numbers,
) -> Clashing<(u32, bool)> {
    if let Some(Group { gid: has, name, owner }) = named(transaction, name)? {
        return Ok(match (owner, gid) {
            (Some(_), _) => Err(Clash::Private { group: name }),
            (None, Some(wanted)) if wanted != has => {
                Err(Clash::GroupExists { group: name, gid: has })
            }
            (None, _) => Ok((has, false)),
        });
    }
    let gid = match gid {
        Some(gid) => match numbered(transaction, gid)? {
            Some(Group { name: group, .. }) => return Ok(Err(Clash::Gid { gid, group })),
            None => gid,
        },
        None => match numbers.next(transaction)? {
            Ok(gid) => gid,
            Err(clash) => return Ok(Err(clash)),
        },
    };
    insert(transaction, gid, name, None)?;
    Ok(Ok((gid, true)))
}

/// Writes a group of which nobody has name or number.
pub(super) fn insert(
    transaction: &Connection,
    gid: u32,
    name: &str,
    owner: Option<&str>,
) -> Result<()> {
    numbers::note(transaction, gid, false)?;
    transaction
        .prepare_cached("INSERT INTO groups (gid, name, owner) VALUES (?1, ?2, ?3)")?
        .execute(params![gid, name, owner])
        .map(drop)
}

/// Deletes a group that is nobody's primary one.
pub(super) fn delete(transaction: &Connection, name: &str) -> Clashing<()> {
    let Group { gid, name, owner } = match named(transaction, name)? {
        Some(group) => group,
        None => return Ok(Err(Clash::NoSuchGroup { group: name.to_owned() })),
    };
    if owner.is_some() {
        return Ok(Err(Clash::Private { group: name }));
    }
    if let Some(user) = primary_user(transaction, gid, None)? {
        return Ok(Err(Clash::Primary { group: name, user }));
    }
    transaction.execute("DELETE FROM members WHERE gid = ?1", [gid])?;
    transaction.execute("DELETE FROM groups WHERE gid = ?1", [gid])?;
    Ok(Ok(()))
}

/// The name of somebody who has the group as primary one; of this user, if one is given.
fn primary_user(connection: &Connection, gid: u32, id: Option<&str>) -> Result<Option<String>> {
    connection
        .prepare_cached(
            "SELECT name FROM users WHERE gid = ?1 AND (?2 IS NULL OR id = ?2) ORDER BY name LIMIT 1",
        )?
        .query_row(params![gid, id], |row| row.get(0))
        .optional()
}

/// Puts a user into a group, which is made where it is not there, or takes the user out. Whether that changed
/// anything.
pub(super) fn set_member(
    transaction: &Connection,
    user: &str,
    group: &str,
    member: bool,
    numbers: &Numbers,
) -> Clashing<bool> {
    if member {
        // Only users who are there still.
        let is_there =
            transaction.prepare_cached("SELECT 1 FROM users WHERE id = ?1")?.exists([user])?;
        if !is_there {
            return Ok(Err(Clash::Gone));
        }
        return match make(transaction, group, None, numbers)? {
            Ok((gid, _)) => join(transaction, gid, user).map(Ok),
            Err(clash) => Ok(Err(clash)),
        };
    }
    let Some(Group { gid, name, owner: None }) = named(transaction, group)? else {
        return Ok(Ok(false));
    };
    if let Some(user) = primary_user(transaction, gid, Some(user))? {
        return Ok(Err(Clash::Primary { group: name, user }));
    }
    let left = transaction
        .execute("DELETE FROM members WHERE gid = ?1 AND user = ?2", params![gid, user])?;
    Ok(Ok(left > 0))
}

/// Puts a user into a group; `false` for one who was in it before.
pub(super) fn join(transaction: &Connection, gid: u32, user: &str) -> Result<bool> {
    transaction
        .prepare_cached("INSERT OR IGNORE INTO members (gid, user) VALUES (?1, ?2)")?
        .execute(params![gid, user])
        .map(|rows| rows > 0)
}

/// Takes a user out of every group, and removes the private one.
pub(super) fn forget(transaction: &Connection, user: &str) -> Result<()> {
    transaction.execute("DELETE FROM members WHERE user = ?1", [user])?;
    drop_private(transaction, user)
}

/// Removes the private group of a user.
pub(super) fn drop_private(transaction: &Connection, user: &str) -> Result<()> {
    transaction.execute("DELETE FROM groups WHERE owner = ?1", [user]).map(drop)
}

/// Groups and their members, by name, after a pair of both. Private groups are left out.
pub(super) fn list(
    connection: &Connection,
    after: &(String, String),
    limit: usize,
) -> Result<Vec<Member>> {
    let mut rows = Vec::new();
    let left =
        |rows: &[Member]| i64::try_from(limit.saturating_sub(rows.len())).unwrap_or(i64::MAX);
    let mut groups = connection.prepare_cached(
        "SELECT gid, name, owner FROM groups WHERE owner IS NULL AND name >= ?1 ORDER BY name",
    )?;
    let mut groups = groups.query([&after.0])?;
    while let Some(group) = groups.next()? {
        let Group { gid, name, .. } = Group::read(group)?;
        let is_under_way = name.eq_ignore_ascii_case(&after.0);
        let last = if is_under_way { &after.1 } else { "" };
        let users = members_after(connection, gid, last, left(&rows))?;
        if users.is_empty() && !is_under_way {
            rows.push(Member { group: name.clone(), gid, user: None });
        }
        let row = |user| Member { group: name.clone(), gid, user: Some(user) };
        rows.extend(users.into_iter().map(row));
        if left(&rows) == 0 {
            break;
        }
    }
    Ok(rows)
}
