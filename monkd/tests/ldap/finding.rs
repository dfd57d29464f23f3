//! Who is meant by a login name.

use monk_tests::{Slapd, SlapdOptions};
use monkd::directory::Lookup;
use monkd::outage::Outage;

use crate::setup::{
    ALICE, BOB, Host, credential, enrol_alice, enrolled, scene, slapd, used, world,
};

#[test]
fn a_user_is_found_by_login_name_and_by_mail_address_in_any_case() {
    let (_world, slapd, host) = scene();
    let id = &slapd.search(ALICE, "(uid=alice)", &["employeeNumber"])[0].value("employeeNumber");
    for name in ["alice", "ALICE", "alice.example@example.org"] {
        let account = host.account(name);
        assert_eq!(Some(&account.id), id.as_ref());
        assert_eq!(account.name, "alice");
        assert_eq!(account.mail.as_deref(), Some("alice.example@example.org"));
        assert_eq!(account.locator, ALICE);
        assert!(!account.credentials.expect("they come along").has_second_factor());
    }
}

#[test]
fn nobody_is_found_by_a_name_that_nobody_has() {
    let (_world, _slapd, host) = scene();
    for name in ["carol", "alic", "alicee", "Alice Example", "monk-check"] {
        assert!(matches!(host.find(name), Ok(Lookup::None)), "{name}");
    }
}

/// Login names that are filters, DNs, or both.
const ODD_NAMES: [&str; 20] = [
    "*",
    "al*",
    "*)(uid=*",
    "alice)(objectClass=*",
    "alice)(|(uid=*",
    "*))(|(uid=*",
    "(uid=alice)",
    "&(uid=alice)",
    r"\2a",
    r"ali\63e",
    r"\",
    "alice,ou=people,dc=example,dc=org",
    "uid=alice,ou=people,dc=example,dc=org",
    "alice+cn=Alice",
    "\"alice\"",
    "#alice",
    "<alice>;=",
    "alice\u{0}",
    "älice",
    "{user}",
];

#[test]
fn a_name_full_of_metacharacters_finds_nobody_or_the_user_of_that_very_name() {
    let (_world, slapd, host) = scene();
    for name in ODD_NAMES {
        let found = host.find(name);
        assert!(matches!(found, Ok(Lookup::None)), "{name:?}: {found:?}");
    }

    let odd = r##"a*b(c)\d,e=f+g"h;i<j>#"##;
    slapd.add(&format!(
        "dn: cn=odd\\,name\\+\\\"x\\\"\\\\,ou=people,dc=example,dc=org\n\
         objectClass: inetOrgPerson\nuid: {odd}\nsn: Odd\nemployeeNumber: odd\nuserPassword: odd-secret\n"
    ));
    let account = host.account(odd);
    assert_eq!(account.name, odd);
    let answers =
        ["odd-secret", "wrong"].map(|password| host.check(Some(&account), password).unwrap());
    assert_eq!(
        answers,
        [
            monkd::directory::Answer::Right(monkd::directory::Advice::Nothing),
            monkd::directory::Answer::Wrong
        ]
    );
}

#[test]
fn a_name_that_two_users_have_says_nobody() {
    let world = world();
    let slapd = slapd(&world, SlapdOptions::default());
    slapd.modify(&format!("dn: {BOB}\nchangetype: modify\nadd: uid\nuid: alice\n"));
    let host = Host::new(&world, &slapd);
    assert!(matches!(host.find("alice"), Ok(Lookup::Several)));
    slapd.modify(&format!("dn: {BOB}\nchangetype: modify\nadd: uid\nuid: third\n"));
    for number in 0..5 {
        slapd.add(&format!(
            "dn: uid=x{number},ou=people,dc=example,dc=org\nobjectClass: inetOrgPerson\n\
             cn: X\nsn: X\nmail: many@example.org\n"
        ));
    }
    assert!(matches!(host.find("many@example.org"), Ok(Lookup::Several)));
    assert_eq!(host.account("bob").name, "bob", "the name that was typed");
}

