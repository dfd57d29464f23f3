//! Mail accounts for phones: kept for their owner, and given once to the phone that has the link.

use super::*;

const MAIL: &str =
    "[enrolment]\nimap = \"mail.example.org:993\"\nsmtp = \"mail.example.org:465\"\n";

/// Somebody with an address and an app password for a mail program.
async fn with_app_password(house: &House, user: &str) -> (Secret, String, Secret) {
    let password = Secret::new(format!("{user}-secret").as_bytes());
    let mail = Some(format!("{user}@example.org"));
    let new = NewUser { mail, ..NewUser::with(password) };
    house.root(user, Command::UserAdd(Box::new(new))).await;
    let code = house.invited(user).await;
    let session = house.signed_in(user, &format!("{user}-secret;{code}")).await;
    house.enrol_device(&session).await;
    let create = Command::AppPasswordCreate {
        label: "Phone".to_owned(),
        services: None,
        networks: Vec::new(),
        expires: None,
    };
    match house.own(&session, create).await {
        Reply::Done(Outcome::AppPassword { credential, password, .. }) => {
            (session, credential, password)
        }
        other => panic!("{other:?}"),
    }
}

async fn keep(house: &House, session: &Secret, credential: &str, password: &Secret) -> Reply {
    let (credential, password) = (credential.to_owned(), password.clone());
    house.says(Some(session), PortalAsk::KeepProfile { credential, password }).await
}

async fn link_to(house: &House, session: &Secret, credential: &str, password: &Secret) -> Secret {
    match keep(house, session, credential, password).await {
        Reply::Portal(PortalReply::ProfileKept { link, .. }) => link,
        other => panic!("{other:?}"),
    }
}

async fn take(house: &House, link: &Secret) -> Reply {
    house.says(None, PortalAsk::TakeProfile { link: link.clone() }).await
}

const NOTHING: Reply = Reply::Portal(PortalReply::NoProfile);

#[tokio::test]
async fn a_phone_without_a_session_gets_the_account_of_its_link_once() {
    let house = House::new(MAIL).await;
    let (session, id, password) = with_app_password(&house, "carol").await;
    let link = link_to(&house, &session, &id, &password).await;
    let Reply::Portal(PortalReply::Profile(profile)) = take(&house, &link).await else {
        panic!("a profile")
    };
    assert_eq!((&profile.credential, &profile.password), (&id, &password));
    assert_eq!((&*profile.email, &*profile.mail.user), ("carol@example.org", "carol"));
    let servers: Vec<_> = profile.mail.servers.iter().map(|one| &*one.protocol).collect();
    assert_eq!(servers, ["IMAP", "SMTP"]);
    assert_eq!(take(&house, &link).await, NOTHING);
    assert_eq!(take(&house, &Secret::new(b"aaaaaaaaaaaaaaaaaaaaaaaaaa")).await, NOTHING);
}

#[tokio::test]
async fn only_a_right_app_password_of_the_session_s_own_user_is_kept() {
    let house = House::new(MAIL).await;
    let (session, id, password) = with_app_password(&house, "carol").await;
    let (bob, bobs_id, bobs) = with_app_password(&house, "dave").await;
    let wrong = Secret::new(b"aaaa-bbbb-cccc-dddd-eeee");
    for (session, id, password) in [
        (&session, &id, &wrong),
        (&session, &id, &Secret::new(b"carol-secret")),
        (&session, &bobs_id, &bobs),
        (&bob, &id, &password),
        (&session, &"none".to_owned(), &password),
    ] {
        assert_eq!(keep(&house, session, id, password).await, NOTHING);
    }
    let keep = PortalAsk::KeepProfile { credential: id, password };
    let reply = house.says(None, keep).await;
    assert_eq!(reply, Reply::Portal(PortalReply::NoSession));
}

#[tokio::test]
async fn a_link_leads_nowhere_when_the_app_password_is_gone_or_the_account_closed() {
    let house = House::new(MAIL).await;
    let (session, id, password) = with_app_password(&house, "carol").await;
    let link = link_to(&house, &session, &id, &password).await;
    let remove = Command::Remove { kind: Kind::AppPassword, credential: Some(id) };
    let removed = house.own(&session, remove).await;
    assert!(matches!(removed, Reply::Done(Outcome::Removed { .. })), "{removed:?}");
    assert_eq!(take(&house, &link).await, NOTHING);

    let (session, id, password) = with_app_password(&house, "dave").await;
    let link = link_to(&house, &session, &id, &password).await;
    house.root("dave", Command::User(UserCommand::Enable { enabled: false })).await;
    assert_eq!(take(&house, &link).await, NOTHING);
}
