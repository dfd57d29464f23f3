//! Attackers who know alice's password, and can log in somewhere with less than a second factor: a login
//! that proves less must not make room for guesses at more.

use crate::attempt::Attempt;
use crate::door::{Door, Turn};
use crate::outsiders::{ABROAD, second_screen, varied};
use crate::scene::{MALLORY, PASSWORD, Scene};
use crate::siege::Siege;

/// An address in the network that a service trusts, where alice has never been.
const INSIDE: &str = "10.1.2.3";

type Before = fn(&Turn<'_>) -> Attempt;

/// The password alone, where the service asks for no more.
pub const WITHOUT_CODE: Before = |_| Attempt::new("web", ABROAD, PASSWORD);

/// The app password that was stolen, and opens mail only.
pub const APP_PASSWORD: Before = |turn| Attempt::new("imap", ABROAD, turn.scene.stolen.clone());

/// The password alone, from a network from which no more is asked.
pub const TRUSTED: Before = |_| Attempt::new("intranet", INSIDE, PASSWORD);

/// A key, where the service asks for no more.
pub const KEY: Before =
    |_| Attempt { publickey: true, typed: None, ..Attempt::new("git", ABROAD, "") };

fn guess(turn: &Turn<'_>) -> Attempt {
    Attempt::new("sshd", ABROAD, turn.guess())
}

#[track_caller]
fn siege(name: &str, attempt: Before, before: &'static [Before]) {
    let door = Door { before, ..Door::codes(attempt) };
    Siege::of(&Scene::set(), vec![door]).run(name);
}

#[test]
fn a_service_without_a_second_factor() {
    siege("password known: `mfa = \"off\"` between guesses", guess, &[WITHOUT_CODE]);
}

#[test]
fn an_app_password_for_mail() {
    siege("password known: a stolen app password between guesses", guess, &[APP_PASSWORD]);
}

#[test]
fn a_trusted_network() {
    let guess: Before = |turn| Attempt::new("sshd", INSIDE, turn.guess());
    siege("password known: in a trusted network, which sshd does not trust", guess, &[TRUSTED]);
}

#[test]
fn a_key() {
    siege("password known: a key between guesses", guess, &[KEY]);
}

#[test]
fn all_of_them_together() {
    const ALL: [Before; 3] = [WITHOUT_CODE, APP_PASSWORD, KEY];
    siege("password known: all of these between guesses", guess, &ALL);
}

#[test]
fn all_of_them_with_every_way_to_guess() {
    const ALL: [Before; 3] = [WITHOUT_CODE, APP_PASSWORD, KEY];
    let cycle: Before =
        |turn| Attempt::new("login", ABROAD, format!("{PASSWORD};{}", turn.code_of_cycle()));
    let su: Before = |turn| Attempt::for_person(MALLORY, "su", turn.guess());
    let scene = Scene::set();
    scene.add_record_that_cannot_be_opened();
    let doors = [varied, second_screen, su].map(Door::codes).into_iter();
    let doors = doors.chain([Door { pace: 4, ..Door::codes(cycle) }]);
    let doors = doors.map(|door| Door { before: &ALL, ..door }).collect();
    Siege::of(&scene, doors).run("password known: all of this together");
}

/// The device of somebody else in alice's entry: this host cannot open it.
#[test]
fn a_record_that_this_host_cannot_open() {
    let scene = Scene::set();
    scene.add_record_that_cannot_be_opened();
    Siege::of(&scene, vec![Door::codes(guess)])
        .run("password known: one record in the entry cannot be opened");
}
