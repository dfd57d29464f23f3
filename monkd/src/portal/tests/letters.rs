//! A device by letter: the sign-in on the portal confirms it, and the portal never shows it.

use monk_wire::manage::{DeviceLetter, LetterDevice};

use super::*;

async fn letter(house: &House, user: &str) -> LetterDevice {
    let label = "Letter".to_owned();
    let letter = DeviceLetter { label, seconds: 3600, by_login: true, again: false };
    match house.root(user, Command::TotpLetter(letter)).await {
        Outcome::LetterDevice(made) => made,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_sign_in_asks_for_the_code_of_the_letter_and_confirms_the_device() {
    let house = House::new("").await;
    let made = letter(&house, "alice").await;
    let sign_in = async |code: &str| {
        let asked = house.sign_in("alice", "alice-secret").await;
        let Reply::Portal(PortalReply::Screen { step }) = asked else { panic!("{asked:?}") };
        house.says(None, PortalAsk::Answer { step, typed: Secret::new(code.as_bytes()) }).await
    };
    assert_eq!(sign_in("000000").await, Reply::Portal(PortalReply::Refused));
    let code = code_of(&made.secret, clock::now());
    let reply = sign_in(&code).await;
    let Reply::Portal(PortalReply::SignedIn { session, .. }) = reply else { panic!("{reply:?}") };
    let status = house.overview(&session).await.status;
    let [device] = &status.credentials[..] else { panic!("{status:?}") };
    assert!(device.id == made.credential && !device.pending && device.expires.is_none());
}

#[tokio::test]
async fn a_session_without_the_code_neither_sees_nor_confirms_nor_removes_the_device() {
    let house = House::new("[enrolment]\nfirst_factor = \"password\"\n").await;
    // Somebody who knows the password alone was there before the letter. A user's first record would end the session.
    let app_password = Command::AppPasswordCreate {
        label: "Mail".to_owned(),
        services: None,
        networks: Vec::new(),
        expires: None,
    };
    house.root("alice", app_password).await;
    let session = house.signed_in("alice", "alice-secret").await;
    let made = letter(&house, "alice").await;
    let credential = || made.credential.clone();
    let code = Secret::new(code_of(&made.secret, clock::now()).as_bytes());
    let remove = Command::Remove { kind: Kind::Totp, credential: Some(credential()) };
    let add = add_device();
    for command in [Command::TotpShow { credential: Some(credential()) }, remove, add] {
        let reply = house.own(&session, command).await;
        assert!(!matches!(reply, Reply::Done(_)), "{reply:?}");
    }
    let confirm = Command::TotpConfirm { credential: credential(), code };
    let reply = house.own(&session, confirm).await;
    assert!(matches!(reply, Reply::Failed(Failure::NonePending { .. })), "{reply:?}");
    let status = status_of(Reply::Done(house.root("alice", Command::Status).await));
    let devices = status.credentials.iter().filter(|one| one.kind == Kind::Totp);
    assert_eq!(devices.map(|one| one.pending).collect::<Vec<_>>(), [true]);
}
