//! A peer that does not do what it is measured for has no figures.

use std::time::{SystemTime, UNIX_EPOCH};

use monk_core::factors::totp::Parameters;
use monk_tests::site::{PamLoad, PamLogin};

use super::{Peer, Scene};
use crate::bench::people::{PASSWORD, Person};

/// What figures do not show.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Findings {
    /// Whether a code counts a second time.
    pub takes_codes_twice: bool,
    /// How many of [`CODES_AT_ONCE`] counted more than once when they came from [`PROGRAMS`]
    /// programs at the same moment.
    pub taken_at_once: usize,
}

/// Codes that are typed in several places at once.
pub const CODES_AT_ONCE: usize = 50;

/// How many places that are.
pub const PROGRAMS: usize = 8;

/// The code of somebody's device now.
pub fn code_now(person: Person) -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    person.code_of_step(now.as_secs() / Parameters::default().period)
}

/// Makes sure that a peer lets the right people in, and nobody else.
///
/// # Errors
/// What it does wrong.
pub fn check(scene: &Scene<'_>, peer: &mut dyn Peer) -> Result<Findings, String> {
    peer.begin();
    let findings = try_logins(scene, peer);
    peer.end();
    findings
}

fn try_logins(scene: &Scene<'_>, peer: &dyn Peer) -> Result<Findings, String> {
    let [alice, bob, ..] = scene.people else { return Err("there are no two users".to_owned()) };
    let load = PamLoad::of(peer.service());
    let lets_in = |person: &Person, typed: &str| {
        load.run(scene.world, &[PamLogin::new(person.name(), typed)]).refused() == 0
    };
    let must_refuse = |what: &str, typed: &str| {
        if lets_in(bob, typed) { Err(format!("{what} is let in")) } else { Ok(()) }
    };
    let code = code_now(*alice);
    let right = peer.typed(PASSWORD, &code);
    if !lets_in(alice, &right) {
        return Err("a right login is refused".to_owned());
    }
    must_refuse("a wrong password", &peer.typed("wrong", &code_now(*bob)))?;
    let mut findings = Findings::default();
    if peer.wants_code() {
        findings.takes_codes_twice = lets_in(alice, &right);
        must_refuse("the code of somebody else", &right)?;
        must_refuse("a login without a code", PASSWORD)?;
        // Those at the end, who have typed nothing yet.
        let people = scene.people.iter().rev().take(CODES_AT_ONCE);
        let everywhere = PamLoad { callers: PROGRAMS, spread: true, ..load.clone() };
        let taken = people.filter(|person| {
            let typed = peer.typed(PASSWORD, &code_now(**person));
            let logins = vec![PamLogin::new(person.name(), typed); PROGRAMS];
            everywhere.run(scene.world, &logins).refused() + 1 < logins.len() as u64
        });
        findings.taken_at_once = taken.count();
    }
    Ok(findings)
}
