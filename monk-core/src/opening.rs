//! What a code has opened, in the record of its use: for a remembered login that goes on working at every host that
//! shares the records.
//!
//! Nothing that is written here is needed to know that a code was used. A version of monk that does not know it ignores
//! it, and loses it with the next use: people type another code then.

use serde::{Deserialize, Serialize};

/// Longest time that a login is remembered, in seconds: 7 days. For longer there are app passwords.
pub const MAX_REMEMBER: u64 = 7 * 24 * 3600;

/// Most openings in one record of use: some browsers a day, with two each. Each is some 60 bytes, which every login of
/// the user reads.
const MAX_OPENINGS: usize = 16;

/// That a code has opened something that it goes on opening.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Opening {
    /// When, in seconds since 1970.
    pub at: u64,
    /// A fingerprint of everything that has to be the same again.
    pub print: String,
}

/// Those of `openings` that a record of use keeps which is written at a moment: the newest of those that can count.
#[must_use]
pub fn kept<'a>(openings: impl IntoIterator<Item = &'a Opening>, now: u64) -> Vec<Opening> {
    let counts = |opening: &&Opening| now.saturating_sub(opening.at) < MAX_REMEMBER;
    let mut kept: Vec<Opening> = openings.into_iter().filter(counts).cloned().collect();
    kept.sort_by(|a, b| b.at.cmp(&a.at).then_with(|| a.print.cmp(&b.print)));
    kept.dedup();
    kept.truncate(MAX_OPENINGS);
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_are_kept_for_as_long_as_they_can_count() {
        let of = |at: u64| Opening { at, print: format!("print {at}") };
        let now = 2 * MAX_REMEMBER;
        let many: Vec<_> = (now - 20..now).map(of).collect();
        let old = of(MAX_REMEMBER);
        let kept = kept(many.iter().chain(&many).chain([&old]), now);
        assert_eq!(kept.len(), MAX_OPENINGS, "each once");
        assert!(kept.contains(&of(now - 1)) && !kept.contains(&of(now - 20)));
        assert_eq!(super::kept([&old], now), []);
        assert_eq!(super::kept([&old], now - 1), [old]);
    }
}
