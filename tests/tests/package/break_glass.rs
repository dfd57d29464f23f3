//! The engine is not there: who still gets in, and who does not.

use std::time::{Duration, Instant};

use monk_tests::clients::{PamAnswer, Ssh};
use monk_tests::fresh::Debian;
use monk_tests::{Status, Typist, World, figures};

use crate::guarded::{Guarded, property, systemctl};

monk_tests::on_each_debian!(
    without_the_service_programs_of_root_start_an_engine_of_their_own,
    root_gets_in_with_the_local_password_when_no_engine_can_run,
);

/// Root's password, which the machine itself knows.
pub const ROOT: &str = "in;the;safe";

/// Everything that a program does with PAM for one login.
const EVERYTHING: [&str; 5] =
    ["authenticate", "acct_mgmt", "setcred(PAM_ESTABLISH_CRED)", "open_session", "close_session"];

/// root's login takes no longer. It takes some tenths of a second; other tests may have the processors.
const AT_ONCE: Duration = Duration::from_secs(5);

fn without_the_service_programs_of_root_start_an_engine_of_their_own(debian: Debian) {
    let guarded = Guarded::new(debian);
    let machine = &guarded.machine;
    machine.add_system_user("bob");
    let site = guarded.site();
    let everywhere = site.app_password("alice", "Everywhere", &["--scope", "*"]);
    // pamtester stands for a program that is not root, and checks somebody else's login.
    let as_bob =
        || site.pam("dovecot", "alice").types(&everywhere).as_user("bob").authenticate().answer;
    assert_eq!(as_bob(), PamAnswer::Success, "the service answers everybody");
    systemctl(machine, &["stop", "monk"]);
    assert_ne!(as_bob(), PamAnswer::Success, "nobody else answers bob");
    assert!(guarded.imap(&guarded.password_and_code()), "Dovecot's worker is root's");
    assert!(guarded.ssh(&guarded.password_and_code(), ""), "and so is sshd");
    assert!(!guarded.ssh("wrong;123456", ""));
    assert_eq!(property(machine, "monk", "ActiveState"), "inactive");
    systemctl(machine, &["start", "monk"]);
    assert_eq!(as_bob(), PamAnswer::Success);
}

fn root_gets_in_with_the_local_password_when_no_engine_can_run(debian: Debian) {
    let guarded = Guarded::new(debian);
    let machine = &guarded.machine;
    machine.set_password("root", ROOT);
    machine.write("/etc/ssh/sshd_config.d/root.conf", "PermitRootLogin yes\n", 0o644);
    systemctl(machine, &["reload", "ssh"]);
    assert!(as_root(machine, ROOT), "while all is well, too");

    systemctl(machine, &["stop", "monk"]);
    machine.command("chmod").args(["0", "/usr/sbin/monkd"]).run().expect_success();
    let begin = Instant::now();
    assert!(as_root(machine, ROOT), "alice becomes root with su");
    let took = begin.elapsed();
    let row = [&format!("{debian:?}: su to root without an engine"), &milliseconds(took), "< 1 s"];
    figures::row("package", &row);
    assert!(took < AT_ONCE, "{took:?}");
    assert!(!as_root(machine, "wrong"));

    // pamtester stands for login, which wants a terminal of the hardware.
    let entered = guarded.site().pam("login", "root").types(ROOT).run(&EVERYTHING);
    assert_eq!(entered.answer, PamAnswer::Success, "{}", entered.shown);
    let login = || {
        let login = Ssh::at_debians(machine, "root");
        login.option("PreferredAuthentications=keyboard-interactive")
    };
    let entered = login().answer("assword", ROOT).run("true");
    assert!(entered.logged_in(), "{}", entered.stderr);
    let row = [
        &format!("{debian:?}: ssh as root without an engine"),
        &milliseconds(entered.elapsed),
        "< 1 s",
    ];
    figures::row("package", &row);
    assert!(entered.elapsed < AT_ONCE, "{:?}", entered.elapsed);
    assert!(!login().answer("assword", "wrong").run("true").logged_in());

    // Nobody else gets in, whatever the machine thinks of the password.
    machine.set_password("alice", "local;secret");
    assert!(!guarded.ssh("local;secret", "local;secret"));
    assert!(!guarded.ssh(&guarded.password_and_code(), ""));
}

/// Whether alice, who is at the machine, becomes root with su.
#[track_caller]
pub fn as_root(machine: &World, typed: &str) -> bool {
    let line = "setpriv --reuid alice --regid alice --init-groups su --command 'id -un'";
    let screen = Typist::new(machine, line).answer("assword", typed).run();
    screen.status == Status::Code(0) && screen.text().contains("root\n")
}

fn milliseconds(time: Duration) -> String {
    format!("{} ms", time.as_millis())
}
