use super::*;
use crate::credential::Credential;
use crate::factors::app_password::LastUse;
use crate::factors::unknown::Unknown;
use crate::fixtures::{alice, read, ring, ring_of};
use crate::keys::Keyring;
use crate::random::Counter;

/// The records of one user, as a store keeps them.
#[derive(Clone, Default)]
struct Store {
    credentials: Vec<String>,
    uses: Vec<String>,
}

impl Store {
    fn set(&self, keys: &Keyring) -> CredentialSet {
        read(alice(keys), &self.credentials, &self.uses)
    }

    /// Compare and swap, as every store does it.
    fn write(&mut self, change: &Change) -> bool {
        let is_there =
            |texts: &[String], wanted: &[String]| wanted.iter().all(|w| texts.contains(w));
        let may_begin = !change.begins() || (self.credentials.is_empty() && self.uses.is_empty());
        if !may_begin
            || !is_there(&self.credentials, &change.remove_credentials)
            || !is_there(&self.uses, &change.remove_uses)
        {
            return false;
        }
        self.credentials.retain(|text| !change.remove_credentials.contains(text));
        self.uses.retain(|text| !change.remove_uses.contains(text));
        self.credentials.extend(change.add_credentials.iter().cloned());
        self.uses.extend(change.add_uses.iter().cloned());
        true
    }

    /// Enrols something, and says what.
    fn enrol(&mut self, random: u8, keys: &Keyring) -> String {
        let (record, change) = enrolment(&self.set(keys), random, keys);
        assert!(self.write(&change));
        record
    }

    fn remove(&mut self, record: &str, keys: &Keyring) {
        let set = self.set(keys);
        let stored =
            set.credentials.iter().find(|stored| stored.raw == record).expect("it is there");
        let change = set.planned(set.removal(stored), 9, alice(keys), &mut Counter(1)).unwrap();
        assert!(self.write(&change));
    }

    fn reset(&mut self, now: u64, random: u8, keys: &Keyring) {
        let set = self.set(keys);
        let with = set.replaced_by(
            something(random, keys),
            "used".into(),
            now,
            alice(keys),
            &mut Counter(random),
        );
        (self.credentials, self.uses) = (vec![with.credential], with.uses);
        self.uses.retain(|text| text != "used");
    }
}

fn something(random: u8, keys: &Keyring) -> String {
    let id = CredentialId::generate(&mut Counter(random));
    Credential::new(id, "Eye", 5, Unknown).to_record(alice(keys))
}

fn enrolment(set: &CredentialSet, random: u8, keys: &Keyring) -> (String, Change) {
    let record = something(random, keys);
    let change = Change { add_credentials: vec![record.clone()], ..Change::default() };
    (
        record,
        set.planned(change, 9, alice(keys), &mut Counter(random)).expect("there is a register"),
    )
}

#[test]
fn of_two_who_plan_at_once_one_has_to_plan_again() {
    let keys = ring();
    let mut store = Store::default();
    for _ in 0..3 {
        let set = store.set(&keys);
        let (one, two) = (enrolment(&set, 1, &keys).1, enrolment(&set, 2, &keys).1);
        assert!(store.write(&one) && !store.write(&two));
        let (three, four) = (enrolment(&store.set(&keys), 3, &keys), store.enrol(4, &keys));
        assert!(!store.write(&three.1) && store.set(&keys).credentials.len() == 2);
        store.remove(&four, &keys);
        let first = store.set(&keys).credentials[0].raw.clone();
        store.remove(&first, &keys);
    }
}

#[test]
fn what_was_planned_before_a_reset_is_not_carried_out_after_it() {
    let keys = ring();
    for something_before in [false, true] {
        let mut store = Store::default();
        if something_before {
            store.enrol(1, &keys);
        }
        let (_, planned) = enrolment(&store.set(&keys), 2, &keys);
        store.reset(100, 3, &keys);
        assert!(!store.write(&planned));
        let set = store.set(&keys);
        assert_eq!((set.credentials.len(), set.unreadable_credentials), (1, 0));
    }
}

/// Its MAC is right: monk has written it for this very user, once.
#[test]
fn a_credential_that_was_removed_and_is_put_back_is_unusable() {
    let keys = ring();
    let mut store = Store::default();
    let (old, _kept) = (store.enrol(1, &keys), store.enrol(2, &keys));
    store.remove(&old, &keys);
    store.credentials.push(old);
    let set = store.set(&keys);
    assert_eq!((set.credentials.len(), set.unreadable_credentials, set.altered), (1, 1, 1));
}

#[test]
fn what_was_there_before_a_reset_and_is_put_back_is_unusable() {
    let keys = ring();
    let mut store = Store::default();
    store.enrol(1, &keys);
    let before = store.clone();
    store.reset(100, 2, &keys);
    store.credentials.extend(before.credentials.clone());
    let set = store.set(&keys);
    assert_eq!((set.credentials.len(), set.altered), (1, 1));
    // All of it, with its register: then only a memory helps, and the numbers tell what is older.
    let (old, new) = (before.set(&keys), set);
    let (old, new) = (old.standing().unwrap(), new.standing().unwrap());
    assert!(old.0 != new.0 && old.1 < new.1);
}

