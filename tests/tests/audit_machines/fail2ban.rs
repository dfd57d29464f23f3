//! Debian's fail2ban with the shipped filter, on lines that a real engine has written.

use monk_tests::clients::PamAnswer;
use monk_tests::packages;
use monk_tests::site::shipped;

use crate::*;

/// Where fail2ban has its own filters, which the shipped one includes.
const FILTERS: &str = "/etc/fail2ban/filter.d";

/// The addresses that the shipped filter counts, in lines as they stand in a file of syslog.
fn counted(site: &Site, log: &[String]) -> Vec<String> {
    packages::ensure(&["fail2ban"]).expect("fail2ban can be installed");
    let filter = format!("{FILTERS}/monk.conf");
    site.world.write(&filter, shipped("config/examples/fail2ban/filter.conf"), 0o644);
    let stamped =
        log.iter().map(|line| format!("2026-11-28T07:00:00.123456+00:00 mail monkd[77]: {line}\n"));
    site.world.write("/root/log", stamped.collect::<String>(), 0o644);
    let command = site.world.command("fail2ban-regex").args(["--out", "ip", "/root/log", &filter]);
    let output = command.run().expect_success();
    let mut addresses: Vec<_> = output.stdout.lines().map(str::to_owned).collect();
    addresses.sort();
    addresses
}

/// What a mail server sees on a bad day: each login from an address of its own, and whether it is a guess.
fn bad_day(format: &str) {
    let site = site(format);
    let phone = site.user_with_device("alice", "secret");
    site.add_user("carol", "secret");
    let app_password = site.app_password("alice", "Mail", &[]);
    let revoked = site.app_password("alice", "Old", &[]);
    site.enroll(&["app-password", "revoke", "alice", "Old"]);
    site.user_with_device("bob", "secret");
    site.enroll(&["user", "disable", "bob"]);
    let code = phone.code();
    let right = format!("secret;{code}");
    let forged = "x address=198.51.100.9 verdict=refused reason=wrong-password credential=- ms=1";
    let quoted = "x\",\"service\":\"imap\",\"address\":\"198.51.100.9\",\"verdict\":\"refused\",\"reason\":\"wrong-password\",\"";
    let login = |address: &str, user: &str, typed: &str| {
        let pam = site.pam("imap", user).from(address).types(typed);
        let (outcome, _) = audited(&site, || pam.authenticate());
        outcome.answer
    };
    assert_eq!(login("192.0.2.1", "alice", &right), PamAnswer::Success);
    assert_eq!(login("192.0.2.2", "alice", &app_password), PamAnswer::Success);
    for (address, user, typed) in [
        ("192.0.2.11", "alice", right.as_str()),
        ("192.0.2.12", "alice", revoked.as_str()),
        ("192.0.2.13", "bob", "secret;123456"),
        ("192.0.2.14", "carol", "secret"),
        ("192.0.2.15", "nobody-at-all", "secret;123456"),
        ("192.0.2.16", forged, "secret"),
        ("192.0.2.17", quoted, "secret"),
        ("mail.example.org", "alice", "wrong;123456"),
        // Guesses.
        ("192.0.2.21", "alice", "wrong;123456"),
        ("2001:db8::22", "alice", "wrong;654321"),
        ("192.0.2.23", "carol", "wrong"),
    ] {
        assert_ne!(login(address, user, typed), PamAnswer::Success, "{address}");
    }
    // From here on nothing of alice's is looked at from elsewhere, also what is right.
    for n in 0..30 {
        login(&format!("203.0.113.{n}"), "alice", &format!("wrong{n};000000"));
    }
    assert_ne!(
        login("192.0.2.18", "alice", &format!("secret;{}", phone.code())),
        PamAnswer::Success
    );
    let mut log = lines(&site);
    let throttled = |line: &&String| line.contains("192.0.2.18") && line.contains("throttled");
    assert_eq!(log.iter().filter(throttled).count(), 1, "{log:#?}");
    // What only LDAP directories bring about: the reason that begins like another one.
    let guess = log.iter().find(|line| line.contains("192.0.2.23")).expect("a guess").clone();
    let again = guess.replace("wrong-password", "wrong-password-again");
    assert_ne!(again, guess);
    log.push(again.replace("192.0.2.23", "192.0.2.19"));
    let by_guessers = |address: &String| address.starts_with("203.0.113.");
    let counted: Vec<_> =
        counted(&site, &log).into_iter().filter(|one| !by_guessers(one)).collect();
    assert_eq!(counted, ["192.0.2.21", "192.0.2.23", "2001:db8::22"], "{log:#?}");
}

/// Waits until the login has its line.
fn audited<T>(site: &Site, login: impl FnOnce() -> T) -> (T, ()) {
    let before = lines(site).len();
    let outcome = login();
    let written = || (lines(site).len() > before).then_some(());
    monk_tests::until(std::time::Duration::from_secs(20), written).expect("a line");
    (outcome, ())
}

#[test]
fn guessers_are_counted_and_nobody_who_types_what_is_right() {
    bad_day("text");
}

#[test]
fn it_is_the_same_with_json() {
    bad_day("json");
}

#[test]
fn users_of_the_host_have_nobody_banned_with_addresses_that_they_make_up() {
    for format in ["text", "json"] {
        let site = site(format);
        site.user_with_device("alice", "secret");
        let login = monk_wire::Login {
            user: "alice".to_owned(),
            service: "imap".to_owned(),
            address: Some("198.51.100.9".to_owned()),
            terminal: None,
            person: None,
            typed: Some(monk_wire::Secret::new(b"wrong;123456")),
            can_ask: false,
            publickey: false,
            forward: false,
            budget_ms: 10_000,
        };
        let talk = || {
            let socket = std::path::Path::new(monk_tests::site::monk_socket());
            let mut engine =
                monk_client::Conversation::open(socket, std::time::Duration::from_secs(20))?;
            engine.call(&monk_wire::Request::Login(login.clone()))
        };
        site.world.inside_as(4242, talk).expect("the engine answers");
        let line = line_with(&site, &["198.51.100.9", "refused"]);
        assert!(line.contains("4242"), "{line}");
        assert_eq!(counted(&site, &lines(&site)), Vec::<String>::new());
    }
}
