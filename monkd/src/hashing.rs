//! Argon2id off the event loop, and never too much of it at once.
//!
//! One hash takes some 20 ms of a core and 19 MiB. A flood of logins must neither hold up those
//! that need no hash, nor take all memory: beyond one hash for each core, the next ones wait.

use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use std::thread::available_parallelism;

use monk_wire::metrics::Hashes;
use tokio::sync::{Semaphore, SemaphorePermit};

use crate::deadline::Deadline;
use crate::outage::Outage;
use crate::tally::Gauge;

/// The right to hash.
static CORES: LazyLock<Kind> = LazyLock::new(Kind::default);

/// The same for hashes that take a fiftieth of that: who shows an app password does not wait behind
/// people's passwords.
static CHEAP: LazyLock<Kind> = LazyLock::new(Kind::default);

/// Hashes that wait for each other.
struct Kind {
    /// One for each core.
    turns: Semaphore,
    /// As many again for hashes that nobody waits for any more: nothing can end those early. Beyond
    /// them, such a hash keeps its turn until it is there, so that threads and memory have a bound.
    abandoned: Semaphore,
    /// Those that wait for a turn.
    waiting: Gauge,
}

impl Default for Kind {
    fn default() -> Self {
        let cores = available_parallelism().map_or(1, usize::from);
        Self {
            turns: Semaphore::new(cores),
            abandoned: Semaphore::new(cores),
            waiting: Gauge::new(),
        }
    }
}

/// Somebody who waits for a hash. When its deadline is over, the next one has its turn.
struct Waiting {
    turn: Arc<Mutex<Option<SemaphorePermit<'static>>>>,
    kind: &'static Kind,
}

impl Drop for Waiting {
    fn drop(&mut self) {
        let is_at_work = Arc::strong_count(&self.turn) > 1;
        if let (true, Ok(abandoned)) = (is_at_work, self.kind.abandoned.try_acquire()) {
            *self.turn.lock().unwrap_or_else(PoisonError::into_inner) = Some(abandoned);
        }
    }
}

/// Runs `work`, which hashes, on a thread of its own.
///
/// # Errors
/// [`Outage::Timeout`] when its turn or its end does not come before the deadline.
pub async fn run<T: Send + 'static>(
    deadline: Deadline,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Outage> {
    in_turn(&CORES, deadline, work).await
}

/// Runs `work`, which computes a hash of the lowest cost, on a thread of its own.
///
/// # Errors
/// As [`run`].
pub async fn run_cheap<T: Send + 'static>(
    deadline: Deadline,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Outage> {
    in_turn(&CHEAP, deadline, work).await
}

/// How many hashes are computed and wait at this moment: those of passwords, and cheap ones.
#[must_use]
pub fn state() -> [Hashes; 2] {
    [&*CORES, &*CHEAP].map(|kind| {
        let cores = available_parallelism().map_or(1, usize::from);
        let running = cores.saturating_sub(kind.turns.available_permits());
        Hashes { running: u64::try_from(running).unwrap_or(u64::MAX), waiting: kind.waiting.get() }
    })
}

