//! Names and ids that are almost somebody's.

use monk_tests::{Slapd, SlapdOptions, World};
use monkd::directory::{Lookup, Replacement, Swapped};

use crate::setup::{
    ALICE, BOB, Host, credential, enrol_alice, enrolled, scene, slapd, used, world,
};

fn modify(slapd: &Slapd, dn: &str, changes: &str) {
    slapd.modify(&format!("dn: {dn}\nchangetype: modify\n{changes}\n"));
}

#[test]
fn an_address_that_somebody_had_once_is_not_theirs() {
    let (_world, slapd, host) = scene();
    modify(&slapd, ALICE, "add: mail;lang-de\nmail;lang-de: boss@example.org");
    assert!(matches!(host.find("boss@example.org"), Ok(Lookup::None)));
    assert_eq!(host.account("alice.example@example.org").name, "alice");
    assert_eq!(host.account("alice").mail.as_deref(), Some("alice.example@example.org"));
    // Who has it today is meant.
    modify(&slapd, BOB, "replace: mail\nmail: boss@example.org");
    assert_eq!(host.account("boss@example.org").name, "bob");
}

#[test]
fn an_alias_is_nobody() {
    let world = world();
    let slapd = slapd(&world, SlapdOptions::default());
    slapd.add(&format!(
        "dn: uid=zoe,ou=people,dc=example,dc=org\nobjectClass: alias\nobjectClass: extensibleObject\n\
         uid: zoe\nemployeeNumber: zoe\naliasedObjectName: {ALICE}\n"
    ));
    let host = Host::with(&world, &[&slapd.ldaps_uri()], "filter = \"(uid={user})\"");
    assert!(matches!(host.find("zoe"), Ok(Lookup::None)));
    assert!(matches!(host.find("alice"), Ok(Lookup::One(_))));
    let everybody = host.everybody().expect("a list");
    assert!(everybody.items.iter().all(|account| account.name != "zoe"));
}

#[test]
fn only_the_own_domain_may_stand_before_a_name() {
    let world = world();
    let slapd = slapd(&world, SlapdOptions::default());
    let host = Host::with(&world, &[&slapd.ldaps_uri()], "domain = \"EXAMPLE\"");
    for (typed, is_alice) in [
        (r"EXAMPLE\alice", true),
        (r"example\ALICE", true),
        (r"OTHER\alice", false),
        (r"EXAMPLE\EXAMPLE\alice", false),
        ("EXAMPLE/alice", false),
    ] {
        let found = host.find(typed);
        assert_eq!(matches!(&found, Ok(Lookup::One(_))), is_alice, "{typed}: {found:?}");
        assert!(is_alice || matches!(found, Ok(Lookup::None)), "{typed}: {found:?}");
    }
    assert_eq!(host.account(r"EXAMPLE\alice").name, "alice");
    assert!(matches!(Host::new(&world, &slapd).find(r"EXAMPLE\alice"), Ok(Lookup::None)));
}

#[test]
fn credentials_with_options_count_until_a_reset_removes_them() {
    let (_world, slapd, host) = enrolled(1);
    let odd = "add: monkCredential;lang-de\nmonkCredential;lang-de: {}\n-\n\
               add: monkUse;lang-de\nmonkUse;lang-de: {}";
    modify(&slapd, ALICE, odd);
    modify(&slapd, BOB, &format!("add: objectClass\nobjectClass: monkUser\n-\n{odd}"));
    for name in ["alice", "bob"] {
        let set = host.account(name).credentials.expect("they come along");
        assert!(set.has_second_factor(), "{name}");
        assert_eq!((set.unreadable_credentials, set.unreadable_uses), (1, 1), "{name}");
    }
    let alice = host.account("alice");
    let with = Replacement { credential: credential(), uses: vec![used(9)] };
    assert_eq!(host.replace(&alice, with), Ok(Swapped::Done));
    let entry = &slapd.search(ALICE, "(objectClass=*)", &["monkCredential", "monkUse"])[0];
    assert_eq!(entry.values("monkCredential;lang-de"), Vec::<String>::new());
    assert_eq!(entry.values("monkCredential"), [credential()]);
}

/// A host that knows users by an id of the server's, or of its own.
fn host_with_id(world: &World, slapd: &Slapd, attribute: &str) -> Host {
    Host::with(world, &[&slapd.ldaps_uri()], &format!("id_attribute = {attribute:?}"))
}

#[test]
fn a_stable_id_survives_a_new_name_and_a_move_and_no_other_entry_has_it() {
    let world = world();
    let slapd = slapd(&world, SlapdOptions::default());
    let host = host_with_id(&world, &slapd, "entryUUID");
    let id = host.account("bob").id;
    slapd.modify(&format!("dn: {BOB}\nchangetype: modrdn\nnewrdn: uid=robert\ndeleteoldrdn: 1\n"));
    let moved = "uid=robert,ou=people,dc=example,dc=org";
    slapd.modify(&format!(
        "dn: {moved}\nchangetype: modrdn\nnewrdn: uid=robert\ndeleteoldrdn: 1\n\
         newsuperior: ou=services,dc=example,dc=org\n"
    ));
    assert_eq!(host.account("robert").id, id);
    assert_eq!(host.has(&id), Ok(true));
    slapd.modify("dn: uid=robert,ou=services,dc=example,dc=org\nchangetype: delete\n");
    assert_eq!(host.has(&id), Ok(false));
    slapd.add(&format!("dn: {BOB}\nobjectClass: inetOrgPerson\ncn: Bob\nsn: Example\n"));
    assert_ne!(host.account("bob").id, id);
}

#[test]
fn a_binary_id_of_active_directory_is_its_guid_as_text() {
    let world = world();
    let slapd = slapd(&world, SlapdOptions::default());
    slapd.add(
        "dn: cn=guid,cn=schema,cn=config\nobjectClass: olcSchemaConfig\ncn: guid\n\
         olcAttributeTypes: ( 1.2.840.113556.1.4.2 NAME 'objectGUID' EQUALITY octetStringMatch\n  \
         SYNTAX 1.3.6.1.4.1.1466.115.121.1.40 )\n\
         olcObjectClasses: ( 1.2.840.113556.1.5.9 NAME 'guidObject' SUP top AUXILIARY\n  \
         MAY objectGUID )\n",
    );
    modify(
        &slapd,
        ALICE,
        "add: objectClass\nobjectClass: guidObject\n-\n\
         add: objectGUID\nobjectGUID:: rk8d+Ox90BGnZQCgyR5r9g==",
    );
    enrol_alice(&slapd, 1);
    let host = host_with_id(&world, &slapd, "objectGUID");
    let alice = host.account("alice");
    assert_eq!(alice.id, "f81d4fae-7dec-11d0-a765-00a0c91e6bf6");
    assert_eq!(host.has(&alice.id), Ok(true));
    assert_eq!(host.has("f81d4fae-7dec-11d0-a765-00a0c91e6bf7"), Ok(false));
    // A second value makes it nobody's.
    modify(&slapd, ALICE, "add: objectGUID\nobjectGUID:: AAECAwQFBgcICQoLDA0ODw==");
    let message = host.find("alice").expect_err("two ids").to_string();
    assert!(message.contains("shows 2 values of objectGUID"), "{message}");
}
