//! Engines that lie, and maps of such engines.

use std::fs::File;
use std::io::Write;
use std::os::unix::fs::FileExt;

use monk_wire::VERSION;
use monk_wire::frame::HEADER;
use monk_wire::names::map::{hash, place};
use monk_wire::names::{Answer, Entry, Group, Query, User};
use proptest::prelude::*;

use crate::failure::Failure;
use crate::fixtures::{ALICE, GroupList, Machine, Sample, USER, encoded, framed, group, record};
use crate::fixtures::{room, user};
use crate::initgroups::groups_of;
use crate::list::Cursor;
use crate::passwd;
use crate::socket::now_ms;

/// Room for what these engines say.
const ENOUGH: usize = 4096;

/// Answers to the question for alice that are none.
const NO_USERS: [Answer<'static>; 16] = [
    Answer::User(User { texts: b"bob\0\0/\0/bin/sh\0", ..ALICE }),
    Answer::User(User { texts: b"Alice\0\0/\0/bin/sh\0", ..ALICE }),
    Answer::User(User { texts: b"\0\0\0\0", ..ALICE }),
    Answer::User(User { texts: b"alice\0\0/\0/bin/sh\0more\0", ..ALICE }),
    Answer::User(User { texts: b"alice\0\0/bin/sh\0", ..ALICE }),
    Answer::User(User { texts: b"alice\0\0/\0/bin/sh", ..ALICE }),
    Answer::User(User { texts: b"", ..ALICE }),
    Answer::User(User { texts: b"alice\0a:b\0/\0/bin/sh\0", ..ALICE }),
    Answer::User(User { texts: b"alice\0\0/\0/bin/sh\nroot\0", ..ALICE }),
    Answer::User(User { uid: 0, ..ALICE }),
    Answer::User(User { uid: 999, ..ALICE }),
    Answer::User(User { uid: u32::MAX, ..ALICE }),
    Answer::User(User { gid: u32::MAX, ..ALICE }),
    Answer::Group(Group { gid: 5001, texts: b"alice\0" }),
    Answer::GroupsOf(b"\0\0\0\0"),
    Answer::Listed { next: 1, entry: Entry::User(ALICE) },
];

/// Answers to the question for the group staff that are none.
const NO_GROUPS: [Answer<'static>; 8] = [
    Answer::Group(Group { gid: 7000, texts: b"wheel\0alice\0" }),
    Answer::Group(Group { gid: 27, texts: b"staff\0" }),
    Answer::Group(Group { gid: u32::MAX, texts: b"staff\0" }),
    Answer::Group(Group { gid: 7000, texts: b"staff\0alice\0\0bob\0" }),
    Answer::Group(Group { gid: 7000, texts: b"staff\0alice" }),
    Answer::Group(Group { gid: 7000, texts: b"staff\0alice:x\0" }),
    Answer::Group(Group { gid: 7000, texts: b"" }),
    Answer::User(ALICE),
];

#[test]
fn an_answer_to_another_question_or_none_at_all_says_nothing() {
    for answer in NO_USERS {
        let machine = Machine::new();
        let _engine = machine.answering(move |_| encoded(&answer));
        let found = user(&machine.places(), "alice", ENOUGH);
        assert_eq!(found, Err(Failure::CannotTell), "{answer:?}");
        let soon = now_ms() + 1_000_000;
        machine.write_map(soon, &[record(&Sample { answer, ..USER }, soon, soon)]);
        let found = user(&machine.places(), "alice", ENOUGH);
        assert_eq!(found, Err(Failure::CannotTell), "in the map: {answer:?}");
    }
    for answer in NO_GROUPS {
        let machine = Machine::new();
        let _engine = machine.answering(move |_| encoded(&answer));
        let found = group(&machine.places(), "staff", ENOUGH);
        assert_eq!(found, Err(Failure::CannotTell), "{answer:?}");
    }
}

#[test]
fn a_lie_costs_nobody_what_was_known() {
    let machine = Machine::new();
    let _engine = machine.answering(|_| encoded(&NO_USERS[0]));
    machine.write_stale(&USER);
    assert!(user(&machine.places(), "alice", ENOUGH).is_ok());
}

#[test]
fn another_uid_than_that_which_was_asked_for_is_nobody() {
    let machine = Machine::new();
    let _engine = machine.answering(|_| encoded(&USER.answer));
    let mut memory = [0; ENOUGH];
    let found = passwd::by_uid(&machine.places(), 5002, &mut room(&mut memory));
    assert_eq!(found, Err(Failure::CannotTell));
}

