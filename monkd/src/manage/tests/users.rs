//! The users of the embedded directory.

use monk_terms::account_state::AccountState;
use monk_wire::manage::{GroupCommand, Listing, UserCommand, UserRow};

use super::*;

async fn rows(office: &Office) -> Vec<UserRow> {
    list(office, Listing::default()).await
}

async fn list(office: &Office, listing: Listing) -> Vec<UserRow> {
    let (outcome, parts) = office.heard(ROOT, "", Command::List(listing), &[]).await;
    let rows = parts.into_iter().flat_map(|part| match part {
        Part::Users(rows) => rows,
        _ => Vec::new(),
    });
    let rows: Vec<UserRow> = rows.collect();
    let Ok(Outcome::Listed { rows: count, .. }) = outcome else { panic!("{outcome:?}") };
    assert_eq!(count, rows.len() as u64);
    rows
}

#[tokio::test]
async fn more_users_than_fit_a_page_are_listed_each_once_and_by_name() {
    let office = Office::new();
    let names: Vec<String> = (0..1100).map(|number| format!("User{number:04}")).collect();
    let user =
        |name: &String| crate::directory::HashedUser { name: name.clone(), ..Default::default() };
    let users = office.engine.directory.users().unwrap();
    let all = names.iter().map(user).collect();
    assert_eq!(users.add_all(all, Deadline::after(BUDGET)).await, Ok(Ok(())));
    let listed: Vec<String> = rows(&office).await.into_iter().map(|row| row.name).collect();
    assert_eq!(listed, names);
}

