//! The access rules as they are shipped.

use monk_core::credential::Change;
use monk_tests::{Output, Status, World};
use monkd::directory::Swapped;
use monkd::outage::Outage;

use super::{BASE, Host, alice, enrolled, enrolment, reset_of, stored, user};
use crate::setup::{ALICE, CHECK, credential, credential_of, swap, used};

/// LDAP's insufficientAccessRights and noSuchObject, which are also exit statuses of the commands.
const REFUSED: Status = Status::Code(50);
const NOT_THERE: Status = Status::Code(32);

fn ldap(
    world: &World,
    program: &str,
    who: (&str, &str),
    arguments: &[&str],
    input: &str,
) -> Output {
    world.write("/root/secret", who.1, 0o600);
    let command = world.command(program).args(["-H", "ldaps://ldap.example.org", "-x"]);
    let command =
        if who.0.is_empty() { command } else { command.args(["-D", who.0, "-y", "/root/secret"]) };
    let command = command.args(arguments).stdin(input);
    command.env("LDAPTLS_CACERT", &world.certificates().authority).run()
}

#[test]
fn a_checking_host_reads_all_writes_uses_and_makes_no_entry() {
    let (world, slapd, _enrolling) = enrolled(1);
    let host = Host::checking(&world, &[&slapd.ldaps_uri()], "");
    assert_eq!(host.load(&alice()).expect("it answers").credentials.len(), 1);
    assert!(host.load(&user("bob", "bob")).expect("it answers").is_blank());
    assert_eq!(host.spend(&alice(), swap(1, 2)), Ok(Swapped::Done));
    let second = credential_of("alice", "00000000000000ee");
    for change in [
        Change { add_credentials: vec![second], ..Change::default() },
        Change { remove_credentials: vec![credential()], ..Change::default() },
    ] {
        let outage = host.plan_and_change(&alice(), change).expect_err("not allowed");
        assert!(matches!(outage, Outage::Refused(_)), "{outage:?}");
        assert!(outage.to_string().contains("access rules"), "{outage}");
    }
    let bob = user("bob", "bob");
    assert!(matches!(host.plan_and_change(&bob, enrolment(1)), Err(Outage::Refused(_))));
    assert!(matches!(host.replace(&bob, reset_of("bob")), Err(Outage::Refused(_))));
    assert_eq!(stored(&slapd, "bob"), None);
    let dn = slapd.search(BASE, "(monkOwner=alice)", &["cn"])[0].dn.clone();
    let who = (CHECK, "check-secret");
    for change in [
        "delete: monkCredential",
        "replace: monkOwner\nmonkOwner: bob",
        "add: description\ndescription: x",
    ] {
        let input = format!("dn: {dn}\nchangetype: modify\n{change}\n");
        assert_eq!(ldap(&world, "ldapmodify", who, &[], &input).status, REFUSED, "{change}");
    }
    assert_eq!(ldap(&world, "ldapdelete", who, &[&dn], "").status, REFUSED);
    assert_eq!(stored(&slapd, "alice"), Some((true, vec![credential()], vec![used(2)])));
}

/// 389 Directory Server may say insufficientAccessRights to somebody who was overtaken.
#[test]
fn a_missing_right_in_the_store_is_a_conflict_only_where_the_value_has_gone() {
    let (_world, slapd, host) = enrolled(1);
    slapd.modify(
        "dn: olcDatabase={1}mdb,cn=config\nchangetype: modify\nreplace: olcAccess\n\
         olcAccess: to * by * read\n",
    );
    let outage = host.spend(&alice(), swap(1, 2)).expect_err("no right to write");
    assert!(matches!(&outage, Outage::Refused(why) if why.contains("write access")), "{outage}");
    assert_eq!(host.spend(&alice(), swap(7, 8)), Ok(Swapped::Conflict), "7 is not there");
    assert_eq!(stored(&slapd, "alice"), Some((true, vec![credential()], vec![used(1)])));
}

#[test]
fn nobody_else_sees_or_changes_anything_there() {
    let (world, slapd, _host) = enrolled(1);
    let dn = slapd.search(BASE, "(monkOwner=alice)", &["cn"])[0].dn.clone();
    for who in [("", ""), (ALICE, "alice-secret")] {
        let search = |base: &str| {
            ldap(&world, "ldapsearch", who, &["-LLL", "-b", base, "(objectClass=*)", "*"], "")
        };
        for base in [BASE, &dn] {
            let seen = search(base);
            assert_eq!((seen.status, seen.stdout.as_str()), (NOT_THERE, ""), "{who:?} {base}");
        }
        let all = search("dc=example,dc=org").stdout;
        assert!(!all.contains("monk") || !all.contains("monkOwner"), "{all}");
        let input = format!("dn: {dn}\nchangetype: modify\nreplace: monkUse\nmonkUse: x\n");
        let status = ldap(&world, "ldapmodify", who, &[], &input).status;
        assert!(![Status::Code(0)].contains(&status), "{who:?}");
    }
    assert_eq!(stored(&slapd, "alice"), Some((true, vec![credential()], vec![used(1)])));
}
