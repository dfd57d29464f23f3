//! A host with a real engine whose clock stands still between two attempts, and its user alice.

use std::cell::{Cell, RefCell};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::attempt::{Attempt, Hosts};
use monk_tests::clients::WireAnswer;
use monk_tests::site::{AuditLine, Backend, Device, EngineClock, Running, Site};
use monk_tests::{Process, until};

/// Refusals at once, and a service of each kind that an attacker could use.
const SETTINGS: &str = "\
[engine]
refusal_ms = 0
[service.web]
mfa = \"off\"
[service.intranet]
trusted_networks = [\"10.0.0.0/8\"]
[service.git]
mfa = \"off\"
password = \"skip-after-publickey\"
[service.enrolled]
mfa = \"when-enrolled\"
[service.pop3]
separator = \"optional\"
[service.key]
password = \"elsewhere\"
";

/// The address of alice's house.
pub const HOME: &str = "198.51.100.7";

/// Alice's uid on the host, and that of somebody else with a login there.
pub const ALICE: u32 = 1000;
pub const MALLORY: u32 = 1001;

/// Alice's password.
pub const PASSWORD: &str = "secret";

/// How long the line of a login that has ended may be on its way.
const LOG_LIMIT: Duration = Duration::from_secs(10);

const HOUR: u64 = 3600;

/// The host, or the two hosts of a fleet.
pub struct Scene {
    pub site: Site,
    pub hosts: Hosts,
    /// Alice's authenticator app.
    pub phone: Device,
    /// The app password in alice's own mail program, and one that somebody has stolen. Both open mail
    /// services only.
    pub mail: String,
    pub stolen: String,
    /// What the engines' clock shows, in seconds since 1970.
    now: Cell<u64>,
    clock: EngineClock,
    /// Lines of the log that were looked through.
    read: RefCell<usize>,
    _second: Option<Process>,
}

impl Scene {
    /// One host. Users are in an LDAP server, because passwords are compared in no time there, and what is
    /// enrolled is in the embedded store.
    #[track_caller]
    pub fn set() -> Self {
        Self::set_in(Backend::ReadOnlyLdap)
    }

    /// One host with users and credentials in this directory.
    #[track_caller]
    pub fn set_in(backend: Backend) -> Self {
        Self::with_hosts(backend, false)
    }

    /// Two hosts with the same users, each of which counts for itself.
    #[track_caller]
    pub fn fleet() -> Self {
        Self::with_hosts(Backend::ReadOnlyLdap, true)
    }

    #[track_caller]
    fn with_hosts(backend: Backend, two: bool) -> Self {
        let site = Site::with_settings(backend, Running::OneShot, SETTINGS);
        let clock = site.start_engine_with_clock();
        let phone = site.user_with_device("alice", PASSWORD);
        site.add_user("bob", "bobs");
        site.device("bob", "Foreign");
        let (mail, stolen) = (site.app_password("alice", "Mail", &[]), "Stolen");
        let stolen = site.app_password("alice", stolen, &[]);
        let mut endpoints = vec![site.endpoint()];
        let second = two.then(|| {
            let host = site.another_host("two");
            site.count_apart(&host);
            let engine = site.start_engine_of_with_clock(&host);
            endpoints.push(host);
            engine
        });
        let begin = (real_time() / HOUR + 2) * HOUR;
        let hosts = Hosts { world: site.world.clone(), endpoints };
        let (now, read) = (Cell::new(begin), RefCell::new(0));
        let scene = Self { site, hosts, phone, mail, stolen, now, clock, read, _second: second };
        scene.clock.stop_at(begin);
        scene.site.logins_since(&mut scene.read.borrow_mut());
        scene
    }

    /// What the engines' clock shows.
    pub fn now(&self) -> u64 {
        self.now.get()
    }

    /// Sets the engines' clock ahead.
    #[track_caller]
    pub fn jump_to(&self, moment: u64) {
        assert!(moment >= self.now(), "time goes one way");
        if moment > self.now() {
            self.clock.stop_at(moment);
            self.now.set(moment);
        }
    }

    /// Puts the device of somebody else into alice's entry, which no host can open there.
    #[track_caller]
    pub fn add_record_that_cannot_be_opened(&self) {
        self.site.world.inside(|| {
            let store = rusqlite::Connection::open("/var/lib/monk/monk.db").expect("the store");
            let moved = store.execute(
                "UPDATE credentials SET user = (SELECT user FROM credentials WHERE instr(value, 'Stolen'))
                 WHERE instr(value, 'Foreign')",
                [],
            );
            assert_eq!(moved.expect("a change"), 1);
        });
    }

    /// Alice's password with the code that her device shows.
    pub fn password_and_code(&self) -> String {
        format!("{PASSWORD};{}", self.phone.code_at(self.now()))
    }

    /// Carries out one login. What the engine answered, and its line in the audit.
    #[track_caller]
    pub fn log_in(&self, attempt: &Attempt) -> (WireAnswer, AuditLine) {
        let answer = attempt.carry_out(&self.hosts);
        let line = self.audited(1).pop().expect("one line");
        assert_eq!(answer == WireAnswer::Granted, line.verdict == "granted", "{}", line.text);
        (answer, line)
    }

    /// The lines of the audit since somebody looked, of which there are `count`.
    #[track_caller]
    pub fn audited(&self, count: usize) -> Vec<AuditLine> {
        let mut lines = Vec::new();
        let all = until(LOG_LIMIT, || {
            lines.extend(self.site.logins_since(&mut self.read.borrow_mut()));
            (lines.len() >= count).then_some(())
        });
        assert!(all.is_some() && lines.len() == count, "{count} logins have left {lines:#?}");
        lines
    }
}

fn real_time() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).expect("a clock after 1970").as_secs()
}
