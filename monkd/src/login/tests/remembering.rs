//! The same `PASSWORD;CODE` again.

use monk_core::policy::RememberHosts;

use super::*;
use crate::engine::Found;
use crate::password_change;
use crate::remembered::RememberedLogins;

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

/// Alice at a service that shares what it remembers: from another address, if one is given.
async fn at(bench: &Bench, service: &str, address: &str, typed: &str) -> Ending {
    let login = Login {
        service: service.into(),
        address: Some(address.into()),
        ..login("alice", Some(typed))
    };
    bench.login_as(ROOT, &login, &[]).await.0
}

const GROUP: &str = "[service.imap]\nremember_minutes = 10\nremember_group = \"web\"\n\
    [service.smtp]\nremember_minutes = 10\nremember_group = \"web\"\n\
    [service.sieve]\nremember_minutes = 10\nremember_group = \"web\"\n\
    web_mail_addresses = [\"192.0.2.20/32\"]\n\
    [service.pop3]\nremember_minutes = 10\n\
    [service.calendar]\nremember_minutes = 10\nremember_group = \"other\"\n\
    [service.contacts]\nremember_minutes = 10\nremember_group = \"other\"\n";

const HERE: &str = "192.0.2.7";
const WEB_MAIL: &str = "192.0.2.20";

#[tokio::test]
async fn services_of_a_group_share_it_and_no_other_service_is_opened() {
    let bench = Bench::new(GROUP);
    let typed = format!("secret;{}", bench.code());
    assert_eq!(at(&bench, "smtp", HERE, &typed).await, Ending::Granted(Grant::Totp));
    for service in ["imap", "SMTP", "sieve"] {
        let ending = at(&bench, service, HERE, &typed).await;
        assert_eq!(ending, Ending::Granted(Grant::Remembered), "{service}");
    }
    for service in ["pop3", "calendar", "sshd", "web"] {
        let ending = at(&bench, service, HERE, &typed).await;
        assert_eq!(ending, refused(Refusal::ReplayedCode), "{service}");
    }
    let elsewhere = at(&bench, "imap", "192.0.2.8", &typed).await;
    assert_eq!(elsewhere, refused(Refusal::ReplayedCode));
    assert_eq!(bench.counts().1, 1, "one code was spent");
}

#[tokio::test]
async fn each_service_of_a_group_goes_on_asking_what_it_asks() {
    let bench = Bench::with(
        "[service.imap]\nremember_minutes = 10\nremember_group = \"web\"\n\
         [service.smtp]\nremember_minutes = 10\nremember_group = \"web\"\ngroups = [\"staff\"]\n",
        Alice { group: Some("guests"), ..Alice::default() },
    );
    let typed = format!("secret;{}", bench.code());
    assert_eq!(at(&bench, "imap", HERE, &typed).await, Ending::Granted(Grant::Totp));
    assert_eq!(at(&bench, "smtp", HERE, &typed).await, refused(Refusal::NotInGroup));
    *bench.alice.state.lock().unwrap() = AccountState::Disabled;
    assert_eq!(at(&bench, "imap", HERE, &typed).await, refused(Refusal::Disabled));
}

#[tokio::test]
async fn web_mail_without_an_address_repeats_what_its_user_typed_elsewhere_where_it_may() {
    let bench = Bench::new(GROUP);
    let typed = format!("secret;{}", bench.code());
    assert_eq!(at(&bench, "sieve", WEB_MAIL, &typed).await, Ending::Granted(Grant::Totp));
    let from_there = at(&bench, "imap", HERE, &typed).await;
    assert_eq!(from_there, refused(Refusal::ReplayedCode), "not the other way round");

    let bench = Bench::new(GROUP);
    let typed = format!("secret;{}", bench.code());
    assert_eq!(at(&bench, "imap", HERE, &typed).await, Ending::Granted(Grant::Totp));
    assert_eq!(at(&bench, "sieve", WEB_MAIL, &typed).await, Ending::Granted(Grant::Remembered));
    for (service, address) in [("imap", WEB_MAIL), ("smtp", WEB_MAIL), ("sieve", "192.0.2.8")] {
        let ending = at(&bench, service, address, &typed).await;
        assert_eq!(ending, refused(Refusal::ReplayedCode), "{service} from {address}");
    }
    let other = format!("{typed} ");
    assert_eq!(at(&bench, "sieve", WEB_MAIL, &other).await, refused(Refusal::ReplayedCode));
}