async fn in_turn<T: Send + 'static>(
    kind: &'static Kind,
    deadline: Deadline,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Outage> {
    deadline
        .bound("a hash", async {
            let waits = kind.waiting.hold();
            let turn = kind.turns.acquire().await.expect("the semaphore is never closed");
            drop(waits);
            let turn = Arc::new(Mutex::new(Some(turn)));
            let waiting = Waiting { turn: Arc::clone(&turn), kind };
            let hashed = tokio::task::spawn_blocking(move || {
                // Kept until the hash is there, or until nobody waits for it any more.
                let turn = turn;
                // What nobody waits for need not begin.
                (Arc::strong_count(&turn) > 1).then(work)
            });
            let hashed = hashed.await;
            drop(waiting);
            match hashed {
                Ok(Some(hash)) => Ok(hash),
                // That is the only reason for which a hash panics.
                Err(error) if error.is_panic() => Err(Outage::Setup(
                    "there is no memory for a hash, which takes 19 MiB: see `ulimit -v`, or \
                     `default_vsz_limit` of Dovecot"
                        .into(),
                )),
                _ => Err(Outage::Setup("the hashing thread ended".into())),
            }
        })
        .await
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;

    use super::*;

    #[tokio::test]
    async fn no_more_hashes_run_at_once_than_there_are_cores() {
        static RUNNING: AtomicUsize = AtomicUsize::new(0);
        static MOST: AtomicUsize = AtomicUsize::new(0);
        let deadline = Deadline::after(Duration::from_secs(30));
        let hashes: Vec<_> = (0..32)
            .map(|_| {
                tokio::spawn(run(deadline, || {
                    MOST.fetch_max(RUNNING.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                    std::thread::sleep(Duration::from_millis(5));
                    RUNNING.fetch_sub(1, Ordering::SeqCst);
                }))
            })
            .collect();
        for hash in hashes {
            assert_eq!(hash.await.unwrap(), Ok(()));
        }
        let cores = available_parallelism().map_or(1, usize::from);
        assert!((1..=cores).contains(&MOST.load(Ordering::SeqCst)));
    }

    #[tokio::test]
    async fn a_cheap_one_does_not_wait_behind_the_others() {
        let deadline = Deadline::after(Duration::from_secs(30));
        let (release, wait) = std::sync::mpsc::channel::<()>();
        let wait = Arc::new(Mutex::new(wait));
        let cores = available_parallelism().map_or(1, usize::from);
        let slow: Vec<_> = (0..2 * cores)
            .map(|_| {
                let wait = Arc::clone(&wait);
                tokio::spawn(run(deadline, move || wait.lock().unwrap().recv().is_err()))
            })
            .collect();
        assert_eq!(run_cheap(deadline, || 7).await, Ok(7));
        drop(release);
        for one in slow {
            assert_eq!(one.await.unwrap(), Ok(true));
        }
    }

    #[tokio::test]
    async fn who_waits_too_long_for_a_turn_has_no_answer() {
        let soon = Deadline::after(Duration::from_millis(20));
        let slow = run(soon, || std::thread::sleep(Duration::from_millis(300)));
        assert_eq!(slow.await, Err(Outage::Timeout("a hash")));
    }

    /// Work that does not end before it is told to, and counts how much of it there is.
    struct Endless {
        release: std::sync::mpsc::Sender<()>,
        wait: Arc<Mutex<std::sync::mpsc::Receiver<()>>>,
        begun: Arc<AtomicUsize>,
    }

    impl Endless {
        fn new() -> Self {
            let (release, wait) = std::sync::mpsc::channel();
            Self { release, wait: Arc::new(Mutex::new(wait)), begun: Arc::default() }
        }

        fn work(&self) -> impl FnOnce() + Send + 'static {
            let (wait, begun) = (Arc::clone(&self.wait), Arc::clone(&self.begun));
            move || {
                begun.fetch_add(1, Ordering::SeqCst);
                drop(wait.lock().map(|wait| wait.recv()));
            }
        }
    }

    /// A kind of its own for one test, because the tests of this file run at the same time.
    fn kind() -> &'static Kind {
        Box::leak(Box::default())
    }

    /// Has work begun, and waited for no more.
    async fn abandon(kind: &'static Kind, endless: &Endless) {
        let before = endless.begun.load(Ordering::SeqCst);
        let waits = tokio::spawn(in_turn(kind, far_off(), endless.work()));
        while endless.begun.load(Ordering::SeqCst) == before {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        waits.abort();
        assert!(waits.await.unwrap_err().is_cancelled());
    }

    fn far_off() -> Deadline {
        Deadline::after(Duration::from_secs(60))
    }

    #[tokio::test]
    async fn a_hash_that_nobody_waits_for_gives_its_turn_to_the_next_one() {
        let (kind, endless) = (kind(), Endless::new());
        for _ in 0..available_parallelism().map_or(1, usize::from) {
            abandon(kind, &endless).await;
        }
        assert_eq!(in_turn(kind, far_off(), || 7).await, Ok(7));
        drop(endless.release);
    }

    #[tokio::test]
    async fn however_many_hashes_nobody_waits_for_their_threads_have_a_bound() {
        let (kind, endless) = (kind(), Endless::new());
        let cores = available_parallelism().map_or(1, usize::from);
        for _ in 0..2 * cores {
            abandon(kind, &endless).await;
        }
        // From here on all turns are taken, and what comes has none before its deadline.
        for _ in 0..3 * cores {
            let soon = Deadline::after(Duration::from_millis(5));
            let late = in_turn(kind, soon, endless.work()).await;
            assert_eq!(late, Err(Outage::Timeout("a hash")));
        }
        assert_eq!(endless.begun.load(Ordering::SeqCst), 2 * cores);
        drop(endless.release);
        for _ in 0..4 * cores {
            assert_eq!(in_turn(kind, far_off(), || 7).await, Ok(7));
        }
        // What nobody waited for any more has not begun either.
        assert_eq!(endless.begun.load(Ordering::SeqCst), 2 * cores);
        while kind.turns.available_permits() + kind.abandoned.available_permits() < 2 * cores {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }
}
