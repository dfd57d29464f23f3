//! Several servers.

use std::time::{Duration, Instant};

use monk_tests::SlapdOptions;
use monkd::directory::{Advice, Answer};

use crate::setup::{Host, log, second_slapd, slapd, world};

#[test]
fn when_the_first_server_is_down_the_second_answers_and_back() {
    let world = world();
    let mut first = slapd(&world, SlapdOptions::default());
    let second = second_slapd(&world);
    let uris = [first.ldaps_uri(), second.ldaps_uri()];
    let host = Host::with(&world, &uris.each_ref().map(String::as_str), "");
    host.account("alice");
    first.stop();
    let alice = host.account("alice");
    assert_eq!(host.check(Some(&alice), "alice-secret"), Ok(Answer::Right(Advice::Nothing)));
    assert!(log(&second).contains("SRCH base=\"dc=example,dc=org\""));

    // Some seconds later, the preferred one is tried again.
    first.restart();
    monk_tests::until(Duration::from_secs(20), || {
        host.account("alice");
        first.log().contains("filter=\"(&(objectClass=person)(uid=alice)").then_some(())
    })
    .expect("the first server is asked again");
}

#[test]
fn a_first_server_that_hangs_delays_one_login_by_two_seconds_and_no_other() {
    let world = world();
    let mut first = slapd(&world, SlapdOptions::default());
    let second = second_slapd(&world);
    let uris = [first.ldaps_uri(), second.ldaps_uri()];
    let uris = uris.each_ref().map(String::as_str);
    first.freeze();
    let host = Host::with(&world, &uris, "");
    let timed = || {
        let start = Instant::now();
        let alice = host.account("alice");
        assert_eq!(host.check(Some(&alice), "alice-secret"), Ok(Answer::Right(Advice::Nothing)));
        start.elapsed()
    };
    let slow = timed();
    assert!(slow < Duration::from_millis(3000), "{slow:?}");
    for _ in 0..5 {
        let fast = timed();
        assert!(fast < Duration::from_millis(500), "{fast:?}");
    }

    // The same with connections that are open already.
    first.thaw();
    let host = Host::with(&world, &uris, "");
    host.account("alice");
    first.freeze();
    let start = Instant::now();
    host.account("alice");
    assert!(start.elapsed() < Duration::from_millis(5000), "{:?}", start.elapsed());
}

#[test]
fn when_all_servers_are_down_the_outage_names_each() {
    let world = world();
    let uris = ["ldaps://ldap.example.org:1", "ldap://localhost:2", "ldapi://%2Fnowhere"];
    let host = Host::with(&world, &uris, "");
    let message = host.find("alice").expect_err("there is none").to_string();
    for uri in uris {
        assert!(message.contains(uri), "{message}");
    }
}
