//! Groups with members by name and by DN, in each other, and of a user.

use super::{Asked, GROUPS, PEOPLE, group, members, modify, person, scene};
use crate::setup::{ALICE, BOB};

#[test]
fn members_by_name_are_as_the_group_spells_them() {
    let (_world, slapd, host) = scene("");
    slapd.add(&person("carol", 5001));
    slapd.add(&format!(
        "dn: cn=staff,{GROUPS}\nobjectClass: posixGroup\ncn: staff\ngidNumber: 6000\n\
         memberUid: carol\nmemberUid: Gone\nmemberUid: a:b\n\n\
         dn: cn=others,{GROUPS}\nobjectClass: posixGroup\ncn: others\ngidNumber: 6001\nmemberUid: dora\n\n\
         dn: cn=users,{GROUPS}\nobjectClass: posixGroup\ncn: users\ngidNumber: 5000\n"
    ));
    assert_eq!(members(host.group("staff")), ["Gone", "carol"]);
    assert_eq!(members(host.group_of(5000)), Vec::<String>::new());
    assert_eq!(host.groups_of("carol"), Ok(vec![5000, 6000]));
    assert_eq!(host.group("Staff"), Ok(None), "another spelling");
    assert_eq!(host.group("carol"), Ok(None), "a user");
    assert_eq!(host.group_of(5001), Ok(None), "a uid");
    assert_eq!(host.groups().expect("a list").items.len(), 3);
}

#[test]
fn members_by_dn_have_their_users_own_spelling() {
    let (_world, slapd, host) = scene("");
    for (name, uid) in [("Carol", 5001), ("dora", 5002), ("Doe, Jane+x", 5003)] {
        slapd.add(
            &person(&name.replace(',', "\\,").replace('+', "\\+"), uid)
                .replace("uid: Doe\\, Jane\\+x", "uid: jane"),
        );
    }
    slapd.add(&format!(
        "dn: cn=Egon Example,{PEOPLE}\nobjectClass: inetOrgPerson\nobjectClass: posixAccount\n\
         cn: Egon Example\nsn: Example\nuid: egon\nemployeeNumber: egon\nuidNumber: 5004\n\
         gidNumber: 5000\nhomeDirectory: /home/egon\n"
    ));
    slapd.add(&group(
        "staff",
        6000,
        &[
            &format!("UID=carol, OU=People,{}", "dc=example,dc=org"),
            &format!("cn=egon example,{PEOPLE}"),
            &format!("uid=Doe\\2c Jane\\2bx,{PEOPLE}"),
            // Nobody, one without a uid, and a name that somebody has elsewhere.
            "cn=nobody",
            ALICE,
            "uid=dora,ou=elsewhere,dc=example,dc=org",
        ],
    ));
    assert_eq!(members(host.group_of(6000)), ["Carol", "egon", "jane"]);
    assert_eq!(host.groups_of("egon"), Ok(vec![6000]));
    assert_eq!(host.groups_of("dora"), Ok(vec![]));
    // Both kinds at once.
    modify(
        &slapd,
        &format!("cn=staff,{GROUPS}"),
        "add: memberUid\nmemberUid: dora\nmemberUid: egon",
    );
    assert_eq!(members(host.group("staff")), ["Carol", "dora", "egon", "jane"]);
    assert_eq!(host.groups_of("dora"), Ok(vec![6000]));
}

/// A server that keeps names of entries as DNs gives them back in its own spelling. Others give back what was written.
#[test]
fn members_are_known_however_a_group_spells_their_names() {
    let (world, slapd, _) = scene("");
    for (name, uid) in [("carol", 5001), ("dora", 5002), ("egon", 5003), ("fred", 5004)] {
        slapd.add(&person(name, uid));
    }
    slapd.add(&format!(
        "dn: cn=Gerd  Doe+uid=gerd,{PEOPLE}\nobjectClass: inetOrgPerson\nobjectClass: posixAccount\ncn: Gerd  Doe\n\
         sn: Doe\nuid: gerd\nemployeeNumber: gerd\nuidNumber: 5005\ngidNumber: 5000\nhomeDirectory: /home/gerd\n\n\
         dn: ou=elsewhere,dc=example,dc=org\nobjectClass: organizationalUnit\nou: elsewhere\n\n\
         dn: uid=fred,ou=elsewhere,dc=example,dc=org\nobjectClass: account\nuid: fred\n\n\
         dn: cn=staff,{GROUPS}\nobjectClass: organizationalRole\nobjectClass: bisGroup\nobjectClass: textGroup\n\
         cn: staff\ngidNumber: 6000\n\
         textMember: userid=carol,{PEOPLE}\n\
         textMember: 0.9.2342.19200300.100.1.1=dora,{PEOPLE}\n\
         textMember: uid=egon,organizationalUnitName=people,dc=example,dc=org\n\
         textMember: uid=gerd+cn=gerd doe,{PEOPLE}\n\
         textMember: uid=fred,organizationalUnitName=elsewhere,dc=example,dc=org\n"
    ));
    let host = super::host(&world, &slapd, "group_filter = \"(textMember={dn})\"");
    assert_eq!(members(host.group("staff")), ["carol", "dora", "egon", "gerd"]);
}

