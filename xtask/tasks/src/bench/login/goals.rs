//! What logins are to take, and whether they do. A goal is judged where its rows were measured.

use monk_tests::site::Running;

use super::{against, find, ours};
use crate::bench::row::Measured;
use crate::bench::typed::Typed;
use crate::bench::world::Transport;

/// Milliseconds of `PASSWORD;CODE` over ldaps.
const MILLIS: f64 = 0.6;

/// Logins a second of eight callers with `PASSWORD;CODE` over ldaps.
const RATE: f64 = 4000.0;

/// By how much an app password may take longer where there are a hundred, or less.
const OF_MANY: f64 = 0.03;

/// What is left of the rate of 8 callers with 64.
const CROWD: f64 = 0.9;

/// Whether each goal is met, and what was measured.
pub fn of(rows: &[Measured<'_>]) -> Vec<(bool, String)> {
    let mut goals = alone(rows);
    goals.extend(against::of(rows));
    goals
}

/// Goals that monk reaches or misses by itself.
fn alone(rows: &[Measured<'_>]) -> Vec<(bool, String)> {
    let ldaps = |typed: Typed, callers: usize| {
        let group = ours::group(Transport::Ldaps, Running::Resident);
        find(rows, &group, typed.words(), callers, false)
    };
    let mut goals = Vec::new();
    let (code, app) = (ldaps(Typed::PasswordAndCode, 1), ldaps(Typed::AppPassword, 1));
    if let Some(millis) = code.and_then(|row| row.millis(50)) {
        goals.push((
            millis <= MILLIS,
            format!("`PASSWORD;CODE` over ldaps, one caller: {millis:.2} ms; the goal is {MILLIS}"),
        ));
    }
    if let Some(rate) = ldaps(Typed::PasswordAndCode, 8).and_then(Measured::rate) {
        goals.push((
            rate >= RATE,
            format!("the same, 8 callers: {rate:.0} logins/s; the goal is {RATE:.0}"),
        ));
    }
    goals.extend(code.and_then(|row| operations("`PASSWORD;CODE`", row, [1, 1, 1])));
    goals.extend(app.and_then(|row| operations("an app password", row, [1, 0, 0])));
    let many = ldaps(Typed::AppPasswordOfMany, 1).and_then(|row| row.millis(50));
    if let Some((one, many)) = app.and_then(|row| row.millis(50)).zip(many) {
        let more = many / one - 1.0;
        goals.push((
            more.abs() <= OF_MANY,
            format!(
                "an app password of a user with 100 of them: {:+.1}% of the time of the only one; \
                 the goal is ± {:.0}%",
                more * 100.0,
                OF_MANY * 100.0
            ),
        ));
    }
    for typed in [Typed::PasswordAndCode, Typed::AppPassword] {
        let (eight, crowd) = (ldaps(typed, 8), ldaps(typed, 64));
        goals.extend(eight.zip(crowd).and_then(|(eight, crowd)| collapse(typed, eight, crowd)));
    }
    goals
}

/// Whether a login has these operations of search, bind and modify and no other, on connections
/// that are open.
fn operations(words: &str, row: &Measured<'_>, wanted: [u64; 3]) -> Option<(bool, String)> {
    let (logins, operations) = row.operations?;
    let counted = [operations.searches, operations.binds, operations.modifies];
    let logins = logins as u64;
    let is_met = counted == wanted.map(|each| each * logins) && operations.connections == 0;
    let [searches, binds, modifies] = counted;
    let connections = operations.connections;
    let [search, bind, modify] = wanted;
    Some((
        is_met,
        format!(
            "{logins} logins with {words}: {searches} searches, {binds} binds, {modifies} modifies, \
             {connections} connections; the goal is {search}, {bind}, {modify} and 0 for each"
        ),
    ))
}

fn collapse(typed: Typed, eight: &Measured<'_>, crowd: &Measured<'_>) -> Option<(bool, String)> {
    let share = crowd.rate()? / eight.rate()?;
    Some((
        share >= CROWD,
        format!(
            "{}, 64 callers: {share:.2} of the rate of 8, p99 {:.1} ms; the goal is {CROWD}",
            typed.words(),
            crowd.millis(99)?
        ),
    ))
}
