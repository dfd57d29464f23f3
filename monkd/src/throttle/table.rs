//! The tables of the counters.

use monk_core::fingerprint::FINGERPRINT_BYTES;
use monk_core::throttle::{Counter, KNOWN_FOR, REMEMBERED_STRINGS, Scope};
use rusqlite::{Connection, OptionalExtension, Row, Transaction, params};

use super::{Slowed, Subject};

type Result<T> = std::result::Result<T, rusqlite::Error>;

/// Most counters that are kept, some tens of megabytes. Somebody who tries from more networks, or
/// for more names, pushes out those that were quiet the longest.
const MAX_COUNTERS: i64 = 200_000;

/// Most networks that are known to one user: at home, at work, the telephone's, on the way.
const MAX_KNOWN: i64 = 32;

/// Seconds after which a counter without a failure, and a wrong string, are forgotten.
const FORGET_AFTER: u64 = 7 * 24 * 3600;

pub(super) const SCHEMA: &str = "
    CREATE TABLE counters (
        scope    TEXT NOT NULL,
        user     TEXT NOT NULL,
        network  TEXT NOT NULL,
        name     TEXT NOT NULL,
        failures INTEGER NOT NULL,
        at       INTEGER NOT NULL,
        next     INTEGER NOT NULL,
        PRIMARY KEY (scope, user, network)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX counters_at ON counters (at);
    CREATE TABLE under_way (
        scope   TEXT NOT NULL,
        user    TEXT NOT NULL,
        network TEXT NOT NULL,
        id      INTEGER NOT NULL,
        process INTEGER NOT NULL,
        begun   INTEGER NOT NULL,
        PRIMARY KEY (scope, user, network, id)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX under_way_id ON under_way (id);
    CREATE TABLE known (
        user    TEXT NOT NULL,
        network TEXT NOT NULL,
        at      INTEGER NOT NULL,
        PRIMARY KEY (user, network)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE wrong (
        user        TEXT NOT NULL,
        fingerprint BLOB NOT NULL,
        at          INTEGER NOT NULL,
        PRIMARY KEY (user, fingerprint)
    ) STRICT, WITHOUT ROWID;
";

/// What names one counter.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Keys {
    pub scope: Scope,
    pub user: String,
    pub network: String,
}

impl Keys {
    /// The counters that an attempt falls under.
    pub fn of(subject: &Subject, known: bool) -> Vec<Self> {
        let key = |scope, user: &str, network: &str| Self {
            scope,
            user: user.to_owned(),
            network: network.to_owned(),
        };
        if known {
            vec![key(Scope::Known, &subject.user, &subject.network)]
        } else {
            vec![key(Scope::User, &subject.user, ""), key(Scope::Network, "", &subject.network)]
        }
    }
}

pub(super) fn word(scope: Scope) -> &'static str {
    match scope {
        Scope::Known => "known",
        Scope::User => "user",
        Scope::Network => "network",
    }
}

fn scope_of(word: &str) -> Scope {
    match word {
        "known" => Scope::Known,
        "network" => Scope::Network,
        _ => Scope::User,
    }
}

/// Times are far below the limit of SQLite's integers.
fn time(seconds: u64) -> i64 {
    i64::try_from(seconds).unwrap_or(i64::MAX)
}

fn counter(row: &Row<'_>, first: usize) -> Result<Counter> {
    let time = |column| row.get(column).map(|at: i64| u64::try_from(at).unwrap_or_default());
    Ok(Counter { failures: row.get(first)?, at: time(first + 1)?, next: time(first + 2)? })
}

pub(super) fn read(file: &Connection, key: &Keys) -> Result<Counter> {
    file.prepare_cached(
        "SELECT failures, at, next FROM counters
             WHERE scope = ?1 AND user = ?2 AND network = ?3",
    )?
    .query_row(params![word(key.scope), key.user, key.network], |row| counter(row, 0))
    .optional()
    .map(Option::unwrap_or_default)
}

pub(super) fn write(
    transaction: &Transaction<'_>,
    key: &Keys,
    subject: &Subject,
    counter: Counter,
) -> Result<()> {
    let (scope, user, network) = (word(key.scope), &key.user, &key.network);
    if counter == Counter::default() {
        transaction
            .prepare_cached("DELETE FROM counters WHERE scope = ?1 AND user = ?2 AND network = ?3")?
            .execute(params![scope, user, network])?;
        return Ok(());
    }
    let name = if key.scope == Scope::Network { "" } else { &subject.name };
    transaction
        .prepare_cached("INSERT OR REPLACE INTO counters VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)")?
        .execute(params![
            scope,
            user,
            network,
            name,
            counter.failures,
            time(counter.at),
            time(counter.next)
        ])?;
    Ok(())
}

/// When the network was last written down as known to the user, unless that is too long ago.
pub(super) fn known_since(file: &Connection, subject: &Subject, now: u64) -> Result<Option<u64>> {
    file.prepare_cached("SELECT at FROM known WHERE user = ?1 AND network = ?2 AND at > ?3")?
        .query_row(
            params![subject.user, subject.network, time(now.saturating_sub(KNOWN_FOR))],
            |row| row.get(0).map(|at: i64| u64::try_from(at).unwrap_or_default()),
        )
        .optional()
}

pub(super) fn make_known(transaction: &Transaction<'_>, subject: &Subject, now: u64) -> Result<()> {
    let (user, network) = (&subject.user, &subject.network);
    transaction
        .prepare_cached("INSERT OR REPLACE INTO known VALUES (?1, ?2, ?3)")?
        .execute(params![user, network, time(now)])?;
    transaction
        .prepare_cached(
            "DELETE FROM known WHERE user = ?1 AND network NOT IN
             (SELECT network FROM known WHERE user = ?1 ORDER BY at DESC LIMIT ?2)",
        )?
        .execute(params![user, MAX_KNOWN])?;
    Ok(())
}

/// Whether this string was not wrong for the user before. It is remembered.
pub(super) fn is_new(
    transaction: &Transaction<'_>,
    subject: &Subject,
    fingerprint: [u8; FINGERPRINT_BYTES],
    now: u64,
) -> Result<bool> {
    let user = &subject.user;
    let seen = transaction
        .prepare_cached("UPDATE wrong SET at = ?3 WHERE user = ?1 AND fingerprint = ?2")?
        .execute(params![user, fingerprint, time(now)])?;
    if seen > 0 {
        return Ok(false);
    }
    transaction.prepare_cached("INSERT INTO wrong VALUES (?1, ?2, ?3)")?.execute(params![
        user,
        fingerprint,
        time(now)
    ])?;
    let kept = i64::try_from(REMEMBERED_STRINGS).unwrap_or(i64::MAX);
    transaction
        .prepare_cached(
            "DELETE FROM wrong WHERE user = ?1 AND fingerprint NOT IN
             (SELECT fingerprint FROM wrong WHERE user = ?1 ORDER BY at DESC LIMIT ?2)",
        )?
        .execute(params![user, kept])?;
    Ok(true)
}

/// Removes what time has made meaningless, and what is too much.
pub(super) fn forget_old(transaction: &Transaction<'_>, now: u64) -> Result<()> {
    let old = time(now.saturating_sub(FORGET_AFTER));
    transaction.execute("DELETE FROM counters WHERE at < ?1", [old])?;
    transaction.execute("DELETE FROM wrong WHERE at < ?1", [old])?;
    let unknown = time(now.saturating_sub(KNOWN_FOR));
    transaction.execute("DELETE FROM known WHERE at < ?1", [unknown])?;
    transaction.execute(
        "DELETE FROM counters WHERE (scope, user, network) IN
         (SELECT scope, user, network FROM counters ORDER BY at DESC LIMIT -1 OFFSET ?1)",
        [MAX_COUNTERS],
    )?;
    Ok(())
}

pub(super) fn list(transaction: &Transaction<'_>, now: u64) -> Result<Vec<Slowed>> {
    let mut all = transaction
        .prepare("SELECT scope, name, network, failures, at, next FROM counters")?
        .query_map([], |row| {
            let scope = scope_of(&row.get::<_, String>(0)?);
            let some = |text: String| (!text.is_empty()).then_some(text);
            let counter = counter(row, 3)?.not_ahead(scope, now).now(now);
            Ok(Slowed {
                scope: word(scope),
                user: some(row.get(1)?),
                network: some(row.get(2)?),
                failures: counter.failures,
                wait: counter.wait(scope, now),
                at: counter.at,
            })
        })?
        .collect::<Result<Vec<_>>>()?;
    all.retain(|slowed| slowed.failures > 0);
    all.sort_by_key(|slowed| std::cmp::Reverse((slowed.wait, slowed.failures)));
    Ok(all)
}

pub(super) fn clear(transaction: &Transaction<'_>, name: Option<&str>) -> Result<usize> {
    match name {
        Some(name) => transaction
            .execute("DELETE FROM counters WHERE name = ?1 COLLATE NOCASE OR network = ?1", [name]),
        None => transaction.execute("DELETE FROM counters", []),
    }
}