#[test]
fn a_credential_that_was_taken_away_counts_as_one_that_cannot_be_read() {
    let keys = ring();
    let mut store = Store::default();
    store.enrol(1, &keys);
    store.enrol(2, &keys);
    store.credentials.remove(0);
    let set = store.set(&keys);
    assert_eq!((set.credentials.len(), set.unreadable_credentials), (1, 1));
    store.credentials.clear();
    assert!(store.set(&keys).has_second_factor());
}

#[test]
fn without_a_register_nobody_knows_what_counts_and_only_a_reset_helps() {
    let keys = ring();
    let mut store = Store::default();
    store.enrol(1, &keys);
    store.uses.clear();
    let set = store.set(&keys);
    assert_eq!((set.credentials.len(), set.unreadable_credentials), (0, 1));
    assert!(set.unreadable_uses > 0);
    let change = Change { add_credentials: vec![something(2, &keys)], ..Change::default() };
    let refused = set.planned(change, 9, alice(&keys), &mut Counter(1));
    assert_eq!(refused, Err(Unregistered));
    store.reset(100, 3, &keys);
    assert_eq!(store.set(&keys).credentials.len(), 1);
    store.enrol(4, &keys);
}

/// Also where nothing but a use is left, or something that cannot be read.
#[test]
fn whatever_is_left_without_a_register_is_a_second_factor_that_cannot_be_checked() {
    let keys = ring();
    let used = Use::new(CredentialId::generate(&mut Counter(1)), 5, Unknown);
    let used = used.to_record(alice(&keys));
    for (credentials, uses) in [
        (vec![], vec![used.clone()]),
        (vec![], vec!["nonsense".to_owned()]),
        (vec!["nonsense".to_owned()], vec![]),
        (vec![something(1, &keys)], vec![]),
        (vec![something(1, &keys)], vec![used]),
    ] {
        let set = Store { credentials, uses }.set(&keys);
        assert!(set.has_second_factor() && set.unreadable_uses > 0 && set.altered > 0, "{set:?}");
        assert!(set.credentials.is_empty() && set.uses.is_empty());
    }
    assert!(Store::default().set(&keys).is_blank());
}

/// Then it is a matter of keys, and nobody has altered anything.
#[test]
fn a_register_that_this_host_cannot_check_is_no_altered_one() {
    let (keys, other) = (ring(), ring_of(&[9]));
    let mut store = Store::default();
    store.enrol(1, &other);
    // A credential of a key that is held beside it.
    store.credentials.push(something(2, &keys));
    let set = store.set(&keys);
    assert!(set.credentials.is_empty() && set.has_second_factor());
    assert_eq!((set.altered, set.unknown_keys.len()), (0, 2));
    let refused = set.planned(
        Change { add_credentials: vec![something(3, &keys)], ..Change::default() },
        9,
        alice(&keys),
        &mut Counter(1),
    );
    assert_eq!(refused, Err(Unregistered));
}

#[test]
fn registers_of_merged_replicas_count_together_and_become_one() {
    let keys = ring();
    let mut store = Store::default();
    store.enrol(1, &keys);
    let mut other = store.clone();
    store.enrol(2, &keys);
    other.enrol(3, &keys);
    for (mine, others) in
        [(&mut store.credentials, other.credentials), (&mut store.uses, other.uses)]
    {
        let new: Vec<_> = others.into_iter().filter(|text| !mine.contains(text)).collect();
        mine.extend(new);
    }
    let set = store.set(&keys);
    assert_eq!((set.credentials.len(), set.unreadable_credentials, set.registers.len()), (3, 0, 2));
    store.enrol(4, &keys);
    let set = store.set(&keys);
    assert_eq!((set.credentials.len(), set.registers.len()), (4, 1));
}

/// A swap of uses that removes nothing depends on the register all the same.
#[test]
fn a_first_use_is_written_only_while_what_is_enrolled_is_what_was_read() {
    let keys = ring();
    let mut store = Store::default();
    store.enrol(1, &keys);
    let set = store.set(&keys);
    let used = Use::new(set.credentials[0].value.id.clone(), 9, LastUse::new("imap", None));
    let swap = set.swap(&[], used.clone(), alice(&keys));
    assert_eq!(swap.held, store.uses);
    assert!(swap.remove.is_empty() && !swap.depends_on_nothing());
    assert!(CredentialSet::default().swap(&[], used, alice(&keys)).depends_on_nothing());
}

#[test]
fn no_change_is_no_change() {
    let keys = ring();
    let mut store = Store::default();
    store.enrol(1, &keys);
    let planned = store.set(&keys).planned(Change::default(), 9, alice(&keys), &mut Counter(1));
    assert_eq!(planned, Ok(Change::default()));
}
