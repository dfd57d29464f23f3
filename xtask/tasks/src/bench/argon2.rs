//! `cargo xtask bench argon2`: a directory whose passwords take long to be checked.

use std::thread;
use std::time::{Duration, Instant};

use clap::Args;
use monk_tests::World;
use monk_tests::site::{PamLoad, PamLoadOutcome, Running};

use super::bare_bind::{BareBind, beside_binds};
use super::login::ours;
use super::people::{Hash, PASSWORD, Person, Role};
use super::row::{Measured, PamRow, Rhythm, Row, Section, measure};
use super::typed::Typed;
use super::world::{BenchWorld, Contents, Transport};
use super::{machine, verdicts};
use crate::failure::{Outcome, guarded};
use crate::prepare::heading;

/// Users of the directory.
const USERS: u32 = 1000;

/// Users of monk's own store.
const USERS_OF_THE_STORE: u32 = 100;

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
pub fn run(options: &Argon2Options) -> Outcome {
    guarded(|| tell(options))
}

fn tell(options: &Argon2Options) -> bool {
    let hash = Hash::Ready(argon2_hash());
    let contents = Contents { hash, modules: vec!["argon2".to_owned()], ..Contents::of(USERS) };
    let world = BenchWorld::ldap(&contents, &[Transport::Ldaps]);
    heading("Logging everybody in once");
    world.become_known(Transport::Ldaps);
    let shares = vec![(Role::AppPassword, 8)];
    let embedded = BenchWorld::embedded(&Contents { shares, ..Contents::of(USERS_OF_THE_STORE) });
    embedded.become_known(Transport::Embedded);
    let rows = rows(&world, &embedded);
    heading(&format!("Measuring {} rows", rows.len()));
    let rhythm = Rhythm { rounds: options.rounds, samples: options.samples };
    let (measured, wrong) = measure(rows, rhythm);
    let goals = goals(&measured);
    print!("{}", table(&measured, &wrong, &goals, rhythm));
    wrong.is_empty() && goals.iter().all(|(is_met, _)| *is_met)
}

fn rows<'a>(ldap: &'a BenchWorld, embedded: &'a BenchWorld) -> Vec<Box<dyn Row + 'a>> {
    let bare = BareBind { world: ldap.world(), people: ldap.roles.of(Role::Code) };
    let monk = |world: &'a BenchWorld, transport, typed| -> Box<dyn Row + 'a> {
        Box::new(ours::monk(world, transport, Running::Resident, typed, 1, false))
    };
    let beside = |world: &'a BenchWorld, transport, others, busy| -> Box<dyn Row + 'a> {
        Box::new(Beside::new(world, transport, others, busy))
    };
    let (ldaps, store) = (Transport::Ldaps, Transport::Embedded);
    let mut rows: Vec<Box<dyn Row + 'a>> = vec![Box::new(bare)];
    for typed in [Typed::PasswordAndCode, Typed::PasswordAlone, Typed::AppPassword] {
        rows.push(monk(ldap, ldaps, typed));
    }
    for others in OTHERS {
        rows.extend([Busy::Slapd, Busy::Monk].map(|busy| beside(ldap, ldaps, others, busy)));
    }
    rows.push(monk(embedded, store, Typed::AppPassword));
    rows.extend(OTHERS.map(|others| beside(embedded, store, others, Busy::Monk)));
    rows
}

/// What stands above the table, and its first line.
const HEAD: &str = "
### Directories with {ARGON2} passwords

Milliseconds of one caller. Beside others who log in slowly all the time, with other users' passwords:
through monk, or by bare binds, which keep the machine as busy and monk idle. In monk's own store it is the
engine itself that hashes.

| what | typed | p50 | p95 |
|---|---|---|---|
";

fn table(
    rows: &[Measured<'_>],
    wrong: &[String],
    goals: &[(bool, String)],
    rhythm: Rhythm,
) -> String {
    let mut text = HEAD.to_owned();
    for one in rows {
        let cell = |percent| one.millis(percent).map_or("–".to_owned(), |ms| format!("{ms:.2}"));
        let (group, words) = (one.row.group(), one.row.words());
        text.push_str(&format!("| {group} | {words} | {} | {} |\n", cell(50), cell(95)));
    }
    text.push_str(&format!(
        "\nMedians of {} rounds of {} logins, all rows in turns. All in one machine: {}.\n\n{}",
        rhythm.rounds,
        rhythm.samples,
        machine::description(),
        verdicts(goals)
    ));
    text.extend(wrong.iter().map(|why| format!("- ✗ {why}\n")));
    text
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

/// App passwords beside others who log in slowly.
struct Beside<'a> {
    group: String,
    row: PamRow<'a>,
    world: &'a BenchWorld,
    transport: Transport,
    people: Vec<Person>,
    others: usize,
    busy: Busy,
}

impl<'a> Beside<'a> {
    fn new(world: &'a BenchWorld, transport: Transport, others: usize, busy: Busy) -> Self {
        let row = ours::monk(world, transport, Running::Resident, Typed::AppPassword, 1, false);
        let people = world.roles.of(Role::Code);
        Self { group: group(transport, others, busy), row, world, transport, people, others, busy }
    }
}

/// The heading of such a row.
fn group(transport: Transport, others: usize, busy: Busy) -> String {
    let s = if others == 1 { "" } else { "s" };
    let how = match busy {
        Busy::Slapd => "in bare binds",
        Busy::Monk => "who log in through monk",
    };
    format!("monk, {transport}, beside {others} other{s} {how}")
}

impl Row for Beside<'_> {
    fn section(&self) -> Section {
        Section::Monk
    }

    fn group(&self) -> &str {
        &self.group
    }

    fn words(&self) -> &str {
        self.row.words()
    }

    fn callers(&self) -> usize {
        1
    }

    fn check(&self) -> Result<(), String> {
        self.row.check()
    }

    fn run(&self, logins: usize) -> PamLoadOutcome {
        let (machine, people) = (self.world.world(), &self.people);
        if self.busy == Busy::Slapd {
            return beside_binds(machine, people, self.others, || self.row.run(logins));
        }
        let alone = Typed::PasswordAlone;
        let service = self.world.monk_service(self.transport, Running::Resident, alone.policy());
        let load = PamLoad { callers: self.others, ..PamLoad::of(&service) };
        let slow = self.world.batch(alone, ENOUGH);
        let mut others = load.begin(machine, &slow);
        thread::sleep(START);
        let begin = Instant::now();
        let mut outcome = self.row.run(logins);
        if !others.is_running() {
            let why = format!("the others have ended after {:?}", begin.elapsed());
            outcome.refusals.insert(why, 1);
        }
        outcome
    }
}

/// Whether each goal is met, and what was measured.
fn goals(rows: &[Measured<'_>]) -> Vec<(bool, String)> {
    let p50 = |group: &str, typed: Typed| {
        let row =
            rows.iter().find(|one| one.row.group() == group && one.row.words() == typed.words());
        row?.millis(50)
    };
    let monk = ours::group(Transport::Ldaps, Running::Resident);
    let bind = rows.iter().find(|one| one.row.group() == "no PAM").and_then(|row| row.millis(50));
    let mut goals = Vec::new();
    if let Some((bind, code)) = bind.zip(p50(&monk, Typed::PasswordAndCode)) {
        let times = code / bind;
        goals.push((
            times <= GOAL,
            format!("`PASSWORD;CODE`: {times:.2} × the bare bind; the goal is at most {GOAL}"),
        ));
    }
    for others in OTHERS {
        let beside = |busy| p50(&group(Transport::Ldaps, others, busy), Typed::AppPassword);
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
