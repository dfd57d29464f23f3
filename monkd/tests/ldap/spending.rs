//! A code opens one login, however many race.

use std::sync::Arc;

use monk_core::credential::UseSwap;
use monk_tests::SlapdOptions;
use monkd::deadline::Deadline;
use monkd::directory::{CredentialStore, Directory, Swapped};
use monkd::outage::Outage;
use tokio::sync::Barrier;

use crate::setup::{
    DEADLINE, Host, enrol_alice, enrolled, log, register, second_slapd, slapd, swap, used, uses,
    world,
};

#[test]
fn a_use_takes_the_place_of_the_very_one_that_was_read() {
    let (_world, slapd, host) = enrolled(1);
    let alice = host.account("alice");
    let uses = || uses(&slapd);

    assert_eq!(host.spend(&alice, swap(1, 2)), Ok(Swapped::Done));
    assert_eq!(uses(), [used(2)]);
    assert_eq!(host.spend(&alice, swap(1, 3)), Ok(Swapped::Conflict), "1 has gone");
    assert_eq!(uses(), [used(2)]);
    let both = UseSwap { held: vec![], remove: vec![used(2), used(9)], add: used(10) };
    assert_eq!(host.spend(&alice, both), Ok(Swapped::Conflict), "9 was never there");
    assert_eq!(uses(), [used(2)]);
    let nothing = UseSwap { held: vec![], remove: vec![], add: used(5) };
    assert_eq!(host.spend(&alice, nothing), Ok(Swapped::Conflict), "it depends on nothing");
    let gone = UseSwap { held: vec![used(1)], remove: vec![], add: used(5) };
    assert_eq!(host.spend(&alice, gone), Ok(Swapped::Conflict), "what it depends on has gone");
    let held = vec![register(&slapd)];
    let added = UseSwap { held: held.clone(), remove: vec![], add: used(2) };
    assert_eq!(host.spend(&alice, added), Ok(Swapped::Conflict), "2 is there already");
    let added = UseSwap { held, remove: vec![], add: used(5) };
    assert_eq!(host.spend(&alice, added), Ok(Swapped::Done));
    let merged = UseSwap { held: vec![], remove: vec![used(2), used(5)], add: used(6) };
    assert_eq!(host.spend(&alice, merged), Ok(Swapped::Done));
    assert_eq!(uses(), [used(6)]);
    assert_eq!(host.load(&alice).expect("it answers").uses[0].raw, used(6));
}

/// 389 Directory Server may say insufficientAccessRights to somebody who was overtaken.
#[test]
fn a_missing_right_is_a_conflict_only_where_the_value_has_gone() {
    let (_world, slapd, host) = enrolled(1);
    let alice = host.account("alice");
    slapd.modify(
        "dn: olcDatabase={1}mdb,cn=config\nchangetype: modify\nreplace: olcAccess\n\
         olcAccess: to * by * read\n",
    );
    let outage = host.spend(&alice, swap(1, 2)).expect_err("no right to write");
    assert!(matches!(&outage, Outage::Refused(why) if why.contains("write access")), "{outage}");
    assert_eq!(host.spend(&alice, swap(7, 8)), Ok(Swapped::Conflict), "7 is not there");
    assert_eq!(uses(&slapd), [used(1)]);
}

#[test]
fn of_many_who_spend_the_same_code_on_two_hosts_exactly_one_succeeds_every_time() {
    const ROUNDS: u64 = 150;
    const RACERS: usize = 4;
    let world = world();
    let slapd = slapd(&world, SlapdOptions::default());
    enrol_alice(&slapd, 0);
    let hosts = [Host::new(&world, &slapd), Host::new(&world, &slapd)];
    let alice = hosts[0].account("alice");
    for round in 0..ROUNDS {
        let barrier = Arc::new(Barrier::new(2 * RACERS));
        let racers: Vec<_> = (0..2 * RACERS)
            .map(|racer| {
                let host = &hosts[racer % 2];
                let (alice, barrier) = (alice.clone(), Arc::clone(&barrier));
                let mut swap = swap(round, round + 1);
                // Who spends the same code at another second writes another text.
                swap.add = swap.add.replace("\"at\":7", &format!("\"at\":{racer}"));
                let task = host.start(|ldap| async move {
                    barrier.wait().await;
                    let outcome = ldap.spend(&alice, &swap, Deadline::after(DEADLINE)).await;
                    (outcome, swap.add)
                });
                (host, task)
            })
            .collect();
        let outcomes: Vec<_> = racers.into_iter().map(|(host, task)| host.wait(task)).collect();
        let done: Vec<_> =
            outcomes.iter().filter(|(outcome, _)| *outcome == Ok(Swapped::Done)).collect();
        assert_eq!(done.len(), 1, "round {round}: {outcomes:?}");
        let conflicts = outcomes.iter().filter(|(outcome, _)| *outcome == Ok(Swapped::Conflict));
        assert_eq!(conflicts.count(), 2 * RACERS - 1, "round {round}: {outcomes:?}");
        let reset = UseSwap { held: vec![], remove: vec![done[0].1.clone()], add: used(round + 1) };
        assert_eq!(hosts[0].spend(&alice, reset), Ok(Swapped::Done));
    }
}

