//! The tables of the counters.

use std::collections::HashSet;

use monk_core::lockout::Lockout;
use monk_core::throttle::{Counter, KNOWN_FOR, Scope};
use monk_terms::proof::Proof;
use rusqlite::{Connection, OptionalExtension, Row, Transaction, params};

use super::subject::Subject;

type Result<T> = std::result::Result<T, rusqlite::Error>;

/// Most counters that are kept, some tens of megabytes. Somebody who tries from more networks, or
/// for more names, pushes out those with the fewest failures: his own, and not that of the user whom he
/// is after.
const MAX_COUNTERS: i64 = 200_000;

/// Most wrong strings that are kept. Somebody who tries many names pushes out the oldest ones, which
/// makes a repetition count again.
const MAX_STRINGS: i64 = 200_000;

/// Most networks where a user is known to have proved one thing: at home, at work, the telephone's, on the way.
const MAX_KNOWN: i64 = 32;

/// Seconds after which a counter without a failure, and a wrong string, are forgotten.
const FORGET_AFTER: u64 = 7 * 24 * 3600;

/// One line of the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slowed {
    /// `user`, `network`, `known` or `directory`.
    pub scope: &'static str,
    /// What was guessed: the word of a [`monk_terms::proof::Proof`].
    pub proof: String,
    /// The name, where a user is slowed down.
    pub user: Option<String>,
    /// The network, where one is.
    pub network: Option<String>,
    /// Failures that are not forgotten yet.
    pub failures: u32,
    /// Seconds until the next attempt is looked at.
    pub wait: u64,
    /// When the last failure was, in seconds since 1970.
    pub at: u64,
}

