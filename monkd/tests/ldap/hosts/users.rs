//! Users, by name and by number.

use monkd::directory::names::Ageing;
use monkd::outage::Outage;

use super::{Asked, PEOPLE, modify, person, scene};
use crate::setup::Host;

#[test]
fn a_user_is_found_by_name_and_by_uid() {
    let (_world, slapd, host) = scene("");
    slapd.add(&person("carol", 5001));
    let carol = host.user("carol").expect("an answer").expect("a user");
    assert_eq!((carol.uid, carol.gid), (5001, 5000));
    assert_eq!((carol.id.as_str(), carol.gecos.as_str()), ("carol", "carol"));
    assert_eq!((carol.home.as_deref(), carol.shell.as_deref()), (Some("/home/carol"), None));
    assert_eq!(carol.locator, format!("uid=carol,{PEOPLE}"));
    assert_eq!(host.user_of(5001), Ok(Some(carol)));
    assert_eq!(host.user_of(5002), Ok(None));

    let dn = format!("uid=carol,{PEOPLE}");
    modify(
        &slapd,
        &dn,
        "add: objectClass\nobjectClass: shadowAccount\n-\nadd: loginShell\nloginShell: /bin/zsh\n-\n\
         add: gecos\ngecos: Carol C.\n-\nadd: shadowLastChange\nshadowLastChange: 19000\n-\n\
         add: shadowMax\nshadowMax: 90\n-\nadd: shadowWarning\nshadowWarning: 7\n-\n\
         replace: uidNumber\nuidNumber: 4294967294",
    );
    let carol = host.user_of(4_294_967_294).expect("an answer").expect("a user");
    assert_eq!((carol.name.as_str(), carol.gecos.as_str()), ("carol", "Carol C."));
    assert_eq!(carol.shell.as_deref(), Some("/bin/zsh"));
    let ageing = Ageing {
        last_change: Some(19000),
        maximum: Some(90),
        warning: Some(7),
        ..Ageing::default()
    };
    assert_eq!(carol.ageing, ageing);
    assert_eq!(host.user_of(5001), Ok(None), "the old number is nobody's");
}

#[test]
fn only_the_directorys_own_spelling_is_a_name() {
    let (_world, slapd, host) = scene("");
    slapd.add(&person("Zoë", 5001).replace("/home/Zoë", "/home/zoe"));
    slapd.add(&person("1234", 5002));
    slapd.add(&person("a*b", 5003));
    for (name, is_found) in [
        ("Zoë", true),
        ("zoë", false),
        ("ZOË", false),
        (" Zoë", false),
        ("1234", true),
        ("a*b", true),
        ("a*", false),
        ("*", false),
        ("Zoë)(uid=*", false),
        // A user of the directory without a uid.
        ("alice", false),
        ("alice.example@example.org", false),
        ("", false),
    ] {
        let found = host.user(name).expect("an answer").map(|user| user.name);
        assert_eq!(found.as_deref(), is_found.then_some(name), "{name:?}");
    }
}

#[test]
fn an_entry_without_a_number_that_is_an_id_is_no_user() {
    let (_world, slapd, host) = scene("");
    slapd.add(&person("carol", 5001));
    for number in ["-1", "4294967295", "4294967296", "99999999999999999999"] {
        modify(
            &slapd,
            &format!("uid=carol,{PEOPLE}"),
            &format!("replace: uidNumber\nuidNumber: {number}"),
        );
        assert_eq!(host.user("carol"), Ok(None), "{number}");
        assert_eq!(host.user_of(u32::MAX), Ok(None));
    }
    assert_eq!(host.users().expect("a list").items, []);
}

