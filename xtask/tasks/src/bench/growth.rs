//! `cargo xtask bench growth`: what a login takes in directories of different sizes.

use clap::Args;
use monk_tests::site::Running;

use super::people::Role;
use super::row::{Measured, Row, find, measure};
use super::typed::Typed;
use super::world::{BenchWorld, Contents};
use super::{conclude, floor, login, tell_circumstances};
use crate::failure::{Outcome, guarded};
use crate::prepare::heading;

/// Of each directory, at most so many log in, picked at random.
const ACTIVE: usize = 10_000;

/// One in so many of them with an app password.
const ONE_IN: usize = 4;

/// How much longer a login may take in the largest directory than in the smallest.
const GOAL: f64 = 1.1;

/// What is typed.
const TYPED: [Typed; 2] = [Typed::PasswordAndCode, Typed::AppPassword];

/// What is measured of libldap alone: what a login has to ask, at the least.
const FLOOR: [floor::Steps; 2] = [floor::SEARCH, floor::PASSWORD_AND_CODE];

/// How many log in at the same time.
const CALLERS: [usize; 2] = [1, 8];

/// What a login takes with a thousand users, and with a million
///
/// Loads a slapd for each number of users, and logs users in, picked at random from all, over
/// ldaps. All directories are measured in turns. A million users take some minutes and 4 GB of
/// memory.
#[derive(Args)]
pub struct GrowthOptions {
    /// Numbers of users, the smallest first
    #[arg(long, value_delimiter = ',', default_value = "1000,100000,1000000")]
    users: Vec<u32>,

    /// Rounds; each figure is the median of its rounds
    #[arg(long, default_value = "5", value_parser = clap::value_parser!(u32).range(1..))]
    rounds: u32,

    /// Logins of each row in a round; four times as many where several log in at once
    #[arg(long, default_value_t = 400)]
    samples: usize,
}

/// Measures, and prints the table. True where the goals are met.
///
/// # Errors
/// When a machine cannot be set up.
pub fn run(options: &GrowthOptions) -> Outcome {
    floor::build()?;
    guarded(|| tell(options))
}

fn tell(options: &GrowthOptions) -> bool {
    let worlds: Vec<BenchWorld> = options.users.iter().map(|users| world(*users)).collect();
    let rows: Vec<_> = worlds.iter().flat_map(rows).collect();
    heading(&format!("Measuring {} rows", rows.len()));
    let (measured, wrong) = measure(rows, options.rounds, options.samples);
    let mut text = HEAD.to_owned();
    for words in FLOOR.map(|steps| steps.1).into_iter().chain(TYPED.map(Typed::words)) {
        for users in &options.users {
            text.push_str(&line(&measured, words, *users, options.users[0]));
        }
    }
    let goals = TYPED.iter().filter_map(|typed| goal(&measured, typed.words(), &options.users));
    let goals: Vec<_> = goals.collect();
    print!("{text}");
    tell_circumstances(options.rounds, options.samples);
    conclude(&wrong, &goals)
}

/// The rows of one directory, under its number of users.
fn rows(world: &BenchWorld) -> Vec<Row<'_>> {
    let rows = CALLERS.into_iter().flat_map(|callers| {
        let floor = FLOOR.map(|steps| floor::row(world, steps, callers, None));
        let monk = TYPED.map(|typed| login::monk(world, Running::Resident, typed, callers));
        floor.into_iter().chain(monk)
    });
    rows.map(|row| Row { group: world.users.to_string(), counted: None, ..row }).collect()
}

/// A directory of so many users, of whom some log in.
fn world(users: u32) -> BenchWorld {
    let active = ACTIVE.min(users as usize);
    let shares = vec![(Role::AppPassword, active / ONE_IN)];
    let contents = Contents { active, shares, ..Contents::of(users) };
    let world = BenchWorld::new(&contents);
    world.become_known();
    world
}

/// What stands above the table, and its first line.
const HEAD: &str = "
### Cost of a login with the number of users

Over ldaps, the engine resident, beside bare libldap on open connections; the users who log in are
picked at random from all. Milliseconds, and logins a second of eight callers. In brackets: times that
of the smallest directory.

| what | users | p50, one caller | p95 | logins/s, 8 callers |
|---|---|---|---|---|
";

fn of<'a, 'b>(
    rows: &'a [Measured<'b>],
    words: &str,
    users: u32,
    callers: usize,
) -> Option<&'a Measured<'b>> {
    find(rows, &users.to_string(), words, callers)
}

fn line(rows: &[Measured<'_>], words: &str, users: u32, smallest: u32) -> String {
    let millis = |users, percent| of(rows, words, users, 1)?.millis(percent);
    let rate = |users| of(rows, words, users, 8)?.rate();
    let cell = |value: Option<f64>, base: Option<f64>, decimals: usize| match (value, base) {
        (Some(value), Some(base)) => format!("{value:.decimals$} ({:.2})", value / base),
        _ => "–".to_owned(),
    };
    format!(
        "| {words} | {users} | {} | {} | {} |\n",
        cell(millis(users, 50), millis(smallest, 50), 3),
        cell(millis(users, 95), millis(smallest, 95), 3),
        cell(rate(users), rate(smallest), 0),
    )
}

/// Whether a login takes about as long in the largest directory as in the smallest.
fn goal(rows: &[Measured<'_>], words: &str, users: &[u32]) -> Option<(bool, String)> {
    let (smallest, largest) = (*users.first()?, *users.last()?);
    let millis = |users| of(rows, words, users, 1)?.millis(50);
    let times = millis(largest)? / millis(smallest)?;
    Some((
        times <= GOAL,
        format!(
            "{words} with {largest} users: {times:.2} × as long as with {smallest}; the goal is at \
             most {GOAL}"
        ),
    ))
}
