//! slapd in a world.

use std::thread;
use std::time::Duration;

use monk_tests::Slapd;
use monk_tests::SlapdOptions;
use monk_tests::Status;
use monk_tests::World;

use super::world;

#[test]
fn slapd_answers_over_ldaps_and_is_refused_by_a_client_that_trusts_another_authority() {
    let world = world();
    let slapd = Slapd::start(&world, SlapdOptions::default());
    let certificates = world.certificates();
    assert!(who_am_i(&world, &slapd.ldaps_uri(), &certificates.authority).success());
    let refused = who_am_i(&world, &slapd.ldaps_uri(), &certificates.other_authority);
    assert!(!refused.success() && refused.stderr.contains("peer cert untrusted"), "{refused}");
}

#[test]
fn a_client_refuses_every_bad_certificate() {
    let world = world();
    let certificates = world.certificates();
    for (identity, why) in [
        (&certificates.wrong_name, "does not match common name"),
        // GNUTLS_CERT_EXPIRED and GNUTLS_CERT_SIGNER_NOT_FOUND, each with GNUTLS_CERT_INVALID.
        (&certificates.expired, "untrusted or revoked (0x402)"),
        (&certificates.untrusted, "untrusted or revoked (0x42)"),
    ] {
        let options = SlapdOptions { identity: Some(identity.clone()), ..SlapdOptions::default() };
        let slapd = Slapd::start(
            &world,
            SlapdOptions {
                name: identity
                    .certificate
                    .file_stem()
                    .map(|name| name.to_string_lossy().into_owned())
                    .unwrap_or_default(),
                ..options
            },
        );
        let refused = who_am_i(&world, &slapd.ldaps_uri(), &certificates.authority);
        assert!(!refused.success() && refused.stderr.contains(why), "{identity:?}: {refused}");
    }
}

fn who_am_i(world: &World, uri: &str, authority: &std::path::Path) -> monk_tests::Output {
    world
        .command("ldapwhoami")
        .args(["-x", "-d", "1", "-H", uri])
        .env("LDAPTLS_CACERT", authority)
        .run()
}

#[test]
fn a_frozen_slapd_makes_a_search_time_out_and_a_thawed_one_answers() {
    let world = world();
    let mut slapd = Slapd::start(&world, SlapdOptions::default());
    let search = |seconds| {
        let command = world.command("ldapsearch").args([
            "-x",
            "-LLL",
            "-H",
            &slapd_uri(),
            "-b",
            Slapd::SUFFIX,
            "-s",
            "base",
        ]);
        command.timeout(Duration::from_secs_f64(seconds)).run()
    };
    slapd.freeze();
    assert_eq!(search(0.5).status, Status::TimedOut);
    slapd.thaw();
    search(10.0).expect_success();
}

fn slapd_uri() -> String {
    "ldap://localhost:389".to_owned()
}

#[test]
fn a_server_that_does_not_come_up_shows_its_log() {
    let world = world();
    let options = SlapdOptions { access: vec!["to nothing".to_owned()], ..SlapdOptions::default() };
    let panic = thread::spawn(move || drop(Slapd::start(&world, options))).join();
    let message = panic.expect_err("slapd refuses the rule").downcast::<String>();
    let message = message.expect("the message is a text");
    assert!(message.contains("slapadd") && message.contains("olcAccess"), "{message}");
}

#[test]
fn slapd_keeps_its_data_over_a_stop_and_over_kill_9() {
    let world = world();
    let mut slapd = Slapd::start(&world, SlapdOptions::default());
    slapd.add(ALICE);
    slapd.stop();
    assert!(!world.is_listening(389));
    slapd.restart();
    slapd.modify(
        "dn: uid=alice,dc=example,dc=org\n\
         changetype: modify\n\
         replace: mail\n\
         mail: alice@example.org\n",
    );
    slapd.kill9();
    slapd.restart();
    let found = slapd.search(Slapd::SUFFIX, "(uid=alice)", &["mail"]);
    assert_eq!(found[0].value("mail").as_deref(), Some("alice@example.org"));
}

