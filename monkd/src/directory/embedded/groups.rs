//! Groups in SQLite: a group is there as long as somebody is in it.

use rusqlite::{Connection, Transaction, params};

type Result<T> = std::result::Result<T, rusqlite::Error>;

/// Who is in which group. Names of groups compare without case in ASCII, as those of users do.
pub(super) const SCHEMA: &str = "
    CREATE TABLE members (
        name TEXT NOT NULL COLLATE NOCASE,
        user TEXT NOT NULL,
        PRIMARY KEY (name, user)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX members_user ON members (user);
";

/// Whether a user is in one of these groups.
pub(super) fn contain(connection: &Connection, user: &str, groups: &[String]) -> Result<bool> {
    let mut statement =
        connection.prepare_cached("SELECT 1 FROM members WHERE name = ?1 AND user = ?2")?;
    for group in groups {
        if statement.exists(params![group, user])? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Puts a user into a group, or takes the user out. How many rows that changed.
pub(super) fn set_member(
    transaction: &Transaction<'_>,
    user: &str,
    group: &str,
    member: bool,
) -> Result<usize> {
    let statement = match member {
        // Only users who are there still.
        true => {
            "INSERT OR IGNORE INTO members (name, user)
             SELECT ?1, id FROM users WHERE id = ?2"
        }
        false => "DELETE FROM members WHERE name = ?1 AND user = ?2",
    };
    transaction.execute(statement, params![group, user])
}

/// Takes a user out of every group.
pub(super) fn forget(transaction: &Transaction<'_>, user: &str) -> Result<()> {
    transaction.execute("DELETE FROM members WHERE user = ?1", [user]).map(|_| ())
}

/// Groups and their members, by name, after a pair of both.
pub(super) fn list(
    connection: &Connection,
    after: &(String, String),
    limit: usize,
) -> Result<Vec<(String, String)>> {
    let most = i64::try_from(limit).unwrap_or(i64::MAX);
    connection
        .prepare_cached(
            "SELECT members.name, users.name FROM members JOIN users ON users.id = members.user
             WHERE (members.name, users.name) > (?1, ?2)
             ORDER BY members.name, users.name LIMIT ?3",
        )?
        .query_map(params![after.0, after.1, most], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect()
}
