//! Slowing down guessers: the counters of this host, in a file that all its engines share.
//!
//! The rule is in [`monk_core::throttle`]. Each attempt is one write before the password is
//! checked, and one after the end. The file survives restarts; a loss of power may cost it the last
//! second, which gives nobody more than a guess or two.

mod table;
mod under_way;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use monk_core::fingerprint::FINGERPRINT_BYTES;
use monk_core::random::Random;
use monk_core::throttle::{Admission, Counter, Limits};
use tokio::sync::Semaphore;

use crate::clock::{self, SystemRandom};
use crate::deadline::Deadline;
use crate::outage::Outage;
use crate::sqlite::{Database, Kind, begin};
use table::Keys;

const KIND: Kind = Kind {
    schema: table::SCHEMA,
    upgrades: &[],
    synchronous: "NORMAL",
    remedy: "its folder must be there and writable by monk",
};

/// Longest wait for others of the same user that are under way: as long as some hashes take.
const PATIENCE: Duration = Duration::from_secs(3);

/// How often those who wait look again.
const PAUSE: Duration = Duration::from_millis(50);

/// How many may wait so in one engine.
const QUEUE: usize = 64;

/// The counters of this host.
#[derive(Clone)]
pub struct Throttle {
    database: Arc<Database>,
    limits: Limits,
    queue: Arc<Semaphore>,
}

/// Who tries to log in, and where from.
#[derive(Clone, Debug)]
pub struct Subject {
    /// The user's stable id; for names that are nobody's, the name.
    pub user: String,
    /// The name as it is shown in lists.
    pub name: String,
    /// As [`monk_core::throttle::network_of`] gives it.
    pub network: String,
}

/// An attempt that is looked at. It is under way until it is said what it was, or its engine dies.
#[derive(Debug)]
pub struct Attempt {
    subject: Subject,
    known: bool,
    /// Names it among those that are under way.
    id: u64,
}

/// What an attempt turned out to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Right: nothing is counted, and the network is known to the user from now on.
    Right,
    /// A wrong guess: it stays counted, unless the very same was wrong before.
    Wrong([u8; FINGERPRINT_BYTES]),
    /// Neither: nothing is counted.
    Neither,
}

/// One line of the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slowed {
    /// `user`, `network` or `known`.
    pub scope: &'static str,
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

impl Throttle {
    /// Opens the file, and makes it where it is not there.
    ///
    /// # Errors
    /// [`Outage::Storage`] when it can neither be made nor opened.
    pub fn open(path: &Path, limits: Limits) -> Result<Self, Outage> {
        if !path.exists() {
            Database::create(path, KIND)?;
        }
        let database = Arc::new(Database::open(path, KIND)?);
        Ok(Self { database, limits, queue: Arc::new(Semaphore::new(QUEUE)) })
    }

    /// Whether an attempt is looked at now; it is under way then. Where others are under way that
    /// could be as many failures, it waits for them, but not long.
    ///
    /// # Errors
    /// [`Outage`] when nothing could be counted: then nothing may be looked at either.
    pub async fn begin(
        &self,
        subject: &Subject,
        deadline: Deadline,
    ) -> Result<Option<Attempt>, Outage> {
        let patience = deadline.earlier(PATIENCE);
        let mut queued = None;
        loop {
            match self.try_to_begin(subject.clone(), deadline).await? {
                Ok(attempt) => return Ok(Some(attempt)),
                Err(Admission::Soon) if !patience.remaining().is_zero() => {
                    if queued.is_none() {
                        // Without a place nobody waits: a flood must not become a crowd.
                        queued = Arc::clone(&self.queue).try_acquire_owned().ok();
                    }
                    if queued.is_none() {
                        return Ok(None);
                    }
                    tokio::time::sleep(PAUSE).await;
                }
                Err(_) => return Ok(None),
            }
        }
    }

