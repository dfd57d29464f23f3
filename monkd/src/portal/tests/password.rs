//! A change of the password on a page.

use super::*;

async fn change(house: &House, session: &Secret, current: &str, new: &str) -> Reply {
    let (current, new) = (Secret::new(current.as_bytes()), Secret::new(new.as_bytes()));
    house.says(Some(session), PortalAsk::ChangePassword { current, new }).await
}

#[tokio::test]
async fn the_right_current_password_brings_another_one_and_ends_other_sessions() {
    let house = House::new("").await;
    let session = house.signed_in("bob", "bob-secret").await;
    let elsewhere = house.signed_in("bob", "bob-secret").await;
    assert!(house.overview(&session).await.may_change_password);

    let reply = change(&house, &session, "not-it", "four words of bob").await;
    assert_eq!(reply, Reply::Failed(Failure::NotProved));
    let reply = change(&house, &session, "bob-secret", "abc").await;
    assert!(matches!(reply, Reply::Failed(Failure::PasswordNotTaken { .. })), "{reply:?}");
    house.overview(&elsewhere).await;

    let reply = change(&house, &session, "bob-secret", "four words of bob").await;
    assert_eq!(reply, Reply::Done(Outcome::Done));
    house.overview(&session).await;
    let over = house.says(Some(&elsewhere), PortalAsk::Overview).await;
    assert_eq!(over, Reply::Portal(PortalReply::NoSession));
    house.signed_in("bob", "four words of bob").await;
    let old = house.sign_in("bob", "bob-secret").await;
    assert_eq!(old, Reply::Portal(PortalReply::Refused));
}

#[tokio::test]
async fn a_session_without_a_fresh_proof_changes_no_password() {
    let house = House::new("").await;
    let session = house.signed_in("bob", "bob-secret").await;
    let sessions = &house.engine.portal.sessions;
    let lives = Lives { idle: Duration::from_secs(60), most: Duration::from_secs(60) };
    let (digest, _) = sessions.of(&session, lives, Instant::now()).expect("a session");
    sessions.change(&digest, |one| one.proven -= crate::portal_state::sessions::FRESH);
    let reply = change(&house, &session, "bob-secret", "four words of bob").await;
    assert_eq!(reply, Reply::Portal(PortalReply::ProofNeeded));

    let (current, new) = (Secret::new(b"bob-secret"), Secret::new(b"four words of bob"));
    let reply = house.says(None, PortalAsk::ChangePassword { current, new }).await;
    assert_eq!(reply, Reply::Portal(PortalReply::NoSession));
    house.signed_in("bob", "bob-secret").await;
}

#[tokio::test]
async fn an_invited_user_whose_session_is_of_the_password_alone_changes_nothing() {
    let house = House::new("").await;
    let session = house.signed_in("alice", "alice-secret").await;
    let invitation =
        Invitation { seconds: 3600, send: false, reset: false, ..Invitation::default() };
    house.root("alice", Command::Invite(invitation)).await;
    // The session is over with the invitation, and another one needs its code for every change.
    let reply = change(&house, &session, "alice-secret", "four words of alice").await;
    assert_eq!(reply, Reply::Portal(PortalReply::NoSession));
}
