//! Host keys that change under the credentials made with them.

use monk_core::credential::DEPARTED;
use monk_wire::manage::{KeyCommand, KeyRotation, KeyStatus};

use super::*;
use crate::throttle::Register;

async fn key(office: &Office, command: KeyCommand) -> Result<Outcome, FailureKind> {
    office.does("", Command::Key(command)).await
}

async fn list(office: &Office) -> Vec<KeyStatus> {
    match key(office, KeyCommand::List).await {
        Ok(Outcome::Keys(keys)) => keys,
        other => panic!("{other:?}"),
    }
}

/// What a resident engine does when it is asked to read its files again.
fn restart(office: &mut Office) {
    office.engine = Engine::start(office.engine.settings.clone(), Register::in_memory()).unwrap();
}

async fn end_of(office: &Office, typed: &str) -> LoginEnd {
    let typed = Some(Secret::new(typed.as_bytes()));
    let command = Command::Check { service: "imap".into(), address: None, typed };
    match office.does("alice", command).await {
        Ok(Outcome::Report(report)) => report.end,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_key_is_rotated_without_anybody_enrolling_again() {
    let mut office = Office::with_alice().await;
    let phone = office.device("Phone").await.unwrap();
    let code = office.code(&phone).await;
    office.confirm(&phone, &code).await.unwrap();
    office.app_password(&["*"], &[]).await.unwrap();
    let old = list(&office).await;
    assert_eq!((old.len(), old[0].devices, old[0].hashes), (1, 1, 1));
    let old = old[0].id.clone();

    let Ok(Outcome::Keys(made)) = key(&office, KeyCommand::Create).await else { panic!("a key") };
    let new = made[0].id.clone();
    restart(&mut office);
    assert_eq!(office.engine.keys.primary().id().as_str(), old, "not yet");

    let rotated = key(&office, KeyCommand::Rotate { id: new.clone() }).await;
    let expected = KeyRotation { sealed: 1, records: 4, unopened: 0, failed: vec![] };
    assert_eq!(rotated, Ok(Outcome::Rotated(expected)));
    restart(&mut office);
    assert_eq!(office.engine.keys.primary().id().as_str(), new);
    let next = office.code_at("alice", &phone, clock::now() + 30).await;
    let end = end_of(&office, &format!("secret;{next}")).await;
    assert_eq!(end, LoginEnd::Granted(Grant::Totp));

    let again = key(&office, KeyCommand::Rotate { id: new.clone() }).await;
    let nothing = KeyRotation { sealed: 0, records: 0, unopened: 0, failed: vec![] };
    assert_eq!(again, Ok(Outcome::Rotated(nothing)));

    let retire = |id: &str| KeyCommand::Retire { id: id.to_owned() };
    assert_eq!(key(&office, retire(&new)).await, Err(FailureKind::Invalid), "it is primary");
    assert_eq!(key(&office, retire(&old)).await, Err(FailureKind::Invalid), "a hash needs it");
    office.does("alice", remove(Kind::AppPassword, None)).await.unwrap();
    assert_eq!(key(&office, retire(&old)).await, Ok(Outcome::Done));
    assert_eq!(key(&office, retire(&old)).await, Err(FailureKind::NotFound));
    restart(&mut office);
    assert_eq!(list(&office).await.len(), 1);
    let end = end_of(&office, &format!("secret;{next}")).await;
    assert_eq!(end, LoginEnd::Granted(Grant::Totp));
}

#[tokio::test]
async fn a_key_that_is_not_held_is_listed_with_who_needs_it_and_never_made_primary() {
    let mut office = Office::with_alice().await;
    office.does("alice", Command::BackupCodesGenerate).await.unwrap();
    let lost = list(&office).await[0].id.clone();
    let Ok(Outcome::Keys(made)) = key(&office, KeyCommand::Create).await else { panic!("a key") };
    key(&office, KeyCommand::Rotate { id: made[0].id.clone() }).await.unwrap();
    crate::keys::retire(&office.engine.settings.keys.folder, &lost).unwrap();
    restart(&mut office);
    let keys = list(&office).await;
    let missing = keys.iter().find(|key| key.id == lost).unwrap();
    assert!(!missing.held && !missing.primary);
    assert_eq!((missing.hashes, missing.users.join(" ").as_str()), (1, "alice"));
    let rotate = key(&office, KeyCommand::Rotate { id: lost }).await;
    assert_eq!(rotate, Err(FailureKind::NotFound));
}

#[tokio::test]
async fn no_key_goes_while_records_are_on_their_way_to_another_store() {
    let office = Office::with_alice().await;
    office.device("Phone").await.unwrap();
    let Ok(Outcome::Keys(made)) = key(&office, KeyCommand::Create).await else { panic!("a key") };
    let new = made[0].id.clone();
    let deadline = Deadline::after(BUDGET);
    let Found::One(alice, set) = office.engine.find("alice", deadline).await.unwrap() else {
        panic!("alice is there")
    };
    let texts = set.texts().unwrap();
    let departure = Change {
        remove_credentials: texts.credentials,
        remove_uses: texts.uses,
        add_credentials: vec![DEPARTED.to_owned()],
        ..Change::default()
    };
    let store = &office.engine.store;
    assert_eq!(store.change(&alice, &departure, deadline).await, Ok(Swapped::Done));

    // What has departed may have been made with any key that is held.
    let manage = async |command| {
        let manage = Manage { user: String::new(), command: Command::Key(command) };
        run(&office.engine, ROOT, manage, &mut Person(Vec::new(), Vec::new())).await
    };
    let moving = Reply::Failed(Failure::RecordsMoving { user: "alice".into() });
    assert_eq!(manage(KeyCommand::Retire { id: new.clone() }).await, moving);
    assert_eq!(manage(KeyCommand::Rotate { id: new.clone() }).await, moving);
    let ended = Change { remove_credentials: vec![DEPARTED.to_owned()], ..Change::default() };
    assert_eq!(store.change(&alice, &ended, deadline).await, Ok(Swapped::Done));
    assert_eq!(key(&office, KeyCommand::Retire { id: new }).await, Ok(Outcome::Done));
}
