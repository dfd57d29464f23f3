//! How monk connects, and how often.

use std::collections::BTreeSet;

use monk_tests::{Slapd, SlapdOptions};
use monkd::deadline::Deadline;
use monkd::directory::{Advice, Answer, Directory, Lookup, Swapped};
use monkd::outage::Outage;

use crate::setup::{
    CHECK, DEADLINE, Host, enrol_alice, enrolled, keys, log, scene, slapd, swap, world,
};

#[test]
fn a_login_is_one_search_one_bind_and_one_modify_on_connections_that_are_open() {
    let (_world, slapd, host) = enrolled(0);
    let login = |step| {
        let alice = host.account("alice");
        assert_eq!(host.check(Some(&alice), "alice-secret"), Ok(Answer::Right(Advice::Nothing)));
        assert_eq!(host.spend(&alice, swap(step, step + 1)), Ok(Swapped::Done));
    };
    let ((), first) = slapd.operations(|| login(0));
    assert_eq!((first.searches, first.binds, first.modifies), (1, 2, 1), "one bind is monk's own");
    let before = connections(&slapd);
    for step in 1..11 {
        let ((), operations) = slapd.operations(|| login(step));
        assert_eq!((operations.searches, operations.binds, operations.modifies), (1, 1, 1));
    }
    assert_eq!(connections(&slapd), before);
    assert_eq!(before.len(), 2, "one to search and modify, one that binds as users");
}

/// The ldaps connections that the server has accepted so far.
fn connections(slapd: &Slapd) -> BTreeSet<String> {
    let log = log(slapd);
    let accepted = log.lines().filter(|line| line.contains("ACCEPT from IP=127.0.0.1"));
    let over_tls = accepted.filter(|line| line.contains("(IP=127.0.0.1:636)"));
    over_tls.filter_map(|line| Some(line.split("conn=").nth(1)?.to_owned())).collect()
}

#[test]
fn what_was_bound_as_a_user_never_searches() {
    let (_world, slapd, host) = scene();
    for _ in 0..3 {
        let alice = host.account("alice");
        assert_eq!(host.check(Some(&alice), "alice-secret"), Ok(Answer::Right(Advice::Nothing)));
        assert_eq!(host.check(Some(&alice), "wrong"), Ok(Answer::Wrong));
    }
    let of = |what: &str| -> BTreeSet<String> {
        let log = log(&slapd);
        let lines = log.lines().filter(|line| line.contains(what));
        lines
            .filter_map(|line| line.split("conn=").nth(1)?.split(' ').next().map(str::to_owned))
            .collect()
    };
    let (users, searches) =
        (of("BIND dn=\"uid=alice"), of("filter=\"(&(objectClass=person)(uid=alice)"));
    assert!(!users.is_empty() && !searches.is_empty() && users.is_disjoint(&searches));
}

#[test]
fn many_logins_at_once_share_a_bounded_number_of_connections() {
    const LOGINS: usize = 200;
    let (_world, slapd, host) = scene();
    let logins: Vec<_> = (0..LOGINS)
        .map(|_| {
            host.start(|ldap| async move {
                let deadline = Deadline::after(DEADLINE);
                match ldap.find("alice", deadline).await {
                    Ok(Lookup::One(alice)) => {
                        let password = monk_core::typed::Password::new("alice-secret").unwrap();
                        ldap.check_password(Some(&alice), &password, deadline).await
                    }
                    other => panic!("{other:?}"),
                }
            })
        })
        .collect();
    for login in logins {
        assert_eq!(host.wait(login), Ok(Answer::Right(Advice::Nothing)));
    }
    let connections = connections(&slapd).len();
    assert!(connections <= 32, "{connections}");
}

