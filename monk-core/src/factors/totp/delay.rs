//! The time between a first device and the moment from which it counts.
//!
//! Where the password alone is enough to enrol the first factor, somebody who has stolen the password could be the
//! first. A delay gives the owner time to read the notice and to complain: until it is over, the device opens
//! nothing, and no login asks for its codes.

use serde::{Deserialize, Serialize};

use crate::times::is_ahead;

/// For how long a device opens nothing. It is set when the device is made, and begins when it is confirmed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Delay {
    /// How long it is.
    pub seconds: u64,
    /// When it began, in seconds since 1970; `None` until the device is confirmed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<u64>,
}

impl Delay {
    /// A delay that begins with the confirmation.
    #[must_use]
    pub fn new(seconds: u64) -> Self {
        Self { seconds, since: None }
    }

    /// The same, begun.
    #[must_use]
    pub fn begun(self, now: u64) -> Self {
        Self { since: Some(now), ..self }
    }

    /// When it ends or has ended, in seconds since 1970; `None` where it has not begun.
    #[must_use]
    pub fn usable_from(self) -> Option<u64> {
        self.since.map(|since| since.saturating_add(self.seconds))
    }

    /// When it ends, where it is not over. One that begins in the future is over: the clock was ahead then, or is
    /// behind now, and a clock must not take a second factor away for longer than the delay.
    #[must_use]
    pub fn end(self, now: u64) -> Option<u64> {
        let has_begun = self.since.is_some_and(|since| !is_ahead(since, now));
        self.usable_from().filter(|end| has_begun && now < *end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: u64 = 1_800_000_000;

    #[test]
    fn a_delay_begins_with_the_confirmation_and_ends() {
        let delay = Delay::new(3600);
        assert_eq!((delay.usable_from(), delay.end(NOW)), (None, None));
        let begun = delay.begun(NOW);
        assert_eq!(begun.usable_from(), Some(NOW + 3600));
        for (now, end) in [(NOW, true), (NOW + 3599, true), (NOW + 3600, false)] {
            assert_eq!(begun.end(now).is_some(), end, "{now}");
        }
        assert_eq!(Delay::new(u64::MAX).begun(NOW).usable_from(), Some(u64::MAX));
    }

    #[test]
    fn a_clock_that_was_set_back_takes_no_second_factor_away() {
        let begun = Delay::new(24 * 3600).begun(NOW);
        assert!(begun.end(NOW - 300).is_some(), "clocks of a fleet differ");
        assert_eq!(begun.end(NOW - 301), None);
    }
}
