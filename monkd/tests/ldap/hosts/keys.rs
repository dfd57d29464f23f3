//! Public keys in the entries of users.

use monkd::outage::Outage;

use super::{Asked, host, modify, scene};
use crate::setup::{ALICE, BOB};

const KEY: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGVl alice@example.org";

#[test]
fn the_keys_of_a_user_are_the_lines_of_one_attribute() {
    let (world, slapd, asked) = scene("");
    let with_options = format!("restrict,command=\"/bin/true\" {KEY}");
    modify(
        &slapd,
        ALICE,
        &format!(
            "add: objectClass\nobjectClass: ldapPublicKey\n-\nadd: sshPublicKey\nsshPublicKey: {KEY}\n\
             sshPublicKey: {with_options}\nsshPublicKey:: c3NoLXJzYSBBCnNzaC1yc2EgQgo="
        ),
    );
    assert_eq!(asked.keys("alice"), Ok(vec![with_options, KEY.to_owned()]), "two lines are none");
    assert_eq!(asked.keys("bob"), Ok(vec![]));
    let off = host(&world, &slapd, "names = { ssh_key_attribute = \"\" }");
    assert_eq!(off.keys("alice"), Ok(vec![]));
    let other = host(&world, &slapd, "names = { ssh_key_attribute = \"employeeNumber\" }");
    assert_eq!(other.keys("bob"), Ok(vec!["bob".to_owned()]));
}

#[test]
fn an_entry_that_has_become_somebody_elses_has_no_keys_for_its_former_owner() {
    let (_world, slapd, asked) = scene("");
    let bob = asked.account("bob");
    modify(&slapd, BOB, "replace: employeeNumber\nemployeeNumber: robert");
    let keys = asked.wait(asked.start(|ldap| async move {
        use monkd::directory::Directory;
        ldap.ssh_keys(&bob, super::soon()).await
    }));
    assert!(matches!(keys, Err(Outage::Unclear(_))), "{keys:?}");
}
