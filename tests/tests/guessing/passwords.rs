//! Attackers who do not know alice's password.

use monk_tests::site::{Backend, person};

use crate::attempt::Attempt;
use crate::door::{Door, Manner, Turn};
use crate::ledger::Place;
use crate::outsiders::ABROAD;
use crate::scene::{HOME, MALLORY, Scene};
use crate::siege::Siege;
use crate::weaker::{APP_PASSWORD, KEY};

fn plain(turn: &Turn<'_>) -> Attempt {
    Attempt::new("imap", ABROAD, turn.wrong_password())
}

fn anywhere(turn: &Turn<'_>) -> Attempt {
    let service = ["imap", "sshd", "web", "enrolled", "intranet"][turn.number as usize % 5];
    let typed = match turn.number % 3 {
        0 => turn.wrong_password(),
        1 => format!("{};{}", turn.wrong_password(), turn.wrong_code()),
        _ => format!("{}{}", turn.wrong_password(), turn.wrong_code()),
    };
    Attempt::new(service, &turn.address(), typed)
}

fn by_daemon(turn: &Turn<'_>) -> Attempt {
    Attempt::without_address("smtp", turn.wrong_password())
}

fn by_su(turn: &Turn<'_>) -> Attempt {
    Attempt::for_person(MALLORY, "su", turn.wrong_password())
}

fn by_own_program(turn: &Turn<'_>) -> Attempt {
    Attempt { caller: MALLORY, ..Attempt::new("imap", &turn.address(), turn.wrong_password()) }
}

#[test]
fn one_address_in_the_embedded_directory() {
    Siege::of(&Scene::set_in(Backend::Embedded), vec![Door::passwords(plain)])
        .run("password unknown: one address, users and credentials embedded");
}

#[track_caller]
fn siege(name: &str, doors: Vec<Door>) {
    Siege::of(&Scene::set(), doors).run(name);
}

#[test]
fn one_address() {
    siege("password unknown: one address", vec![Door::passwords(plain)]);
}

#[test]
fn many_addresses_services_and_shapes() {
    siege("password unknown: many addresses, services and shapes", vec![Door::passwords(anywhere)]);
}

#[test]
fn many_users_from_one_address() {
    let scene = Scene::set();
    let people: String =
        (0..30).map(|user| person(&format!("user{user}"), "secret") + "\n").collect();
    scene.site.slapd().add(&people);
    let spray = |turn: &Turn<'_>| {
        let user = format!("user{}", turn.number % 30);
        Attempt { user, ..plain(turn) }
    };
    let door = Door { place: Place::AtEverybody, ..Door::passwords(spray) };
    Siege::of(&scene, vec![door]).run("password unknown: one address, 30 users in turn");
}

#[test]
fn after_logins_with_a_stolen_app_password() {
    let guess = |turn: &Turn<'_>| Attempt::new("sshd", ABROAD, turn.wrong_password() + ";123456");
    let door = Door { before: &[APP_PASSWORD], ..Door::passwords(guess) };
    siege("password unknown: a stolen app password between guesses", vec![door]);
}

#[test]
fn after_logins_with_a_key() {
    let door = Door { before: &[KEY], ..Door::passwords(plain) };
    siege("password unknown: a stolen key between guesses", vec![door]);
}

#[test]
fn by_a_daemon_without_addresses() {
    siege(
        "password unknown: saslauthd, which knows no addresses",
        vec![Door::passwords(by_daemon)],
    );
}

#[test]
fn by_a_local_user() {
    let ways = [by_su as fn(&Turn<'_>) -> Attempt, by_own_program];
    siege(
        "password unknown, local user: su, and own programs that state any address",
        ways.map(Door::passwords).into(),
    );
}

#[test]
fn sixteen_at_the_same_moment() {
    let door = Door { manner: Manner::AtOnce(16), ..Door::passwords(anywhere) };
    siege("password unknown: 16 at the same moment, again and again", vec![door]);
}

#[test]
fn at_the_owners_network() {
    let guess = |turn: &Turn<'_>| Attempt::new("imap", HOME, turn.wrong_password());
    let door = Door { place: Place::Home, ..Door::passwords(guess) };
    Siege::of(&Scene::set(), vec![door])
        .in_her_own_network()
        .run("password unknown, at the owner's network");
}

#[test]
fn every_way_at_once() {
    let ways = [by_su as fn(&Turn<'_>) -> Attempt, by_own_program, by_daemon, anywhere];
    siege(
        "password unknown: su, own programs, saslauthd and the network together",
        ways.map(Door::passwords).into(),
    );
}
