//! Numbers, groups and ssh keys of the embedded directory.

use monk_terms::account_state::AccountState;
use monk_wire::manage::{
    Clash, GroupCommand, GroupOutcome, Membership, Posix, PosixWish, PrimaryGroup, SshKey,
    SshKeyCommand, SshKeyOutcome, Unfit, UserCommand,
};

use super::*;

/// A key that ssh-keygen made.
const KEY: &str =
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAINDNlh0dRHa+riPsGunUE8Ebzd6wF3KaAo4Nm+ykPs4L alice";

/// Its fingerprint.
const FINGERPRINT: &str = "SHA256:VfL48Pqu5jIoCA+ilDNtjDmpXTpa5x1K1vROXt5hTpU";

fn add(user: NewUser) -> Command {
    Command::UserAdd(Box::new(user))
}

fn with(posix: PosixWish) -> NewUser {
    NewUser { posix, ..NewUser::with(Secret::new(b"secret")) }
}

/// What the engine says, with the reason.
async fn said(office: &Office, user: &str, command: Command) -> Result<Outcome, Failure> {
    let deadline = Deadline::after(BUDGET);
    carry_out(&office.engine, ROOT, user.to_owned(), command, deadline).await
}

fn keys(outcome: Result<Outcome, Failure>) -> SshKeyOutcome {
    match outcome {
        Ok(Outcome::SshKeys(outcome)) => outcome,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_new_user_is_what_was_asked_for_and_has_to_change_the_password() {
    let office = Office::new();
    let home = Some("/srv/alice".to_owned());
    let wish = PosixWish { uid: Some(70_000), home: home.clone(), ..PosixWish::default() };
    let user = NewUser { must_change: true, ..with(wish) };
    let posix = Posix { uid: 70_000, gid: 70_000, full_name: String::new(), home, shell: None };
    let added = Outcome::UserAdded { posix: posix.clone(), like_code: false, is_local: false };
    assert_eq!(said(&office, "alice", add(user)).await, Ok(added));
    let status = office.status_of("alice").await;
    assert_eq!((status.state, status.posix.as_ref()), (AccountState::MustChange, Some(&posix)));
    match said(&office, "alice", Command::User(UserCommand::Find)).await {
        Ok(Outcome::Users(rows)) => assert_eq!(rows[0].posix.as_ref(), Some(&posix)),
        other => panic!("{other:?}"),
    }
    let shell = Some("/bin/zsh".to_owned());
    let wish = PosixWish { shell: shell.clone(), ..PosixWish::default() };
    let set = Command::User(UserCommand::Posix { wish, even_local: false });
    assert_eq!(said(&office, "alice", set).await, Ok(Outcome::Posix(Posix { shell, ..posix })));
}

#[tokio::test]
async fn what_hosts_could_not_use_is_refused() {
    let office = Office::with_alice().await;
    let wish = PosixWish::default;
    for (name, wish, unfit) in [
        ("1000", wish(), Unfit::HostName),
        ("a:b", wish(), Unfit::HostName),
        ("bob", PosixWish { home: Some("x".into()), ..wish() }, Unfit::Path),
        ("bob", PosixWish { full_name: Some("a:b".into()), ..wish() }, Unfit::FullName),
        ("bob", PosixWish { uid: Some(1), ..wish() }, Unfit::Id { id: 1, least: 1000 }),
    ] {
        let added = said(&office, name, add(with(wish))).await;
        assert_eq!(added, Err(Failure::Unfit(unfit)), "{name}");
    }
    let wish = PosixWish { shell: Some("sh".into()), ..wish() };
    let set = Command::User(UserCommand::Posix { wish, even_local: true });
    assert_eq!(said(&office, "alice", set).await, Err(Failure::Unfit(Unfit::Path)));
}

/// games is an account of every Debian.
#[tokio::test]
async fn a_name_of_this_host_is_noted() {
    let office = Office::new();
    match said(&office, "games", add(with(PosixWish::default()))).await {
        Ok(Outcome::UserAdded { is_local, .. }) => assert!(is_local),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn groups_have_numbers_and_members() {
    let office = Office::with_alice().await;
    let group = async |user, command| match said(&office, user, Command::Group(command)).await {
        Ok(Outcome::Groups(outcome)) => Ok(outcome),
        Ok(other) => panic!("{other:?}"),
        Err(failure) => Err(failure),
    };
    let make = |gid| GroupCommand::Make { group: "staff".into(), gid };
    assert_eq!(group("", make(Some(70_000))).await, Ok(GroupOutcome::Changed(true)));
    assert_eq!(group("", make(None)).await, Ok(GroupOutcome::Changed(false)));
    let low = Failure::Unfit(Unfit::Id { id: 7, least: 1000 });
    assert_eq!(group("", make(Some(7))).await, Err(low));
    let list = || GroupCommand::List { after: None };
    let row = |user: Option<&str>| Membership {
        group: "staff".into(),
        gid: 70_000,
        user: user.map(str::to_owned),
    };
    let rows = |rows| Ok(GroupOutcome::List { rows, more: false });
    assert_eq!(group("", list()).await, rows(vec![row(None)]));
    let wish = PosixWish { group: Some(PrimaryGroup::Named("staff".into())), ..Default::default() };
    let set = Command::User(UserCommand::Posix { wish, even_local: false });
    said(&office, "alice", set).await.unwrap();
    assert_eq!(group("", list()).await, rows(vec![row(Some("alice"))]));
    let delete = || GroupCommand::Delete { group: "staff".into() };
    let primary = Clash::Primary { group: "staff".into(), user: "alice".into() };
    assert_eq!(group("", delete()).await, Err(Failure::Clash(primary)));
    said(&office, "alice", Command::User(UserCommand::Remove)).await.unwrap();
    assert_eq!(group("", delete()).await, Ok(GroupOutcome::Changed(true)));
    assert_eq!(group("", list()).await, rows(vec![]));
}

#[tokio::test]
async fn whole_keys_are_added_once_and_removed_by_fingerprint_or_comment() {
    let office = Office::with_alice().await;
    let does = async |command| said(&office, "alice", Command::SshKey(command)).await;
    let put = |line: &str| SshKeyCommand::Add { lines: vec![line.to_owned()] };
    let take = |key: &str| SshKeyCommand::Remove { key: key.to_owned() };
    for line in ["", "alice", "ssh-ed25519 AAAAC3Nz alice", &KEY[..50], &format!("{KEY}\n{KEY}")] {
        let refused = Err(Failure::Unfit(Unfit::SshKey { number: 1 }));
        assert_eq!(does(put(line)).await, refused, "{line}");
    }
    let key = SshKey { fingerprint: Some(FINGERPRINT.into()), line: KEY.into() };
    let added = |key: SshKey| SshKeyOutcome::Added { added: vec![key], already_there: vec![] };
    assert_eq!(keys(does(put(&format!(" {KEY}\n"))).await), added(key.clone()));
    let there = SshKeyOutcome::Added { added: vec![], already_there: vec![key.clone()] };
    assert_eq!(keys(does(put(KEY)).await), there);
    let restricted = format!("restrict,command=\"/bin/true\" {KEY}");
    let with_options = SshKey { line: restricted.clone(), ..key.clone() };
    assert_eq!(keys(does(put(&restricted)).await), added(with_options.clone()));
    let both = SshKeyOutcome::List { keys: vec![key.clone(), with_options], left_out: 0 };
    assert_eq!(keys(does(SshKeyCommand::List).await), both);
    for wanted in ["alice", FINGERPRINT] {
        assert_eq!(does(take(wanted)).await, Err(Failure::SeveralSshKeys), "{wanted}");
    }
    assert!(matches!(keys(does(take(&restricted)).await), SshKeyOutcome::Removed(_)));
    assert_eq!(keys(does(take("alice")).await), SshKeyOutcome::Removed(key));
    assert_eq!(does(take("alice")).await, Err(Failure::NoSuchSshKey));
    assert_eq!(
        keys(does(SshKeyCommand::List).await),
        SshKeyOutcome::List { keys: vec![], left_out: 0 }
    );
}

#[tokio::test]
async fn nobody_gets_too_many_ssh_keys_and_of_one_command_all_are_added_or_none() {
    let office = Office::with_alice().await;
    let put = async |numbers: std::ops::Range<usize>| {
        let lines = numbers.map(|number| format!("{KEY}{number}")).collect();
        said(&office, "alice", Command::SshKey(SshKeyCommand::Add { lines })).await
    };
    let counts = |outcome| match keys(outcome) {
        SshKeyOutcome::Added { added, already_there } => (added.len(), already_there.len()),
        other => panic!("{other:?}"),
    };
    assert_eq!(counts(put(0..30).await), (30, 0));
    let full = Err(Failure::Unfit(Unfit::TooManySshKeys { limit: 32 }));
    assert_eq!(put(29..33).await, full);
    assert_eq!(counts(put(29..32).await), (2, 1));
    assert_eq!(put(32..33).await, full);
    assert_eq!(counts(put(0..32).await), (0, 32), "they are there");
    let lines = vec![KEY.to_owned(), "none".to_owned()];
    let wrong = said(&office, "alice", Command::SshKey(SshKeyCommand::Add { lines })).await;
    assert_eq!(wrong, Err(Failure::Unfit(Unfit::SshKey { number: 2 })));
}
