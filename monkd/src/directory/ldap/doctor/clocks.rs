//! This host's clock against the directory's. Codes are good for 30 s, so that a clock that is off by
//! more refuses them all.

use monk_wire::manage::doctor::{Kind, Severity};

use super::probe::Report;
use super::probe_clock::Clock;
use crate::clock;
use crate::observations::Observations;

/// Seconds by which two clocks may differ without anybody noticing.
const ALLOWED: u64 = 5;

/// Seconds by which codes of the one are no good on the other.
const TOO_MUCH: u64 = 30;

/// Seconds that a use may be old and still tell of the clock.
const LATELY: u64 = 24 * 60 * 60;

/// How many entries have to say the same.
const WITNESSES: usize = 3;

const REMEDY: &str = "Have chrony or systemd-timesyncd keep the clock: timedatectl set-ntp true";

/// Compares the clock with those of the directory's servers.
pub fn examine_servers(reports: &[Report], findings: &mut Observations) {
    for report in reports {
        let Some(clock) = report.visit.as_ref().ok().and_then(|visit| visit.clock.as_ref()) else {
            continue;
        };
        let compared = match clock {
            Clock::Told(theirs, ours) => clock::of_directory(theirs)
                .map(|theirs| ("this host's clock", ours.cast_signed() - theirs.cast_signed())),
            Clock::Uses(uses) => off_by_uses(uses, clock::now())
                .map(|off| ("by the last uses, the clock of a host of the fleet", off)),
        };
        let Some((whose, off)) = compared else {
            let what = "the server does not say what time it has: not compared";
            findings.ok(Kind::ClockDiffers, &report.uri, what);
            continue;
        };
        let direction = if off > 0 { "ahead of" } else { "behind" };
        let evidence = format!("{whose} is {} s {direction} the server's", off.unsigned_abs());
        if off.unsigned_abs() <= ALLOWED {
            findings.ok(Kind::ClockDiffers, &report.uri, evidence);
        } else {
            let severe = off.unsigned_abs() >= TOO_MUCH;
            let severity = if severe { Severity::Error } else { Severity::Warning };
            findings.report_as(Kind::ClockDiffers, severity, &report.uri, evidence, REMEDY);
        }
    }
}

/// By how much the hosts' clocks are ahead, from what they have used lately. `None` where that
/// cannot be told.
///
/// A use before the server's time may be one in an entry that was changed again since. So that much
/// is certain only where several entries say the same; a use after it is certain by itself.
fn off_by_uses(uses: &[(String, u64)], now: u64) -> Option<i64> {
    let lately = uses.iter().filter(|(_, used)| used.abs_diff(now) < LATELY);
    let mut off: Vec<i64> = lately
        .filter_map(|(theirs, used)| {
            Some(used.cast_signed() - clock::of_directory(theirs)?.cast_signed())
        })
        .collect();
    off.sort_unstable_by_key(|off| off.unsigned_abs());
    let nearest = *off.first()?;
    if nearest.unsigned_abs() <= ALLOWED || nearest > 0 {
        return Some(nearest);
    }
    let agree = |other: &&i64| nearest.abs_diff(**other) <= ALLOWED;
    (off.iter().filter(agree).count() >= WITNESSES).then_some(nearest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uses_tell_of_a_clock_only_what_is_certain() {
        // The server's time is one minute after the beginning.
        let off = |used: &[u64]| {
            let uses: Vec<_> = used.iter().map(|used| ("19700101000100Z".into(), *used)).collect();
            off_by_uses(&uses, 60)
        };
        assert_eq!(off(&[]), None);
        assert_eq!(off(&[10, 59]), Some(-1), "one that fits is enough");
        assert_eq!(off(&[10, 100]), Some(40), "nobody uses anything in the future");
        assert_eq!(off(&[10, 11]), None, "they may have been changed since");
        assert_eq!(off(&[10, 11, 12]), Some(-48), "not all of them");
        assert_eq!(off_by_uses(&[("19700101000100Z".into(), 60)], 2 * LATELY), None, "long ago");
    }
}
