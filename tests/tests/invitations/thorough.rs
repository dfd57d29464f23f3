//! What takes minutes: 10,000 users by mail, and a mail that was on its way when the engine was killed.

use std::time::Instant;

use monk_tests::portal::{ACCOUNT, Portal, SETTINGS};
use monk_tests::site::{Backend, Device, Running, Site};
use monk_tests::{figures, until};

use super::letters::{FILE as LETTERS, code_of};
use super::waves::{EVERYBODY, MAIL_TIME, MANY, many};
use super::{USERS, add, enroll_at_leisure, mails_by_address, site, write_file};

/// What the goal says: ten thousand users, in minutes.
const MANY_THOUSANDS: usize = 10_000;
const LIMIT_MINUTES: u64 = 30;

#[test]
fn ten_thousand_users_are_invited_by_mail_in_minutes() {
    let (site, server) = site(Backend::Embedded, "");
    add(&site, (0..MANY_THOUSANDS).map(|n| format!("user{n}")));
    let started = Instant::now();
    let said = enroll_at_leisure(&site, &["invite", "--without-second-factor", "--mail"]);
    let took = started.elapsed();
    assert_eq!(said["invited"].as_array().map(Vec::len), Some(MANY_THOUSANDS));
    let listing = Instant::now();
    let listed = enroll_at_leisure(&site, &["invitations", "list"]);
    let listing = listing.elapsed();
    assert_eq!(listed["invitations"].as_array().map(Vec::len), Some(MANY_THOUSANDS));
    let rate = MANY_THOUSANDS as f64 / took.as_secs_f64();
    let seen = format!(
        "{MANY_THOUSANDS} invited by mail in {:.1} min, {rate:.0} a second; listed in {:.1} s",
        took.as_secs_f64() / 60.0,
        listing.as_secs_f64()
    );
    figures::row("invitations", &[&seen]);
    assert!(took.as_secs() < LIMIT_MINUTES * 60, "{seen}");
    let counts = mails_by_address(&server);
    assert!(counts.len() == MANY_THOUSANDS && counts.values().all(|count| *count == 1));
}

#[test]
fn an_engine_that_is_killed_leaves_nobody_out() {
    let (site, server) = site(Backend::Embedded, "");
    add(&site, many());
    let mut run = site.world.spawn("monk-enroll", &EVERYBODY);
    let some = || (server.mails().len() >= 5).then_some(());
    until(MAIL_TIME, some).expect("some mails");
    site.kill_engine();
    run.destroy();
    site.start_engine();
    enroll_at_leisure(&site, &EVERYBODY);
    let counts = mails_by_address(&server);
    assert_eq!(counts.len(), MANY, "{counts:?}");
    // The mail that was on its way at that moment may have gone out unnoticed: then there is a second one with a code
    // that is good.
    let twice: Vec<_> = counts.iter().filter(|(_, count)| **count > 1).collect();
    assert!(twice.len() <= 1 && counts.values().all(|count| *count <= 2), "{twice:?}");
}

/// A place with 200 users.
const OFFICE: usize = 200;

/// Commands of the administrator, from the file of users to letters for all of them.
const COMMANDS: [&[&str]; 2] =
    [&["user", "import", USERS], &["letters", "--without-second-factor", "--out", LETTERS]];

#[test]
fn two_hundred_users_are_enrolled_with_letters_and_log_in() {
    let site = Site::with_settings(Backend::Embedded, Running::Resident, SETTINGS);
    site.world.add_system_user(ACCOUNT);
    let portal = Portal::start(&site);
    let names: Vec<String> = (0..OFFICE).map(|n| format!("user{n}")).collect();
    write_file(&site, names.iter().cloned());
    let started = Instant::now();
    COMMANDS.iter().for_each(|command| drop(enroll_at_leisure(&site, command)));
    let prepared = started.elapsed();
    let letters = site.world.read(LETTERS);
    let phones: Vec<Device> = names
        .iter()
        .map(|name| {
            let mut browser = portal.browser();
            let code = code_of(&letters, name);
            browser.open(&format!("/invitation?user={name}"));
            let form = [("username", name.as_str()), ("password", "secret"), ("code", &code)];
            browser.send("/invitation", &form);
            let text = browser.page().text.clone();
            let (_, rest) = text.split_once("href=\"otpauth:").unwrap_or_else(|| panic!("{text}"));
            let uri = rest.split('"').next().expect("the link ends").replace("&amp;", "&");
            let phone = Device::from_uri(&format!("otpauth:{uri}"));
            let confirm = browser.link("/confirm");
            browser.open(&confirm);
            browser.send(&confirm, &[("code", &phone.confirmation()), ("name", "Phone")]);
            phone
        })
        .collect();
    let enrolled = started.elapsed();
    let imap = site.imap();
    for (name, phone) in names.iter().zip(&phones) {
        assert_eq!(site.opens(&imap, name, &format!("secret;{}", phone.code())), "totp");
    }
    let logged_in = started.elapsed();
    let listed = site.enroll(&["invitations", "list"]);
    assert_eq!(listed["second_factor"], OFFICE, "{}", listed["invitations"]);
    let seen = format!(
        "{OFFICE} users: {} commands in {:.0} s; everybody enrolled after {:.1} min, and had logged in after {:.1}",
        COMMANDS.len(),
        prepared.as_secs_f64(),
        enrolled.as_secs_f64() / 60.0,
        logged_in.as_secs_f64() / 60.0
    );
    figures::row("invitations", &[&seen]);
}
