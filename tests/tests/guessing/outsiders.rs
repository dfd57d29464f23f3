//! Attackers who know alice's password, and have nothing else: they come from networks that she has not
//! used.

use monk_tests::site::Backend;

use crate::attempt::Attempt;
use crate::door::{Door, Manner, Turn};
use crate::ledger::Place;
use crate::scene::{PASSWORD, Scene};
use crate::siege::Siege;

/// An attacker's address.
pub const ABROAD: &str = "203.0.113.7";

/// Services that ask for a code.
const SERVICES: [&str; 6] = ["sshd", "imap", "smtp", "login", "vsftpd", "postgresql"];

fn plain(turn: &Turn<'_>) -> Attempt {
    Attempt::new("sshd", ABROAD, turn.guess())
}

/// Whatever is different about each attempt: service, address, and how the name is written.
pub fn varied(turn: &Turn<'_>) -> Attempt {
    let user = ["alice", "ALICE", "Alice"][turn.number as usize % 3].to_owned();
    let service = SERVICES[turn.number as usize % SERVICES.len()];
    Attempt { user, ..Attempt::new(service, &turn.address(), turn.guess()) }
}

/// The password first, and the code at the second screen.
pub fn second_screen(turn: &Turn<'_>) -> Attempt {
    let answers = vec![turn.wrong_code()];
    Attempt { answers, ..Attempt::new("sshd", &turn.address(), PASSWORD) }
}

#[test]
fn one_address() {
    Siege::of(&Scene::set(), vec![Door::codes(plain)]).run("password known: one address");
}

#[test]
fn one_address_in_the_embedded_directory() {
    Siege::of(&Scene::set_in(Backend::Embedded), vec![Door::codes(plain)])
        .run("password known: one address, users and credentials embedded");
}

#[test]
fn one_address_in_ldap() {
    Siege::of(&Scene::set_in(Backend::Ldap), vec![Door::codes(plain)])
        .run("password known: one address, users and credentials in LDAP");
}

#[test]
fn many_addresses_services_and_spellings_of_the_name() {
    Siege::of(&Scene::set(), vec![Door::codes(varied)])
        .run("password known: many addresses, six services, names in other case");
}

#[test]
fn two_hosts() {
    let second = |turn: &Turn<'_>| Attempt { host: 1, ..varied(turn) };
    let second = Door { place: Place::Elsewhere(1), ..Door::codes(second) };
    Siege::of(&Scene::fleet(), vec![Door::codes(varied), second])
        .run("password known: two hosts of a fleet");
}

#[test]
fn eight_codes_again_and_again() {
    let cycle = |turn: &Turn<'_>| {
        Attempt::new("sshd", ABROAD, format!("{PASSWORD};{}", turn.code_of_cycle()))
    };
    let door = Door { pace: 4, ..Door::codes(cycle) };
    Siege::of(&Scene::set(), vec![door]).run("password known: eight codes in a cycle");
}

#[test]
fn the_code_at_a_second_screen() {
    Siege::of(&Scene::set(), vec![Door::codes(second_screen)])
        .run("password known: the code at a second screen");
}

#[test]
fn the_code_without_a_separator() {
    let glued = |turn: &Turn<'_>| {
        let typed = format!("{PASSWORD}{}", turn.wrong_code());
        Attempt::new("pop3", ABROAD, typed)
    };
    Siege::of(&Scene::set(), vec![Door::codes(plain), Door::codes(glued)])
        .run("password known: codes with `;` and, at another service, without");
}

#[test]
fn codes_of_devices_and_backup_codes() {
    let backup = |turn: &Turn<'_>| {
        let code = turn.wrong_code();
        Attempt::new("sshd", ABROAD, format!("{PASSWORD};abcd-{}-{}", &code[..4], &code[2..]))
    };
    let scene = Scene::set();
    scene.site.backup_codes("alice");
    Siege::of(&scene, vec![Door::codes(plain), Door::codes(backup)])
        .run("password known: codes of devices and backup codes");
}

#[test]
fn a_code_alone_where_a_key_was_stolen() {
    let key = |turn: &Turn<'_>| {
        let answers = vec![turn.wrong_code()];
        Attempt { typed: None, answers, ..Attempt::new("key", ABROAD, "") }
    };
    Siege::of(&Scene::set(), vec![Door::codes(plain), Door::codes(key)])
        .run("password known, and the key: codes after either");
}

#[test]
fn bursts_after_rests() {
    let door = Door { rest: Some((20, 10 * 3600)), ..Door::codes(plain) };
    let short = Door { rest: Some((4, 4 * 3600)), ..Door::codes(varied) };
    Siege::of(&Scene::set(), vec![door, short])
        .run("password known: bursts, and rests of hours between them");
}

#[test]
fn sixteen_at_the_same_moment() {
    let door = Door { manner: Manner::AtOnce(16), ..Door::codes(varied) };
    Siege::of(&Scene::set(), vec![door])
        .run("password known: 16 at the same moment, again and again");
}

#[test]
fn sixteen_screens_held_open_and_answered_together() {
    let door = Door { manner: Manner::HeldOpen(16), ..Door::codes(second_screen) };
    Siege::of(&Scene::set(), vec![door]).run("password known: 16 screens held open, then answered");
}
