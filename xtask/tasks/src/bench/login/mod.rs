//! `cargo xtask bench login`: the time of one login, as the host program sees it.

mod goals;
mod table;

use clap::Args;
use monk_tests::Archives;
use monk_tests::site::{PamLoad, Running};

use super::floor;
use super::peers::{self, Peers};
use super::people::Person;
use super::row::{MONK, Row, Section, measure};
use super::typed::Typed;
use super::world::{BenchWorld, Contents};
use super::{conclude, tell_circumstances};
use crate::failure::{Outcome, guarded};
use crate::prepare::heading;

/// Users of the directory.
const USERS: u32 = 1000;

/// The group of monk's rows with an engine that is started for the login.
const ONE_SHOT: &str = "monk, one-shot";

/// Group and words of the rows that show what libpam itself takes.
const LIBPAM: &str = "libpam alone";
const PERMIT: &str = "pam_permit";

/// How many log in at the same time where a rate is measured, and where there is a crowd.
const MANY: usize = 8;
const CROWD: usize = 64;

/// How much longer a login takes where an engine is started for it.
const SLOWNESS_OF_ONE_SHOT: usize = 4;

/// Time of one login, beside that of what people use today, and of the floor
///
/// In a private machine with a real slapd, programs log users in through the real module, over ldaps: with
/// the engine as a service and started for each login, one caller and many; and the same users
/// through pam_ldap, sssd and google-authenticator. All rows are measured in turns. The tables are markdown, on
/// standard output.
#[derive(Args)]
pub struct LoginOptions {
    /// Rounds; each row's figures are the medians of its rounds
    #[arg(long, default_value = "5", value_parser = clap::value_parser!(u32).range(1..))]
    rounds: u32,

    /// Logins of each row in a round; up to four times as many where several log in at once, and
    /// fewer where each takes long
    #[arg(long, default_value_t = 400)]
    samples: usize,

    /// Only rows whose name contains this, as it stands in the first columns of the table
    #[arg(long, value_name = "PATTERN")]
    only: Vec<String>,

    /// With an engine that counts for metrics
    #[arg(long)]
    metrics: bool,
}

impl LoginOptions {
    fn is_wanted(&self, row: &Row<'_>) -> bool {
        let name = row.name().to_lowercase();
        self.only.is_empty() || self.only.iter().any(|only| name.contains(&only.to_lowercase()))
    }
}

/// Measures, and prints the tables. True where the goals are met.
///
/// # Errors
/// When packages are missing, or the machine cannot be set up.
pub fn run(options: &LoginOptions) -> Outcome {
    floor::build()?;
    let archives = peers::fetch()?;
    guarded(|| tell(options, &archives))
}

fn tell(options: &LoginOptions, archives: &Archives) -> bool {
    let bench = BenchWorld::new(&Contents { metrics: options.metrics, ..Contents::of(USERS) });
    let people: Vec<Person> = (0..USERS).map(Person).collect();
    heading("Setting up what others use");
    let _peers = Peers::start(&bench, archives);
    let mut rows = floor_rows(&bench);
    rows.extend([1, MANY].map(|callers| libpam(&bench, callers)));
    rows.extend(peers::rows(&bench, &people));
    rows.extend(rows_of_monk(&bench));
    rows.retain(|row| options.is_wanted(row));
    bench.become_known();

    heading(&format!("Measuring {} rows", rows.len()));
    let (measured, wrong) = measure(rows, options.rounds, options.samples);
    let goals = goals::of(&measured);
    print!("{}", table::of(&measured));
    tell_circumstances(options.rounds, options.samples);
    conclude(&wrong, &goals)
}

fn floor_rows(bench: &BenchWorld) -> Vec<Row<'_>> {
    let rows = [
        (floor::SEARCH, (MONK, Typed::AppPassword)),
        (floor::PASSWORD_ALONE, (MONK, Typed::PasswordAlone)),
        (floor::PASSWORD_AND_CODE, (MONK, Typed::PasswordAndCode)),
        (floor::FRESH, (ONE_SHOT, Typed::PasswordAndCode)),
    ];
    let row = |(steps, (group, typed)): (_, (_, Typed))| {
        [1, MANY].map(|callers| floor::row(bench, steps, callers, Some((group, typed.words()))))
    };
    rows.into_iter().flat_map(row).collect()
}

/// What libpam takes by itself.
fn libpam(bench: &BenchWorld, callers: usize) -> Row<'_> {
    let service = bench.service("permit", "pam_permit.so");
    let load = PamLoad { callers, ..PamLoad::of(&service) };
    Row {
        section: Section::Floor,
        group: LIBPAM.to_owned(),
        words: PERMIT,
        callers,
        slowness: 1,
        counterpart: None,
        batch: Box::new(|wanted| bench.batch(Typed::PasswordAlone, wanted)),
        log_in: Box::new(move |logins| load.run(bench.world(), logins)),
        wrong: None,
        counted: None,
    }
}

fn rows_of_monk(bench: &BenchWorld) -> Vec<Row<'_>> {
    let main = [Typed::PasswordAndCode, Typed::AppPassword];
    let one = [Running::Resident, Running::OneShot].into_iter();
    let one = one.flat_map(|running| Typed::ALL.map(|typed| (running, typed, 1)));
    let password = [(Running::Resident, Typed::PasswordAlone, MANY)];
    let more = main
        .into_iter()
        .flat_map(|typed| [MANY, CROWD].map(|callers| (Running::Resident, typed, callers)));
    let one_shot = main.map(|typed| (Running::OneShot, typed, MANY));
    one.chain(password)
        .chain(more)
        .chain(one_shot)
        .map(|(running, typed, callers)| monk(bench, running, typed, callers))
        .collect()
}

/// One row of monk's.
pub fn monk(bench: &BenchWorld, running: Running, typed: Typed, callers: usize) -> Row<'_> {
    let (group, slowness) = match running {
        Running::Resident => (MONK, 1),
        Running::OneShot => (ONE_SHOT, SLOWNESS_OF_ONE_SHOT),
    };
    let service = bench.monk_service(running, typed.policy());
    let load = PamLoad { callers, ..PamLoad::of(&service) };
    Row {
        section: Section::Monk,
        group: group.to_owned(),
        words: typed.words(),
        callers,
        slowness,
        counterpart: None,
        batch: Box::new(move |wanted| bench.batch(typed, wanted)),
        log_in: Box::new(move |logins| load.run(bench.world(), logins)),
        wrong: Some(Box::new(move || bench.wrong(typed))),
        counted: Some(bench),
    }
}
