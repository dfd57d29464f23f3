//! Which notices users were sent, in memory alone: so that they are not too many, and none is broken off.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::task::JoinHandle;

use crate::audit::occasion::kept;

/// Notices to one user in an hour. Setting up an account takes about six; beyond that, somebody who has the account
/// already could only fill the mailbox.
const MOST_IN_AN_HOUR: usize = 20;

/// Users whose notices are counted. Beyond them, nobody is told anything until an hour is over for some.
const MOST_USERS: usize = 10_000;

const HOUR: Duration = Duration::from_secs(3600);

/// What was told to whom, and what is being sent.
#[derive(Default)]
pub struct Notices {
    told: Mutex<HashMap<String, VecDeque<Instant>>>,
    underway: Mutex<Vec<JoinHandle<()>>>,
}

impl Notices {
    /// Whether the user may be told something more in this hour.
    pub(crate) fn may_tell(&self, id: &str, now: Instant) -> bool {
        let mut told = lock(&self.told);
        let is_recent = |at: &Instant| now.saturating_duration_since(*at) < HOUR;
        if told.len() >= MOST_USERS && !told.contains_key(id) {
            told.retain(|_, times| times.iter().any(is_recent));
        }
        if told.len() >= MOST_USERS && !told.contains_key(id) {
            return false;
        }
        let times = told.entry(id.to_owned()).or_default();
        times.retain(is_recent);
        let may = times.len() < MOST_IN_AN_HOUR;
        if may {
            times.push_back(now);
        }
        may
    }

    /// Sends something, and waits for nothing.
    pub(crate) fn begin(&self, sending: impl Future<Output = ()> + Send + 'static) {
        let mut underway = lock(&self.underway);
        underway.retain(|sending| !sending.is_finished());
        underway.push(tokio::spawn(kept(sending)));
    }

    /// Waits for what is being sent: an engine for one command ends with it.
    pub async fn finish(&self) {
        let underway = std::mem::take(&mut *lock(&self.underway));
        for sending in underway {
            let _ = sending.await;
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_is_told_so_much_in_an_hour_and_others_all_the_same() {
        let (notices, now) = (Notices::default(), Instant::now());
        assert!((0..MOST_IN_AN_HOUR).all(|_| notices.may_tell("alice", now)));
        assert!(!notices.may_tell("alice", now) && notices.may_tell("bob", now));
        assert!(notices.may_tell("alice", now + HOUR));
    }
}
