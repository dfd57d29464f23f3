//! Who is in a group: directly, by the primary group, and through other groups.

use monk_tests::{Slapd, SlapdOptions, World};
use monkd::deadline::Deadline;
use monkd::directory::Directory;
use monkd::outage::Outage;

use crate::scripted::{Request, SUCCESS, Scripted};
use crate::setup::{ALICE, BOB, DEADLINE, Host, slapd, world};

const GROUPS: &str = "ou=groups,dc=example,dc=org";

/// alice is in `team`, that in `staff`, that in `all`, and that in `team` again.
fn scene() -> (World, Slapd) {
    let world = world();
    let slapd = slapd(&world, SlapdOptions::default());
    let group = |name: &str, member: &str| {
        format!(
            "dn: cn={name},{GROUPS}\nobjectClass: groupOfNames\ncn: {name}\nmember: {member}\n\n"
        )
    };
    slapd.add(&format!(
        "dn: {GROUPS}\nobjectClass: organizationalUnit\n\n{}{}{}{}",
        group("team", &format!("{ALICE}\nmember: cn=all,{GROUPS}")),
        group("staff", &format!("cn=team,{GROUPS}")),
        group("all", &format!("cn=staff,{GROUPS}")),
        group("others", BOB),
    ));
    (world, slapd)
}

fn is_in(host: &Host, name: &str, group: &str) -> Result<bool, Outage> {
    let (account, groups) = (host.account(name), vec![group.to_owned()]);
    let task = host.start(|ldap| async move {
        ldap.is_in_group(&account, &groups, Deadline::after(DEADLINE)).await
    });
    host.wait(task)
}

fn host(world: &World, slapd: &Slapd, more: &str) -> Host {
    let more = format!("group_base = {GROUPS:?}\n{more}");
    Host::with(world, &[&slapd.ldaps_uri()], &more)
}

#[test]
fn groups_in_groups_count_up_to_the_level_of_the_settings_and_circles_end() {
    let (world, slapd) = scene();
    for (levels, in_staff, in_all) in
        [(0, false, false), (1, true, false), (2, true, true), (8, true, true)]
    {
        let host = host(&world, &slapd, &format!("nested_groups = {levels}"));
        for (group, expected) in
            [("team", true), ("staff", in_staff), ("all", in_all), ("others", false)]
        {
            assert_eq!(is_in(&host, "alice", group), Ok(expected), "{levels} {group}");
            let dn = format!("CN={group},{GROUPS}");
            // A group that is named by its DN is looked for in memberOf, which nobody keeps here.
            let by_dn = expected && levels > 0;
            assert_eq!(is_in(&host, "alice", &dn), Ok(by_dn), "{levels} {dn}");
        }
        assert_eq!(is_in(&host, "bob", "all"), Ok(false), "{levels}");
    }
}

#[test]
fn a_group_that_is_not_there_has_no_members() {
    let (world, slapd) = scene();
    for more in ["", "nested_groups = 2", "nested_groups = \"server\""] {
        let host = host(&world, &slapd, more);
        for group in ["nowhere", "cn=nowhere,dc=example,dc=org", "no dn = at all"] {
            assert_eq!(is_in(&host, "alice", group), Ok(false), "{more} {group}");
        }
        let elsewhere = format!("group_base = \"ou=nowhere,dc=example,dc=org\"\n{more}");
        let host = Host::with(&world, &[&slapd.ldaps_uri()], &elsewhere);
        assert_eq!(is_in(&host, "alice", "team"), Ok(false), "{more}");
    }
}

