//! Rows of a table: ways to log in that are measured in turns.

use std::collections::BTreeMap;
use std::io::{self, IsTerminal, Write};

use monk_tests::site::{PamLoad, PamLoadOutcome, PamLogin};
use monk_tests::{Operations, World};

use super::statistics::Rounds;

/// Whose way to log in a row shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Section {
    /// Nobody's: what has to be asked is asked, and nothing is decided.
    Floor,
    /// A module that lets everybody in.
    Libpam,
    /// What people use today.
    Others,
    /// Ours.
    Monk,
}

/// One way to log in.
pub trait Row {
    /// Whose it is: ours, unless it says otherwise.
    fn section(&self) -> Section {
        Section::Monk
    }

    /// The heading under which the row stands.
    fn group(&self) -> &str;

    /// The words of its first cell.
    fn words(&self) -> &str;

    /// How many log in at the same time.
    fn callers(&self) -> usize;

    /// Whether each login has a process of its own.
    fn fresh(&self) -> bool {
        false
    }

    /// How many times fewer logins of this row are measured, because each takes so long.
    fn slowness(&self) -> usize {
        1
    }

    /// Whether right logins that are refused are told beside the figures, and are no error.
    fn may_refuse(&self) -> bool {
        false
    }

    /// Group and words of the row of monk's that does the same, for somebody else's row.
    fn counterpart(&self) -> Option<(String, &'static str)> {
        None
    }

    /// Lets somebody in who is to be let in, and refuses somebody who is not: a row that does
    /// otherwise is an error, and no figure.
    ///
    /// # Errors
    /// What is wrong.
    fn check(&self) -> Result<(), String>;

    /// Carries out at most `logins` logins that are all to succeed. Nothing but the logins
    /// themselves is in the times.
    fn run(&self, logins: usize) -> PamLoadOutcome;

    /// Counts what the directory server does while `logins` logins are carried out; none where
    /// there is no such server. How many logins that were is returned, too.
    fn operations(&self, logins: usize) -> Option<(usize, Operations)> {
        let _ = logins;
        None
    }

    /// The name by which a row is chosen and told.
    fn name(&self) -> String {
        let fresh = if self.fresh() { ", fresh process" } else { "" };
        format!("{}: {}, {} callers{fresh}", self.group(), self.words(), self.callers())
    }
}

/// A row of logins through PAM.
pub struct PamRow<'a> {
    /// See [`Row::section`].
    pub section: Section,
    /// See [`Row::group`].
    pub group: String,
    /// See [`Row::words`].
    pub words: String,
    /// The program that logs in.
    pub load: PamLoad,
    /// Where.
    pub world: &'a World,
    /// Prepares a batch of so many logins, or fewer.
    pub batch: Box<dyn Fn(usize) -> Vec<PamLogin> + 'a>,
    /// A login that must be refused; none for a module that refuses nobody.
    pub wrong: Option<Box<dyn Fn() -> PamLogin + 'a>>,
    /// Counts operations of the directory server, where there is one.
    pub counted: Option<Counted<'a>>,
    /// See [`Row::slowness`].
    pub slowness: usize,
}

/// Carries out work, and counts what a directory server did meanwhile.
pub type Counted<'a> = Box<dyn Fn(&mut dyn FnMut()) -> Operations + 'a>;

impl Row for PamRow<'_> {
    fn section(&self) -> Section {
        self.section
    }

    fn group(&self) -> &str {
        &self.group
    }

    fn words(&self) -> &str {
        &self.words
    }

    fn callers(&self) -> usize {
        self.load.callers
    }

    fn fresh(&self) -> bool {
        self.load.fresh
    }

    fn slowness(&self) -> usize {
        self.slowness
    }

    fn check(&self) -> Result<(), String> {
        let right = self.load.run(self.world, &(self.batch)(self.callers()));
        if right.refused() > 0 {
            return Err(format!("a right login ends with {:?}", right.refusals));
        }
        let Some(wrong) = &self.wrong else { return Ok(()) };
        if self.load.run(self.world, &[wrong()]).refused() == 0 {
            return Err("a wrong login is let in".to_owned());
        }
        Ok(())
    }

    fn run(&self, logins: usize) -> PamLoadOutcome {
        let mut all = PamLoadOutcome::default();
        while all.nanos.len() < logins {
            let batch = (self.batch)(logins - all.nanos.len());
            let outcome = self.load.run(self.world, &batch);
            if outcome.nanos.is_empty() {
                break;
            }
            all = followed_by(all, outcome);
        }
        all
    }

    fn operations(&self, logins: usize) -> Option<(usize, Operations)> {
        let counted = self.counted.as_ref()?;
        // Once before: what is written now and then, such as the last use, is written by that.
        self.load.run(self.world, &(self.batch)(logins));
        let batch = (self.batch)(logins);
        let operations = counted(&mut || {
            self.load.run(self.world, &batch);
        });
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
    first.mapped = second.mapped;
    first
}