    async fn try_to_begin(
        &self,
        subject: Subject,
        deadline: Deadline,
    ) -> Result<Result<Attempt, Admission>, Outage> {
        let (limits, id) = (self.limits, u64::from_ne_bytes(SystemRandom.bytes()));
        self.run(deadline, move |transaction| {
            let now = clock::now();
            let known = table::is_known(transaction, &subject, now)?;
            let keys = Keys::of(&subject, known);
            for key in &keys {
                let stored = table::read(transaction, key)?;
                let counter = stored.not_ahead(key.scope, now);
                if counter != stored {
                    table::write(transaction, key, &subject, counter)?;
                }
                let counter = counter.now(now);
                let others = under_way::count(transaction, key, now)?;
                match counter.admission(key.scope, others, limits, now) {
                    Admission::Now => {}
                    other => return Ok(Err(other)),
                }
            }
            for key in &keys {
                under_way::enter(transaction, key, id, now)?;
            }
            // One attempt in 256 tidies up: engines that live for one login do it, too.
            if SystemRandom.bytes::<1>() == [0] {
                table::forget_old(transaction, now)?;
                under_way::tidy(transaction)?;
            }
            Ok(Ok(Attempt { subject, known, id }))
        })
        .await
    }

    /// Says what an attempt was.
    ///
    /// # Errors
    /// [`Outage`] when that could not be written; it stays under way then until its engine ends.
    pub async fn end(
        &self,
        attempt: Attempt,
        outcome: Outcome,
        deadline: Deadline,
    ) -> Result<(), Outage> {
        let limits = self.limits;
        self.run(deadline, move |transaction| {
            let now = clock::now();
            let Attempt { subject, known, id } = attempt;
            under_way::leave(transaction, id)?;
            let failed = match outcome {
                Outcome::Right | Outcome::Neither => false,
                Outcome::Wrong(fingerprint) => {
                    table::is_new(transaction, &subject, fingerprint, now)?
                }
            };
            for key in Keys::of(&subject, known) {
                if failed {
                    let counter = table::read(transaction, &key)?.now(now);
                    let counter = counter.failed(key.scope, limits, now);
                    table::write(transaction, &key, &subject, counter)?;
                } else if known && outcome == Outcome::Right {
                    // Who is in at home has shown that it was his own fingers.
                    table::write(transaction, &key, &subject, Counter::default())?;
                }
            }
            if outcome == Outcome::Right {
                table::make_known(transaction, &subject, now)?;
            }
            Ok(())
        })
        .await
    }

    /// Everybody who has failures, those who wait longest first.
    ///
    /// # Errors
    /// [`Outage`] when the file cannot be read.
    pub async fn list(&self, deadline: Deadline) -> Result<Vec<Slowed>, Outage> {
        self.run(deadline, |transaction| table::list(transaction, clock::now())).await
    }

    /// Forgets the failures of a user, known by name, or of everybody. How many counters that were.
    ///
    /// # Errors
    /// [`Outage`] when the file cannot be written.
    pub async fn clear(&self, name: Option<String>, deadline: Deadline) -> Result<usize, Outage> {
        self.run(deadline, move |transaction| table::clear(transaction, name.as_deref())).await
    }

    async fn run<T: Send + 'static>(
        &self,
        deadline: Deadline,
        work: impl FnOnce(&rusqlite::Transaction<'_>) -> Result<T, rusqlite::Error> + Send + 'static,
    ) -> Result<T, Outage> {
        let database = Arc::clone(&self.database);
        let task = tokio::task::spawn_blocking(move || {
            database.with(deadline, |connection| {
                let transaction = begin(connection, deadline)?;
                let result = work(&transaction)?;
                transaction.commit()?;
                Ok(result)
            })
        });
        deadline
            .bound("the counters of failures", async {
                task.await.unwrap_or_else(|_| Err(Outage::Storage("the task ended".into())))
            })
            .await
    }
}

#[cfg(test)]
mod tests;
