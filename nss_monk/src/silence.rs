//! Whether the engine was silent a moment ago.
//!
//! A program that looks up a thousand unknown names while the engine is stuck waits for the first one, and
//! then no more. Two atomics hold what it knows: there is no lock that a fork could leave locked. Two threads
//! that write at the same moment can mix their pairs, and then the engine is asked once more or once less.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use monk_wire::names::map::STUCK_AFTER_MS;

/// How long nobody is asked again, in milliseconds, after an engine was silent whose heartbeat is unknown: two
/// hundred milliseconds of waiting in five seconds are bearable.
const WITHOUT_HEARTBEAT_MS: u64 = 5_000;

/// What a process knows about the engine's silence.
pub(crate) struct Silence {
    /// When it may be asked again in any case, in milliseconds since the boot.
    until: AtomicU64,
    /// The heartbeat that was seen when it was silent. Any other one is a sign of life.
    heartbeat: AtomicU64,
}

impl Silence {
    /// It was not silent yet.
    pub(crate) const fn new() -> Self {
        Self { until: AtomicU64::new(0), heartbeat: AtomicU64::new(0) }
    }

    /// Whether asking would be waiting in vain.
    pub(crate) fn holds(&self, now_ms: u64, heartbeat: Option<u64>) -> bool {
        now_ms < self.until.load(Relaxed)
            && heartbeat.unwrap_or_default() == self.heartbeat.load(Relaxed)
    }

    /// The engine was silent. After [`STUCK_AFTER_MS`] without a heartbeat the map says so itself.
    pub(crate) fn begin(&self, now_ms: u64, heartbeat: Option<u64>) {
        let lasts = if heartbeat.is_some() { STUCK_AFTER_MS } else { WITHOUT_HEARTBEAT_MS };
        self.heartbeat.store(heartbeat.unwrap_or_default(), Relaxed);
        self.until.store(now_ms.saturating_add(lasts), Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_silence_ends_with_the_next_heartbeat_or_with_its_time() {
        let silence = Silence::new();
        assert!(!silence.holds(0, None) && !silence.holds(5, Some(5)));
        silence.begin(1_000, Some(900));
        assert!(silence.holds(1_000, Some(900)) && silence.holds(10_999, Some(900)));
        assert!(!silence.holds(1_001, Some(901)) && !silence.holds(11_000, Some(900)));
        silence.begin(1_000, None);
        assert!(silence.holds(5_999, None));
        assert!(!silence.holds(6_000, None) && !silence.holds(1_001, Some(900)));
    }
}
