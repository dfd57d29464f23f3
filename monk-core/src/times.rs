//! Times that another host has written down.

/// Seconds by which the clocks of two hosts of a fleet may differ without anything else being wrong.
const CLOCK_TOLERANCE: u64 = 300;

/// Whether a time is one that nobody can have seen yet: a clock was ahead that was set right since,
/// and what it has dated would live too long.
pub(crate) fn is_ahead(time: u64, now: u64) -> bool {
    time > now.saturating_add(CLOCK_TOLERANCE)
}
