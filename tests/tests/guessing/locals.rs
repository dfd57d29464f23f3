//! Mallory, who has a login on alice's host.

use monk_tests::clients::WireAnswer;
use monk_tests::figures;

use crate::attempt::{Attempt, Open};
use crate::door::{Door, Manner, Turn};
use crate::outsiders::varied;
use crate::scene::{ALICE, HOME, MALLORY, PASSWORD, Scene};
use crate::siege::Siege;

/// Screens that mallory leaves open: more than there are places for root's programs.
const SCREENS: usize = 2100;

fn by_su(turn: &Turn<'_>) -> Attempt {
    let service = ["su", "su-l", "sudo", "sudo-i"][turn.number as usize % 4];
    Attempt::for_person(MALLORY, service, turn.guess())
}

/// A program of mallory's own, which says what it likes.
fn by_own_program(turn: &Turn<'_>) -> Attempt {
    let address = if turn.number.is_multiple_of(2) { HOME.to_owned() } else { turn.address() };
    Attempt { caller: MALLORY, ..Attempt::new("sshd", &address, turn.guess()) }
}

/// A daemon without addresses asks for whoever is at its other end.
fn by_daemon(turn: &Turn<'_>) -> Attempt {
    let service = ["smtp", "submission", "sieve"][turn.number as usize % 3];
    Attempt::without_address(service, turn.guess())
}

#[test]
fn su_and_sudo() {
    Siege::of(&Scene::set(), vec![Door::codes(by_su)])
        .run("password known, local user: su and sudo");
}

#[test]
fn programs_of_ones_own() {
    Siege::of(&Scene::set(), vec![Door::codes(by_own_program)])
        .run("password known, local user: own programs that state any address");
}

#[test]
fn a_daemon_without_addresses() {
    Siege::of(&Scene::set(), vec![Door::codes(by_daemon)])
        .run("password known: saslauthd, which knows no addresses");
}

#[test]
fn every_way_at_once() {
    let ways = [by_su as fn(&Turn<'_>) -> Attempt, by_own_program, by_daemon, varied];
    Siege::of(&Scene::set(), ways.map(Door::codes).into())
        .run("password known, local user: su, own programs, saslauthd and the network together");
}

#[test]
fn screens_of_su_held_open_and_answered_together() {
    let su = |turn: &Turn<'_>| Attempt {
        answers: vec![turn.wrong_code()],
        ..Attempt::for_person(MALLORY, "su", PASSWORD)
    };
    let door = Door { manner: Manner::HeldOpen(16), ..Door::codes(su) };
    Siege::of(&Scene::set(), vec![door])
        .run("password known, local user: 16 screens of su held open, then answered");
}

/// Alice's ways in, each once, while mallory holds `screens` open.
#[track_caller]
fn owner_gets_in_beside(name: &str, screens: &Attempt, count: usize) {
    let scene = Scene::set();
    let ways = [
        |scene: &Scene| Attempt::for_person(ALICE, "sudo", scene.password_and_code()),
        |scene: &Scene| Attempt::new("sshd", HOME, scene.password_and_code()),
        |scene: &Scene| Attempt::new("imap", HOME, scene.mail.clone()),
    ];
    let each_way = || {
        let logins = ways.iter().map(|way| {
            scene.jump_to(scene.now() + 30);
            way(&scene).carry_out(&scene.hosts)
        });
        logins.filter(|answer| *answer == WireAnswer::Granted).count()
    };
    assert_eq!(each_way(), ways.len(), "before");
    let open: Vec<Open> = (0..count).map(|_| screens.open(&scene.hosts)).collect();
    let waiting = open.iter().filter(|open| matches!(open, Open::Waiting(_))).count();
    let refused = ways.len() - each_way();
    let seen = format!("{waiting} of {count} stay open");
    let home = format!("{refused} of {} logins refused", ways.len());
    figures::row("guessing", &[name, &seen, &home, "–", "0 refused"]);
    assert_eq!(refused, 0, "{name}");
}

#[test]
fn twenty_screens_of_su_left_open_keep_nobody_out() {
    let su =
        Attempt { answers: vec![String::new()], ..Attempt::for_person(MALLORY, "su", PASSWORD) };
    owner_gets_in_beside("local user: 20 second screens of su left open", &su, 20);
}

#[test]
fn more_screens_of_su_than_there_are_places_keep_nobody_out() {
    let su = Attempt { typed: None, ..Attempt::for_person(MALLORY, "su", "") };
    owner_gets_in_beside("local user: 2,100 first screens of su left open", &su, SCREENS);
}
