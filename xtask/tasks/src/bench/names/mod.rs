//! `cargo xtask bench names`: what looking up users and groups takes, beside sssd, nslcd and the files.

mod directory;
mod programs;
mod rows;
mod silent;
mod what;

use clap::Args;

use self::rows::Measured;
use self::what::What;
use super::peers::{self, Peers};
use super::world::{BenchWorld, Contents};
use super::{conclude, machine};
use crate::failure::{Outcome, guarded};
use crate::prepare::heading;

/// How many look up at the same time.
const CALLERS: [usize; 2] = [1, 8];

/// The services of the name service switch that are compared.
const SERVICES: [&str; 4] = ["monk", "sss", "ldap", "files"];

/// How much longer than sssd's a hit of monk's may take, which both answer from a shared file.
const HIT_GOAL: f64 = 1.0;

/// How much of nslcd's time a miss of monk's may take.
const MISS_GOAL: f64 = 0.2;

/// How much longer a hit may take in the largest directory than in the smallest.
const GROWTH_GOAL: f64 = 1.1;

/// What looking up users and groups takes, beside sssd and nslcd
///
/// Loads a slapd for each number of users, with groups of which some users are in 10 and some in 100. monk, sssd
/// and nslcd answer from the same directory, all in turns; the files have a thousand users. Then the engine and
/// the directory are stopped, and it is measured how long a name that nobody knows holds a program up.
#[derive(Args)]
pub struct NamesOptions {
    /// Numbers of users, the smallest first
    #[arg(long, value_delimiter = ',', default_value = "1000,1000000")]
    users: Vec<u32>,

    /// Rounds; each figure is the median of its rounds
    #[arg(long, default_value = "5", value_parser = clap::value_parser!(u32).range(1..))]
    rounds: u32,

    /// Lookups of each row in a round
    #[arg(long, default_value_t = 5000, value_parser = clap::value_parser!(u32).range(100..))]
    samples: u32,
}

/// Measures, and prints the tables. True where the goals are met.
///
/// # Errors
/// When a machine cannot be set up.
pub fn run(options: &NamesOptions) -> Outcome {
    let archives = peers::fetch()?;
    guarded(|| {
        let (mut goals, mut wrong) = (Vec::new(), Vec::new());
        let mut hits = Vec::new();
        println!("{HEAD}");
        for (index, users) in options.users.iter().enumerate() {
            let bench = BenchWorld::new(&Contents::of(*users));
            directory::add_groups(&bench.slapd());
            directory::fill_files(bench.world());
            monk_tests::nss::install(bench.world());
            let peers = Peers::start(&bench, &archives);
            heading(&format!("Measuring lookups among {users} users"));
            let measured = rows::measure(&bench, options.rounds, options.samples, &mut wrong);
            println!("{}", table(&measured, *users));
            hits.extend(nanos(&measured, "monk", What::User, 1));
            if index == 0 {
                goals.extend(goals_of(&measured));
                println!("{}", programs::table(&bench, options.rounds));
                println!("{}", programs::memory(&bench, &peers));
                let (text, goal) = silent::table(&bench);
                println!("{text}");
                goals.push(goal);
            }
        }
        if let [first, .., last] = hits[..] {
            let times = last / first;
            goals.push((
                times <= GROWTH_GOAL,
                format!(
                    "a hit in the largest directory: {times:.2} × one in the smallest; the goal is at most \
                     {GROWTH_GOAL}"
                ),
            ));
        }
        println!(
            "Medians of {} rounds of {} lookups, all rows in turns, all in one machine, whose directory is in \
             memory and reached over ldaps: {}.",
            options.rounds,
            options.samples,
            machine::description()
        );
        conclude(&wrong, &goals)
    })
}

/// What stands above the tables.
const HEAD: &str = "
### Looking up users and groups

Microseconds of one call of the C library, median and 95 of a hundred; lookups a second of eight processes. A *hit*
was looked up before; a *miss* is a name that nobody has, looked up before; a *first miss* was not looked up before.
Each service is asked alone, without the files before it. `files` has a thousand users.
";

fn table(measured: &[Measured], users: u32) -> String {
    let mut text = format!(
        "\n#### {users} users\n\n| what | service | p50, one caller | p95 | lookups/s, 8 callers |\n|---|---|---|---|---|\n"
    );
    for what in What::ALL {
        for service in SERVICES {
            let of = |callers| rows::find(measured, service, what, callers);
            let Some(one) = of(CALLERS[0]) else { continue };
            let micros = |percent| {
                let nanos = one.nanos.percentile(percent);
                nanos.map_or_else(|| "–".to_owned(), |nanos| format!("{:.1}", nanos as f64 / 1e3))
            };
            let rate = of(CALLERS[1]).and_then(|eight| eight.rates.percentile(50));
            let rate = rate.map_or_else(|| "–".to_owned(), |rate| rate.to_string());
            let (middle, high) = (micros(50), micros(95));
            text.push_str(&format!(
                "| {} | {} | {middle} | {high} | {rate} |\n",
                what.words(),
                title(service)
            ));
        }
    }
    text
}

/// What a service is called in tables.
fn title(service: &str) -> &'static str {
    match service {
        "monk" => "**monk**",
        "sss" => "sssd",
        "ldap" => "nslcd",
        _ => "files",
    }
}

/// The median of a row in nanoseconds.
fn nanos(measured: &[Measured], service: &str, what: What, callers: usize) -> Option<f64> {
    let row = rows::find(measured, service, what, callers)?;
    row.nanos.percentile(50).map(|nanos| nanos as f64)
}

fn goals_of(measured: &[Measured]) -> Vec<(bool, String)> {
    let of = |service: &str, what: What| nanos(measured, service, what, 1);
    let goal = |what: What, other: &str, most: f64| {
        let times = of("monk", what)? / of(other, what)?;
        let words = format!(
            "{}: {times:.2} × that of {}; the goal is at most {most}",
            what.words(),
            title(other)
        );
        Some((times <= most, words))
    };
    let hits = [What::User, What::Uid].map(|what| goal(what, "sss", HIT_GOAL));
    let misses = [What::Miss, What::FirstMiss].map(|what| goal(what, "ldap", MISS_GOAL));
    hits.into_iter().chain(misses).flatten().collect()
}
