use super::*;
use crate::credential::Change;
use crate::factors::email::{EmailRecord, Emailed};
use crate::factors::totp::{Parameters, Step, TotpRecord};
use crate::factors::unknown::Unknown;
use crate::fixtures::{self, alice, enrolled, key, read, ring, ring_of};
use crate::keys::Keyring;
use crate::mac::{self, RecordKind};
use crate::random::Counter;

fn device(pending: bool, keys: &Keyring, random: u8) -> Credential {
    let (credential, _) = fixtures::device(Parameters::default(), 5, keys, &mut Counter(random));
    let record: &TotpRecord = credential.factor.get().expect("a device");
    credential.with_factor(TotpRecord { pending, ..record.clone() })
}

fn step(of: &Credential, step: u64) -> Use {
    Use::new(of.id.clone(), 7, Step::at(step))
}

#[test]
fn records_come_back_as_they_were_written() {
    let keys = ring();
    let credential = device(false, &keys, 1);
    let used = step(&credential, 99);
    let (c, u) = (credential.to_record(alice(&keys)), used.to_record(alice(&keys)));
    let set = enrolled(alice(&keys), std::slice::from_ref(&c), std::slice::from_ref(&u));
    assert_eq!(set.credentials, [Stored { raw: c, value: credential.clone() }]);
    assert_eq!(set.uses_of(&credential.id).next().unwrap().value, used);
    assert_eq!(set.removal(&set.credentials[0]).remove_uses, [u]);
    assert_eq!((set.altered, set.unreadable_credentials, set.unreadable_uses), (0, 0, 0));
}

#[test]
fn what_cannot_be_read_still_counts_as_a_second_factor() {
    let keys = ring();
    for text in [&b"\xff"[..], b"", b"{}", b"nonsense"] {
        let set = CredentialSet::parse(alice(&keys), [text], []);
        assert_eq!(set.unreadable_credentials, 1);
        assert!(set.has_second_factor());
    }
    let newer = Credential::new(device(false, &keys, 1).id, "Eye", 5, Unknown);
    let set = enrolled(alice(&keys), &[newer.to_record(alice(&keys))], &[]);
    assert_eq!(set.credentials[0].value.factor, Unknown.into());
    assert!(set.has_second_factor());
}

#[test]
fn an_unconfirmed_device_or_address_is_no_second_factor_yet() {
    let keys = ring();
    let has = |credential: &Credential| {
        enrolled(alice(&keys), &[credential.to_record(alice(&keys))], &[]).has_second_factor()
    };
    assert!(!has(&device(true, &keys, 1)) && has(&device(false, &keys, 1)));
    let address = |pending| {
        let record = EmailRecord { address: Some("a@example.org".into()), pending };
        Credential::new(device(true, &keys, 2).id, "Home", 5, record)
    };
    assert!(!has(&address(true)) && has(&address(false)));
    assert!(!CredentialSet::default().has_second_factor());
}

/// Somebody who can write entries makes a waiting device active, gives a credential another name,
/// sets a step back, or copies a record to another user: nothing of that can be used.
#[test]
fn a_record_that_somebody_else_has_changed_is_there_and_unusable() {
    let keys = ring();
    let (waiting, active) = (device(true, &keys, 1), device(false, &keys, 2));
    let (c, a) = (waiting.to_record(alice(&keys)), active.to_record(alice(&keys)));
    let u = step(&active, 99).to_record(alice(&keys));
    for (from, to) in [(",\"pending\":true", ""), ("Phone", "Tablet"), (":5,", ":6,")] {
        let changed = c.replace(from, to);
        assert_ne!(changed, c);
        let set = enrolled(alice(&keys), &[changed, a.clone()], std::slice::from_ref(&u));
        assert_eq!((set.credentials.len(), set.unreadable_credentials, set.altered), (1, 1, 1));
        assert!(set.has_second_factor());
    }
    for (from, to) in [("99", "98"), ("\"at\":7", "\"at\":8"), ("\"n\":0", "\"n\":1")] {
        let changed = u.replace(from, to);
        assert_ne!(changed, u);
        let set = enrolled(alice(&keys), std::slice::from_ref(&a), &[changed]);
        assert_eq!((set.uses.len(), set.unreadable_uses, set.altered), (0, 1, 1));
    }
    let bob = Author { user: "u2", keys: &keys };
    let set = read(bob, &[c, a], &[u]);
    assert_eq!((set.credentials.len(), set.uses.len()), (0, 0));
    assert!(set.has_second_factor());
}