async fn check(office: &Office, typed: &str) -> LoginEnd {
    let typed = Some(Secret::new(typed.as_bytes()));
    let command = Command::Check { service: "imap".into(), address: None, typed };
    match office.does("alice", command).await {
        Ok(Outcome::Report(report)) => report.end,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn all_users_are_listed_with_what_they_have() {
    let office = Office::with_alice().await;
    office.add("bob").await;
    office.app_password(&["*"], &[]).await.unwrap();
    let id = office.device("Phone").await.unwrap();
    let code = office.code(&id).await;
    office.confirm(&id, &code).await.unwrap();
    let rows = rows(&office).await;
    let seen: Vec<_> = rows
        .iter()
        .map(|row| (row.name.as_str(), row.devices, row.app_passwords, row.second_factor))
        .collect();
    assert_eq!(seen, [("alice", 1, 1, true), ("bob", 0, 0, false)]);
    assert_eq!(rows[0].factors, [Kind::AppPassword, Kind::Totp]);
    let names = async |listing| {
        let rows = list(&office, listing).await;
        rows.into_iter().map(|row| (row.name, row.groups)).collect::<Vec<_>>()
    };
    let without = Listing { without_second_factor: true, ..Listing::default() };
    assert_eq!(names(without.clone()).await, [("bob".to_owned(), vec![])]);
    let join = Command::Group(GroupCommand::Join { group: "staff".into() });
    office.does("bob", join).await.unwrap();
    let groups = vec!["wheel".to_owned(), "staff".to_owned()];
    let with_groups = Listing { groups, ..without };
    assert_eq!(names(with_groups.clone()).await, [("bob".to_owned(), vec![1])]);
    let everybody = Listing { without_second_factor: false, ..with_groups };
    assert_eq!(names(everybody.clone()).await.len(), 2);
    let members = Listing { only_members: true, ..everybody };
    assert_eq!(names(members).await, [("bob".to_owned(), vec![1])]);
}

#[tokio::test]
async fn a_new_password_takes_the_place_of_the_old_one() {
    let office = Office::with_alice().await;
    let set = |password: &[u8]| {
        Command::User(UserCommand::Password { password: Secret::new(password), must_change: false })
    };
    assert_eq!(office.does("alice", set(b"")).await, Err(FailureKind::Invalid));
    assert_eq!(office.does("alice", set(b"another")).await, Ok(Outcome::Done));
    assert_eq!(check(&office, "secret").await, LoginEnd::Refused(Refusal::WrongPassword));
    assert_eq!(check(&office, "another").await, LoginEnd::Refused(Refusal::NotEnrolled));
    assert_eq!(office.does("carol", set(b"x")).await, Err(FailureKind::NotFound));
}

#[tokio::test]
async fn a_disabled_user_is_refused_until_enabled_again() {
    let office = Office::with_alice().await;
    let enable = |enabled| Command::User(UserCommand::Enable { enabled });
    assert_eq!(office.does("alice", enable(false)).await, Ok(Outcome::Done));
    assert_eq!(rows(&office).await[0].state, AccountState::Disabled);
    assert_eq!(check(&office, "secret").await, LoginEnd::Refused(Refusal::Disabled));
    assert_eq!(office.does("alice", enable(true)).await, Ok(Outcome::Done));
    assert_eq!(check(&office, "secret").await, LoginEnd::Refused(Refusal::NotEnrolled));
}

#[tokio::test]
async fn a_user_who_is_removed_leaves_nothing_for_the_next_of_that_name() {
    let office = Office::with_alice().await;
    office.app_password(&["*"], &[]).await.unwrap();
    let gone = || Command::User(UserCommand::Remove);
    assert_eq!(office.does("alice", gone()).await, Ok(Outcome::Done));
    assert_eq!(office.does("alice", gone()).await, Err(FailureKind::NotFound));
    office.add("alice").await;
    assert!(office.status().await.credentials.is_empty());
}

#[tokio::test]
async fn a_credential_can_be_renamed_but_not_to_the_name_of_another() {
    let office = Office::with_alice().await;
    let id = office.app_password(&["*"], &[]).await.unwrap();
    let rename = |credential: &str, label: &str| Command::Rename {
        kind: Kind::AppPassword,
        credential: credential.into(),
        label: label.into(),
    };
    assert_eq!(office.does("alice", rename("Mail", "Phone")).await, Ok(Outcome::Done));
    assert_eq!(office.status().await.credentials[0].label, "Phone");
    office.app_password(&["*"], &[]).await.unwrap();
    assert_eq!(office.does("alice", rename(&id, "Mail")).await, Err(FailureKind::Exists));
    assert_eq!(office.does("alice", rename(&id, "Phone")).await, Ok(Outcome::Done), "as it is");
    assert_eq!(office.does("alice", rename(&id, "a\nb")).await, Err(FailureKind::Invalid));
    let missing = office.does("alice", rename("Tablet", "x")).await;
    assert_eq!(missing, Err(FailureKind::NotFound));
}

/// They go in ways of their own: with what was sent, and with everything else.
#[tokio::test]
async fn addresses_and_enrolment_codes_are_neither_renamed_nor_removed_as_credentials() {
    let office = Office::with_alice().await;
    office.does("alice", Command::Reset { seconds: 3600 }).await.unwrap();
    let status = office.status().await;
    let [code] = status.credentials.as_slice() else { panic!("{status:?}") };
    assert_eq!(code.kind, Kind::EnrolmentCode);
    for kind in [Kind::EnrolmentCode, Kind::Email, Kind::Unknown] {
        for wanted in [None, Some(code.id.as_str())] {
            let removed = office.does("alice", remove(kind, wanted)).await;
            assert_eq!(removed, Err(FailureKind::NotFound), "{kind} {wanted:?}");
        }
        let (credential, label) = (code.id.clone(), "Mine".to_owned());
        let renamed = office.does("alice", Command::Rename { kind, credential, label }).await;
        assert_eq!(renamed, Err(FailureKind::NotFound), "{kind}");
    }
    assert_eq!(office.status().await, status);
}

#[tokio::test]
async fn the_settings_are_told_with_their_defaults() {
    let office = Office::new();
    match office.does("", Command::Settings).await {
        Ok(Outcome::Settings(text)) => {
            assert!(text.contains("refusal_ms = 300"), "{text}");
            assert!(Settings::parse(&text).is_ok(), "{text}");
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_password_that_monk_would_read_as_something_else_is_refused_or_noted() {
    let office = Office::with_alice().await;
    let set = |password: &str| {
        Command::User(UserCommand::Password {
            password: Secret::new(password.as_bytes()),
            must_change: false,
        })
    };
    for app_password in ["k3tn-p7wq-2mzx-c9dh-v4ra", "K3TNP7WQ2MZXC9DHV4RA"] {
        assert_eq!(office.does("alice", set(app_password)).await, Err(FailureKind::Invalid));
        let add = Command::UserAdd(Box::new(NewUser::with(Secret::new(app_password.as_bytes()))));
        assert_eq!(office.does("bob", add).await, Err(FailureKind::Invalid));
    }
    let noted = office.does("alice", set("geheim;123456")).await;
    assert_eq!(noted, Ok(Outcome::PasswordLikeCode));
    let end = check(&office, "geheim;123456").await;
    assert_eq!(end, LoginEnd::Refused(Refusal::NotEnrolled), "it is set");
    assert_eq!(office.does("alice", set("pass;word")).await, Ok(Outcome::Done));
}

#[tokio::test]
async fn one_user_is_found_or_not() {
    let office = Office::with_alice().await;
    for (name, count) in [("alice", 1), ("carol", 0)] {
        match office.does(name, Command::User(UserCommand::Find)).await {
            Ok(Outcome::Users(rows)) => assert_eq!(rows.len(), count),
            other => panic!("{other:?}"),
        }
    }
}
