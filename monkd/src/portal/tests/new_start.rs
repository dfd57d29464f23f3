//! A new start by an administrator.

use monk_wire::manage::{InvitationMail, Unfit};
use monk_wire::portal::Recipient;

use super::*;

/// A mail server of nobody: what is sent fails at once.
const MAIL: &str = "[mail]\nhost = \"127.0.0.1\"\nport = 1\nfrom = \"monk@example.org\"\n";

/// Bob, who looks after others, and alice with a device.
async fn scene(settings: &str) -> (House, Secret) {
    let house = House::new(settings).await;
    house.root("bob", Command::Group(GroupCommand::Join { group: "helpers".to_owned() })).await;
    for user in ["carol", "dave"] {
        let mut new = NewUser::with(Secret::new(b"long enough"));
        new.mail = (user == "carol").then(|| "carol@example.org".to_owned());
        house.root(user, Command::UserAdd(Box::new(new))).await;
        house.root(user, add_device()).await;
    }
    let code = house.invited("bob").await;
    let session = house.signed_in("bob", &format!("bob-secret;{code}")).await;
    house.enrol_device(&session).await;
    (house, session)
}

async fn starts(house: &House, session: &Secret, user: &str, to: Recipient) -> Reply {
    let sessions = &house.engine.portal.sessions;
    let lives = Lives { idle: Duration::from_secs(600), most: Duration::from_secs(600) };
    let (digest, _) = sessions.of(session, lives, Instant::now()).expect("a session");
    sessions.change(&digest, |one| one.is_spent = false);
    house.says(Some(session), PortalAsk::NewStart { user: user.to_owned(), to }).await
}

#[tokio::test]
async fn nothing_is_removed_where_the_code_could_reach_nobody() {
    let (house, session) = scene("").await;
    for to in [Recipient::User, Recipient::Administrator] {
        let reply = starts(&house, &session, "carol", to).await;
        assert_eq!(reply, Reply::Failed(Failure::NoMailServer));
    }
    let (house, session) = scene(MAIL).await;
    // Neither dave nor bob has an address.
    for (user, to, whose) in
        [("dave", Recipient::User, "dave"), ("carol", Recipient::Administrator, "bob")]
    {
        let reply = starts(&house, &session, user, to).await;
        let user = whose.to_owned();
        let expected = Failure::Unfit(Unfit::NoDirectoryAddress { user });
        assert_eq!(reply, Reply::Failed(expected));
    }
    let status = status_of(Reply::Done(house.root("carol", Command::Status).await));
    let kinds: Vec<Kind> = status.credentials.iter().map(|one| one.kind).collect();
    assert_eq!(kinds, [Kind::Totp], "nothing has gone");
}

#[tokio::test]
async fn a_code_whose_mail_fails_is_told_nobody_and_another_new_start_brings_another_one() {
    let (house, session) = scene(MAIL).await;
    for removed in [1, 1] {
        let reply = starts(&house, &session, "carol", Recipient::User).await;
        let Reply::Portal(PortalReply::NewStart(start)) = reply else { panic!("{reply:?}") };
        assert_eq!(start.removed, removed);
        assert!(matches!(start.mail, InvitationMail::NotSent(_)), "{start:?}");
        let status = status_of(Reply::Done(house.root("carol", Command::Status).await));
        let kinds: Vec<Kind> = status.credentials.iter().map(|one| one.kind).collect();
        assert_eq!(kinds, [Kind::EnrolmentCode]);
    }
}

#[tokio::test]
async fn administrators_cannot_reset_themselves_or_each_other() {
    let (house, session) = scene(MAIL).await;
    house.root("carol", Command::Group(GroupCommand::Join { group: "helpers".to_owned() })).await;
    for user in ["bob", "BOB"] {
        let reply = starts(&house, &session, user, Recipient::User).await;
        assert!(matches!(reply, Reply::Failed(Failure::NotYou { .. })), "{user} {reply:?}");
    }
    let reply = starts(&house, &session, "carol", Recipient::User).await;
    assert!(matches!(reply, Reply::Failed(Failure::OnlyRoot { .. })), "{reply:?}");
    // Who is in the group no longer starts nobody again.
    house.root("carol", Command::Group(GroupCommand::Leave { group: "helpers".to_owned() })).await;
    house.root("bob", Command::Group(GroupCommand::Leave { group: "helpers".to_owned() })).await;
    let reply = starts(&house, &session, "carol", Recipient::User).await;
    assert!(matches!(reply, Reply::Failed(Failure::OnlyRoot { .. })), "{reply:?}");
}
