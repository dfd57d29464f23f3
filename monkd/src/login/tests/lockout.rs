//! A login sends the directory fewer wrong passwords than lock an account there.

use super::*;

const LOCKS: &str = "[throttle]\ndirectory_lockout = 5\n\
    [service.elsewhere]\npassword = \"elsewhere\"\n";

fn from(address: &str, typed: &str) -> Login {
    Login { address: Some(address.into()), ..login("alice", Some(typed)) }
}

#[tokio::test]
async fn the_directory_hears_four_wrong_passwords_at_most_and_the_owner_is_not_locked_out_at_home()
{
    let bench = Bench::new(LOCKS);
    let typed = |code: String| format!("secret;{code}");
    let at_home = bench.login_as(ROOT, &from("192.0.2.1", &typed(bench.code())), &[]).await.0;
    assert_eq!(at_home, Ending::Granted(Grant::Totp));
    bench.alice.asked_about_alice.store(0, Ordering::Relaxed);
    for number in 0..100 {
        let guess = from(&format!("198.51.100.{number}"), &format!("wrong{number}"));
        bench.login_as(ROOT, &guess, &[]).await;
    }
    assert_eq!(bench.alice.asked_about_alice.load(Ordering::Relaxed), 2, "from elsewhere");
    for _ in 0..5 {
        bench.login_as(ROOT, &from("192.0.2.1", "slip"), &[]).await;
    }
    assert_eq!(
        bench.alice.asked_about_alice.load(Ordering::Relaxed),
        3,
        "the same slip is sent once"
    );
    let other = bench.login_as(ROOT, &from("198.51.100.1", "secret"), &[]).await.0;
    assert_eq!(other, refused(Refusal::Throttled), "nobody elsewhere, with any password");
    let next = bench.seed.code_at(Parameters::default(), clock::now() + 30);
    let at_home = bench.login_as(ROOT, &from("192.0.2.1", &typed(next)), &[]).await.0;
    assert_eq!(at_home, Ending::Granted(Grant::Totp), "the owner at home");
}

/// Nothing is sent after the first screen, so what others send meanwhile keeps nobody from the second.
#[tokio::test]
async fn a_person_who_has_typed_the_right_password_may_take_time_for_the_code() {
    let bench = Bench::new(LOCKS);
    let mut ask = Slow { bench: &bench, guesses: 9, code: bench.code() };
    let login = from("192.0.2.9", "secret");
    let verdict = run(&bench.engine, ROOT, &login, Mode::Real, &mut ask).await;
    assert_eq!(verdict.ending, Ending::Granted(Grant::Totp));
    assert_eq!(bench.alice.asked_about_alice.load(Ordering::Relaxed), 5, "alice, and four guesses");
    assert_eq!(sent(&bench).await, 4, "the directory keeps what came after the right one");
}

/// A person who answers the screen for a code while others guess.
struct Slow<'a> {
    bench: &'a Bench,
    guesses: u32,
    code: String,
}

impl Ask for Slow<'_> {
    async fn ask(&mut self, _: &str, _: bool) -> Result<Option<Secret>, HungUp> {
        for number in 0..self.guesses {
            let guess = from(&format!("198.51.100.{number}"), &format!("wrong{number}"));
            self.bench.login_as(ROOT, &guess, &[]).await;
        }
        Ok(Some(Secret::new(self.code.as_bytes())))
    }

    fn has_left(&mut self) -> bool {
        false
    }
}

#[tokio::test]
async fn ways_without_a_password_of_the_directory_go_on() {
    let bench = Bench::new(LOCKS);
    for number in 0..9 {
        bench.login_as(ROOT, &from("198.51.100.1", &format!("wrong{number}")), &[]).await;
    }
    let elsewhere = Login { service: "elsewhere".into(), ..login("alice", Some(&bench.code())) };
    let ending = bench.login_as(ROOT, &elsewhere, &[]).await.0;
    assert_eq!(ending, Ending::Granted(Grant::Totp));
    let (credential, password) = bench.new_app_password(&["imap"], None);
    bench.enrol(&credential);
    let ending = bench.login("alice", &password.shown()).await;
    assert_eq!(ending, Ending::Granted(Grant::AppPassword));
}

#[tokio::test]
async fn a_login_with_the_code_on_a_second_screen_begins_the_count_anew_too() {
    let bench = Bench::new(LOCKS);
    let home = "192.0.2.1";
    for (later, from_where) in [(0, home), (30, "198.51.100.1")] {
        bench.login_as(ROOT, &from(from_where, &format!("wrong{later}")), &[]).await;
        assert_eq!(sent(&bench).await, 1, "{from_where}");
        let code = bench.seed.code_at(Parameters::default(), clock::now() + later);
        let mut ask = Slow { bench: &bench, guesses: 0, code };
        let verdict = run(&bench.engine, ROOT, &from(home, "secret"), Mode::Real, &mut ask).await;
        assert_eq!(verdict.ending, Ending::Granted(Grant::Totp));
        assert_eq!(sent(&bench).await, 0, "{from_where}");
    }
}

/// How many wrong passwords the directory was sent, as far as the throttle knows.
async fn sent(bench: &Bench) -> u32 {
    let all = bench.slowed().await;
    all.iter().find(|row| row.scope == "directory").map_or(0, |row| row.failures)
}

#[tokio::test]
async fn without_a_separator_app_passwords_go_on_and_passwords_that_look_like_one_are_counted() {
    let settings = format!("{LOCKS}[policy]\nseparator = \"optional\"\n");
    let alice = Alice { password: Some("correcthorse14"), ..Alice::default() };
    let bench = Bench::with(&settings, alice);
    let (credential, app_password) = bench.new_app_password(&["imap"], None);
    bench.enrol(&credential);
    for number in 0..9 {
        bench.login_as(ROOT, &from("198.51.100.1", &format!("wrong{number}")), &[]).await;
    }
    let ending = bench.login("alice", &app_password.shown()).await;
    assert_eq!(ending, Ending::Granted(Grant::AppPassword));
    let before = bench.counts().0;
    for password in ["correcthorse14", "c0rrectstap1e1"] {
        let ending = bench.login("alice", &format!("{password}{}", bench.code())).await;
        assert_eq!(ending, refused(Refusal::Throttled), "{password}");
    }
    assert_eq!(bench.counts().0, before, "nothing is sent");
    bench.engine.throttle.clear(None, soon()).await.unwrap();
    let wrong = bench.login("alice", &format!("c0rrectstap1e1{}", bench.code())).await;
    assert_eq!((wrong, sent(&bench).await), (refused(Refusal::WrongPassword), 1));
    let right = bench.login("alice", &format!("correcthorse14{}", bench.code())).await;
    assert_eq!((right, sent(&bench).await), (Ending::Granted(Grant::Totp), 0));
}
