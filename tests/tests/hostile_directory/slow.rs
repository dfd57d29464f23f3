//! A directory that answers, only late.

use std::time::Duration;

use monk_tests::Fault;
use monk_tests::clients::{WireAnswer, WireLogin, at_once};
use monk_tests::figures;
use monk_tests::site::Running;

use super::{DEADLINE, Scene, seconds};

/// Logins at the same moment: as many again as connections may be open.
const MANY: usize = 32;

/// A server that takes longer than `connect_timeout_ms` for everything counts as one that is down.
#[test]
fn two_seconds_for_each_answer_are_an_outage_by_default() {
    let mut scene = Scene::set(Running::Resident, "ldaps", "");
    scene
        .endure(Fault::Slow(Duration::from_millis(2100)))
        .note("takes 2 s for each answer", scene.running);
    scene.no_password_was_readable();
}

/// Whoever sets `connect_timeout_ms` for a slow directory gets his logins, if all of their answers
/// come within the ten seconds.
#[test]
fn a_slow_directory_is_waited_for_where_the_settings_say_so() {
    let mut scene = Scene::set(Running::Resident, "ldaps", "connect_timeout_ms = 9000");
    scene.all_is_well();
    let code = scene.code();
    scene.proxy.set(Fault::Slow(Duration::from_secs(2)));
    // One after the other, on connections that are open: making one takes some answers more.
    let alice = scene.programs[0].login("alice", &[&code]);
    let bob = scene.programs[1].login("bob", &[&scene.app_password]);
    assert!(alice.is_success() && alice.took() < DEADLINE, "{alice:?}");
    assert!(bob.is_success() && bob.took() < DEADLINE, "{bob:?}");
    let said = format!(
        "code granted after {}, app password after {}",
        seconds(alice.took()),
        seconds(bob.took())
    );
    let what = "directory takes 2 s for each answer, connect_timeout_ms = 9000";
    figures::row("hostile", &[what, &said, "≤ 10 s: search, bind, modify; search alone"]);
}

/// Slow logins hold nobody up but themselves.
#[test]
fn many_logins_at_a_slow_directory_take_no_longer_than_one() {
    let mut scene = Scene::set(Running::Resident, "ldaps", "connect_timeout_ms = 9000");
    scene.all_is_well();
    scene.proxy.set(Fault::Slow(Duration::from_millis(500)));
    let endpoint = scene.site.endpoint();
    let login = WireLogin { service: "imap", user: "bob", typed: &scene.app_password };
    let logins = vec![(login, &endpoint); MANY];
    let begin = std::time::Instant::now();
    let answers = scene.site.world.inside(|| at_once(&logins));
    let took = begin.elapsed();
    let granted = answers.iter().filter(|&&answer| answer == WireAnswer::Granted).count();
    assert_eq!(granted, MANY, "{answers:?}");
    let said = format!("{granted} of {MANY} granted, the last after {}", seconds(took));
    figures::row(
        "hostile",
        &["directory takes 0.5 s for each answer, 32 at once", &said, "all, ≤ 10 s"],
    );
}
