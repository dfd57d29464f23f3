use std::collections::BTreeSet;

use super::*;
use crate::credential::Change;
use crate::emailed;
use crate::factors::Door;
use crate::factors::approval::{CHOICES, CLOSED_BY_DENIAL, CLOSED_BY_WRONG, LIFE, MOST_ASKED};
use crate::fixtures::{self, alice, ring, ring_of};
use crate::keys::Keyring;
use crate::random::Counter;

const NOW: u64 = 1_700_000_000;

/// The records of use of one user, as a store keeps them.
#[derive(Clone)]
struct Store(BTreeSet<String>);

impl Store {
    /// One in which everything has begun.
    fn new() -> Self {
        let (mut store, keys) = (Self::with_a_place(), ring());
        while let Some(swap) = beginning(&store.read(), alice(&keys), &mut Counter(0)) {
            assert!(store.write(&swap));
        }
        store
    }

    fn with_a_place() -> Self {
        let keys = ring();
        let place = vec![emailed::placeholder(alice(&keys))];
        let change = Change { add_credentials: place, ..Change::default() };
        let nothing = CredentialSet::default();
        let change = nothing.planned(change, NOW, alice(&keys), &mut Counter(7)).unwrap();
        Self(change.add_uses.into_iter().collect())
    }

    fn read(&self) -> CredentialSet {
        self.read_by("u1")
    }

    fn read_by(&self, user: &str) -> CredentialSet {
        let keys = ring();
        let author = Author { user, keys: &keys };
        let texts: Vec<String> = self.0.iter().cloned().collect();
        fixtures::read(author, &[emailed::placeholder(author)], &texts)
    }

    /// Compare and swap, as every store does it.
    fn write(&mut self, swap: &UseSwap) -> bool {
        let mut wanted = swap.held.iter().chain(&swap.remove);
        if !wanted.all(|text| self.0.contains(text)) || self.0.contains(&swap.add) {
            return false;
        }
        self.0.retain(|text| !swap.remove.contains(text));
        self.0.insert(swap.add.clone())
    }
}

fn at<'a>(now: u64, set: &'a CredentialSet, keys: &'a Keyring) -> Context<'a> {
    Context { user: "u1", set, keys, now, door: Door::Login, may_confirm: false }
}

fn asker() -> Asker {
    Asker {
        service: "sshd".to_owned(),
        host: "web2.example.org".to_owned(),
        address: Some("192.0.2.44".to_owned()),
        terminal: None,
    }
}

/// A request that is on record: its id, and the number of the terminal.
fn asks(store: &mut Store, now: u64, seed: u8) -> Result<(String, u8), Refusal> {
    let (set, keys) = (store.read(), ring());
    let plan = ask(asker(), at(now, &set, &keys), &mut Counter(seed))?;
    assert!(store.write(&plan.swap));
    Ok((plan.id, plan.number))
}

fn answers(store: &mut Store, now: u64, id: &str, n: Option<u8>) -> Result<Answered, Refusal> {
    let (set, keys) = (store.read(), ring());
    let (answered, swap) = answer(id, n, at(now, &set, &keys))?;
    assert!(store.write(&swap));
    Ok(answered)
}

fn may_go_on(store: &Store, now: u64, id: &str) -> Result<bool, Refusal> {
    is_approved(id, at(now, &store.read(), &ring()))
}

/// A number that the page shows and the terminal does not.
fn another(store: &Store, number: u8) -> u8 {
    let shown = waiting(&store.read(), NOW).expect("it waits").numbers;
    shown.into_iter().find(|&one| one != number).expect("there are three")
}

