//! Lists, and the ageing of passwords.

use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::SeqCst;

use monk_wire::names::{Ageing, Answer, Entry, Group, Query, User, of_texts};

use crate::answer::LaidUser;
use crate::failure::{Failure, Status};
use crate::fixtures::{Engine, Machine, encoded, room, seen_group, seen_user, text_at};
use crate::list::Cursor;
use crate::places::Places;
use crate::{group, passwd, shadow};

/// How many there are.
const COUNT: u64 = 20;

/// What an engine says that lists users and groups at every third place, and knows the ageing of every second user.
fn said(query: Query<'_>) -> Vec<u8> {
    let numbers = |place: u64| (place.div_ceil(3), u32::try_from(place.div_ceil(3)).unwrap());
    match query {
        Query::Users(place) | Query::Groups(place) if place.div_ceil(3) >= COUNT => {
            encoded(&Answer::NotFound)
        }
        Query::Users(place) => {
            let (number, id) = numbers(place);
            let name = format!("user{number}");
            let texts = of_texts([&name, "", "/", "/bin/sh"]).unwrap();
            let user = User { uid: 2000 + id, gid: 2000, texts: &texts };
            encoded(&Answer::Listed { next: number * 3 + 1, entry: Entry::User(user) })
        }
        Query::Groups(place) => {
            let (number, id) = numbers(place);
            let texts = of_texts([&format!("group{number}"), "alice"]).unwrap();
            let group = Group { gid: 2000 + id, texts: &texts };
            encoded(&Answer::Listed { next: number * 3 + 1, entry: Entry::Group(group) })
        }
        Query::Ageing(name) => match name.strip_prefix("user").unwrap().parse::<i64>() {
            Ok(number) if number % 2 == 0 => {
                let last_change = Some(number);
                encoded(&Answer::Ageing(Ageing { last_change, ..Ageing::default() }))
            }
            _ => encoded(&Answer::NotFound),
        },
        other => panic!("{other:?}"),
    }
}

fn listing(machine: &Machine) -> Engine {
    machine.answering(said)
}

fn next_user(places: &Places<'_>, cursor: &Cursor, size: usize) -> Result<String, Failure> {
    let mut memory = vec![0xaa; size];
    let mut room = room(&mut memory);
    let user: LaidUser = passwd::next(places, cursor, &mut room)?;
    Ok(seen_user(&passwd::for_c(&user, &room)))
}

#[test]
fn everybody_is_listed_once_also_to_callers_with_too_little_memory() {
    let machine = Machine::new();
    let _engine = listing(&machine);
    let cursor = Cursor::new();
    for _ in 0..2 {
        for number in 0..COUNT {
            assert_eq!(next_user(&machine.places(), &cursor, 20), Err(Failure::TooSmall));
            let user = next_user(&machine.places(), &cursor, 200).unwrap();
            assert_eq!(user, format!("user{number}:*:{}:2000::/:/bin/sh", 2000 + number));
        }
        assert_eq!(next_user(&machine.places(), &cursor, 200), Err(Failure::NotFound));
        assert_eq!(next_user(&machine.places(), &cursor, 200), Err(Failure::NotFound));
        cursor.rewind();
    }
}

#[test]
fn all_groups_are_listed_once() {
    let machine = Machine::new();
    let _engine = listing(&machine);
    let cursor = Cursor::new();
    let mut memory = [0; 200];
    for number in 0..COUNT {
        let mut room = room(&mut memory);
        let found = group::next(&machine.places(), &cursor, &mut room).unwrap();
        let seen = seen_group(&group::for_c(&found, &room));
        assert_eq!(seen, format!("group{number}:*:{}:alice", 2000 + number));
    }
    let end = group::next(&machine.places(), &cursor, &mut room(&mut memory));
    assert_eq!(end, Err(Failure::NotFound));
}

#[test]
fn a_list_of_an_engine_that_is_gone_is_not_an_empty_one() {
    let machine = Machine::new();
    let end = next_user(&machine.places(), &Cursor::new(), 200);
    assert_eq!(end, Err(Failure::Absent));
    drop(machine.stuck_engine());
    assert_eq!(next_user(&machine.places(), &Cursor::new(), 200), Err(Failure::CannotTell));
}

