use monk_terms::forecast::Forecast;
use monk_terms::how::How;
use monk_terms::verdict::{Grant, Refusal};
use monk_wire::manage::{
    Command, Failure, Outcome, PastEnd, PastLogin, Prospect, Replay, Replayed,
};
use monk_wire::{Reply, Request};

use super::tests::{THEN, Written, line, log, users};
use crate::exit::Exit;
use crate::scripted::{Scene, Seen, Step, done};

/// A login with the form in which it came.
fn came(minute: u64, user: &str, address: &str, end: &str, how: &str) -> String {
    let line = line(THEN + 60 * minute, user, "imap", address, end);
    line.replace(" ms=4", &format!(" how={how} ms=4"))
}

fn some_log() -> Written {
    let granted = "verdict=granted reason=password";
    let lines = [
        came(0, "alice", "192.0.2.7", "verdict=granted reason=totp", "string+code"),
        came(1, "ALICE", "192.0.2.7", "verdict=granted reason=totp", "string+code"),
        came(2, "alice", "192.0.2.8", granted, "asked+box"),
        came(3, "bob", "192.0.2.7", granted, "string"),
        came(4, "bob", "192.0.2.9", granted, "string"),
        came(5, "dave", "-", "verdict=refused reason=not-in-group", "string"),
        came(6, "dave", "-", granted, "brand-new"),
        // No policy changes these, and eve is nobody's name now.
        came(7, "dave", "-", "verdict=refused reason=wrong-password", "string"),
        came(8, "dave", "-", "verdict=refused reason=locked", "string"),
        came(9, "eve", "-", granted, "string"),
        came(9, "nobody", "-", "verdict=ignored reason=unknown-user", "string"),
        // monk cannot have written it.
        came(9, &format!("\"{}\"", "x".repeat(5000)), "-", granted, "string"),
    ];
    log(&lines.concat())
}

const GRANTED: Forecast = Forecast::Granted;

/// What the engine says: of alice's code and password, bob's two addresses, and dave.
fn prospects() -> Vec<Prospect> {
    let refused = Forecast::Refused;
    let told = |now, then| Prospect { now, then };
    vec![
        told(GRANTED, GRANTED),
        told(GRANTED, Forecast::AsksForCode),
        told(GRANTED, refused(Refusal::NotEnrolled)),
        told(GRANTED, refused(Refusal::NotEnrolled)),
        told(Forecast::Unknown, Forecast::Unknown),
        told(refused(Refusal::NotInGroup), GRANTED),
    ]
}

fn replayed(prospects: Vec<Prospect>) -> Step {
    done(Outcome::Replayed(Replayed { prospects, left_out: vec!["ldap".into(), "mail".into()] }))
}

fn run_with(log: &Written, steps: Vec<Step>, more: &str) -> Seen {
    let settings = log.path.with_file_name("new.toml");
    std::fs::write(&settings, "[policy]\nmfa = \"required\"\n").unwrap();
    let (path, settings) = (log.path.display(), settings.display());
    let line = format!("report --days 3653 --log {path} --policy {settings} {more}");
    Scene::new([users(), steps].concat()).run(&line)
}

fn run(more: &str) -> Seen {
    run_with(&some_log(), vec![replayed(prospects())], more)
}

#[test]
fn who_would_lose_and_gain_a_way_in_is_told_with_what_to_do() {
    let seen = run("");
    assert_eq!((seen.exit, seen.errors.as_str()), (Exit::Refused, ""));
    let folder =
        seen.out.split("Refused under ").nth(1).and_then(|rest| rest.split("new.toml").next());
    let expected = "\
Looked at: 7 logins of the last 3653 days, in 5 ways (user, service, network, result).
Refused under new.toml: 1 (users: 1).
Refused so far, and let in under new.toml: 1 (users: 1).
Asked for a code as well: 1. Unchanged: 1.
Refused by now under any settings: 0. The log does not tell: 1.
! Not looked at, although they differ there: ldap, mail.

Lost
USER  SERVICE  NETWORK       BEFORE    AFTER         LOGINS  LAST
bob   imap     192.0.2.0/24  password  not-enrolled  2       2026-11-21 18:04

not-enrolled: the service requires a second factor, but the user has none: enrol one with monk-enroll totp add

Gained
USER  SERVICE  BEFORE        AFTER    LOGINS  LAST
dave  imap     not-in-group  granted  1       2026-11-21 18:05
";
    assert_eq!(seen.out.replace(folder.unwrap_or_default(), ""), expected);
    let [_, Command::Replay(asked)] = &seen.commands()[..] else { panic!("{:?}", seen.requests) };
    let Replay { settings, logins } = &**asked;
    assert_eq!(settings, "[policy]\nmfa = \"required\"\n");
    let of = |user: &str| logins.iter().filter(|one| one.user == user).collect::<Vec<_>>();
    assert_eq!((of("alice").len(), of("bob").len(), of("dave").len(), logins.len()), (2, 2, 2, 6));
    let told = |one: &PastLogin| (one.end, one.address.clone(), one.how.map(|how| how.to_string()));
    let alice = [
        (PastEnd::Granted(Grant::Password), Some("192.0.2.8".into()), Some("asked+box".into())),
        (PastEnd::Granted(Grant::Totp), Some("192.0.2.7".into()), Some("string+code".into())),
    ];
    let mut heard: Vec<_> = of("alice").into_iter().map(told).collect();
    heard.sort();
    assert_eq!(heard, alice);
    assert_eq!(of("dave").into_iter().filter(|one| one.how.is_none()).count(), 1);
    assert_eq!(How::of_word("brand-new"), None);
}

