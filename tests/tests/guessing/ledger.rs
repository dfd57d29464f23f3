//! What an attack has come to, in guesses that were really compared.

use std::collections::{BTreeMap, HashSet};

use monk_tests::figures;
use monk_tests::site::AuditLine;

/// The length of the window in which looks are counted, in seconds: a day.
const DAY: u64 = 24 * 3600;

/// Guesses that may be looked at in a day: from networks that the user has not used, and from one that
/// the user has.
const ELSEWHERE: u64 = 110;
const HOME: u64 = 400;

/// The same from one network at all users together, five times as many of which are free.
const EVERYBODY: u64 = 160;

/// Guesses among them that may come in a burst: those that are free, and those after short waits.
const BURST: u64 = 24;
const BURST_AT_EVERYBODY: u64 = 64;

/// Guesses that cost nothing.
const FREE: usize = 10;

/// Seconds in which a repeated code is the same guess: a step of the device.
const STEP: u64 = 30;

/// Where a guess comes from, as the throttle is to see it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Place {
    /// A network that alice has not used, at one of the hosts.
    Elsewhere(usize),
    /// One that she has.
    Home,
    /// One network, whoever the user.
    AtEverybody,
}

/// What is guessed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Guess {
    /// A second factor, by somebody who knows the password.
    Code,
    /// A password.
    Password,
}

/// All looks so far.
#[derive(Default)]
pub struct Ledger {
    looks: BTreeMap<(Place, Guess), Vec<u64>>,
    seen: HashSet<(Place, Guess, String, u64)>,
}

/// Whether a guess was compared with what it guesses. A reason that nobody here has heard of counts.
pub fn was_looked_at(line: &AuditLine) -> bool {
    const NOT: [&str; 4] = ["throttled", "code-missing", "bad-input", "bad-name"];
    assert_ne!(line.verdict, "granted", "a guess got in: {}", line.text);
    line.verdict == "refused" && !NOT.contains(&line.reason.as_str())
}

impl Ledger {
    /// Enters a look. The same code in the same step, and the same password at any time, is no further
    /// guess.
    pub fn enter(&mut self, place: Place, guess: Guess, typed: &str, at: u64) {
        let step = if guess == Guess::Code { at / STEP } else { 0 };
        if self.seen.insert((place, guess, typed.to_owned(), step)) {
            self.looks.entry((place, guess)).or_default().push(at);
        }
    }

    /// Notes that somebody guesses here, also where nothing is ever looked at.
    pub fn expect(&mut self, place: Place, guess: Guess) {
        self.looks.entry((place, guess)).or_default();
    }

    /// The most looks of one kind within a day.
    pub fn worst(&self) -> usize {
        self.looks.values().map(|looks| in_worst_day(looks)).max().unwrap_or_default()
    }

    /// Every way has come as far as the guesses that cost nothing: an attack that reaches nothing shows
    /// nothing.
    pub fn has_reached_everything(&self) -> bool {
        self.looks.values().all(|looks| in_worst_day(looks) >= FREE)
    }

    /// What there was to see, and whether all goals were met after `seconds`.
    pub fn judge(&self, seconds: u64) -> (String, String, bool) {
        let (mut seen, mut goals, mut met) = (Vec::new(), Vec::new(), true);
        for ((place, guess), looks) in &self.looks {
            let (count, most) = (in_worst_day(looks), allowed(*place, seconds));
            met &= count as u64 <= most;
            let what = if *guess == Guess::Code { "codes" } else { "passwords" };
            let from = match place {
                Place::Home => " from home",
                Place::AtEverybody => " of 30 users",
                Place::Elsewhere(0) => "",
                Place::Elsewhere(_) => " at the second host",
            };
            seen.push(format!("{count} {what}{from}"));
            goals.push(format!("≤ {most}"));
        }
        (seen.join(", "), goals.join(", "), met)
    }
}

/// What may be looked at in so many seconds.
fn allowed(place: Place, seconds: u64) -> u64 {
    let (burst, day) = match place {
        Place::Elsewhere(_) => (BURST, ELSEWHERE),
        Place::Home => (BURST, HOME),
        Place::AtEverybody => (BURST_AT_EVERYBODY, EVERYBODY),
    };
    burst + (day - burst) * seconds.min(DAY) / DAY
}

fn in_worst_day(looks: &[u64]) -> usize {
    let from = |first: usize| looks.partition_point(|&at| at < looks[first] + DAY) - first;
    (0..looks.len()).map(from).max().unwrap_or_default()
}

/// Hours that an attack lasts: in every run of the tests, and where somebody wants to know exactly.
pub fn hours() -> u64 {
    figures::times(2, 72) as u64
}
