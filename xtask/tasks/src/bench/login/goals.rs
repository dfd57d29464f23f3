//! What logins over ldaps are to take, by themselves and beside others of the same run. A goal is judged
//! where its rows were measured.

use super::{CROWD, LIBPAM, MANY, MONK, ONE_SHOT, PERMIT};
use crate::bench::floor;
use crate::bench::peers::{GOOGLE, PASSWORD_CODE, SSSD};
use crate::bench::row::{Measured, find};
use crate::bench::typed::Typed;

/// Milliseconds of `PASSWORD;CODE`.
const MILLIS: f64 = 0.6;

/// Logins a second of eight callers with `PASSWORD;CODE`.
const RATE: f64 = 4000.0;

/// By how much an app password may take longer where there are a hundred, or less.
const OF_MANY: f64 = 0.03;

/// What is left of the rate of 8 callers with 64.
const OF_CROWD: f64 = 0.9;

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

/// Whether a goal is met, and what was measured.
type Goal = Option<(bool, String)>;

/// The rows of one run, as these goals ask for them.
struct Run<'a, 'b>(&'a [Measured<'b>]);

/// Whether each goal is met, and what was measured.
pub fn of(rows: &[Measured<'_>]) -> Vec<(bool, String)> {
    let run = Run(rows);
    let goals = [
        run.time(),
        run.rate_of_eight(),
        run.operations(Typed::PasswordAndCode, [1, 1, 1]),
        run.operations(Typed::AppPassword, [1, 0, 0]),
        run.many_app_passwords(),
        run.crowd(Typed::PasswordAndCode),
        run.crowd(Typed::AppPassword),
        run.faster(GOOGLE, PASSWORD_CODE, THAN_GOOGLE),
        run.faster(SSSD, Typed::PasswordAlone.words(), THAN_SSSD),
        run.share_of_floor(),
        run.share_of_search(),
        run.connection(),
    ];
    goals.into_iter().flatten().collect()
}

impl Run<'_, '_> {
    fn millis(&self, group: &str, words: &str) -> Option<f64> {
        find(self.0, group, words, 1)?.millis(50)
    }

    fn rate(&self, group: &str, words: &str, callers: usize) -> Option<f64> {
        find(self.0, group, words, callers)?.rate()
    }

    fn monk(&self, typed: Typed) -> Option<f64> {
        self.millis(MONK, typed.words())
    }

    fn floor(&self, steps: floor::Steps) -> Option<f64> {
        self.millis(floor::GROUP, steps.1)
    }

    fn time(&self) -> Goal {
        let millis = self.monk(Typed::PasswordAndCode)?;
        let words = format!("`PASSWORD;CODE`, one caller: {millis:.2} ms; the goal is {MILLIS}");
        Some((millis <= MILLIS, words))
    }

    fn rate_of_eight(&self) -> Goal {
        let rate = self.rate(MONK, Typed::PasswordAndCode.words(), MANY)?;
        Some((
            rate >= RATE,
            format!("the same, 8 callers: {rate:.0} logins/s; the goal is {RATE:.0}"),
        ))
    }

    /// Whether a login has these operations of search, bind and modify and no other, on connections
    /// that are open.
    fn operations(&self, typed: Typed, wanted: [u64; 3]) -> Goal {
        let (logins, operations) = find(self.0, MONK, typed.words(), 1)?.operations?;
        let counted = [operations.searches, operations.binds, operations.modifies];
        let connections = operations.connections;
        let is_met = counted == wanted.map(|each| each * logins as u64) && connections == 0;
        let words = format!(
            "{logins} logins with {}: searches, binds and modifies {counted:?}, {connections} \
             connections; the goal is {wanted:?} and 0 for each",
            typed.words()
        );
        Some((is_met, words))
    }

    fn many_app_passwords(&self) -> Goal {
        let more = self.monk(Typed::AppPasswordOfMany)? / self.monk(Typed::AppPassword)? - 1.0;
        let words = format!(
            "an app password of a user with 100 of them: {:+.1}% of the time of the only one; \
             the goal is ± {:.0}%",
            more * 100.0,
            OF_MANY * 100.0
        );
        Some((more.abs() <= OF_MANY, words))
    }

    fn crowd(&self, typed: Typed) -> Goal {
        let rate = |callers| self.rate(MONK, typed.words(), callers);
        let share = rate(CROWD)? / rate(MANY)?;
        let words = format!(
            "{}, 64 callers: {share:.2} of the rate of 8; the goal is {OF_CROWD}",
            typed.words()
        );
        Some((share >= OF_CROWD, words))
    }

    fn faster(&self, group: &str, words: &str, goal: f64) -> Goal {
        let times = self.millis(group, words)? / self.monk(Typed::PasswordAndCode)?;
        let words = format!(
            "`PASSWORD;CODE`: {times:.1} × as fast as {group} with {words}; the goal is {goal}"
        );
        Some((times >= goal, words))
    }

    fn share_of_floor(&self) -> Goal {
        let steps = floor::PASSWORD_AND_CODE.1;
        let ours = self.rate(MONK, Typed::PasswordAndCode.words(), MANY)?;
        let share = ours / self.rate(floor::GROUP, steps, MANY)?;
        let words = format!(
            "`PASSWORD;CODE`, 8 callers: {share:.2} of the rate of the floor ({steps}); the goal is \
             {OF_FLOOR:.2}"
        );
        Some((share >= OF_FLOOR, words))
    }

    fn share_of_search(&self) -> Goal {
        let least = self.millis(LIBPAM, PERMIT)? + self.floor(floor::SEARCH)?;
        let share = least / self.monk(Typed::AppPassword)?;
        let words = format!(
            "an app password: {share:.2} of the speed of libpam and a search together ({least:.3} \
             ms); the goal is {OF_SEARCH}"
        );
        Some((share >= OF_SEARCH, words))
    }

    fn connection(&self) -> Goal {
        let ours = self.millis(ONE_SHOT, Typed::PasswordAndCode.words())?;
        let times = ours / self.floor(floor::FRESH)?;
        let words = format!(
            "`PASSWORD;CODE`, one-shot: {times:.1} × the time of the floor with a new connection; \
             the goal is at most {OF_CONNECTION}"
        );
        Some((times <= OF_CONNECTION, words))
    }
}
