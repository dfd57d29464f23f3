//! Who gets a ticket, and for what.

use monk_core::credential::CredentialId;
use monk_terms::verdict::{Grant, Refusal};
use monk_wire::Login;

use super::*;
use crate::administration::Nobody;
use crate::audit::Ending;
use crate::login::{self, Mode};

const TICKETS: &str = "[service.web]\nportal_ticket = \"allowed\"\n\
    [service.sshd]\nportal_ticket = \"allowed\"\ngroups = [\"admins\"]\n\
    [service.imap]\nmfa = \"when-enrolled\"\n";

/// A passkey that nothing was signed with.
const MADE: &str =
    r#"[{"rp":"login.example.org","credential":{}},{"counter":0,"backed_up":false}]"#;

impl House {
    /// Alice, with a passkey.
    async fn with_passkey(settings: &str) -> (Self, CredentialId) {
        let house = Self::new(settings).await;
        let (label, made) = ("Laptop".to_owned(), MADE.to_owned());
        house.root("alice", Command::PasskeyAdd { label, made }).await;
        let id = house.ids(Kind::Passkey).await.pop().expect("a passkey");
        (house, CredentialId::from_text(&id).expect("an id"))
    }

    async fn ids(&self, kind: Kind) -> Vec<String> {
        let Outcome::Status(status) = self.root("alice", Command::Status).await else { panic!() };
        let of_kind = status.credentials.into_iter().filter(|one| one.kind == kind);
        of_kind.map(|one| one.id).collect()
    }

    /// A session of alice that this has opened.
    async fn session(&self, proof: Grant, passkey: Option<&CredentialId>) -> Secret {
        let deadline = Deadline::after(Duration::from_secs(5));
        let Ok(Found::One(account, set)) = self.engine.find("alice", deadline).await else {
            panic!("alice is there")
        };
        let now = Instant::now();
        let generation = generation_of(&set);
        let mut session = Session::new("alice".to_owned(), account.id, generation, proof, now);
        session.prove(proof, passkey.cloned(), now);
        self.engine.portal.sessions.open(session, LIVES)
    }

    async fn takes(&self, session: &Secret, service: &str) -> Reply {
        let service = service.to_owned();
        self.says(Some(session), PortalAsk::PortalTicket { service }).await
    }

    async fn took(&self, session: &Secret) -> String {
        match self.takes(session, "web").await {
            Reply::Done(Outcome::PortalTicket { ticket, .. }) => {
                ticket.expose_str().expect("text").to_owned()
            }
            other => panic!("{other:?}"),
        }
    }

    async fn logs_in(&self, typed: &str) -> Ending {
        let login = Login {
            user: "alice".to_owned(),
            service: "web".to_owned(),
            address: Some("198.51.100.7".to_owned()),
            terminal: None,
            person: None,
            typed: Some(Secret::new(typed.as_bytes())),
            can_ask: false,
            publickey: false,
            forward: false,
            budget_ms: 10_000,
        };
        login::run(&self.engine, ROOT, &login, Mode::Real, &mut Nobody).await.ending
    }
}

const LIVES: Lives = Lives { idle: Duration::from_secs(600), most: Duration::from_secs(3600) };

fn refused(refusal: Refusal) -> Ending {
    Ending::Refused(refusal)
}

#[tokio::test]
async fn a_fresh_passkey_gets_a_ticket_for_a_service_that_takes_them_and_lets_the_user_in() {
    let (house, passkey) = House::with_passkey(TICKETS).await;
    let session = house.session(Grant::Passkey, Some(&passkey)).await;
    let offered = async || match house.says(Some(&session), PortalAsk::Tickets).await {
        Reply::Portal(PortalReply::Tickets(tickets)) => tickets,
        other => panic!("{other:?}"),
    };
    assert_eq!(offered().await.services, ["web"], "alice is no administrator");
    assert!(offered().await.fresh_seconds > 290);
    for service in ["sshd", "imap", "", "WEB", "monk-web", "web\n"] {
        let reply = house.takes(&session, service).await;
        let none = Reply::Failed(Failure::Refused(Refusal::TicketNotAllowed));
        assert_eq!(reply, none, "{service:?}");
    }
    let first = house.took(&session).await;
    let second = house.took(&session).await;
    assert_eq!(house.ids(Kind::PortalTicket).await.len(), 1, "one is open");
    assert_eq!(house.logs_in(&first).await, refused(Refusal::WrongAppPassword));
    assert_eq!(house.logs_in(&second).await, Ending::Granted(Grant::PortalTicket));
    assert_eq!(house.logs_in(&second).await, refused(Refusal::ReplayedCode));
    // The rest of alice's account is as it was: signing out ends no ticket.
    let third = house.took(&session).await;
    house.says(Some(&session), PortalAsk::SignOut).await;
    assert_eq!(house.logs_in(&third).await, Ending::Granted(Grant::PortalTicket));
    house.root("alice", Command::Group(GroupCommand::Join { group: "admins".to_owned() })).await;
    let session = house.session(Grant::Passkey, Some(&passkey)).await;
    assert!(matches!(house.takes(&session, "sshd").await, Reply::Done(_)));
}

