//! From when to when an old system takes a token.

use std::time::SystemTime;

use time::{Date, OffsetDateTime, UtcOffset};

use super::record::{Attribute, Record};
use crate::parsed::{Flaw, Leniency};

/// The day in UTC, or where it is if that is beyond the year 9999.
pub(super) fn day(moment: OffsetDateTime) -> Date {
    moment.checked_to_offset(UtcOffset::UTC).unwrap_or(moment).date()
}

/// Checks that a token may be used now; what should be known about its end otherwise.
///
/// # Errors
/// If the old system does not take its codes now, so that it is left out.
pub(super) fn check(
    record: &Record,
    (begin, end): (Attribute, Attribute),
    leniency: Leniency,
    now: SystemTime,
) -> Result<Option<String>, Flaw> {
    if let Some(moment) = record.moment(begin)?.filter(|moment| *moment > now) {
        return Err(Flaw::LeftOut(format!(
            "it may be used from {} on ({begin}): left out, import it then",
            day(moment)
        )));
    }
    let Some(moment) = record.moment(end)? else { return Ok(None) };
    ends(moment, end, leniency, now)
}

/// The same for the end alone.
///
/// # Errors
/// If it has passed.
pub(super) fn ends(
    moment: OffsetDateTime,
    reason: Attribute,
    leniency: Leniency,
    now: SystemTime,
) -> Result<Option<String>, Flaw> {
    if moment < now {
        return Err(Flaw::LeftOut(format!(
            "its time ended on {} ({reason}): left out",
            day(moment)
        )));
    }
    Ok((!leniency.ignore_expiry).then(|| {
        format!(
            "its time ends on {} ({reason}), which monk does not enforce: remove it by then, or say --ignore-expiry",
            day(moment)
        )
    }))
}

/// What should be known about a clock that the old system made up for.
pub(super) fn of_clock(seconds: i64) -> Option<String> {
    (seconds != 0).then(|| {
        let seconds = seconds.unsigned_abs();
        format!("the old system made up for a clock that is {seconds} seconds off: set it right")
    })
}
