//! `cargo xtask bench login`: the time of one login, as the host program sees it.

use std::io::{self, IsTerminal, Write};

use clap::Args;
use monk_tests::site::{Backend, PamHost, Running, take_programs_from};

use super::machine;
use super::statistics::Rounds;
use super::world::{BenchWorld, Typed, log_in_elsewhere};
use crate::cargo::release_programs;
use crate::failure::{Failure, Outcome, guarded};
use crate::prepare::{self, heading};

/// Logins before each row is measured: connections are open then, and files in memory.
const WARM_UP: usize = 3;

/// The system user whom pam_unix knows.
const SYSTEM_USER: &str = "alice";

/// Time of one login, beside that of libpam alone
///
/// In two private machines with monk's own store and with a real slapd over TLS, a program logs
/// users in through the real module: with PASSWORD;CODE, with an app password, and with the
/// password alone; with the engine as a service, and started for each login. All rows are measured
/// in turns. The table is markdown, on standard output.
#[derive(Args)]
pub struct LoginOptions {
    /// Rounds; each row's figures are the medians of its rounds
    #[arg(long, default_value = "7", value_parser = clap::value_parser!(u32).range(1..))]
    rounds: u32,

    /// Logins of each row in a round
    #[arg(long, default_value = "30", value_parser = clap::value_parser!(u32).range(1..))]
    samples: u32,

    /// Users in each directory: each has a fresh code twice at the start, then every 30 s
    #[arg(long, default_value = "200", value_parser = clap::value_parser!(u32).range(1..))]
    users: u32,
}

/// One row: a program that logs in again and again.
struct Row<'a> {
    words: &'static str,
    key: Key,
    host: PamHost,
    log_in: Box<dyn Fn(&mut PamHost) -> u64 + 'a>,
    rounds: Rounds,
}

/// Which figure of the table a row is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Key {
    /// Another module alone.
    Other(&'static str),
    /// monk.
    Monk(Backend, Typed, Running),
}

/// Measures, and prints the table.
pub fn run(options: &LoginOptions) -> Outcome {
    prepare::install()?;
    prepare::build_release()?;
    take_programs_from(&release_programs()?);
    guarded(|| measure(options))?;
    Ok(true)
}

fn measure(options: &LoginOptions) {
    let users = options.users as usize;
    let embedded = world("monk's own store", Backend::Embedded, users);
    let ldap = world("slapd, over TLS", Backend::Ldap, users);
    embedded.add_system_user(SYSTEM_USER);
    let mut rows = rows(&embedded, &ldap);

    heading("Measuring");
    let before = machine::load();
    for row in &mut rows {
        (0..WARM_UP).for_each(|_| {
            (row.log_in)(&mut row.host);
        });
    }
    for round in 1..=options.rounds {
        progress(&format!("round {round} of {}", options.rounds));
        for row in &mut rows {
            row.rounds.begin();
            for _ in 0..options.samples {
                row.rounds.add((row.log_in)(&mut row.host));
            }
        }
    }
    progress_end();
    print!("{}", table(&rows, options, &before).unwrap_or_default());
}

#[track_caller]
fn world(words: &str, backend: Backend, users: usize) -> BenchWorld {
    heading(&format!("{words}: enrolling {users} users"));
    let world = BenchWorld::set(backend, users, |done| progress(&format!("{done} of {users}")));
    progress_end();
    world
}

fn rows<'a>(embedded: &'a BenchWorld, ldap: &'a BenchWorld) -> Vec<Row<'a>> {
    let other = |words: &'static str, module: &str| Row {
        words,
        key: Key::Other(words),
        host: embedded.host_of(&format!("bench-{words}"), module),
        log_in: Box::new(|host| log_in_elsewhere(host, SYSTEM_USER)),
        rounds: Rounds::default(),
    };
    let mut rows = vec![other("pam_permit", "pam_permit.so"), other("pam_unix", "pam_unix.so")];
    for (world, backend) in [(embedded, Backend::Embedded), (ldap, Backend::Ldap)] {
        for typed in Typed::ALL {
            for running in [Running::Resident, Running::OneShot] {
                rows.push(Row {
                    words: typed.words(),
                    key: Key::Monk(backend, typed, running),
                    host: world.host(typed, running),
                    log_in: Box::new(move |host| world.log_in(host, typed)),
                    rounds: Rounds::default(),
                });
            }
        }
    }
    rows
}

