//! A change of the password: what it asks for, what it spends, and what it leaves alone.

use monk_terms::not_taken::NotTaken;
use monk_wire::manage::PasswordFault;
use monk_wire::{ChangeStep, Denial, NotChanged, PasswordChange};

use super::*;
use crate::pam_password::{self, Asked};
use crate::proven_just_now::{self, Occasion, Proofs};

const CODE: &str = "Code from your device, or a backup code: ";
const REFUSED: Reply = Reply::Denied(Denial::Refused);

fn secret(text: &str) -> Secret {
    Secret::new(text.as_bytes())
}

fn change(user: &str, step: ChangeStep) -> PasswordChange {
    PasswordChange {
        user: user.into(),
        service: "passwd".into(),
        address: None,
        terminal: Some("pts/7".into()),
        person: Some(1001),
        by_administrator: false,
        can_ask: true,
        step,
        budget_ms: 10_000,
    }
}

fn own_process() -> i32 {
    i32::try_from(std::process::id()).unwrap()
}

fn rehearsal() -> ChangeStep {
    ChangeStep::Rehearse { typed: None }
}

fn in_earnest(typed: &str, code: Option<&str>, new: &str) -> ChangeStep {
    let old = Some(secret(typed));
    ChangeStep::CarryOut {
        typed: Some(secret(typed)),
        code: code.map(secret),
        old,
        new: secret(new),
    }
}

fn granted(forward: Option<&str>) -> Reply {
    Reply::Granted { forward: forward.map(secret), notice: None, new_password: false }
}

