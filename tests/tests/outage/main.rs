//! Something that monk needs does not answer: the login ends in time, as "unavailable", for
//! everybody alike; and the first login after its return works.
#![expect(clippy::print_stdout, reason = "the numbers that a run has come to")]

mod directory;
mod engine;
mod store;

use std::thread;
use std::time::Duration;

use monk_tests::site::{AuditLine, Backend, Device, PamHost, PamOutcome, Running, Site};
use monk_tests::until;

/// The ten seconds of a login, and a little for a busy machine.
const DEADLINE: Duration = Duration::from_millis(10_500);

/// The end of an outage that shows at once.
const AT_ONCE: Duration = Duration::from_secs(5);

/// Runs all `cases` of a claim at the same time, because most of theirs is spent waiting.
#[track_caller]
fn at_once<T: Send>(cases: impl IntoIterator<Item = T>, claim: fn(T)) {
    thread::scope(|scope| {
        for case in cases {
            scope.spawn(move || claim(case));
        }
    });
}

/// A site with somebody who has a device, somebody who has an app password, and programs in which
/// they and a stranger log in.
struct People {
    site: Site,
    phone: Device,
    /// The phone's codes that were typed. It has two at once.
    codes: usize,
    app_password: String,
    /// The code that is typed until it works.
    typed: String,
    programs: [PamHost; 3],
}

impl People {
    #[track_caller]
    fn of(backend: Backend) -> Self {
        let site = Site::new(backend, Running::OneShot);
        let phone = site.user_with_device("alice", "secret");
        site.add_user("bob", "secret");
        let app_password = site.app_password("bob", "Mail", &[]);
        let programs = [(); 3].map(|()| site.pam_host("imap"));
        let typed = format!("secret;{}", phone.code());
        Self { site, phone, codes: 1, app_password, typed, programs }
    }

    /// Types another code from now on. Where the phone would have to wait for one, there is a new
    /// phone.
    #[track_caller]
    fn turn_to_next_code(&mut self) {
        if self.codes.is_multiple_of(2) {
            self.phone = self.site.device("alice", &format!("Phone {}", self.codes));
        }
        self.codes += 1;
        self.typed = format!("secret;{}", self.phone.code());
    }

    /// Starts the resident engine, if that is the way of running, and lets everybody log in, so
    /// that whatever the engine keeps open is open.
    #[track_caller]
    fn begin(&mut self, running: Running) {
        if running == Running::Resident {
            self.site.start_engine();
        }
        self.all_is_well();
    }

    /// All three at the same moment: alice with her code, bob with his app password, and a
    /// stranger.
    #[track_caller]
    fn log_in(&mut self) -> [PamOutcome; 3] {
        let typed = [("alice", &self.typed), ("bob", &self.app_password), ("nobody", &self.typed)];
        for (program, (user, typed)) in self.programs.iter_mut().zip(typed) {
            program.begin(user, &[typed]);
        }
        self.programs.each_mut().map(PamHost::outcome)
    }

    /// Nobody gets in, nobody is told who exists, and nobody waits longer than `limit`.
    #[track_caller]
    fn nobody_hears_more_than_unavailable(&mut self, limit: Duration) {
        for outcome in self.log_in() {
            println!("unavailable after {:?}", outcome.took());
            assert_eq!(outcome.name, "PAM_AUTHINFO_UNAVAIL", "{outcome:?}");
            assert!(outcome.took() < limit, "{outcome:?}");
        }
    }

    /// Everybody hears what is true; alice's code opens once, and no outage has used it up.
    #[track_caller]
    fn all_is_well(&mut self) {
        let answers = self.log_in().map(|outcome| outcome.name);
        assert_eq!(answers, ["PAM_SUCCESS", "PAM_SUCCESS", "PAM_USER_UNKNOWN"]);
        let again = self.programs[0].login("alice", &[&self.typed]);
        assert_eq!(again.name, "PAM_AUTH_ERR");
        self.turn_to_next_code();
    }

    /// Waits until the audit has as many lines as `count` that are `wanted`, and no more.
    #[track_caller]
    fn audit_comes_to(&self, count: usize, wanted: impl Fn(&AuditLine) -> bool) {
        let found = until(Duration::from_secs(10), || {
            let lines = self.site.logins();
            let found = lines.iter().filter(|line| wanted(line)).count();
            (found >= count).then_some(found)
        });
        assert_eq!(found, Some(count), "{:#?}", self.site.logins());
    }
}