/// What stands above the table, and its first line.
const HEAD: &str = "
### Time of one login

From `pam_start` to `pam_end` in the host program, release build, in milliseconds: p50 (lowest–highest
p50 of a round), p95.

| directory | typed | resident p50 | p95 | × pam_permit | one-shot p50 | p95 | one-shot ÷ resident |
|---|---|---|---|---|---|---|---|
";

/// The table, in markdown.
fn table(rows: &[Row<'_>], options: &LoginOptions, load: &str) -> Result<String, Failure> {
    let find = |key: Key| {
        let row = rows.iter().find(|row| row.key == key);
        row.ok_or_else(|| Failure("a row was not measured".to_owned()))
    };
    let permit = find(Key::Other("pam_permit"))?;
    let mut text = HEAD.to_owned();
    for (backend, name) in [(Backend::Embedded, "embedded"), (Backend::Ldap, "LDAP over TLS")] {
        for typed in Typed::ALL {
            let resident = find(Key::Monk(backend, typed, Running::Resident))?;
            let one_shot = find(Key::Monk(backend, typed, Running::OneShot))?;
            text.push_str(&format!(
                "| {name} | {} | {} | {} | {} | {} | {} | {} |\n",
                resident.words,
                p50(&resident.rounds),
                p95(&resident.rounds),
                ratio(&resident.rounds, &permit.rounds),
                p50(&one_shot.rounds),
                p95(&one_shot.rounds),
                ratio(&one_shot.rounds, &resident.rounds),
            ));
        }
    }
    for name in ["pam_permit", "pam_unix"] {
        let Row { rounds, .. } = find(Key::Other(name))?;
        let (p50, p95, ratio) = (p50(rounds), p95(rounds), ratio(rounds, &permit.rounds));
        text.push_str(&format!(
            "| (none) | {name} alone | {p50} | {p95} | {ratio} | – | – | – |\n"
        ));
    }
    let samples = permit.rounds.samples();
    text.push_str(&format!(
        "\n{samples} logins for each figure: {} rounds of {}, all rows in turns; {} users, a code \
         each used once. All in one machine: {}; load {load} before.\n",
        options.rounds,
        options.samples,
        options.users,
        machine::description(),
    ));
    Ok(text)
}

fn p50(rounds: &Rounds) -> String {
    let range = rounds.range().map(|(low, high)| format!(" ({}–{})", millis(low), millis(high)));
    format!("**{}**{}", p(rounds, 50), range.unwrap_or_default())
}

fn p95(rounds: &Rounds) -> String {
    p(rounds, 95)
}

fn p(rounds: &Rounds, percent: usize) -> String {
    rounds.percentile(percent).map_or_else(|| "?".to_owned(), millis)
}

fn millis(micros: u64) -> String {
    let digits = if micros < 10_000 { 2 } else { 1 };
    format!("{:.digits$}", micros as f64 / 1000.0)
}

fn ratio(rounds: &Rounds, base: &Rounds) -> String {
    match (rounds.percentile(50), base.percentile(50)) {
        (Some(value), Some(base)) if base > 0 => format!("{:.1}", value as f64 / base as f64),
        _ => "?".to_owned(),
    }
}

/// A line that the next one replaces, on a terminal; nothing elsewhere.
fn progress(text: &str) {
    if io::stderr().is_terminal() {
        eprint!("\r\x1b[K{text}");
        // What is not shown now is shown with the next.
        let _ = io::stderr().flush();
    }
}

fn progress_end() {
    if io::stderr().is_terminal() {
        eprint!("\r\x1b[K");
    }
}
