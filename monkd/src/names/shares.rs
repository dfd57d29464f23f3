//! How many searches there may be at once, and how many of whose.
//!
//! The directory's connections and its server's time are those of logins, too. Whoever asks for thousands of
//! names waits for a share of his own, and for nobody else's.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::crowd::Who;

/// Searches for root's programs, and for all others together.
const MOST: usize = 16;

/// Searches for one person or service.
const MOST_OF_ONE: usize = 4;

/// Whose shares are remembered although nobody uses them: so many are forgotten at once.
const IDLE: usize = 256;

/// Who searches.
pub struct Shares {
    root: Arc<Semaphore>,
    others: Arc<Semaphore>,
    each: Mutex<BTreeMap<Who, Arc<Semaphore>>>,
}

impl Default for Shares {
    fn default() -> Self {
        Self {
            root: Arc::new(Semaphore::new(MOST)),
            others: Arc::new(Semaphore::new(MOST)),
            each: Mutex::default(),
        }
    }
}

/// The right to one search, until it is dropped.
pub struct Share {
    _own: Option<OwnedSemaphorePermit>,
    _all: Option<OwnedSemaphorePermit>,
}

impl Shares {
    /// Waits for a share.
    pub async fn take(&self, who: &Who) -> Share {
        if *who == Who::Root {
            return Share { _own: None, _all: permit(&self.root).await };
        }
        let own = permit(&self.of(who)).await;
        Share { _own: own, _all: permit(&self.others).await }
    }

    fn of(&self, who: &Who) -> Arc<Semaphore> {
        let mut each = self.each.lock().unwrap_or_else(PoisonError::into_inner);
        if each.len() >= IDLE && !each.contains_key(who) {
            each.retain(|_, share| {
                share.available_permits() < MOST_OF_ONE || Arc::strong_count(share) > 1
            });
        }
        let share =
            each.entry(who.clone()).or_insert_with(|| Arc::new(Semaphore::new(MOST_OF_ONE)));
        Arc::clone(share)
    }
}

/// A permit of a semaphore, which is never closed.
async fn permit(of: &Arc<Semaphore>) -> Option<OwnedSemaphorePermit> {
    Arc::clone(of).acquire_owned().await.ok()
}

#[cfg(test)]
mod tests {
    use std::future::Future;
    use std::pin::pin;
    use std::task::{Context, Poll, Waker};

    use super::*;

    /// What there is to be had without waiting.
    fn at_once(shares: &Shares, who: &Who) -> Option<Share> {
        match pin!(shares.take(who)).poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(share) => Some(share),
            Poll::Pending => None,
        }
    }

    #[test]
    fn whoever_asks_for_everything_waits_for_nobody_elses_share() {
        let shares = Shares::default();
        let all =
            |who: &Who| std::iter::from_fn(|| at_once(&shares, who)).take(100).collect::<Vec<_>>();
        let of_bob = all(&Who::Service(1));
        assert_eq!(of_bob.len(), MOST_OF_ONE);
        let of_others: Vec<_> = (2..100).flat_map(|other| all(&Who::Service(other))).collect();
        assert_eq!(of_others.len(), MOST - MOST_OF_ONE);
        assert_eq!(all(&Who::Root).len(), MOST);
        drop(of_bob);
        assert_eq!(all(&Who::Service(500)).len(), MOST_OF_ONE);
    }

    #[test]
    fn who_has_asked_once_is_not_remembered_for_ever() {
        let shares = Shares::default();
        let held = at_once(&shares, &Who::Service(0));
        for other in 0..10_000 {
            drop(at_once(&shares, &Who::Service(other)));
        }
        let each = shares.each.lock().unwrap();
        assert!(each.len() <= IDLE && each.contains_key(&Who::Service(0)), "{}", each.len());
        drop(held);
    }
}
