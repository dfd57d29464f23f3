//! Argon2id off the event loop, and never too much of it at once.
//!
//! One hash takes some 20 ms of a core and 19 MiB. A flood of logins must neither hold up those
//! that need no hash, nor take all memory: beyond one hash for each core, the next ones wait.

use std::sync::LazyLock;
use std::thread::available_parallelism;

use tokio::sync::Semaphore;

use crate::deadline::Deadline;
use crate::outage::Outage;

/// The right to hash.
static CORES: LazyLock<Semaphore> = LazyLock::new(one_for_each_core);

/// The same for hashes that take a fiftieth of that: who shows an app password does not wait behind
/// people's passwords.
static CHEAP: LazyLock<Semaphore> = LazyLock::new(one_for_each_core);

fn one_for_each_core() -> Semaphore {
    Semaphore::new(available_parallelism().map_or(1, usize::from))
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

async fn in_turn<T: Send + 'static>(
    turns: &'static Semaphore,
    deadline: Deadline,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Outage> {
    deadline
        .bound("a hash", async {
            let turn = turns.acquire().await.expect("the semaphore is never closed");
            let hashed = tokio::task::spawn_blocking(move || {
                // Kept until the hash is there, even if nobody waits for it any more.
                let _turn = turn;
                work()
            });
            hashed.await.map_err(|_| Outage::Setup("the hashing thread ended".into()))
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
        let wait = std::sync::Arc::new(std::sync::Mutex::new(wait));
        let cores = available_parallelism().map_or(1, usize::from);
        let slow: Vec<_> = (0..2 * cores)
            .map(|_| {
                let wait = std::sync::Arc::clone(&wait);
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
}