#[test]
fn more_records_than_allowed_are_unreadable_not_endless() {
    let keys = ring();
    let record = device(false, &keys, 1).to_record(alice(&keys));
    let set = enrolled(alice(&keys), &vec![record; 300], &[]);
    assert_eq!((set.credentials.len(), set.unreadable_credentials), (200, 100));
    let mut texts = vec!["nonsense".to_owned(); 100_000];
    texts.push(device(false, &keys, 1).to_record(alice(&keys)));
    let set = enrolled(alice(&keys), &texts, &[]);
    assert_eq!((set.credentials.len(), set.unreadable_credentials), (0, 100_001));
}

/// A record of a kind that nobody knows yet.
fn newer(kind: RecordKind, text: &str, keys: &Keyring) -> String {
    let known = match kind {
        RecordKind::Credential => {
            Credential::new(device(false, keys, 9).id, "Eye", 5, Unknown).to_record(alice(keys))
        }
        RecordKind::Use => Use::new(device(false, keys, 9).id, 5, Unknown).to_record(alice(keys)),
    };
    let (fields, _) = known.split_once(",\"mac\"").unwrap();
    let fields = fields.replace("{\"unknown\":null}", text) + "}";
    mac::signed(kind, &fields, alice(keys))
}

#[test]
fn records_of_a_newer_kind_are_not_rewritten_with_another_key() {
    let old = ring();
    let credential = newer(RecordKind::Credential, "{\"retina\":{\"eye\":\"left\"}}", &old);
    let used = newer(RecordKind::Use, "{\"retina\":{\"blinks\":3}}", &old);
    let phone = device(false, &old, 1).to_record(alice(&old));
    let before = enrolled(alice(&old), &[credential.clone(), phone], std::slice::from_ref(&used));
    assert_eq!((before.credentials.len(), before.uses.len()), (2, 1));
    let both = ring_of(&[2, 1]);
    let change = before.with_primary_key(alice(&both), |_| None);
    let change = before.registered(change, 9, alice(&both), &mut Counter(1)).unwrap();
    assert_eq!((change.add_credentials.len(), change.add_uses.len()), (1, 1), "phone, register");
    let credentials = [&change.add_credentials[..], &[credential]].concat();
    let after = read(alice(&both), &credentials, &[&change.add_uses[..], &[used]].concat());
    assert_eq!((after.credentials.len(), after.uses.len(), after.altered), (2, 1, 0));
    assert_eq!((before.left_with_another_key(&both), after.left_with_another_key(&both)), (2, 2));
    assert_eq!(before.left_with_another_key(&old), 0);
    assert_eq!(after.keys().filter(|id| id == key(1).id()).count(), 2, "it cannot be retired");
}

#[test]
fn a_user_with_as_much_as_anybody_may_have_can_use_all_of_it() {
    let keys = ring();
    let devices: Vec<_> = (0..200).map(|n| device(false, &keys, n)).collect();
    let credentials: Vec<_> = devices.iter().map(|one| one.to_record(alice(&keys))).collect();
    let mut uses: Vec<_> = devices.iter().map(|one| step(one, 1).to_record(alice(&keys))).collect();
    uses.push(Use::new(CredentialId::emailed(), 0, Emailed::default()).to_record(alice(&keys)));
    let set = enrolled(alice(&keys), &credentials, &uses);
    assert_eq!((set.credentials.len(), set.unreadable_credentials), (200, 0));
    assert_eq!((set.uses.len(), set.unreadable_uses), (201, 0));
}

/// A rotation makes every record with the new key, and then nothing needs the old one.
#[test]
fn records_are_made_with_another_key_and_go_on_to_count() {
    let old = ring();
    let credential = device(false, &old, 1);
    let used = step(&credential, 99);
    let texts = (credential.to_record(alice(&old)), used.to_record(alice(&old)));
    let before = enrolled(alice(&old), &[texts.0], &[texts.1]);
    let both = ring_of(&[2, 1]);
    assert!(before.is_registered_with_another_key(&both));
    let change = before.with_primary_key(alice(&both), |_| None);
    let change = before.planned(change, 9, alice(&both), &mut Counter(1)).unwrap();
    let new = ring_of(&[2]);
    let after = read(alice(&new), &change.add_credentials, &change.add_uses);
    assert_eq!(after.credentials[0].value, credential);
    assert_eq!(after.uses[0].value, used);
    assert!(after.keys().all(|id| id == *key(2).id()) && after.keys().count() == 3);
    assert_eq!(after.with_primary_key(alice(&new), |_| None), Change::default());
    assert!(!after.is_registered_with_another_key(&new));
    // A host without the new key cannot check them, and says which it would need.
    let stale = read(alice(&old), &change.add_credentials, &change.add_uses);
    assert_eq!(stale.unknown_keys.len(), 3);
    assert!(stale.has_second_factor() && stale.credentials.is_empty());
}
