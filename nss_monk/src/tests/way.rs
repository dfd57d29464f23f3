//! The way of a look-up.

use std::time::Duration;

use monk_wire::names::{Answer, Query};

use crate::failure::Failure;
use crate::fixtures::{ALICE, Machine, Sample, USER, encoded, record, user};
use crate::places::Places;
use crate::socket::{now_ms, own_pid};

/// Room for any user of these tests.
const ENOUGH: usize = 1024;

const SEEN: &str = "alice:*:5001:5000:Alice Doe:/home/alice:/bin/sh";

/// What says that there is no alice.
const NOBODY: Sample = Sample { query: USER.query, answer: Answer::NotFound };

#[test]
fn a_fresh_answer_of_the_map_needs_no_engine() {
    let machine = Machine::new();
    let soon = now_ms() + 1_000_000;
    // The engine has ended meanwhile.
    machine.write_map(0, &[record(&USER, soon, soon)]);
    assert_eq!(user(&machine.places(), "alice", ENOUGH).as_deref(), Ok(SEEN));
    machine.write_map(0, &[record(&NOBODY, soon, soon)]);
    assert_eq!(user(&machine.places(), "alice", ENOUGH), Err(Failure::NotFound));
}

#[test]
fn what_is_not_fresh_in_the_map_is_asked_of_the_engine() {
    let machine = Machine::new();
    let engine = machine.answering(|query| {
        let answer = if query == USER.query { USER.answer } else { Answer::NotFound };
        encoded(&answer)
    });
    for (asked, stale) in [(1, None), (2, Some(&USER)), (3, Some(&NOBODY))] {
        if let Some(stale) = stale {
            machine.write_stale(stale);
        }
        assert_eq!(user(&machine.places(), "alice", ENOUGH).as_deref(), Ok(SEEN));
        assert_eq!(engine.asked(), asked);
    }
    assert_eq!(user(&machine.places(), "Alice", ENOUGH), Err(Failure::NotFound));
}

#[test]
fn the_engines_no_is_believed_although_the_map_remembers_a_user() {
    let machine = Machine::new();
    let _engine = machine.answering(|_| encoded(&Answer::NotFound));
    machine.write_stale(&USER);
    assert_eq!(user(&machine.places(), "alice", ENOUGH), Err(Failure::NotFound));
}

#[test]
fn an_engine_that_cannot_tell_is_believed_although_the_map_remembers_a_user() {
    let machine = Machine::new();
    let _engine = machine.answering(|_| encoded(&Answer::Unavailable));
    machine.write_stale(&USER);
    assert_eq!(user(&machine.places(), "alice", ENOUGH), Err(Failure::Unsure));
}

#[test]
fn an_engine_that_gives_no_answer_leaves_what_was_known() {
    let machine = Machine::new();
    let _engine = machine.answering(|_| vec![0xff]);
    let places = machine.places();
    assert_eq!(user(&places, "alice", ENOUGH), Err(Failure::CannotTell), "nothing was known");
    machine.write_stale(&USER);
    assert_eq!(user(&places, "alice", ENOUGH).as_deref(), Ok(SEEN));
    machine.write_stale(&NOBODY);
    assert_eq!(user(&places, "alice", ENOUGH), Err(Failure::CannotTell), "there was none then");
    let now = now_ms();
    machine.write_map(now + 1_000_000, &[record(&USER, now - 2000, now - 1000)]);
    assert_eq!(user(&places, "alice", ENOUGH), Err(Failure::CannotTell), "it was kept too long");
}

#[test]
fn without_an_engine_what_was_known_is_still_there_and_the_rest_is_absent() {
    let machine = Machine::new();
    let places = machine.places();
    assert_eq!(user(&places, "alice", ENOUGH), Err(Failure::Absent), "neither map nor socket");
    machine.write_stale(&USER);
    assert_eq!(user(&places, "alice", ENOUGH).as_deref(), Ok(SEEN));
    assert_eq!(user(&places, "bob", ENOUGH), Err(Failure::Absent));
    drop(machine.stuck_engine());
    assert_eq!(user(&places, "bob", ENOUGH), Err(Failure::CannotTell), "it has crashed");
}

