//! What logins are to take beside those of others in the same run. A goal is judged where its rows
//! were measured.

use monk_tests::site::{FloorSteps, Running};

use super::{find, ours};
use crate::bench::floor;
use crate::bench::peers::{GOOGLE, PASSWORD_ALONE, PASSWORD_CODE, SSSD};
use crate::bench::row::Measured;
use crate::bench::typed::Typed;
use crate::bench::world::Transport;

/// How many times as fast as google-authenticator and pam_ldap.
const THAN_GOOGLE: f64 = 5.0;

/// How many times as fast as sssd, which is asked for a password alone.
const THAN_SSSD: f64 = 15.0;

/// Which part of the floor's rate, with the same search, bind and modify, and eight callers.
const OF_FLOOR: f64 = 1.0 / 3.0;

/// Which part of the speed of libpam and a search together an app password has.
const OF_SEARCH: f64 = 0.6;

/// How many times as long as a new connection without anything else an engine may take that is
/// started for the login.
const OF_CONNECTION: f64 = 4.0;

/// The rows of one run, as these goals ask for them.
struct Run<'a, 'b>(&'a [Measured<'b>]);

impl Run<'_, '_> {
    /// Milliseconds of one caller.
    fn millis(&self, group: &str, words: &str) -> Option<f64> {
        find(self.0, group, words, 1, false)?.millis(50)
    }

    fn monk(&self, running: Running, typed: Typed) -> Option<f64> {
        self.millis(&ours::group(Transport::Ldaps, running), typed.words())
    }

    fn code(&self) -> Option<f64> {
        self.monk(Running::Resident, Typed::PasswordAndCode)
    }

    fn floor(&self, steps: FloorSteps) -> Option<f64> {
        self.millis(&floor::group(Transport::Ldaps), floor::words(steps))
    }
}

/// Whether each goal is met, and what was measured.
pub fn of(rows: &[Measured<'_>]) -> Vec<(bool, String)> {
    let run = Run(rows);
    let goals = [faster_than_google(&run), faster_than_sssd(&run), rate(&run), search(&run)];
    goals.into_iter().chain([connection(&run)]).flatten().collect()
}

fn faster_than_google(run: &Run<'_, '_>) -> Option<(bool, String)> {
    let theirs = run.millis(GOOGLE, PASSWORD_CODE)?;
    Some(faster("google-authenticator + pam_ldap", theirs, run.code()?, THAN_GOOGLE))
}

fn faster_than_sssd(run: &Run<'_, '_>) -> Option<(bool, String)> {
    let theirs = run.millis(SSSD, PASSWORD_ALONE)?;
    Some(faster("sssd with a password alone", theirs, run.code()?, THAN_SSSD))
}

fn faster(words: &str, theirs: f64, ours: f64, goal: f64) -> (bool, String) {
    let times = theirs / ours;
    (
        times >= goal,
        format!("`PASSWORD;CODE` over ldaps: {times:.1} × as fast as {words}; the goal is {goal}"),
    )
}

fn rate(run: &Run<'_, '_>) -> Option<(bool, String)> {
    let rate = |group: &str, words: &str| find(run.0, group, words, 8, false)?.rate();
    let group = ours::group(Transport::Ldaps, Running::Resident);
    let ours = rate(&group, Typed::PasswordAndCode.words())?;
    let steps = floor::words(FloorSteps::SearchBindAndModify);
    let share = ours / rate(&floor::group(Transport::Ldaps), steps)?;
    Some((
        share >= OF_FLOOR,
        format!(
            "`PASSWORD;CODE` over ldaps, 8 callers: {share:.2} of the rate of the floor ({steps}); \
             the goal is {OF_FLOOR:.2}"
        ),
    ))
}

fn search(run: &Run<'_, '_>) -> Option<(bool, String)> {
    let least = run.millis(ours::LIBPAM, ours::PERMIT)? + run.floor(FloorSteps::Search)?;
    let share = least / run.monk(Running::Resident, Typed::AppPassword)?;
    Some((
        share >= OF_SEARCH,
        format!(
            "an app password over ldaps: {share:.2} of the speed of libpam and a search together \
             ({least:.3} ms); the goal is {OF_SEARCH}"
        ),
    ))
}

fn connection(run: &Run<'_, '_>) -> Option<(bool, String)> {
    let ours = run.monk(Running::OneShot, Typed::PasswordAndCode)?;
    let times = ours / run.floor(FloorSteps::FreshConnection)?;
    Some((
        times <= OF_CONNECTION,
        format!(
            "`PASSWORD;CODE` over ldaps, one-shot: {times:.1} × the time of the floor with a new \
             connection; the goal is at most {OF_CONNECTION}"
        ),
    ))
}
