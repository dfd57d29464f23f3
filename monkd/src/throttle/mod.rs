//! Slowing down guessers: the counters of this host, in a file that all its engines share.
//!
//! The rule is in [`monk_core::throttle`].
//!
//! | an attempt | in the resident engine | in an engine for one login |
//! |---|---|---|
//! | begins | reads | reads and writes that it is under way |
//! | was right, as usual | nothing | writes |
//! | was right, for the first time today at this network | writes | writes |
//! | was wrong | writes, before the answer | writes, before the answer |
//!
//! A guess that cannot be written down is kept, and until it is on record nobody is looked at. The
//! file survives restarts; a loss of power may cost it the last second, which gives nobody more
//! than a guess or two.

mod attempt;
mod look;
mod strangers;
mod strings;
mod subject;
mod table;
mod under_way;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use monk_core::lockout::Lockout;
use monk_core::random::Random;
use monk_core::throttle::{Admission, Limits};
use rusqlite::Transaction;
use tokio::sync::Semaphore;

use crate::clock::{self, SystemRandom};
use crate::deadline::Deadline;
use crate::outage::Outage;
use crate::sqlite::{Database, Kind};
pub use attempt::{Attempt, Outcome, Wrong};
use look::Look;
pub use strings::Print;
pub use subject::Subject;
use table::Keys;
pub use table::Slowed;
pub use under_way::Register;
use under_way::{Memory, count_in};

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

/// One write of so many tidies up: engines that live for one login do it, too.
const TIDY_EVERY: u8 = 64;

/// The counters of this host.
#[derive(Clone)]
pub struct Throttle {
    database: Arc<Database>,
    limits: Limits,
    lockout: Option<Lockout>,
    queue: Arc<Semaphore>,
    register: Register,
}

impl Throttle {
    /// Opens the file, and makes it where it is not there. `register` is where the attempts of this
    /// engine are noted.
    ///
    /// # Errors
    /// [`Outage::Storage`] when it can neither be made nor opened.
    pub fn open(path: &Path, limits: Limits, register: Register) -> Result<Self, Outage> {
        if !path.exists() {
            Database::create(path, KIND)?;
        }
        let database = Arc::new(Database::open(path, KIND)?);
        let queue = Arc::new(Semaphore::new(QUEUE));
        Ok(Self { database, limits, lockout: None, queue, register })
    }

    /// The same for a directory that locks accounts.
    #[must_use]
    pub fn below(self, lockout: Option<Lockout>) -> Self {
        Self { lockout, ..self }
    }

    /// Whether the counters could be opened, or made. Changes nothing.
    ///
    /// # Errors
    /// As [`Throttle::open`].
    pub fn check(path: &Path) -> Result<(), Outage> {
        Database::check(path, KIND, true)
    }

