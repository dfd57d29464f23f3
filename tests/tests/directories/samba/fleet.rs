//! Several hosts of a domain, whose factors are on another LDAP server.

use std::fs;

use monk_tests::clients::{WireAnswer, WireLogin, at_once};
use monk_tests::directories::{RealDirectory, Samba};
use monk_tests::site::{CODE_ALONE, Running, Site};
use monk_tests::{Slapd, SlapdOptions, World};

use crate::claims::holds;
use crate::scene::PASSWORD;

/// Devices of the one user. Each has two codes at any time.
const DEVICES: usize = 8;

/// Clients that type the same code at the same moment, every other one at the other host.
const CLIENTS: usize = 16;

/// Where people's factors are, and the password of monk's account there.
const STORE: &str = "ou=monk,dc=example,dc=org";
const STORE_ACCOUNT: &str = "cn=monk,dc=example,dc=org";
const STORE_PASSWORD: &str = "store;secret";

/// A file that is shipped for LDAP servers.
fn shipped(name: &str) -> String {
    let path = format!("{}/../config/ldap/{name}", env!("CARGO_MANIFEST_DIR"));
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// A small OpenLDAP beside the domain controller, and the section of monk's settings for it.
fn store(world: &World) -> (Slapd, String) {
    let options = SlapdOptions {
        ldap_port: 1389,
        ldaps_port: 1636,
        schemas: vec![shipped("monk.ldif")],
        access: vec![
            "to attrs=userPassword by anonymous auth by * none".to_owned(),
            format!("to dn.subtree=\"{STORE}\" by dn.exact=\"{STORE_ACCOUNT}\" write by * none"),
        ],
        ..SlapdOptions::default()
    };
    let slapd = Slapd::start(world, options);
    slapd.add(&format!(
        "dn: {STORE_ACCOUNT}\nobjectClass: applicationProcess\nobjectClass: simpleSecurityObject\n\
         cn: monk\nuserPassword: {STORE_PASSWORD}\n"
    ));
    slapd.add(&shipped("store.ldif"));
    world.write("/etc/monk/store.password", format!("{STORE_PASSWORD}\n"), 0o600);
    let section = format!(
        "[credential_store]\nuris = [\"{}\"]\nca_file = \"{}\"\nbase = \"{STORE}\"\n\
         bind_dn = \"{STORE_ACCOUNT}\"\npassword_file = \"/etc/monk/store.password\"\n\
         directory_label = \"main\"\n",
        slapd.ldaps_uri(),
        world.certificates().authority.display()
    );
    (slapd, section)
}

#[test]
fn a_code_that_is_typed_at_two_hosts_of_a_domain_opens_one_login() {
    let world = World::new();
    let domain = Samba::start(&world);
    let (_slapd, section) = store(&world);
    let settings = format!("credentials = \"ldap\"\n{CODE_ALONE}{section}");
    let site = Site::in_directory(&world, &domain.ldap_section(), Running::Resident, &settings);
    let hosts = [site.endpoint(), site.another_host("two")];
    let _second = site.start_engine_of(&hosts[1]);
    domain.add_person("alice", PASSWORD);
    let devices: Vec<_> =
        (0..DEVICES).map(|number| site.device("alice", &format!("Phone {number}"))).collect();

    let codes = devices.iter().flat_map(|device| [device.code(), device.code()]);
    let mut rounds = 0;
    for code in codes {
        rounds += 1;
        let login = WireLogin { service: "code", user: "alice", typed: &code };
        let logins: Vec<_> =
            (0..CLIENTS).map(|number| (login, &hosts[number % hosts.len()])).collect();
        let answers = site.world.inside(|| at_once(&logins));
        let count = |wanted| answers.iter().filter(|&&answer| answer == wanted).count();
        assert_eq!(count(WireAnswer::Granted), 1, "round {rounds}: {answers:?}");
        assert_eq!(count(WireAnswer::Denied), CLIENTS - 1, "round {rounds}: {answers:?}");
    }
    let how = format!("{rounds} codes, two hosts, kept in OpenLDAP: each opened once");
    holds::<Samba>("race of one code", &how);

    // The factors are those of the account, whatever becomes of its name.
    domain.rename("alice", "bob");
    domain.move_away("bob");
    let kept = site.enroll(&["status", "bob"])["credentials"].as_array().map(Vec::len);
    assert_eq!(kept, Some(DEVICES));
    let app_password = site.app_password("bob", "Mail", &["--scope", "*"]);
    domain.recreate("bob", PASSWORD);
    site.pam_service("imap", "");
    let login = || site.pam("imap", "bob").types(&app_password).authenticate();
    let (_, line) = site.audited(login);
    assert_eq!(line.reason, "wrong-app-password", "{}", line.text);
}
