//! Web mail: one string, and a connection for every click.

use std::time::Instant;

use monk_tests::clients::{Curl, Login};
use monk_tests::site::{Backend, Running, Site};
use monk_tests::{Dovecot, figures};

/// How many connections the web mail opens.
const CLICKS: u32 = 50;

/// Seconds between two of them: fifty in not quite ten minutes.
const SECONDS: u32 = 12;

const SETTINGS: &str = "[service.imap]\nremember_minutes = 10\n";

/// A login from an address: what opened the door, or why it stayed closed.
#[track_caller]
fn login(site: &Site, imap: &Dovecot, address: &str, typed: &str) -> String {
    let curl = Curl::new(&site.world, &imap.imaps_url(), "alice", typed).from(address);
    let (login, line) = site.audited(|| curl.login());
    assert_eq!(login == Login::LoggedIn, line.verdict == "granted", "{}", line.text);
    line.reason
}

#[test]
fn fifty_logins_in_ten_minutes_take_one_code_and_another_address_takes_another() {
    let site = Site::with_settings(Backend::Embedded, Running::OneShot, SETTINGS);
    let clock = site.start_engine_with_clock();
    let imap = site.imap();
    let phone = site.user_with_device("alice", "secret");
    let typed = format!("secret;{}", phone.code());
    let (mut opened, begin) = (Vec::new(), Instant::now());
    for click in 0..CLICKS {
        // What the logins themselves take is no part of the ten minutes.
        let took = i64::try_from(begin.elapsed().as_secs()).expect("a short test");
        clock.set(i64::from(click * SECONDS) - took);
        opened.push(login(&site, &imap, "127.0.0.1", &typed));
        if click == 1 {
            assert_eq!(login(&site, &imap, "127.0.0.9", &typed), "replayed-code");
        }
        if click == CLICKS / 2 {
            // The engine is killed and started again on the way.
            site.kill_engine();
            site.start_engine_with_clock();
        }
    }
    assert_eq!(opened[0], "totp");
    assert!(opened[1..].iter().all(|reason| reason == "remembered"), "{opened:?}");
    let elsewhere = login(&site, &imap, "127.0.0.9", &typed);
    clock.set(i64::from(11 * 60));
    let later = login(&site, &imap, "127.0.0.1", &typed);
    assert_eq!((elsewhere.as_str(), later.as_str()), ("replayed-code", "replayed-code"));
    figures::row(
        "hostile",
        &[
            "web mail: 50 IMAP logins in 10 minutes with one PASSWORD;CODE, the engine killed once",
            &format!(
                "{} let in; then from another address: {elsewhere}; after the time: {later}",
                opened.len()
            ),
            "50 let in, the others refused",
        ],
    );
}

/// Services of one web mail, and one that has nothing to do with it.
const TOGETHER: &str = "[service.imap]\nremember_minutes = 10\nremember_group = \"webmail\"\n\
                        [service.smtp]\nremember_minutes = 5\nremember_group = \"webmail\"\n\
                        [service.pop3]\nremember_minutes = 10\n";

#[test]
fn what_was_typed_for_reading_also_sends_for_as_long_as_sending_allows() {
    let site = Site::with_settings(Backend::Embedded, Running::OneShot, TOGETHER);
    let clock = site.start_engine_with_clock();
    let dovecot = site.mail_server("imap pop3", true);
    let postfix = site.submission_server("postfix");
    let phone = site.user_with_device("alice", "secret");
    let typed = format!("secret;{}", phone.code());
    let at = |url: &str, address: &str| {
        let curl = Curl::new(&site.world, url, "alice", &typed).from(address);
        let (login, line) = site.audited(|| curl.login());
        assert_eq!(login == Login::LoggedIn, line.verdict == "granted", "{}", line.text);
        line.reason
    };
    let (imap, smtp, pop3) = (dovecot.imaps_url(), postfix.tls_url(), dovecot.pop3s_url());
    assert_eq!(at(&imap, "127.0.0.1"), "totp");
    assert_eq!(at(&smtp, "127.0.0.1"), "remembered");
    assert_eq!(at(&smtp, "127.0.0.9"), "replayed-code", "not from elsewhere");
    assert_eq!(at(&pop3, "127.0.0.1"), "replayed-code", "it names no group");
    clock.set(6 * 60);
    assert_eq!(at(&smtp, "127.0.0.1"), "replayed-code", "its own time is over");
    assert_eq!(at(&imap, "127.0.0.1"), "remembered");
}

#[test]
fn another_password_other_factors_and_a_reset_each_end_it() {
    let site = Site::with_settings(Backend::Embedded, Running::Resident, SETTINGS);
    let imap = site.imap();
    let phone = site.user_with_device("alice", "secret");
    let set_password = |password: &str| {
        let passwd = ["user", "passwd", "alice", "--password-stdin"];
        let command = site.world.command("monk-enroll").args(passwd);
        command.stdin(format!("{password}\n")).run().expect_success();
    };
    let first = format!("secret;{}", phone.code());
    let again = || login(&site, &imap, "127.0.0.1", &first);
    assert_eq!((again().as_str(), again().as_str()), ("totp", "remembered"));
    set_password("other");
    assert_eq!(again(), "wrong-password");
    set_password("secret");
    assert_eq!(again(), "replayed-code", "the old password brings nothing back");

    let second = format!("secret;{}", phone.code());
    let again = || login(&site, &imap, "127.0.0.1", &second);
    assert_eq!((again().as_str(), again().as_str()), ("totp", "remembered"));
    site.app_password("alice", "Tablet", &[]);
    assert_eq!(again(), "remembered", "an app password is no factor");
    site.device("alice", "Tablet");
    assert_eq!(again(), "replayed-code");

    site.enroll(&["reset", "alice"]);
    assert_eq!(again(), "unexpected-code", "it is all a password now, since she has no device");
}
