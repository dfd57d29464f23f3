//! What a host must not notice. Hosts of strange manners are in the whole-system tests.

use monk_wire::names::{Answer, Query};

use crate::failure::Failure;
use crate::fixtures::{GroupList, Machine, Sample, USER, encoded, record, room};
use crate::initgroups::groups_of;
use crate::passwd;
use crate::socket::now_ms;

#[test]
fn a_look_up_allocates_nothing_wherever_the_answer_comes_from() {
    let machine = Machine::new();
    let places = machine.places();
    let mut memory = [0; 1024];
    let mut find = |name| {
        let mut found = Ok(0);
        let allocated = allocation_counter::measure(|| {
            found = passwd::by_name(&places, name, &mut room(&mut memory)).map(|user| user.uid);
        });
        assert_eq!(allocated.count_total, 0);
        found
    };
    assert_eq!(find("alice"), Err(Failure::Absent));
    let _engine = machine.answering(|query| {
        let answer = if query == USER.query { USER.answer } else { Answer::NotFound };
        encoded(&answer)
    });
    assert_eq!(find("alice"), Ok(5001));
    assert_eq!(find("bob"), Err(Failure::NotFound));
    let soon = now_ms() + 1_000_000;
    machine.write_map(0, &[record(&USER, soon, soon)]);
    assert_eq!(find("alice"), Ok(5001));
}

#[test]
fn groups_take_no_memory_but_the_hosts() {
    let machine = Machine::new();
    const GIDS: &[u8] = b"\x88\x13\0\0\x89\x13\0\0";
    let sample = Sample { query: Query::GroupsOf("alice"), answer: Answer::GroupsOf(GIDS) };
    let _engine = machine.answering(move |_| sample.answer());
    let places = machine.places();
    let mut list = GroupList::with(&[100], 8);
    let mut groups = list.groups(100, 0);
    let mut done = Err(Failure::Absent);
    let allocated = allocation_counter::measure(|| {
        done = groups_of(&places, "alice", &mut groups);
    });
    assert_eq!((done, allocated.count_total), (Ok(()), 0));
    assert_eq!(list.gids(), [100, 5000, 5001]);
}