/// A machine whose engine is unsure of every second question.
fn unsure_every_second_time(machine: &Machine) -> Engine {
    let asked = AtomicUsize::new(0);
    machine.answering(move |query| match asked.fetch_add(1, SeqCst) % 2 {
        0 => said(query),
        _ => encoded(&Answer::Unavailable),
    })
}

#[test]
fn a_list_that_is_broken_off_is_not_at_its_end_and_goes_on_where_it_was() {
    let machine = Machine::new();
    let _engine = unsure_every_second_time(&machine);
    let cursor = Cursor::new();
    for number in 0..COUNT {
        let user = next_user(&machine.places(), &cursor, 200).unwrap();
        assert!(user.starts_with(&format!("user{number}:")), "{user}");
        let broken = next_user(&machine.places(), &cursor, 200).unwrap_err();
        assert_eq!(broken, Failure::BrokenOff);
        assert_eq!((broken.status(), broken.errno()), (Status::TryAgain, Some(libc::EAGAIN)));
    }
    assert_eq!(next_user(&machine.places(), &cursor, 200), Err(Failure::NotFound));
}

#[test]
fn nobody_is_passed_over_whose_ageing_cannot_be_told_now() {
    let machine = Machine::new();
    let refused = AtomicUsize::new(0);
    let _engine = machine.answering(move |query| match query {
        Query::Ageing(_) if refused.fetch_add(1, SeqCst).is_multiple_of(2) => {
            encoded(&Answer::Unavailable)
        }
        query => said(query),
    });
    let (places, cursor) = (machine.places(), Cursor::new());
    let (mut told, mut failures) = (Vec::new(), Vec::new());
    loop {
        let mut memory = [0; 200];
        let mut room = room(&mut memory);
        match shadow::next(&places, &cursor, &mut room) {
            Ok(laid) => told.push(text_at(shadow::for_c(&laid, &room).sp_namp)),
            Err(Failure::NotFound) => break,
            Err(failure) => failures.push(failure),
        }
    }
    let all: Vec<_> = (0..COUNT).step_by(2).map(|number| format!("user{number}")).collect();
    assert_eq!(told, all);
    assert_eq!(failures[0], Failure::Unsure, "nobody was listed yet");
    assert!(failures[1..].iter().all(|failure| *failure == Failure::BrokenOff), "{failures:?}");
    assert_eq!(failures.len(), usize::try_from(COUNT).unwrap());
}

#[test]
fn ageing_is_told_by_name_and_in_lists_and_never_from_the_map() {
    let machine = Machine::new();
    let _engine = listing(&machine);
    let places = machine.places();
    let mut memory = [0xaa; 200];
    let mut by_name = |name, size| {
        let mut room = room(&mut memory[..size]);
        let laid = shadow::by_name(&places, name, &mut room)?;
        let found = shadow::for_c(&laid, &room);
        let texts = (text_at(found.sp_namp), text_at(found.sp_pwdp));
        Ok((texts, found.sp_lstchg, [found.sp_min, found.sp_max, found.sp_warn, found.sp_expire]))
    };
    let user4 = (("user4".to_owned(), "*".to_owned()), 4, [-1; 4]);
    assert_eq!(by_name("user4", 8), Ok(user4));
    assert_eq!(by_name("user4", 7), Err(Failure::TooSmall));
    assert_eq!(by_name("user5", 8), Err(Failure::NotFound));
    let cursor = Cursor::new();
    for number in (0..COUNT).step_by(2) {
        let mut small = [0; 10];
        let laid = shadow::next(&places, &cursor, &mut room(&mut small));
        assert_eq!(laid, Err(Failure::TooSmall));
        let mut room = room(&mut memory);
        let laid = shadow::next(&places, &cursor, &mut room).unwrap();
        let found = shadow::for_c(&laid, &room);
        let seen = (text_at(found.sp_namp), text_at(found.sp_pwdp), found.sp_lstchg);
        assert_eq!(seen, (format!("user{number}"), "*".to_owned(), i64::try_from(number).unwrap()));
    }
    assert_eq!(shadow::next(&places, &cursor, &mut room(&mut memory)), Err(Failure::NotFound));
}