    /// Where the attempts of this engine are noted: for one that takes its place.
    #[must_use]
    pub fn register(&self) -> Register {
        self.register.clone()
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
            let tried = match &self.register {
                Register::Memory(memory) => {
                    self.count_the_uncounted(memory, deadline).await?;
                    self.try_here(memory, subject, deadline).await?
                }
                Register::File => self.try_in_file(subject.clone(), deadline).await?,
            };
            match tried {
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

    async fn try_here(
        &self,
        memory: &Memory,
        subject: &Subject,
        deadline: Deadline,
    ) -> Result<Result<Attempt, Admission>, Outage> {
        let now = clock::now();
        {
            // Nobody ends meanwhile: who was wrong is under way or on record, and never neither.
            let mut attempts = memory.lock();
            let look = self.database.read(|file| Look::at(file, subject, now))?;
            if !look.is_ahead() {
                let here = |key: &Keys| count_in(&attempts, key, now);
                return Ok(match look.admission(self.limits, self.lockout, here) {
                    Admission::Now => {
                        let attempt = look.attempt(subject.clone());
                        under_way::enter_in(&mut attempts, &attempt.keys, attempt.id, now);
                        Ok(attempt)
                    }
                    other => Err(other),
                });
            }
        }
        let subject = subject.clone();
        self.run(deadline, move |transaction| {
            Look::at(transaction, &subject, now)?.set_right(transaction, &subject)
        })
        .await?;
        Ok(Err(Admission::Soon))
    }

    async fn try_in_file(
        &self,
        subject: Subject,
        deadline: Deadline,
    ) -> Result<Result<Attempt, Admission>, Outage> {
        let (limits, lockout) = (self.limits, self.lockout);
        self.run(deadline, move |transaction| {
            let now = clock::now();
            let mut look = Look::at(transaction, &subject, now)?;
            look.set_right(transaction, &subject)?;
            match look.admission(limits, lockout, |_| 0) {
                Admission::Now => {}
                other => return Ok(Err(other)),
            }
            let attempt = look.attempt(subject);
            for key in &attempt.keys {
                under_way::enter(transaction, key, attempt.id, now)?;
            }
            Ok(Ok(attempt))
        })
        .await
    }

    /// Says what an attempt was.
    ///
    /// # Errors
    /// [`Outage`] when that could not be written. A wrong guess stays under way then, and keeps
    /// others from being looked at, until it is.
    pub async fn end(
        &self,
        attempt: Attempt,
        outcome: Outcome,
        deadline: Deadline,
    ) -> Result<(), Outage> {
        let Register::Memory(memory) = &self.register else {
            return self.write(attempt, outcome, deadline).await;
        };
        let writes = match &outcome {
            Outcome::Neither => false,
            Outcome::Right(proofs) => attempt.writes(proofs),
            Outcome::Wrong(_) => true,
        };
        let result = match writes {
            true => self.write(attempt.clone(), outcome.clone(), deadline).await,
            false => Ok(()),
        };
        match (outcome, &result) {
            (Outcome::Wrong(wrong), Err(_)) => memory.keep((attempt, wrong)),
            _ => memory.leave(&attempt.keys, attempt.id),
        }
        result
    }

    /// Writes down the guesses that could not be written down before.
    async fn count_the_uncounted(&self, memory: &Memory, deadline: Deadline) -> Result<(), Outage> {
        while let Some((attempt, wrong)) = memory.uncounted() {
            // It stays among them meanwhile, so that whoever comes now waits for the same. Written
            // twice within a moment, it counts once.
            self.write(attempt.clone(), Outcome::Wrong(wrong), deadline).await?;
            memory.counted(&attempt);
        }
        Ok(())
    }

    async fn write(
        &self,
        attempt: Attempt,
        outcome: Outcome,
        deadline: Deadline,
    ) -> Result<(), Outage> {
        let (limits, lockout) = (self.limits, self.lockout);
        self.run(deadline, move |transaction| {
            let now = clock::now();
            under_way::leave(transaction, attempt.id)?;
            match outcome {
                Outcome::Right(proofs) => attempt.was_right(transaction, proofs, now)?,
                Outcome::Wrong(wrong) => {
                    attempt.was_wrong(transaction, &wrong, limits, lockout, now)?;
                }
                Outcome::Neither => {}
            }
            if SystemRandom.bytes::<1>()[0] < u8::MAX / TIDY_EVERY {
                table::forget_old(transaction, now)?;
                under_way::tidy(transaction)?;
            }
            Ok(())
        })
        .await
    }

    /// Whether the directory has refused this password of the user's a moment ago: it is not sent there
    /// again.
    ///
    /// # Errors
    /// [`Outage`] when that cannot be read.
    pub fn was_refused(&self, user: &str, print: Print) -> Result<bool, Outage> {
        let was_refused =
            |file: &_| strings::was_refused(file, user, print, self.lockout, clock::now());
        self.database.read(was_refused)
    }

    /// Forgets which passwords of the user with this stable id were refused: there is another one now.
    ///
    /// # Errors
    /// [`Outage`] when the file cannot be written.
    pub async fn forget_refused(&self, id: &str, deadline: Deadline) -> Result<(), Outage> {
        let user = Subject::user_of_id(id);
        self.run(deadline, move |transaction| strings::forget_refused(transaction, &user)).await
    }

    /// Takes back the failures under a name that the directory does not know, because another module
    /// has let it in.
    ///
    /// # Errors
    /// [`Outage`] when the file cannot be written.
    pub async fn take_back(&self, stranger: Subject, deadline: Deadline) -> Result<(), Outage> {
        self.run(deadline, move |transaction| {
            strangers::take_back(transaction, &stranger, clock::now())
        })
        .await
    }

    /// Everybody who has failures, those who wait longest first.
    ///
    /// # Errors
    /// [`Outage`] when the file cannot be read.
    pub async fn list(&self, deadline: Deadline) -> Result<Vec<Slowed>, Outage> {
        let lockout = self.lockout;
        self.run(deadline, move |transaction| table::list(transaction, lockout, clock::now())).await
    }

    /// How many users, and how many networks, have failures that time has not healed yet.
    ///
    /// # Errors
    /// [`Outage`] when the file cannot be read.
    pub async fn slowed(&self, deadline: Deadline) -> Result<(u64, u64), Outage> {
        let work = |file: &mut rusqlite::Connection| table::slowed(file, clock::now());
        self.database.run("the counters of failures", deadline, work).await
    }

    /// How many attempts wait for others that are under way.
    #[must_use]
    pub fn waiting(&self) -> u64 {
        u64::try_from(QUEUE.saturating_sub(self.queue.available_permits())).unwrap_or(u64::MAX)
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
        work: impl FnOnce(&Transaction<'_>) -> Result<T, rusqlite::Error> + Send + 'static,
    ) -> Result<T, Outage> {
        self.database.write("the counters of failures", deadline, work).await
    }
}

#[cfg(test)]
mod lockout_tests;
#[cfg(test)]
mod tests;
