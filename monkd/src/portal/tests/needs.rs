//! Each question of the portal is answered to those who have what it needs, and to nobody else.

use monk_wire::portal::invitations::{Whom, Wish};
use monk_wire::portal::{Certificates, Recipient};

use super::super::needs::{self, Needs};
use super::*;
use crate::portal_state::sessions::FRESH;

/// The number of a kind of question. A new kind does not compile until it is here, and in `each`.
fn number(ask: &PortalAsk) -> usize {
    match ask {
        PortalAsk::Site => 0,
        PortalAsk::SignIn { .. } => 1,
        PortalAsk::Answer { .. } => 2,
        PortalAsk::Prove { .. } => 3,
        PortalAsk::Overview => 4,
        PortalAsk::PortalCode => 5,
        PortalAsk::Own(_) => 6,
        PortalAsk::People { .. } => 7,
        PortalAsk::Refusals { .. } => 8,
        PortalAsk::Administer { .. } => 9,
        PortalAsk::NewStart { .. } => 10,
        PortalAsk::PasskeyOptions { .. } => 11,
        PortalAsk::PasskeySignIn { .. } => 12,
        PortalAsk::ProofOptions => 13,
        PortalAsk::ProvePasskey { .. } => 14,
        PortalAsk::NewPasskeyOptions { .. } => 15,
        PortalAsk::AddPasskey { .. } => 16,
        PortalAsk::ChangePassword { .. } => 17,
        PortalAsk::SignOut => 18,
        PortalAsk::PreviewInvitations(_) => 19,
        PortalAsk::Invite(_) => 20,
        PortalAsk::Invitations => 21,
        PortalAsk::StopInvitations => 22,
        PortalAsk::KeepProfile { .. } => 23,
        PortalAsk::TakeProfile { .. } => 24,
        PortalAsk::Approval => 25,
        PortalAsk::AnswerApproval { .. } => 26,
        PortalAsk::Tickets => 27,
        PortalAsk::PortalTicket { .. } => 28,
        PortalAsk::Certificates(_) => 29,
    }
}

/// How many kinds there are.
const KINDS: usize = 30;

fn alice(command: Command) -> PortalAsk {
    PortalAsk::Administer { user: "alice".to_owned(), command }
}