/// A row, and what was measured of it.
pub struct Measured<'a> {
    pub row: Box<dyn Row + 'a>,
    /// Times of logins in nanoseconds.
    pub rounds: Rounds,
    /// Logins a second in each round.
    rates: Rounds,
    /// How many logins were measured.
    logins: usize,
    /// Logins that were refused, by their end.
    pub refusals: BTreeMap<String, u64>,
    /// What the directory server did for so many logins.
    pub operations: Option<(usize, Operations)>,
    /// What the program had mapped.
    pub mapped: Vec<String>,
}

impl<'a> Measured<'a> {
    /// A row of which nothing is measured yet.
    pub fn new(row: Box<dyn Row + 'a>) -> Self {
        Self {
            row,
            rounds: Rounds::default(),
            rates: Rounds::default(),
            logins: 0,
            refusals: BTreeMap::new(),
            operations: None,
            mapped: Vec::new(),
        }
    }

    /// Measures one round.
    fn measure(&mut self, samples: usize) {
        let callers = self.row.callers();
        let logins = (samples * callers.min(MORE) / self.row.slowness()).max(callers);
        let outcome = self.row.run(logins);
        self.rounds.begin();
        for nanos in &outcome.nanos {
            self.rounds.add(*nanos);
        }
        self.logins += outcome.nanos.len();
        self.rates.begin();
        self.rates.add(outcome.rate.round() as u64);
        for (end, count) in outcome.refusals {
            *self.refusals.entry(end).or_default() += count;
        }
        self.mapped = outcome.mapped;
    }

    /// How many logins were refused that were to succeed.
    pub fn refused(&self) -> u64 {
        self.refusals.values().sum()
    }

    /// Which part of all right logins were refused.
    pub fn refused_share(&self) -> f64 {
        self.refused() as f64 / self.logins.max(1) as f64
    }

    /// Milliseconds that so many of a hundred logins do not exceed.
    pub fn millis(&self, percent: usize) -> Option<f64> {
        self.rounds.percentile(percent).map(|nanos| nanos as f64 / 1e6)
    }

    /// Logins a second: the median of the rounds.
    pub fn rate(&self) -> Option<f64> {
        self.rates.percentile(50).map(|rate| rate as f64)
    }
}

/// With several callers as many times more logins are measured, up to this.
const MORE: usize = 4;

/// How rows are measured.
#[derive(Clone, Copy, Debug)]
pub struct Rhythm {
    /// Rounds in which all rows have their turn.
    pub rounds: u32,
    /// Logins of a row with one caller in a round.
    pub samples: usize,
}

/// Measures rows in turns. A row that does not do what it should is taken out, and told.
pub fn measure<'a>(
    rows: Vec<Box<dyn Row + 'a>>,
    rhythm: Rhythm,
) -> (Vec<Measured<'a>>, Vec<String>) {
    let (mut measured, mut wrong) = (Vec::new(), Vec::new());
    for row in rows {
        step(&format!("checking {}", row.name()));
        match row.check() {
            Ok(()) => measured.push(Measured::new(row)),
            Err(why) => wrong.push(format!("{}: {why}", row.name())),
        }
    }
    for row in &mut measured {
        step(&format!("operations of {}", row.row.name()));
        row.operations = row.row.operations(rhythm.samples.min(MOST_COUNTED));
    }
    for round in 1..=rhythm.rounds {
        for row in &mut measured {
            step(&format!("round {round} of {}: {}", rhythm.rounds, row.row.name()));
            row.measure(rhythm.samples);
        }
    }
    step("");
    let is_wrong = |row: &Measured<'_>| row.refused() > 0 && !row.row.may_refuse();
    for row in measured.iter().filter(|row| is_wrong(row)) {
        wrong.push(format!("{}: right logins ended with {:?}", row.row.name(), row.refusals));
    }
    measured.retain(|row| !is_wrong(row));
    (measured, wrong)
}

/// Logins whose operations are counted: they are the same each time.
const MOST_COUNTED: usize = 100;

/// Says what happens now, in a line that the next one replaces; nothing where there is no terminal.
fn step(text: &str) {
    if io::stderr().is_terminal() {
        eprint!("\r\x1b[K{text}");
        // What is not shown now is shown with the next.
        let _ = io::stderr().flush();
    }
}
