//! Enrolling and removing.

use monk_core::credential::{Change, CredentialId, CredentialSet, DEPARTED, Use};
use monk_core::factors::unknown::Unknown;
use monk_core::mac::Author;
use monk_tests::{Slapd, SlapdOptions};
use monkd::clock::SystemRandom;
use monkd::directory::Swapped;
use monkd::outage::Outage;

use crate::setup::{
    ALICE, Host, credential, credential_of, enrolled, is_register, keys, planned, scene, slapd,
    used, used_of, world,
};

fn second_credential() -> String {
    credential_of("alice", "00000000000000ee")
}

fn add(credential: &str) -> Change {
    Change { add_credentials: vec![credential.to_owned()], ..Change::default() }
}

fn remove(credential: &str) -> Change {
    Change { remove_credentials: vec![credential.to_owned()], ..Change::default() }
}

/// Whether alice's entry has the class, and what it has of the two attributes, without the register.
fn stored(slapd: &Slapd) -> (bool, Vec<String>, Vec<String>) {
    let entry = &slapd.search(ALICE, "(uid=alice)", &[])[0];
    let is_marked = entry.values("objectClass").contains(&"monkUser".to_owned());
    let mut credentials = entry.values("monkCredential");
    credentials.sort();
    let mut uses = entry.values("monkUse");
    uses.retain(|value| !is_register(value));
    (is_marked, credentials, uses)
}

#[test]
fn the_class_comes_with_the_first_credential_and_goes_with_the_last() {
    let (_world, slapd, host) = scene();
    let alice = host.account("alice");
    let none = (false, vec![], vec![]);
    assert_eq!(stored(&slapd), none);

    let first = Change { add_uses: vec![used(1)], ..add(&credential()) };
    assert_eq!(host.plan_and_change(&alice, first), Ok(Swapped::Done));
    assert_eq!(stored(&slapd), (true, vec![credential()], vec![used(1)]));
    assert_eq!(host.plan_and_change(&alice, add(&second_credential())), Ok(Swapped::Done));
    let both = vec![second_credential(), credential()];
    assert_eq!(stored(&slapd), (true, both, vec![used(1)]));
    let step = Change { remove_uses: vec![used(1)], add_uses: vec![used(2)], ..Change::default() };
    assert_eq!(host.plan_and_change(&alice, step), Ok(Swapped::Done));

    assert_eq!(host.plan_and_change(&alice, remove(&second_credential())), Ok(Swapped::Done));
    assert_eq!(stored(&slapd), (true, vec![credential()], vec![used(2)]));
    // A use that was left behind goes too: without a credential it means nothing.
    assert_eq!(host.plan_and_change(&alice, remove(&credential())), Ok(Swapped::Done));
    assert_eq!(slapd.search(ALICE, "(monkUse=*)", &["monkUse"]).len(), 0, "the register as well");
    assert_eq!(stored(&slapd), none);
    assert!(!host.load(&alice).expect("it answers").has_second_factor());
}

