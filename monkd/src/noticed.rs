//! Since when it is known that the owner of some records is gone: in a file that all engines of this host
//! share. Records are swept only some time after they were first found without an owner, so that a mistake
//! in the directory can be put right in between.

use std::collections::hash_map::Entry;
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
        since INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
",
    upgrades: &[],
    // What a loss of power forgets is kept for longer.
    synchronous: "NORMAL",
    remedy: "its folder must be there and writable by monk",
};

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
    /// come back is forgotten.
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
                let mut known: HashMap<String, u64> = transaction
                    .prepare("SELECT id, since FROM orphans")?
                    .query_map([], |row| Ok((row.get(0)?, row.get::<_, i64>(1)?.cast_unsigned())))?
                    .collect::<Result<_, _>>()?;
                let mut forget = transaction.prepare("DELETE FROM orphans WHERE id = ?1")?;
                for id in known.keys().filter(|id| !gone.contains(*id)) {
                    forget.execute([id])?;
                }
                known.retain(|id, _| gone.contains(id));
                let now = clock::now();
                let mut add = transaction.prepare("INSERT INTO orphans VALUES (?1, ?2)")?;
                for id in gone {
                    if let Entry::Vacant(new) = known.entry(id) {
                        add.execute(params![new.key(), now.cast_signed()])?;
                        new.insert(now);
                    }
                }
                Ok(known)
            })
            .await
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

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
