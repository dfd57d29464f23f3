//! Programs that live for weeks: ten thousand logins in one process leave nothing behind, neither
//! there nor in the engine.
#![expect(clippy::print_stdout, reason = "the numbers that a run has come to")]

use std::time::{Duration, Instant};

use monk_tests::clients::{WireAnswer, WireLogin, at_once};
use monk_tests::site::{Backend, PamHost, Running, Site, Summary};
use monk_tests::{Footprint, until};

/// Logins that are under way to the program at once, so that it never waits for the test.
const AHEAD: usize = 50;

/// What a program's memory may grow by, in KiB: a page here and there, but nothing for each login.
const PROGRAM_GROWTH: u64 = 128;

/// What the engine's memory may grow by, in KiB. Its threads share some arenas of memory that fill
/// at different times.
const ENGINE_GROWTH: u64 = 8 * 1024;

/// One in so many logins is refused, because nothing was typed.
const REFUSED: usize = 10;

/// Refusals in an instant: there are a thousand of them.
const SETTINGS: &str = "[engine]\nrefusal_ms = 0\n";

/// Logs alice in again and again.
#[track_caller]
fn log_in(program: &mut PamHost, typed: &str, times: usize) {
    let is_refused = |number: usize| number.is_multiple_of(REFUSED);
    for number in 0..times + AHEAD {
        if number < times {
            program.begin("alice", &[if is_refused(number) { "" } else { typed }]);
        }
        if let Some(number) = number.checked_sub(AHEAD) {
            let outcome = program.outcome();
            let expected = if is_refused(number) { "PAM_AUTH_ERR" } else { "PAM_SUCCESS" };
            assert_eq!(outcome.name, expected, "login {number}: {outcome:?}");
        }
    }
}

/// The program has as much open as before, and hardly more memory.
#[track_caller]
fn leaves_nothing_behind(summary: &Summary) {
    assert_eq!(summary.descriptors.0, summary.descriptors.1, "{summary:#?}");
    assert_eq!(summary.threads, (1, 1), "a guest starts no threads: {summary:#?}");
    assert_eq!(summary.children_after, 0, "{summary:#?}");
    let (before, after) = summary.rss_kib;
    assert!(after <= before + PROGRAM_GROWTH, "{summary:#?}");
    // One module, however often it was loaded, and nothing that it would have to bring along.
    let count = |name: &str| summary.mapped_libraries.iter().filter(|l| l.contains(name)).count();
    assert_eq!(count("/pam_monk.so"), 1, "{summary:#?}");
    for stranger in ["libssl", "libldap", "libsqlite", "libcrypto"] {
        assert_eq!(count(stranger), 0, "{summary:#?}");
    }
}

/// Logs in many times with a resident engine; `warm_up` of them before it is measured.
#[track_caller]
fn many_logins(backend: Backend, warm_up: usize, measured: usize) {
    let site = Site::with_settings(backend, Running::Resident, SETTINGS);
    site.add_user("alice", "secret");
    let typed = site.app_password("alice", "Mail", &[]);
    let mut program = site.pam_host("imap");
    log_in(&mut program, &typed, warm_up);
    let before = Footprint::of(site.engine_pid());
    let started = Instant::now();
    log_in(&mut program, &typed, measured);
    let each = started.elapsed() / u32::try_from(measured).expect("some thousands");
    let after = Footprint::of(site.engine_pid());
    let summary = program.finish();
    println!("{backend:?}: {} logins, {each:?} each", summary.logins);
    println!("the program: {summary:?}");
    println!("the engine: {before:?}\n         -> {after:?}");
    leaves_nothing_behind(&summary);
    assert!(after.descriptors <= before.descriptors + 4, "{before:?} {after:?}");
    assert!(after.threads <= before.threads + 4, "{before:?} {after:?}");
    assert!(after.rss_kib <= before.rss_kib + ENGINE_GROWTH, "{before:?} {after:?}");
}

#[test]
fn ten_thousand_logins_with_the_embedded_directory() {
    many_logins(Backend::Embedded, 1000, 9000);
}

#[test]
fn three_thousand_logins_with_ldap() {
    many_logins(Backend::Ldap, 500, 2500);
}

/// Each of them starts an engine, which is nobody's child when it ends.
#[test]
fn three_hundred_logins_without_a_resident_engine() {
    let site = Site::with_settings(Backend::Embedded, Running::OneShot, SETTINGS);
    site.add_user("alice", "secret");
    let typed = site.app_password("alice", "Mail", &[]);
    let mut program = site.pam_host("imap");
    log_in(&mut program, &typed, 300);
    let summary = program.finish();
    println!("one-shot: {summary:?}");
    leaves_nothing_behind(&summary);
    let gone = until(Duration::from_secs(10), || site.one_shots().is_empty().then_some(()));
    assert_eq!(gone, Some(()), "engines that were started for a login end with it");
}

/// The most memory, in KiB, that an engine may keep after a flood of passwords: a hash takes 19 MiB
/// while it is computed, and one for each core is computed at a time.
const AFTER_A_FLOOD: u64 = 128 * 1024;

#[test]
fn a_flood_of_passwords_leaves_the_engine_as_small_as_it_was() {
    let site = Site::with_settings(Backend::Embedded, Running::Resident, SETTINGS);
    site.add_user("alice", "secret");
    let endpoint = site.endpoint();
    let login = WireLogin { service: "imap", user: "alice", typed: "wrong" };
    let flood: Vec<_> = (0..64).map(|_| (login, &endpoint)).collect();
    for _ in 0..3 {
        let answers = site.world.inside(|| at_once(&flood));
        // On a busy machine the last of them run out of time, and are told so.
        let honest =
            |answer: &WireAnswer| matches!(answer, WireAnswer::Denied | WireAnswer::Unavailable);
        assert!(answers.iter().all(honest), "{answers:?}");
        assert!(answers.contains(&WireAnswer::Denied), "{answers:?}");
    }
    let after = Footprint::of(site.engine_pid());
    println!("the engine after 192 wrong passwords: {after:?}");
    assert!(after.rss_kib < AFTER_A_FLOOD, "{after:?}");
}
