//! Which strings opened a login on this host and go on doing so for a while: in a file that all its
//! engines share, so that it survives a restart.
//!
//! The rule is in [`monk_core::remember`]. Nothing depends on this file: where it cannot be read,
//! nothing is remembered, and a code that was used is a replay.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use monk_core::credential::CredentialId;
use monk_core::fingerprint::FINGERPRINT_BYTES;
use monk_core::remember::{MAX_REMEMBER, still_counts};
use rusqlite::{OptionalExtension, Transaction, params};

use crate::clock;
use crate::deadline::Deadline;
use crate::outage::Outage;
use crate::sqlite::{Database, Kind};

const KIND: Kind = Kind {
    schema: "
    CREATE TABLE remembered (
        user        TEXT NOT NULL,
        fingerprint BLOB NOT NULL,
        witness     BLOB NOT NULL,
        credential  TEXT NOT NULL,
        at          INTEGER NOT NULL,
        PRIMARY KEY (user, fingerprint)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX remembered_at ON remembered (at);
",
    upgrades: &[],
    // What a loss of power forgets has to be typed again.
    synchronous: "NORMAL",
    remedy: "its folder must be there and writable by monk",
};

/// What it is called where it takes too long.
const WHAT: &str = "the remembered logins";

/// Most strings that are kept of one user: some devices at some services, each day.
const MAX_OF_A_USER: i64 = 64;

/// What was typed, by whom, where, and what the user had then.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The user's stable id.
    pub user: String,
    /// Of everything that has to be the same again: any of them is enough.
    pub recalled_as: Vec<[u8; FINGERPRINT_BYTES]>,
    /// What is written down if a code opens this.
    pub kept_as: Vec<[u8; FINGERPRINT_BYTES]>,
    /// Of the second factors.
    pub witness: [u8; FINGERPRINT_BYTES],
    /// Seconds that the policy of the service allows.
    pub seconds: u64,
    /// Seconds after which no service that shares it lets it in any more.
    pub longest: u64,
}

/// What is remembered on this host.
#[derive(Clone)]
pub struct RememberedLogins {
    path: PathBuf,
    /// None where no policy remembers anything.
    database: Option<Arc<Database>>,
}

impl RememberedLogins {
    /// Opens the file, and makes it where it is not there, if it is `wanted`.
    ///
    /// # Errors
    /// [`Outage::Storage`] when it can neither be made nor opened.
    pub fn open(path: &Path, wanted: bool) -> Result<Self, Outage> {
        let mut remembered = Self { path: path.to_owned(), database: None };
        if wanted {
            if !path.exists() {
                Database::create(path, KIND)?;
            }
            remembered.database = Some(Arc::new(Database::open(path, KIND)?));
        }
        Ok(remembered)
    }

    /// Whether the file could be opened, or made, where it is `wanted`. Changes nothing.
    ///
    /// # Errors
    /// As [`RememberedLogins::open`].
    pub fn check(path: &Path, wanted: bool) -> Result<(), Outage> {
        if wanted { Database::check(path, KIND, true) } else { Ok(()) }
    }

    /// The credential whose code opened this before, if that still counts. What does not count any
    /// more is forgotten.
    ///
    /// # Errors
    /// [`Outage`] when the file cannot be read.
    pub async fn recall(
        &self,
        entry: Entry,
        deadline: Deadline,
    ) -> Result<Option<CredentialId>, Outage> {
        self.find(entry, true, deadline).await
    }

    /// The same, and nothing is forgotten: for a policy that is not in force.
    ///
    /// # Errors
    /// [`Outage`] when the file cannot be read.
    pub async fn look(
        &self,
        entry: Entry,
        deadline: Deadline,
    ) -> Result<Option<CredentialId>, Outage> {
        self.find(entry, false, deadline).await
    }

    async fn find(
        &self,
        entry: Entry,
        forgets: bool,
        deadline: Deadline,
    ) -> Result<Option<CredentialId>, Outage> {
        let Some(database) = &self.database else { return Ok(None) };
        database
            .write(WHAT, deadline, move |transaction| {
                for fingerprint in &entry.recalled_as {
                    let found = recall_one(transaction, &entry, fingerprint, forgets)?;
                    if found.is_some() {
                        return Ok(found);
                    }
                }
                Ok(None)
            })
            .await
    }