#[test]
fn the_settings_say_which_entries_and_attributes_are_meant() {
    let world = world();
    let slapd = slapd(&world, SlapdOptions::default());
    let more = "base = \"ou=people,dc=example,dc=org\"\nscope = \"one\"\nfilter = \"(sn={user})\"\n\
                name_attribute = \"CN\"\nmail_attribute = \"labeledURI\"\n";
    let host = Host::with(&world, &[&slapd.ldaps_uri()], more);
    slapd.modify(&format!("dn: {ALICE}\nchangetype: modify\nreplace: sn\nsn: Wonder\n"));
    let account = host.account("wonder");
    assert_eq!((account.name.as_str(), account.mail), ("Alice", None));

    let more = "base = \"dc=example,dc=org\"\nscope = \"one\"\n";
    let host = Host::with(&world, &[&slapd.ldaps_uri()], more);
    assert!(matches!(host.find("alice"), Ok(Lookup::None)), "alice is two levels below");
}

#[test]
fn an_entry_without_exactly_one_stable_id_is_an_outage_with_the_reason() {
    let world = world();
    let slapd = slapd(&world, SlapdOptions::default());
    for (attribute, reason) in [
        ("nsUniqueId", "shows no nsUniqueId"),
        ("description", "shows 2 values of description, and monk needs one"),
    ] {
        slapd.modify(&format!(
            "dn: {ALICE}\nchangetype: modify\nreplace: description\ndescription: a\ndescription: b\n"
        ));
        let more = format!("id_attribute = {attribute:?}");
        let host = Host::with(&world, &[&slapd.ldaps_uri()], &more);
        let message = host.find("alice").expect_err("no id").to_string();
        assert!(message.contains(reason), "{message}");
    }
}

#[test]
fn what_is_enrolled_comes_along_and_unreadable_values_still_count() {
    let (_world, slapd, host) = enrolled(41);
    let set = host.account("alice").credentials.expect("they come along");
    assert_eq!(set.credentials[0].raw, credential());
    assert_eq!(set.uses[0].raw, used(41));
    assert_eq!((set.unreadable_credentials, set.unreadable_uses), (0, 0));

    // Not UTF-8, in base 64: the other values of the attribute stay readable.
    let odd = "dn: uid=alice,ou=people,dc=example,dc=org\nchangetype: modify\n\
               add: monkCredential\nmonkCredential:: //4=\n-\nadd: monkUse\nmonkUse:: gA==\n";
    slapd.modify(odd);
    let set = host.account("alice").credentials.expect("they come along");
    assert_eq!((set.credentials.len(), set.unreadable_credentials), (1, 1));
    assert_eq!((set.uses.len(), set.unreadable_uses), (1, 1));

    slapd.modify(&format!(
        "dn: {BOB}\nchangetype: modify\nadd: objectClass\nobjectClass: monkUser\n-\n\
         add: monkCredential\nmonkCredential:: //4=\n"
    ));
    let set = host.account("bob").credentials.expect("they come along");
    assert_eq!((set.credentials.len(), set.unreadable_credentials), (0, 1));
    assert!(set.has_second_factor());
}

#[test]
fn a_value_copied_to_another_entry_is_there_and_unusable() {
    let world = world();
    let slapd = slapd(&world, SlapdOptions::default());
    enrol_alice(&slapd, 41);
    slapd.modify(&format!(
        "dn: {BOB}\nchangetype: modify\nadd: objectClass\nobjectClass: monkUser\n-\n\
         add: monkCredential\nmonkCredential: {}\n",
        credential()
    ));
    let host = Host::new(&world, &slapd);
    let set = host.account("bob").credentials.expect("they come along");
    assert_eq!((set.credentials.len(), set.unreadable_credentials), (0, 1));
    assert!(set.altered > 0 && set.has_second_factor());
}

