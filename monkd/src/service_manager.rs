//! What the resident engine tells the service manager: sd_notify(3).
//!
//! ```text
//! the socket listens            READY=1       never waits for the directory
//! SIGHUP, a new key             RELOADING=1   and READY=1, whatever came of it
//! every half of the watchdog    WATCHDOG=1    see [`Watchdog`]
//! SIGTERM                       STOPPING=1
//! ```
//!
//! Written here and not left to a crate, because what is said comes from the loop that takes
//! connections: a service manager that does not read must not stop the logins by which somebody
//! could mend it.

use std::env;
use std::ffi::OsStr;
use std::io;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::time::{Duration, UNIX_EPOCH};

use nix::time::{ClockId, clock_gettime};
use tokio::time::{Interval, MissedTickBehavior, interval};

use crate::audit;
use crate::engine::Engine;
use crate::settings::Settings;

/// How long the engine waits for a service manager that does not read.
const PATIENCE: Duration = Duration::from_secs(1);

/// The service manager, where one has started this engine and wants to hear of it.
pub struct ServiceManager(Option<(UnixDatagram, SocketAddr)>);

impl ServiceManager {
    /// The one that the environment names. Engines that are started for one login never ask: what
    /// is in their environment is their caller's.
    #[must_use]
    pub fn of_environment() -> Self {
        let Some(name) = env::var_os("NOTIFY_SOCKET") else { return Self(None) };
        let open = || {
            let socket = UnixDatagram::unbound()?;
            socket.set_write_timeout(Some(PATIENCE))?;
            Ok((socket, address(&name)?))
        };
        let opened: io::Result<_> = open();
        if let Err(error) = &opened {
            audit::warn(&format!("the service manager is not told anything: {error}"));
        }
        Self(opened.ok())
    }

    /// Logins are answered now.
    pub fn ready(&self, engine: &Engine) {
        self.say(&format!("READY=1\nSTATUS={}", status(&engine.settings, engine.started)));
    }

    /// The settings are being read again.
    pub fn reloading(&self) {
        let now = clock_gettime(ClockId::CLOCK_MONOTONIC).map_or(Duration::ZERO, Duration::from);
        self.say(&format!("RELOADING=1\nMONOTONIC_USEC={}", now.as_micros()));
    }

    /// The settings could not be read again, and the old ones stay.
    pub fn ready_as_before(&self, engine: &Engine) {
        let status = status(&engine.settings, engine.started);
        self.say(&format!("READY=1\nSTATUS={status}; NOT read again, see journalctl -t monkd"));
    }

    /// The engine is alive.
    pub fn alive(&self) {
        self.say("WATCHDOG=1");
    }

    /// No more connections are taken.
    pub fn stopping(&self) {
        self.say("STOPPING=1\nSTATUS=ending the conversations under way");
    }

    fn say(&self, state: &str) {
        // Whoever does not hear it acts as if it had not been said, and the log of logins goes on.
        if let Self(Some((socket, address))) = self {
            let _ = socket.send_to_addr(state.as_bytes(), address);
        }
    }
}

/// A path, or a name without a file, which begins with `@`.
fn address(name: &OsStr) -> io::Result<SocketAddr> {
    match name.as_bytes().strip_prefix(b"@") {
        Some(name) => SocketAddr::from_abstract_name(name),
        None => SocketAddr::from_pathname(name),
    }
}

/// What `systemctl status` shows. Everybody may read that.
fn status(settings: &Settings, read: u64) -> String {
    let read = httpdate::fmt_http_date(UNIX_EPOCH + Duration::from_secs(read));
    format!("{}; settings of {read}", settings.chosen().title())
}

/// Shows the service manager that logins are still taken and worked on.
///
/// Each sign of life comes from the one loop that takes connections and serves them, so it stops when
/// the loop stands still. Threads that hash or write are not asked: what waits for them has a deadline
/// and becomes an outage in the log, and a flood that keeps them busy is no reason to break off the
/// logins of everybody.
pub struct Watchdog(Option<Interval>);

impl Watchdog {
    /// The one that the environment asks for: twice within `WATCHDOG_USEC`.
    #[must_use]
    pub fn of_environment() -> Self {
        let of = |name: &str| env::var(name).ok()?.parse::<u64>().ok();
        let is_ours = env::var_os("WATCHDOG_PID").is_none()
            || of("WATCHDOG_PID") == Some(u64::from(std::process::id()));
        let ticks = of("WATCHDOG_USEC").filter(|&limit| is_ours && limit >= 2).map(|limit| {
            let mut ticks = interval(Duration::from_micros(limit / 2));
            ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
            ticks
        });
        Self(ticks)
    }

    /// Returns when a sign of life is due; never, where nobody wants one. May be dropped and called
    /// again.
    pub async fn due(&mut self) {
        match &mut self.0 {
            Some(ticks) => drop(ticks.tick().await),
            None => std::future::pending().await,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_manager_is_found_by_its_path_or_its_name() {
        let path = address(OsStr::new("/run/systemd/notify")).unwrap();
        assert_eq!(path.as_pathname(), Some("/run/systemd/notify".as_ref()));
        let name = address(OsStr::new("@manager")).unwrap();
        assert_eq!(name.as_abstract_name(), Some(&b"manager"[..]));
        assert!(address(OsStr::new(&format!("/{}", "x".repeat(200)))).is_err());
    }

    #[test]
    fn one_that_does_not_read_is_not_waited_for() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("notify");
        let _never_reads = UnixDatagram::bind(&path).unwrap();
        let others = UnixDatagram::unbound().unwrap();
        others.set_nonblocking(true).unwrap();
        while others.send_to(b"x", &path).is_ok() {}
        let socket = UnixDatagram::unbound().unwrap();
        socket.set_write_timeout(Some(Duration::from_millis(1))).unwrap();
        let address = address(path.as_os_str()).unwrap();
        ServiceManager(Some((socket, address))).alive();
    }

    #[test]
    fn the_status_says_which_directory_and_of_when() {
        let ldap = "[ldap]\nuris = []\nbase = \"dc=x\"\n";
        for (text, directory) in [
            (String::new(), "embedded directory"),
            ("credentials = \"embedded\"\n".to_owned(), "embedded directory"),
            (format!("directory = \"ldap\"\n{ldap}"), "LDAP directory"),
            (
                format!("directory = \"ldap\"\ncredentials = \"embedded\"\n{ldap}"),
                "LDAP directory, embedded credentials",
            ),
        ] {
            let expected = format!("{directory}; settings of Thu, 01 Jan 1970 00:01:00 GMT");
            assert_eq!(status(&Settings::parse(&text).unwrap(), 60), expected);
        }
    }
}
