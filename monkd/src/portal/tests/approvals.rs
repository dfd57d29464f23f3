//! Who may answer a login that waits for an approval.

use monk_core::factors::approval::Asker;
use monk_terms::verdict::Grant;
use monk_wire::portal::{ApprovalEnd, WaitingLogin};

use super::*;
use crate::approvals::{self, Asked};
use crate::portal_state::sessions::{FRESH, Session};

impl House {
    /// A session of a user, opened with this proof so long ago.
    async fn session_of(&self, user: &str, proof: Grant, ago: Duration) -> Secret {
        let deadline = Deadline::after(Duration::from_secs(5));
        let Ok(Found::One(account, set)) = self.engine.find(user, deadline).await else {
            panic!("{user} is there")
        };
        let generation = generation_of(&set);
        let now = Instant::now().checked_sub(ago).expect("it has run for so long");
        let session = Session::new(user.to_owned(), account.id, generation, proof, now);
        let lives = Lives { idle: Duration::from_secs(3600), most: Duration::from_secs(3600) };
        self.engine.portal.sessions.open(session, lives)
    }

    /// A login of alice that waits.
    async fn waits(&self) -> Asked {
        let deadline = Deadline::after(Duration::from_secs(5));
        let Ok(Found::One(account, set)) = self.engine.find("alice", deadline).await else {
            panic!("alice is there")
        };
        let asker = Asker {
            service: "sshd".to_owned(),
            host: "web2".to_owned(),
            address: Some("192.0.2.44".to_owned()),
            terminal: None,
        };
        let asked = approvals::ask(&self.engine, &account, Arc::new(set), &asker, deadline).await;
        asked.expect("written").expect("nothing else waits")
    }

    async fn shown(&self, session: &Secret) -> Option<WaitingLogin> {
        match self.says(Some(session), PortalAsk::Approval).await {
            Reply::Portal(PortalReply::Approval(login)) => login.map(|login| *login),
            Reply::Portal(PortalReply::ProofNeeded) => None,
            other => panic!("{other:?}"),
        }
    }

    async fn answers(&self, session: &Secret, request: &str, number: Option<u8>) -> Reply {
        let ask = PortalAsk::AnswerApproval { request: request.to_owned(), number };
        self.says(Some(session), ask).await
    }
}

async fn house() -> House {
    let house = House::new("[enrolment]\nfirst_factor = \"password\"\n").await;
    for user in ["alice", "bob"] {
        let session = house.signed_in(user, &format!("{user}-secret")).await;
        house.enrol_device(&session).await;
    }
    house
}

#[tokio::test]
async fn only_a_fresh_passkey_of_the_same_user_answers_a_login() {
    let house = house().await;
    let asked = house.waits().await;
    let now = Duration::ZERO;
    let old = FRESH + Duration::from_secs(1);
    for (user, proof, ago, reply) in [
        ("alice", Grant::Totp, now, PortalReply::ProofNeeded),
        ("alice", Grant::Approval, now, PortalReply::ProofNeeded),
        ("alice", Grant::Passkey, old, PortalReply::ProofNeeded),
        ("bob", Grant::Passkey, now, PortalReply::ApprovalAnswered(ApprovalEnd::Over)),
    ] {
        let session = house.session_of(user, proof, ago).await;
        assert_eq!(house.shown(&session).await, None, "{user} {proof:?}");
        let answered = house.answers(&session, &asked.id, Some(asked.number)).await;
        assert_eq!(answered, Reply::Portal(reply), "{user} {proof:?}");
    }
    let session = house.session_of("alice", Grant::Passkey, now).await;
    let shown = house.shown(&session).await.expect("it waits still");
    assert_eq!((&*shown.service, &*shown.host, &*shown.user), ("sshd", "web2", "alice"));
    assert!(shown.numbers.contains(&asked.number) && shown.request == asked.id);
    let approved = ApprovalEnd::Approved { service: "sshd".to_owned(), host: "web2".to_owned() };
    for end in [approved, ApprovalEnd::Over] {
        let answered = house.answers(&session, &asked.id, Some(asked.number)).await;
        assert_eq!(answered, Reply::Portal(PortalReply::ApprovalAnswered(end)));
    }
    assert_eq!(house.shown(&session).await, None);
}

#[tokio::test]
async fn of_two_answers_at_once_one_counts() {
    let house = house().await;
    let asked = house.waits().await;
    let session = house.session_of("alice", Grant::Passkey, Duration::ZERO).await;
    let shown = house.shown(&session).await.expect("it waits");
    let wrong = shown.numbers.into_iter().find(|&one| one != asked.number);
    let (one, other, third) = tokio::join!(
        house.answers(&session, &asked.id, wrong),
        house.answers(&session, &asked.id, Some(asked.number)),
        house.answers(&session, &asked.id, None),
    );
    let over = Reply::Portal(PortalReply::ApprovalAnswered(ApprovalEnd::Over));
    let counted = [one, other, third].into_iter().filter(|reply| *reply != over).count();
    assert_eq!(counted, 1);
}

#[tokio::test]
async fn a_reset_ends_what_waits() {
    let house = house().await;
    let asked = house.waits().await;
    house.root("alice", Command::Reset { seconds: 3600 }).await;
    let session = house.session_of("alice", Grant::Passkey, Duration::ZERO).await;
    assert_eq!(house.shown(&session).await, None);
    let answered = house.answers(&session, &asked.id, Some(asked.number)).await;
    assert_eq!(answered, Reply::Portal(PortalReply::ApprovalAnswered(ApprovalEnd::Over)));
}
