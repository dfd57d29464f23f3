//! Who is found, by which name, and what becomes of enrolments when an account changes.

use monk_tests::directories::Samba;

use crate::scene::Scene;
use crate::{claims, speed};

/// As people type them: the login name, the principal name or the mail address, and the name that Windows
/// shows.
#[test]
fn people_are_found() {
    claims::people_are_found_by::<Samba>(&["alice", "alice@example.org", "EXAMPLE\\alice"]);
}

#[test]
fn a_mail_address_that_is_no_principal_name_is_a_name_and_one_of_two_people_is_nobodys() {
    let scene = Scene::<Samba>::start();
    let alice = scene.member("alice");
    scene.directory.replace("alice", "mail", ": a.liddell@example.org");
    for name in ["alice@example.org", "a.liddell@example.org", "ALICE", "example\\Alice"] {
        assert_eq!(scene.login("imap", name, &alice.app_password), "app-password", "{name}");
    }
    scene.member("mallory");
    scene.directory.replace("mallory", "mail", ": alice@example.org");
    assert_eq!(scene.login("imap", "alice@example.org", &alice.app_password), "ambiguous-user");
    assert_eq!(scene.login("imap", "alice", &alice.app_password), "app-password");
}

#[test]
fn computers_are_not_people_and_other_domains_are_not_this_one() {
    let scene = Scene::<Samba>::start();
    let alice = scene.member("alice");
    for name in
        ["DC1$", "EXAMPLE\\DC1$", "OTHER\\alice", "EXAMPLE\\\\alice", "\\alice", "EXAMPLE\\"]
    {
        assert_eq!(scene.login("imap", name, &alice.app_password), "unknown-user", "{name}");
    }
    let (_, output) = scene.site.try_enroll(&["totp", "add", "DC1$", "--name", "Phone"]);
    assert!(!output.success(), "{output}");
}

#[test]
fn renamed_people_keep_their_factors() {
    claims::renamed_people_keep_their_factors::<Samba>();
}

#[test]
fn moved_people_keep_their_factors() {
    claims::moved_people_keep_their_factors::<Samba>();
}

#[test]
fn recreated_people_have_nothing() {
    claims::recreated_people_have_nothing::<Samba>();
}

#[test]
fn an_outage_costs_nothing_but_its_time() {
    claims::an_outage_costs_nothing_but_its_time::<Samba>();
}

#[test]
fn logins_are_quick() {
    speed::logins_are_quick::<Samba>();
}