pub(super) const SCHEMA: &str = "
    CREATE TABLE counters (
        scope    TEXT NOT NULL,
        user     TEXT NOT NULL,
        network  TEXT NOT NULL,
        proof    TEXT NOT NULL,
        name     TEXT NOT NULL,
        failures INTEGER NOT NULL,
        forgiven INTEGER NOT NULL,
        at       INTEGER NOT NULL,
        next     INTEGER NOT NULL,
        PRIMARY KEY (scope, user, network, proof)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX counters_at ON counters (at);
    CREATE TABLE under_way (
        scope   TEXT NOT NULL,
        user    TEXT NOT NULL,
        network TEXT NOT NULL,
        proof   TEXT NOT NULL,
        id      INTEGER NOT NULL,
        process INTEGER NOT NULL,
        begun   INTEGER NOT NULL,
        PRIMARY KEY (scope, user, network, proof, id)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX under_way_id ON under_way (id);
    CREATE TABLE known (
        user    TEXT NOT NULL,
        network TEXT NOT NULL,
        proof   TEXT NOT NULL,
        at      INTEGER NOT NULL,
        PRIMARY KEY (user, network, proof)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE wrong (
        user        TEXT NOT NULL,
        fingerprint BLOB NOT NULL,
        step        INTEGER NOT NULL,
        at          INTEGER NOT NULL,
        PRIMARY KEY (user, fingerprint)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX wrong_at ON wrong (at);
    CREATE TABLE refused (
        user        TEXT NOT NULL,
        fingerprint BLOB NOT NULL,
        at          INTEGER NOT NULL,
        PRIMARY KEY (user, fingerprint)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE strangers (
        user    TEXT NOT NULL,
        network TEXT NOT NULL,
        proof   TEXT NOT NULL,
        count   INTEGER NOT NULL,
        at      INTEGER NOT NULL,
        PRIMARY KEY (user, network, proof)
    ) STRICT, WITHOUT ROWID;
";

/// What names one counter.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Keys {
    pub scope: Scope,
    pub user: String,
    pub network: String,
    pub proof: Proof,
}

impl Keys {
    /// The counters that an attempt falls under, where the user is known to have proved `known` at the
    /// network.
    pub fn of(subject: &Subject, known: &[Proof]) -> Vec<Self> {
        let key = |scope, user: &str, network: &str, proof| Self {
            scope,
            user: user.to_owned(),
            network: network.to_owned(),
            proof,
        };
        let of_proof = |&proof: &Proof| {
            if known.contains(&proof) {
                vec![key(Scope::Known, &subject.user, &subject.network, proof)]
            } else {
                vec![
                    key(Scope::User, &subject.user, "", proof),
                    key(Scope::Network, "", &subject.network, proof),
                ]
            }
        };
        let mut keys: Vec<_> = subject.claims.iter().flat_map(of_proof).collect();
        if subject.asks_directory && subject.claims.contains(&Proof::Password) {
            keys.push(Self::directory(subject));
        }
        keys
    }

    /// The counter of what the directory was sent of the user.
    pub fn directory(subject: &Subject) -> Self {
        let (user, network) = (subject.user.clone(), String::new());
        Self { scope: Scope::Directory, user, network, proof: Proof::Password }
    }
}

pub(super) fn word(scope: Scope) -> &'static str {
    match scope {
        Scope::Known => "known",
        Scope::User => "user",
        Scope::Network => "network",
        Scope::Directory => "directory",
    }
}

fn scope_of(word: &str) -> Scope {
    match word {
        "known" => Scope::Known,
        "network" => Scope::Network,
        "directory" => Scope::Directory,
        _ => Scope::User,
    }
}

/// Times are far below the limit of SQLite's integers.
pub(super) fn time(seconds: u64) -> i64 {
    i64::try_from(seconds).unwrap_or(i64::MAX)
}

fn counter(row: &Row<'_>, first: usize) -> Result<Counter> {
    let time = |column| row.get(column).map(|at: i64| u64::try_from(at).unwrap_or_default());
    let (failures, forgiven) = (row.get(first)?, row.get(first + 1)?);
    Ok(Counter { failures, forgiven, at: time(first + 2)?, next: time(first + 3)? })
}

pub(super) fn read(file: &Connection, key: &Keys) -> Result<Counter> {
    file.prepare_cached(
        "SELECT failures, forgiven, at, next FROM counters
             WHERE scope = ?1 AND user = ?2 AND network = ?3 AND proof = ?4",
    )?
    .query_row(params![word(key.scope), key.user, key.network, key.proof.as_str()], |row| {
        counter(row, 0)
    })
    .optional()
    .map(Option::unwrap_or_default)
}

/// Writes a counter; `name` is whose it is shown as.
pub(super) fn write(
    transaction: &Transaction<'_>,
    key: &Keys,
    name: &str,
    counter: Counter,
) -> Result<()> {
    let (scope, user, network, proof) =
        (word(key.scope), &key.user, &key.network, key.proof.as_str());
    if counter == Counter::default() {
        transaction
            .prepare_cached(
                "DELETE FROM counters
                 WHERE scope = ?1 AND user = ?2 AND network = ?3 AND proof = ?4",
            )?
            .execute(params![scope, user, network, proof])?;
        return Ok(());
    }
    let name = if key.scope == Scope::Network { "" } else { name };
    transaction
        .prepare_cached(
            "INSERT OR REPLACE INTO counters VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        )?
        .execute(params![
            scope,
            user,
            network,
            proof,
            name,
            counter.failures,
            counter.forgiven,
            time(counter.at),
            time(counter.next)
        ])?;
    Ok(())
}

/// What the user is known to have proved at the network, and when that was last written down, unless
/// it is too long ago.
pub(super) fn known_since(
    file: &Connection,
    subject: &Subject,
    now: u64,
) -> Result<Vec<(Proof, u64)>> {
    let since = time(now.saturating_sub(KNOWN_FOR));
    let rows = file
        .prepare_cached("SELECT proof, at FROM known WHERE user = ?1 AND network = ?2 AND at > ?3")?
        .query_map(params![subject.user, subject.network, since], |row| {
            let at = u64::try_from(row.get::<_, i64>(1)?).unwrap_or_default();
            Ok((Proof::from_word(row.get_ref(0)?.as_str()?), at))
        })?
        .collect::<Result<Vec<_>>>()?;
    Ok(rows.into_iter().filter_map(|(proof, at)| Some((proof?, at))).collect())
}

/// Whether there is a network where the user is known to have proved the password.
pub(super) fn has_known(file: &Connection, subject: &Subject, now: u64) -> Result<bool> {
    let since = time(now.saturating_sub(KNOWN_FOR));
    file.prepare_cached("SELECT 1 FROM known WHERE user = ?1 AND proof = ?2 AND at > ?3 LIMIT 1")?
        .exists(params![subject.user, Proof::Password.as_str(), since])
}

pub(super) fn make_known(
    transaction: &Transaction<'_>,
    subject: &Subject,
    proof: Proof,
    now: u64,
) -> Result<()> {
    let (user, network, proof) = (&subject.user, &subject.network, proof.as_str());
    transaction
        .prepare_cached("INSERT OR REPLACE INTO known VALUES (?1, ?2, ?3, ?4)")?
        .execute(params![user, network, proof, time(now)])?;
    transaction
        .prepare_cached(
            "DELETE FROM known WHERE user = ?1 AND proof = ?2 AND network NOT IN
             (SELECT network FROM known WHERE user = ?1 AND proof = ?2
              ORDER BY at DESC LIMIT ?3)",
        )?
        .execute(params![user, proof, MAX_KNOWN])?;
    Ok(())
}

/// Removes what time has made meaningless, and what is too much.
pub(super) fn forget_old(transaction: &Transaction<'_>, now: u64) -> Result<()> {
    let old = time(now.saturating_sub(FORGET_AFTER));
    transaction.execute("DELETE FROM counters WHERE at < ?1", [old])?;
    transaction.execute("DELETE FROM wrong WHERE at < ?1", [old])?;
    transaction.execute("DELETE FROM refused WHERE at < ?1", [old])?;
    transaction.execute("DELETE FROM strangers WHERE at < ?1", [old])?;
    for table in ["wrong", "refused", "strangers"] {
        transaction.execute(
            &format!(
                "DELETE FROM {table} WHERE at < (SELECT at FROM {table}
                 ORDER BY at DESC LIMIT 1 OFFSET ?1)"
            ),
            [MAX_STRINGS],
        )?;
    }
    let unknown = time(now.saturating_sub(KNOWN_FOR));
    transaction.execute("DELETE FROM known WHERE at < ?1", [unknown])?;
    transaction.execute(
        "DELETE FROM counters WHERE (scope, user, network, proof) IN
         (SELECT scope, user, network, proof FROM counters
          ORDER BY failures DESC, at DESC LIMIT -1 OFFSET ?1)",
        [MAX_COUNTERS],
    )?;
    Ok(())
}

pub(super) fn list(
    transaction: &Transaction<'_>,
    lockout: Option<Lockout>,
    now: u64,
) -> Result<Vec<Slowed>> {
    let mut all = transaction
        .prepare("SELECT scope, name, network, proof, failures, forgiven, at, next FROM counters")?
        .query_map([], |row| {
            let scope = scope_of(&row.get::<_, String>(0)?);
            let some = |text: String| (!text.is_empty()).then_some(text);
            let counter = counter(row, 4)?.not_ahead(scope, now);
            let counter = match (scope, lockout) {
                (Scope::Directory, None) => Counter::default(),
                (Scope::Directory, Some(lockout)) => lockout.now(counter, now),
                _ => counter.now(now),
            };
            Ok(Slowed {
                scope: word(scope),
                proof: row.get(3)?,
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

/// How many users, and how many networks, have failures that are not forgotten yet.
pub(super) fn slowed(file: &Connection, now: u64) -> Result<(u64, u64)> {
    let mut rows = file.prepare_cached(
        "SELECT scope, user, network, failures, forgiven, at, next FROM counters",
    )?;
    let mut rows = rows.query([])?;
    let (mut users, mut networks) = (HashSet::new(), 0);
    while let Some(row) = rows.next()? {
        let scope = scope_of(&row.get::<_, String>(0)?);
        if scope == Scope::Directory
            || counter(row, 3)?.not_ahead(scope, now).now(now).failures == 0
        {
            continue;
        }
        match scope {
            Scope::Network => networks += 1,
            _ => {
                users.insert(row.get::<_, String>(1)?);
            }
        }
    }
    Ok((u64::try_from(users.len()).unwrap_or(u64::MAX), networks))
}

/// Forgets the failures of a user, known by name, or at a network, or all, and which passwords were
/// refused. How many counters that were.
pub(super) fn clear(transaction: &Transaction<'_>, name: Option<&str>) -> Result<usize> {
    let Some(name) = name else {
        transaction.execute("DELETE FROM refused", [])?;
        return transaction.execute("DELETE FROM counters", []);
    };
    transaction.execute(
        "DELETE FROM refused WHERE user IN
         (SELECT user FROM counters WHERE name = ?1 COLLATE NOCASE AND user != '')",
        [name],
    )?;
    transaction
        .execute("DELETE FROM counters WHERE name = ?1 COLLATE NOCASE OR network = ?1", [name])
}
