//! Attackers in a network that alice has used.

use crate::attempt::Attempt;
use crate::door::{Door, Turn};
use crate::ledger::Place;
use crate::outsiders::varied;
use crate::scene::{ALICE, HOME, Scene};
use crate::siege::Siege;
use crate::weaker::WITHOUT_CODE;

fn at_home(turn: &Turn<'_>) -> Attempt {
    Attempt::new("imap", HOME, turn.guess())
}

fn door() -> Door {
    Door { place: Place::Home, ..Door::codes(at_home) }
}

#[test]
fn at_the_owners_network() {
    Siege::of(&Scene::set(), vec![door()])
        .in_her_own_network()
        .run("password known, at the owner's network: she uses mail, and a code now and then");
}

#[test]
fn at_the_owners_network_while_she_types_codes() {
    Siege::of(&Scene::set(), vec![door()])
        .in_her_own_network()
        .with_codes_every_hour()
        .run("password known, at the owner's network: she types a code every hour");
}

#[test]
fn at_the_owners_network_with_a_weaker_service() {
    let door = Door { before: &[WITHOUT_CODE], ..door() };
    Siege::of(&Scene::set(), vec![door])
        .in_her_own_network()
        .run("password known, at the owner's network: `mfa = \"off\"` between guesses");
}

#[test]
fn at_the_owners_network_and_elsewhere() {
    Siege::of(&Scene::set(), vec![door(), Door::codes(varied)])
        .in_her_own_network()
        .run("password known, at the owner's network and many others");
}

/// A program that runs in alice's own session.
#[test]
fn with_the_owners_uid() {
    let sudo = |turn: &Turn<'_>| Attempt::for_person(ALICE, "sudo", turn.guess());
    let door = Door { place: Place::Home, ..Door::codes(sudo) };
    Siege::of(&Scene::set(), vec![door])
        .in_her_own_network()
        .run("password known, with the owner's uid: sudo");
}
