//! The same `PASSWORD;CODE` again.

use super::*;

const REMEMBER: &str = "[service.imap]\nremember_minutes = 10\n";
#[tokio::test]
async fn the_same_string_from_the_same_address_goes_on_working_and_spends_nothing() {
    let bench = Bench::new(REMEMBER);
    let typed = format!("secret;{}", bench.code());
    assert_eq!(bench.login("alice", &typed).await, Ending::Granted(Grant::Totp));
    for _ in 0..3 {
        assert_eq!(bench.login("alice", &typed).await, Ending::Granted(Grant::Remembered));
    }
    assert_eq!(bench.counts(), (4, 1), "the password is checked every time, the code once");
}

#[tokio::test]
async fn anything_else_is_a_replay() {
    let bench = Bench::new(&format!("{REMEMBER}[service.smtp]\nremember_minutes = 10\n"));
    let code = bench.code();
    let typed = format!("secret;{code}");
    assert_eq!(bench.login("alice", &typed).await, Ending::Granted(Grant::Totp));
    let same = login("alice", Some(&typed));
    let spaced = format!("secret; {code}");
    for (caller, other) in [
        (0, Login { address: Some("192.0.2.8".into()), ..same.clone() }),
        (0, Login { address: None, ..same.clone() }),
        (0, Login { service: "smtp".into(), ..same.clone() }),
        (0, login("alice", Some(&spaced))),
        (33, same.clone()),
    ] {
        let (ending, ..) = bench.login_as(Caller { uid: caller }, &other, &[]).await;
        assert_eq!(ending, refused(Refusal::ReplayedCode), "{:?}", other.address);
    }
    let (ending, ..) = bench.login_as(ROOT, &same, &[]).await;
    assert_eq!(ending, Ending::Granted(Grant::Remembered));
}

#[tokio::test]
async fn a_wrong_password_with_the_remembered_code_is_wrong() {
    let bench = Bench::new(REMEMBER);
    let code = bench.code();
    assert_eq!(bench.login("alice", &format!("secret;{code}")).await, Ending::Granted(Grant::Totp));
    let wrong = bench.login("alice", &format!("Secret;{code}")).await;
    assert_eq!(wrong, refused(Refusal::WrongPassword));
}

#[tokio::test]
async fn other_factors_end_it_for_good() {
    let bench = Bench::new(REMEMBER);
    let typed = format!("secret;{}", bench.code());
    assert_eq!(bench.login("alice", &typed).await, Ending::Granted(Grant::Totp));
    let device = bench.alice.credentials.lock().unwrap()[0].clone();
    let renamed = bench.alice.set().credentials[0].value.with_label("Tablet");
    let renamed = renamed.to_record(bench.author());
    bench.alice.credentials.lock().unwrap()[0] = renamed;
    assert_eq!(bench.login("alice", &typed).await, refused(Refusal::ReplayedCode));
    bench.alice.credentials.lock().unwrap()[0] = device;
    assert_eq!(bench.login("alice", &typed).await, refused(Refusal::ReplayedCode));
}

#[tokio::test]
async fn where_nothing_is_remembered_the_code_is_a_replay() {
    let bench = Bench::new("[service.smtp]\nremember_minutes = 10\n");
    let typed = format!("secret;{}", bench.code());
    assert_eq!(bench.login("alice", &typed).await, Ending::Granted(Grant::Totp));
    assert_eq!(bench.login("alice", &typed).await, refused(Refusal::ReplayedCode));
}

#[tokio::test]
async fn who_comes_second_at_the_same_moment_gets_in_too() {
    let mut bench = Bench::new(REMEMBER);
    bench.engine.settings.engine.refusal_ms = 2000;
    let typed = format!("secret;{}", bench.code());
    let login = || bench.login("alice", &typed);
    let (a, b, c, d) = tokio::join!(login(), login(), login(), login());
    let mut grants = [a, b, c, d].map(|ending| match ending {
        Ending::Granted(grant) => grant.as_str(),
        other => panic!("{other:?}"),
    });
    grants.sort_unstable();
    assert_eq!(grants, ["remembered", "remembered", "remembered", "totp"]);
}