    /// Remembers that a code of `credential` has opened this just now.
    ///
    /// # Errors
    /// [`Outage`] when the file cannot be written.
    pub async fn keep(
        &self,
        entry: Entry,
        credential: CredentialId,
        deadline: Deadline,
    ) -> Result<(), Outage> {
        let Some(database) = &self.database else { return Ok(()) };
        database.write(WHAT, deadline, move |transaction| {
            let now = clock::now();
            transaction
                .prepare_cached("DELETE FROM remembered WHERE at <= ?1")?
                .execute([now.saturating_sub(MAX_REMEMBER).cast_signed()])?;
            let Entry { user, kept_as, witness, .. } = &entry;
            for fingerprint in kept_as {
                transaction
                    .prepare_cached("INSERT OR REPLACE INTO remembered VALUES (?1, ?2, ?3, ?4, ?5)")?
                    .execute(params![
                        user,
                        fingerprint,
                        witness,
                        credential.as_str(),
                        now.cast_signed()
                    ])?;
            }
            transaction
                .prepare_cached(
                    "DELETE FROM remembered WHERE user = ?1 AND fingerprint NOT IN
                     (SELECT fingerprint FROM remembered WHERE user = ?1 ORDER BY at DESC LIMIT ?2)",
                )?
                .execute(params![user, MAX_OF_A_USER])?;
            Ok(())
        })
        .await
    }

    /// Forgets one string: the password in it is wrong by now.
    ///
    /// # Errors
    /// [`Outage`] when the file cannot be written.
    pub async fn forget(&self, entry: Entry, deadline: Deadline) -> Result<(), Outage> {
        let Some(database) = &self.database else { return Ok(()) };
        database
            .write(WHAT, deadline, move |transaction| {
                let mut all = entry.recalled_as.iter().chain(&entry.kept_as);
                all.try_for_each(|fingerprint| forget(transaction, &entry.user, fingerprint))
            })
            .await
    }

    /// Forgets everything of a user, also where nothing is remembered by now but was before.
    ///
    /// # Errors
    /// [`Outage`] when the file cannot be written.
    pub async fn forget_user(&self, user: &str, deadline: Deadline) -> Result<(), Outage> {
        let database = match &self.database {
            Some(database) => Arc::clone(database),
            None if self.path.exists() => Arc::new(Database::open(&self.path, KIND)?),
            None => return Ok(()),
        };
        let user = user.to_owned();
        database
            .write(WHAT, deadline, move |transaction| {
                transaction.execute("DELETE FROM remembered WHERE user = ?1", [user]).map(|_| ())
            })
            .await
    }
}

/// What is known under one fingerprint. What counts at no service of the group any more is forgotten, so that a clock
/// that is set back does not bring it back.
fn recall_one(
    transaction: &Transaction<'_>,
    entry: &Entry,
    fingerprint: &[u8; FINGERPRINT_BYTES],
    forgets: bool,
) -> Result<Option<CredentialId>, rusqlite::Error> {
    let row: Option<(Vec<u8>, String, i64)> = transaction
        .prepare_cached(
            "SELECT witness, credential, at FROM remembered WHERE user = ?1 AND fingerprint = ?2",
        )?
        .query_row(params![entry.user, fingerprint], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?))
        })
        .optional()?;
    let Some((witness, credential, at)) = row else { return Ok(None) };
    let counts_for = |seconds| still_counts(at.cast_unsigned(), clock::now(), seconds);
    if witness != entry.witness || !counts_for(entry.longest) {
        if forgets {
            forget(transaction, &entry.user, fingerprint)?;
        }
        return Ok(None);
    }
    Ok(CredentialId::from_text(&credential).filter(|_| counts_for(entry.seconds)))
}