#[tokio::test]
async fn a_race_of_services_spends_one_code() {
    let mut bench = Bench::new(GROUP);
    bench.engine.settings.engine.refusal_ms = 2000;
    let typed = format!("secret;{}", bench.code());
    let (imap, smtp, sieve, stranger) = tokio::join!(
        at(&bench, "imap", HERE, &typed),
        at(&bench, "smtp", HERE, &typed),
        at(&bench, "sieve", HERE, &typed),
        at(&bench, "pop3", HERE, &typed),
    );
    let ends = [imap, smtp, sieve];
    let count = |grant| ends.iter().filter(|one| **one == Ending::Granted(grant)).count();
    let ends = (count(Grant::Totp), count(Grant::Remembered), stranger);
    let group_first = (1, 2, refused(Refusal::ReplayedCode));
    // Nobody shares the code with a service that is in no group.
    let stranger_first = (0, 0, Ending::Granted(Grant::Totp));
    assert!([group_first, stranger_first].contains(&ends), "{ends:?}");
}

/// Alice's logins at imap are remembered at all hosts that share her records.
fn at_all_hosts(settings: &str) -> Bench {
    let mut bench = Bench::new(settings);
    let imap = bench.engine.settings.service.get_mut("imap").expect("it remembers");
    imap.remember_hosts = Some(RememberHosts::All);
    bench
}

/// The same store, keys and policy at another host, whose own file knows nothing; its folder.
fn move_to_another_host(bench: &mut Bench) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("remembered.db");
    bench.engine.remembered = RememberedLogins::open(&file, true).expect("a folder of our own");
    folder
}

#[tokio::test]
async fn at_another_host_the_same_string_goes_on_working_and_nothing_else_does() {
    let mut bench = at_all_hosts(REMEMBER);
    let code = bench.code();
    let typed = format!("secret;{code}");
    assert_eq!(at(&bench, "imap", HERE, &typed).await, Ending::Granted(Grant::Totp));
    let _there = move_to_another_host(&mut bench);
    for _ in 0..2 {
        let again = at(&bench, "imap", HERE, &typed).await;
        assert_eq!(again, Ending::Granted(Grant::Remembered));
    }
    assert_eq!(bench.counts().1, 1, "written where the code was spent, and nowhere else");
    for (service, address, typed) in [
        ("imap", "192.0.2.8", typed.clone()),
        ("smtp", HERE, typed.clone()),
        ("imap", HERE, format!("secret; {code}")),
    ] {
        let ending = at(&bench, service, address, &typed).await;
        assert_eq!(ending, refused(Refusal::ReplayedCode), "{service} from {address}");
    }
}

#[tokio::test]
async fn a_host_that_remembers_alone_neither_tells_others_nor_believes_them() {
    let mut bench = Bench::new(REMEMBER);
    let typed = format!("secret;{}", bench.code());
    assert_eq!(at(&bench, "imap", HERE, &typed).await, Ending::Granted(Grant::Totp));
    assert!(!bench.alice.uses.lock().unwrap()[0].contains("openings"));
    let _there = move_to_another_host(&mut bench);
    assert_eq!(at(&bench, "imap", HERE, &typed).await, refused(Refusal::ReplayedCode));

    let mut bench = at_all_hosts(REMEMBER);
    let typed = format!("secret;{}", bench.code());
    assert_eq!(at(&bench, "imap", HERE, &typed).await, Ending::Granted(Grant::Totp));
    assert!(bench.alice.uses.lock().unwrap()[0].contains("openings"));
    let _there = move_to_another_host(&mut bench);
    bench.engine.settings.service.get_mut("imap").unwrap().remember_hosts = None;
    assert_eq!(at(&bench, "imap", HERE, &typed).await, refused(Refusal::ReplayedCode));
}

