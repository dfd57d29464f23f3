//! The resident engine hangs, or what listens in its place is none.

use std::io::Write;
use std::os::unix::net::UnixListener;
use std::thread;

use monk_tests::Signal;
use monk_tests::site::{Backend, PamHost, PamHostOptions, Running, monk_socket};

use super::{AT_ONCE, DEADLINE, People};

#[test]
fn an_engine_that_is_stopped_before_the_login_and_goes_on_after_it() {
    let mut people = People::of(Backend::Embedded);
    people.begin(Running::Resident);
    people.site.signal_engine(Signal::SIGSTOP);
    people.nobody_hears_more_than_unavailable(DEADLINE);
    people.site.signal_engine(Signal::SIGCONT);
    people.all_is_well();
}

#[test]
fn a_socket_that_a_killed_engine_has_left_behind_is_no_outage() {
    let mut people = People::of(Backend::Embedded);
    people.begin(Running::Resident);
    people.site.kill_engine();
    assert!(people.site.world.exists(monk_socket()));
    people.all_is_well();
}

/// Only root's programs may start an engine, because only root may read what it needs.
#[test]
fn without_an_engine_programs_of_others_hear_unavailable_at_once() {
    let people = People::of(Backend::Embedded);
    people.site.world.add_system_user("webmail");
    let options = PamHostOptions {
        service: "imap".to_owned(),
        user: Some("webmail".to_owned()),
        ..PamHostOptions::default()
    };
    let mut program = PamHost::start(&people.site.world, &options);
    let outcome = program.login("alice", &[&people.typed]);
    assert_eq!(outcome.name, "PAM_AUTHINFO_UNAVAIL");
    assert!(outcome.took() < AT_ONCE, "{outcome:?}");
    people.site.start_engine();
    assert!(program.login("alice", &[&people.typed]).is_success());
}

#[test]
fn an_engine_that_accepts_and_says_nothing() {
    let mut people = People::of(Backend::Embedded);
    let listener = listen(&people);
    people.nobody_hears_more_than_unavailable(DEADLINE);
    drop(listener);
    people.all_is_well();
}

#[test]
fn what_speaks_another_language_is_no_engine() {
    let mut people = People::of(Backend::Embedded);
    let listener = listen(&people);
    let bytes: [&[u8]; 4] = [b"", b"HTTP/1.1 200 OK\r\n\r\n", &[0xff; 64], &[1, 0, 0, 0, 0]];
    let speaker = thread::spawn(move || {
        for bytes in bytes {
            for _ in 0..3 {
                let (mut stream, _) = listener.accept().expect("somebody logs in");
                stream.write_all(bytes).expect("somebody listens");
            }
        }
    });
    for _ in bytes {
        people.nobody_hears_more_than_unavailable(AT_ONCE);
    }
    speaker.join().expect("the speaker has said everything");
    people.all_is_well();
}

/// Listens where the engine would.
fn listen(people: &People) -> UnixListener {
    people.site.world.make_folder("/run/monk", 0o755);
    let listener = people.site.world.inside(|| UnixListener::bind(monk_socket()));
    listener.expect("nobody else listens there")
}
