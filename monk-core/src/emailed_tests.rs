use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;
use crate::credential::Change;
use crate::factors::Door;
use crate::factors::email::{HOUR, MAX_TRIES};
use crate::factors::shapes::Shapes;
use crate::fixtures::{self, alice, enrolled, ring, ring_of};
use crate::keys::Keyring;
use crate::random::Counter;

const NOW: u64 = 1_700_000_000;
const LIMITS: Limits = Limits { valid: 1800, sends_per_hour: 5 };

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

    /// One with a place for what is to come, and nothing else.
    fn with_a_place() -> Self {
        let keys = ring();
        let change =
            Change { add_credentials: vec![placeholder(alice(&keys))], ..Change::default() };
        let nothing = CredentialSet::default();
        let change = nothing.planned(change, NOW, alice(&keys), &mut Counter(7)).unwrap();
        Self(change.add_uses.into_iter().collect())
    }

    fn read(&self) -> CredentialSet {
        let keys = ring();
        let texts: Vec<String> = self.0.iter().cloned().collect();
        fixtures::read(alice(&keys), &[placeholder(alice(&keys))], &texts)
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

fn typed(digits: &str) -> Code {
    let shapes = Shapes { emailed: true, ..Shapes::default() };
    Code::of_shape(digits, shapes).expect("six digits")
}

/// Another code than this one.
fn other(code: &str) -> Code {
    typed(if code == "000000" { "111111" } else { "000000" })
}

fn send(store: &mut Store, keys: &Keyring, now: u64, seed: u8) -> Result<String, Refusal> {
    let set = store.read();
    let plan = plan(Aim::Login, LIMITS, at(now, &set, keys), &mut Counter(seed))?;
    assert!(store.write(&plan.swap));
    Ok(plan.code.expose().to_owned())
}

fn check_at(store: &Store, keys: &Keyring, now: u64, code: &Code) -> Checked {
    check(code, Aim::Login, at(now, &store.read(), keys))
}

#[test]
fn a_code_opens_one_login_and_is_a_replay_after_that() {
    let (mut store, keys) = (Store::new(), ring());
    let code = send(&mut store, &keys, NOW, 1).unwrap();
    assert!(!store.0.iter().any(|text| text.contains(&code)), "the code itself is not kept");
    let Checked::Right(accepted) = check_at(&store, &keys, NOW, &typed(&code)) else {
        panic!("right")
    };
    assert_eq!(accepted.grant, Grant::EmailedCode);
    assert!(store.write(&accepted.swap));
    assert!(!store.write(&accepted.swap), "of two who were right at once, one is");
    let again = check_at(&store, &keys, NOW, &typed(&code));
    assert!(matches!(again, Checked::Refused(Refusal::ReplayedCode)));
    assert!(matches!(check_at(&store, &keys, NOW, &other(&code)), Checked::NotOurs));
}

#[test]
fn a_code_ends_with_its_time() {
    let (mut store, keys) = (Store::new(), ring());
    let code = typed(&send(&mut store, &keys, NOW, 1).unwrap());
    let end = NOW + LIMITS.valid;
    assert!(matches!(check_at(&store, &keys, end - 1, &code), Checked::Right(_)));
    let late = check_at(&store, &keys, end, &code);
    assert!(matches!(late, Checked::Refused(Refusal::ExpiredCode)));
}

#[test]
fn five_wrong_tries_end_a_code_and_a_new_one_begins_anew() {
    let (mut store, keys) = (Store::new(), ring());
    let code = send(&mut store, &keys, NOW, 1).unwrap();
    for _ in 0..MAX_TRIES {
        let Checked::Wrong(swap) = check_at(&store, &keys, NOW, &other(&code)) else {
            panic!("wrong")
        };
        assert!(store.write(&swap));
    }
    let right = check_at(&store, &keys, NOW, &typed(&code));
    assert!(matches!(right, Checked::Refused(Refusal::TooManyTries)));
    assert!(matches!(check_at(&store, &keys, NOW, &other(&code)), Checked::NotOurs));
    let next = send(&mut store, &keys, NOW, 77).unwrap();
    assert!(matches!(check_at(&store, &keys, NOW, &typed(&next)), Checked::Right(_)));
}

#[test]
fn sends_are_limited_by_the_hour_and_a_new_code_takes_the_place_of_the_old() {
    let (mut store, keys) = (Store::new(), ring());
    let codes: Vec<_> =
        (0..5).map(|n| send(&mut store, &keys, NOW + n, n as u8 * 40).unwrap()).collect();
    assert_eq!(send(&mut store, &keys, NOW + 5, 9), Err(Refusal::TooManySends));
    assert_eq!(send(&mut store, &keys, NOW + HOUR - 1, 9), Err(Refusal::TooManySends));
    assert!(!matches!(check_at(&store, &keys, NOW + 5, &typed(&codes[0])), Checked::Right(_)));
    assert!(matches!(check_at(&store, &keys, NOW + 5, &typed(&codes[4])), Checked::Right(_)));
    assert!(send(&mut store, &keys, NOW + HOUR, 9).is_ok());
}

#[test]
fn what_a_clock_has_sent_that_was_ahead_neither_lives_nor_counts_until_then() {
    let (mut store, keys) = (Store::new(), ring());
    let ahead = NOW + 400 * 24 * HOUR;
    let codes: Vec<_> =
        (0..5).map(|n| send(&mut store, &keys, ahead, n as u8 * 40).unwrap()).collect();
    let checked = check_at(&store, &keys, NOW, &typed(&codes[4]));
    assert!(matches!(checked, Checked::Refused(Refusal::ExpiredCode)));
    let next = send(&mut store, &keys, NOW, 9).expect("another one can be sent");
    assert!(matches!(check_at(&store, &keys, NOW, &typed(&next)), Checked::Right(_)));
}

#[test]
fn a_send_that_failed_is_given_back_and_its_code_is_dead() {
    let (mut store, keys) = (Store::new(), ring());
    for round in 0..20 {
        let code = send(&mut store, &keys, NOW, round).unwrap();
        assert!(store.write(&give_back(NOW, &store.read(), NOW, alice(&keys)).unwrap()));
        assert!(matches!(check_at(&store, &keys, NOW, &typed(&code)), Checked::NotOurs));
    }
    assert!(
        give_back(NOW, &store.read(), NOW, alice(&keys)).is_none(),
        "there is nothing to give back"
    );
}

/// Otherwise a mail server that is down would give endless guesses.
#[test]
fn a_code_that_was_guessed_at_is_not_given_back() {
    let (mut store, keys) = (Store::new(), ring());
    let code = send(&mut store, &keys, NOW, 1).unwrap();
    let Checked::Wrong(swap) = check_at(&store, &keys, NOW, &other(&code)) else { panic!("wrong") };
    assert!(store.write(&swap));
    assert!(give_back(NOW, &store.read(), NOW, alice(&keys)).is_none());
}

#[test]
fn a_code_that_confirms_an_address_opens_no_login_and_the_other_way_round() {
    let (mut store, keys) = (Store::new(), ring());
    let id = CredentialId::generate(&mut Counter(4));
    let (confirmation, set) = (Aim::Confirmation(&id), store.read());
    let plan = plan(confirmation, LIMITS, at(NOW, &set, &keys), &mut Counter(1)).unwrap();
    assert!(store.write(&plan.swap));
    let code = typed(plan.code.expose());
    assert!(matches!(check_at(&store, &keys, NOW, &code), Checked::NotOurs));
    let set = store.read();
    assert!(matches!(check(&code, confirmation, at(NOW, &set, &keys)), Checked::Right(_)));
    let elsewhere = CredentialId::generate(&mut Counter(5));
    let elsewhere = check(&code, Aim::Confirmation(&elsewhere), at(NOW, &set, &keys));
    assert!(matches!(elsewhere, Checked::NotOurs));
    let login = typed(&send(&mut store, &keys, NOW, 9).unwrap());
    let set = store.read();
    assert!(matches!(check(&login, confirmation, at(NOW, &set, &keys)), Checked::NotOurs));
}

#[test]
fn a_code_is_bound_to_its_user_and_to_the_key() {
    let (mut store, keys) = (Store::new(), ring());
    let code = typed(&send(&mut store, &keys, NOW, 1).unwrap());
    let set = store.read();
    let mallory = Context { user: "u2", ..at(NOW, &set, &keys) };
    assert!(matches!(check(&code, Aim::Login, mallory), Checked::Wrong(_)));
    let other = ring_of(&[2]);
    let elsewhere = check(&code, Aim::Login, at(NOW, &set, &other));
    assert!(matches!(elsewhere, Checked::Refused(Refusal::UnusableFactor)));
}

#[test]
fn a_record_that_cannot_be_read_could_be_the_one_that_counts() {
    let (mut store, keys) = (Store::new(), ring());
    let code = typed(&send(&mut store, &keys, NOW, 1).unwrap());
    store.0.insert("nonsense".into());
    let unusable = check_at(&store, &keys, NOW, &code);
    assert!(matches!(unusable, Checked::Refused(Refusal::UnusableFactor)));
    assert_eq!(send(&mut store, &keys, NOW, 1), Err(Refusal::UnusableFactor));
    assert!(give_back(NOW, &store.read(), NOW, alice(&keys)).is_none());
}

#[test]
fn after_a_merge_sends_add_up_and_the_newest_code_is_the_code() {
    let keys = ring();
    let (mut one, mut other) = (Store::new(), Store::new());
    send(&mut one, &keys, NOW, 1).unwrap();
    let newest = typed(&send(&mut other, &keys, NOW + 1, 60).unwrap());
    one.0.extend(other.0);
    assert_eq!(one.read().emailed().0.sent, [NOW, NOW + 1]);
    let Checked::Right(accepted) = check_at(&one, &keys, NOW + 1, &newest) else { panic!("right") };
    assert!(one.write(&accepted.swap));
    assert_eq!(one.read().uses.len(), 1, "and the next write makes one record of them");
}

#[test]
fn only_an_address_that_was_confirmed_is_one() {
    let keys = ring();
    let of = |address: Option<&str>, pending| {
        let record = EmailRecord { address: address.map(str::to_owned), pending };
        let credential = Credential::new(CredentialId::from_bytes([1; 8]), "Home", 5, record);
        let set = enrolled(alice(&keys), &[credential.to_record(alice(&keys))], &[]);
        (confirmed_address(&set).map(str::to_owned), is_placeholder(&credential))
    };
    let address = "a@example.org";
    assert_eq!(of(Some(address), false), (Some(address.to_owned()), false));
    assert_eq!(of(Some(address), true), (None, false));
    assert_eq!(of(None, false), (None, true));
}

#[test]
fn the_placeholder_is_no_factor_and_the_same_whoever_writes_it() {
    let keys = ring();
    let text = placeholder(alice(&keys));
    assert_eq!(text, placeholder(alice(&ring())));
    let set = enrolled(alice(&keys), &[text], &[]);
    assert!(is_placeholder(&set.credentials[0].value) && !set.has_second_factor());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Many hosts guess at one code. Each reads, checks, and writes what it found out; between
    /// read and write any others may come. A guess is answered only when its write succeeded.
    #[test]
    fn nobody_gets_more_than_five_answers_however_the_rounds_interleave(
        turns in proptest::collection::vec(0_usize..6, 0..120),
    ) {
        let (mut store, keys) = (Store::new(), ring());
        let code = send(&mut store, &keys, NOW, 1).unwrap();
        let guess = other(&code);
        let mut hands: Vec<Option<UseSwap>> = vec![None; 6];
        let mut answered = 0;
        for host in turns {
            match hands[host].take() {
                None => if let Checked::Wrong(swap) = check_at(&store, &keys, NOW, &guess) {
                    hands[host] = Some(swap);
                },
                Some(swap) => answered += usize::from(store.write(&swap)),
            }
        }
        prop_assert!(answered <= usize::from(MAX_TRIES));
        let (after, texts) = (store.read(), store.read().uses.len());
        prop_assert_eq!(texts, 1);
        prop_assert_eq!(usize::from(after.emailed().0.code.unwrap().tries), answered);
    }

    /// Many hosts begin at once, where there is no record yet.
    #[test]
    fn no_more_codes_are_sent_than_allowed_however_the_rounds_interleave(
        turns in proptest::collection::vec(0_usize..4, 0..120),
    ) {
        let (mut store, keys) = (Store::with_a_place(), ring());
        // A write in preparation, and whether a code is sent with it.
        let mut hands: Vec<Option<(UseSwap, bool)>> = vec![None; 4];
        let mut sent = 0;
        for (round, host) in turns.into_iter().enumerate() {
            let (set, mut random) = (store.read(), Counter(round as u8));
            hands[host] = match hands[host].take() {
                Some((swap, is_send)) => {
                    sent += usize::from(store.write(&swap) && is_send);
                    None
                }
                None => match beginning(&set, alice(&keys), &mut random) {
                    Some(swap) => Some((swap, false)),
                    None => plan(Aim::Login, LIMITS, at(NOW, &set, &keys), &mut random)
                        .ok()
                        .map(|plan| (plan.swap, true)),
                },
            };
        }
        prop_assert!(sent <= LIMITS.sends_per_hour);
    }
}

/// Found by the test above in other words: a host that was late writes the empty record again, and
/// others still hold swaps of the first one.
#[test]
fn a_host_that_is_late_to_begin_makes_nobody_forget_a_send() {
    let (mut store, keys) = (Store::with_a_place(), ring());
    let late = beginning(&store.read(), alice(&keys), &mut Counter(1)).unwrap();
    assert!(store.write(&late));
    let stale = beginning(&store.read(), alice(&keys), &mut Counter(2)).unwrap();
    let refused = plan(Aim::Login, LIMITS, at(NOW, &store.read(), &keys), &mut Counter(3)).err();
    assert_eq!(refused, Some(Refusal::UnusableFactor), "nothing is counted on it");
    let swap = beginning(&store.read(), alice(&keys), &mut Counter(4)).unwrap();
    assert!(store.write(&swap));
    for seed in 0..5 {
        send(&mut store, &keys, NOW, seed).unwrap();
    }
    assert!(store.write(&late) && store.write(&stale), "this cannot be prevented");
    assert_eq!(send(&mut store, &keys, NOW, 9).err(), Some(Refusal::TooManySends));
}
