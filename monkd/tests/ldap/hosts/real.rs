//! Users and groups of Samba's Active Directory, and of 389 Directory Server.

use monk_tests::World;
use monk_tests::directories::{RealDirectory, Samba};

use super::{Asked, members};
use crate::setup::Host;

/// A host with the settings of a directory, of which those that every host here has are left out.
#[track_caller]
fn host<D: RealDirectory>(world: &World, directory: &D, password: &str, more: &str) -> Host {
    let section = directory.ldap_section();
    let uri = |line: &str| line.strip_prefix("uris = [\"")?.strip_suffix("\"]").map(str::to_owned);
    let uri = section.lines().find_map(uri).expect("a server");
    let lines = section.lines().filter(|line| !line.starts_with("uris ="));
    let more = format!("{}\n{more}", lines.collect::<Vec<_>>().join("\n"));
    Host::as_account(world, &[&uri], &more, Some(password))
        .unwrap_or_else(|outage| panic!("{outage}"))
}

/// More members than Active Directory shows at once, and more people than it lists at once.
const MANY: u32 = 1_600;

/// How many of them one command adds, so that it ends in time on a busy machine.
const AT_ONCE: usize = 200;

#[track_caller]
fn domain(world: &World) -> Samba {
    let samba = Samba::start(world);
    for name in ["alice", "bob", "Eve"] {
        samba.add_person(name, "Corr3ct-horse");
    }
    samba.add_group("team", &["alice"]);
    samba.add_group("staff", &["team", "Eve"]);
    samba.add_group("letters", &["alice"]);
    // A list for mail (GROUP_TYPE_ACCOUNT_GROUP without GROUP_TYPE_SECURITY_ENABLED).
    samba.replace("letters", "groupType", ": 2");
    samba
}

const GUID: &str = "id_attribute = \"objectGUID\"\n";

/// The password of monk's account.
const SAMBAS: &str = "Service-check.1";

#[test]
fn ids_of_an_active_directory_are_those_of_its_attributes() {
    let world = World::new();
    let samba = domain(&world);
    // Everybody is in it by the primary group, which no entry names.
    samba.add_group("all", &["Domain Users"]);
    for (name, uid) in [("alice", "2147483647"), ("Eve", "5001")] {
        samba.replace(name, "uidNumber", &format!(": {uid}"));
        samba.replace(name, "gidNumber", ": 5000");
    }
    samba.replace("alice", "unixHomeDirectory", ": /home/alice");
    samba.replace("alice", "loginShell", ": /bin/zsh");
    samba.replace("alice", "displayName", ": Alice Example");
    for (name, gid) in
        [("team", 6000), ("staff", 6001), ("letters", 6002), ("all", 6003), ("Domain Users", 5000)]
    {
        samba.replace(name, "gidNumber", &format!(": {gid}"));
    }
    let host = host(&world, &samba, SAMBAS, GUID);
    let alice = host.user("alice").expect("an answer").expect("a user");
    assert_eq!(
        (alice.uid, alice.gid, alice.gecos.as_str()),
        (2_147_483_647, 5000, "Alice Example")
    );
    assert_eq!(alice.home.as_deref(), Some("/home/alice"));
    assert_eq!(alice.shell.as_deref(), Some("/bin/zsh"));
    assert_eq!(alice.id, host.account("alice").id);
    assert_eq!(host.user_of(2_147_483_647), Ok(Some(alice)));
    assert_eq!(host.user("eve"), Ok(None), "another spelling");
    assert_eq!(host.user("bob"), Ok(None), "no uid");
    assert_eq!(members(host.group("team")), ["alice"]);
    assert_eq!(members(host.group_of(6001)), ["Eve", "alice"]);
    assert_eq!(host.group("letters"), Ok(None), "a list for mail");
    assert_eq!(host.groups_of("alice"), Ok(vec![5000, 6000, 6001, 6003]));
    assert_eq!(host.groups_of("Eve"), Ok(vec![5000, 6001, 6003]));
    assert_eq!(host.groups().expect("a list").items.len(), 4);
    assert_eq!(host.users().expect("a list").items.len(), 2);
    assert_eq!(host.keys("alice"), Ok(vec![]), "there is no attribute for them");

    let direct = self::host(&world, &samba, SAMBAS, &format!("{GUID}nested_groups = 0"));
    assert_eq!(members(direct.group("staff")), ["Eve"]);
    assert_eq!(direct.groups_of("alice"), Ok(vec![5000, 6000]));
    let by_level = self::host(&world, &samba, SAMBAS, &format!("{GUID}nested_groups = 1"));
    assert_eq!(members(by_level.group("staff")), ["Eve", "alice"]);
    assert_eq!(by_level.groups_of("alice"), Ok(vec![5000, 6000, 6001, 6003]));
}

