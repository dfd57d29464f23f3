//! Passwords that have expired or end soon: who is led as far as a change, and who is told.

use monk_core::factors::totp::Letter;
use monk_wire::{AccountQuery, Denial};

use super::states::{SERVICES, at, told};
use super::*;
use crate::account;
use crate::recent_grants::Standing;

use AccountState::{Disabled, Enabled, Expired, Locked, MustChange, PasswordExpired};

/// A directory that says of the right password that it has expired, or must be changed, and takes it in a change.
fn expired(state: AccountState, why: Refusal, proves: bool) -> Bench {
    let alice = Alice {
        state: Mutex::new(state),
        answer: Some(Answer::Closed(why)),
        changes_expired_passwords: proves,
        ..Alice::default()
    };
    Bench::with("[service.led]\nchange_expired_password = true\n", alice)
}

/// How a login with the right password and code ends, and whether the account rule has it changed.
async fn led(bench: &Bench, caller: Caller, service: &str) -> (Ending, Standing) {
    let typed = format!("secret;{}", bench.code());
    let (login, mut nobody) = (at(service, &typed), Answers::default());
    let verdict = run(&bench.engine, caller, &login, Mode::Real, &mut nobody).await;
    (verdict.ending.clone(), verdict.standing())
}

#[tokio::test]
async fn an_expired_password_gets_as_far_as_the_account_rule_where_the_service_says_so() {
    for (state, why) in
        [(PasswordExpired, Refusal::PasswordExpired), (MustChange, Refusal::MustChange)]
    {
        let bench = expired(state, why, true);
        let end = led(&bench, ROOT, "led").await;
        assert_eq!(end, (Ending::Granted(Grant::Totp), Standing::NewPassword), "{state}");
        let asked = told(&bench, 0, "led").await;
        assert_eq!(asked, Reply::Denied(Denial::NewPasswordNeeded), "{state}");
        assert_eq!(led(&expired(state, why, true), ROOT, "imap").await.0, refused(why), "{state}");
        let bench = expired(state, why, false);
        assert_eq!(led(&bench, ROOT, "led").await.0, refused(why), "the change proves nothing");
        let bench = expired(state, why, true);
        let nginx = Caller { uid: 33 };
        assert_eq!(led(&bench, nginx, "led").await.0, refused(why), "not one of root's programs");
    }
}

/// The entry has to say so too: nothing rests on the words of the bind alone, and the account rule reads the entry.
#[tokio::test]
async fn what_a_bind_says_of_an_expired_password_opens_nothing_that_the_entry_does_not_close() {
    for state in [Enabled, Locked, Expired, Disabled] {
        let bench = expired(state, Refusal::MustChange, true);
        let (ending, _) = led(&bench, ROOT, "led").await;
        assert!(matches!(ending, Ending::Refused(_)), "{state}: {ending:?}");
    }
}

#[tokio::test]
async fn a_wrong_password_is_led_nowhere_and_a_right_one_that_is_not_proved_stays_a_guess() {
    let bench = expired(MustChange, Refusal::MustChange, true);
    let wrong = at("led", &format!("wrong;{}", bench.code()));
    assert!(matches!(bench.login_as(ROOT, &wrong, &[]).await.0, Ending::Refused(_)));
    let failures = async || bench.slowed().await.iter().map(|one| one.failures).max();
    let before = failures().await;
    assert_eq!(led(&bench, ROOT, "led").await.0, Ending::Granted(Grant::Totp));
    assert!(failures().await >= before, "it takes no failures back");
}

/// alice, whose password ends in so many hours.
fn ending_in(hours: u64, settings: &str) -> Bench {
    let at = clock::now() + hours * 3600 + 600;
    let password_end = Some(PasswordEnd { at, warning: None });
    Bench::with(&format!("{SERVICES}{settings}"), Alice { password_end, ..Alice::default() })
}

#[tokio::test]
async fn users_are_told_in_time_that_the_password_ends_also_after_a_key() {
    let two_days = Some("Your password expires in 2 days. Change it soon.".to_owned());
    for (hours, settings, wanted) in [
        (48, "", two_days),
        (8 * 24, "", None),
        (48, "[policy]\npassword_warning_days = 0\n", None),
    ] {
        let notice = async |login: &dyn Fn(String) -> Login| {
            let bench = ending_in(hours, settings);
            let login = login(bench.code());
            let verdict =
                run(&bench.engine, ROOT, &login, Mode::Real, &mut Answers::default()).await;
            assert_eq!(verdict.ending, Ending::Granted(Grant::Totp), "{hours} {settings}");
            assert_eq!(verdict.standing(), Standing::Usual);
            verdict.notice().map(str::to_owned)
        };
        assert_eq!(notice(&|code| at("imap", &format!("secret;{code}"))).await, wanted);
        assert_eq!(notice(&|code| Login { publickey: true, ..at("sshd", &code) }).await, wanted);
        let bench = ending_in(hours, settings);
        let at_an_address = |address: Option<&str>| AccountQuery {
            user: "alice".into(),
            service: "state-e".into(),
            address: address.map(Into::into),
            terminal: None,
            person: None,
            budget_ms: 10_000,
        };
        for (address, notice) in [(Some("192.0.2.7"), wanted.clone()), (None, None)] {
            let told = account::run(&bench.engine, ROOT, &at_an_address(address)).await;
            let granted = Reply::Granted { forward: None, notice, new_password: false };
            assert_eq!(told, granted, "cron comes from nowhere, and reads nothing");
        }
    }
}

#[tokio::test]
async fn a_password_that_only_its_change_will_prove_confirms_no_device_of_a_letter() {
    let mut bench = expired(MustChange, Refusal::MustChange, true);
    let now = clock::now();
    let new = NewDevice { user: "u1", label: "Letter", parameters: Parameters::default(), now };
    let letter = Letter { ends: now + 3600, by_login: true };
    let (device, used, seed) =
        enrol::letter_device(&new, letter, &bench.engine.keys, &mut SystemRandom);
    let author = Author { user: "u1", keys: &bench.engine.keys };
    *bench.alice.credentials.lock().unwrap() = vec![device.to_record(author)];
    *bench.alice.uses.lock().unwrap() = vec![used.to_record(author)];
    bench.seed = seed;
    assert_eq!(led(&bench, ROOT, "led").await.0, refused(Refusal::NotEnrolled));
    assert!(bench.alice.set().awaits_first_login(now), "it still waits");
}
