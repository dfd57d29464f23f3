//! A host whose people live in monk's own directory, set up as docs/guide-directory-host.md says.

use monk_tests::clients::Ssh;
use monk_tests::fresh::{Debian, Machine, names_package, package};
use monk_tests::site::Site;
use monk_tests::{Status, Typist};

use super::{Blocks, Reader, confirm};
use crate::guarded::{bring, install, systemctl};

monk_tests::on_each_debian!(people_of_the_directory_log_in_after_the_commands_of_the_page);

const PAGE: &str = "docs/guide-directory-host.md";

/// What the test here carries out.
pub const BLOCKS: Blocks = &[
    (PAGE, PEOPLE),
    (PAGE, NAMES),
    (PAGE, HOMES),
    (PAGE, LOGINS),
    (PAGE, SUDO),
    (PAGE, PASSWD),
    (PAGE, DOCTOR),
    (PAGE, AFTERWARDS),
    (PAGE, REMOVE),
    ("docs/password-directories.md", USER_PASSWD),
];

const PEOPLE: &str = "monk-enroll group add operators alice";
const NAMES: &str = "apt install ./libnss-monk_*.deb";
const HOMES: &str = "pam-auth-update --enable mkhomedir";
const LOGINS: &str = "monk-enroll totp add alice";
const SUDO: &str = "visudo --check";
const PASSWD: &str = "passwd\n";
const DOCTOR: &str = "monk-enroll doctor";
const AFTERWARDS: &str = "systemctl restart cron";
const REMOVE: &str = "apt remove libnss-monk";
const USER_PASSWD: &str = "monk-enroll user passwd\n";

const PASSWORD: &str = "secret of alice";
const NEW: &str = "N3w-correct-horse";
const NEWER: &str = "N3wer-correct-horse";

/// What install.md has the reader write for codes at ssh.
const SCREENS: [&str; 3] = [
    "-i",
    "s/^KbdInteractiveAuthentication no$/KbdInteractiveAuthentication yes/",
    "/etc/ssh/sshd_config",
];

fn people_of_the_directory_log_in_after_the_commands_of_the_page(debian: Debian) {
    let machine = Machine::new(debian);
    install(&machine, &package().current);
    bring(&machine, &names_package().current);
    machine.command("sed").args(SCREENS).run().expect_success();
    machine.write("/root/alice.password", format!("{PASSWORD}\n"), 0o600);

    let reader = Reader::new(&machine, BLOCKS);
    let typed = "user add alice --password-stdin < /root/alice.password";
    reader.follows_with(PEOPLE, &[("user add alice", typed)]);
    let names = reader.follows(NAMES).stdout;
    assert!(names.contains("alice:*:65536:65536:Alice Example:/home/alice:/bin/bash"), "{names}");
    assert!(names.contains("(operators)"), "{names}");
    reader.follows(HOMES);
    let added = reader.follows_with(LOGINS, &[("monk-enroll", "monk-enroll --json")]);
    let phone = confirm(&machine, &added.stdout);
    systemctl(&machine, &["reload", "ssh"]);
    let second = Site::of_package(&machine).device("alice", "Second");
    reader.follows(SUDO);

    let ssh = Ssh::at_debians(&machine, "alice");
    let ssh = ssh.option("PreferredAuthentications=keyboard-interactive");
    let ssh = ssh.answer("assword", PASSWORD).answer("ode", &phone.code()).run("pwd");
    assert!(ssh.logged_in() && ssh.stdout == "/home/alice\n", "{ssh:?}");

    let as_alice = |command: &str| {
        format!("setpriv --reuid alice --regid alice --init-groups {}", command.trim())
    };
    let screen = Typist::new(&machine, &as_alice(&reader.reads(PASSWD)))
        .answer("Current password: ", PASSWORD)
        .answer("Code", &second.code())
        .answer("New password: ", NEW)
        .answer("Retype new password: ", NEW)
        .run();
    assert_eq!(screen.status, Status::Code(0), "{}", screen.text());
    let screen = Typist::new(&machine, &as_alice(&reader.reads(USER_PASSWD)))
        .answer("New password", NEWER)
        .answer("gain", NEWER)
        .answer("urrent password", NEW)
        .answer("ode", &second.code())
        .run();
    assert_eq!(screen.status, Status::Code(0), "{}", screen.text());

    let doctor = reader.tries_with(DOCTOR, &[("doctor", "doctor --ignore sshd-key-alone")]);
    assert!(doctor.success(), "{doctor}");
    let failed = reader.follows(AFTERWARDS).stdout;
    assert!(failed.contains("0 loaded units"), "{failed}");
    reader.follows(REMOVE);
    assert!(!machine.command("getent").args(["passwd", "alice"]).run().success());
    reader.has_read_all();
}
