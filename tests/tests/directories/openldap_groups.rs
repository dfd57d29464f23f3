//! The kinds of groups that OpenLDAP has.

use monk_tests::directories::{Installed, OpenLdap, RealDirectory, Release, TwoSix};

use crate::scene::{PASSWORD, Scene};

/// Each kind of group, with what says that alice is in it.
const KINDS: [(&str, &str); 4] = [
    ("names", "objectClass: groupOfNames\nmember: uid=alice,ou=people,dc=example,dc=org"),
    (
        "unique",
        "objectClass: groupOfUniqueNames\nuniqueMember: uid=alice,ou=people,dc=example,dc=org",
    ),
    ("posix", "objectClass: posixGroup\ngidNumber: 70\nmemberUid: alice"),
    ("urls", DYNAMIC),
];

/// A group that is a search.
const DYNAMIC: &str = "objectClass: groupOfURLs\n\
                       memberURL: ldap:///ou=people,dc=example,dc=org??sub?(mail=alice@example.org)";

/// A host that lets in by each of these groups.
fn scene<R: Release>(kinds: &[(&str, &str)]) -> Scene<OpenLdap<R>> {
    Scene::with(|directory: &OpenLdap<R>| {
        directory.add_person("alice", PASSWORD);
        directory.add_person("bob", PASSWORD);
        let mut settings = String::new();
        for (name, attributes) in kinds {
            let dn = directory.group_dn(name);
            directory.slapd().add(&format!("dn: {dn}\ncn: {name}\n{attributes}\n"));
            settings += &format!(
                "[service.{name}]\ngroups = [\"{name}\"]\n[service.{name}-dn]\ngroups = [\"{dn}\"]\n"
            );
        }
        settings
    })
}

#[track_caller]
fn lets_in<D: RealDirectory>(scene: &Scene<D>, service: &str) -> [String; 2] {
    scene.site.pam_service(service, "");
    ["alice", "bob"].map(|name| {
        let member = scene.site.app_password(name, service, &["--scope", "*"]);
        scene.login(service, name, &member)
    })
}

const ALICE_ALONE: [&str; 2] = ["app-password", "not-in-group"];

#[test]
fn groups_of_names_unique_names_and_posix_groups_are_found_by_name() {
    let scene = scene::<Installed>(&KINDS[..3]);
    for (kind, _) in &KINDS[..3] {
        assert_eq!(lets_in(&scene, kind), ALICE_ALONE, "{kind}");
    }
    // The overlay memberof knows one class of groups. monk goes up from group to group itself.
    for kind in ["names-dn", "unique-dn", "posix-dn"] {
        assert_eq!(lets_in(&scene, kind), ALICE_ALONE, "{kind}");
    }
}

/// Nothing but the numbers says who is in their primary group.
#[test]
fn the_primary_group_of_a_unix_user_counts() {
    let kinds = [
        ("people", "objectClass: posixGroup\ngidNumber: 70"),
        ("others", "objectClass: posixGroup\ngidNumber: 71"),
    ];
    let scene = scene::<Installed>(&kinds);
    let slapd = scene.directory.slapd();
    for (name, number) in [("alice", 70), ("bob", 72)] {
        slapd.modify(&format!(
            "dn: {}\nchangetype: modify\nadd: objectClass\nobjectClass: posixAccount\n-\n\
             add: uidNumber\nuidNumber: 2000\n-\nadd: gidNumber\ngidNumber: {number}\n-\n\
             add: homeDirectory\nhomeDirectory: /home/{name}\n",
            scene.directory.dn_of(name)
        ));
    }
    for service in ["people", "people-dn"] {
        assert_eq!(lets_in(&scene, service), ALICE_ALONE, "{service}");
    }
    assert_eq!(lets_in(&scene, "others"), ["not-in-group", "not-in-group"]);
}

/// Groups that are in each other end a search like any others.
#[test]
fn groups_in_a_circle_let_in_their_members_alone() {
    let kinds = [
        ("one", "objectClass: groupOfNames\nmember: cn=two,ou=groups,dc=example,dc=org"),
        (
            "two",
            "objectClass: groupOfNames\nmember: cn=one,ou=groups,dc=example,dc=org\n\
             member: uid=alice,ou=people,dc=example,dc=org",
        ),
        ("three", "objectClass: groupOfNames\nmember: cn=three,ou=groups,dc=example,dc=org"),
    ];
    let scene = scene::<Installed>(&kinds);
    for service in ["one", "one-dn", "two"] {
        assert_eq!(lets_in(&scene, service), ALICE_ALONE, "{service}");
    }
    assert_eq!(lets_in(&scene, "three"), ["not-in-group", "not-in-group"]);
}

mod members_of_a_group_that_is_a_search_get_in {
    use super::{ALICE_ALONE, KINDS, TwoSix, lets_in};

    /// As the overlay dynlist shows them.
    #[test]
    fn trixie() {
        let scene = super::scene::<TwoSix>(&KINDS);
        for service in ["urls", "urls-dn", "names", "names-dn"] {
            assert_eq!(lets_in(&scene, service), ALICE_ALONE, "{service}");
        }
    }
}
