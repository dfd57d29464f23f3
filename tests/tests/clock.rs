//! The engine's clock is set while it runs, by an hour or by more than a year, and set right again:
//! nothing that was used is good again, nobody is locked out for a year, and the log says why.

use monk_tests::clients::{WireAnswer, WireLogin};
use monk_tests::figures;
use monk_tests::site::{Backend, Device, EngineClock, Running, Site};

const HOUR: i64 = 3600;
const LONG: i64 = 400 * 24 * HOUR;

/// Refusals in an instant, and few guesses.
const SETTINGS: &str = "\
[engine]
refusal_ms = 0
[throttle]
free = 3
";

/// A site whose engine has a clock of its own.
struct Scene {
    site: Site,
    clock: EngineClock,
}

impl Scene {
    #[track_caller]
    fn set() -> Self {
        let site = Site::with_settings(Backend::Embedded, Running::OneShot, SETTINGS);
        let clock = site.start_engine_with_clock();
        Self { site, clock }
    }

    /// What a login comes to, as the audit says.
    #[track_caller]
    fn log_in(&self, user: &str, typed: &str) -> String {
        let endpoint = self.site.endpoint();
        let login = WireLogin { service: "imap", user, typed };
        let (answer, line) = self.site.audited(|| self.site.world.inside(|| login.run(&endpoint)));
        assert_eq!(answer == WireAnswer::Granted, line.verdict == "granted", "{}", line.text);
        line.reason
    }

    #[track_caller]
    fn code(&self, user: &str, code: &str) -> String {
        self.log_in(user, &format!("secret;{code}"))
    }

    /// A user of its own for one movement of the clock.
    #[track_caller]
    fn person(&self, name: &str) -> (Device, Vec<String>) {
        let phone = self.site.user_with_device(name, "secret");
        (phone, self.site.backup_codes(name))
    }

    /// Waits for the line about a movement.
    #[track_caller]
    fn is_told(&self, how: &str) {
        self.site.world.wait_for_log(|line| {
            line.tag == "monkd" && line.text.contains(&format!("clock was set {how} by"))
        });
    }
}

/// The clock goes ahead, somebody logs in, and it is set right.
#[track_caller]
fn ahead_and_back(seconds: i64) {
    let scene = Scene::set();
    let (phone, backup) = scene.person("alice");
    let before = phone.code();
    assert_eq!(scene.code("alice", &before), "totp");

    scene.clock.set(seconds);
    scene.is_told("ahead");
    assert_eq!(scene.code("alice", &before), "replayed-code", "the last one, however long ago");
    let then = phone.code_of_clock(seconds);
    assert_eq!(scene.code("alice", &then), "totp");
    assert_eq!(scene.code("alice", &then), "replayed-code");
    assert_eq!(scene.code("alice", &backup[0]), "backup-code");
    scene.site.enroll(&["throttle", "clear"]);

    scene.clock.set(0);
    scene.is_told("back");
    // The code of the first login, that of the second, and the paper.
    assert_eq!(scene.code("alice", &before), "used-ahead");
    assert_eq!(scene.code("alice", &then), "replayed-code");
    assert_eq!(scene.code("alice", &backup[0]), "replayed-code");
    // A fresh one is refused, too, and the log and `check` say what to do.
    scene.site.enroll(&["throttle", "clear"]);
    let fresh = phone.code();
    assert_eq!(scene.code("alice", &fresh), "used-ahead");
    let check = scene.site.world.command("monk-enroll").args(["--json", "check", "alice"]);
    let check = check.args(["--service", "imap", "--password-stdin"]);
    let check = check.stdin(format!("secret;{fresh}\n")).run();
    assert!(check.stdout.contains("clock"), "{check}");
    // What does not depend on the clock opens, and so does a device that is enrolled anew.
    assert_eq!(scene.code("alice", &backup[1]), "backup-code");
    let another = scene.site.device("alice", "Another");
    assert_eq!(scene.code("alice", &another.code()), "totp");
    note(
        &format!("clock {} ahead during a login, then right", span(seconds)),
        "refused: used-ahead",
    );
}