#[test]
fn programs_get_the_changes() {
    let seen = run("--json");
    assert_eq!(seen.exit, Exit::Refused);
    seen.assert_documented("report --policy");
    let seen = run("--csv");
    let expected = "\
user,service,network,change,before,after,logins,last_login
alice,imap,192.0.2.0/24,unchanged,totp,granted,2,2026-11-21 18:01
alice,imap,192.0.2.0/24,asked,password,asks-for-code,1,2026-11-21 18:02
bob,imap,192.0.2.0/24,lost,password,not-enrolled,2,2026-11-21 18:04
dave,imap,,gained,not-in-group,granted,1,2026-11-21 18:05
dave,imap,,unknown,password,unknown,1,2026-11-21 18:06
";
    let sorted = |text: &str| {
        let mut lines: Vec<_> = text.lines().map(str::to_owned).collect();
        lines.sort();
        lines
    };
    assert_eq!(sorted(&seen.out), sorted(expected));
}

#[test]
fn nobody_who_loses_is_success_and_somebody_who_is_refused_by_now_does_not_lose() {
    let over = Prospect {
        now: Forecast::Refused(Refusal::Disabled),
        then: Forecast::Refused(Refusal::Disabled),
    };
    let mut all = prospects();
    all[2..4].fill(over);
    let seen = run_with(&some_log(), vec![replayed(all)], "");
    assert_eq!(seen.exit, Exit::Done, "{}", seen.errors);
    assert!(seen.out.contains("Refused by now under any settings: 1."), "{}", seen.out);
    assert!(!seen.out.contains("\nLost\n"), "{}", seen.out);
}

#[test]
fn a_log_that_does_not_tell_is_no_clean_bill() {
    let unknown = Prospect { now: Forecast::Unknown, then: Forecast::Unknown };
    let seen = run_with(&some_log(), vec![replayed(vec![unknown; 6])], "");
    assert_eq!((seen.exit, seen.out.as_str()), (Exit::NotFound, ""));
    assert!(seen.errors.contains("does not tell"), "{}", seen.errors);
    let nothing = log(&line(THEN, "eve", "imap", "-", "verdict=granted reason=totp"));
    let seen = run_with(&nothing, vec![], "");
    assert_eq!(seen.exit, Exit::NotFound);
    // An answer about others than were asked about.
    let seen = run_with(&some_log(), vec![replayed(vec![unknown])], "");
    assert_eq!((seen.exit, seen.out.as_str()), (Exit::Unavailable, ""));
}

#[test]
fn wrong_settings_are_told_with_file_and_line() {
    let why = "line 4: unknown key `mfaa`: did you mean `mfa`?".to_owned();
    let wrong = Step::Say(Reply::Failed(Failure::SettingsWrong { why }));
    let seen = run_with(&some_log(), vec![wrong], "");
    assert_eq!((seen.exit, seen.out.as_str()), (Exit::Invalid, ""));
    assert!(seen.errors.contains("/new.toml: line 4: unknown key `mfaa`"), "{}", seen.errors);
    let log = some_log();
    let path = log.path.display();
    let none = format!("report --days 3653 --log {path} --policy /nonexistent.toml");
    let seen = Scene::new(users()).run(&none);
    assert_eq!(seen.exit, Exit::Usage);
    assert!(seen.errors.contains("/nonexistent.toml: No such file"), "{}", seen.errors);
}

#[test]
fn many_logins_are_asked_about_in_parts() {
    let lines: Vec<_> = (0..2500)
        .map(|number| {
            let address = format!("198.51.{}.{}", number / 250, number % 250);
            came(0, "bob", &address, "verdict=granted reason=password", "string")
        })
        .collect();
    let part = |count| replayed(vec![Prospect { now: GRANTED, then: GRANTED }; count]);
    let seen = run_with(&log(&lines.concat()), vec![part(1000), part(1000), part(500)], "");
    assert_eq!(seen.exit, Exit::Done, "{}", seen.errors);
    assert!(seen.out.contains("Looked at: 2500 logins"), "{}", seen.out);
    let asked = seen.requests.iter().filter(|one| matches!(one, Request::Manage(_)));
    assert_eq!(asked.count(), 4);
}