#[test]
fn groups_in_groups_count_as_the_settings_say() {
    let (world, slapd, _) = scene("");
    for (name, uid) in [("carol", 5001), ("dora", 5002)] {
        slapd.add(&person(name, uid));
    }
    let dn = |name: &str| format!("cn={name},{GROUPS}");
    // carol is in team, that in staff, that in `all`, and that in team again. Between them is a group that has no gid.
    slapd.add(&format!(
        "{}{}dn: {}\nobjectClass: groupOfNames\ncn: between\nmember: {}\n\n{}dn: {}\n\
         objectClass: posixGroup\ncn: users\ngidNumber: 5000\nmemberUid: zoe\n\n{}",
        group("team", 6000, &[&format!("uid=carol,{PEOPLE}"), &dn("all")]),
        group("staff", 6001, &[&dn("team"), &format!("uid=dora,{PEOPLE}")]),
        dn("between"),
        dn("staff"),
        group("all", 6002, &[&dn("between")]),
        dn("users"),
        group("everybody", 6003, &[&dn("users")]),
    ));
    for (more, carols, of_all, of_everybody) in [
        ("", vec![5000, 6000], vec![], vec![]),
        ("nested_groups = 1", vec![5000, 6000, 6001, 6003], vec![], vec!["zoe"]),
        ("nested_groups = 2", vec![5000, 6000, 6001, 6003], vec!["dora"], vec!["zoe"]),
        (
            "nested_groups = 3",
            vec![5000, 6000, 6001, 6002, 6003],
            vec!["carol", "dora"],
            vec!["zoe"],
        ),
        (
            "nested_groups = \"server\"",
            vec![5000, 6000, 6001, 6002, 6003],
            vec!["carol", "dora"],
            vec!["zoe"],
        ),
    ] {
        let host = super::host(&world, &slapd, more);
        assert_eq!(host.groups_of("carol"), Ok(carols), "{more}");
        assert_eq!(members(host.group("all")), of_all, "{more}");
        assert_eq!(members(host.group("everybody")), of_everybody, "{more}");
    }
}

#[test]
fn a_group_of_several_names_has_each_of_them_and_the_least_name_has_a_shared_number() {
    let (_world, slapd, host) = scene("");
    slapd.add(&group("staff", 6000, &[BOB]));
    modify(&slapd, &format!("cn=staff,{GROUPS}"), "add: cn\ncn: Crew");
    slapd.add(&group("Boats", 6000, &[ALICE]));
    for name in ["staff", "Crew", "Boats"] {
        let group = host.group(name).expect("an answer").expect("a group");
        assert_eq!((group.name.as_str(), group.gid), (name, 6000));
    }
    assert_eq!(host.group("crew"), Ok(None));
    assert_eq!(host.group_of(6000).expect("an answer").expect("a group").name, "Boats");
}

#[test]
fn groups_are_below_the_base_of_people_where_no_other_place_is_named() {
    let (world, slapd, _) = scene("");
    slapd.add(&person("carol", 5001));
    slapd.add(&group("staff", 6000, &[&format!("uid=carol,{PEOPLE}")]));
    let host = crate::setup::Host::with(&world, &[&slapd.ldaps_uri()], "");
    assert_eq!(members(host.group("staff")), ["carol"]);
    assert_eq!(
        host.groups_of("carol"),
        Ok(vec![6000]),
        "a primary group that is not there is no matter"
    );
    assert_eq!(host.group_of(5000), Ok(None));
    let groups = host.groups().expect("a list");
    assert!(groups.complete);
    assert_eq!(groups.items.len(), 1, "people are no groups");
}
