//! The directory is away, slow, silent, broken off or forged: nobody gets in who should not, nobody
//! is told who exists, no password leaves in the clear, it is over in time, and so is the outage.

mod answers;
mod connection;
mod fail_over;
mod slow;

use std::time::{Duration, Instant};

use monk_tests::site::{Backend, Device, PamHost, PamOutcome, Running, Site};
use monk_tests::{Fault, FaultProxy, until};

/// The ten seconds of a login, and a little for a busy machine.
const DEADLINE: Duration = Duration::from_millis(10_500);

/// Longest time from the return of a directory to the first login. The goal is 2 s; the rest is for
/// a busy machine.
const RETURN_LIMIT: Duration = Duration::from_secs(5);

/// Where the site's slapd listens.
const LDAP_PORT: u16 = 389;
const LDAPS_PORT: u16 = 636;

/// Everybody's password. It is looked for where it must not be.
const CANARY: &str = "Canary-4f61c2-password";

/// A site whose directory is behind a proxy, with somebody who has a device, somebody who has an app
/// password, and programs in which they and a stranger log in.
struct Scene {
    site: Site,
    proxy: FaultProxy,
    phones: Vec<Device>,
    app_password: String,
    programs: [PamHost; 3],
    running: Running,
}

impl Scene {
    /// `scheme` is that of the URI: `ldaps`, or `ldap`; `more` are lines for the section `[ldap]`.
    #[track_caller]
    fn set(running: Running, scheme: &str, more: &str) -> Self {
        let site = Site::new(Backend::Ldap, Running::OneShot);
        site.add_user("alice", CANARY);
        let phones = (0..3).map(|number| site.device("alice", &format!("Phone {number}")));
        let phones = phones.collect();
        site.add_user("bob", CANARY);
        let app_password = site.app_password("bob", "Mail", &[]);
        let programs = [(); 3].map(|()| site.pam_host("imap"));
        let direct = if scheme == "ldaps" { LDAPS_PORT } else { LDAP_PORT };
        let proxy = FaultProxy::start(&site.world, direct);
        let uri = format!("{scheme}://ldap.example.org:{}", proxy.port());
        site.change_settings(&site.slapd().ldaps_uri(), &uri);
        site.change_settings("[ldap]\n", &format!("[ldap]\n{more}\n"));
        let scene = Self { site, proxy, phones, app_password, programs, running };
        if running == Running::Resident {
            scene.site.start_engine();
        }
        scene
    }

    /// A code of alice's that was never used; she has several phones, so that nobody waits for one.
    #[track_caller]
    fn code(&mut self) -> String {
        let code = self.site.fresh_code("alice", &mut self.phones);
        format!("{CANARY};{code}")
    }

    /// All three at the same moment: alice with a code, bob with his app password, and a stranger.
    #[track_caller]
    fn log_in(&mut self, alice: &str) -> [PamOutcome; 3] {
        let typed = [("alice", alice), ("bob", &self.app_password), ("nobody", alice)];
        for (program, (user, typed)) in self.programs.iter_mut().zip(typed) {
            program.begin(user, &[typed]);
        }
        self.programs.each_mut().map(PamHost::outcome)
    }

    /// Everybody hears what is true.
    #[track_caller]
    fn all_is_well(&mut self) {
        let code = self.code();
        let answers = self.log_in(&code).map(|outcome| outcome.name);
        assert_eq!(answers, ["PAM_SUCCESS", "PAM_SUCCESS", "PAM_USER_UNKNOWN"]);
    }

    /// Nobody gets in or is told who exists, and nobody waits for longer than a login may take. How
    /// long the last one waited.
    #[track_caller]
    fn nobody_hears_more_than_unavailable(&mut self, alice: &str) -> Duration {
        let outcomes = self.log_in(alice);
        for outcome in &outcomes {
            assert_eq!(outcome.name, "PAM_AUTHINFO_UNAVAIL", "{outcome:?}");
            assert!(outcome.took() < DEADLINE, "{outcome:?}");
        }
        outcomes.iter().map(PamOutcome::took).max().unwrap_or_default()
    }

    /// Logs alice in until she gets in: how long after now that was. What she types has been typed
    /// during the outage, and no outage uses up a code.
    #[track_caller]
    fn first_login(&mut self, typed: &str) -> Duration {
        let begin = Instant::now();
        until(Duration::from_secs(20), || {
            self.programs[0].login("alice", &[typed]).is_success().then_some(())
        })
        .expect("the directory has returned");
        begin.elapsed()
    }

    /// Makes a fault while connections are open, logs everybody in, and ends the fault. What was
    /// seen, for the figures.
    #[track_caller]
    fn endure(&mut self, fault: Fault) -> Seen {
        self.all_is_well();
        let code = self.code();
        self.proxy.set(fault);
        let unavailable = self.nobody_hears_more_than_unavailable(&code);
        // The second time there is no connection left from before.
        let unavailable = unavailable.max(self.nobody_hears_more_than_unavailable(&code));
        self.proxy.set(Fault::None);
        let back = self.first_login(&code);
        assert!(back < RETURN_LIMIT, "the first login after {back:?}");
        let again = self.programs[0].login("alice", &[&code]);
        assert_eq!(again.name, "PAM_AUTH_ERR", "the code has opened once");
        Seen { unavailable, back }
    }

    /// Whatever happened, no password went over the wire in the clear.
    #[track_caller]
    fn no_password_was_readable(&self) {
        assert!(self.proxy.bytes_heard() > 0, "something was said");
        assert!(!self.proxy.has_heard(CANARY));
        assert!(!self.proxy.has_heard("service;secret"), "monk's own password");
    }
}

/// What an outage came to.
struct Seen {
    /// The longest wait for "unavailable".
    unavailable: Duration,
    /// From the return of the directory to the first login.
    back: Duration,
}

impl Seen {
    /// Writes it down.
    fn note(&self, what: &str, running: Running) {
        let how = match running {
            Running::Resident => "",
            Running::OneShot => ", one-shot",
        };
        monk_tests::figures::row(
            "hostile",
            &[
                &format!("directory {what}{how}"),
                &format!(
                    "unavailable after {}; first login {} after its return",
                    seconds(self.unavailable),
                    seconds(self.back)
                ),
                "≤ 10 s; ≤ 2 s (nslcd 10–60 s; 9 s. sssd 90 s; 30 s)",
            ],
        );
    }
}

fn seconds(time: Duration) -> String {
    match time.as_secs() {
        0 => format!("{} ms", time.as_millis()),
        _ => format!("{:.1} s", time.as_secs_f64()),
    }
}
