//! What is enrolled and used, by one and by many at once.

use std::sync::Barrier;

use monk_core::credential::{Change, UseSwap};
use monk_tests::figures;
use monkd::directory::Swapped;
use monkd::outage::Outage;

use super::{BASE, Host, alice, enrolled, enrolment, reset_of, scene, stored, user};
use crate::setup::{credential, credential_of, planned, swap, used, used_of};

fn add(credential: &str) -> Change {
    Change { add_credentials: vec![credential.to_owned()], ..Change::default() }
}

fn remove(credential: &str) -> Change {
    Change { remove_credentials: vec![credential.to_owned()], ..Change::default() }
}

#[test]
fn an_entry_comes_with_the_first_credential_and_is_empty_without_the_last() {
    let (_world, slapd, host) = scene();
    assert_eq!(stored(&slapd, "alice"), None);
    assert!(host.load(&alice()).expect("it answers").is_blank());

    assert_eq!(host.plan_and_change(&alice(), enrolment(1)), Ok(Swapped::Done));
    let first = (true, vec![credential()], vec![used(1)]);
    assert_eq!(stored(&slapd, "alice"), Some(first.clone()));
    let entry = &slapd.search(BASE, "(monkOwner=alice)", &[])[0];
    assert_eq!(entry.values("monkDirectory"), ["main"]);
    assert_eq!(entry.values("monkLoginName"), ["alice"]);
    let set = host.load(&alice()).expect("it answers");
    assert_eq!((set.credentials.len(), set.uses.len(), set.unreadable_credentials), (1, 1, 0));

    assert_eq!(host.plan_and_change(&alice(), remove(&credential())), Ok(Swapped::Done));
    assert_eq!(stored(&slapd, "alice"), Some((false, vec![], vec![])));
    assert!(host.load(&alice()).expect("it answers").is_blank());
    assert_eq!(host.plan_and_change(&alice(), enrolment(1)), Ok(Swapped::Done));
    assert_eq!(stored(&slapd, "alice"), Some(first));
}

#[test]
fn a_change_of_what_is_not_there_any_more_is_a_conflict_and_changes_nothing() {
    let (_world, slapd, host) = scene();
    let never = Change { remove_uses: vec![used(9)], ..add("new") };
    assert_eq!(host.change(&alice(), never.clone()), Ok(Swapped::Conflict), "without an entry");
    assert_eq!(stored(&slapd, "alice"), None);
    assert_eq!(host.change(&alice(), Change::default()), Ok(Swapped::Done));
    assert_eq!(stored(&slapd, "alice"), None, "nothing is no reason for an entry");

    assert_eq!(host.plan_and_change(&alice(), enrolment(1)), Ok(Swapped::Done));
    let before = stored(&slapd, "alice");
    for change in [never, remove("never there"), add(&credential()), add("more")] {
        assert_eq!(host.change(&alice(), change.clone()), Ok(Swapped::Conflict), "{change:?}");
        assert_eq!(stored(&slapd, "alice"), before);
    }
}

#[test]
fn a_use_takes_the_place_of_the_very_one_that_was_read() {
    let (_world, slapd, host) = enrolled(1);
    assert_eq!(host.spend(&alice(), swap(1, 2)), Ok(Swapped::Done));
    assert_eq!(host.spend(&alice(), swap(1, 3)), Ok(Swapped::Conflict), "1 has gone");
    let nothing = UseSwap { held: vec![], remove: vec![], add: used(5) };
    assert_eq!(host.spend(&alice(), nothing), Ok(Swapped::Conflict), "it depends on nothing");
    let uses = stored(&slapd, "alice").expect("an entry").2;
    assert_eq!(uses, [used(2)]);
    // Who has no entry has no use either.
    assert!(matches!(host.spend(&user("bob", "bob"), swap(1, 2)), Err(Outage::Refused(_))));
}

