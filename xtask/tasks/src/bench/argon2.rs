//! `cargo xtask bench argon2`: a directory whose passwords take long to be checked.

use std::thread;
use std::time::{Duration, Instant};

use clap::Args;
use monk_tests::World;
use monk_tests::site::{PamLoad, Running};

use super::floor::{self, right};
use super::people::{Hash, PASSWORD, Role};
use super::row::{MONK, Measured, Row, find, measure};
use super::typed::Typed;
use super::world::{BenchWorld, Contents};
use super::{conclude, login, tell_circumstances};
use crate::failure::{Outcome, guarded};
use crate::prepare::heading;

/// Users of the directory.
const USERS: u32 = 1000;

/// How much longer than the bind alone `PASSWORD;CODE` may take.
const GOAL: f64 = 1.05;

/// How much longer an app password may take beside logins of others that are slow, than beside the
/// same binds without monk.
const GOAL_BESIDE: f64 = 1.25;

/// How many others log in slowly at the same time.
const OTHERS: [usize; 2] = [1, 8];

/// Slow logins of the others that are prepared: more than there is time for. They are broken off.
const ENOUGH: usize = 20_000;

/// How long it takes at most until the others are all at it.
const START: Duration = Duration::from_millis(500);

/// Logins where the directory's passwords are slow to check
///
/// A slapd with {ARGON2} passwords (7 MiB, 5 passes: the default of its module). How long
/// PASSWORD;CODE takes beside the bind alone, and an app password while others are in slow binds.
#[derive(Args)]
pub struct Argon2Options {
    /// Rounds; each figure is the median of its rounds
    #[arg(long, default_value = "5", value_parser = clap::value_parser!(u32).range(1..))]
    rounds: u32,

    /// Logins of each row in a round
    #[arg(long, default_value_t = 200)]
    samples: usize,
}

/// Measures, and prints the tables. True where the goals are met.
///
/// # Errors
/// When the machine cannot be set up.
pub fn run(options: &Argon2Options) -> Outcome {
    floor::build()?;
    guarded(|| tell(options))
}

fn tell(options: &Argon2Options) -> bool {
    let hash = Hash::Ready(argon2_hash());
    let contents = Contents { hash, modules: vec!["argon2".to_owned()], ..Contents::of(USERS) };
    let bench = BenchWorld::new(&contents);
    bench.become_known();
    let rows = rows(&bench);
    heading(&format!("Measuring {} rows", rows.len()));
    let (measured, wrong) = measure(rows, options.rounds, options.samples);
    let goals = goals(&measured);
    print!("{}", table(&measured));
    tell_circumstances(options.rounds, options.samples);
    conclude(&wrong, &goals)
}

fn rows(bench: &BenchWorld) -> Vec<Row<'_>> {
    let monk = |typed| login::monk(bench, Running::Resident, typed, 1);
    let mut rows = vec![floor::row(bench, floor::BIND, 1, None)];
    rows.extend([Typed::PasswordAndCode, Typed::PasswordAlone, Typed::AppPassword].map(monk));
    for others in OTHERS {
        rows.extend([Busy::Slapd, Busy::Monk].map(|busy| beside(bench, others, busy)));
    }
    rows.into_iter().map(|row| Row { counted: None, ..row }).collect()
}

/// What stands above the table, and its first line.
const HEAD: &str = "
### Directories with {ARGON2} passwords

Milliseconds of one caller. Beside others who log in slowly all the time, with other users' passwords:
through monk, or by bare binds, which keep the machine as busy and monk idle.

| what | typed | p50 | p95 |
|---|---|---|---|
";

fn table(rows: &[Measured<'_>]) -> String {
    let line = |one: &Measured<'_>| {
        let cell = |percent| one.millis(percent).map_or("–".to_owned(), |ms| format!("{ms:.2}"));
        format!("| {} | {} | {} | {} |\n", one.row.group, one.row.words, cell(50), cell(95))
    };
    format!("{HEAD}{}", rows.iter().map(line).collect::<String>())
}

/// One value for all users, as slapd's own tool makes it with the defaults of the module.
#[track_caller]
fn argon2_hash() -> String {
    let command = World::new().command("slappasswd");
    let command = command.args(["-o", "module-path=/usr/lib/ldap", "-o", "module-load=argon2"]);
    let output = command.args(["-h", "{ARGON2}", "-n", "-s", PASSWORD]).run().expect_success();
    output.stdout
}

/// Who checks the slow passwords of others.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Busy {
    /// slapd alone, which is asked without monk.
    Slapd,
    /// The engine, or slapd for the engine.
    Monk,
}

/// The heading of such a row.
fn group(others: usize, busy: Busy) -> String {
    let s = if others == 1 { "" } else { "s" };
    let how = match busy {
        Busy::Slapd => "in bare binds",
        Busy::Monk => "who log in through monk",
    };
    format!("monk, beside {others} other{s} {how}")
}

/// App passwords beside others who log in slowly.
fn beside(bench: &BenchWorld, others: usize, busy: Busy) -> Row<'_> {
    let row = login::monk(bench, Running::Resident, Typed::AppPassword, 1);
    let alone = Typed::PasswordAlone;
    let service = bench.monk_service(Running::Resident, alone.policy());
    let load = PamLoad { callers: others, ..PamLoad::of(&service) };
    let log_in = row.log_in;
    Row {
        group: group(others, busy),
        log_in: Box::new(move |logins| {
            let people = bench.roles.of(Role::Code);
            let slow: Vec<_> = people.iter().cycle().take(ENOUGH).map(right).collect();
            let mut others = match busy {
                Busy::Slapd => floor::begin(bench, floor::BIND, others, &slow),
                Busy::Monk => load.begin(bench.world(), &slow),
            };
            thread::sleep(START);
            let begin = Instant::now();
            let mut outcome = log_in(logins);
            if !others.is_running() {
                let why = format!("the others have ended after {:?}", begin.elapsed());
                outcome.refusals.insert(why, 1);
            }
            outcome
        }),
        ..row
    }
}

/// Whether each goal is met, and what was measured.
fn goals(rows: &[Measured<'_>]) -> Vec<(bool, String)> {
    let p50 = |group: &str, words: &str| find(rows, group, words, 1)?.millis(50);
    let bind = p50(floor::GROUP, floor::BIND.1);
    let code = p50(MONK, Typed::PasswordAndCode.words());
    let mut goals = Vec::new();
    if let Some((bind, code)) = bind.zip(code) {
        let times = code / bind;
        goals.push((
            times <= GOAL,
            format!("`PASSWORD;CODE`: {times:.2} × the bare bind; the goal is at most {GOAL}"),
        ));
    }
    for others in OTHERS {
        let beside = |busy| p50(&group(others, busy), Typed::AppPassword.words());
        if let Some((bare, monk)) = beside(Busy::Slapd).zip(beside(Busy::Monk)) {
            let times = monk / bare;
            goals.push((
                times <= GOAL_BESIDE,
                format!(
                    "an app password beside {others} in slow logins through monk: {times:.2} × \
                     beside as many bare binds; the goal is at most {GOAL_BESIDE}"
                ),
            ));
        }
    }
    goals
}
