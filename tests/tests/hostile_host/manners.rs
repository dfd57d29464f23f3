//! Programs with strange manners.

use monk_tests::figures;
use monk_tests::site::{Backend, Running, Site};

use crate::{given_alice, host, is_as_it_was};

/// Every way in which the module reaches an engine, and the engine its users.
const SETUPS: [(Backend, Running); 4] = [
    (Backend::Embedded, Running::Resident),
    (Backend::Embedded, Running::OneShot),
    (Backend::Ldap, Running::Resident),
    (Backend::Ldap, Running::OneShot),
];

/// Each with what it is called in the table.
const MANNERS: [(&str, &str); 9] = [
    ("usual", "of the usual kind"),
    ("ignores-sigchld", "that ignores SIGCHLD"),
    ("reaps-everything", "whose SIGCHLD handler reaps whatever it finds"),
    ("blocks-signals", "that blocks all signals"),
    ("is-interrupted", "that a signal interrupts every millisecond"),
    ("closes-standard", "with descriptors 0, 1 and 2 closed"),
    ("few-descriptors", "with RLIMIT_NOFILE 16"),
    ("forks", "that forks after pam_start; both sides go on"),
    ("threads", "with 8 threads that log in at once"),
];

/// Logins of every kind in turn; how many there were.
#[track_caller]
fn log_in(site: &Site, typed: &str, manner: &str, rounds: usize) -> u64 {
    let mut program = host(site, "imap", manner);
    for round in 0..rounds {
        for (user, answer, expected) in [
            ("alice", typed, "PAM_SUCCESS"),
            ("alice", "wrong", "PAM_AUTH_ERR"),
            ("mallory", "wrong", "PAM_USER_UNKNOWN"),
            ("alice", "", "PAM_AUTH_ERR"),
        ] {
            let outcome = program.login(user, &[answer]);
            assert_eq!(outcome.name, expected, "{manner}, round {round}: {outcome:?}");
        }
    }
    let summary = program.finish();
    is_as_it_was(manner, &summary);
    summary.logins
}

#[test]
fn in_every_host_logins_end_as_they_should_and_the_host_stays_as_it_was() {
    let rounds = figures::times(1, 20);
    let sites = SETUPS.map(|(backend, running)| given_alice(backend, running));
    for (manner, described) in MANNERS {
        let logins = sites.iter().map(|(site, typed)| log_in(site, typed, manner, rounds));
        let host = format!("the module in a host {described}");
        let seen = format!("{} logins of 4 setups end rightly", logins.sum::<u64>());
        figures::row("hostile", &[&host, &seen, "the host is as it was: fds, children, signals"]);
    }
}
