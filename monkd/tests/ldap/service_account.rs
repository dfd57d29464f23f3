//! monk's own account, at a server that locks accounts.

use std::thread;

use monk_tests::{Slapd, SlapdOptions, World};
use monkd::deadline::Deadline;
use monkd::directory::ldap::settings::LdapSettings;
use monkd::directory::section::DirectorySection;
use monkd::outage::Outage;

use crate::setup::{CHECK, DEADLINE, Host, keys, log, slapd, world};

/// A slapd that locks an account after three wrong passwords, and says so.
fn scene() -> (World, Slapd) {
    let world = world();
    let policy = "dn: olcOverlay=ppolicy,olcDatabase={1}mdb,cn=config\n\
                  objectClass: olcOverlayConfig\nobjectClass: olcPPolicyConfig\n\
                  olcOverlay: ppolicy\nolcPPolicyDefault: cn=policy,dc=example,dc=org\n\
                  olcPPolicyUseLockout: TRUE\n";
    let options = SlapdOptions {
        modules: vec!["ppolicy".to_owned()],
        config: vec![policy.to_owned()],
        ..SlapdOptions::default()
    };
    let slapd = slapd(&world, options);
    slapd.add(
        "dn: cn=policy,dc=example,dc=org\nobjectClass: organizationalRole\n\
         objectClass: pwdPolicy\npwdAttribute: userPassword\npwdLockout: TRUE\npwdMaxFailure: 3\n",
    );
    // The policy counts as the rootdn.
    slapd.modify(
        "dn: olcDatabase={1}mdb,cn=config\nchangetype: modify\nadd: olcRootDN\n\
         olcRootDN: cn=root,dc=example,dc=org\n",
    );
    (world, slapd)
}

fn host(world: &World, slapd: &Slapd, password: &str) -> Host {
    let account = format!(
        "ca_file = \"/etc/ssl/world/authority.pem\"\nbind_dn = {CHECK:?}\npassword_file = \"/x\""
    );
    Host::as_account(world, &[&slapd.ldaps_uri()], &account, Some(password)).expect("a host")
}

#[test]
fn a_wrong_password_file_does_not_lock_the_account_however_many_log_in() {
    const LOGINS: usize = 40;
    let (world, slapd) = scene();
    let wrong = host(&world, &slapd, "wrong");
    thread::scope(|scope| {
        for _ in 0..LOGINS {
            scope.spawn(|| {
                let outage = wrong.find("alice").expect_err("a wrong password");
                assert!(matches!(outage, Outage::Refused(_)), "{outage:?}");
                assert!(outage.to_string().contains("password_file"), "{outage}");
            });
        }
    });
    // A second one with the same file, as of an examination, knows of it.
    assert!(host(&world, &slapd, "wrong").find("alice").is_err());
    let binds = log(&slapd).matches(&format!("BIND dn=\"{CHECK}\"")).count();
    assert!((1..3).contains(&binds), "{binds} binds");
    assert_eq!(host(&world, &slapd, "check-secret").account("alice").name, "alice");
}

#[test]
fn a_reload_tries_the_same_password_again() {
    let (world, slapd) = scene();
    world.write("/etc/monk/ldap.password", "wrong\n", 0o600);
    let settings: LdapSettings = toml::from_str(&format!(
        "uris = [{:?}]\nbase = \"dc=example,dc=org\"\nca_file = \"/etc/ssl/world/authority.pem\"\n\
         bind_dn = {CHECK:?}\npassword_file = \"/etc/monk/ldap.password\"",
        slapd.ldaps_uri()
    ))
    .expect("settings");
    let find = || {
        world.inside(|| {
            let opened = settings.open(&keys()).unwrap_or_else(|outage| panic!("{outage}"));
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.expect("a runtime").block_on(async {
                for _ in 0..3 {
                    let found = opened.directory.find("alice", Deadline::after(DEADLINE)).await;
                    assert!(matches!(found, Err(Outage::Refused(_))), "{found:?}");
                }
            });
        });
        log(&slapd).matches(&format!("BIND dn=\"{CHECK}\"")).count()
    };
    assert_eq!((find(), find()), (1, 2));
}

/// The entries with which the page about OpenLDAP exempts the account.
fn exemption() -> String {
    let file = include_str!("../../../config/ldap/openldap/ppolicy.ldif");
    let records = file.split("\n\n").filter(|record| !record.contains("dn: cn=monk-enrol,"));
    records.collect::<Vec<_>>().join("\n\n")
}

#[test]
fn an_account_that_is_exempt_as_the_page_says_is_not_locked() {
    let (world, slapd) = scene();
    slapd.add("dn: ou=policies,dc=example,dc=org\nobjectClass: organizationalUnit\n");
    slapd.modify(&exemption());
    for _ in 0..5 {
        assert!(!slapd.binds(CHECK, "wrong"));
    }
    assert_eq!(host(&world, &slapd, "check-secret").account("alice").name, "alice");
}

#[test]
fn a_locked_account_is_called_locked() {
    let (world, slapd) = scene();
    for _ in 0..3 {
        assert!(!slapd.binds(CHECK, "wrong"));
    }
    let message = host(&world, &slapd, "check-secret").find("alice").expect_err("locked");
    assert!(message.to_string().contains("has locked this account"), "{message}");
}