#[test]
fn a_user_of_several_names_has_each_of_them_and_one_by_number() {
    let (_world, slapd, host) = scene("");
    slapd.add(&person("carol", 5001));
    modify(&slapd, &format!("uid=carol,{PEOPLE}"), "add: uid\nuid: Cara\nuid: c");
    for name in ["carol", "Cara", "c"] {
        let user = host.user(name).expect("an answer").expect("a user");
        assert_eq!((user.name.as_str(), user.uid), (name, 5001));
    }
    assert_eq!(host.user("cara"), Ok(None));
    let by_number = host.user_of(5001).expect("an answer").expect("a user");
    // That is also whom a login with the mail address means.
    assert_eq!(by_number.name, "Cara");
    assert_eq!(host.users().expect("a list").items.len(), 1);
}

#[test]
fn of_those_with_one_number_it_is_the_one_with_the_least_name() {
    let (_world, slapd, host) = scene("");
    for name in ["carol", "bert", "dora"] {
        slapd.add(&person(name, 5001));
    }
    assert_eq!(host.user_of(5001).expect("an answer").expect("a user").name, "bert");
    for name in ["carol", "dora"] {
        assert_eq!(host.user(name).expect("an answer").expect("a user").uid, 5001);
    }
    // Who looks for such clashes sees all of them.
    assert_eq!(host.users().expect("a list").items.len(), 3);
}

#[test]
fn a_user_is_somebody_whom_logins_find() {
    let (world, slapd, host) = scene("");
    slapd.add(&format!(
        "dn: uid=robot,{PEOPLE}\nobjectClass: account\nobjectClass: posixAccount\nuid: robot\ncn: robot\n\
         uidNumber: 5009\ngidNumber: 5009\nhomeDirectory: /srv/robot\n"
    ));
    assert_eq!(host.user("robot"), Ok(None));
    assert_eq!(host.user_of(5009), Ok(None));
    let more = "filter = \"(uid={user})\"\nid_attribute = \"entryUUID\"";
    let host = super::host(&world, &slapd, more);
    assert_eq!(host.user_of(5009).expect("an answer").expect("a user").name, "robot");
    assert_eq!(host.group_of(5009), Ok(None), "no group, though it has a gid");
    assert_eq!(host.group("robot"), Ok(None));
}

#[test]
fn attributes_of_another_name_are_settings() {
    let (world, slapd, _) = scene("");
    slapd.add(&person("carol", 5001));
    modify(
        &slapd,
        &format!("uid=carol,{PEOPLE}"),
        "add: roomNumber\nroomNumber: 7000\n-\nadd: departmentNumber\ndepartmentNumber: 7001\n-\n\
         add: street\nstreet: /srv/carol\n-\nadd: title\ntitle: Carol",
    );
    let more = "[names]\nuid_number_attribute = \"roomNumber\"\ngid_number_attribute = \"departmentNumber\"\n\
                home_attribute = \"street\"\nfull_name_attribute = \"title\"";
    let host = super::host(&world, &slapd, more);
    let carol = host.user_of(7000).expect("an answer").expect("a user");
    assert_eq!((carol.name.as_str(), carol.gid, carol.gecos.as_str()), ("carol", 7001, "Carol"));
    assert_eq!(carol.home.as_deref(), Some("/srv/carol"));
    assert_eq!(host.user_of(5001), Ok(None));
}

#[test]
fn what_cannot_be_found_out_is_no_answer() {
    let (world, mut slapd, host) = scene("");
    slapd.add(&person("carol", 5001));
    let nowhere =
        Host::with(&world, &[&slapd.ldaps_uri()], "base = \"ou=nowhere,dc=example,dc=org\"");
    assert!(matches!(nowhere.user("carol"), Err(Outage::Refused(_))));
    let nowhere = "group_base = \"ou=nowhere,dc=example,dc=org\"";
    let nowhere = Host::with(&world, &[&slapd.ldaps_uri()], nowhere);
    assert!(matches!(nowhere.group("staff"), Err(Outage::Refused(_))));
    assert!(matches!(nowhere.groups_of("carol"), Err(Outage::Refused(_))));
    slapd.stop();
    assert!(matches!(host.user("carol"), Err(Outage::Unreachable(_))));
    assert!(matches!(host.group_of(5000), Err(Outage::Unreachable(_))));
}