#[test]
fn ids_of_an_active_directory_are_computed_from_its_sids() {
    let world = World::new();
    let samba = domain(&world);
    let sid = |name: &str| {
        let shown = samba.tool(&["user", "show", name, "--attributes=objectSid"]);
        let sid = shown.lines().find_map(|line| line.strip_prefix("objectSid: "));
        let (domain, relative) = sid.expect("a SID").trim().rsplit_once('-').expect("a SID");
        (domain.to_owned(), relative.parse::<u32>().expect("a number"))
    };
    let (domain, of_alice) = sid("alice");
    let settings = |size: u32| {
        format!(
            "{GUID}[names]\nids = \"sid\"\ndomain_sid = \"{domain}\"\nsid_range = {{ first = 200000, size = {size} }}"
        )
    };
    let suffix = Samba::SUFFIX;
    let team = samba.group_dn("team");
    let numbers: Vec<u32> = (0..MANY).collect();
    for some in numbers.chunks(AT_ONCE) {
        let person = |number| {
            format!(
                "dn: CN=u{number},OU=Staff,{suffix}\nobjectClass: user\nsAMAccountName: u{number}\n\n"
            )
        };
        samba.add(&some.iter().map(person).collect::<String>());
        let member = |number| format!("member: CN=u{number},OU=Staff,{suffix}\n");
        let members: String = some.iter().map(member).collect();
        samba.modify(&format!("dn: {team}\nchangetype: modify\nadd: member\n{members}"));
    }

    let asked = host(&world, &samba, SAMBAS, &settings(100_000));
    let alice = asked.user("alice").expect("an answer").expect("a user");
    // The primary group is Domain Users, 513.
    assert_eq!((alice.uid, alice.gid), (200_000 + of_alice, 200_513));
    assert_eq!(asked.user_of(alice.uid), Ok(Some(alice)));
    let team = asked.group("team").expect("an answer").expect("a group");
    assert_eq!(team.members.len(), MANY as usize + 1);
    assert_eq!(asked.group_of(team.gid), Ok(Some(team.clone())));
    assert_eq!(asked.group("letters"), Ok(None), "a list for mail");
    let staff = asked.group("staff").expect("an answer").expect("a group");
    assert_eq!(staff.members.len(), MANY as usize + 2);
    let mut wanted = vec![200_513, team.gid, staff.gid];
    wanted.sort_unstable();
    assert_eq!(asked.groups_of("alice"), Ok(wanted));
    assert_eq!(asked.groups_of("bob"), Ok(vec![200_513]));
    let domain_users = asked.group("Domain Users").expect("an answer").expect("a group");
    assert_eq!(domain_users.gid, 200_513);
    assert_eq!(asked.group_of(200_000 + of_alice), Ok(None), "a user's number");
    assert_eq!(asked.group("Administrators"), Ok(None), "a group of another domain, BUILTIN");
    let users = asked.users().expect("a list");
    assert!(users.complete && users.items.len() > MANY as usize, "{}", users.items.len());

    // What is beyond the range is not served.
    let asked = host(&world, &samba, SAMBAS, &settings(of_alice));
    assert_eq!(asked.user("alice"), Ok(None));
    assert_eq!(asked.user_of(200_000 + of_alice), Ok(None));
    assert!(
        asked.user("Administrator").expect("an answer").is_some_and(|user| user.uid == 200_500)
    );
}

/// 389 Directory Server takes seven seconds to start.
mod heavy {
    use monk_tests::directories::Ds389;

    use super::*;

    /// The password of monk's account.
    const PASSWORD: &str = "service;secret";

    #[test]
    fn users_and_groups_of_389_directory_server_are_found() {
        let world = World::new();
        let server = Ds389::start(&world);
        for (name, uid) in [("alice", 5001), ("Bob", 3_000_000_000_u32), ("carol", 5003)] {
            server.add_person(name, "Corr3ct-horse");
            server.modify(&format!(
                "dn: {}\nchangetype: modify\nadd: objectClass\nobjectClass: posixAccount\n\
                 objectClass: nsAccount\nobjectClass: shadowAccount\n-\nadd: uidNumber\nuidNumber: {uid}\n-\n\
                 add: gidNumber\ngidNumber: 5000\n-\nadd: homeDirectory\nhomeDirectory: /home/{name}\n-\n\
                 add: nsSshPublicKey\nnsSshPublicKey: ssh-ed25519 AAAA {name}\n-\n\
                 add: shadowWarning\nshadowWarning: 7\n",
                server.dn_of(name)
            ));
        }
        let group = |name: &str, gid: u32, members: &[&str]| {
            server.add_group(name, members);
            server.modify(&format!(
                "dn: {}\nchangetype: modify\nadd: objectClass\nobjectClass: posixGroup\n-\n\
                 add: gidNumber\ngidNumber: {gid}\n",
                server.group_dn(name)
            ));
        };
        group("team", 6000, &["alice"]);
        group("crew", 6001, &["team", "Bob"]);
        group("users", 5000, &[]);
        let asked = host(&world, &server, PASSWORD, "id_attribute = \"nsUniqueId\"\n");
        let bob = asked.user_of(3_000_000_000).expect("an answer").expect("a user");
        // The server computes it from its password policy, whatever is written.
        assert_eq!((bob.name.as_str(), bob.gid, bob.ageing.warning), ("Bob", 5000, Some(1)));
        assert_eq!(bob.home.as_deref(), Some("/home/Bob"));
        assert_eq!(asked.user("bob"), Ok(None), "another spelling");
        assert_eq!(asked.user("carol").expect("an answer").map(|user| user.uid), Some(5003));
        assert_eq!(asked.user("demo_user").expect("an answer").map(|user| user.uid), Some(99998));
        assert_eq!(members(asked.group("team")), ["alice"]);
        assert_eq!(members(asked.group_of(6001)), ["Bob", "alice"]);
        assert_eq!(asked.groups_of("alice"), Ok(vec![5000, 6000, 6001]));
        assert_eq!(asked.groups_of("carol"), Ok(vec![5000]));
        assert_eq!(asked.keys("alice"), Ok(vec!["ssh-ed25519 AAAA alice".to_owned()]));
        let users = asked.users().expect("a list");
        assert!(users.complete && users.items.len() >= 3, "{users:?}");
        assert!(asked.groups().expect("a list").complete);
    }
}
