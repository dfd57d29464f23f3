//! Connections to a SQLite file.
//!
//! Many processes may have it open at once, each of them possibly killed at any moment, so every
//! write is one *immediate* transaction, in WAL mode.

use std::fs::OpenOptions;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use nix::errno::Errno;
use nix::unistd::{AccessFlags, access};
use rusqlite::{Connection, OpenFlags, Transaction, TransactionBehavior, ffi};

use crate::deadline::Deadline;
use crate::outage::Outage;
use crate::trusted_file::{self, Privacy};

mod storage;

/// Connections kept open. More logins at once than this open further ones and close them again;
/// SQLite writes one at a time anyway.
const MAX_IDLE: usize = 4;

/// Longest wait for the write lock, should a deadline be further away. A writer holds it for a
/// millisecond; who waits this long waits for a stopped process.
const MAX_BUSY: Duration = Duration::from_secs(5);

/// Longest wait of a reader, which has to wait only while somebody puts the file in order after a
/// crash.
const MAX_READ: Duration = Duration::from_millis(100);

/// What a file holds, and how careful writing it is.
#[derive(Clone, Copy, Debug)]
pub struct Kind {
    /// The tables of the first layout.
    pub schema: &'static str,
    /// What leads from each layout to the next one.
    pub upgrades: &'static [&'static str],
    /// When a commit is on disk (`PRAGMA synchronous`): `FULL` before it is reported, also after a
    /// loss of power; `NORMAL` after a crash of the program alone.
    pub synchronous: &'static str,
    /// What to do where the file is not there.
    pub remedy: &'static str,
}

impl Kind {
    /// The layout that this code reads and writes (`PRAGMA user_version`): the first one is 1.
    pub(crate) fn layout(self) -> i64 {
        i64::try_from(self.upgrades.len()).map_or(i64::MAX, |upgrades| 1 + upgrades)
    }
}

/// Connections to one file.
pub struct Database {
    kind: Kind,
    path: PathBuf,
    idle: Mutex<Vec<Connection>>,
}

impl Database {
    fn at(path: &Path, kind: Kind) -> Self {
        Self { kind, path: path.to_owned(), idle: Mutex::new(Vec::new()) }
    }

    /// A file that exists, and that nobody but its owner may read.
    fn existing(path: &Path, kind: Kind) -> Result<Self, Outage> {
        if !path.exists() {
            return Err(Outage::Storage(format!("{}: not there; {}", path.display(), kind.remedy)));
        }
        trusted_file::check(path, Privacy::Secret)?;
        Ok(Self::at(path, kind))
    }

    /// Opens an existing file and checks its layout.
    ///
    /// # Errors
    /// [`Outage`] says what is wrong with it, and what to do.
    pub fn open(path: &Path, kind: Kind) -> Result<Self, Outage> {
        let database = Self::existing(path, kind)?;
        let mut connection = database.connect()?;
        if database.is_older(&connection)? {
            upgrade(&mut connection, kind).map_err(|error| database.storage(&error))?;
        }
        database.put_back(connection);
        Ok(database)
    }

    /// Whether [`Database::open`] would open the file, or make it where `can_make`. Changes nothing.
    ///
    /// # Errors
    /// As [`Database::open`].
    pub fn check(path: &Path, kind: Kind, can_make: bool) -> Result<(), Outage> {
        if !path.exists() && can_make {
            let folder = path.parent().unwrap_or(path);
            return access(folder, AccessFlags::W_OK | AccessFlags::X_OK).map_err(|error| {
                Outage::Storage(format!(
                    "{}: cannot be made, because {} may not be written ({}); mend with: chown monk: {1}",
                    path.display(),
                    folder.display(),
                    std::io::Error::from(error)
                ))
            });
        }
        access(path, AccessFlags::R_OK | AccessFlags::W_OK).or_else(|error| match error {
            // Said below, with what to do.
            Errno::ENOENT => Ok(()),
            error => Err(Outage::Storage(format!(
                "{path}: may not be read and written ({}); mend with: chown monk: {path}*",
                std::io::Error::from(error),
                path = path.display()
            ))),
        })?;
        let database = Self::existing(path, kind)?;
        let connection = database.connect()?;
        database.is_older(&connection).map(drop)
    }

    /// Whether the file has a layout that this code leads on from.
    fn is_older(&self, connection: &Connection) -> Result<bool, Outage> {
        let (path, newest) = (self.path.display(), self.kind.layout());
        match layout_of(connection).map_err(|error| self.storage(&error))? {
            layout if layout == newest => Ok(false),
            older if (1..newest).contains(&older) => Ok(true),
            0 => Err(Outage::Storage(format!("{path}: empty; {}", self.kind.remedy))),
            newer => Err(Outage::Storage(format!(
                "{path}: has layout {newer}, this monk knows layout {newest}: install the newer monk"
            ))),
        }
    }

    /// Makes the file and its tables, unless they exist.
    ///
    /// # Errors
    /// [`Outage::Storage`] when it can neither be made nor opened.
    pub fn create(path: &Path, kind: Kind) -> Result<(), Outage> {
        let database = Self::at(path, kind);
        // Made here and not by SQLite, which would let everybody read the password hashes. The
        // journals that SQLite makes beside it take over its mode.
        OpenOptions::new()
            .append(true)
            .create(true)
            .mode(0o600)
            .open(path)
            .map_err(|error| Outage::Storage(format!("{}: {error}", path.display())))?;
        let mut connection = database.connect()?;
        let made = (|| {
            // Kept in the file; readers never block the writer, nor it them.
            connection.pragma_update(None, "journal_mode", "WAL")?;
            upgrade(&mut connection, kind)
        })();
        made.map_err(|error| database.storage(&error))
    }

