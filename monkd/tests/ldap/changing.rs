//! Enrolling and removing.

use monk_core::credential::Change;
use monk_tests::{Slapd, SlapdOptions};
use monkd::directory::Swapped;
use monkd::outage::Outage;

use crate::setup::{ALICE, CREDENTIAL, Host, enrol_alice, slapd, used, world};

fn second_credential() -> String {
    CREDENTIAL.replace("00ff", "00ee")
}

fn add(credential: &str) -> Change {
    Change { add_credentials: vec![credential.to_owned()], ..Change::default() }
}

fn remove(credential: &str) -> Change {
    Change { remove_credentials: vec![credential.to_owned()], ..Change::default() }
}

/// Whether alice's entry has the class, and what it has of the two attributes.
fn stored(slapd: &Slapd) -> (bool, Vec<String>, Vec<String>) {
    let entry = &slapd.search(ALICE, "(uid=alice)", &[])[0];
    let is_marked = entry.values("objectClass").contains(&"monkUser".to_owned());
    let mut credentials = entry.values("monkCredential");
    credentials.sort();
    (is_marked, credentials, entry.values("monkUse"))
}

#[test]
fn the_class_comes_with_the_first_credential_and_goes_with_the_last() {
    let world = world();
    let slapd = slapd(&world, SlapdOptions::default());
    let host = Host::new(&world, &slapd);
    let alice = host.account("alice");
    let none = (false, vec![], vec![]);
    assert_eq!(stored(&slapd), none);

    let first = Change { add_uses: vec![used(1)], ..add(CREDENTIAL) };
    assert_eq!(host.change(&alice, first), Ok(Swapped::Done));
    assert_eq!(stored(&slapd), (true, vec![CREDENTIAL.to_owned()], vec![used(1)]));
    assert_eq!(host.change(&alice, add(&second_credential())), Ok(Swapped::Done));
    let both = vec![second_credential(), CREDENTIAL.to_owned()];
    assert_eq!(stored(&slapd), (true, both, vec![used(1)]));
    let step = Change { remove_uses: vec![used(1)], add_uses: vec![used(2)], ..Change::default() };
    assert_eq!(host.change(&alice, step), Ok(Swapped::Done));

    assert_eq!(host.change(&alice, remove(&second_credential())), Ok(Swapped::Done));
    assert_eq!(stored(&slapd), (true, vec![CREDENTIAL.to_owned()], vec![used(2)]));
    // A use that was left behind goes too: without a credential it means nothing.
    assert_eq!(host.change(&alice, remove(CREDENTIAL)), Ok(Swapped::Done));
    assert_eq!(stored(&slapd), none);
    assert!(!host.load(&alice).expect("it answers").has_second_factor());
}

#[test]
fn a_change_of_what_is_not_there_any_more_is_a_conflict_and_changes_nothing() {
    let world = world();
    let slapd = slapd(&world, SlapdOptions::default());
    enrol_alice(&slapd, 1);
    let host = Host::new(&world, &slapd);
    let alice = host.account("alice");
    let before = stored(&slapd);
    for change in [
        Change { add_credentials: vec!["new".to_owned()], ..remove("never there") },
        Change { remove_uses: vec![used(9)], ..add("new") },
        add(CREDENTIAL),
    ] {
        assert_eq!(host.change(&alice, change.clone()), Ok(Swapped::Conflict), "{change:?}");
        assert_eq!(stored(&slapd), before);
    }
    assert_eq!(host.change(&alice, Change::default()), Ok(Swapped::Done));
    assert_eq!(stored(&slapd), before);
}

#[test]
fn changes_at_once_all_happen_when_they_are_repeated_on_conflict() {
    const ROUNDS: usize = 20;
    let world = world();
    let slapd = slapd(&world, SlapdOptions::default());
    let hosts = [Host::new(&world, &slapd), Host::new(&world, &slapd)];
    let alice = hosts[0].account("alice");
    std::thread::scope(|scope| {
        for (host, id) in hosts.iter().zip(["00ff", "00ee"]) {
            let (alice, credential) = (&alice, CREDENTIAL.replace("00ff", id));
            scope.spawn(move || {
                let until_done = |change: Change| {
                    while host.change(alice, change.clone()) != Ok(Swapped::Done) {}
                };
                // Each host adds and removes the first or the last credential now and then.
                for _ in 0..ROUNDS {
                    until_done(add(&credential));
                    let set = host.load(alice).expect("it answers");
                    assert!(set.credentials.iter().any(|stored| stored.raw == credential));
                    assert_eq!(set.unreadable_credentials, 0);
                    until_done(remove(&credential));
                }
            });
        }
    });
    assert_eq!(stored(&slapd), (false, vec![], vec![]));
}

#[test]
fn an_entry_that_has_become_another_users_is_not_touched() {
    let world = world();
    let slapd = slapd(&world, SlapdOptions::default());
    let host = Host::new(&world, &slapd);
    let alice = host.account("alice");
    slapd.modify(&format!("dn: {ALICE}\nchangetype: delete\n"));
    assert!(matches!(host.load(&alice), Err(Outage::Refused(_))));
    slapd.add(&format!("dn: {ALICE}\nobjectClass: inetOrgPerson\ncn: Another\nsn: Alice\n"));
    assert!(matches!(host.load(&alice), Err(Outage::Unclear(_))));
    assert!(matches!(host.change(&alice, add(CREDENTIAL)), Err(Outage::Unclear(_))));
    assert_eq!(stored(&slapd), (false, vec![], vec![]));
}

#[test]
fn a_server_without_the_schema_is_an_outage_that_says_so() {
    let world = world();
    let slapd = slapd(&world, SlapdOptions::default());
    let more = "credential_attribute = \"xCredential\"\nobject_class = \"xUser\"";
    let host = Host::with(&world, &[&slapd.ldaps_uri()], more);
    let alice = host.account("alice");
    let outage = host.change(&alice, add(CREDENTIAL)).expect_err("no schema");
    assert!(outage.to_string().contains("schema"), "{outage}");
}