#[test]
fn hidden_credentials_never_look_like_none() {
    let (_world, slapd, host) = enrolled(41);
    let rule = |rule: &str| {
        slapd.modify(&format!(
            "dn: olcDatabase={{1}}mdb,cn=config\nchangetype: modify\nadd: olcAccess\n\
             olcAccess: {{0}}{rule}\n"
        ));
    };
    rule("to attrs=monkCredential by * none");
    let set = host.account("alice").credentials.expect("they come along");
    assert_eq!((set.credentials.len(), set.uses.len(), set.unreadable_credentials), (0, 1, 1));
    rule("to attrs=monkUse by * none");
    let account = host.account("alice");
    assert!(account.credentials.as_ref().expect("they come along").has_second_factor());
    assert!(host.load(&account).expect("it answers").has_second_factor());
    assert!(!host.account("bob").credentials.expect("they come along").has_second_factor());

    rule(
        "to attrs=objectClass val=monkUser by dn.base=\"cn=monk-check,ou=services,dc=example,dc=org\" search by * break",
    );
    rule(
        "to attrs=objectClass by dn.base=\"cn=monk-check,ou=services,dc=example,dc=org\" search by * break",
    );
    assert!(matches!(host.find("alice"), Err(Outage::Refused(_))), "no class is shown at all");
}

#[test]
fn a_directory_that_keeps_no_credentials_says_nothing_of_them() {
    let world = world();
    let slapd = slapd(&world, SlapdOptions::default());
    enrol_alice(&slapd, 41);
    let host = Host::new(&world, &slapd).without_credentials();
    assert!(host.account("alice").credentials.is_none());
}

#[test]
fn everybody_is_listed_and_so_is_who_has_enrolled() {
    let (_world, _slapd, host) = enrolled(1);
    let everybody = host.everybody().expect("a list");
    let mut names: Vec<_> = everybody.items.iter().map(|user| user.name.as_str()).collect();
    names.sort_unstable();
    assert_eq!((names, everybody.complete), (vec!["alice", "bob"], true));
    let enrolled = host.enrolled().expect("a list");
    let found: Vec<_> =
        enrolled.items.iter().map(|user| (user.name.as_str(), user.hidden)).collect();
    assert_eq!((found, enrolled.complete), (vec![("alice", false)], true));
    assert_eq!(enrolled.items[0].set.credentials.len(), 1);
    assert_eq!(host.has(&enrolled.items[0].id), Ok(true));
    assert_eq!(host.has("nobody*"), Ok(false));
}

#[test]
fn a_referral_or_a_limit_of_the_server_is_an_outage() {
    let world = world();
    let slapd = slapd(&world, SlapdOptions::default());
    slapd.add(
        "dn: ou=elsewhere,dc=example,dc=org\nobjectClass: referral\n\
         objectClass: extensibleObject\nref: ldap://other.example.org/ou=x\n",
    );
    let host = Host::new(&world, &slapd);
    assert!(matches!(host.find("alice"), Ok(Lookup::One(_))), "she is not elsewhere");
    let nobody = host.find("nobody");
    assert!(
        matches!(&nobody, Err(Outage::Unclear(why)) if why.contains("other.example.org")),
        "{nobody:?}"
    );
    let more = "base = \"ou=elsewhere,dc=example,dc=org\"";
    let elsewhere = Host::with(&world, &[&slapd.ldaps_uri()], more);
    assert!(matches!(elsewhere.find("alice"), Err(Outage::Unclear(_))), "a referral");
    let more = "base = \"ou=nowhere,dc=example,dc=org\"";
    let nowhere = Host::with(&world, &[&slapd.ldaps_uri()], more);
    assert!(matches!(nowhere.find("alice"), Err(Outage::Refused(_))), "no such base");

    let people = "base = \"ou=people,dc=example,dc=org\"\nfilter = \"(sn={user})\"";
    let people = Host::with(&world, &[&slapd.ldaps_uri()], people);
    assert!(matches!(people.find("example"), Ok(Lookup::Several)));
    limit_searches_to_one_entry(&slapd);
    let people_again = people.find("example");
    assert!(matches!(people_again, Err(Outage::Unclear(_))), "{people_again:?}");
}

fn limit_searches_to_one_entry(slapd: &Slapd) {
    slapd.modify(
        "dn: olcDatabase={1}mdb,cn=config\nchangetype: modify\nreplace: olcLimits\n\
         olcLimits: dn.exact=\"cn=monk-check,ou=services,dc=example,dc=org\" size=1\n",
    );
}