#[tokio::test]
async fn another_password_and_other_factors_end_it_at_all_hosts() {
    let mut bench = at_all_hosts(REMEMBER);
    let typed = format!("secret;{}", bench.code());
    assert_eq!(at(&bench, "imap", HERE, &typed).await, Ending::Granted(Grant::Totp));
    *bench.alice.changed.lock().unwrap() = Some(("other".into(), true));
    let _there = move_to_another_host(&mut bench);
    assert_eq!(at(&bench, "imap", HERE, &typed).await, refused(Refusal::WrongPassword));
    let left = bench.alice.uses.lock().unwrap().concat();
    assert!(!left.contains("openings"), "the old password would bring it back: {left}");

    let mut bench = at_all_hosts(REMEMBER);
    let typed = format!("secret;{}", bench.code());
    assert_eq!(at(&bench, "imap", HERE, &typed).await, Ending::Granted(Grant::Totp));
    let renamed = bench.alice.set().credentials[0].value.with_label("Tablet");
    bench.alice.credentials.lock().unwrap()[0] = renamed.to_record(bench.author());
    let _there = move_to_another_host(&mut bench);
    assert_eq!(at(&bench, "imap", HERE, &typed).await, refused(Refusal::ReplayedCode));
}

#[tokio::test]
async fn a_password_that_is_changed_and_changed_back_opens_nothing_again() {
    let mut bench = at_all_hosts(REMEMBER);
    let typed = format!("secret;{}", bench.code());
    assert_eq!(at(&bench, "imap", HERE, &typed).await, Ending::Granted(Grant::Totp));
    let found = bench.engine.find("alice", soon()).await.expect("an answer");
    let Found::One(account, _) = found else { panic!("alice is there") };
    for new in ["other", "secret"] {
        let changer = Changer::Administrator { must_change: false };
        let new = Password::new(new).expect("a password");
        let changed = password_change::change(&bench.engine, &account, changer, &new, soon()).await;
        assert_eq!(changed, Ok(Changed::Done));
    }
    let _there = move_to_another_host(&mut bench);
    assert_eq!(at(&bench, "imap", HERE, &typed).await, refused(Refusal::ReplayedCode));
}

#[tokio::test]
async fn a_clock_that_was_set_back_opens_nothing_again() {
    let mut bench = at_all_hosts(REMEMBER);
    let typed = format!("secret;{}", bench.code());
    assert_eq!(at(&bench, "imap", HERE, &typed).await, Ending::Granted(Grant::Totp));
    let device = bench.alice.set().credentials[0].value.id.clone();
    let later = Use::new(device, clock::now() + 3600, Step::at(0));
    bench.alice.uses.lock().unwrap().push(later.to_record(bench.author()));
    let _there = move_to_another_host(&mut bench);
    assert_eq!(at(&bench, "imap", HERE, &typed).await, refused(Refusal::ReplayedCode));
}

#[tokio::test]
async fn of_several_hosts_at_the_same_moment_one_spends_the_code_and_the_others_see_it() {
    let mut bench = at_all_hosts(REMEMBER);
    // Where no file remembers, each login is at a host of its own.
    let folder = tempfile::tempdir().unwrap();
    bench.engine.remembered =
        RememberedLogins::open(&folder.path().join("none.db"), false).expect("nothing is opened");
    let typed = format!("secret;{}", bench.code());
    let login = || at(&bench, "imap", HERE, &typed);
    let stranger = at(&bench, "imap", "192.0.2.8", &typed);
    let (a, b, c, stranger) = tokio::join!(login(), login(), login(), stranger);
    let ends = [a, b, c];
    let count = |grant| ends.iter().filter(|one| **one == Ending::Granted(grant)).count();
    let ends = (count(Grant::Totp), count(Grant::Remembered), stranger);
    let first = (1, 2, refused(Refusal::ReplayedCode));
    let last = (0, 0, Ending::Granted(Grant::Totp));
    assert!([first, last].contains(&ends), "{ends:?}");
}

#[tokio::test]
async fn a_code_that_no_login_may_repeat_leaves_nothing_open() {
    let mut bench = at_all_hosts(&format!("{REMEMBER}mfa = \"required\"\n"));
    let typed = format!("secret;{}", bench.code());
    bench.engine.settings.service.get_mut("imap").unwrap().remember_minutes = None;
    assert_eq!(at(&bench, "imap", HERE, &typed).await, Ending::Granted(Grant::Totp));
    assert!(!bench.alice.uses.lock().unwrap()[0].contains("openings"));
}