/// The clock goes back, somebody tries, and it is set right.
#[track_caller]
fn back_and_ahead(seconds: i64) {
    let scene = Scene::set();
    let (phone, backup) = scene.person("alice");
    let old = phone.code_of_clock(-seconds);
    let before = phone.code();
    assert_eq!(scene.code("alice", &before), "totp");
    assert_eq!(scene.code("alice", &backup[0]), "backup-code");

    scene.clock.set(-seconds);
    scene.is_told("back");
    // A code that was shown then, whether used at that time or not.
    assert_eq!(scene.code("alice", &old), "used-ahead");
    assert_eq!(scene.code("alice", &before), "replayed-code");
    assert_eq!(scene.code("alice", &backup[0]), "replayed-code");
    scene.site.enroll(&["throttle", "clear"]);
    assert_eq!(scene.code("alice", &backup[1]), "backup-code");

    scene.clock.set(0);
    scene.is_told("ahead");
    assert_eq!(scene.code("alice", &before), "replayed-code");
    assert_eq!(scene.code("alice", &backup[1]), "replayed-code");
    assert_eq!(scene.code("alice", &phone.code()), "totp");
    note(&format!("clock {} back during logins, then right", span(seconds)), "the next code opens");
}

fn span(seconds: i64) -> String {
    if seconds < 24 * HOUR {
        format!("{} h", seconds / HOUR)
    } else {
        format!("{} days", seconds / 24 / HOUR)
    }
}

fn note(did: &str, then: &str) {
    let seen = format!("0 codes good again, 0 panics, one log line for each jump; {then}");
    figures::row("hostile", &[did, &seen, "nothing replayable, a clear line"]);
}

#[test]
fn an_hour_ahead_makes_no_code_good_again() {
    ahead_and_back(HOUR);
}

#[test]
fn a_year_ahead_makes_no_code_good_again() {
    ahead_and_back(LONG);
}

#[test]
fn an_hour_back_makes_no_code_good_again() {
    back_and_ahead(HOUR);
}

#[test]
fn a_year_back_makes_no_code_good_again() {
    back_and_ahead(LONG);
}

/// Waits do not last for a year after the clock has come back, and are not over by that.
#[test]
fn a_wait_from_a_clock_that_was_ahead_ends_in_minutes() {
    let scene = Scene::set();
    scene.site.add_user("alice", "secret");
    scene.clock.set(LONG);
    // Three are free; each further one doubles the wait, which the clock takes away.
    let mut ahead = LONG;
    for number in 0..9 {
        assert_eq!(scene.log_in("alice", &format!("guess {number}")), "wrong-password");
        ahead += 40;
        scene.clock.set(ahead);
    }
    assert_eq!(scene.log_in("alice", "one more guess"), "wrong-password");
    scene.clock.set(0);
    assert_eq!(scene.log_in("alice", "secret"), "throttled");
    let list = scene.site.enroll(&["throttle", "list"]);
    let wait = list["slowed"][0]["wait"].as_u64().expect("a wait");
    assert!((1..=1024).contains(&wait), "{list}");
    scene.clock.set(i64::try_from(wait).expect("some seconds") + 1);
    assert_eq!(scene.log_in("alice", "secret"), "not-enrolled");
    let seen = format!("a wait of {wait} s, neither gone nor 400 days; looked at after it");
    figures::row(
        "hostile",
        &["guessed at 400 days ahead, then the clock is right", &seen, "≤ 1,024 s"],
    );
}

/// What has an end has none that is a year away, because it was made by a clock that was ahead.
#[test]
fn what_was_made_by_a_clock_that_was_ahead_is_not_good_for_a_year() {
    let scene = Scene::set();
    scene.site.user_with_device("alice", "secret");
    scene.clock.set(LONG);
    let reset = scene.site.enroll(&["reset", "alice"]);
    let code = reset["code"].as_str().expect("a code").to_owned();
    scene.site.add_user("bob", "secret");
    scene.clock.set(0);
    let app_password = scene.site.app_password("bob", "Mail", &["--expires", "1d"]);
    assert_eq!(scene.code("alice", &code), "expired-code");
    scene.clock.set(LONG);
    assert_eq!(scene.code("alice", &code), "enrolment-code");
    assert_eq!(scene.log_in("bob", &app_password), "app-password-expired");
    scene.clock.set(0);
    assert_eq!(scene.log_in("bob", &app_password), "app-password");
}
