//! Hidden is not absent: whatever the access rules hide, nobody looks as if nothing were enrolled.

use monk_tests::Slapd;
use monkd::directory::Swapped;
use monkd::outage::Outage;

use super::{BASE, Host, SENTINEL, alice, enrolled, enrolment, user};
use crate::setup::{CHECK, ENROL};

/// Lets the accounts of monk do what the rules say, and nothing else.
#[track_caller]
fn set_rules(slapd: &Slapd, rules: &[String]) {
    let all: String = rules.iter().map(|rule| format!("olcAccess: {rule}\n")).collect();
    slapd.modify(&format!(
        "dn: olcDatabase={{1}}mdb,cn=config\nchangetype: modify\nreplace: olcAccess\n\
         olcAccess: to * by dn.exact=gidNumber=0+uidNumber=0,cn=peercred,cn=external,cn=auth manage by * break\n\
         olcAccess: to attrs=userPassword by anonymous auth by * none\n{all}"
    ));
}

fn everything() -> String {
    format!("to * by dn.exact=\"{ENROL}\" write by dn.exact=\"{CHECK}\" read by * none")
}

#[test]
fn who_may_not_see_it_hears_of_an_outage_and_not_of_nothing() {
    let (world, slapd, host) = enrolled(1);
    let checking = Host::checking(&world, &[&slapd.ldaps_uri()], "");
    let nobody = user("nobody", "nobody");
    let none = "by * none";
    let hidden = [
        ("everything", format!("to * {none}")),
        ("the base and what is below", format!("to dn.subtree=\"{BASE}\" {none}")),
        ("what is below the base", format!("to dn.children=\"{BASE}\" {none}")),
        ("entries by their class", format!("to filter=(objectClass=monkCredentials) {none}")),
        ("entries with something in them", format!("to filter=(objectClass=monkUser) {none}")),
        ("entries with a credential", format!("to filter=(monkCredential=*) {none}")),
        ("the classes", format!("to attrs=objectClass {none}")),
        ("the mark", format!("to attrs=objectClass val=monkUser {none}")),
        ("credentials", format!("to attrs=monkCredential {none}")),
        ("uses", format!("to attrs=monkUse {none}")),
        ("both", format!("to attrs=monkCredential,monkUse {none}")),
        ("the owner", format!("to attrs=monkOwner {none}")),
    ];
    for (what, rule) in hidden {
        set_rules(&slapd, &[rule, everything()]);
        for host in [&host, &checking] {
            match host.load(&alice()) {
                Ok(set) => assert!(set.has_second_factor(), "{what}: {set:?}"),
                Err(outage) => {
                    let is_named = matches!(outage, Outage::Refused(_) | Outage::Unclear(_));
                    assert!(is_named, "{what}: {outage}");
                }
            }
        }
        // Nothing is certain of others either, except where nothing of theirs is hidden.
        let is_blank = checking.load(&nobody).map(|set| set.is_blank());
        assert_eq!(is_blank.ok(), (what == "the owner").then_some(true), "{what}");
        match checking.enrolled() {
            Ok(listed) if listed.complete => {
                assert!(listed.items.iter().any(|one| one.set.has_second_factor()), "{what}");
            }
            Ok(_) | Err(_) => {}
        }
    }
    set_rules(&slapd, &[everything()]);
    assert_eq!(checking.load(&alice()).expect("it answers").credentials.len(), 1);
    assert!(checking.load(&nobody).expect("it answers").is_blank());
}

#[test]
fn without_its_sentinel_a_store_believes_in_nobodys_absence() {
    let (_world, slapd, host) = enrolled(1);
    let nobody = user("nobody", "nobody");
    for (what, change, back) in [
        (
            "a use",
            "changetype: modify\ndelete: monkUse",
            "changetype: modify\nadd: monkUse\nmonkUse: sentinel",
        ),
        (
            "a credential",
            "changetype: modify\ndelete: monkCredential",
            "changetype: modify\nadd: monkCredential\nmonkCredential: sentinel",
        ),
        (
            "the class",
            "changetype: modify\ndelete: monkCredential\n-\ndelete: monkUse\n-\ndelete: objectClass\n\
             objectClass: monkUser",
            "changetype: modify\nadd: objectClass\nobjectClass: monkUser\n-\nadd: monkCredential\n\
             monkCredential: sentinel\n-\nadd: monkUse\nmonkUse: sentinel",
        ),
        ("all", "changetype: delete", ""),
    ] {
        slapd.modify(&format!("dn: {SENTINEL}\n{change}\n"));
        let outage = host.load(&nobody).expect_err(what);
        assert!(matches!(outage, Outage::Refused(_)), "{what}: {outage:?}");
        assert!(outage.to_string().contains("store.ldif"), "{what}: {outage}");
        let outage = host.change(&nobody, enrolment(1)).expect_err(what);
        assert!(matches!(outage, Outage::Refused(_)), "{what}: {outage:?}");
        // Who shows something needs no sentinel.
        assert_eq!(host.load(&alice()).expect("it answers").credentials.len(), 1, "{what}");
        assert!(!host.enrolled().expect("it answers").complete, "{what}");
        if !back.is_empty() {
            slapd.modify(&format!("dn: {SENTINEL}\n{back}\n"));
            assert!(host.load(&nobody).expect("it answers").is_blank(), "{what}");
        }
    }
}

#[test]
fn a_base_that_is_not_there_is_an_outage() {
    let (_world, slapd, host) = enrolled(1);
    let mut entries = slapd.search(BASE, "(objectClass=*)", &["cn"]);
    entries.reverse();
    for entry in entries {
        slapd.modify(&format!("dn: {}\nchangetype: delete\n", entry.dn));
    }
    for person in [alice(), user("nobody", "nobody")] {
        assert!(matches!(host.load(&person), Err(Outage::Refused(_))));
        assert!(matches!(host.change(&person, enrolment(1)), Err(Outage::Refused(_))));
    }
    assert!(host.enrolled().is_err());
}

/// One entry is hidden and the sentinel is not. Nobody can know that before the entry is added; then it is
/// told as what it is, and nothing is overwritten.
#[test]
fn an_entry_that_is_hidden_from_who_enrols_is_not_made_again() {
    let (_world, slapd, host) = enrolled(1);
    let dn = slapd.search(BASE, "(monkOwner=alice)", &["cn"])[0].dn.clone();
    set_rules(&slapd, &[format!("to dn.base=\"{dn}\" by * none"), everything()]);
    let outage = host.change(&alice(), enrolment(2)).expect_err("it is there");
    assert!(outage.to_string().contains("does not see it"), "{outage}");
    assert!(matches!(outage, Outage::Refused(_)), "{outage:?}");
    set_rules(&slapd, &[everything()]);
    assert_eq!(host.load(&alice()).expect("it answers").credentials.len(), 1);
    assert_eq!(host.spend(&alice(), crate::setup::swap(1, 2)), Ok(Swapped::Done));
}