#[test]
fn one_process_with_one_thread_works_like_many() {
    let world = world();
    let slapd = slapd(&world, SlapdOptions::default());
    let authority = &world.certificates().authority;
    let settings = toml::from_str(&format!(
        "uris = [{:?}]\nbase = \"dc=example,dc=org\"\nca_file = {authority:?}\n\
         bind_dn = {CHECK:?}\npassword_file = \"/unused\"",
        slapd.ldaps_uri()
    ))
    .expect("valid settings");
    world.inside(|| {
        let password = zeroize::Zeroizing::new("check-secret".to_owned());
        let ldap =
            monkd::directory::ldap::Ldap::new(&settings, Some(password), keys()).expect("settings");
        // The second runtime finds the connections of the first one closed, and makes new ones.
        for _ in 0..2 {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.expect("a runtime").block_on(async {
                for _ in 0..2 {
                    let found = ldap.find("alice", Deadline::after(DEADLINE)).await;
                    assert!(matches!(found, Ok(Lookup::One(_))), "{found:?}");
                }
            });
        }
    });
}

#[test]
fn starttls_protects_an_ldap_uri() {
    let world = world();
    let slapd = slapd(&world, SlapdOptions::default());
    let host = Host::with(&world, &[&slapd.ldap_uri()], "starttls = true");
    let alice = host.account("alice");
    assert_eq!(host.check(Some(&alice), "alice-secret"), Ok(Answer::Right(Advice::Nothing)));
    assert_eq!(host.check(Some(&alice), "wrong"), Ok(Answer::Wrong));
    let log = log(&slapd);
    let established = log.matches("TLS established").count();
    assert_eq!(established, log.matches("(IP=127.0.0.1:389)").count(), "{log}");
    assert_eq!(established, 2);
}

#[test]
fn over_a_unix_socket_the_user_of_the_process_is_account_enough() {
    let world = world();
    let slapd = slapd(&world, SlapdOptions::default());
    enrol_alice(&slapd, 1);
    let uri = slapd.ldapi_uri();
    let host = Host::as_account(&world, &[&uri], "sasl_external = true", None).expect("a host");
    let alice = host.account("alice");
    assert_eq!(host.check(Some(&alice), "alice-secret"), Ok(Answer::Right(Advice::Nothing)));
    assert_eq!(host.check(Some(&alice), "wrong"), Ok(Answer::Wrong));
    assert_eq!(host.spend(&alice, swap(1, 2)), Ok(Swapped::Done));
    assert!(log(&slapd).contains("mech=EXTERNAL"));
}

#[test]
fn settings_that_cannot_work_are_refused_at_the_start() {
    let world = world();
    let refusal = |uris: &[&str], more: &str, password| match Host::as_account(
        &world, uris, more, password,
    ) {
        Ok(_) => panic!("{uris:?} {more} is accepted"),
        Err(Outage::Setup(message)) => message,
        Err(other) => panic!("{other:?}"),
    };
    let account = "bind_dn = \"cn=monk\"\npassword_file = \"/x\"\n";
    let with = |more: &str| format!("{account}{more}");
    for (uris, more, password, why) in [
        (&[][..], account, Some("x"), "uris"),
        (&["ldap://ldap.example.org"], account, Some("x"), "in the clear"),
        (&["ldap:///"], account, Some("x"), "host"),
        (&["ldap://localhost"], "", None, "bind_dn"),
        (&["ldap://localhost"], account, None, "bind_dn"),
        (&["ldap://localhost"], account, Some(""), "bind_dn"),
        (&["ldap://localhost"], "bind_dn = \"\"", Some("x"), "bind_dn"),
        (&["ldap://localhost"], "sasl_external = true", None, "ldapi"),
        (&["ldapi://%2Fx"], &with("sasl_external = true"), Some("x"), "sasl_external"),
        (&["ldap://localhost"], &with("filter = \"(uid=x)\""), Some("x"), "{user}"),
        (&["ldap://localhost"], &with("decoy_dn = \"\""), Some("x"), "decoy_dn"),
        (&["ldap://localhost"], &with("base = \"\""), Some("x"), "base"),
        (&["ldap://localhost"], &with("connect_timeout_ms = 0"), Some("x"), "connect_timeout_ms"),
        (&["ldaps://localhost"], &with("ca_file = \"/nowhere\""), Some("x"), "ca_file"),
        (&["ldap://localhost"], &with("write_uri = \"ldap://a.b\""), Some("x"), "in the clear"),
    ] {
        let message = refusal(uris, more, password);
        assert!(message.contains(why), "{uris:?} {more}: {message}");
    }
}
