//! Whether a password is right.

use monk_tests::SlapdOptions;
use monkd::directory::{Advice, Answer};
use monkd::outage::Outage;

use crate::setup::{ALICE, BOB, CHECK, Host, scene, slapd, world};

#[test]
fn a_password_is_right_or_wrong() {
    let (_world, _slapd, host) = scene();
    let (alice, bob) = (host.account("alice"), host.account("bob"));
    for (account, password, answer) in [
        (&alice, "alice-secret", Answer::Right(Advice::Nothing)),
        (&alice, "bob-secret", Answer::Wrong),
        (&bob, "bob-secret", Answer::Right(Advice::Nothing)),
        (&alice, "alice-secret ", Answer::Wrong),
        (&alice, "Alice-secret", Answer::Wrong),
        (&alice, " ", Answer::Wrong),
        (&alice, "alice-secret", Answer::Right(Advice::Nothing)),
    ] {
        assert_eq!(host.check(Some(account), password), Ok(answer), "{password:?}");
    }
}

#[test]
fn a_user_without_a_password_or_who_is_gone_has_no_right_password() {
    let (_world, slapd, host) = scene();
    let (alice, bob) = (host.account("alice"), host.account("bob"));
    slapd.modify(&format!("dn: {ALICE}\nchangetype: modify\ndelete: userPassword\n"));
    slapd.modify(&format!("dn: {BOB}\nchangetype: delete\n"));
    assert_eq!(host.check(Some(&alice), "alice-secret"), Ok(Answer::Wrong));
    assert_eq!(host.check(Some(&bob), "bob-secret"), Ok(Answer::Wrong));
}

#[test]
fn the_password_of_an_unknown_user_is_checked_at_the_decoy_and_never_right() {
    let world = world();
    let slapd = slapd(&world, SlapdOptions::default());
    let more = format!("decoy_dn = {CHECK:?}");
    let host = Host::with(&world, &[&slapd.ldaps_uri()], &more);
    let (answer, operations) = slapd.operations(|| host.check(None, "check-secret"));
    assert_eq!(answer, Ok(Answer::Wrong));
    assert_eq!((operations.binds, operations.searches), (1, 0));

    let host = Host::new(&world, &slapd);
    let (answer, operations) = slapd.operations(|| host.check(None, "check-secret"));
    assert_eq!(answer, Ok(Answer::Wrong));
    assert_eq!(operations.binds, 1);
}

#[test]
fn nobody_is_ever_bound_without_a_name() {
    let (_world, slapd, host) = scene();
    let mut nobody = host.account("alice");
    nobody.locator = String::new();
    let (answer, operations) = slapd.operations(|| host.check(Some(&nobody), "any"));
    assert!(answer.is_err());
    assert_eq!(operations.binds, 0);
}

#[test]
fn a_server_that_wants_tls_or_refuses_monk_itself_is_an_outage() {
    let world = world();
    let slapd = slapd(&world, SlapdOptions::default());
    let uris = ["ldap://127.0.0.1"];
    let host = Host::with(&world, &uris, "");
    let alice = host.account("alice");
    assert_eq!(host.check(Some(&alice), "alice-secret"), Ok(Answer::Right(Advice::Nothing)));
    slapd.modify(
        "dn: cn=config\nchangetype: modify\nadd: olcSecurity\nolcSecurity: simple_bind=128\n",
    );
    assert!(matches!(host.check(Some(&alice), "alice-secret"), Err(Outage::Refused(_))));
    assert!(matches!(Host::with(&world, &uris, "").find("alice"), Err(Outage::Refused(_))));

    let account = format!(
        "ca_file = \"/etc/ssl/world/authority.pem\"\nbind_dn = {CHECK:?}\npassword_file = \"/x\""
    );
    let uris = [slapd.ldaps_uri()];
    let uris = uris.each_ref().map(String::as_str);
    let host = Host::as_account(&world, &uris, &account, Some("wrong")).expect("a host");
    let message = host.find("alice").expect_err("a wrong password").to_string();
    assert!(message.contains("password_file") && !message.contains("wrong"), "{message}");
}
