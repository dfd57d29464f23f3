//! Rows of a table: ways to log in that are measured in turns, a round of each, so that what else the
//! machine does hits all of them. A row's figures are the medians of those of its rounds.

use std::collections::BTreeMap;
use std::io::{self, IsTerminal, Write};

use monk_tests::Operations;
use monk_tests::site::{PamLoadOutcome, PamLogin};

use super::statistics::Rounds;
use super::world::BenchWorld;

/// The group of monk's rows with a resident engine.
pub const MONK: &str = "monk";

/// Whose way to log in a row shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Section {
    /// Nobody's: what has to be asked is asked, and nothing is decided.
    Floor,
    /// What people use today.
    Others,
    /// Ours.
    Monk,
}

/// Carries logins out.
type LogIn<'a> = dyn Fn(&[PamLogin]) -> PamLoadOutcome + 'a;

/// One way to log in.
pub struct Row<'a> {
    /// Whose it is.
    pub section: Section,
    /// The words of its first cell.
    pub group: String,
    /// The words of its second cell.
    pub words: &'static str,
    /// How many log in at the same time.
    pub callers: usize,
    /// How many times fewer logins of this row are measured, because each takes so long.
    pub slowness: usize,
    /// Group and words of the row of monk's that does the same, for somebody else's row.
    pub counterpart: Option<(&'static str, &'static str)>,
    /// Prepares so many logins that are all to succeed, or fewer.
    pub batch: Box<dyn Fn(usize) -> Vec<PamLogin> + 'a>,
    /// Carries logins out. Nothing else is in the times.
    pub log_in: Box<LogIn<'a>>,
    /// A login that must be refused; none where nobody is refused.
    pub wrong: Option<Box<dyn Fn() -> PamLogin + 'a>>,
    /// Where the directory server's operations are counted.
    pub counted: Option<&'a BenchWorld>,
}

impl Row<'_> {
    /// The name by which a row is chosen and told.
    pub fn name(&self) -> String {
        format!("{}: {}, {} callers", self.group, self.words, self.callers)
    }

    /// Lets somebody in who is to be let in, and refuses somebody who is not: a row that does
    /// otherwise is an error, and no figure.
    fn check(&self) -> Result<(), String> {
        let right = (self.log_in)(&(self.batch)(self.callers));
        if right.refused() > 0 {
            return Err(format!("a right login ends with {:?}", right.refusals));
        }
        match &self.wrong {
            Some(wrong) if (self.log_in)(&[wrong()]).refused() == 0 => {
                Err("a wrong login is let in".to_owned())
            }
            _ => Ok(()),
        }
    }

    fn run(&self, logins: usize) -> PamLoadOutcome {
        let mut all = PamLoadOutcome::default();
        while all.nanos.len() < logins {
            let outcome = (self.log_in)(&(self.batch)(logins - all.nanos.len()));
            if outcome.nanos.is_empty() {
                break;
            }
            all = followed_by(all, outcome);
        }
        all
    }

    /// What the directory server does while so many logins are carried out, and how many they were.
    fn operations(&self, logins: usize) -> Option<(usize, Operations)> {
        let bench = self.counted?;
        // Once before: what is written now and then, such as the last use, is written by that.
        (self.log_in)(&(self.batch)(logins));
        let batch = (self.batch)(logins);
        let (_, operations) = bench.slapd().operations(|| (self.log_in)(&batch));
        Some((batch.len(), operations))
    }
}

/// One batch after the other, as one.
fn followed_by(mut first: PamLoadOutcome, second: PamLoadOutcome) -> PamLoadOutcome {
    let seconds = |outcome: &PamLoadOutcome| match outcome.rate {
        rate if rate > 0.0 => outcome.nanos.len() as f64 / rate,
        _ => outcome.seconds,
    };
    let let_in = (first.nanos.len() + second.nanos.len()) as f64;
    first.rate = let_in / (seconds(&first) + seconds(&second));
    first.seconds += second.seconds;
    first.nanos.extend(second.nanos);
    for (end, count) in second.refusals {
        *first.refusals.entry(end).or_default() += count;
    }
    first
}

/// A row, and what was measured of it.
pub struct Measured<'a> {
    pub row: Row<'a>,
    /// Times of logins in nanoseconds.
    times: Rounds,
    /// Logins a second in each round.
    rates: Rounds,
    /// Logins that were refused, by their end.
    refusals: BTreeMap<String, u64>,
    /// What the directory server did for so many logins.
    pub operations: Option<(usize, Operations)>,
}

impl<'a> Measured<'a> {
    /// A row of which nothing is measured yet.
    fn new(row: Row<'a>) -> Self {
        let (times, rates) = (Rounds::default(), Rounds::default());
        Self { row, times, rates, refusals: BTreeMap::new(), operations: None }
    }

    /// Measures one round.
    fn measure(&mut self, samples: usize) {
        let callers = self.row.callers;
        let logins = (samples * callers.min(MORE) / self.row.slowness).max(callers);
        let outcome = self.row.run(logins);
        self.times.add(outcome.nanos);
        self.rates.add(vec![outcome.rate.round() as u64]);
        for (end, count) in outcome.refusals {
            *self.refusals.entry(end).or_default() += count;
        }
    }

    /// Milliseconds that so many of a hundred logins do not exceed.
    pub fn millis(&self, percent: usize) -> Option<f64> {
        self.times.percentile(percent).map(|nanos| nanos as f64 / 1e6)
    }

    /// Logins a second: the median of the rounds.
    pub fn rate(&self) -> Option<f64> {
        self.rates.percentile(50).map(|rate| rate as f64)
    }
}

/// The row of these words.
pub fn find<'a, 'b>(
    rows: &'a [Measured<'b>],
    group: &str,
    words: &str,
    callers: usize,
) -> Option<&'a Measured<'b>> {
    rows.iter().find(|Measured { row, .. }| {
        row.group == group && row.words == words && row.callers == callers
    })
}

/// With several callers as many times more logins are measured, up to this.
const MORE: usize = 4;

/// Logins whose operations are counted: they are the same each time.
const MOST_COUNTED: usize = 100;

/// Measures rows in turns. A row that does not do what it should is taken out, and told.
pub fn measure<'a>(
    rows: Vec<Row<'a>>,
    rounds: u32,
    samples: usize,
) -> (Vec<Measured<'a>>, Vec<String>) {
    let (mut measured, mut wrong) = (Vec::new(), Vec::new());
    for row in rows {
        step(&format!("checking {}", row.name()));
        match row.check() {
            Ok(()) => measured.push(Measured::new(row)),
            Err(why) => wrong.push(format!("{}: {why}", row.name())),
        }
    }
    for one in &mut measured {
        step(&format!("operations of {}", one.row.name()));
        one.operations = one.row.operations(samples.min(MOST_COUNTED));
    }
    for round in 1..=rounds {
        for one in &mut measured {
            step(&format!("round {round} of {rounds}: {}", one.row.name()));
            one.measure(samples);
        }
    }
    step("");
    for one in measured.iter().filter(|one| !one.refusals.is_empty()) {
        wrong.push(format!("{}: right logins ended with {:?}", one.row.name(), one.refusals));
    }
    measured.retain(|one| one.refusals.is_empty());
    (measured, wrong)
}

/// Says what happens now, in a line that the next one replaces; nothing where there is no terminal.
fn step(text: &str) {
    if io::stderr().is_terminal() {
        eprint!("\r\x1b[K{text}");
        // What is not shown now is shown with the next.
        let _ = io::stderr().flush();
    }
}
