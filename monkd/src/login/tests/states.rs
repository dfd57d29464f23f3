//! The state of an account, and what the directory says of a right password.

use std::collections::BTreeSet;

use monk_core::closed::Forgivable;
use monk_wire::{AccountQuery, Denial};

use super::*;
use crate::account;
use crate::recent_grants::{self, Standing};

use AccountState::{Disabled, Enabled, Expired, Locked, MustChange, PasswordExpired};

/// Services with every way in.
pub(super) const SERVICES: &str = "[service.su]\npassword = \"elsewhere\"\n\
    [service.smtp]\npassword = \"app-passwords-only\"\n\
    [service.sshd]\npassword = \"skip-after-publickey\"\n";

fn bench(settings: &str, state: AccountState, answer: Option<Answer>) -> Bench {
    let alice = Alice { state: Mutex::new(state), answer, ..Alice::default() };
    Bench::with(&format!("{SERVICES}{settings}"), alice)
}

pub(super) fn at(service: &str, typed: &str) -> Login {
    Login { service: service.into(), ..login("alice", Some(typed)) }
}

/// How a login of each kind ends: with password and code, with a code after another module's password,
/// with a code after a key, and with an app password.
async fn each_way(settings: &str, state: AccountState) -> [Ending; 4] {
    let bench = || bench(settings, state, None);
    let end = async |bench: Bench, login: Login| bench.login_as(ROOT, &login, &[]).await.0;
    let (one, two, three, four) = (bench(), bench(), bench(), bench());
    let (app_password, shown) = four.new_app_password(&["imap", "smtp"], None);
    four.enrol(&app_password);
    let password = at("imap", &format!("secret;{}", one.code()));
    let elsewhere = at("su", &two.code());
    let key = Login { publickey: true, ..at("sshd", &three.code()) };
    [
        end(one, password).await,
        end(two, elsewhere).await,
        end(three, key).await,
        end(four, at("smtp", &shown.shown())).await,
    ]
}

#[tokio::test]
async fn each_state_closes_the_ways_that_the_table_names_and_says_why() {
    let granted = [Grant::Totp, Grant::Totp, Grant::Totp, Grant::AppPassword].map(Ending::Granted);
    let all = |why| [why, why, why, why].map(refused);
    let old_password = |why| {
        let [password, elsewhere, key, _] = granted.clone();
        [password, elsewhere, key, refused(why)]
    };
    for (state, ends) in [
        (Enabled, granted.clone()),
        (PasswordExpired, old_password(Refusal::PasswordExpired)),
        (MustChange, old_password(Refusal::MustChange)),
        (Locked, all(Refusal::Locked)),
        (Expired, all(Refusal::Expired)),
        (Disabled, all(Refusal::Disabled)),
    ] {
        assert_eq!(each_way("", state).await, ends, "{state}");
    }
}

#[tokio::test]
async fn a_service_can_keep_app_passwords_open_while_the_account_is_locked_or_its_password_too_old()
{
    for (forgiven, open) in [
        (Forgivable::Locked, BTreeSet::from([Enabled, Locked])),
        (Forgivable::PasswordExpired, BTreeSet::from([Enabled, PasswordExpired, MustChange])),
    ] {
        let settings = format!("[policy]\napp_passwords_despite = [\"{}\"]\n", forgiven.as_str());
        for state in AccountState::ALL {
            let [password, elsewhere, key, app_password] = each_way(&settings, state).await;
            let is_in = matches!(app_password, Ending::Granted(Grant::AppPassword));
            assert_eq!(is_in, open.contains(&state), "{state} with {settings}");
            let others = [password, elsewhere, key];
            assert_eq!(others, each_way("", state).await[..3], "{state} with {settings}");
        }
    }
}

/// What is closed for good is not asked about: no bind counts there, and nobody hears whether it was right.
/// Whoever is locked is asked about, since a lock that has run out may go with a good bind only.
#[tokio::test]
async fn the_password_of_a_closed_account_is_not_compared_and_the_work_is_the_same() {
    for (state, about_alice) in [(Disabled, 0), (Expired, 0), (Locked, 2), (PasswordExpired, 2)] {
        let bench = bench("", state, Some(Answer::Closed(Refusal::PasswordExpired)));
        let refusal = state.refusal().unwrap();
        for typed in ["secret", "wrong"] {
            assert_eq!(bench.login("alice", typed).await, refused(refusal), "{state} {typed}");
        }
        let asked = bench.alice.asked_about_alice.load(Ordering::Relaxed);
        assert_eq!((bench.counts().0, asked), (2, about_alice), "{state}");
    }
}