fn forget(
    transaction: &Transaction<'_>,
    user: &str,
    fingerprint: &[u8; FINGERPRINT_BYTES],
) -> Result<(), rusqlite::Error> {
    transaction
        .prepare_cached("DELETE FROM remembered WHERE user = ?1 AND fingerprint = ?2")?
        .execute(params![user, fingerprint])
        .map(|_| ())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn deadline() -> Deadline {
        Deadline::after(Duration::from_secs(10))
    }

    fn entry(user: &str, byte: u8) -> Entry {
        Entry {
            user: user.into(),
            recalled_as: vec![[byte; 16]],
            kept_as: vec![[byte; 16]],
            witness: [1; 16],
            seconds: 60,
            longest: 60,
        }
    }

    fn device() -> CredentialId {
        CredentialId::from_text("54a1961a2235a49c").expect("an id")
    }

    #[tokio::test]
    async fn what_was_kept_is_recalled_also_by_another_engine() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("remembered.db");
        let remembered = RememberedLogins::open(&path, true).unwrap();
        let alice = entry("u1", 7);
        assert_eq!(remembered.recall(alice.clone(), deadline()).await.unwrap(), None);
        remembered.keep(alice.clone(), device(), deadline()).await.unwrap();
        let other = RememberedLogins::open(&path, true).unwrap();
        assert_eq!(other.recall(alice.clone(), deadline()).await.unwrap(), Some(device()));
        for stranger in [entry("u2", 7), entry("u1", 8)] {
            assert_eq!(other.recall(stranger, deadline()).await.unwrap(), None);
        }
        let shorter = Entry { seconds: 0, ..alice.clone() };
        assert_eq!(other.recall(shorter.clone(), deadline()).await.unwrap(), None);
        assert_eq!(other.recall(alice.clone(), deadline()).await.unwrap(), Some(device()));
        let over = Entry { longest: 0, ..shorter };
        assert_eq!(other.recall(over, deadline()).await.unwrap(), None);
        assert_eq!(other.recall(alice, deadline()).await.unwrap(), None, "it was forgotten");
    }

    #[tokio::test]
    async fn any_of_its_fingerprints_recalls_it_and_a_wrong_password_forgets_all() {
        let folder = tempfile::tempdir().unwrap();
        let remembered =
            RememberedLogins::open(&folder.path().join("remembered.db"), true).unwrap();
        let kept = Entry { kept_as: vec![[1; 16], [2; 16]], ..entry("u1", 1) };
        remembered.keep(kept.clone(), device(), deadline()).await.unwrap();
        let web_mail = Entry { recalled_as: vec![[9; 16], [2; 16]], ..entry("u1", 9) };
        let recall = async || {
            let first = remembered.recall(entry("u1", 1), deadline()).await.unwrap();
            (first, remembered.recall(web_mail.clone(), deadline()).await.unwrap())
        };
        assert_eq!(recall().await, (Some(device()), Some(device())));
        remembered.forget(kept, deadline()).await.unwrap();
        assert_eq!(recall().await, (None, None));
    }

    #[tokio::test]
    async fn it_is_forgotten_with_other_factors_and_by_name() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("remembered.db");
        let remembered = RememberedLogins::open(&path, true).unwrap();
        let (first, second) = (entry("u1", 1), entry("u1", 2));
        for one in [&first, &second] {
            remembered.keep(one.clone(), device(), deadline()).await.unwrap();
        }
        let changed = Entry { witness: [9; 16], ..first.clone() };
        assert_eq!(remembered.recall(changed, deadline()).await.unwrap(), None);
        assert_eq!(remembered.recall(first, deadline()).await.unwrap(), None);
        let unwanted = RememberedLogins::open(&path, false).unwrap();
        assert_eq!(unwanted.recall(second.clone(), deadline()).await.unwrap(), None);
        unwanted.forget_user("u1", deadline()).await.unwrap();
        assert_eq!(remembered.recall(second, deadline()).await.unwrap(), None);
    }

    #[tokio::test]
    async fn only_so_many_are_kept_of_a_user() {
        let folder = tempfile::tempdir().unwrap();
        let remembered =
            RememberedLogins::open(&folder.path().join("remembered.db"), true).unwrap();
        for byte in 0..70 {
            remembered.keep(entry("u1", byte), device(), deadline()).await.unwrap();
        }
        let mut kept = 0;
        for byte in 0..70 {
            kept += i64::from(
                remembered.recall(entry("u1", byte), deadline()).await.unwrap().is_some(),
            );
        }
        assert_eq!(kept, MAX_OF_A_USER);
    }
}
