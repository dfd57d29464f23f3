//! Groups, trusted networks, and the time until users have to have enrolled.

use super::*;

/// Alice without a device, added at a moment.
fn not_enrolled(settings: &str, created: Option<u64>) -> Bench {
    let bench = Bench::with(settings, Alice { created, ..Alice::default() });
    bench.alice.credentials.lock().unwrap().clear();
    bench.alice.uses.lock().unwrap().clear();
    bench
}

async fn notice_of(bench: &Bench, typed: &str) -> (Ending, Option<String>) {
    let mut ask = Answers::default();
    let verdict =
        run(&bench.engine, ROOT, &login("alice", Some(typed)), Mode::Real, &mut ask).await;
    let ending = verdict.ending.clone();
    match verdict.reply().0 {
        Reply::Granted { notice, .. } => (ending, notice),
        _ => (ending, None),
    }
}

#[tokio::test]
async fn a_service_is_open_to_its_groups_only_and_no_code_is_spent_on_others() {
    let settings = "[service.imap]\ngroups = [\"staff\", \"board\"]\n";
    let outside = Bench::with(settings, Alice { group: Some("guests"), ..Alice::default() });
    let typed = format!("secret;{}", outside.code());
    assert_eq!(outside.login("alice", &typed).await, refused(Refusal::NotInGroup));
    assert_eq!(outside.counts(), (1, 0));
    let wrong = outside.login("alice", "wrong").await;
    assert_eq!(wrong, refused(Refusal::WrongPassword), "the password comes first");
    let inside = Bench::with(settings, Alice { group: Some("board"), ..Alice::default() });
    let typed = format!("secret;{}", inside.code());
    assert_eq!(inside.login("alice", &typed).await, Ending::Granted(Grant::Totp));
}

#[tokio::test]
async fn an_app_password_opens_nothing_that_the_group_does_not() {
    let settings = "[service.imap]\ngroups = [\"staff\"]\n";
    for (group, wanted) in
        [(Some("staff"), Ending::Granted(Grant::AppPassword)), (None, refused(Refusal::NotInGroup))]
    {
        let bench = Bench::with(settings, Alice { group, ..Alice::default() });
        let (credential, password) = bench.new_app_password(&["imap"], None);
        bench.enrol(&credential);
        assert_eq!(bench.login("alice", &password.shown()).await, wanted);
    }
}

#[tokio::test]
async fn a_trusted_network_asks_for_the_password_alone_and_believes_only_roots_programs() {
    let bench = Bench::new("[policy]\ntrusted_networks = [\"192.0.2.0/24\"]\n");
    let from = |address: Option<&str>| Login {
        address: address.map(str::to_owned),
        ..login("alice", Some("secret"))
    };
    let (ending, prompts, _) = bench.login_as(ROOT, &from(Some("192.0.2.7")), &[]).await;
    assert_eq!((ending, prompts.len()), (Ending::Granted(Grant::Password), 0));
    for (caller, address) in
        [(1000, Some("192.0.2.7")), (0, Some("198.51.100.1")), (0, Some("localhost")), (0, None)]
    {
        let (ending, ..) = bench.login_as(Caller { uid: caller }, &from(address), &[]).await;
        assert_eq!(ending, refused(Refusal::CodeMissing), "{caller} {address:?}");
    }
    let wrong = bench.login("alice", "secret;000000").await;
    assert_eq!(wrong, refused(Refusal::WrongCode), "a code that is typed must be right");
}

#[tokio::test]
async fn in_grace_the_password_is_enough_and_the_user_is_told() {
    let now = clock::now();
    let bench = not_enrolled("[policy]\ngrace_days = 14\n", Some(now - 13 * 24 * 3600));
    let (ending, notice) = notice_of(&bench, "secret").await;
    assert_eq!(ending, Ending::Granted(Grant::Grace));
    let notice = notice.expect("a notice");
    assert!(notice.contains("You have no second factor yet, and from 20"), "{notice}");
    assert!(!notice.contains("monk-enroll"), "where users enrol may be a page: {notice}");
    assert_eq!(bench.login("alice", "wrong").await, refused(Refusal::WrongPassword));

    for over in [Some(now - 14 * 24 * 3600), None] {
        let bench = not_enrolled("[policy]\ngrace_days = 14\n", over);
        assert_eq!(bench.login("alice", "secret").await, refused(Refusal::NotEnrolled));
    }
    let enrolled = Bench::with(
        "[policy]\ngrace_days = 14\n",
        Alice { created: Some(now), ..Alice::default() },
    );
    assert_eq!(enrolled.login("alice", "secret").await, refused(Refusal::CodeMissing));
}

#[tokio::test]
async fn while_there_is_grace_everybody_sees_the_same_screen_and_may_press_enter() {
    let settings = "[policy]\ngrace_days = 14\n";
    let now = clock::now();
    let mut screens = Vec::new();
    for (bench, wanted) in [
        (not_enrolled(settings, Some(now)), Ending::Granted(Grant::Grace)),
        (not_enrolled(settings, None), refused(Refusal::NotEnrolled)),
        (Bench::new(settings), refused(Refusal::CodeMissing)),
    ] {
        let (ending, prompts, _) = bench.screens(None, &["secret", ""]).await;
        assert_eq!(ending, wanted);
        screens.push(prompts);
    }
    assert!(screens[0][1].contains("Enter if you have none yet"), "{screens:?}");
    assert!(screens.iter().all(|one| *one == screens[0]), "{screens:?}");
}
