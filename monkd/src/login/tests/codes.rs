//! A code opens one login, and its use is on record before anybody is told; nobody learns more from a refusal.

use super::*;

#[tokio::test]
async fn a_code_opens_once_and_costs_one_check_and_one_write() {
    let bench = Bench::new("");
    let typed = format!("secret;{}", bench.code());
    assert_eq!(bench.login("alice", &typed).await, Ending::Granted(Grant::Totp));
    assert_eq!(bench.counts(), (1, 1));
    assert_eq!(bench.login("alice", &typed).await, refused(Refusal::ReplayedCode));
}

#[tokio::test]
async fn a_wrong_password_never_burns_a_code() {
    let bench = Bench::new("");
    let code = bench.code();
    let wrong = format!("Secret;{code}");
    assert_eq!(bench.login("alice", &wrong).await, refused(Refusal::WrongPassword));
    assert_eq!(bench.counts(), (1, 0));
    let right = format!("secret;{code}");
    assert_eq!(bench.login("alice", &right).await, Ending::Granted(Grant::Totp));
}

#[tokio::test]
async fn nothing_is_granted_unless_the_use_is_on_record() {
    let bench = Bench::new("");
    let full = Outage::Storage("disk full".into());
    bench.alice.troubles.lock().unwrap().push_back(Err(full.clone()));
    let typed = format!("secret;{}", bench.code());
    assert_eq!(bench.login("alice", &typed).await, Ending::Unavailable(full));
    bench.alice.troubles.lock().unwrap().extend((0..100).map(|_| Ok(Swapped::Conflict)));
    let contended = bench.login("alice", &typed).await;
    assert_eq!(contended, Ending::Unavailable(Outage::Contention));
}

#[tokio::test]
async fn after_a_conflict_the_code_is_verified_again() {
    let bench = Bench::new("");
    bench.alice.troubles.lock().unwrap().push_back(Ok(Swapped::Conflict));
    let typed = format!("secret;{}", bench.code());
    assert_eq!(bench.login("alice", &typed).await, Ending::Granted(Grant::Totp));
    assert_eq!(bench.counts(), (1, 2));
}

#[tokio::test]
async fn an_unknown_user_costs_the_same_check_as_a_wrong_password() {
    let bench = Bench::new("");
    assert_eq!(bench.login("nobody", "secret").await, refused(Refusal::UnknownUser));
    assert_eq!(bench.counts(), (1, 0));
}

#[tokio::test]
async fn a_directory_that_is_away_is_no_answer_about_anybody() {
    let bench = Bench::with("", Alice { directory_is_away: true, ..Alice::default() });
    for user in ["alice", "nobody"] {
        let ending = bench.login(user, "secret;123456").await;
        assert_eq!(ending, Ending::Unavailable(Outage::Timeout("a test")));
    }
}

#[tokio::test]
async fn the_bare_password_is_forwarded_without_its_code() {
    let bench = Bench::new("");
    let typed = format!("secret;{}", bench.code());
    let (_, _, forward) = bench.screens(Some(&typed), &[]).await;
    assert_eq!(forward, Some(Secret::new(b"secret")));
}

#[tokio::test]
async fn a_rehearsal_spends_nothing() {
    let bench = Bench::new("");
    let typed = format!("secret;{}", bench.code());
    let login = login("alice", Some(&typed));
    let mut ask = Answers::default();
    for _ in 0..2 {
        let verdict = run(&bench.engine, ROOT, &login, Mode::Rehearsal, &mut ask).await;
        assert_eq!(verdict.ending, Ending::Granted(Grant::Totp));
    }
    assert_eq!(bench.counts(), (2, 0));
}

#[tokio::test]
async fn a_login_that_nobody_waits_for_any_more_uses_up_no_code() {
    let bench = Bench::new("");
    let typed = format!("secret;{}", bench.code());
    let mut gone = Answers { has_left: true, ..Answers::default() };
    let login = login("alice", Some(&typed));
    let verdict = run(&bench.engine, ROOT, &login, Mode::Real, &mut gone).await;
    assert_eq!(verdict.ending, Ending::Abandoned);
    let late = Login { budget_ms: 0, ..login };
    let (ending, ..) = bench.login_as(ROOT, &late, &[]).await;
    assert!(matches!(ending, Ending::Unavailable(Outage::Timeout(_))));
    assert_eq!(bench.counts().1, 0, "nothing was spent");
    assert_eq!(bench.login("alice", &typed).await, Ending::Granted(Grant::Totp));
}

#[tokio::test]
async fn every_refusal_comes_at_the_same_moment() {
    let mut bench = Bench::new("");
    bench.engine.settings.engine.refusal_ms = 200;
    for (user, typed) in
        [("alice", "wrong"), ("nobody", "x"), ("alice", ""), ("alice", "secret;000000")]
    {
        let started = Instant::now();
        assert!(matches!(bench.login(user, typed).await, Ending::Refused(_)));
        assert!(started.elapsed() >= Duration::from_millis(200), "{user} {typed}");
    }
}
