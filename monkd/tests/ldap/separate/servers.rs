//! Several servers with the same store.

use monk_tests::{Slapd, SlapdOptions, World};
use monkd::directory::Swapped;
use monkd::outage::Outage;

use super::{Host, alice, enrolment, store_server, user};
use crate::setup::{swap, used, world};

/// Two servers in which alice has used step 1 and step 7: a replica that is late, and the one that decides.
#[track_caller]
fn late_and_deciding(world: &World) -> (Slapd, Slapd) {
    let late = store_server(world, SlapdOptions::default());
    let options = SlapdOptions {
        name: "second".to_owned(),
        ldap_port: 1389,
        ldaps_port: 1636,
        ..SlapdOptions::default()
    };
    let decides = store_server(world, options);
    for (slapd, step) in [(&late, 1), (&decides, 7)] {
        let host = Host::enrolling(world, &[&slapd.ldaps_uri()], "");
        assert_eq!(host.plan_and_change(&alice(), enrolment(step)), Ok(Swapped::Done));
    }
    (late, decides)
}

#[test]
fn any_server_is_looked_at_and_the_one_of_write_uri_decides() {
    let world = world();
    let (mut late, mut decides) = late_and_deciding(&world);
    let write_uri = format!("write_uri = {:?}\n", decides.ldaps_uri());
    let host = Host::checking(&world, &[&late.ldaps_uri()], &write_uri);
    let seen = host.look(&alice()).expect("it answers").expect("something is shown");
    assert_eq!(seen.uses[0].raw, used(1));
    assert_eq!(host.load(&alice()).expect("it answers").uses[0].raw, used(7));
    assert_eq!(host.spend(&alice(), swap(1, 2)), Ok(Swapped::Conflict));
    assert_eq!(host.spend(&alice(), swap(7, 8)), Ok(Swapped::Done));

    // Logins that spend nothing go on without the one that decides.
    decides.stop();
    assert!(host.look(&alice()).expect("it answers").is_some());
    assert!(matches!(host.spend(&alice(), swap(8, 9)), Err(Outage::Unreachable(_))));
    let careless =
        Host::checking(&world, &[&late.ldaps_uri()], &format!("{write_uri}write_fail_over = true"));
    assert_eq!(careless.spend(&alice(), swap(1, 2)), Ok(Swapped::Done));
    late.stop();
    assert!(host.look(&alice()).is_err());
    assert!(careless.spend(&alice(), swap(2, 3)).is_err());
}

/// A replica that has not heard of an enrolment must not let in with the password alone.
#[test]
fn only_the_server_that_decides_is_believed_that_somebody_has_nothing() {
    let world = world();
    let (late, mut decides) = late_and_deciding(&world);
    let bob = user("bob", "bob");
    let write_uri = format!("write_uri = {:?}\n", decides.ldaps_uri());
    let host = Host::checking(&world, &[&late.ldaps_uri()], &write_uri);
    assert!(host.look(&bob).expect("it answers").is_none());
    assert!(host.load(&bob).expect("it answers").is_blank());
    decides.stop();
    assert!(host.look(&bob).expect("it answers").is_none());
    assert!(matches!(host.load(&bob), Err(Outage::Unreachable(_))));
    // With one server there is nobody else to look at first.
    let alone = Host::checking(&world, &[&late.ldaps_uri()], "");
    assert!(alone.look(&alice()).expect("nobody is asked").is_none());
}

#[test]
fn a_change_goes_to_one_server_only() {
    let world = world();
    let (mut first, second) = late_and_deciding(&world);
    let uris = [first.ldaps_uri(), second.ldaps_uri()];
    let host = Host::enrolling(&world, &uris.each_ref().map(String::as_str), "");
    first.stop();
    assert!(matches!(host.load(&alice()), Err(Outage::Unreachable(_))));
    assert!(matches!(host.change(&user("bob", "bob"), enrolment(1)), Err(Outage::Unreachable(_))));
    assert_eq!(super::stored(&second, "bob"), None);
    first.restart();
    assert_eq!(host.load(&alice()).expect("it answers").uses[0].raw, used(1));
}
