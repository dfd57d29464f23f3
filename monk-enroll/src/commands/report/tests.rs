use std::path::PathBuf;

use monk_terms::account_state::AccountState;
use monk_terms::kind::Kind;
use monk_wire::manage::{Command, Listing, Outcome, Part, UserRow};

use crate::commands::list::tests::row;
use crate::exit::Exit;
use crate::scripted::{Scene, Seen, Step, done, part};
use crate::when::Moment;

/// A log in a file of its own.
pub(super) struct Written {
    _folder: tempfile::TempDir,
    pub(super) path: PathBuf,
}

pub(super) fn log(text: &str) -> Written {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("auth.log");
    std::fs::write(&path, text).unwrap();
    Written { _folder: folder, path }
}

/// A line of a log at a time, in seconds since 1970.
pub(super) fn line(at: u64, user: &str, service: &str, address: &str, end: &str) -> String {
    let at = serde_json::to_string(&Moment(at)).unwrap();
    let at = at.trim_matches('"');
    format!(
        "{at} mail monkd[7]: login user={user} service={service} address={address} {end} credential=- ms=4\n"
    )
}

/// A time that stays within what the longest report looks back: 2026-11-21 18:00 UTC.
pub(super) const THEN: u64 = 1_795_284_000;

fn some_log() -> Written {
    let lines = [
        line(THEN, "alice", "imap", "192.0.2.7", "verdict=granted reason=totp"),
        line(THEN + 60, "ALICE", "imap", "192.0.2.9", "verdict=granted reason=totp"),
        line(THEN + 120, "bob@example.org", "imap", "2001:db8::7", "verdict=granted reason=password"),
        line(THEN + 180, "mallory", "sshd", "-", "verdict=granted reason=shiny-new"),
        line(THEN + 240, "bob", "imap", "192.0.2.7", "verdict=refused reason=wrong-password"),
        line(THEN + 300, "nobody", "imap", "-", "verdict=ignored reason=unknown-user"),
        "Nov 21 18:00:00 mail sshd[1]: login user=eve service=imap address=- verdict=granted reason=totp\n".into(),
    ];
    log(&lines.concat())
}

pub(super) fn users() -> Vec<Step> {
    let alice = UserRow {
        factors: vec![Kind::BackupCodes, Kind::Totp],
        backup_codes_left: Some(2),
        ..row("alice", AccountState::Enabled, true)
    };
    let bob = row("bob", AccountState::Enabled, false);
    let carol = row("carol", AccountState::Disabled, false);
    let dave = UserRow { backup_codes_left: Some(6), ..row("dave", AccountState::Enabled, true) };
    vec![
        part(Part::Users(vec![bob, alice])),
        part(Part::Users(vec![carol, dave])),
        done(Outcome::Listed { rows: 4, users: 4 }),
    ]
}

fn report(log: &Written, more: &str) -> Seen {
    let path = log.path.display();
    Scene::new(users()).run(&format!("report --days 3653 --log {path} {more}"))
}

#[test]
fn the_report_has_numbers_and_the_tables_that_people_act_on() {
    let seen = report(&some_log(), "");
    let expected = "\
Users: 4, with a second factor: 2 (50%), without: 2 (50%).
Logged in during the last 3653 days: 2 (50%), not: 2 (50%).
Logins: granted 4, refused 1, to unknown names 1, without an answer 0, broken off 0.
! The log goes back no further than 2026-11-21 18:00 UTC.

Factors
FACTOR        USERS  SHARE
app-password  1      25%
backup-code   1      25%
totp          2      50%

How users log in
SERVICE  REASON    LOGINS  USERS  NETWORKS
imap     password  1       1      1
imap     totp      2       1      1

Without a second factor: 1
USER  MAIL             STATE    LAST LOGIN        SERVICES
bob   bob@example.org  enabled  2026-11-21 18:02  imap

Few backup codes left: 1
USER   MAIL               CODES LEFT
alice  alice@example.org  2

Logins with the password alone: 1
USER  SERVICE  REASON    NETWORK        LOGINS  LAST
bob   imap     password  2001:db8::/64  1       2026-11-21 18:02

Not logged in for 3653 days: 1
USER  MAIL              STATE    FACTORS
dave  dave@example.org  enabled  app-password, totp

Logins under other names than a user has now: 1
NAME     SERVICE  REASON  LOGINS  LAST
mallory  sshd     other   1       2026-11-21 18:03
";
    let expected = expected
        .replace("other            1", "other   1")
        .replace("REASON  NETWORK  LOGINS  LAST\nmallory", "REASON  LOGINS  LAST\nmallory");
    assert_eq!((seen.out.as_str(), seen.exit), (expected.as_str(), Exit::Done), "{}", seen.errors);
    assert_eq!(seen.commands(), [Command::List(Listing::default())]);
}

