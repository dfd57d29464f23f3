//! What a service manager hears of the resident engine (sd_notify(3)).

use std::fs::Permissions;
use std::io::ErrorKind;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixDatagram;
use std::time::Duration;

use monk_tests::clients::PamAnswer;
use monk_tests::site::{Backend, Running, SETTINGS, Site, monk_socket};
use monk_tests::{Process, Signal, World};

/// Where the service manager listens.
const SOCKET: &str = "/run/notify";

/// How long a message may be on its way.
const LIMIT: Duration = Duration::from_secs(10);

/// A service manager that writes down what it is told.
struct Manager(UnixDatagram);

impl Manager {
    #[track_caller]
    fn of(world: &World) -> Self {
        let socket = world.inside(|| {
            let socket = UnixDatagram::bind(SOCKET)?;
            std::fs::set_permissions(SOCKET, Permissions::from_mode(0o666))?;
            std::io::Result::Ok(socket)
        });
        Self(socket.expect("a socket in the world"))
    }

    /// The next message, if one comes in time.
    #[track_caller]
    fn next_within(&self, limit: Duration) -> Option<String> {
        self.0.set_read_timeout(Some(limit)).expect("a time limit");
        let mut bytes = [0; 4096];
        match self.0.recv(&mut bytes) {
            Ok(length) => Some(String::from_utf8_lossy(&bytes[..length]).into_owned()),
            Err(error) if error.kind() == ErrorKind::WouldBlock => None,
            Err(error) => panic!("{error}"),
        }
    }

    /// The next message, which must begin like this.
    #[track_caller]
    fn hears(&self, beginning: &str) -> String {
        let message = self.next_within(LIMIT).unwrap_or_else(|| panic!("nothing, not {beginning}"));
        assert!(message.starts_with(beginning), "{message}");
        message
    }

    /// Forgets what has come so far.
    fn forget(&self) {
        while self.next_within(Duration::from_millis(1)).is_some() {}
    }
}

/// A resident engine of a site that has none, started as a service manager does.
#[track_caller]
fn start(site: &Site, environment: &[(&str, &str)]) -> Process {
    let command = site.world.command("monkd").env("NOTIFY_SOCKET", SOCKET);
    environment.iter().fold(command, |command, (name, value)| command.env(name, value)).spawn()
}

#[track_caller]
fn embedded() -> (Site, Manager) {
    let site = Site::new(Backend::Embedded, Running::OneShot);
    let manager = Manager::of(&site.world);
    (site, manager)
}

#[test]
fn the_engine_is_ready_when_its_socket_answers() {
    let (site, manager) = embedded();
    let _engine = start(&site, &[]);
    let message = manager.hears("READY=1\n");
    assert!(message.contains("\nSTATUS=embedded directory; settings of "), "{message}");
    assert!(site.world.is_listening_at(monk_socket()));
}

#[test]
fn the_engine_is_ready_while_the_directory_is_away() {
    let site = Site::new(Backend::Ldap, Running::OneShot);
    let manager = Manager::of(&site.world);
    site.with_slapd(|slapd| slapd.stop());
    let _engine = start(&site, &[]);
    let message = manager.hears("READY=1\n");
    assert!(message.contains("\nSTATUS=LDAP directory; "), "{message}");
}

#[test]
fn reading_the_settings_again_is_told_and_so_is_its_end() {
    let (site, manager) = embedded();
    let mut engine = start(&site, &[]);
    manager.hears("READY=1\n");
    engine.kill(Signal::SIGHUP);
    let message = manager.hears("RELOADING=1\nMONOTONIC_USEC=");
    let time = message.rsplit('=').next().and_then(|digits| digits.parse::<u64>().ok());
    assert!(time.is_some_and(|time| time > 0), "{message}");
    let message = manager.hears("READY=1\n");
    assert!(!message.contains("NOT"), "{message}");
    // Wrong settings: the engine goes on with the old ones, and says so.
    site.world.write(SETTINGS, "nonsense = 1\n", 0o644);
    engine.kill(Signal::SIGHUP);
    manager.hears("RELOADING=1\n");
    let message = manager.hears("READY=1\n");
    assert!(message.contains("NOT read again"), "{message}");
}

#[test]
fn a_new_key_is_told_like_new_settings() {
    let (site, manager) = embedded();
    let _engine = start(&site, &[]);
    manager.hears("READY=1\n");
    site.enroll(&["key", "create"]);
    manager.hears("RELOADING=1\n");
    manager.hears("READY=1\n");
}

#[test]
fn signs_of_life_come_for_as_long_as_the_engine_is_alive() {
    let (site, manager) = embedded();
    let mut engine = start(&site, &[("WATCHDOG_USEC", "100000")]);
    manager.hears("READY=1\n");
    for _ in 0..5 {
        manager.hears("WATCHDOG=1");
    }
    engine.stop();
    manager.forget();
    assert_eq!(manager.next_within(Duration::from_secs(1)), None);
    engine.cont();
    manager.hears("WATCHDOG=1");
}

#[test]
fn signs_of_life_come_only_where_they_are_wanted() {
    let (site, manager) = embedded();
    for environment in
        [&[][..], &[("WATCHDOG_USEC", "100000"), ("WATCHDOG_PID", "1")], &[("WATCHDOG_USEC", "0")]]
    {
        let mut engine = start(&site, environment);
        manager.hears("READY=1\n");
        assert_eq!(manager.next_within(Duration::from_millis(500)), None, "{environment:?}");
        engine.kill(Signal::SIGTERM);
        manager.hears("STOPPING=1\n");
        assert!(engine.wait(LIMIT).is_some_and(|status| status.success()));
    }
}

/// It is a child of the program that wants to log somebody in, which may be a service of its own.
#[test]
fn an_engine_for_one_login_says_nothing() {
    let (site, manager) = embedded();
    let phone = site.user_with_device("alice", "secret");
    site.pam_service("imap", "");
    let command = site.world.command("pamtester").env("NOTIFY_SOCKET", SOCKET);
    let command = command.env("WATCHDOG_USEC", "100000").args(["imap", "alice", "authenticate"]);
    let (_, line) = site.audited(|| {
        command.stdin(format!("secret;{}\n", phone.code())).run().expect_success();
    });
    assert_eq!(line.reason, "totp");
    // Nor one that inherits everything, as from an engine by hand.
    let command = site.world.command("monkd").env("NOTIFY_SOCKET", SOCKET);
    command.args(["--one-shot"]).run();
    assert_eq!(manager.next_within(Duration::from_millis(100)), None);
    assert_eq!(site.pam("imap", "alice").account().answer, PamAnswer::Success);
}
