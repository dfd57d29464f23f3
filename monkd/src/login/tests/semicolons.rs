//! Passwords that look like a password and a code.

use super::*;

const PASSWORD: &str = "geheim;123456";

/// Alice, whose password ends like a code, and who has a device.
fn bench(settings: &str) -> Bench {
    Bench::with(settings, Alice { password: Some(PASSWORD), ..Alice::default() })
}

#[tokio::test]
async fn it_works_wherever_a_password_alone_is_enough() {
    for settings in
        ["[policy]\nmfa = \"off\"\n", "[policy]\ntrusted_networks = [\"192.0.2.0/24\"]\n"]
    {
        let bench = bench(settings);
        assert_eq!(bench.login("alice", PASSWORD).await, Ending::Granted(Grant::Password));
        assert_eq!(bench.counts(), (1, 0), "one password check, and nothing spent");
        let with_code = format!("{PASSWORD};{}", bench.code());
        assert_eq!(bench.login("alice", &with_code).await, Ending::Granted(Grant::Totp));
        assert_eq!(bench.login("alice", "geheim").await, refused(Refusal::WrongPassword));
        let slowed = bench.slowed().await;
        assert!(slowed.iter().all(|one| one.proof == "password"), "no code was guessed");
    }
}

#[tokio::test]
async fn it_works_on_the_first_of_two_screens() {
    let bench = bench("");
    let code: &'static str = Box::leak(bench.code().into_boxed_str());
    let (ending, prompts, forward) = bench.screens(None, &[PASSWORD, code]).await;
    assert_eq!((ending, prompts.len()), (Ending::Granted(Grant::Totp), 2));
    assert_eq!(forward, Some(Secret::new(PASSWORD.as_bytes())));
    assert_eq!(bench.counts(), (1, 1));
}

#[tokio::test]
async fn a_right_code_behind_a_semicolon_needs_no_second_screen() {
    let bench = Bench::new("");
    let typed = format!("secret;{}", bench.code());
    let (ending, prompts, _) = bench.screens(Some(&typed), &[]).await;
    assert_eq!((ending, prompts.len()), (Ending::Granted(Grant::Totp), 0));
    let (ending, ..) = bench.screens(Some(&typed), &[]).await;
    assert_eq!(ending, refused(Refusal::ReplayedCode), "a used one is still a code");
}

#[tokio::test]
async fn where_the_string_has_to_hold_a_code_it_is_split() {
    let bench = bench("[policy]\nprompt = \"never\"\n");
    assert_eq!(bench.login("alice", PASSWORD).await, refused(Refusal::WrongPassword));
    let with_code = format!("{PASSWORD};{}", bench.code());
    assert_eq!(bench.login("alice", &with_code).await, Ending::Granted(Grant::Totp));
}

#[tokio::test]
async fn behind_another_module_it_is_handed_on_whole() {
    let bench = bench("[policy]\npassword = \"elsewhere\"\n");
    let code: &'static str = Box::leak(bench.code().into_boxed_str());
    let (ending, prompts, forward) = bench.screens(Some(PASSWORD), &[code]).await;
    assert_eq!((ending, prompts.len()), (Ending::Granted(Grant::Totp), 1));
    assert_eq!(forward, Some(Secret::new(PASSWORD.as_bytes())));
}

#[tokio::test]
async fn a_code_of_somebody_who_has_none_is_named_and_not_called_a_wrong_password() {
    let bench = Bench::new("");
    bench.alice.credentials.lock().unwrap().clear();
    bench.alice.uses.lock().unwrap().clear();
    for typed in ["secret;123456", "secret;abcd-efgh-jkmn"] {
        assert_eq!(bench.login("alice", typed).await, refused(Refusal::UnexpectedCode), "{typed}");
    }
    assert_eq!(bench.login("alice", "wrong").await, refused(Refusal::WrongPassword));
}