#[test]
fn the_right_number_opens_one_login_once() {
    let mut store = Store::new();
    let (id, number) = asks(&mut store, NOW, 1).expect("it is asked");
    let shown = waiting(&store.read(), NOW).expect("it waits");
    assert_eq!((shown.asker, shown.numbers.len()), (asker(), CHOICES));
    assert!(shown.numbers.contains(&number));
    assert_eq!(may_go_on(&store, NOW, &id), Ok(false));
    assert_eq!(answers(&mut store, NOW + 20, &id, Some(number)), Ok(Answered::Approved));
    assert!(waiting(&store.read(), NOW + 20).is_none(), "nobody answers it a second time");
    assert_eq!(may_go_on(&store, NOW + 30, &id), Ok(true));
    assert_eq!(may_go_on(&store, NOW + 30, "another"), Err(Refusal::NotApproved));
    // Two who have read the same: one of them writes.
    let (set, keys) = (store.read(), ring());
    let swaps = [NOW + 30, NOW + 31].map(|now| spend(&id, at(now, &set, &keys)).expect("it may"));
    assert_eq!(swaps.each_ref().map(|swap| store.write(swap)), [true, false]);
    assert_eq!(may_go_on(&store, NOW + 31, &id), Err(Refusal::ReplayedCode));
    assert_eq!(answers(&mut store, NOW + 31, &id, Some(number)), Err(Refusal::ApprovalOver));
}

#[test]
fn a_wrong_number_ends_the_request_and_the_way_is_closed_for_a_while() {
    let mut store = Store::new();
    let (id, number) = asks(&mut store, NOW, 1).expect("it is asked");
    let wrong = another(&store, number);
    assert_eq!(answers(&mut store, NOW, &id, Some(wrong)), Ok(Answered::WrongNumber));
    assert_eq!(answers(&mut store, NOW, &id, Some(number)), Err(Refusal::ApprovalOver));
    assert_eq!(may_go_on(&store, NOW, &id), Err(Refusal::WrongNumber));
    let soon = NOW + CLOSED_BY_WRONG - 1;
    assert_eq!(asks(&mut store, soon, 2), Err(Refusal::ApprovalsClosed));
    assert!(asks(&mut store, NOW + CLOSED_BY_WRONG, 2).is_ok());
}

#[test]
fn a_number_that_the_page_does_not_show_is_as_wrong_as_any() {
    let mut store = Store::new();
    let (id, number) = asks(&mut store, NOW, 1).expect("it is asked");
    let shown = waiting(&store.read(), NOW).expect("it waits").numbers;
    let odd = (10..100).find(|one| !shown.contains(one) && *one != number).expect("one of 90");
    assert_eq!(answers(&mut store, NOW, &id, Some(odd)), Ok(Answered::WrongNumber));
}

#[test]
fn somebody_who_says_no_is_left_alone_for_an_hour() {
    let mut store = Store::new();
    let (id, number) = asks(&mut store, NOW, 1).expect("it is asked");
    assert_eq!(answers(&mut store, NOW, &id, None), Ok(Answered::Denied));
    assert_eq!(may_go_on(&store, NOW, &id), Err(Refusal::ApprovalDenied));
    assert_eq!(answers(&mut store, NOW, &id, Some(number)), Err(Refusal::ApprovalOver));
    let soon = NOW + CLOSED_BY_DENIAL - 1;
    assert_eq!(asks(&mut store, soon, 2), Err(Refusal::ApprovalsClosed));
    assert!(asks(&mut store, NOW + CLOSED_BY_DENIAL, 2).is_ok());
}

#[test]
fn after_two_minutes_nobody_answers_and_nothing_is_spent() {
    let mut store = Store::new();
    let (id, number) = asks(&mut store, NOW, 1).expect("it is asked");
    let mut late = store.clone();
    let end = NOW + LIFE;
    assert_eq!(answers(&mut late, end, &id, Some(number)), Err(Refusal::ApprovalOver));
    assert_eq!(answers(&mut store, end - 1, &id, Some(number)), Ok(Answered::Approved));
    assert_eq!(may_go_on(&store, end, &id), Err(Refusal::NotApproved));
    let (set, keys) = (store.read(), ring());
    assert_eq!(spend(&id, at(end, &set, &keys)), Err(Refusal::NotApproved));
    // Of a host whose clock is far ahead.
    assert_eq!(answers(&mut late, NOW - 301, &id, Some(number)), Err(Refusal::ApprovalOver));
}

