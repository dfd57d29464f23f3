//! Codes by mail: what is on record when, and what the screens tell.

use monk_core::factors::email::EmailRecord;

use super::*;

/// Nobody listens on the first port.
const MAIL: &str = "[mail]\nfrom = \"monk@example.org\"\nport = 1\n";

/// Alice with a device and a confirmed address.
fn bench(settings: &str) -> Bench {
    let bench = Bench::new(&format!("{settings}{MAIL}"));
    let record = EmailRecord { address: Some("alice@example.net".into()), pending: false };
    let id = CredentialId::generate(&mut SystemRandom);
    let address = Credential::new(id, "alice@example.net", 5, record);
    bench.enrol(&address);
    bench
}

/// Asks for a code; the code that would be sent.
async fn sent(bench: &Bench) -> String {
    let login = login("alice", Some("secret;email"));
    let verdict = run(&bench.engine, ROOT, &login, Mode::Real, &mut Answers::default()).await;
    assert_eq!(verdict.ending, refused(Refusal::CodeSent));
    match verdict.note {
        Some(Note::Letter(letter)) => letter.recorded.code.expose().to_owned(),
        _ => panic!("a letter"),
    }
}

fn wrong(code: &str) -> String {
    format!("{:06}", (code.parse::<u32>().unwrap() + 1) % 1_000_000)
}

#[tokio::test]
async fn a_code_is_on_record_before_it_is_sent_and_opens_one_login() {
    let bench = bench("");
    let code = sent(&bench).await;
    assert_eq!(bench.counts(), (1, 3), "the empty record, one of its own, and the code");
    let typed = format!("secret;{code}");
    assert_eq!(bench.login("alice", &typed).await, Ending::Granted(Grant::EmailedCode));
    assert_eq!(bench.login("alice", &typed).await, refused(Refusal::ReplayedCode));
}

#[tokio::test]
async fn after_a_wrong_password_nothing_is_sent_and_nothing_counted() {
    let bench = bench("");
    assert_eq!(bench.login("alice", "wrong;email").await, refused(Refusal::WrongPassword));
    assert_eq!(bench.login("nobody", "secret;email").await, refused(Refusal::UnknownUser));
    assert_eq!(bench.counts().1, 0);
    let code = sent(&bench).await;
    let before = bench.alice.uses.lock().unwrap().clone();
    let typed = format!("wrong;{}", wrong(&code));
    assert_eq!(bench.login("alice", &typed).await, refused(Refusal::WrongPasswordAgain));
    assert_eq!(*bench.alice.uses.lock().unwrap(), before);
}

#[tokio::test]
async fn a_send_that_cannot_be_recorded_is_none() {
    let bench = bench("");
    let outage = Outage::Timeout("a test");
    bench.alice.troubles.lock().unwrap().extend([Ok(Swapped::Conflict), Err(outage.clone())]);
    assert_eq!(bench.login("alice", "secret;email").await, Ending::Unavailable(outage));
    assert_eq!(bench.counts().1, 2, "after a conflict it is tried again, after an outage not");
}

#[tokio::test]
async fn a_guess_that_cannot_be_counted_is_not_answered() {
    let bench = bench("");
    let typed = format!("secret;{}", wrong(&sent(&bench).await));
    let outage = Outage::Timeout("a test");
    bench.alice.troubles.lock().unwrap().push_back(Err(outage.clone()));
    assert_eq!(bench.login("alice", &typed).await, Ending::Unavailable(outage));
    bench.alice.troubles.lock().unwrap().push_back(Ok(Swapped::Conflict));
    assert_eq!(bench.login("alice", &typed).await, refused(Refusal::WrongCode));
}

#[tokio::test]
async fn a_code_of_a_device_is_no_guess() {
    let bench = bench("");
    sent(&bench).await;
    let typed = format!("secret;{}", bench.code());
    assert_eq!(bench.login("alice", &typed).await, Ending::Granted(Grant::Totp));
    let before = bench.alice.uses.lock().unwrap().clone();
    assert_eq!(bench.login("alice", &typed).await, refused(Refusal::ReplayedCode));
    assert_eq!(*bench.alice.uses.lock().unwrap(), before);
}

