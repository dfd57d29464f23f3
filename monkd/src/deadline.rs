//! One moment by which an answer must be there, for everything that a login does.

use std::future::Future;
use std::time::{Duration, Instant};

use crate::outage::Outage;

/// The moment after which an answer is of no use any more (monotonic clock).
#[derive(Clone, Copy, Debug)]
pub struct Deadline(Instant);

impl Deadline {
    /// `budget` from now.
    #[must_use]
    pub fn after(budget: Duration) -> Self {
        Self(Instant::now() + budget)
    }

    /// What is left, zero when it has passed.
    #[must_use]
    pub fn remaining(self) -> Duration {
        self.0.saturating_duration_since(Instant::now())
    }

    /// This deadline, or the end of `budget` from now if that comes first.
    #[must_use]
    pub fn earlier(self, budget: Duration) -> Self {
        Self(self.0.min(Instant::now() + budget))
    }

    /// Waits for `work`, but not beyond the deadline.
    ///
    /// # Errors
    /// The work's own error, or [`Outage::Timeout`] naming `what` was waited for.
    pub async fn bound<T>(
        self,
        what: &'static str,
        work: impl Future<Output = Result<T, Outage>>,
    ) -> Result<T, Outage> {
        tokio::time::timeout_at(self.0.into(), work).await.unwrap_or(Err(Outage::Timeout(what)))
    }
}