#[test]
fn a_second_login_waits_for_the_end_of_the_first() {
    let mut store = Store::new();
    let (first, number) = asks(&mut store, NOW, 1).expect("it is asked");
    assert_eq!(asks(&mut store, NOW + 1, 2), Err(Refusal::ApprovalWaits));
    assert_eq!(answers(&mut store, NOW + 2, &first, Some(number)), Ok(Answered::Approved));
    assert_eq!(asks(&mut store, NOW + 3, 2), Err(Refusal::ApprovalWaits), "it is to go on first");
    assert_eq!(may_go_on(&store, NOW + 4, &first), Ok(true));
    let (set, keys) = (store.read(), ring());
    assert!(store.write(&withdraw(&first, at(NOW + 4, &set, &keys)).expect("it is there")));
    assert_eq!(may_go_on(&store, NOW + 4, &first), Err(Refusal::NotApproved));
    let (second, _) = asks(&mut store, NOW + 5, 2).expect("the first is over");
    let (set, keys) = (store.read(), ring());
    assert_eq!(withdraw(&first, at(NOW + 5, &set, &keys)), None, "not somebody else's");
    assert_eq!(may_go_on(&store, NOW + 5, &second), Ok(false));
}

#[test]
fn requests_that_are_not_approved_are_counted_and_others_are_not() {
    let mut store = Store::new();
    for seed in 0..20 {
        let (id, number) = asks(&mut store, NOW, seed).expect("approved ones are not counted");
        assert_eq!(answers(&mut store, NOW, &id, Some(number)), Ok(Answered::Approved));
        let (set, keys) = (store.read(), ring());
        assert!(store.write(&spend(&id, at(NOW, &set, &keys)).expect("it may")));
    }
    for n in 0..MOST_ASKED {
        let now = NOW + LIFE * n as u64;
        asks(&mut store, now, 30 + n as u8).expect("it is asked");
    }
    assert_eq!(asks(&mut store, NOW + 1800, 99), Err(Refusal::ApprovalsClosed));
    assert!(asks(&mut store, NOW + 3600, 99).is_ok(), "the first is an hour ago");
}

#[test]
fn a_request_belongs_to_its_user_and_is_checked_with_the_host_key() {
    let mut store = Store::new();
    let (id, number) = asks(&mut store, NOW, 1).expect("it is asked");
    let (other, keys) = (store.read_by("u2"), ring());
    let context = Context { user: "u2", ..at(NOW, &other, &keys) };
    assert_eq!(answer(&id, Some(number), context), Err(Refusal::UnusableFactor));
    assert!(waiting(&other, NOW).is_none(), "copied to somebody else's entry");
    let (set, foreign) = (store.read(), ring_of(&[9]));
    let without_key = answer(&id, Some(number), at(NOW, &set, &foreign));
    assert_eq!(without_key, Err(Refusal::UnusableFactor));
}

#[test]
fn two_hosts_begin_one_record_and_a_late_one_brings_no_request() {
    let (mut store, keys) = (Store::with_a_place(), ring());
    let set = store.read();
    let first = beginning(&set, alice(&keys), &mut Counter(1)).expect("nothing is there");
    let second = beginning(&set, alice(&keys), &mut Counter(2)).expect("nothing is there");
    assert_eq!(first, second, "the same text");
    assert_eq!([first.clone(), second].map(|swap| store.write(&swap)), [true, false]);
    let context = at(NOW, &set, &keys);
    assert!(ask(asker(), context, &mut Counter(1)).is_err(), "first the beginning");
    let begun = beginning(&store.read(), alice(&keys), &mut Counter(3)).expect("it goes on");
    assert!(store.write(&begun));
    asks(&mut store, NOW, 1).expect("it is asked");
    // A host that is late writes the empty one again. The request stays what it is.
    assert!(store.write(&first));
    assert!(waiting(&store.read(), NOW).is_some());
    assert_eq!(asks(&mut store, NOW, 2), Err(Refusal::ApprovalWaits));
}

#[test]
fn a_record_shows_nothing_that_steers_a_terminal() {
    let (mut store, keys) = (Store::new(), ring());
    let odd = Asker { address: Some("a\u{1b}[2Jb\n".repeat(200)), ..asker() };
    let set = store.read();
    let plan = ask(odd, at(NOW, &set, &keys), &mut Counter(1)).expect("it is asked");
    assert!(store.write(&plan.swap));
    let shown = waiting(&store.read(), NOW).expect("it can be read").asker.address.expect("one");
    assert!(shown.starts_with("a[2Jba[2Jb") && shown.len() <= 256, "{shown}");
}
