//! An engine that crashes: nobody finds its memory in a file.

use std::os::unix::process::ExitStatusExt;
use std::time::Duration;

use monk_tests::clients::PamAnswer;
use monk_tests::site::{Running, Site};
use monk_tests::{Process, Signal, figures, until};

use crate::life::{add_alice, embedded};

const LIMIT: Duration = Duration::from_secs(20);

/// Signals for which the kernel writes core files.
const CRASHES: [Signal; 3] = [Signal::SIGSEGV, Signal::SIGABRT, Signal::SIGQUIT];

/// The core files in the folders of the world's programs.
fn core_files(site: &Site) -> usize {
    let find = ["/run", "/tmp", "/var/lib/monk", "/root", "-name", "core*"];
    site.world.command("find").args(find).run().expect_success().stdout.lines().count()
}

/// A login that waits for its password.
fn waiting_login(site: &Site) -> Process {
    let script =
        "mkfifo -m 0600 /run/answers; exec pamtester imap alice authenticate <>/run/answers";
    let login = site.world.spawn("sh", &["-c", script]);
    until(LIMIT, || login.log().contains("Password: ").then_some(())).expect("it asks");
    login
}

#[test]
fn a_crash_of_an_engine_leaves_no_core_file_though_those_of_others_do() {
    let site = embedded(Running::OneShot).site();
    add_alice(&site);
    site.pam_service("imap", "");
    // A shell in the background ignores SIGQUIT, and so does whatever it starts.
    let unlimited = "ulimit -c unlimited; cd /run; exec env --default-signal ";
    // The control: on this machine and in this world, a crash does leave one.
    let mut other = site.world.spawn("sh", &["-c", &format!("{unlimited} sleep 100")]);
    let is_sleep = || {
        let name = std::fs::read_to_string(format!("/proc/{}/comm", other.pid()));
        name.is_ok_and(|name| name.trim() == "sleep").then_some(())
    };
    until(LIMIT, is_sleep).expect("the program starts");
    other.kill(Signal::SIGSEGV);
    let end = other.wait(LIMIT).expect("it has crashed");
    let cores = core_files(&site);
    assert!(end.core_dumped(), "a crash leaves a core file here: {end:?}");

    for crash in CRASHES {
        // The most that a careless service manager could allow.
        let mut engine = site.world.spawn("sh", &["-c", &format!("{unlimited} monkd")]);
        let socket = monk_tests::site::monk_socket();
        site.world.wait_for_server(&mut engine, || site.world.is_listening_at(socket));
        let typed = || site.pam("imap", "alice").types("CanaryMistake");
        assert_eq!(typed().authenticate().answer, PamAnswer::AuthErr);
        // The first SIGSEGV meets a handler of the runtime, which expects the fault to come again.
        let crashed = until(LIMIT, || {
            if engine.is_running() {
                engine.kill(crash);
            }
            engine.wait(Duration::from_millis(50))
        });
        let end = crashed.expect("it has crashed");
        assert_eq!((end.signal(), end.core_dumped()), (Some(crash as i32), false));
    }

    let mut login = waiting_login(&site);
    let gone = until(LIMIT, || (site.signal_one_shots(Signal::SIGSEGV) == 0).then_some(()));
    assert_eq!(gone, Some(()), "the engine has crashed");
    let typed = "echo CanaryMistake >/run/answers";
    site.world.command("sh").args(["-c", typed]).run().expect_success();
    login.wait(LIMIT).expect("a login without an engine ends");
    assert!(login.log().contains("cannot retrieve"), "{}", login.log());
    assert_eq!(core_files(&site), cores, "no more than before");
    figures::row(
        "hostile",
        &[
            "monkd crashes by SIGSEGV, SIGABRT, SIGQUIT; ulimit -c unlimited",
            "4 of 4 without a core file (another program: 1 of 1 with)",
            "none",
        ],
    );
}