#[test]
fn an_engine_without_a_heartbeat_is_not_asked() {
    let machine = Machine::new();
    let engine = machine.answering(|_| encoded(&USER.answer));
    let now = now_ms();
    for (heartbeat, failure) in
        [(0, Failure::Absent), (now.saturating_sub(11_000).max(1), Failure::CannotTell)]
    {
        machine.write_map(heartbeat, &[]);
        assert_eq!(user(&machine.places(), "alice", ENOUGH), Err(failure));
    }
    assert_eq!(engine.asked(), 0);
}

#[test]
fn a_process_that_waited_in_vain_waits_no_more_until_the_heart_beats_again() {
    let machine = Machine::new();
    let places = Places { patience: Duration::from_millis(20), ..machine.places() };
    let stuck = machine.stuck_engine();
    stuck.set_nonblocking(true).unwrap();
    let now = now_ms();
    let heartbeat = now + 1_000_000;
    let connections = || std::iter::from_fn(|| stuck.accept().ok()).count();
    machine.write_map(heartbeat, &[record(&USER, now - 1, now + 1_000_000)]);
    assert_eq!(user(&places, "bob", ENOUGH), Err(Failure::Silent));
    assert_eq!(user(&places, "carol", ENOUGH), Err(Failure::CannotTell));
    assert_eq!(user(&places, "alice", ENOUGH).as_deref(), Ok(SEEN));
    assert_eq!(connections(), 1);
    machine.write_map(heartbeat + 1, &[]);
    assert_eq!(user(&places, "bob", ENOUGH), Err(Failure::Silent));
    assert_eq!(connections(), 1);
}

#[test]
fn the_engine_does_not_answer_itself() {
    let machine = Machine::new();
    let _engine = machine.answering(|_| encoded(&USER.answer));
    let places = Places { own_pid, ..machine.places() };
    assert_eq!(user(&places, "alice", ENOUGH), Err(Failure::CannotTell));
    assert!(user(&machine.places(), "alice", ENOUGH).is_ok());
}

#[test]
fn a_socket_where_others_can_write_is_not_believed() {
    use std::os::unix::fs::PermissionsExt;

    let machine = Machine::new();
    let engine = machine.answering(|_| encoded(&USER.answer));
    let allow = |mode| {
        let mode = std::fs::Permissions::from_mode(mode);
        std::fs::set_permissions(&machine.folder, mode).unwrap();
    };
    for mode in [0o777, 0o775, 0o1777] {
        allow(mode);
        assert_eq!(user(&machine.places(), "alice", ENOUGH), Err(Failure::CannotTell));
    }
    assert_eq!(engine.asked(), 0);
    allow(0o755);
    assert!(user(&machine.places(), "alice", ENOUGH).is_ok());
}

#[test]
fn ids_of_the_system_are_nobodys_and_cost_no_question() {
    let machine = Machine::new();
    let engine = machine.answering(|query| {
        let Query::UserByUid(uid) = query else { panic!("{query:?}") };
        encoded(&Answer::User(monk_wire::names::User { uid, ..ALICE }))
    });
    let mut memory = [0; ENOUGH];
    let mut find = |uid| {
        let mut room = crate::fixtures::room(&mut memory);
        crate::passwd::by_uid(&machine.places(), uid, &mut room).map(|user| user.uid)
    };
    for uid in [0, 999, u32::MAX] {
        assert_eq!(find(uid), Err(Failure::NotFound));
    }
    assert_eq!(engine.asked(), 0);
    for uid in [1000, 3_000_000_000, u32::MAX - 1] {
        assert_eq!(find(uid), Ok(uid));
    }
}
