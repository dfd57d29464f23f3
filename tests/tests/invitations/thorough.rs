//! What takes minutes: 10,000 users by mail, and a mail that was on its way when the engine was killed.

use std::time::Instant;

use monk_tests::site::Backend;
use monk_tests::{figures, until};

use super::waves::{EVERYBODY, MAIL_TIME, MANY, many};
use super::{add, enroll_at_leisure, mails_by_address, site};

/// What the goal says: ten thousand users, in minutes.
const USERS: usize = 10_000;
const LIMIT_MINUTES: u64 = 30;

#[test]
fn ten_thousand_users_are_invited_by_mail_in_minutes() {
    let (site, server) = site(Backend::Embedded, "");
    add(&site, (0..USERS).map(|n| format!("user{n}")));
    let started = Instant::now();
    let said = enroll_at_leisure(&site, &["invite", "--without-second-factor", "--mail"]);
    let took = started.elapsed();
    assert_eq!(said["invited"].as_array().map(Vec::len), Some(USERS));
    let listing = Instant::now();
    let listed = enroll_at_leisure(&site, &["invitations", "list"]);
    let listing = listing.elapsed();
    assert_eq!(listed["invitations"].as_array().map(Vec::len), Some(USERS));
    let rate = USERS as f64 / took.as_secs_f64();
    let seen = format!(
        "{USERS} invited by mail in {:.1} min, {rate:.0} a second; listed in {:.1} s",
        took.as_secs_f64() / 60.0,
        listing.as_secs_f64()
    );
    figures::row("invitations", &[&seen]);
    assert!(took.as_secs() < LIMIT_MINUTES * 60, "{seen}");
    let counts = mails_by_address(&server);
    assert!(counts.len() == USERS && counts.values().all(|count| *count == 1));
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