#[test]
fn of_many_who_spend_the_same_code_at_once_one_succeeds_every_time() {
    // The long run is what the results page states.
    let rounds = figures::times(60, 10_000);
    let (world, slapd, host) = enrolled(0);
    let uri = slapd.ldaps_uri();
    let hosts = [host, Host::checking(&world, &[&uri], ""), Host::checking(&world, &[&uri], "")];
    for round in (0..).take(rounds) {
        let barrier = Barrier::new(hosts.len());
        let outcomes: Vec<_> = std::thread::scope(|scope| {
            let racers: Vec<_> = hosts
                .iter()
                .enumerate()
                .map(|(number, host)| {
                    let barrier = &barrier;
                    let mut swap = swap(round, round + 1);
                    // Who spends the same code at another second writes another text.
                    swap.add = swap.add.replace("\"at\":7", &format!("\"at\":{number}"));
                    scope.spawn(move || {
                        barrier.wait();
                        (host.spend(&alice(), swap.clone()), swap.add)
                    })
                })
                .collect();
            racers.into_iter().map(|racer| racer.join().expect("no panic")).collect()
        });
        let done: Vec<_> =
            outcomes.iter().filter(|(outcome, _)| *outcome == Ok(Swapped::Done)).collect();
        assert_eq!(done.len(), 1, "round {round}: {outcomes:?}");
        let conflicts = outcomes.iter().filter(|(outcome, _)| *outcome == Ok(Swapped::Conflict));
        assert_eq!(conflicts.count(), hosts.len() - 1, "round {round}: {outcomes:?}");
        let reset = UseSwap { held: vec![], remove: vec![done[0].1.clone()], add: used(round + 1) };
        assert_eq!(hosts[0].spend(&alice(), reset), Ok(Swapped::Done));
    }
    let seen = format!("{rounds} codes, {} hosts: 0 twice, 0 unavailable", hosts.len());
    figures::row("hostile", &["LDAP store of its own, one use raced", &seen, "0 codes twice"]);
}

/// Two hosts make the entry at the same moment: one of them does, and the other one hears of it.
#[test]
fn of_two_first_enrolments_at_once_one_is_a_conflict() {
    const ROUNDS: usize = 30;
    let (world, slapd, host) = scene();
    let hosts = [host, Host::enrolling(&world, &[&slapd.ldaps_uri()], "")];
    for round in 0..ROUNDS {
        let person = user(&format!("user{round}"), "somebody");
        let barrier = Barrier::new(2);
        let outcomes: Vec<_> = std::thread::scope(|scope| {
            let racers: Vec<_> = hosts
                .iter()
                .zip(["00000000000000ff", "00000000000000ee"])
                .map(|(host, id)| {
                    let (person, barrier) = (&person, &barrier);
                    let first = planned(
                        &person.id,
                        &Default::default(),
                        add(&credential_of(&person.id, id)),
                    );
                    scope.spawn(move || {
                        barrier.wait();
                        host.change(person, first)
                    })
                })
                .collect();
            racers.into_iter().map(|racer| racer.join().expect("no panic")).collect()
        });
        let is = |wanted| outcomes.iter().filter(|outcome| **outcome == Ok(wanted)).count();
        assert_eq!((is(Swapped::Done), is(Swapped::Conflict)), (1, 1), "{outcomes:?}");
        let set = hosts[0].load(&person).expect("it answers");
        assert_eq!((set.credentials.len(), set.unreadable_credentials), (1, 0));
    }
}

#[test]
fn a_reset_leaves_one_credential_whatever_was_there_and_wins_over_what_was_planned_before() {
    let (_world, slapd, host) = scene();
    let code = reset_of("alice").credential;
    for before in ["no entry", "records", "an empty entry"] {
        match before {
            "records" => {
                slapd.modify(&format!(
                    "dn: {}\nchangetype: modify\nadd: monkCredential\nmonkCredential: damaged\n",
                    slapd.search(BASE, "(monkOwner=alice)", &["cn"])[0].dn.clone()
                ));
            }
            "an empty entry" => {
                assert_eq!(host.plan_and_change(&alice(), remove(&code)), Ok(Swapped::Done));
            }
            _ => {}
        }
        let set = host.load(&alice()).expect("it answers");
        let late = match set.is_blank() {
            true => planned("alice", &set, add(&credential())),
            false => Change { remove_uses: vec![used(77)], ..add(&credential()) },
        };
        assert_eq!(host.replace(&alice(), reset_of("alice")), Ok(Swapped::Done), "{before}");
        assert_eq!(host.change(&alice(), late), Ok(Swapped::Conflict), "{before}");
        let (_, credentials, _) = stored(&slapd, "alice").expect("an entry");
        assert_eq!(credentials, std::slice::from_ref(&code), "{before}");
        let set = host.load(&alice()).expect("it answers");
        assert_eq!((set.credentials.len(), set.unreadable_credentials), (1, 0), "{before}");
    }
}

