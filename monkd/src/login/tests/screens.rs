//! The second screen: who sees it, and what it tells.

use super::*;

#[tokio::test]
async fn where_a_code_is_always_asked_the_screen_tells_nothing() {
    let bench = Bench::new("");
    for (user, typed, answer, expected) in [
        ("alice", "secret", "000000", Refusal::WrongCode),
        ("alice", "wrong", "000000", Refusal::WrongPassword),
        ("nobody", "secret", "000000", Refusal::UnknownUser),
    ] {
        let login = login(user, Some(typed));
        let (ending, prompts, _) = bench.login_as(ROOT, &login, &[answer]).await;
        assert_eq!(ending, refused(expected));
        assert_eq!(prompts.len(), 1, "{user} {typed}: the same screen for everybody");
    }
}

#[tokio::test]
async fn an_answer_equal_to_the_password_is_no_code() {
    let bench = Bench::new("");
    let (ending, ..) = bench.screens(Some("secret"), &["secret"]).await;
    assert_eq!(ending, refused(Refusal::CodeMissing));
}

#[tokio::test]
async fn where_only_the_enrolled_are_asked_it_is_after_a_right_password() {
    let bench = Bench::new("[policy]\nmfa = \"when-enrolled\"\n");
    let (ending, prompts, _) = bench.screens(Some("wrong"), &["000000"]).await;
    assert_eq!((ending, prompts.len()), (refused(Refusal::WrongPassword), 0));
    let (ending, prompts, _) = bench.screens(Some("secret"), &["000000"]).await;
    assert_eq!((ending, prompts.len()), (refused(Refusal::WrongCode), 1));
}

/// Hangs up at every screen, and counts them.
struct HangsUp {
    screens: usize,
}

impl Ask for HangsUp {
    async fn ask(&mut self, _: &str, _: bool) -> Result<Option<Secret>, HungUp> {
        self.screens += 1;
        Err(HungUp)
    }

    fn has_left(&mut self) -> bool {
        false
    }
}

/// A right code would have opened without a screen: who sees it has learnt that this one is wrong.
#[tokio::test]
async fn a_guess_counts_also_when_whoever_made_it_hangs_up_at_the_screen() {
    let bench = Bench::new("");
    for number in 0..3 {
        let typed = format!("secret;00000{number}");
        let mut ask = HangsUp { screens: 0 };
        let login = login("alice", Some(&typed));
        let verdict = run(&bench.engine, ROOT, &login, Mode::Real, &mut ask).await;
        assert_eq!((verdict.ending, ask.screens), (refused(Refusal::WrongCode), 1), "{typed}");
    }
    let slowed = bench.slowed().await;
    let failures: Vec<_> = slowed.iter().map(|one| (one.scope, one.failures)).collect();
    assert!(failures.contains(&("user", 3)), "{failures:?}");
}