#[test]
fn a_list_that_does_not_get_on_is_broken_off() {
    for next in [0, 4, 5] {
        let machine = Machine::new();
        let _engine = machine.answering(move |query| {
            let next = if query == Query::Users(0) { 5 } else { next };
            encoded(&Answer::Listed { next, entry: Entry::User(ALICE) })
        });
        let cursor = Cursor::new();
        let mut memory = [0; ENOUGH];
        assert!(passwd::next(&machine.places(), &cursor, &mut room(&mut memory)).is_ok());
        let second = passwd::next(&machine.places(), &cursor, &mut room(&mut memory));
        assert_eq!(second, Err(Failure::BrokenOff), "{next}");
    }
}

#[test]
fn frames_of_other_versions_and_endless_ones_are_not_read() {
    let body = USER.answer();
    let length = u32::try_from(body.len()).unwrap().to_be_bytes();
    let other_version = [&[VERSION + 1][..], &length, &body].concat();
    let endless = [&[VERSION][..], &[0xff; HEADER - 1], &body].concat();
    let with_more_inside = framed(&[&body[..], b"\0"].concat());
    for bytes in [other_version, endless, with_more_inside, framed(b""), vec![], vec![VERSION]] {
        let machine = Machine::new();
        let sent = bytes.clone();
        let _engine = machine.engine(move |_, stream| stream.write_all(&sent).unwrap());
        let found = user(&machine.places(), "alice", ENOUGH);
        assert_eq!(found, Err(Failure::CannotTell), "{bytes:?}");
    }
}

/// A true frame with some bytes changed and its end cut off or made longer.
fn nearly_true(answer: Vec<u8>) -> impl Strategy<Value = Vec<u8>> {
    let frame = framed(&answer);
    let changes = proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..4);
    (changes, 0..frame.len() + 4).prop_map(move |(changes, length)| {
        let mut frame = frame.clone();
        for (place, byte) in changes {
            let place = place.index(frame.len());
            frame[place] = byte;
        }
        frame.resize(length, 0);
        frame
    })
}

fn said() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        proptest::collection::vec(any::<u8>(), 0..200),
        proptest::collection::vec(any::<u8>(), 0..200).prop_map(|body| framed(&body)),
        nearly_true(USER.answer()),
        nearly_true(encoded(&Answer::Group(Group { gid: 7000, texts: b"alice\0bob\0carol\0" }))),
        nearly_true(encoded(&Answer::GroupsOf(&[0x88; 40]))),
    ]
}

proptest! {
    /// Nothing panics, no text is without its end, and whoever is found is who was asked for.
    #[test]
    fn whatever_an_engine_says_in_whatever_pieces_nothing_else_than_the_truth_is_taken(
        said in said(), piece in 1_usize..64, size in 0_usize..300,
    ) {
        let machine = Machine::new();
        let _engine = machine.engine(move |_, stream| {
            // Whoever has heard enough closes.
            let _ = said.chunks(piece).try_for_each(|piece| stream.write_all(piece));
        });
        let places = machine.places();
        if let Ok(seen) = user(&places, "alice", size) {
            prop_assert!(seen.starts_with("alice:*:") && seen.matches(':').count() == 6, "{}", seen);
        }
        if let Ok(seen) = group(&places, "alice", size) {
            prop_assert!(seen.starts_with("alice:*:") && seen.matches(':').count() == 3, "{}", seen);
        }
        let mut list = GroupList::with(&[100], 1);
        if groups_of(&places, "alice", &mut list.groups(100, 0)).is_err() {
            prop_assert_eq!(list.gids(), [100]);
        }
    }

    #[test]
    fn whatever_stands_in_the_map_nothing_else_than_the_truth_is_taken(
        page in proptest::collection::vec(any::<u8>(), 1..400), at in 0_u64..400,
    ) {
        let machine = Machine::new();
        let soon = now_ms() + 1_000_000;
        machine.write_map(soon, &[record(&USER, soon, soon)]);
        let file = File::options().write(true).open(machine.map()).unwrap();
        file.write_all_at(&page, place(hash(&USER.query())) + at).unwrap();
        if let Ok(seen) = user(&machine.places(), "alice", ENOUGH) {
            prop_assert_eq!(seen, "alice:*:5001:5000:Alice Doe:/home/alice:/bin/sh");
        }
    }
}
