//! How far a long command has come: one line on standard error, where that is a terminal.

use std::io::{self, IsTerminal, Write};
use std::time::{Duration, Instant};

use crate::session::Session;

/// Below this many there is nothing to wait for.
const WORTH_SHOWING: usize = 200;

/// Before that, a rate says little.
const FIRST_RATE: Duration = Duration::from_secs(3);

/// A line that is written over.
pub struct Progress {
    verb: &'static str,
    total: usize,
    shown: bool,
    wanted: bool,
    since: Instant,
}

impl Progress {
    /// Nothing is shown yet.
    pub fn new(verb: &'static str, total: usize) -> Self {
        let wanted = total >= WORTH_SHOWING && io::stderr().is_terminal();
        Self { verb, total, shown: false, wanted, since: Instant::now() }
    }

    /// Whether it shows anything.
    pub fn is_wanted(&self) -> bool {
        self.wanted
    }

    /// Shows that `done` are done.
    pub fn show(&mut self, session: &mut Session, done: usize) {
        if self.wanted {
            let line = line(self.verb, done, self.total, self.since.elapsed());
            // What a longer line has left is erased (ECMA-48, 8.3.41).
            let _ = write!(session.errors, "\r{line}\x1b[K");
            let _ = session.errors.flush();
            self.shown = true;
        }
    }

    /// Takes the line away.
    pub fn clear(&mut self, session: &mut Session) {
        if std::mem::take(&mut self.shown) {
            // To the beginning of the line, and erase it (ECMA-48, 8.3.41).
            let _ = write!(session.errors, "\r\x1b[K");
            let _ = session.errors.flush();
        }
    }
}

/// How many are done, how fast that goes, and how long the others will take.
fn line(verb: &str, done: usize, total: usize, took: Duration) -> String {
    let start = format!("{done} of {total} {verb}");
    let took = took.as_secs_f64();
    if took < FIRST_RATE.as_secs_f64() || done == 0 {
        return start;
    }
    let count = |number: usize| u32::try_from(number).map_or(f64::MAX, f64::from);
    let rate = count(done) / took;
    let left = count(total.saturating_sub(done)) / rate;
    let left = match left / 60.0 {
        minutes if minutes > 1.0 => format!("{:.0} min", minutes.ceil()),
        _ => format!("{:.0} s", left.ceil()),
    };
    format!("{start}, {rate:.0} a second, {left} left")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_has_rate_and_remaining_time_once_they_say_something() {
        let of = |done, seconds| line("invited", done, 10_000, Duration::from_secs(seconds));
        assert_eq!(of(0, 60), "0 of 10000 invited");
        assert_eq!(of(90, 2), "90 of 10000 invited");
        assert_eq!(of(1_000, 20), "1000 of 10000 invited, 50 a second, 3 min left");
        assert_eq!(of(9_950, 199), "9950 of 10000 invited, 50 a second, 1 s left");
    }
}