#[test]
fn a_change_of_what_is_not_there_any_more_is_a_conflict_and_changes_nothing() {
    let (_world, slapd, host) = enrolled(1);
    let alice = host.account("alice");
    let before = stored(&slapd);
    for change in [
        Change { add_credentials: vec!["new".to_owned()], ..remove("never there") },
        Change { remove_uses: vec![used(9)], ..add("new") },
        add(&credential()),
        add(&second_credential()),
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
        for (host, id) in hosts.iter().zip(["00000000000000ff", "00000000000000ee"]) {
            let (alice, credential) = (&alice, credential_of("alice", id));
            scope.spawn(move || {
                let until_done = |change: Change| {
                    while host.plan_and_change(alice, change.clone()) != Ok(Swapped::Done) {}
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

/// A change that only adds as well: nothing that it needs is gone.
#[test]
fn what_was_planned_before_a_reset_is_not_carried_out_after_it() {
    let (_world, slapd, host) = scene();
    let alice = host.account("alice");
    let code = || credential_of("alice", "00000000000000cc");
    for enrolled_before in [false, true] {
        if enrolled_before {
            let change = Change { add_uses: vec![used(1)], ..add(&credential()) };
            assert_eq!(host.plan_and_change(&alice, change), Ok(Swapped::Done));
        }
        let set = host.load(&alice).expect("it answers");
        let changes = [
            planned("alice", &set, add(&second_credential())),
            // And one that somebody has forgotten to plan.
            add(&second_credential()),
        ];
        let keys = keys();
        let author = Author { user: "alice", keys: &keys };
        let used = used_of("alice", "00000000000000cc", 0);
        let with = set.replaced_by(code(), used.clone(), 9, author, &mut SystemRandom);
        assert_eq!(host.replace(&alice, with), Ok(Swapped::Done));
        for change in changes {
            assert_eq!(host.change(&alice, change.clone()), Ok(Swapped::Conflict), "{change:?}");
        }
        let first = Use::new(CredentialId::emailed(), 9, Unknown);
        assert_eq!(host.spend(&alice, set.swap(&[], first, author)), Ok(Swapped::Conflict));
        assert_eq!(stored(&slapd), (true, vec![code()], vec![used]));
        let after = host.load(&alice).expect("it answers");
        assert_eq!((after.credentials.len(), after.unreadable_credentials), (1, 0));
    }
}

/// The change has read the entry already when somebody else resets the user.
#[test]
fn a_reset_between_reading_and_writing_wins() {
    const ROUNDS: usize = 30;
    let world = world();
    let slapd = slapd(&world, SlapdOptions::default());
    let hosts = [Host::new(&world, &slapd), Host::new(&world, &slapd)];
    let alice = hosts[0].account("alice");
    let code = credential_of("alice", "00000000000000cc");
    for round in 0..ROUNDS {
        let id = format!("{:016x}", round + 1000);
        let change = planned("alice", &CredentialSet::default(), add(&credential_of("alice", &id)));
        let keys = keys();
        let author = Author { user: "alice", keys: &keys };
        let used = used_of("alice", "00000000000000cc", 0);
        let nothing = CredentialSet::default();
        let with = nothing.replaced_by(code.clone(), used, 9, author, &mut SystemRandom);
        std::thread::scope(|scope| {
            scope.spawn(|| hosts[0].change(&alice, change).expect("it answers"));
            scope.spawn(|| while hosts[1].replace(&alice, with.clone()) != Ok(Swapped::Done) {});
        });
        let set = hosts[0].load(&alice).expect("it answers");
        assert_eq!((set.credentials.len(), set.unreadable_credentials), (1, 0), "round {round}");
        assert_eq!(set.credentials[0].raw, code);
        let gone = remove(&code);
        assert_eq!(hosts[0].plan_and_change(&alice, gone), Ok(Swapped::Done));
    }
}

#[test]
fn an_entry_that_has_become_another_users_is_not_touched() {
    let (_world, slapd, host) = scene();
    let alice = host.account("alice");
    slapd.modify(&format!("dn: {ALICE}\nchangetype: delete\n"));
    assert!(matches!(host.load(&alice), Err(Outage::Refused(_))));
    slapd.add(&format!(
        "dn: {ALICE}\nobjectClass: inetOrgPerson\ncn: Another\nsn: Alice\n\
         employeeNumber: another\n"
    ));
    assert!(matches!(host.load(&alice), Err(Outage::Unclear(_))));
    assert!(matches!(host.change(&alice, add(&credential())), Err(Outage::Unclear(_))));
    assert_eq!(stored(&slapd), (false, vec![], vec![]));
}

#[test]
fn a_server_without_the_schema_is_an_outage_that_says_so() {
    let world = world();
    let slapd = slapd(&world, SlapdOptions::default());
    let more = "credential_attribute = \"xCredential\"\nobject_class = \"xUser\"";
    let host = Host::with(&world, &[&slapd.ldaps_uri()], more);
    let alice = host.account("alice");
    let outage = host.change(&alice, add(&credential())).expect_err("no schema");
    assert!(outage.to_string().contains("schema"), "{outage}");
}

/// Whoever was found before the departure must not be reset in the store that the records have left.
#[test]
fn a_reset_is_refused_where_the_records_have_departed() {
    let (_world, slapd, host) = scene();
    let alice = host.account("alice");
    let keys = keys();
    let author = Author { user: "alice", keys: &keys };
    let used = used_of("alice", "00000000000000cc", 0);
    let code = credential_of("alice", "00000000000000cc");
    let nothing = CredentialSet::default();
    let with = nothing.replaced_by(code, used, 9, author, &mut SystemRandom);
    assert_eq!(host.change(&alice, add(DEPARTED)), Ok(Swapped::Done));
    assert_eq!(host.replace(&alice, with), Ok(Swapped::Conflict));
    assert_eq!(stored(&slapd), (true, vec![DEPARTED.to_owned()], vec![]));
}