#[test]
fn slapd_is_filled_while_it_is_stopped() {
    let world = world();
    let options =
        SlapdOptions { log: "0", indexed: vec!["objectClass", "cn"], ..Default::default() };
    let mut slapd = Slapd::start(&world, options);
    slapd.load([ALICE, "\n", &ALICE.replace("alice", "bob")].map(str::to_owned).into_iter());
    let found = slapd.search(Slapd::SUFFIX, "(cn=Alice)", &["uid"]);
    assert_eq!(found.len(), 2);
    assert!(!slapd.log().contains("SRCH"), "{}", slapd.log());
}

#[test]
fn slapd_checks_passwords_keeps_its_access_rules_and_counts_operations() {
    let world = world();
    let access = vec![
        "to attrs=userPassword by anonymous auth by * none".to_owned(),
        "to attrs=mail by self read by * none".to_owned(),
        "to * by * read".to_owned(),
    ];
    let slapd = Slapd::start(&world, SlapdOptions { access, ..SlapdOptions::default() });
    slapd.add(ALICE);
    let (_, nothing) = slapd.operations(|| ());
    assert_eq!(nothing, monk_tests::Operations::default());
    let (answers, operations) = slapd.operations(|| {
        [
            slapd.binds("uid=alice,dc=example,dc=org", "right"),
            slapd.binds("uid=alice,dc=example,dc=org", "wrong"),
        ]
    });
    assert_eq!(answers, [true, false]);
    assert_eq!((operations.binds, operations.searches, operations.modifies), (2, 0, 0));
    assert_eq!(operations.connections, 2);
    slapd.wait_for_log("BIND dn=\"uid=alice,dc=example,dc=org\"");

    let anonymous = world.command("ldapsearch").args([
        "-x",
        "-LLL",
        "-H",
        &slapd_uri(),
        "-b",
        Slapd::SUFFIX,
        "(uid=alice)",
    ]);
    let anonymous = anonymous.run().expect_success().stdout;
    assert!(anonymous.contains("uid: alice") && !anonymous.contains("mail:"), "{anonymous}");
}

const ALICE: &str = "\
dn: uid=alice,dc=example,dc=org
objectClass: inetOrgPerson
uid: alice
cn: Alice
sn: Example
mail: alice@example.com
userPassword: right
";

#[test]
fn slapd_loads_more_schemas_and_modules() {
    let world = world();
    let schema = "\
dn: cn=test,cn=schema,cn=config
objectClass: olcSchemaConfig
cn: test
olcAttributeTypes: ( 2.999.1.1 NAME 'testColour' EQUALITY caseIgnoreMatch
  SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 )
olcObjectClasses: ( 2.999.2.1 NAME 'testThing' SUP top AUXILIARY MAY testColour )
";
    let overlay = "\
dn: olcOverlay=unique,olcDatabase={1}mdb,cn=config
objectClass: olcOverlayConfig
objectClass: olcUniqueConfig
olcOverlay: unique
olcUniqueURI: ldap:///?testColour?sub
";
    let options = SlapdOptions {
        schemas: vec![schema.to_owned()],
        modules: vec!["unique".to_owned()],
        config: vec![overlay.to_owned()],
        ..SlapdOptions::default()
    };
    let slapd = Slapd::start(&world, options);
    slapd.add(&format!("{}objectClass: testThing\ntestColour: bläu\n", ALICE));
    assert_eq!(
        slapd.search(Slapd::SUFFIX, "(testColour=bläu)", &["testcolour"])[0]
            .value("testColour")
            .as_deref(),
        Some("bläu")
    );
}

#[test]
fn one_world_has_two_slapds() {
    let world = world();
    let first = Slapd::start(&world, SlapdOptions::default());
    let options = SlapdOptions {
        name: "second".to_owned(),
        ldap_port: 1389,
        ldaps_port: 1636,
        ..SlapdOptions::default()
    };
    let second = Slapd::start(&world, options);
    first.add(ALICE);
    assert!(first.binds("uid=alice,dc=example,dc=org", "right"));
    assert!(!second.binds("uid=alice,dc=example,dc=org", "right"));
}