#[tokio::test]
async fn a_password_of_a_closed_account_is_a_guess_right_or_wrong() {
    for state in [Disabled, Expired, Locked] {
        let bench = bench("", state, None);
        for typed in ["secret", "wrong", "secret"] {
            bench.login("alice", typed).await;
        }
        let failures: u32 = bench.slowed().await.iter().map(|one| one.failures).max().unwrap();
        assert_eq!(failures, 2, "{state}: a repetition counts once");
    }
    let bench = bench("", Enabled, Some(Answer::Closed(Refusal::Locked)));
    bench.login("alice", "secret").await;
    assert!(!bench.slowed().await.is_empty(), "the directory may not have looked at it");
}

#[tokio::test]
async fn the_right_password_works_as_soon_as_the_account_is_open_again() {
    for state in [Disabled, Expired, Locked] {
        let bench = bench("", state, None);
        let typed = format!("secret;{}", bench.code());
        assert_eq!(bench.login("alice", &typed).await, refused(state.refusal().unwrap()));
        *bench.alice.state.lock().unwrap() = Enabled;
        assert_eq!(bench.login("alice", &typed).await, Ending::Granted(Grant::Totp), "{state}");
    }
}

#[tokio::test]
async fn the_directory_closes_an_account_with_a_reason_of_its_own() {
    for why in [
        Refusal::PasswordExpired,
        Refusal::MustChange,
        Refusal::Locked,
        Refusal::OutsideHours,
        Refusal::Disabled,
        Refusal::Expired,
    ] {
        let bench = bench("", Enabled, Some(Answer::Closed(why)));
        let typed = format!("secret;{}", bench.code());
        assert_eq!(bench.login("alice", &typed).await, refused(why));
        assert_eq!(bench.counts(), (1, 0), "no code is spent");
    }
    // Where it says nothing but no, the entry knows more.
    let bench = bench("", PasswordExpired, None);
    assert_eq!(bench.login("alice", "wrong").await, refused(Refusal::PasswordExpired));
}

/// Looks in on alice with the right password and code: the verdict, and what the program is told.
async fn verdict(bench: &Bench) -> (Verdict, String) {
    let login = at("imap", &format!("secret;{}", bench.code()));
    let verdict = run(&bench.engine, ROOT, &login, Mode::Real, &mut Answers::default()).await;
    let notice = verdict.notice().unwrap_or_default().to_owned();
    (verdict, notice)
}

#[tokio::test]
async fn a_login_with_an_old_password_is_no_usual_one() {
    for (state, advice, new_password, says) in [
        (Enabled, Advice::Nothing, false, ""),
        (Enabled, Advice::Expires(3 * 86_400), false, "expires in 3 days"),
        (Enabled, Advice::GraceLogins(2), true, "2 more times"),
        (Enabled, Advice::GraceLogins(0), true, "the last"),
        (Enabled, Advice::MustChange, true, "have to change"),
        (MustChange, Advice::Nothing, true, "have to change"),
        (PasswordExpired, Advice::Nothing, true, "have to change"),
        (PasswordExpired, Advice::Expires(1), true, "have to change"),
    ] {
        let bench = bench("", state, Some(Answer::Right(advice)));
        let (verdict, notice) = verdict(&bench).await;
        assert_eq!(verdict.ending, Ending::Granted(Grant::Totp), "{state} {advice:?}");
        let standing = if new_password { Standing::NewPassword } else { Standing::Usual };
        assert_eq!(verdict.standing(), standing, "{state} {advice:?}");
        assert!(notice.contains(says) && notice.is_empty() == says.is_empty(), "{notice}");
        let Reply::Granted { new_password: told, .. } = verdict.reply().0 else {
            panic!("granted")
        };
        assert_eq!(told, new_password);
    }
}

#[tokio::test]
async fn a_remembered_login_is_looked_at_with_the_state_of_now() {
    let bench = bench("[service.imap]\nremember_minutes = 10\n", Enabled, None);
    let typed = format!("secret;{}", bench.code());
    assert_eq!(bench.login("alice", &typed).await, Ending::Granted(Grant::Totp));
    assert_eq!(bench.login("alice", &typed).await, Ending::Granted(Grant::Remembered));
    for state in [Locked, Expired, Disabled] {
        *bench.alice.state.lock().unwrap() = state;
        assert_eq!(bench.login("alice", &typed).await, refused(state.refusal().unwrap()));
    }
}

#[tokio::test]
async fn nobody_changes_their_own_factors_while_the_account_is_closed_or_the_password_too_old() {
    for (state, answer) in [
        (Disabled, None),
        (Expired, None),
        (Locked, None),
        (PasswordExpired, None),
        (MustChange, None),
        (Enabled, Some(Answer::Right(Advice::MustChange))),
        (Enabled, Some(Answer::Right(Advice::GraceLogins(3)))),
    ] {
        let bench = bench("", state, answer);
        let login = at("monk-enroll", &format!("secret;{}", bench.code()));
        let verdict = run(&bench.engine, ROOT, &login, Mode::Proof, &mut Answers::default()).await;
        let why = state.refusal().unwrap_or(Refusal::MustChange);
        assert_eq!(verdict.ending, refused(why), "{state} {answer:?}");
        assert_eq!(bench.counts().1, 0, "no code is spent");
    }
}

