//! App passwords, and that one which was right before is not hashed again.

use monk_core::factors::app_password::{AppPasswordRecord, LastUse};
use monk_core::reading::Input;
use monk_core::typed::Typed;
use monk_wire::portal::RefusalDetail;

use super::*;
use crate::compared_app_passwords::ComparedAppPasswords;

fn record(credential: &Credential) -> &AppPasswordRecord {
    credential.factor.get().expect("an app password")
}

fn was_compared(bench: &Bench, typed: &str) -> bool {
    let (set, input) = (bench.alice.set(), Input::new(Typed::new(typed.as_bytes()).unwrap()));
    let named = input.named_app_password(&set).expect("its name is known");
    let print = ComparedAppPasswords::print(&named, "u1", &bench.engine.keys);
    bench.engine.compared.contains(&print)
}

#[tokio::test]
async fn an_app_password_asks_neither_directory_nor_code() {
    let bench = Bench::new("");
    let (credential, password) = bench.new_app_password(&["imap"], None);
    bench.enrol(&credential);
    let typed = password.shown();
    assert_eq!(bench.login("alice", &typed).await, Ending::Granted(Grant::AppPassword));
    assert_eq!(bench.counts(), (0, 0));
    for _ in 0..2 {
        let elsewhere = Login { service: "sshd".into(), ..login("alice", Some(&typed)) };
        let (ending, ..) = bench.login_as(ROOT, &elsewhere, &[]).await;
        assert_eq!(ending, refused(Refusal::AppPasswordScope), "also as it was right before");
    }
}

#[tokio::test]
async fn only_what_was_right_is_not_hashed_again() {
    let bench = Bench::new("");
    let (credential, password) = bench.new_app_password(&["imap"], None);
    bench.enrol(&credential);
    let typed = password.shown();
    let wrong = format!("{}-zzzz-zzzz-zzzz-zzzz", &typed[..4]);
    assert_eq!(bench.login("alice", &wrong).await, refused(Refusal::WrongAppPassword));
    assert!(!was_compared(&bench, &wrong) && !was_compared(&bench, &typed));
    assert_eq!(bench.login("alice", &typed).await, Ending::Granted(Grant::AppPassword));
    assert!(was_compared(&bench, &typed) && !was_compared(&bench, &wrong));
    assert_eq!(bench.login("alice", &typed).await, Ending::Granted(Grant::AppPassword));
    assert_eq!(bench.login("alice", &wrong).await, refused(Refusal::WrongAppPassword));
}

#[tokio::test]
async fn a_record_that_changed_is_compared_again() {
    let bench = Bench::new("");
    let (credential, password) = bench.new_app_password(&["imap"], None);
    let (other, _) = bench.new_app_password(&["imap"], None);
    bench.enrol(&credential);
    let typed = password.shown();
    assert_eq!(bench.login("alice", &typed).await, Ending::Granted(Grant::AppPassword));
    // The same credential by all its names, with the hash of another secret.
    let hash = record(&other).hash.clone();
    let changed = AppPasswordRecord { hash, ..record(&credential).clone() };
    let changed = credential.with_factor(changed);
    *bench.alice.credentials.lock().unwrap() = vec![changed.to_record(bench.author())];
    assert_eq!(bench.login("alice", &typed).await, refused(Refusal::WrongAppPassword));
    assert!(!was_compared(&bench, &typed));
}

/// Its owner may know what no stranger and no audit is told.
#[tokio::test]
async fn an_old_one_is_told_from_one_with_a_typing_mistake() {
    let bench = Bench::new("");
    let (credential, password) = bench.new_app_password(&["imap"], None);
    let (old, removed) = bench.new_app_password(&["imap"], None);
    bench.enrol(&credential);
    let public = &record(&old).public;
    bench.engine.portal.removed.note("u1", public, clock::now());
    let own = password.shown();
    let other = |first: &str| format!("{first}-zzzz-zzzz-zzzz-zzzz");
    let near = if own.starts_with('x') { "z" } else { "x" };
    for (typed, detail) in [
        (other(&own[..4]), Some(RefusalDetail::Mistyped)),
        (other(&format!("{near}{}", &own[1..4])), Some(RefusalDetail::Mistyped)),
        (removed.shown().to_string(), Some(RefusalDetail::Removed)),
        (other(&format!("{near}{near}{near}{near}")), None),
    ] {
        assert_eq!(bench.login("alice", &typed).await, refused(Refusal::WrongAppPassword));
        let last = bench.engine.portal.refusals.of("u1", clock::now()).remove(0);
        assert_eq!(last.detail, detail, "{typed}");
    }
    let elsewhere = Login { service: "sshd".into(), ..login("alice", Some(&own)) };
    bench.login_as(ROOT, &elsewhere, &[]).await;
    let last = bench.engine.portal.refusals.of("u1", clock::now()).remove(0);
    assert_eq!(last.credential.as_deref(), Some(credential.id.as_str()));
}

/// A thousand phones that log in every minute are not a thousand writes a minute.
#[tokio::test]
async fn the_last_use_is_recorded_as_often_as_the_settings_say() {
    for (settings, ago, is_recorded) in [
        ("", 299, false),
        ("", 300, true),
        ("[app_passwords]\nlast_use_interval = \"1d\"\n", 80_000, false),
        ("[app_passwords]\nlast_use_interval = \"1d\"\n", 86_400, true),
        ("[app_passwords]\nlast_use_interval = \"never\"\n", 86_400, false),
    ] {
        let bench = Bench::new(settings);
        let (credential, password) = bench.new_app_password(&["imap"], None);
        bench.enrol(&credential);
        let used = Use::new(credential.id.clone(), clock::now() - ago, LastUse::new("imap", None));
        bench.alice.uses.lock().unwrap().push(used.to_record(bench.author()));
        let login = login("alice", Some(&password.shown()));
        let mut ask = Answers::default();
        let verdict = run(&bench.engine, ROOT, &login, Mode::Real, &mut ask).await;
        assert_eq!(verdict.ending, Ending::Granted(Grant::AppPassword));
        assert_eq!(verdict.note.is_some(), is_recorded, "{settings} {ago}");
    }
}