impl Bench {
    /// A change by a program of root's with this process id, where somebody gives these answers: the reply, and
    /// the questions.
    async fn changes_in(
        &self,
        process: i32,
        change: PasswordChange,
        answers: &[&'static str],
    ) -> (Reply, Vec<String>) {
        let mut ask = Answers { answers: answers.iter().copied().collect(), ..Answers::default() };
        let asked =
            Asked { engine: &self.engine, caller: ROOT, process: Some(process), change: &change };
        let (reply, _) = pam_password::run(asked, &mut ask).await;
        (reply, ask.prompts)
    }

    async fn changes(&self, step: ChangeStep, answers: &[&'static str]) -> (Reply, Vec<String>) {
        // A service of its own for each engine, which all share one memory of proofs.
        let service = format!("passwd-{:x}", std::ptr::from_ref(self).addr());
        let change = PasswordChange { service, ..change("alice", step) };
        self.changes_in(own_process(), change, answers).await
    }

    fn new_password(&self) -> Option<String> {
        self.alice.changed.lock().unwrap().clone().map(|(password, _)| password)
    }

    fn static_code(&self) -> &'static str {
        self.code().leak()
    }
}

#[tokio::test]
async fn the_rehearsal_asks_for_password_and_code_and_spends_nothing() {
    let bench = Bench::new("");
    let code = bench.static_code();
    for _ in 0..3 {
        let (reply, prompts) = bench.changes(rehearsal(), &["secret", code]).await;
        assert_eq!(reply, granted(Some("secret")));
        assert_eq!(prompts, ["Current password: ", CODE]);
    }
    assert_eq!(bench.counts().1, 0, "no code is spent");
    let typed = format!("secret;{code}");
    assert_eq!(bench.login("alice", &typed).await, Ending::Granted(Grant::Totp));
}

#[tokio::test]
async fn a_wrong_password_or_code_is_refused_in_the_rehearsal_and_counted_as_in_a_login() {
    for answers in [&["wrong"][..], &["secret", "000000"], &["secret", "x"]] {
        let bench = Bench::new("");
        assert_eq!(bench.changes(rehearsal(), answers).await.0, REFUSED, "{answers:?}");
        let failures: Vec<_> = bench.slowed().await.iter().map(|one| one.failures).collect();
        assert!(!failures.is_empty() && failures.iter().all(|&one| one == 1), "{failures:?}");
    }
}

/// Otherwise a code that is still good would wipe out any number of wrong ones.
#[tokio::test]
async fn a_rehearsal_takes_no_failures_back() {
    let bench = Bench::new("");
    let code = bench.static_code();
    bench.changes(rehearsal(), &["wrong"]).await;
    assert_eq!(bench.changes(rehearsal(), &["secret", code]).await.0, granted(Some("secret")));
    let failures = async || bench.slowed().await.iter().map(|one| one.failures).max();
    assert_eq!(failures().await, Some(1));
    let done = bench.changes(in_earnest("secret", Some(code), "another one"), &[]).await;
    assert_eq!(done, (granted(None), vec![]));
    let other = Bench::new("");
    other.login("alice", "wrong").await;
    other.login("alice", &format!("secret;{}", other.code())).await;
    let after_a_login = other.slowed().await.iter().map(|one| one.failures).max();
    assert_eq!(failures().await, after_a_login, "the change is a success as any login");
}

#[tokio::test]
async fn the_change_spends_the_code_and_asks_nothing_more() {
    let bench = Bench::new("");
    let code = bench.static_code();
    let done = bench.changes(in_earnest("secret", Some(code), "another one"), &[]).await;
    assert_eq!(done, (granted(None), vec![]));
    assert_eq!(bench.new_password().as_deref(), Some("another one"));
    let typed = format!("another one;{code}");
    assert_eq!(bench.login("alice", &typed).await, refused(Refusal::ReplayedCode));
}

#[tokio::test]
async fn a_code_that_was_used_meanwhile_is_asked_for_again() {
    let bench = Bench::new("");
    let code = bench.static_code();
    assert_eq!(bench.login("alice", &format!("secret;{code}")).await, Ending::Granted(Grant::Totp));
    let next = bench.seed.code_at(Parameters::default(), clock::now() + 30).leak();
    let (reply, prompts) =
        bench.changes(in_earnest("secret", Some(code), "another one"), &[next]).await;
    assert_eq!(
        (reply, prompts),
        (granted(None), vec![format!("The code is no longer valid. {CODE}")])
    );
    let bench = Bench::new("");
    let (reply, _) =
        bench.changes(in_earnest("secret", Some("000000"), "another one"), &["000001"]).await;
    assert_eq!((reply, bench.new_password()), (REFUSED, None));
}

#[tokio::test]
async fn without_the_code_or_with_another_password_nothing_is_changed() {
    for (typed, code) in [("secret", None), ("wrong", None), ("wrong", Some(()))] {
        let bench = Bench::new("");
        let code = code.map(|()| bench.code());
        let step = in_earnest(typed, code.as_deref(), "another one");
        assert_eq!(bench.changes(step, &[]).await.0, REFUSED, "{typed} {code:?}");
        assert_eq!((bench.new_password(), bench.counts().1), (None, 0));
    }
    let bench = Bench::new("");
    let (app_password, shown) = bench.new_app_password(&["passwd"], None);
    bench.enrol(&app_password);
    let shown: &'static str = shown.shown().to_string().leak();
    assert_eq!(
        bench.changes(rehearsal(), &[shown]).await.0,
        REFUSED,
        "app passwords prove nothing"
    );
}

#[tokio::test]
async fn an_unfit_password_is_refused_before_the_code_is_spent() {
    for (new, fault) in [
        ("", PasswordFault::Input(monk_terms::verdict::BadInput::Empty)),
        ("k3tn-p7wq-2mzx-c9dh-v4ra", PasswordFault::LikeAppPassword),
    ] {
        let bench = Bench::new("");
        let step = in_earnest("secret", Some(&bench.code()), new);
        let not_changed = Reply::NotChanged(NotChanged::Unfit(fault));
        assert_eq!(bench.changes(step, &[]).await.0, not_changed, "{new}");
        assert_eq!((bench.new_password(), bench.counts().1), (None, 0));
    }
}

#[tokio::test]
async fn what_the_directory_says_is_told_and_a_second_try_needs_no_other_code() {
    let too_short = || Changed::NotTaken { why: NotTaken::TooShort, said: "8 letters".into() };
    let bench = Bench::new("");
    bench.alice.changes.lock().unwrap().push_back(Ok(too_short()));
    let code = bench.code();
    let step = |new| in_earnest("secret", Some(&code), new);
    let not_taken = NotChanged::NotTaken { why: NotTaken::TooShort, said: "8 letters".into() };
    assert_eq!(bench.changes(step("short"), &[]).await.0, Reply::NotChanged(not_taken));
    assert_eq!(bench.changes(step("long enough"), &[]).await, (granted(None), vec![]));
    assert_eq!(bench.new_password().as_deref(), Some("long enough"));
}

#[tokio::test]
async fn an_answer_that_is_lost_is_no_answer_and_every_other_outage_says_that_nothing_changed() {
    for (outage, told) in [
        (Outage::Timeout("a test"), Reply::NotChanged(NotChanged::Unknown)),
        (Outage::Unreachable("a test".into()), Reply::Unavailable),
    ] {
        let bench = Bench::new("");
        bench.alice.changes.lock().unwrap().push_back(Err(outage.clone()));
        let step = in_earnest("secret", Some(&bench.code()), "another one");
        assert_eq!(bench.changes(step, &[]).await.0, told, "{outage:?}");
    }
    let bench = Bench::with("", Alice { directory_is_away: true, ..Alice::default() });
    let away = (Reply::Unavailable, vec![]);
    assert_eq!(bench.changes(rehearsal(), &["secret"]).await, away, "before anything is typed");
    let step = in_earnest("secret", Some(&bench.code()), "another one");
    assert_eq!(bench.changes(step, &[]).await, away);
}

#[tokio::test]
async fn users_of_other_modules_are_asked_for_nothing() {
    let bench = Bench::new("");
    let unknown = (Reply::Denied(Denial::UnknownUser), vec![]);
    assert_eq!(bench.changes_in(7, change("bob", rehearsal()), &["x"]).await, unknown);
}

/// Anybody's program may ask: it must not find out who exists.
#[tokio::test]
async fn other_users_programs_hear_the_same_of_everybody_and_set_no_password() {
    let bench = Bench::new("");
    let nobody = Caller { uid: 65_534 };
    let ends = async |user: &str, by_administrator, answers: &[&'static str]| {
        let change = PasswordChange { by_administrator, ..change(user, rehearsal()) };
        let mut ask = Answers { answers: answers.iter().copied().collect(), ..Answers::default() };
        let asked =
            Asked { engine: &bench.engine, caller: nobody, process: Some(7), change: &change };
        (pam_password::run(asked, &mut ask).await.0, ask.prompts)
    };
    let asked = vec!["Current password: ".to_owned()];
    for user in ["alice", "bob"] {
        assert_eq!(ends(user, false, &["wrong"]).await, (REFUSED, asked.clone()), "{user}");
        assert_eq!(ends(user, true, &["wrong"]).await, (REFUSED, vec![]), "{user}");
    }
}

#[tokio::test]
async fn root_sets_a_password_without_the_old_one() {
    let bench = Bench::new("");
    let by_root = |step| PasswordChange { by_administrator: true, ..change("alice", step) };
    let rehearsed = bench.changes_in(7, by_root(rehearsal()), &[]).await;
    assert_eq!(rehearsed, (granted(None), vec![]));
    let step =
        ChangeStep::CarryOut { typed: None, code: None, old: None, new: secret("another one") };
    assert_eq!(bench.changes_in(7, by_root(step), &[]).await, (granted(None), vec![]));
    let changed = bench.alice.changed.lock().unwrap().clone();
    assert_eq!(changed, Some(("another one".to_owned(), true)));
}

/// sshd leads through the change in the process that has seen the login. A code would be half a minute away.
#[tokio::test]
async fn a_factor_of_the_login_that_asks_for_the_change_counts_once_in_the_same_process() {
    let bench = Bench::new("");
    let process = own_process();
    let proofs = Proofs { second_factor: true, password: None };
    proven_just_now::note(Occasion::new(process, "alice", "passwd", None), proofs);
    let asks = |step| change("alice", step);
    let rehearsed = bench.changes_in(process, asks(rehearsal()), &["secret"]).await;
    assert_eq!(rehearsed, (granted(Some("secret")), vec!["Current password: ".to_owned()]));
    let (reply, prompts) = bench.changes_in(process + 1, asks(rehearsal()), &["secret"]).await;
    assert_eq!((reply, prompts.len()), (REFUSED, 2), "another process");
    let step = || in_earnest("secret", None, "another one");
    assert_eq!(bench.changes_in(process, asks(step()), &[]).await, (granted(None), vec![]));
    *bench.alice.changed.lock().unwrap() = None;
    let (reply, prompts) = bench.changes_in(process, asks(step()), &[]).await;
    assert_eq!((reply, prompts), (REFUSED, vec![CODE.to_owned()]), "once");
}

/// The directory takes no other step of such a user than this one.
#[tokio::test]
async fn a_password_that_has_to_be_changed_may_be_and_a_wrong_one_stays_a_guess() {
    for answer in [None, Some(Answer::Closed(Refusal::MustChange))] {
        let (state, changes_expired_passwords) =
            (Mutex::new(AccountState::MustChange), answer.is_some());
        let alice = Alice { state, answer, changes_expired_passwords, ..Alice::default() };
        let bench = Bench::with("", alice);
        let code = bench.static_code();
        assert_eq!(bench.changes(rehearsal(), &["wrong", code]).await.0, REFUSED, "{answer:?}");
        let right = bench.changes(rehearsal(), &["secret", code]).await.0;
        assert_eq!(right, granted(Some("secret")), "{answer:?}");
        let step = in_earnest("secret", Some(code), "another one");
        assert_eq!(bench.changes(step, &[]).await.0, granted(None), "{answer:?}");
    }
    for state in [AccountState::Locked, AccountState::Disabled, AccountState::Expired] {
        let bench = Bench::with("", Alice { state: Mutex::new(state), ..Alice::default() });
        let code = bench.static_code();
        assert_eq!(bench.changes(rehearsal(), &["secret", code]).await.0, REFUSED, "{state}");
    }
}

/// Where the user's own bind changes it, nothing in the change would prove a password that nobody can bind with.
#[tokio::test]
async fn a_password_that_nobody_can_bind_with_is_rehearsed_only_where_the_change_proves_it() {
    for (proves, wanted) in [(true, granted(Some("secret"))), (false, REFUSED)] {
        let bench = Bench::with(
            "",
            Alice {
                state: Mutex::new(AccountState::PasswordExpired),
                answer: Some(Answer::Closed(Refusal::PasswordExpired)),
                changes_expired_passwords: proves,
                ..Alice::default()
            },
        );
        let answers = ["secret", bench.static_code()];
        assert_eq!(bench.changes(rehearsal(), &answers).await.0, wanted, "{proves}");
    }
}

/// Each bind may be one of the last that the directory grants with an expired password.
#[tokio::test]
async fn the_directory_is_asked_about_a_password_once_before_the_change() {
    let bench = Bench::new("");
    let code = bench.static_code();
    let checks = || bench.alice.asked_about_alice.load(Ordering::Relaxed);
    assert_eq!(bench.changes(rehearsal(), &["wrong"]).await.0, REFUSED);
    assert_eq!(bench.changes(rehearsal(), &["secret", code]).await.0, granted(Some("secret")));
    assert_eq!(checks(), 2, "a wrong one is not remembered as a right one");
    let other = bench.changes(in_earnest("another", Some(code), "a third one"), &[]).await;
    assert_eq!((other.0, checks()), (REFUSED, 3), "nor is another one");
    assert_eq!(bench.changes(rehearsal(), &["secret", code]).await.0, granted(Some("secret")));
    let done = bench.changes(in_earnest("secret", Some(code), "another one"), &[]).await;
    assert_eq!((done, checks()), ((granted(None), vec![]), 4), "the change itself proves it again");
}

/// The directory has the last word of the old password, whatever was proved before.
#[tokio::test]
async fn a_password_that_was_changed_after_the_rehearsal_changes_nothing() {
    let bench = Bench::new("");
    let code = bench.static_code();
    assert_eq!(bench.changes(rehearsal(), &["secret", code]).await.0, granted(Some("secret")));
    bench.alice.changes.lock().unwrap().push_back(Ok(Changed::WrongOld));
    let step = in_earnest("secret", Some(code), "another one");
    let not_changed = Reply::NotChanged(NotChanged::WrongOld);
    assert_eq!(bench.changes(step, &[]).await.0, not_changed);
    assert_eq!(bench.new_password(), None);
}