#[tokio::test]
async fn whoever_has_shown_no_passkey_or_not_lately_gets_none() {
    let (house, passkey) = House::with_passkey(TICKETS).await;
    let other = CredentialId::generate(&mut clock::SystemRandom);
    let stale = house.session(Grant::Passkey, Some(&passkey)).await;
    let (digest, _) = house.engine.portal.sessions.of(&stale, LIVES, Instant::now()).unwrap();
    let fresh = crate::portal_state::sessions::FRESH;
    house.engine.portal.sessions.change(&digest, |session| session.proven -= fresh);
    for session in [
        stale,
        house.session(Grant::Totp, None).await,
        house.session(Grant::Totp, Some(&passkey)).await,
        house.session(Grant::Password, None).await,
        house.session(Grant::EnrolmentCode, None).await,
        house.session(Grant::Passkey, None).await,
        house.session(Grant::Passkey, Some(&other)).await,
    ] {
        let reply = house.takes(&session, "web").await;
        assert_eq!(reply, Reply::Portal(PortalReply::ProofNeeded));
        let reply = house.says(Some(&session), PortalAsk::Tickets).await;
        let Reply::Portal(PortalReply::Tickets(tickets)) = reply else { panic!("{reply:?}") };
        assert_eq!(tickets.fresh_seconds, 0);
    }
    let nobody = house.says(None, PortalAsk::PortalTicket { service: "web".to_owned() }).await;
    assert_eq!(nobody, Reply::Portal(PortalReply::NoSession));
    // Nor with a command of their own, whatever the session.
    let session = house.session(Grant::Passkey, Some(&passkey)).await;
    let (service, passkey) = ("web".to_owned(), passkey.as_str().to_owned());
    let reply = house.own(&session, Command::PortalTicketMake { service, passkey }).await;
    assert!(matches!(reply, Reply::Failed(Failure::OnlyRoot { .. })), "{reply:?}");
    assert!(house.ids(Kind::PortalTicket).await.is_empty());
}

#[tokio::test]
async fn a_ticket_ends_with_its_passkey_a_reset_and_the_account_and_with_nothing_else() {
    let (house, passkey) = House::with_passkey(TICKETS).await;
    let session = house.session(Grant::Passkey, Some(&passkey)).await;
    let ticket = house.took(&session).await;
    let (label, made) = ("Other".to_owned(), MADE.replace("{}", r#"{"other":1}"#));
    house.root("alice", Command::PasskeyAdd { label, made }).await;
    let remove = |credential: &str| Command::Remove {
        kind: Kind::Passkey,
        credential: Some(credential.to_owned()),
    };
    house.root("alice", remove("Other")).await;
    assert_eq!(house.logs_in(&ticket).await, Ending::Granted(Grant::PortalTicket));

    let ticket = house.took(&session).await;
    house.root("alice", remove("Laptop")).await;
    assert!(house.ids(Kind::PortalTicket).await.is_empty(), "it goes with the passkey");
    assert_eq!(house.logs_in(&ticket).await, refused(Refusal::WrongAppPassword));
    assert_eq!(house.takes(&session, "web").await, Reply::Portal(PortalReply::ProofNeeded));

    let (house, passkey) = House::with_passkey(TICKETS).await;
    let session = house.session(Grant::Passkey, Some(&passkey)).await;
    let ticket = house.took(&session).await;
    for enabled in [false, true] {
        house.root("alice", Command::User(UserCommand::Enable { enabled })).await;
        let ends = match enabled {
            false => refused(Refusal::Disabled),
            true => Ending::Granted(Grant::PortalTicket),
        };
        assert_eq!(house.logs_in(&ticket).await, ends);
    }
    let session = house.session(Grant::Passkey, Some(&passkey)).await;
    let ticket = house.took(&session).await;
    house.root("alice", Command::Reset { seconds: 60 }).await;
    assert_eq!(house.logs_in(&ticket).await, refused(Refusal::WrongAppPassword));
    assert_eq!(house.takes(&session, "web").await, Reply::Portal(PortalReply::NoSession));
}
