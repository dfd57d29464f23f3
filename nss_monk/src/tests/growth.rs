//! Callers that begin with too little memory.

use std::io::Write;

use monk_wire::names::{Answer, Group, Query, of_texts};

use crate::failure::Failure;
use crate::fixtures::{GroupList, Machine, Sample, encoded, framed, group, record, user};
use crate::fixtures::{USER, room};
use crate::initgroups::groups_of;
use crate::socket::now_ms;

/// Doubles the memory from nothing until it is enough, as the C library does.
#[track_caller]
fn grown(find: impl Fn(usize) -> Result<String, Failure>) -> String {
    for size in std::iter::once(0).chain((0..25).map(|power| 1 << power)) {
        match find(size) {
            Err(Failure::TooSmall) => {}
            found => return found.unwrap(),
        }
    }
    panic!("it never fits");
}

#[test]
fn every_size_is_too_small_or_holds_all_of_a_user() {
    let machine = Machine::new();
    let _engine = machine.answering(|_| encoded(&USER.answer));
    let from_engine = (0..100).map(|size| user(&machine.places(), "alice", size));
    let from_engine: Vec<_> = from_engine.collect();
    let soon = now_ms() + 1_000_000;
    machine.write_map(soon, &[record(&USER, soon, soon)]);
    let from_map: Vec<_> = (0..100).map(|size| user(&machine.places(), "alice", size)).collect();
    assert_eq!(from_engine, from_map);
    let small = from_map.iter().take_while(|found| **found == Err(Failure::TooSmall)).count();
    assert_eq!(small, USER.answer().len() + "*\0".len());
    assert!(from_map[small..].iter().all(Result::is_ok));
}

#[test]
fn no_memory_is_needed_to_hear_that_there_is_none() {
    let machine = Machine::new();
    let _engine = machine.answering(|_| encoded(&Answer::NotFound));
    assert_eq!(user(&machine.places(), "alice", 0), Err(Failure::NotFound));
}

#[test]
fn a_group_of_ten_thousand_members_is_whole_wherever_the_memory_begins() {
    let members: Vec<_> = (0..10_000).map(|number| format!("user{number}")).collect();
    let texts = of_texts(std::iter::once("staff").chain(members.iter().map(String::as_str)));
    let texts = texts.unwrap();
    let machine = Machine::new();
    let _engine =
        machine.answering(move |_| encoded(&Answer::Group(Group { gid: 7000, texts: &texts })));
    let expected = format!("staff:*:7000:{}", members.join(","));
    assert_eq!(grown(|size| group(&machine.places(), "staff", size)), expected);
    for skipped in 1..8 {
        let mut memory = vec![0xaa; 1 << 18];
        let mut room = room(&mut memory[skipped..]);
        let laid = crate::group::by_name(&machine.places(), "staff", &mut room).unwrap();
        assert_eq!(crate::fixtures::seen_group(&crate::group::for_c(&laid, &room)), expected);
    }
}

#[test]
fn a_group_without_members_has_an_empty_list() {
    let machine = Machine::new();
    let answer = Answer::Group(Group { gid: 7000, texts: b"empty\0" });
    let soon = now_ms() + 1_000_000;
    let sample = Sample { query: Query::GroupByName("empty"), answer };
    machine.write_map(soon, &[record(&sample, soon, soon)]);
    assert_eq!(grown(|size| group(&machine.places(), "empty", size)), "empty:*:7000:");
}

/// Gids as an answer has them.
fn gids_of(gids: impl IntoIterator<Item = u32>) -> Vec<u8> {
    gids.into_iter().flat_map(u32::to_le_bytes).collect()
}

#[test]
fn a_user_has_all_groups_however_many_there_are_and_in_whatever_pieces_they_come() {
    for count in [0, 1, 2, 255, 256, 257, 1000, 60_000] {
        let gids: Vec<_> = (2_000_000_000..).take(count).collect();
        let body = encoded(&Answer::GroupsOf(&gids_of(gids.iter().copied())));
        for piece in [body.len(), 7] {
            let machine = Machine::new();
            let frame = framed(&body);
            let _engine = machine.engine(move |query, stream| {
                assert_eq!(query, encoded(&Query::GroupsOf("alice")));
                frame.chunks(piece).for_each(|piece| stream.write_all(piece).unwrap());
            });
            let mut list = GroupList::with(&[100], 1);
            let mut groups = list.groups(100, 0);
            assert_eq!(groups_of(&machine.places(), "alice", &mut groups), Ok(()));
            assert_eq!(list.gids()[1..], gids, "{count} in pieces of {piece}");
        }
    }
}

#[test]
fn groups_of_the_map_are_added_without_those_of_the_system() {
    let machine = Machine::new();
    let soon = now_ms() + 1_000_000;
    const GIDS: &[u8] = b"\0\0\0\0\x1b\0\0\0\x88\x13\0\0\xff\xff\xff\xff";
    let sample = Sample { query: Query::GroupsOf("alice"), answer: Answer::GroupsOf(GIDS) };
    machine.write_map(soon, &[record(&sample, soon, soon)]);
    let mut list = GroupList::with(&[100], 1);
    assert_eq!(groups_of(&machine.places(), "alice", &mut list.groups(100, 0)), Ok(()));
    assert_eq!(list.gids(), [100, 5000]);
}

#[test]
fn a_part_of_the_groups_is_none() {
    let body = encoded(&Answer::GroupsOf(&gids_of(5000..6000)));
    let frame = framed(&body);
    for come in [frame.len() - 1, frame.len() - 2000, frame.len() / 4] {
        let machine = Machine::new();
        let frame = frame.clone();
        let _engine = machine.engine(move |_, stream| stream.write_all(&frame[..come]).unwrap());
        let mut list = GroupList::with(&[100], 1);
        let done = groups_of(&machine.places(), "alice", &mut list.groups(100, 0));
        assert_eq!(done, Err(Failure::CannotTell));
        assert_eq!(list.gids(), [100]);
    }
}
