//! How long it takes: 10,000 users by mail.

use std::time::Instant;

use monk_tests::figures;
use monk_tests::site::Backend;

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
