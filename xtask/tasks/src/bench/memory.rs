//! `cargo xtask bench memory`: what the engine takes of the machine's memory.

use std::fs;

use clap::Args;
use monk_tests::site::{PamLoad, PamLogin, Running};

use super::typed::Typed;
use super::world::{BenchWorld, Contents};
use super::{conclude, machine};
use crate::failure::{Outcome, guarded};
use crate::prepare::heading;

/// Users of the directory.
const USERS: u32 = 1000;

/// Most memory with idle pools, in MiB.
const IDLE: f64 = 15.0;

/// Most memory while many log in, in MiB.
const CROWDED: f64 = 40.0;

/// How many many are.
const CROWD: usize = 64;

/// How many log in at the same time in the long run.
const CALLERS: usize = 8;

/// How often the long run is interrupted to look.
const POINTS: usize = 10;

/// How much more memory there may be at the end of the long run than at its first point: what an
/// allocator does not give back. A leak of 100 bytes a login is 9 MiB.
const FLAT: f64 = 1.0;

/// Memory of the engine: idle, crowded, and over a long run
///
/// The memory of the resident engine that is in RAM, when it has just started, with idle
/// connections, while 64 log in at the same time, and over 100,000 logins.
#[derive(Args)]
pub struct MemoryOptions {
    /// Logins of the long run
    #[arg(long, default_value_t = 100_000)]
    logins: usize,
}

/// Measures, and prints the tables. True where the goals are met.
pub fn run(options: &MemoryOptions) -> Outcome {
    guarded(|| tell(options))
}

fn tell(options: &MemoryOptions) -> bool {
    let bench = BenchWorld::new(&Contents::of(USERS));
    let seen = Seen::of(&bench);
    heading(&format!("{} logins", options.logins));
    let points = long_run(&bench, options.logins);
    let cells = [seen.started.rss, seen.idle.rss, seen.idle.pss, seen.crowded];
    let cells = cells.map(|mib| format!("{mib:.1}")).join(" | ");
    let shown: Vec<String> = points.iter().map(|mib| format!("{mib:.1}")).collect();
    println!(
        "{HEAD}| {cells} |\n\nOver {} logins with `PASSWORD;CODE` and app passwords, {CALLERS} callers: \
         {} MiB.\n\nAll in one machine: {}.",
        options.logins,
        shown.join(", "),
        machine::description()
    );
    let goals = goals(seen, &points);
    conclude(&[], &goals)
}

/// What stands above the table, and its first line.
const HEAD: &str = "
### Memory of the engine

In RAM (VmRSS), in MiB, with a directory over ldaps; PSS counts what is shared with other programs in parts.

| just started | idle after 10 logins | (PSS) | most with 64 callers |
|---|---|---|---|
";

fn goals(seen: Seen, points: &[f64]) -> Vec<(bool, String)> {
    let (first, last) = (points[0], points[points.len() - 1]);
    vec![
        (
            seen.idle.rss <= IDLE,
            format!("idle over LDAP: {:.1} MiB; the goal is at most {IDLE}", seen.idle.rss),
        ),
        (
            seen.crowded <= CROWDED,
            format!(
                "{CROWD} callers over LDAP: {:.1} MiB; the goal is at most {CROWDED}",
                seen.crowded
            ),
        ),
        (
            last - first <= FLAT,
            format!(
                "over the long run: {:+.1} MiB from the first tenth to the end; the goal is at most \
                 {FLAT}",
                last - first
            ),
        ),
    ]
}

/// The memory of an engine at some moments.
#[derive(Clone, Copy)]
struct Seen {
    started: Memory,
    idle: Memory,
    /// The most that ever was while many logged in.
    crowded: f64,
}

impl Seen {
    fn of(world: &BenchWorld) -> Self {
        let engine = world.engine_pid();
        let started = Memory::of(engine);
        for typed in [Typed::PasswordAndCode, Typed::AppPassword] {
            log_in(world, typed, 1, &world.batch(typed, 5));
        }
        let idle = Memory::of(engine);
        world.become_known();
        heading(&format!("{CROWD} callers"));
        forget_peak(engine);
        for typed in [Typed::PasswordAndCode, Typed::AppPassword] {
            log_in(world, typed, CROWD, &world.batch(typed, CROWD * 10));
        }
        Self { started, idle, crowded: mib(engine, "status", "VmHWM:") }
    }
}

/// The memory of a process in RAM, in MiB.
#[derive(Clone, Copy)]
struct Memory {
    rss: f64,
    /// With its part of what it shares with others.
    pss: f64,
}

impl Memory {
    fn of(process: u32) -> Self {
        Self { rss: mib(process, "status", "VmRSS:"), pss: mib(process, "smaps_rollup", "Pss:") }
    }
}

/// A number of a file under /proc, in MiB.
#[track_caller]
fn mib(process: u32, file: &str, name: &str) -> f64 {
    let path = format!("/proc/{process}/{file}");
    let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    let line = text.lines().find_map(|line| line.strip_prefix(name));
    let kib = line.and_then(|line| line.split_whitespace().next()?.parse::<f64>().ok());
    kib.unwrap_or_else(|| panic!("{path} has no {name}")) / 1024.0
}

/// Has the most that ever was begin anew with what is now (proc(5), `clear_refs`).
#[track_caller]
fn forget_peak(process: u32) {
    let path = format!("/proc/{process}/clear_refs");
    fs::write(&path, "5").unwrap_or_else(|error| panic!("{path}: {error}"));
}

/// The memory at each tenth of so many logins.
fn long_run(world: &BenchWorld, logins: usize) -> Vec<f64> {
    let engine = world.engine_pid();
    let tenth = logins.div_ceil(POINTS);
    let point = || {
        let mut left = tenth;
        while left > 0 {
            let typed = [Typed::PasswordAndCode, Typed::AppPassword];
            for typed in typed {
                let batch = world.batch(typed, left.min(MOST_AT_ONCE));
                log_in(world, typed, CALLERS, &batch);
                left = left.saturating_sub(batch.len());
            }
        }
        Memory::of(engine).rss
    };
    (0..POINTS).map(|_| point()).collect()
}

/// Logins of one batch of the long run.
const MOST_AT_ONCE: usize = 1000;

#[track_caller]
fn log_in(world: &BenchWorld, typed: Typed, callers: usize, logins: &[PamLogin]) {
    let service = world.monk_service(Running::Resident, typed.policy());
    let load = PamLoad { callers, ..PamLoad::of(&service) };
    let outcome = load.run(world.world(), logins);
    assert_eq!(
        outcome.refused(),
        0,
        "{} with {callers} callers: {:?}",
        typed.words(),
        outcome.refusals
    );
}
