//! Sessions that are over, and administrators who do not get at each other.

use super::*;

/// With the password alone, a thief may be signed in before anything is enrolled.
#[tokio::test]
async fn a_reset_ends_the_sessions_of_somebody_who_had_nothing_enrolled_either() {
    let house = House::new("[enrolment]\nfirst_factor = \"password\"\n").await;
    let thief = house.signed_in("alice", "alice-secret").await;
    let own = house.signed_in("alice", "alice-secret").await;
    // What a session enrols by itself does not end it, and ends those that have proven less.
    house.enrol_device(&own).await;
    let reply = house.says(Some(&own), PortalAsk::Overview).await;
    assert!(matches!(reply, Reply::Portal(PortalReply::Overview(_))), "{reply:?}");
    let reply = house.says(Some(&thief), PortalAsk::Overview).await;
    assert_eq!(reply, Reply::Portal(PortalReply::NoSession));
    house.root("alice", Command::Reset { seconds: 3600 }).await;
    let reply = house.says(Some(&own), PortalAsk::Overview).await;
    assert_eq!(reply, Reply::Portal(PortalReply::NoSession));

    let before = house.signed_in("bob", "bob-secret").await;
    house.root("bob", Command::Reset { seconds: 3600 }).await;
    let reply = house.says(Some(&before), PortalAsk::Overview).await;
    assert_eq!(reply, Reply::Portal(PortalReply::NoSession));
}

#[tokio::test]
async fn a_sign_in_ends_the_session_that_the_browser_had_before() {
    let house = House::new("").await;
    let before = house.signed_in("alice", "alice-secret").await;
    let ask = PortalAsk::SignIn { user: "bob".to_owned(), typed: Secret::new(b"bob-secret") };
    let reply = house.says(Some(&before), ask).await;
    assert!(matches!(reply, Reply::Portal(PortalReply::SignedIn { .. })), "{reply:?}");
    let reply = house.says(Some(&before), PortalAsk::Overview).await;
    assert_eq!(reply, Reply::Portal(PortalReply::NoSession));
}

#[tokio::test]
async fn administrators_do_not_get_at_each_other() {
    let house = House::new("").await;
    for user in ["alice", "bob"] {
        let group = "helpers".to_owned();
        house.root(user, Command::Group(GroupCommand::Join { group })).await;
    }
    let code = house.invited("bob").await;
    let session = house.signed_in("bob", &format!("bob-secret;{code}")).await;
    house.enrol_device(&session).await;
    let command = Command::User(UserCommand::Enable { enabled: false });
    let ask = PortalAsk::Administer { user: "alice".to_owned(), command };
    let reply = house.says(Some(&session), ask).await;
    assert!(matches!(reply, Reply::Failed(Failure::OnlyRoot { .. })), "{reply:?}");
}