/// One question of each kind at least, and what it has to need.
fn each() -> Vec<(PortalAsk, Needs)> {
    let some = || Secret::new(b"x");
    let (user, label) = (|| "alice".to_owned(), || "x".to_owned());
    let enable = |enabled| Command::User(UserCommand::Enable { enabled });
    let password = Command::User(UserCommand::Password { password: some(), must_change: false });
    let remove = Command::Remove { kind: Kind::Totp, credential: Some(label()) };
    let ticket = || Command::PortalTicketMake { service: label(), passkey: label() };
    let invite = Command::Invite(Invitation {
        seconds: 60,
        send: false,
        reset: true,
        ..Invitation::default()
    });
    vec![
        (PortalAsk::Site, Needs::Nothing),
        (PortalAsk::SignIn { user: user(), typed: some() }, Needs::Nothing),
        (PortalAsk::Answer { step: some(), typed: some() }, Needs::Nothing),
        (PortalAsk::PasskeyOptions { browser: some() }, Needs::Nothing),
        (
            PortalAsk::PasskeySignIn { step: some(), browser: some(), answer: some() },
            Needs::Nothing,
        ),
        (PortalAsk::Prove { typed: some() }, Needs::Session),
        (PortalAsk::ProofOptions, Needs::Session),
        (PortalAsk::ProvePasskey { step: some(), answer: some() }, Needs::Session),
        (PortalAsk::Overview, Needs::Session),
        (PortalAsk::Refusals { user: None }, Needs::Session),
        (PortalAsk::SignOut, Needs::Session),
        (PortalAsk::KeepProfile { credential: label(), password: some() }, Needs::Session),
        (PortalAsk::TakeProfile { link: some() }, Needs::Nothing),
        (PortalAsk::Certificates(Certificates::default()), Needs::Nothing),
        (PortalAsk::Own(Command::Status), Needs::Session),
        (PortalAsk::Own(add_device()), Needs::Proof),
        (PortalAsk::Own(Command::BackupCodesGenerate), Needs::Proof),
        (PortalAsk::Own(remove), Needs::Proof),
        (PortalAsk::Own(Command::PortalCodeMake), Needs::Root),
        (PortalAsk::Own(password), Needs::Root),
        (PortalAsk::Own(invite.clone()), Needs::Root),
        (PortalAsk::PortalCode, Needs::Proof),
        (PortalAsk::Tickets, Needs::Session),
        (PortalAsk::PortalTicket { service: label() }, Needs::Proof),
        (PortalAsk::Own(ticket()), Needs::Root),
        (PortalAsk::Approval, Needs::Session),
        (PortalAsk::AnswerApproval { request: label(), number: None }, Needs::Session),
        (PortalAsk::NewPasskeyOptions { label: label() }, Needs::Proof),
        (PortalAsk::AddPasskey { step: some(), answer: some() }, Needs::Proof),
        (PortalAsk::ChangePassword { current: some(), new: some() }, Needs::Proof),
        (PortalAsk::People { search: label(), without: false }, Needs::Administrator),
        (PortalAsk::Refusals { user: Some(user()) }, Needs::Administrator),
        (alice(Command::Status), Needs::Administrator),
        (alice(enable(true)), Needs::AdministratorsProof),
        (
            PortalAsk::NewStart { user: user(), to: Recipient::Administrator },
            Needs::AdministratorsProof,
        ),
        (PortalAsk::PreviewInvitations(Whom::Missing), Needs::Administrator),
        (PortalAsk::Invitations, Needs::Administrator),
        (PortalAsk::StopInvitations, Needs::Administrator),
        (
            PortalAsk::Invite(Wish { whom: Whom::Missing, seconds: 3600, again: false }),
            Needs::AdministratorsProof,
        ),
        // What answers with a secret, and what is for root.
        (alice(invite), Needs::Root),
        (alice(Command::Reset { seconds: 60 }), Needs::Root),
        (alice(Command::PortalCodeMake), Needs::Root),
        (alice(ticket()), Needs::Root),
        (alice(add_device()), Needs::Root),
        (alice(Command::BackupCodesGenerate), Needs::Root),
        (alice(Command::User(UserCommand::Remove)), Needs::Root),
        (alice(Command::Settings), Needs::Root),
    ]
}

#[test]
fn every_kind_of_question_is_tried() {
    let tried: std::collections::BTreeSet<usize> =
        each().iter().map(|(ask, _)| number(ask)).collect();
    assert_eq!(tried.into_iter().collect::<Vec<_>>(), (0..KINDS).collect::<Vec<_>>());
    for (ask, right) in each() {
        assert_eq!(needs::of(&ask), right, "{ask:?}");
    }
}

/// Sessions of one user that begin from the same sign-in.
struct Copies<'a> {
    house: &'a House,
    session: Session,
}

impl<'a> Copies<'a> {
    async fn of(house: &'a House, user: &str) -> Self {
        let code = house.invited(user).await;
        let token = house.signed_in(user, &format!("{user}-secret;{code}")).await;
        house.enrol_device(&token).await;
        let sessions = &house.engine.portal.sessions;
        let (_, session) = sessions.of(&token, lives(), Instant::now()).expect("a session");
        Self { house, session }
    }

    /// Ends those that are open: a user has room for some.
    fn end(&self) {
        self.house.engine.portal.sessions.end_of_user(&self.session.id, None);
    }

    fn open(&self, is_fresh: bool) -> Secret {
        let mut session = self.session.clone();
        if !is_fresh {
            session.proven -= FRESH;
        }
        self.house.engine.portal.sessions.open(session, lives())
    }
}

fn lives() -> Lives {
    Lives { idle: Duration::from_secs(600), most: Duration::from_secs(600) }
}

fn is_only_root(reply: &Reply) -> bool {
    matches!(reply, Reply::Failed(Failure::OnlyRoot { .. }))
}

fn is_proof_needed(reply: &Reply) -> bool {
    *reply == Reply::Portal(PortalReply::ProofNeeded)
}

