//! Notices when somebody sets this host's clock, by comparing it with one that nobody can set.
//!
//! Nothing is decided by it: no clock makes a used code good again. But a clock that jumps makes right
//! codes wrong, and then the log should say why.

use std::time::Duration;

use nix::time::{ClockId, clock_gettime};

use crate::{audit, tally};

/// How often the clocks are compared.
const EVERY: Duration = Duration::from_secs(5);

/// Seconds from which on it is worth a line: codes still fit, but no time service does this to a
/// clock that it keeps.
const NOTABLE: i64 = 5;

/// Compares for as long as the engine runs.
pub async fn run() {
    let mut before = lead();
    loop {
        tokio::time::sleep(EVERY).await;
        let now = lead();
        if let (Some(before), Some(now)) = (before, now)
            && let Some(line) = describe(now - before)
        {
            audit::warn(&line);
            tally::clock_stepped(now - before);
        }
        before = now;
    }
}

/// By how many seconds this host's clock is ahead of the time since it was started. That goes on
/// while a machine sleeps, so that waking up is no jump.
fn lead() -> Option<i64> {
    let clock = clock_gettime(ClockId::CLOCK_REALTIME).ok()?;
    let since_start = clock_gettime(ClockId::CLOCK_BOOTTIME).ok()?;
    Some(clock.tv_sec() - since_start.tv_sec())
}

/// What is to be said of a clock that has moved by so many seconds.
fn describe(moved: i64) -> Option<String> {
    if moved.abs() < NOTABLE {
        return None;
    }
    let (direction, consequence) = if moved > 0 {
        ("ahead", "codes that are used until it is right again block later ones")
    } else {
        ("back", "devices whose codes were used while it was ahead are refused with used-ahead")
    };
    Some(format!(
        "this host's clock was set {direction} by {} s: {consequence}. Have chrony or \
         systemd-timesyncd keep it, and see monk-enroll doctor",
        moved.unsigned_abs()
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_jump_is_told_with_its_direction_and_a_small_step_is_not() {
        assert_eq!(describe(0), None);
        assert_eq!(describe(-4), None);
        assert!(describe(3600).is_some_and(|line| line.contains("set ahead by 3600 s")));
        assert!(describe(-86_400).is_some_and(|line| line.contains("set back by 86400 s")));
    }

    #[test]
    fn a_clock_that_nobody_sets_stays_where_it_is() {
        let (first, second) = (lead().expect("two clocks"), lead().expect("two clocks"));
        assert!((second - first).abs() <= 1);
    }
}