#[test]
fn a_change_that_may_have_been_made_is_an_outage_and_is_made_nowhere_else() {
    let world = world();
    let mut first = slapd(&world, SlapdOptions::default());
    let second = second_slapd(&world);
    enrol_alice(&first, 1);
    enrol_alice(&second, 1);
    let uris = [first.ldaps_uri(), second.ldaps_uri()];
    let uris = uris.each_ref().map(String::as_str);
    let host = Host::with(&world, &uris, "write_fail_over = true");
    let alice = host.account("alice");
    // The change is in the server's socket when the server dies: nobody knows what became of it.
    first.freeze();
    let task = host.start({
        let alice = alice.clone();
        |ldap| async move { ldap.spend(&alice, &swap(1, 2), Deadline::after(DEADLINE)).await }
    });
    first.wait_until_asked();
    first.kill9();
    assert!(matches!(host.wait(task), Err(Outage::Unreachable(_))));
    assert_eq!(uses(&second), [used(1)]);

    // A search that is interrupted like that is made elsewhere.
    first.restart();
    let host = Host::with(&world, &uris, "");
    host.account("alice");
    first.freeze();
    let task = host
        .start(|ldap| async move { ldap.find("alice", Deadline::after(DEADLINE)).await.map(drop) });
    first.wait_until_asked();
    first.kill9();
    assert_eq!(host.wait(task), Ok(()));
}

#[test]
fn a_server_that_hangs_is_sent_a_change_once() {
    let world = world();
    let mut slapd = slapd(&world, SlapdOptions::default());
    enrol_alice(&slapd, 1);
    let host = Host::new(&world, &slapd);
    let alice = host.account("alice");
    slapd.freeze();
    assert_eq!(host.spend(&alice, swap(1, 2)), Err(Outage::Timeout("LDAP modify")));
    slapd.thaw();
    // The server has found the change in its socket after all.
    assert_eq!(host.spend(&alice, swap(2, 3)), Ok(Swapped::Done));
    let log = log(&slapd);
    assert_eq!(log.matches("MOD dn=").count(), 3, "{log}");
}

#[test]
fn codes_are_spent_where_write_uri_says() {
    let world = world();
    let mut first = slapd(&world, SlapdOptions::default());
    let mut second = second_slapd(&world);
    enrol_alice(&first, 1);
    enrol_alice(&second, 7);
    let (uri, write_uri) = (first.ldaps_uri(), second.ldaps_uri());
    let host = Host::with(&world, &[&uri], &format!("write_uri = {write_uri:?}\n"));
    let alice = host.account("alice");
    assert_eq!(alice.credentials.as_ref().expect("they come along").uses[0].raw, used(1));
    assert_eq!(host.spend(&alice, swap(1, 2)), Ok(Swapped::Conflict));
    assert_eq!(host.load(&alice).expect("it answers").uses[0].raw, used(7));
    assert_eq!(host.spend(&alice, swap(7, 8)), Ok(Swapped::Done));

    second.stop();
    assert!(matches!(host.spend(&alice, swap(8, 9)), Err(Outage::Unreachable(_))));
    let careless =
        Host::with(&world, &[&uri], &format!("write_uri = {write_uri:?}\nwrite_fail_over = true"));
    assert_eq!(careless.spend(&alice, swap(1, 2)), Ok(Swapped::Done));
    first.stop();
    assert!(careless.spend(&alice, swap(2, 3)).is_err());
}

#[test]
fn codes_are_not_spent_on_a_second_server_unless_the_settings_say_so() {
    let world = world();
    let mut first = slapd(&world, SlapdOptions::default());
    let second = second_slapd(&world);
    enrol_alice(&second, 1);
    let uris = [first.ldaps_uri(), second.ldaps_uri()];
    let uris = uris.each_ref().map(String::as_str);
    first.stop();
    let host = Host::with(&world, &uris, "");
    let alice = host.account("alice");
    assert!(matches!(host.spend(&alice, swap(1, 2)), Err(Outage::Unreachable(_))));
    let host = Host::with(&world, &uris, "write_fail_over = true");
    assert_eq!(host.spend(&alice, swap(1, 2)), Ok(Swapped::Done));
}

#[test]
fn a_read_only_server_is_an_outage_that_names_write_uri() {
    let world = world();
    let slapd = slapd(&world, SlapdOptions::default());
    enrol_alice(&slapd, 1);
    slapd.modify(
        "dn: olcDatabase={1}mdb,cn=config\nchangetype: modify\nreplace: olcReadOnly\n\
         olcReadOnly: TRUE\n",
    );
    let host = Host::new(&world, &slapd);
    let alice = host.account("alice");
    let outage = host.spend(&alice, swap(1, 2)).expect_err("nothing can be written");
    assert!(outage.to_string().contains("write_uri"), "{outage}");
    assert!(matches!(outage, Outage::Refused(_)));
}