#[test]
fn programs_get_everything() {
    report(&some_log(), "--json").assert_documented("report");
    let seen = report(&some_log(), "--csv");
    let expected = "\
user,mail,state,second_factor,devices,app_passwords,factors,backup_codes_left,name,service,reason,network,logins,last_login
alice,alice@example.org,enabled,yes,1,2,backup-code totp,2,alice,imap,totp,192.0.2.0/24,2,2026-11-21 18:01
bob,bob@example.org,enabled,no,1,2,,,bob@example.org,imap,password,2001:db8::/64,1,2026-11-21 18:02
carol,carol@example.org,disabled,no,1,2,,,,,,,,
dave,dave@example.org,enabled,yes,1,2,app-password totp,6,,,,,,
,,,,,,,,mallory,sshd,other,,1,2026-11-21 18:03
";
    assert_eq!(seen.out, expected);
}

#[test]
fn services_and_groups_narrow_it_down() {
    let log = some_log();
    let seen = report(&log, "--service sshd --service pop3 --full");
    assert!(seen.out.contains("\nLogins: granted 1, refused 0, "), "{}", seen.out);
    assert!(seen.out.contains("\nNot logged in for 3653 days: 3\n"), "{}", seen.out);
    assert!(seen.out.contains("\nAll users\n"), "{}", seen.out);
    let seen = report(&log, "--group staff");
    let groups = vec!["staff".to_owned()];
    let listing = Listing { groups, only_members: true, ..Listing::default() };
    assert_eq!(seen.commands(), [Command::List(listing)]);
    assert!(!seen.out.contains("mallory"), "{}", seen.out);
}

#[test]
fn what_is_older_than_was_asked_for_is_left_out() {
    let old = line(THEN - 400 * 86_400, "alice", "imap", "-", "verdict=granted reason=totp");
    let log = log(&old);
    let path = log.path.display();
    let seen = Scene::new(users()).run(&format!("report --days 1 --log {path}"));
    assert!(seen.out.contains("\nLogins: granted 0, "), "{}", seen.out);
    assert!(!seen.out.contains("goes back no further"), "{}", seen.out);
}

#[test]
fn a_long_table_says_how_much_it_leaves_out() {
    let rows: Vec<_> =
        (10..40).map(|number| row(&format!("u{number}"), AccountState::Enabled, false)).collect();
    let script =
        || [part(Part::Users(rows.clone())), done(Outcome::Listed { rows: 30, users: 30 })];
    let log = some_log();
    let path = log.path.display();
    let seen = Scene::new(script()).run(&format!("report --log {path}"));
    assert!(seen.out.contains("u29"), "{}", seen.out);
    assert!(seen.out.contains("\nand 10 more: "), "{}", seen.out);
    assert!(!seen.out.contains("u30"), "{}", seen.out);
    let seen = Scene::new(script()).run(&format!("report --full --log {path}"));
    assert!(seen.out.contains("u39") && !seen.out.contains(" more: "), "{}", seen.out);
}

#[test]
fn a_name_of_a_log_steers_no_terminal() {
    let evil = "\"x\\u{1b}[2J\\u{d}\\u{202e}\\u{3d}\"";
    let log = log(&line(THEN, evil, "imap", "-", "verdict=granted reason=totp"));
    for more in ["", "--csv", "--json"] {
        let seen = report(&log, more);
        assert!(seen.out.contains("[2j"), "{}", seen.out);
        let is_harmful = |c| c != '\n' && monk_terms::printable::is_harmful(c);
        assert!(!seen.out.contains(is_harmful), "{:?}", seen.out);
    }
}

#[test]
fn without_a_journal_the_factors_are_shown_and_how_to_name_a_log() {
    // Nothing of monk's engine is in the journal of a host of tests, which may have none at all.
    let settings = || done(Outcome::Settings("[engine]\nuser = \"nobody\"\n".into()));
    let script = || [vec![settings()], users()].concat();
    let seen = Scene::new(script()).run("report");
    assert_eq!((seen.exit, seen.errors.as_str()), (Exit::Done, ""));
    assert!(seen.out.contains("\n! Nothing is known of logins: "), "{}", seen.out);
    assert!(seen.out.contains(" monk-enroll report --log /var/log/auth.log\n"), "{}", seen.out);
    assert!(seen.out.contains("\nWithout a second factor: 1\nUSER  MAIL             STATE\n"));
    assert!(!seen.out.contains("Not logged in"), "{}", seen.out);
    let seen = Scene::new(script()).run("report --json");
    let document: serde_json::Value = serde_json::from_str(&seen.out).unwrap();
    assert!(document["logins"].is_null() && document["people"][0]["logins"].is_null());
    assert!(document["log"]["missing"].is_string());
}