#[test]
fn an_id_is_any_text_and_nothing_else_decides_whose_an_entry_is() {
    let (world, slapd, host) = scene();
    let ids =
        ["alice", "Alice", " alice", "a,b=c+d", "*)(x=", "objectGUID=\\00", "ä ö", "n\u{7f}l"];
    for id in ids {
        let person = user(id, "alice");
        let first = Change {
            add_credentials: vec![credential_of(id, "00000000000000ff")],
            add_uses: vec![used_of(id, "00000000000000ff", 1)],
            ..Change::default()
        };
        assert_eq!(host.plan_and_change(&person, first), Ok(Swapped::Done), "{id:?}");
        // Another name, another place: the same user.
        let set = host.load(&user(id, "renamed")).expect("it answers");
        assert_eq!((set.credentials.len(), set.unreadable_credentials), (1, 0), "{id:?}");
    }
    let mut listed = host.enrolled().expect("it answers");
    assert!(listed.complete);
    listed.items.sort_by(|one, other| one.id.cmp(&other.id));
    let mut found: Vec<_> = listed.items.iter().map(|one| one.id.as_str()).collect();
    let mut wanted = ids;
    wanted.sort_unstable();
    found.sort_unstable();
    assert_eq!(found, wanted);
    assert!(listed.items.iter().all(|one| one.name == "alice" && !one.hidden));

    // The same ids of another directory are other users.
    let other = Host::enrolling(&world, &[&slapd.ldaps_uri()], "directory_label = \"other\"");
    assert!(other.load(&alice()).expect("it answers").is_blank());
    assert!(other.enrolled().expect("it answers").items.is_empty());
}

/// Somebody has moved bob's entry to where alice's would be.
#[test]
fn an_entry_that_names_another_owner_is_an_outage() {
    let (_world, slapd, host) = enrolled(1);
    let entry = slapd.search(BASE, "(monkOwner=alice)", &[])[0].dn.clone();
    for (attribute, value) in [("monkOwner", "bob"), ("monkDirectory", "other")] {
        slapd.modify(&format!(
            "dn: {entry}\nchangetype: modify\nreplace: {attribute}\n{attribute}: {value}\n"
        ));
        assert!(matches!(host.load(&alice()), Err(Outage::Unclear(_))), "{attribute}");
        assert!(matches!(host.change(&alice(), add("new")), Err(Outage::Unclear(_))));
        let back = if attribute == "monkOwner" { "alice" } else { "main" };
        slapd.modify(&format!(
            "dn: {entry}\nchangetype: modify\nreplace: {attribute}\n{attribute}: {back}\n"
        ));
    }
    assert_eq!(host.load(&alice()).expect("it answers").credentials.len(), 1);
}

#[test]
fn records_of_somebody_who_is_gone_are_removed_unless_they_have_changed() {
    let (_world, slapd, host) = enrolled(1);
    let listed = host.enrolled().expect("it answers");
    let [gone] = listed.items.as_slice() else { panic!("{listed:?}") };
    let more = Change {
        add_credentials: vec![credential_of(&gone.id, "00000000000000dd")],
        ..Change::default()
    };
    assert_eq!(host.plan_and_change(&alice(), more), Ok(Swapped::Done));
    assert_eq!(host.forget(gone), Ok(Swapped::Conflict));
    let listed = host.enrolled().expect("it answers");
    assert_eq!(host.forget(&listed.items[0]), Ok(Swapped::Done));
    assert_eq!(host.forget(&listed.items[0]), Ok(Swapped::Conflict));
    let listed = host.enrolled().expect("it answers");
    assert!(listed.complete && listed.items.is_empty());
    assert!(host.load(&alice()).expect("it answers").is_blank());
    let left = slapd.search(BASE, "(monkLoginName=*)", &["cn"]);
    assert!(left.iter().all(|entry| entry.dn.starts_with("cn=sentinel")), "no name is left");
}
