//! The engine dies, the machine is switched off, the directory is away.

use std::time::Duration;

use monk_tests::clients::PamAnswer;
use monk_tests::fresh::Debian;
use monk_tests::{World, figures, until};

use crate::break_glass::{ROOT, as_root};
use crate::guarded::{Guarded, property, systemctl};

monk_tests::on_each_debian!(
    a_killed_engine_is_started_again,
    a_reboot_keeps_everything,
    a_directory_that_is_away_does_not_hang_the_boot,
);

/// How long systemd may take to start the engine again. It takes about a second.
const RESTART_LIMIT: Duration = Duration::from_secs(30);

/// No more than this for the whole boot, whatever the directory does. It takes some seconds; other tests
/// may have the processors.
const BOOT_LIMIT: Duration = Duration::from_secs(60);

/// What nobody may reach before the engine is up.
const DOORS: [&str; 3] = ["ssh.service", "dovecot.service", "systemd-user-sessions.service"];

/// A directory server that takes connections, and never says a word.
const SILENT: &str = "\
[Socket]
ListenStream=127.0.0.1:636

[Install]
WantedBy=sockets.target
";

/// What would answer.
const SILENCE: &str = "[Service]\nExecStart=/bin/sleep infinity\n";

/// Settings for a directory that is nowhere else.
const LDAP: &str = "\
directory = \"ldap\"

[ldap]
uris = [\"ldaps://localhost\"]
base = \"ou=people,dc=example,dc=org\"
bind_dn = \"cn=monk,dc=example,dc=org\"
password_file = \"/etc/monk/ldap.password\"
";

fn a_killed_engine_is_started_again(debian: Debian) {
    let guarded = Guarded::new(debian);
    let machine = &guarded.machine;
    machine.add_system_user("bob");
    let site = guarded.site();
    let for_mail = site.app_password("alice", "Mail", &[]);
    let engine = || property(machine, "monk", "MainPID");
    // More often than systemd starts most services again.
    for _time in 0..7 {
        let before = engine();
        machine.command("kill").args(["-9", &before]).run().expect_success();
        let is_new = || ![before.as_str(), "0"].contains(&engine().as_str());
        let again = || is_new() && property(machine, "monk", "ActiveState") == "active";
        assert_eq!(until(RESTART_LIMIT, || again().then_some(())), Some(()));
    }
    let login = site.pam("dovecot", "alice").types(&for_mail).as_user("bob");
    assert_eq!(login.authenticate().answer, PamAnswer::Success, "the service answers everybody");
    assert!(guarded.imap(&guarded.password_and_code()));
}

fn a_reboot_keeps_everything(debian: Debian) {
    let mut guarded = Guarded::new(debian);
    let for_mail = guarded.site().app_password("alice", "Mail", &[]);
    let used = guarded.password_and_code();
    assert!(guarded.imap(&used));
    guarded.reboot();
    let machine = &guarded.machine;
    assert!(!guarded.imap(&used), "a used code");
    assert_eq!(guarded.site().last_login().reason, "replayed-code");
    assert!(guarded.imap(&for_mail), "an app password");
    assert!(guarded.imap(&guarded.password_and_code()), "another code");
    assert_eq!(systemctl(machine, &["--failed", "--plain", "--no-legend"]), "");
    let ready = moment(machine, "monk.service", "ActiveEnterTimestampMonotonic");
    for door in DOORS {
        let begins = moment(machine, door, "InactiveExitTimestampMonotonic");
        assert!(ready < begins, "{door} begins after {begins:?}, the engine is up after {ready:?}");
    }
}

fn a_directory_that_is_away_does_not_hang_the_boot(debian: Debian) {
    let mut guarded = Guarded::new(debian);
    let machine = &guarded.machine;
    machine.set_password("root", ROOT);
    machine.write("/etc/systemd/system/silent.socket", SILENT, 0o644);
    machine.write("/etc/systemd/system/silent.service", SILENCE, 0o644);
    systemctl(machine, &["enable", "silent.socket"]);
    machine.write("/etc/monk/monk.toml", LDAP, 0o640);
    machine.write("/etc/monk/ldap.password", "secret\n", 0o600);
    machine.command("chown").args(["monk", "/etc/monk/ldap.password"]).run().expect_success();
    guarded.reboot();
    let machine = &guarded.machine;
    let took = machine.boot_time();
    let milliseconds = format!("{} ms", took.as_millis());
    figures::row("package", &[&format!("{debian:?}: boot, LDAP away"), &milliseconds, "-"]);
    assert!(took < BOOT_LIMIT, "{took:?}");
    assert_eq!(systemctl(machine, &["is-active", "monk", "silent.socket"]), "active\nactive\n");
    assert!(as_root(machine, ROOT), "root gets in meanwhile");
    assert!(!guarded.ssh("correct;horse;123456", ""), "nobody else does");
    assert_eq!(guarded.site().last_login().verdict, "unavailable");
}

/// When a unit has come to a state, by a clock that all units have in common. It must have come to it.
#[track_caller]
fn moment(machine: &World, unit: &str, name: &str) -> Duration {
    let microseconds = property(machine, unit, name).parse().unwrap_or_default();
    assert!(microseconds > 0, "{unit} has no {name}");
    Duration::from_micros(microseconds)
}
