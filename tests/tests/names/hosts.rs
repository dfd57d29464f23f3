//! The module in programs with strange manners: it works in each, and each is afterwards as it was.

use std::time::Duration;

use monk_tests::World;
use monk_tests::nss::{self, Found, KnownMap, NamesEngine, NssHost, Seen};

const PASSWD: &str = "alice:*:5001:5000:Alice Doe:/home/alice:/bin/sh\n";
const GROUP: &str = "crew:*:7000:alice,bob\n";

/// All manners in which an answer can be had.
const MANNERS: [&str; 12] = [
    "usual",
    "ignores-sigchld",
    "reaps-everything",
    "blocks-signals",
    "is-interrupted",
    "closes-standard",
    "few-descriptors",
    "forks",
    "threads",
    "closes-all",
    "small-stack",
    "forks-among-threads",
];

/// One look-up of each kind, of whom there is and of whom there is not, and one of the files.
const QUESTIONS: [&str; 8] = [
    "user:alice",
    "uid:5001",
    "group:crew",
    "gid:7000",
    "groups:alice",
    "ageing:alice",
    "user:bob",
    "user:root",
];

/// No program waits longer for the engine, on however busy a machine.
const GENEROUS: Duration = Duration::from_secs(2);

fn entry(text: &str) -> Found {
    Found::Entry(text.to_owned())
}

/// What is right to [`QUESTIONS`].
fn answers() -> [Found; 8] {
    let (alice, crew) = (entry(PASSWD.trim_end()), entry(GROUP.trim_end()));
    [
        alice.clone(),
        alice,
        crew.clone(),
        crew,
        entry("7000"),
        entry("alice:*:20000:-1:90"),
        Found::Nothing,
        entry("root:x:0:0:root:/root:/bin/bash"),
    ]
}

#[track_caller]
fn given_names(map: KnownMap) -> (World, NamesEngine) {
    let world = World::new();
    nss::install(&world);
    let engine = NamesEngine::start(&world, PASSWD, GROUP, map);
    (world, engine)
}

#[track_caller]
fn is_as_it_was(manner: &str, seen: &Seen) {
    let (before, after) = &seen.footprints;
    assert_eq!(before, after, "{manner}");
}

#[test]
fn in_every_host_names_are_found_and_the_host_stays_as_it_was() {
    for map in [KnownMap::None, KnownMap::Fresh] {
        let (world, _engine) = given_names(map);
        for manner in MANNERS {
            let seen = NssHost::new(&world).arg("--manner").arg(manner).ask(&QUESTIONS);
            assert_eq!(seen.found, answers(), "{manner}, {map:?}");
            is_as_it_was(manner, &seen);
        }
    }
}

/// Questions that are asked again and again, so that the engine's memory is lent.
const AGAIN: usize = 5;

#[test]
fn every_host_that_looks_up_many_names_has_the_memory_once_and_no_descriptor_of_it() {
    let (world, _engine) = given_names(KnownMap::Lent);
    for manner in MANNERS {
        let questions = QUESTIONS.repeat(AGAIN);
        let seen = NssHost::new(&world).arg("--manner").arg(manner).ask(&questions);
        assert_eq!(seen.found, vec![answers(); AGAIN].concat(), "{manner}");
        assert_eq!(seen.lent, 1, "{manner}");
        is_as_it_was(manner, &seen);
    }
    let seen = NssHost::with_mode(&world, 0o4755).as_user("nobody").ask(&QUESTIONS.repeat(AGAIN));
    assert_eq!((seen.found, seen.lent), (vec![answers(); AGAIN].concat(), 1));
}

#[test]
fn a_program_whose_address_space_is_limited_reads_the_file() {
    let (world, _engine) = given_names(KnownMap::Lent);
    let host = NssHost::with_space(&world, 1_000_000_000);
    let seen = host.ask(&QUESTIONS.repeat(AGAIN));
    assert_eq!((seen.found, seen.lent), (vec![answers(); AGAIN].concat(), 0));
}

#[test]
fn a_stuck_engine_is_waited_for_once_in_every_host() {
    for manner in MANNERS {
        let (world, mut engine) = given_names(KnownMap::None);
        engine.process.stop();
        let questions = ["user:bob", "uid:5005", "group:crew", "user:carol", "user:root"];
        let seen = NssHost::new(&world).arg("--manner").arg(manner).ask(&questions);
        let unknown = Found::Error(libc::EAGAIN);
        let [others @ .., root] = seen.found.as_slice() else { panic!("{seen:?}") };
        assert!(others.iter().all(|found| *found == unknown), "{manner}: {seen:?}");
        assert_eq!(*root, answers()[7], "{manner}");
        // Children that start one after the other take their own time.
        if manner != "forks-among-threads" {
            assert!(seen.took.iter().sum::<Duration>() < GENEROUS, "{manner}: {seen:?}");
        }
        is_as_it_was(manner, &seen);
    }
}

#[test]
fn a_program_without_a_free_descriptor_hears_of_an_error_and_not_that_there_is_nobody() {
    for map in [KnownMap::None, KnownMap::Fresh] {
        let (world, _engine) = given_names(map);
        let host = NssHost::new(&world).arg("--manner").arg("no-descriptors");
        let seen = host.ask(&["user:alice", "gid:7000", "groups:alice"]);
        // The C library adds no groups and says nothing of it.
        let error = Found::Error(libc::EAGAIN);
        assert_eq!(seen.found, [error.clone(), error, entry("")], "{map:?}");
    }
}

#[test]
fn below_another_root_there_is_no_engine_and_nothing_breaks() {
    let (world, _engine) = given_names(KnownMap::Fresh);
    let host = NssHost::new(&world).arg("--manner").arg("changes-root");
    let seen = host.ask(&["user:alice", "groups:alice"]);
    assert_eq!(seen.found, [Found::Error(libc::ENOENT), entry("")]);
}

#[test]
fn a_setuid_program_finds_names_for_whoever_starts_it() {
    let (world, _engine) = given_names(KnownMap::None);
    let seen = NssHost::with_mode(&world, 0o4755).as_user("nobody").ask(&QUESTIONS);
    assert_eq!(seen.found, answers(), "it is root's");
    let seen = NssHost::new(&world).as_user("nobody").ask(&QUESTIONS);
    assert_eq!(seen.found[..5], answers()[..5]);
    assert_eq!(seen.found[5], Found::Error(libc::EACCES), "ageing is for root");
}