#[test]
fn a_file_that_is_no_log_of_monks_is_refused() {
    for (text, words) in [("", "no line of monkd's"), ("x\n", "no line of monkd's"), ("\u{1f}", "")]
    {
        let log = log(text);
        let seen = Scene::new([]).run(&format!("report --log {}", log.path.display()));
        assert_eq!(seen.exit, Exit::Usage);
        assert!(seen.errors.contains(words), "{}", seen.errors);
    }
    let seen = Scene::new([]).run("report --log /nonexistent/log");
    assert!(seen.errors.contains("/nonexistent/log: No such file"), "{}", seen.errors);
    let seen = Scene::new([]).without_root().run("report");
    assert_eq!(seen.exit, Exit::NotPermitted);
}

/// A granted login with a forecast, so many minutes later.
fn would(minute: u64, user: &str, service: &str, would: &str) -> String {
    let end = "verdict=granted reason=password";
    let line = line(THEN + 60 * minute, user, service, "192.0.2.7", end);
    line.replace(" ms=4", &format!(" would={would} ms=4"))
}

#[test]
fn whom_the_coming_policy_refuses_is_told_by_the_latest_login_of_each_place() {
    let lines = [
        would(0, "alice", "imap", "not-enrolled"),
        would(1, "bob", "imap", "not-enrolled"),
        would(2, "BOB", "imap", "code-missing"),
        // She has enrolled since.
        would(3, "alice", "imap", "asks-for-code"),
        would(4, "dave", "sshd", "unknown"),
        would(5, "dave", "imap", "granted"),
        // Nobody whom the directory has now.
        would(6, "eve", "imap", "not-enrolled"),
        // Older, although it stands later.
        would(1, "alice", "imap", "not-enrolled"),
    ];
    let log = log(&lines.concat());
    let seen = report(&log, "--would-break");
    let expected = "\
Looked at: 4 ways in (user, service and network) of the last 3653 days.
Refused, if the policy were enforced now: 1 (users: 1).
Refused at any time of these days: 2. The log does not tell: 1.

USER  SERVICE  NETWORK       REASON        LOGINS  LAST
bob   imap     192.0.2.0/24  code-missing  2       2026-11-21 18:02

code-missing: the service requires a second factor, but only a password was typed
";
    assert_eq!((seen.out.as_str(), seen.exit), (expected, Exit::Refused), "{}", seen.errors);
    let seen = report(&log, "--would-break --json");
    assert_eq!(seen.exit, Exit::Refused);
    seen.assert_documented("report --would-break");
    let seen = report(&log, "--would-break --csv");
    let expected = "user,service,network,reason,logins,last_login\nbob,imap,192.0.2.0/24,code-missing,2,2026-11-21 18:02\n";
    assert_eq!(seen.out, expected);
    let seen = report(&log, "--would-break --service sshd");
    assert_eq!(seen.exit, Exit::Done);
    assert!(seen.out.contains("enforced now: 0 (users: 0)"), "{}", seen.out);
}

#[test]
fn a_reason_that_only_a_newer_monk_knows_is_a_refusal() {
    let log = log(&would(0, "bob", "imap", "brand-new"));
    let seen = report(&log, "--would-break");
    assert_eq!(seen.exit, Exit::Refused);
    assert!(seen.out.contains("other: a newer monk has written this reason"), "{}", seen.out);
}

#[test]
fn a_log_without_forecasts_is_no_clean_bill() {
    let seen = report(&some_log(), "--would-break");
    assert_eq!((seen.exit, seen.out.as_str()), (Exit::NotFound, ""));
    assert!(seen.errors.contains("enforce = \"report\""), "{}", seen.errors);
    let settings = done(Outcome::Settings("[engine]\nuser = \"nobody\"\n".into()));
    let seen = Scene::new([vec![settings], users()].concat()).run("report --would-break");
    assert_eq!(seen.exit, Exit::Unavailable);
    assert!(seen.errors.contains("--log"), "{}", seen.errors);
}