#[tokio::test]
async fn a_rehearsal_sends_nothing() {
    let bench = bench("");
    let login = login("alice", Some("secret;email"));
    let verdict = run(&bench.engine, ROOT, &login, Mode::Rehearsal, &mut Answers::default()).await;
    assert_eq!(verdict.ending, refused(Refusal::CodeSent));
    assert!(verdict.note.is_none());
    assert_eq!(bench.counts().1, 0);
}

#[tokio::test]
async fn where_only_app_passwords_open_no_code_is_sent() {
    let bench = bench("[policy]\npassword = \"app-passwords-only\"\n");
    let ending = bench.login("alice", "secret;email").await;
    assert_eq!(ending, refused(Refusal::AppPasswordNeeded));
    assert_eq!(bench.counts(), (0, 0));
}

#[tokio::test]
async fn where_the_password_is_checked_elsewhere_the_word_works_all_the_same() {
    let bench = bench("[policy]\npassword = \"elsewhere\"\n");
    let ending = bench.login("alice", "whatever;email").await;
    assert_eq!(ending, refused(Refusal::CodeSent));
    let (ending, prompts, _) = bench.screens(None, &["whatever", "email", "000000"]).await;
    assert_eq!(ending, refused(Refusal::WrongCode));
    assert_eq!(prompts.len(), 3, "{prompts:?}");
    assert_eq!(bench.counts().0, 0);
}

/// The same words after the same time, whether or not the password was right, the user exists,
/// or the store answers.
#[tokio::test]
async fn the_third_screen_tells_nothing() {
    const FLOOR: Duration = Duration::from_millis(150);
    let mut bench = bench("");
    bench.engine.settings.engine.refusal_ms = 150;
    let mut screens = Vec::new();
    let outage = Outage::Timeout("a test");
    for (user, password, trouble, ending) in [
        ("alice", "wrong", None, refused(Refusal::WrongPassword)),
        ("anybody", "secret", None, refused(Refusal::UnknownUser)),
        ("alice", "secret", Some(outage.clone()), Ending::Unavailable(outage)),
        ("alice", "secret", None, refused(Refusal::WrongCode)),
    ] {
        bench.alice.troubles.lock().unwrap().extend(trouble.map(Err));
        let started = Instant::now();
        let said = bench.login_as(ROOT, &login(user, Some(password)), &["email", "no code"]).await;
        assert!(started.elapsed() >= FLOOR, "{user} {password}");
        assert_eq!(said.0, ending);
        assert_eq!(said.1.len(), 2, "{:?}", said.1);
        screens.push(said.1[0].clone());
        let shown = if user == "alice" { "a…@example.net" } else { "a…@example.org" };
        assert_eq!(said.1[1], format!("Code sent to {shown}: "));
    }
    screens.dedup();
    assert_eq!(screens.len(), 1, "{screens:?}");
}

/// The word once more has another code sent, a number of times; after a wrong password, it looks the same.
#[tokio::test]
async fn the_word_once_more_shows_the_same_screen_once_more_and_not_for_ever() {
    let bench = bench("");
    for (password, ending) in [("wrong", Refusal::WrongPassword), ("secret", Refusal::WrongCode)] {
        let answers = ["email", "email", "email", "no code"];
        let before = bench.counts().1;
        let (ended, prompts, _) = bench.screens(Some(password), &answers).await;
        assert_eq!(ended, refused(ending));
        assert_eq!(prompts.len(), 4, "{prompts:?}");
        assert!(prompts[1..].iter().all(|one| *one == prompts[1]), "{prompts:?}");
        let is_sent = bench.counts().1 - before >= 5;
        assert_eq!(is_sent, password == "secret", "two records to begin with, and three sends");
    }
    let (_, prompts, _) = bench.screens(Some("wrong"), &["email"; 12]).await;
    assert_eq!(prompts.len(), 1 + 10, "{prompts:?}");
}

#[tokio::test]
async fn without_mail_the_word_is_a_part_of_the_password() {
    let bench = Bench::new("");
    assert_eq!(bench.login("alice", "secret;email").await, refused(Refusal::WrongPassword));
    let (ending, prompts, _) = bench.screens(Some("secret"), &["email"]).await;
    assert_eq!((ending, prompts.len()), (refused(Refusal::WrongCode), 1));
}