/// The closed account's screens are those of a wrong password: the screen for a code, and the one after the word
/// email, behind which nothing is sent.
#[tokio::test]
async fn a_closed_account_sees_the_screens_of_a_wrong_password_and_is_sent_nothing() {
    let mail = "[mail]\nfrom = \"monk@example.org\"\nport = 1\n";
    for state in [Locked, Expired, Disabled] {
        let closed = bench(mail, state, None);
        let open = bench(mail, Enabled, None);
        let (ending, screens, forwarded) =
            closed.screens(Some("secret"), &["email", "123456"]).await;
        let (_, wrong, _) = open.screens(Some("wrong"), &["email", "123456"]).await;
        assert_eq!(ending, refused(state.refusal().unwrap()));
        assert_eq!((screens, forwarded), (wrong, None));
        let typed = closed.login("alice", "secret;email").await;
        assert_eq!(typed, refused(state.refusal().unwrap()));
        assert_eq!(closed.counts().1, 0, "nothing is recorded, so nothing is sent");
    }
}

/// What a program of this user is told about alice's account at this service.
pub(super) async fn told(bench: &Bench, caller: u32, service: &str) -> Reply {
    let query = AccountQuery {
        user: "alice".into(),
        service: service.into(),
        address: None,
        terminal: None,
        person: None,
        budget_ms: 10_000,
    };
    account::run(&bench.engine, Caller { uid: caller }, &query).await
}

const OPEN: Reply = Reply::Granted { forward: None, notice: None, new_password: false };

#[tokio::test]
async fn the_account_rule_says_what_each_state_asks_of_the_program() {
    let new_password = Reply::Denied(Denial::NewPasswordNeeded);
    let no = Reply::Denied(Denial::Refused);
    for (state, reply, to_others) in [
        (Enabled, OPEN, OPEN),
        (PasswordExpired, new_password.clone(), new_password.clone()),
        (MustChange, new_password.clone(), new_password),
        (Locked, no.clone(), no.clone()),
        (Expired, Reply::Denied(Denial::AccountExpired), no.clone()),
        (Disabled, no.clone(), no),
    ] {
        let bench = bench("", state, None);
        assert_eq!(told(&bench, 0, "state-a").await, reply, "{state}");
        recent_grants::note(33, "alice", "state-b", Standing::Usual);
        assert_eq!(told(&bench, 33, "state-b").await, to_others, "{state}");
    }
}

#[tokio::test]
async fn the_account_rule_knows_of_the_login_before_it() {
    let new_password = Reply::Denied(Denial::NewPasswordNeeded);
    for caller in [0, 33] {
        let note = |standing| recent_grants::note(caller, "alice", "state-c", standing);
        note(Standing::NewPassword);
        let told_with = async |settings: &str, state| {
            told(&bench(settings, state, None), caller, "state-c").await
        };
        let told = async |state| told_with("", state).await;
        assert_eq!(told(Enabled).await, new_password, "the entry may not show it");
        assert_eq!(told(Disabled).await, Reply::Denied(Denial::Refused));
        note(Standing::InSpite);
        // What the service keeps open, and nothing else.
        let kept = [("", vec![]), ("\"locked\"", vec![Locked])];
        let both = ("\"locked\", \"password-expired\"", vec![Locked, PasswordExpired, MustChange]);
        for (despite, open) in kept.into_iter().chain([both]) {
            let settings = format!("[policy]\napp_passwords_despite = [{despite}]\n");
            assert_eq!(told(Enabled).await, OPEN);
            for state in [PasswordExpired, MustChange, Locked, Expired, Disabled] {
                let reply = told_with(&settings, state).await;
                assert_eq!(reply == OPEN, open.contains(&state), "{state}, {despite}");
            }
        }
        note(Standing::Usual);
        assert_eq!(told(Enabled).await, OPEN, "the password was changed");
        assert_eq!(told(Locked).await, Reply::Denied(Denial::Refused));
    }
}

#[tokio::test]
async fn whom_the_service_is_not_open_to_needs_no_new_password() {
    let settings = "[service.state-d]\ngroups = [\"staff\"]\n";
    for state in [Enabled, MustChange, Disabled] {
        let bench = bench(settings, state, None);
        assert_eq!(told(&bench, 0, "state-d").await, Reply::Denied(Denial::Refused), "{state}");
    }
}