    /// Runs `work` on an idle or new connection. A connection that failed is not used again.
    ///
    /// # Errors
    /// [`Outage::Timeout`] where the write lock was not to be had, [`Outage::Storage`] else.
    pub fn with<T>(
        &self,
        deadline: Deadline,
        work: impl FnOnce(&mut Connection) -> Result<T, rusqlite::Error>,
    ) -> Result<T, Outage> {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let mut connection = match idle {
            Some(connection) => connection,
            None => self.connect()?,
        };
        connection
            .busy_timeout(deadline.remaining().min(MAX_BUSY))
            .and_then(|()| work(&mut connection))
            .map_err(|error| self.storage(&error))
            .inspect(|_| self.put_back(connection))
    }

    /// Carries out `work`, which only reads, here and now: in WAL mode a reader waits for nobody,
    /// and a thread of its own would cost several times what it does. For files that are small and
    /// always in memory.
    ///
    /// All that `work` reads is as of one moment.
    ///
    /// # Errors
    /// As [`Database::with`].
    pub fn read<T>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, rusqlite::Error>,
    ) -> Result<T, Outage> {
        self.with(Deadline::after(MAX_READ), |connection| {
            // rusqlite's own transactions have these words parsed each time, which takes as long as
            // what is read. A connection that fails in between is not used again.
            connection.prepare_cached("BEGIN")?.execute([])?;
            let result = work(connection)?;
            connection.prepare_cached("COMMIT")?.execute([])?;
            Ok(result)
        })
    }

    /// Carries out `work` off the event loop. Nobody waits for it beyond the deadline; `what` says then
    /// what it was about.
    ///
    /// # Errors
    /// As [`Database::with`].
    pub async fn run<T: Send + 'static>(
        self: &Arc<Self>,
        what: &'static str,
        deadline: Deadline,
        work: impl FnOnce(&mut Connection) -> Result<T, rusqlite::Error> + Send + 'static,
    ) -> Result<T, Outage> {
        let database = Arc::clone(self);
        let task = tokio::task::spawn_blocking(move || database.with(deadline, work));
        let done =
            async { task.await.unwrap_or_else(|_| Err(Outage::Storage("the task ended".into()))) };
        deadline.bound(what, done).await
    }

    /// The same in one transaction that writes.
    ///
    /// # Errors
    /// As [`Database::with`]. After [`Outage::Timeout`] it may still be written.
    pub async fn write<T: Send + 'static>(
        self: &Arc<Self>,
        what: &'static str,
        deadline: Deadline,
        work: impl FnOnce(&Transaction<'_>) -> Result<T, rusqlite::Error> + Send + 'static,
    ) -> Result<T, Outage> {
        self.run(what, deadline, move |connection| {
            let transaction = begin(connection, deadline)?;
            let result = work(&transaction)?;
            transaction.commit()?;
            Ok(result)
        })
        .await
    }

    fn connect(&self) -> Result<Connection, Outage> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection =
            Connection::open_with_flags(&self.path, flags).map_err(|error| self.storage(&error))?;
        (|| {
            connection.busy_timeout(MAX_BUSY)?;
            connection.pragma_update(None, "synchronous", self.kind.synchronous)?;
            connection.pragma_update(None, "trusted_schema", false)?;
            connection.pragma_update(None, "cell_size_check", true)
        })()
        .map_err(|error| self.storage(&error))?;
        Ok(connection)
    }

    fn put_back(&self, connection: Connection) {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        if idle.len() < MAX_IDLE {
            idle.push(connection);
        }
    }

    /// SQLite's error for the administrator.
    fn storage(&self, error: &rusqlite::Error) -> Outage {
        storage::outage(&self.path, self.kind.remedy, error)
    }
}

/// Begins a transaction that writes. Immediate: who reads inside it reads what nobody can change
/// before the commit.
///
/// Nobody waits any more for one that got the lock after its deadline: it was reported as an
/// outage, so it must not happen after all.
///
/// # Errors
/// Those of SQLite.
pub fn begin(
    connection: &mut Connection,
    deadline: Deadline,
) -> Result<Transaction<'_>, rusqlite::Error> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    in_time(deadline)?;
    Ok(transaction)
}

/// Whether somebody waits for this still.
///
/// # Errors
/// "Busy", as where the lock was not to be had in time.
pub fn in_time(deadline: Deadline) -> Result<(), rusqlite::Error> {
    if deadline.remaining().is_zero() {
        return Err(rusqlite::Error::SqliteFailure(ffi::Error::new(ffi::SQLITE_BUSY), None));
    }
    Ok(())
}

/// Brings a file to the layout of this code, all the way or not at all. Others may do it at the
/// same time.
fn upgrade(connection: &mut Connection, kind: Kind) -> Result<(), rusqlite::Error> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let steps = std::iter::once(&kind.schema).chain(kind.upgrades);
    let done = usize::try_from(layout_of(&transaction)?).unwrap_or(usize::MAX);
    let mut steps = steps.skip(done).peekable();
    if steps.peek().is_none() {
        return Ok(());
    }
    for step in steps {
        transaction.execute_batch(step)?;
    }
    transaction.pragma_update(None, "user_version", kind.layout())?;
    transaction.commit()
}

fn layout_of(connection: &Connection) -> Result<i64, rusqlite::Error> {
    connection.pragma_query_value(None, "user_version", |row| row.get(0))
}
