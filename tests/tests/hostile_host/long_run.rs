//! A program that never ends.

use monk_tests::site::{Backend, Running};
use monk_tests::{Footprint, figures};

use crate::{given_alice, host, is_as_it_was};

/// Logins that are under way to the program at once, so that it never waits for the test.
const AHEAD: usize = 50;

/// What a program's memory may grow by, in KiB: a page here and there, but nothing for each login.
const GROWTH: u64 = 128;

#[test]
fn after_thousands_of_transactions_the_program_is_as_small_as_before() {
    let (site, typed) = given_alice(Backend::Embedded, Running::Resident);
    let times = figures::times(2_000, 100_000);
    let mut program = host(&site, "mail", "usual");
    let kind = |number: usize| match number % 10 {
        0 => ("alice", typed.as_str(), "PAM_SUCCESS"),
        1 => ("alice", "wrong", "PAM_AUTH_ERR"),
        _ => ("alice", "", "PAM_AUTH_ERR"),
    };
    for number in 0..times + AHEAD {
        if number < times {
            let (user, answer, _) = kind(number);
            program.begin(user, &[answer]);
        }
        if let Some(number) = number.checked_sub(AHEAD) {
            let outcome = program.outcome();
            assert_eq!(outcome.name, kind(number).2, "{number}: {outcome:?}");
        }
    }
    let engine = Footprint::of(site.engine_pid());
    let summary = program.finish();
    is_as_it_was("usual", &summary);
    let (before, after) = summary.rss_kib;
    assert!(after <= before + GROWTH, "{summary:#?}");
    let done = format!("pam_start, pam_authenticate, pam_end: {times} times");
    let seen = format!(
        "RSS {before} to {after} KiB, {} fds, {} thread, 0 children; monkd {} MiB",
        summary.descriptors.1,
        summary.threads.1,
        engine.rss_kib / 1024
    );
    figures::row("hostile", &[&done, &seen, "no growth"]);
}
