//! The rows of the tables: what is looked up, in which service, by how many.

use std::time::Duration;

use monk_tests::World;
use monk_tests::site::built;
use serde_json::Value;

use super::super::statistics::Rounds;
use super::super::world::BenchWorld;
use super::what::What;
use super::{CALLERS, SERVICES, directory, title};

/// Where the program that measures is in a world.
pub const PROGRAM: &str = "/usr/local/libexec/name_load";

/// How long one run may take: some thousand searches of a busy directory.
const LIMIT: Duration = Duration::from_secs(120);

/// Lookups that each ask the directory are measured so many times less often.
const SLOW: u32 = 10;

/// A row, and what was measured of it.
pub struct Measured {
    service: &'static str,
    what: What,
    callers: usize,
    /// Times of lookups in nanoseconds.
    pub nanos: Rounds,
    /// Lookups a second in each round.
    pub rates: Rounds,
}

/// The row of these words.
pub fn find<'a>(
    rows: &'a [Measured],
    service: &str,
    what: What,
    callers: usize,
) -> Option<&'a Measured> {
    rows.iter().find(|row| row.service == service && row.what == what && row.callers == callers)
}

/// What one run of the program has told.
pub struct Told {
    /// Times of lookups in nanoseconds.
    pub nanos: Vec<u64>,
    /// How many lookups found somebody, nobody, or nothing to be known.
    pub ends: [u64; 3],
    /// From the common beginning to the end of the last caller.
    pub seconds: f64,
    /// What a caller has in memory for itself alone, in KiB.
    pub private_kib: u64,
}

/// Runs the program.
#[track_caller]
pub fn look_up(world: &World, service: &str, callers: usize, lines: &[String]) -> Told {
    if !world.exists(PROGRAM) {
        world.install(built("name_load"), PROGRAM, 0o755);
    }
    let command = world.command(PROGRAM).args(["--service", service]);
    let command = command.args(["--callers", &callers.to_string()]).timeout(LIMIT);
    let output = command.stdin(lines.join("\n")).run().expect_success();
    let told: Value = serde_json::from_str(&output.stdout).expect("the program writes one object");
    let number = |name: &str| told[name].as_u64().unwrap_or_default();
    Told {
        nanos: told["nanos"].as_array().into_iter().flatten().filter_map(Value::as_u64).collect(),
        ends: ["found", "missing", "unavailable"].map(number),
        seconds: told["seconds"].as_f64().unwrap_or(f64::MAX),
        private_kib: number("private_kib"),
    }
}

/// Measures all rows in turns. One in which a lookup did not end as it should is taken out, and told.
pub fn measure(
    bench: &BenchWorld,
    rounds: u32,
    samples: u32,
    wrong: &mut Vec<String>,
) -> Vec<Measured> {
    let rows = What::ALL.into_iter().flat_map(|what| {
        SERVICES.into_iter().flat_map(move |service| {
            CALLERS.into_iter().map(move |callers| Measured {
                service,
                what,
                callers,
                nanos: Rounds::default(),
                rates: Rounds::default(),
            })
        })
    });
    let mut rows: Vec<Measured> = rows.collect();
    // Once before, so that each hit is one.
    for round in 0..=rounds {
        rows.retain_mut(|row| {
            let Measured { service, what, callers, .. } = *row;
            let samples = if what == What::FirstMiss { samples / SLOW } else { samples };
            // Nobody else's first miss, either.
            let place = SERVICES.iter().position(|one| *one == service).unwrap_or_default();
            let series = (round * 100) + u32::try_from(place * 10 + callers).unwrap_or_default();
            let lines = directory::lines(what, samples, series, service == "files");
            let told = look_up(bench.world(), service, callers, &lines);
            let expected = if what.is_found() { 0 } else { 1 };
            let right = told.ends[expected];
            if right != u64::from(samples) {
                let [found, missing, silent] = told.ends;
                wrong.push(format!(
                    "{}, {}, {callers} callers: {found} found, {missing} not found, {silent} without an answer",
                    title(service),
                    what.words()
                ));
                return false;
            }
            if round > 0 {
                row.nanos.add(told.nanos);
                row.rates.add(vec![(f64::from(samples) / told.seconds) as u64]);
            }
            true
        });
    }
    rows
}
