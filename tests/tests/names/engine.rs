//! The engine's half: what it answers, writes down, and does not lose.

use std::io::{Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

use monk_tests::nss::{self, Found, NssHost};
use monk_tests::site::{Backend, Running, Site, monk_socket};
use monk_tests::until;
use monk_wire::frame::{self, HEADER, MAX_REQUEST};
use monk_wire::manage::{Command, Manage};
use monk_wire::names::map::Header;
use monk_wire::names::{MAP, Query, SOCKET};
use monk_wire::{Reply, Request, VERSION};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::wire::{ask, ask_as, header, in_map, in_memory, lent};

/// Longest wait for what should come within a second or two, on the busiest machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// Alice, as hosts know her.
const ALICE: &str = "alice:Alice Adams:/home/alice:/bin/zsh:20001:20001";

const BY_NAME: Query<'static> = Query::UserByName("alice");

/// A resident engine with alice, who is in the group wizards.
fn with_alice(more: &str) -> Site {
    let site = Site::with_settings(Backend::Embedded, Running::Resident, more);
    add(&site, "alice", &["--uid", "20001", "--shell", "/bin/zsh", "--full-name", "Alice Adams"]);
    site.enroll(&["group", "add", "wizards", "alice"]);
    site
}

fn add(site: &Site, name: &str, more: &[&str]) {
    let command = site.world.command("monk-enroll").args(["user", "add", name]).args(more);
    command.args(["--password-stdin", "--force"]).stdin("secret\n").run().expect_success();
}

#[test]
fn users_and_groups_of_the_embedded_directory_are_answered_and_stand_in_the_map() {
    let site = with_alice("");
    for (query, said) in [
        (BY_NAME, ALICE),
        (Query::UserByUid(20001), ALICE),
        (Query::GroupByName("alice"), "alice:20001"),
        (Query::UserByName("Alice"), "not found"),
        (Query::UserByName("nobody-else"), "not found"),
        (Query::UserByName("root"), "not found"),
        (Query::UserByUid(0), "not found"),
        (Query::GroupByName("root"), "not found"),
    ] {
        assert_eq!(in_map(&site.world, query), None, "{query:?}");
        assert_eq!(ask(&site.world, query), said, "{query:?}");
        let (written, _) = in_map(&site.world, query).expect("it was answered");
        assert_eq!(written, said, "{query:?}");
    }
    let wizards = ask(&site.world, Query::GroupByName("wizards"));
    let (_, gid) = wizards.rsplit_once(':').unwrap();
    assert_eq!(wizards, format!("wizards:alice:{gid}"));
    assert_eq!(ask(&site.world, Query::GroupsOf("alice")), format!("[20001, {gid}]"));
    let mode =
        |path| site.world.inside(|| std::fs::metadata(path).unwrap().permissions().mode() & 0o777);
    assert_eq!((mode(MAP), mode(SOCKET)), (0o444, 0o666));
}

#[test]
fn what_is_changed_through_monk_is_seen_at_once() {
    let site = with_alice("");
    let wizards = ask(&site.world, Query::GroupByName("wizards"));
    assert_eq!(ask(&site.world, Query::UserByName("carol")), "not found");
    add(&site, "carol", &["--uid", "20002"]);
    assert!(ask(&site.world, Query::UserByName("carol")).starts_with("carol:"));
    let before = ask(&site.world, Query::GroupsOf("carol"));
    site.enroll(&["group", "add", "wizards", "carol"]);
    assert_ne!(ask(&site.world, Query::GroupsOf("carol")), before);
    assert!(ask(&site.world, Query::GroupByName("wizards")).starts_with("wizards:alice:carol:"));
    site.enroll(&["user", "remove", "carol"]);
    assert_eq!(in_map(&site.world, Query::UserByName("carol")), None);
    assert_eq!(ask(&site.world, Query::UserByName("carol")), "not found");
    assert_eq!(ask(&site.world, Query::GroupByName("wizards")), wizards, "not in its groups");
}

/// The uid of somebody who has nothing to do with monk.
const BOB: u32 = 5001;

#[test]
fn in_memory_that_was_lent_to_somebody_every_change_is_seen_at_once() {
    let site = with_alice("");
    let memory = site.world.inside_as(BOB, lent).expect("it is lent to everybody");
    assert_eq!(in_memory(&memory, BY_NAME), None);
    assert_eq!(ask(&site.world, BY_NAME), ALICE);
    assert_eq!(in_memory(&memory, BY_NAME).as_deref(), Some(ALICE));
    site.enroll(&["user", "remove", "alice"]);
    assert_eq!(in_memory(&memory, BY_NAME), None);
    assert_eq!(ask(&site.world, BY_NAME), "not found");
    assert_eq!(in_memory(&memory, BY_NAME).as_deref(), Some("not found"));
}

#[test]
fn a_program_that_looks_up_many_names_has_the_engines_memory() {
    let site = with_alice("");
    nss::install(&site.world);
    let seen = NssHost::new(&site.world).as_user("nobody").ask(&["user:alice"; 40]);
    let alice = Found::Entry("alice:*:20001:20001:Alice Adams:/home/alice:/bin/zsh".into());
    assert_eq!((seen.found, seen.lent), (vec![alice; 40], 1));
}

#[test]
fn what_another_process_has_changed_is_seen_within_a_moment() {
    let site = with_alice("[names]\nrefresh_seconds = 3600\n");
    assert_eq!(ask(&site.world, BY_NAME), ALICE);
    site.world.inside(|| {
        let store = rusqlite::Connection::open("/var/lib/monk/monk.db").unwrap();
        store.execute("UPDATE users SET shell = '/bin/sh' WHERE name = 'alice'", []).unwrap();
    });
    let shell = || (ask(&site.world, BY_NAME) != ALICE).then_some(());
    until(PATIENCE, shell).expect("the old shell is not answered for an hour");
    assert!(ask(&site.world, BY_NAME).contains(":/bin/sh:"));
}

#[test]
fn the_engine_says_every_second_that_it_is_alive_and_at_its_end_that_it_is_not() {
    let site = with_alice("");
    let beat = || header(&site.world).expect("the map").heartbeat;
    let first = beat();
    until(PATIENCE, || (beat() > first).then_some(())).expect("another sign of life");
    let engine = Pid::from_raw(i32::try_from(site.engine_pid()).unwrap());
    kill(engine, Signal::SIGTERM).unwrap();
    until(PATIENCE, || (beat() == 0).then_some(())).expect("the last word of the engine");
    assert!(!site.world.exists(SOCKET));
}

/// Starts an engine, and waits until it has written another map: then it answers.
#[track_caller]
fn start_again(site: &Site, before: Header) {
    site.start_engine();
    let is_newer = || header(&site.world).filter(|now| now.generation > before.generation);
    until(PATIENCE, is_newer).expect("another map");
}

#[test]
fn an_engine_that_was_killed_is_followed_by_one_that_answers_and_writes_another_map() {
    let site = with_alice("");
    ask(&site.world, BY_NAME);
    let before = header(&site.world).unwrap();
    site.kill_engine();
    assert!(site.world.exists(SOCKET), "it had no time to remove it");
    assert_eq!(in_map(&site.world, BY_NAME).map(|(said, _)| said).as_deref(), Some(ALICE));
    start_again(&site, before);
    let (said, fresh_until) = in_map(&site.world, BY_NAME).expect("known");
    assert_eq!(said, ALICE);
    let begun = header(&site.world).expect("a map").heartbeat;
    assert!(fresh_until <= begun, "and not fresh");
    assert_eq!(ask(&site.world, BY_NAME), ALICE);
    // Where no engine is resident, a command's own one takes out what it has changed.
    site.kill_engine();
    site.enroll(&["user", "remove", "alice"]);
    assert_eq!(header(&site.world), None);
    start_again(&site, before);
    assert_eq!(ask(&site.world, BY_NAME), "not found");
}

#[test]
fn settings_that_are_read_again_count_for_names_too() {
    let site = with_alice("");
    assert_eq!(ask(&site.world, BY_NAME), ALICE);
    site.write_settings("[names]\nminimum_uid = 30000\n");
    let engine = Pid::from_raw(i32::try_from(site.engine_pid()).unwrap());
    kill(engine, Signal::SIGHUP).unwrap();
    let gone = || (ask(&site.world, BY_NAME) == "not found").then_some(());
    until(PATIENCE, gone).expect("alice is below the least uid now");
    assert_eq!(in_map(&site.world, BY_NAME).map(|(said, _)| said).as_deref(), Some("not found"));
}

#[test]
fn lists_are_complete_where_they_are_wanted_and_empty_where_they_are_not() {
    let site = with_alice("");
    assert_eq!(ask(&site.world, Query::Users(0)), "not found");
    drop(site);
    let site = with_alice("[names]\nenumerate = true\n");
    add(&site, "bob", &["--uid", "20003"]);
    // The first list may take longer than a caller waits.
    let begun = || {
        let said = ask(&site.world, Query::Users(0));
        said.split_once(' ').map(|(next, user)| (next.to_owned(), user.to_owned()))
    };
    let (next, first) = until(PATIENCE, begun).expect("a list");
    assert_eq!(first, ALICE);
    let second = ask(&site.world, Query::Users(next.parse().unwrap()));
    let (next, second) = second.split_once(' ').unwrap();
    assert!(second.starts_with("bob:"), "{second}");
    assert_eq!(ask(&site.world, Query::Users(next.parse().unwrap())), "not found");
}

#[test]
fn when_a_password_ends_is_told_to_roots_programs_alone() {
    let site = with_alice("");
    site.enroll(&["user", "expire", "alice", "--at", "2100-01-01"]);
    assert!(ask(&site.world, Query::Ageing("alice")).starts_with("Some("));
    assert_eq!(ask_as(&site.world, 20001, Query::Ageing("alice")), "unavailable");
    assert_eq!(in_map(&site.world, Query::Ageing("alice")), None);
}

/// What a user asks about alice's credentials, by the number of the user alone.
fn status_as(site: &Site, uid: u32) -> Reply {
    let status = Request::Manage(Manage { user: "alice".into(), command: Command::Status });
    let frame = frame::encode(&status, VERSION, MAX_REQUEST).unwrap();
    site.world.inside_as(uid, || {
        let mut stream = UnixStream::connect(monk_socket()).expect("the engine listens");
        stream.set_read_timeout(Some(PATIENCE)).expect("a socket of ours");
        stream.write_all(&frame).expect("it reads");
        let mut head = [0; HEADER];
        stream.read_exact(&mut head).expect("a reply");
        let header = frame::header(head, frame::MAX_REPLY).expect("a reply");
        let mut body = vec![0; header.length];
        stream.read_exact(&mut body).expect("a reply");
        frame::decode(&body).expect("a reply")
    })
}

#[test]
fn a_user_who_is_in_the_directory_alone_sees_what_is_his_own_and_nobody_else_does() {
    let site = with_alice("");
    add(&site, "mallory", &["--uid", "20009"]);
    assert!(matches!(status_as(&site, 20001), Reply::Done(_)), "{:?}", status_as(&site, 20001));
    for other in [20009, 20010] {
        assert!(matches!(status_as(&site, other), Reply::Failed(_)));
    }
}

#[test]
fn a_directory_that_hangs_costs_a_name_a_moment_and_who_was_known_stays_known() {
    // What was known stands in for another refresh interval, and heartbeats, by which this test tells the time,
    // come once a second.
    let site =
        Site::with_settings(Backend::Ldap, Running::Resident, "[names]\nrefresh_seconds = 3\n");
    site.slapd().add(
        "dn: uid=alice,dc=example,dc=org\nobjectClass: inetOrgPerson\nobjectClass: posixAccount\nuid: alice\n\
         cn: Alice\nsn: Alice\nuidNumber: 20001\ngidNumber: 20001\nhomeDirectory: /home/alice\n",
    );
    let alice = ask(&site.world, BY_NAME);
    assert!(alice.starts_with("alice:"), "{alice}");
    site.with_slapd(monk_tests::Slapd::freeze);
    let fresh_until = in_map(&site.world, BY_NAME).unwrap().1;
    // Until it has to be asked for again.
    until(PATIENCE, || (header(&site.world)?.heartbeat > fresh_until).then_some(())).unwrap();
    let begun = Instant::now();
    assert_eq!(ask(&site.world, BY_NAME), alice);
    for name in ["carol", "dave", "erin"] {
        assert_eq!(ask(&site.world, Query::UserByName(name)), "unavailable");
    }
    assert!(begun.elapsed() < Duration::from_secs(3), "{:?}", begun.elapsed());
    site.with_slapd(monk_tests::Slapd::thaw);
    let back = || (ask(&site.world, Query::UserByName("carol")) == "not found").then_some(());
    until(PATIENCE, back).expect("the directory answers again");
}