#[test]
fn the_group_of_the_gid_number_counts_and_so_does_what_it_is_in() {
    let (world, slapd) = scene();
    slapd.modify(&format!(
        "dn: {ALICE}\nchangetype: modify\nadd: objectClass\nobjectClass: posixAccount\n-\n\
         add: uidNumber\nuidNumber: 1000\n-\nadd: gidNumber\ngidNumber: 1000\n-\n\
         add: homeDirectory\nhomeDirectory: /home/alice\n"
    ));
    slapd.add(&format!(
        "dn: cn=users,{GROUPS}\nobjectClass: posixGroup\ncn: users\ngidNumber: 1000\n\n\
         dn: cn=admins,{GROUPS}\nobjectClass: posixGroup\ncn: admins\ngidNumber: 1001\n\n\
         dn: cn=everybody,{GROUPS}\nobjectClass: groupOfNames\ncn: everybody\nmember: cn=users,{GROUPS}\n"
    ));
    let direct = host(&world, &slapd, "");
    let nested = host(&world, &slapd, "nested_groups = 1");
    for (host, group, expected) in [
        (&direct, "users", true),
        (&direct, "admins", false),
        (&direct, "everybody", false),
        (&nested, "everybody", true),
        (&nested, "admins", false),
    ] {
        assert_eq!(is_in(host, "alice", group), Ok(expected), "{group}");
        assert_eq!(is_in(host, "alice", &format!("cn={group},{GROUPS}")), Ok(expected), "{group}");
        assert_eq!(is_in(host, "bob", group), Ok(false), "{group}");
    }
    // A person of that name and number is no group.
    let people = "group_base = \"ou=people,dc=example,dc=org\"";
    let people = Host::with(&world, &[&slapd.ldaps_uri()], people);
    assert_eq!(is_in(&people, "alice", "Alice"), Ok(false));
}

/// A domain of Active Directory, where alice is in `team` by her entry's word, in `staff` through it, and
/// in `Domain Users` by her primary group.
fn domain(request: &Request) -> Vec<u8> {
    const IN_CHAIN: &str = "1.2.840.113556.1.4.1941";
    const STAFF: &str = "CN=Staff,DC=example,DC=org";
    const USER: [u8; 16] = [1, 2, 0, 0, 0, 0, 0, 5, 21, 0, 0, 0, 0x50, 4, 0, 0];
    let done = request.done(SUCCESS, &[]);
    let entry = |dn: &str, attributes: &[(&str, &[u8])]| {
        [request.entry(dn, attributes), request.done(SUCCESS, &[])].concat()
    };
    let alice: [(&str, &[u8]); 5] = [
        ("uid", b"alice"),
        ("employeeNumber", b"alice"),
        ("objectClass", b"user"),
        ("primaryGroupID", b"513"),
        ("objectSid", &USER),
    ];
    let sibling: [u8; 16] = [1, 2, 0, 0, 0, 0, 0, 5, 21, 0, 0, 0, 1, 2, 0, 0];
    let asks_for_primary = request.message.windows(16).any(|window| window == sibling);
    match request {
        request if !request.is_search() => Vec::new(),
        request if request.says("supportedCapabilities") => {
            entry("", &[("supportedCapabilities", b"1.2.840.113556.1.4.800")])
        }
        request if asks_for_primary && request.says("Domain Users") => {
            entry("CN=Domain Users,DC=example,DC=org", &[])
        }
        _ if asks_for_primary => done,
        request if request.says(IN_CHAIN) && request.says(STAFF) => entry(ALICE, &alice),
        request if request.says(IN_CHAIN) || request.says("memberOf") => done,
        // The name of a group, alone.
        request if request.says("Staff") && !request.says("member") => entry(STAFF, &[]),
        request if request.says("uid=alice") || request.says("employeeNumber") => {
            match request.says("member") {
                true => done,
                false => entry(ALICE, &alice),
            }
        }
        _ => done,
    }
}

#[test]
fn active_directory_is_asked_by_its_own_rule_and_for_the_primary_group() {
    let world = world();
    let server = Scripted::start(&world, domain);
    let more = "group_base = \"DC=example,DC=org\"\nnested_groups = \"server\"";
    let host = Host::with(&world, &[&server.uri], more);
    for (group, expected) in [
        ("Staff", true),
        ("CN=Staff,DC=example,DC=org", true),
        ("Domain Users", true),
        ("CN=Domain Users,DC=example,DC=org", true),
        ("Others", false),
    ] {
        assert_eq!(is_in(&host, "alice", group), Ok(expected), "{group}");
    }
    drop(host);
    server.stop(&world);
}
