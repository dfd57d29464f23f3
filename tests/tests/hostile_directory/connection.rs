//! What a network and what stands in it can do to a connection.

use monk_tests::Fault;
use monk_tests::site::Running;

use super::{CANARY, RETURN_LIMIT, Scene, Seen};

monk_tests::in_both_ways!(
    a_connection_that_is_refused_silent_reset_or_forged_is_an_outage_in_time,
    connections_that_died_without_a_word_cost_the_next_login_two_seconds_at_most,
);

fn a_connection_that_is_refused_silent_reset_or_forged_is_an_outage_in_time(running: Running) {
    let mut scene = Scene::set(running, "ldaps", "");
    let faults = [
        ("down, connections refused", Fault::Down),
        ("half-open, accepts and says nothing", Fault::HalfOpen),
        ("resets connections in an answer", Fault::Reset("")),
        ("says garbage instead of TLS", Fault::Answer(garbage())),
        ("hangs up at the first word", Fault::Answer(Vec::new())),
    ];
    for (what, fault) in faults {
        scene.endure(fault).note(what, running);
    }
    scene.no_password_was_readable();
}

#[test]
fn a_connection_that_breaks_in_the_middle_of_a_search_is_an_outage() {
    // Without TLS, because only so the proxy can tell which answer it is. Passwords cross a
    // loopback interface and nothing else, and what the proxy hears proves that it would hear them.
    let mut scene = Scene::set(Running::Resident, "ldap", "allow_cleartext = true");
    scene.all_is_well();
    let code = scene.code();
    scene.proxy.set(Fault::Reset("monkCredential"));
    // What the stranger's search found is whole: nothing.
    let answers = scene.log_in(&code);
    let names = answers.each_ref().map(|outcome| outcome.name.as_str());
    assert_eq!(names, ["PAM_AUTHINFO_UNAVAIL", "PAM_AUTHINFO_UNAVAIL", "PAM_USER_UNKNOWN"]);
    scene.proxy.set(Fault::None);
    let back = scene.first_login(&code);
    assert!(back < RETURN_LIMIT, "{back:?}");
    let unavailable = answers[0].took().max(answers[1].took());
    Seen { unavailable, back }.note("resets connections mid-search", scene.running);
    scene.endure(Fault::Answer(garbage())).note("says garbage instead of LDAP", scene.running);
    assert!(scene.proxy.has_heard(CANARY));
}

/// As behind a firewall that has forgotten them.
fn connections_that_died_without_a_word_cost_the_next_login_two_seconds_at_most(running: Running) {
    let mut scene = Scene::set(running, "ldaps", "");
    scene.all_is_well();
    let code = scene.code();
    scene.proxy.set(Fault::HalfOpen);
    scene.proxy.set(Fault::None);
    let back = scene.first_login(&code);
    assert!(back < RETURN_LIMIT, "{back:?}");
    if running == Running::Resident {
        let said = format!("the next login takes {}", super::seconds(back));
        let cells = ["idle connections die without a word (firewall)", &said, "≤ 2 s more"];
        monk_tests::figures::row("hostile", &cells);
    }
}

#[test]
fn nothing_is_said_to_who_refuses_starttls() {
    let mut scene = Scene::set(Running::Resident, "ldap", "starttls = true");
    scene.all_is_well();
    let code = scene.code();
    // An ExtendedResponse to message 1: protocolError (2), as from a server without TLS, and as from
    // somebody on the way who would like to read on. The connections from before are dead.
    scene.proxy.set(Fault::Down);
    scene
        .proxy
        .set(Fault::Answer(b"\x30\x0c\x02\x01\x01\x78\x07\x0a\x01\x02\x04\x00\x04\x00".into()));
    let unavailable = scene.nobody_hears_more_than_unavailable(&code);
    let line = scene.site.world.wait_for_log(|line| line.text.contains("StartTLS"));
    assert!(line.text.contains("verdict=unavailable"), "{}", line.text);
    scene.proxy.set(Fault::None);
    let back = scene.first_login(&code);
    assert!(back < RETURN_LIMIT, "{back:?}");
    Seen { unavailable, back }.note("refuses StartTLS", scene.running);
    scene.no_password_was_readable();
}

/// Bytes that are neither TLS nor LDAP, the same in every run.
fn garbage() -> Vec<u8> {
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()[3]
    };
    (0..4096).map(|_| next()).collect()
}