#[tokio::test]
async fn without_a_session_a_proof_or_the_group_nothing_is_done_that_needs_it() {
    let house = House::new("").await;
    house.root("bob", Command::Group(GroupCommand::Join { group: "helpers".to_owned() })).await;
    let carol = NewUser::with(Secret::new(b"carol-secret"));
    house.root("carol", Command::UserAdd(Box::new(carol))).await;
    let (user, admin) = (Copies::of(&house, "carol").await, Copies::of(&house, "bob").await);
    for (ask, needs) in each() {
        user.end();
        admin.end();
        let nobody = house.says(None, ask.clone()).await;
        let is_no_session = nobody == Reply::Portal(PortalReply::NoSession);
        // The answer to a screen that is not there is the same.
        let says_so_anyway =
            matches!(ask, PortalAsk::Answer { .. } | PortalAsk::PasskeySignIn { .. });
        assert_eq!(is_no_session, needs != Needs::Nothing || says_so_anyway, "{ask:?} {nobody:?}");

        // They take a passkey, which nobody here has.
        let is_by_passkey = matches!(ask, PortalAsk::Approval | PortalAsk::AnswerApproval { .. });
        let (old, new) = (user.open(false), user.open(true));
        let stale = house.says(Some(&old), ask.clone()).await;
        let fresh = house.says(Some(&new), ask.clone()).await;
        let is_for_others =
            matches!(needs, Needs::Administrator | Needs::AdministratorsProof | Needs::Root);
        assert_eq!(is_only_root(&stale), is_for_others, "{ask:?} {stale:?}");
        assert_eq!(is_only_root(&fresh), is_for_others, "{ask:?} {fresh:?}");
        let takes_proof = needs == Needs::Proof || is_by_passkey;
        assert_eq!(is_proof_needed(&stale), takes_proof, "{ask:?} {stale:?}");

        let stale = house.says(Some(&admin.open(false)), ask.clone()).await;
        assert_eq!(is_only_root(&stale), needs == Needs::Root, "{ask:?} {stale:?}");
        let takes_proof = takes_proof || needs == Needs::AdministratorsProof;
        assert_eq!(is_proof_needed(&stale), takes_proof, "{ask:?} {stale:?}");
    }
}

/// Somebody who has taken the portal over makes one change with each proof that the administrator gives.
#[tokio::test]
async fn a_proof_of_an_administrator_is_good_for_one_change_about_somebody_else() {
    let house = House::new("").await;
    house.root("bob", Command::Group(GroupCommand::Join { group: "helpers".to_owned() })).await;
    let admin = Copies::of(&house, "bob").await;
    let changes = each().into_iter().filter(|(_, needs)| *needs == Needs::AdministratorsProof);
    for (ask, _) in changes {
        let session = admin.open(true);
        assert!(house.overview(&session).await.fresh_for_others > 0);
        let first = house.says(Some(&session), ask.clone()).await;
        assert!(!is_proof_needed(&first) && !is_only_root(&first), "{ask:?} {first:?}");
        let second = house.says(Some(&session), ask.clone()).await;
        assert!(is_proof_needed(&second), "{ask:?} {second:?}");
        let overview = house.overview(&session).await;
        assert!(overview.fresh_for_others == 0 && overview.fresh_seconds > 0);
        // A device that is confirmed in the session is no proof: the portal has seen its secret.
        let label = "Another".to_owned();
        let added = Command::TotpAdd { label, parameters: DEVICE };
        let Reply::Done(Outcome::TotpPending { credential, secret, .. }) =
            house.own(&session, added).await
        else {
            panic!("a device")
        };
        let code = Secret::new(code_of(&secret, clock::now()).as_bytes());
        let confirm = Command::TotpConfirm { credential: credential.clone(), code };
        assert_eq!(house.own(&session, confirm).await, Reply::Done(Outcome::Done));
        let third = house.says(Some(&session), ask.clone()).await;
        assert!(is_proof_needed(&third), "{ask:?} {third:?}");
        let remove = Command::Remove { kind: Kind::Totp, credential: Some(credential) };
        assert!(matches!(house.own(&session, remove).await, Reply::Done(_)));
    }
    // Of two that come at the same time, one is carried out.
    let session = admin.open(true);
    let enable = || alice(Command::User(UserCommand::Enable { enabled: true }));
    let (one, other) =
        tokio::join!(house.says(Some(&session), enable()), house.says(Some(&session), enable()));
    assert_ne!(is_proof_needed(&one), is_proof_needed(&other), "{one:?} {other:?}");
}
