//! Since when it is known that the owner of some records is gone: in a file that all engines of this host
//! share. Records are swept only some time after they were first found without an owner, so that a mistake
//! in the directory can be put right in between.

use std::collections::{HashMap, HashSet};
use std::path::Path;

use rusqlite::params;

use crate::clock;
use crate::deadline::Deadline;
use crate::outage::Outage;
use crate::sqlite::{Database, Kind};

const KIND: Kind = Kind {
    schema: "
    CREATE TABLE orphans (
        id    TEXT NOT NULL PRIMARY KEY,
        since INTEGER NOT NULL,
        last  INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
",
    upgrades: &[],
    // What a loss of power forgets is kept for longer.
    synchronous: "NORMAL",
    remedy: "its folder must be there and writable by monk",
};

/// Longest time between two looks at which somebody was gone, in seconds, for the time to go on: ten days. Over a
/// longer time nobody knows whether the user was there in between. It leaves room for a daily timer on a host that
/// is off for a week, and takes three looks at least before the records may be swept.
const MAX_GAP: u64 = 10 * 24 * 3600;

/// What it is called where it takes too long.
const WHAT: &str = "the notes about records of users who are gone";

/// The notes of this host.
pub struct Noticed {
    database: std::sync::Arc<Database>,
}

impl Noticed {
    /// Opens the file, and makes it where it is not there.
    ///
    /// # Errors
    /// [`Outage::Storage`] when it can neither be made nor opened.
    pub fn open(path: &Path) -> Result<Self, Outage> {
        if !path.exists() {
            Database::create(path, KIND)?;
        }
        Ok(Self { database: std::sync::Arc::new(Database::open(path, KIND)?) })
    }

    /// Notes that exactly these ids are nobody's now, and says since when (seconds since 1970). Who has
    /// come back is forgotten, and so is what was noted more than `MAX_GAP` ago.
    ///
    /// # Errors
    /// [`Outage`] when the file cannot be written.
    pub async fn note(
        &self,
        gone: HashSet<String>,
        deadline: Deadline,
    ) -> Result<HashMap<String, u64>, Outage> {
        self.database
            .write(WHAT, deadline, move |transaction| {
                let known: HashMap<String, (u64, u64)> = transaction
                    .prepare("SELECT id, since, last FROM orphans")?
                    .query_map([], |row| {
                        let times = (row.get::<_, i64>(1)?, row.get::<_, i64>(2)?);
                        Ok((row.get(0)?, (times.0.cast_unsigned(), times.1.cast_unsigned())))
                    })?
                    .collect::<Result<_, _>>()?;
                let now = clock::now();
                transaction.execute("DELETE FROM orphans", [])?;
                let mut add = transaction.prepare("INSERT INTO orphans VALUES (?1, ?2, ?3)")?;
                let mut noted = HashMap::with_capacity(gone.len());
                for id in gone {
                    let since = match known.get(&id) {
                        Some(&(since, last)) if now.saturating_sub(last) <= MAX_GAP => since,
                        _ => now,
                    };
                    add.execute(params![id, since.cast_signed(), now.cast_signed()])?;
                    noted.insert(id, since);
                }
                Ok(noted)
            })
            .await
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[tokio::test]
    async fn who_was_not_looked_for_in_ten_days_begins_anew() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("noticed.db");
        let note = async || {
            let deadline = Deadline::after(Duration::from_secs(10));
            let gone = HashSet::from(["a".to_owned()]);
            Noticed::open(&path).unwrap().note(gone, deadline).await.unwrap()["a"]
        };
        note().await;
        let database = rusqlite::Connection::open(&path).unwrap();
        let last_was = |ago: u64| {
            let last = (clock::now() - ago).cast_signed();
            database.execute("UPDATE orphans SET since = 7, last = ?1", [last]).unwrap();
        };
        last_was(MAX_GAP - 60);
        assert_eq!(note().await, 7);
        last_was(MAX_GAP + 60);
        assert!(note().await > 7, "nobody knows of the time in between");
        let again = note().await;
        assert!(again > 7 && note().await == again, "and goes on from there");
    }

    #[tokio::test]
    async fn the_first_time_counts_until_the_owner_is_back() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("noticed.db");
        let note = async |ids: &[&str]| {
            let ids = ids.iter().map(|&id| id.to_owned()).collect();
            let deadline = Deadline::after(Duration::from_secs(10));
            Noticed::open(&path).unwrap().note(ids, deadline).await.unwrap()
        };
        assert_eq!(note(&["a", "b"]).await.len(), 2);
        let database = rusqlite::Connection::open(&path).unwrap();
        database.execute("UPDATE orphans SET since = 7", []).unwrap();
        let known = note(&["a", "c"]).await;
        assert_eq!(known["a"], 7);
        assert!(known["c"] > 7 && !known.contains_key("b"));
        assert!(note(&["b"]).await["b"] > 7, "b was back in between");
    }
}
