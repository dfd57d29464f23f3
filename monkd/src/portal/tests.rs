//! Sign-ins and what they allow, on a real embedded store.

mod approvals;
mod crowd;
mod ended;
mod invitations;
mod letters;
mod needs;
mod new_start;
mod password;
mod profiles;
mod tickets;

use std::os::unix::fs::PermissionsExt;

use data_encoding::BASE32_NOPAD;
use monk_core::factors::totp::{self, Parameters, Seed};
use monk_terms::kind::Kind;
use monk_wire::manage::{
    Algorithm, Command, GroupCommand, Invitation, NewUser, Status, TotpParameters, UserCommand,
};
use monk_wire::portal::Overview;

use super::*;
use crate::clock;
use crate::directory::embedded::Embedded;
use crate::manage;
use crate::settings::Settings;
use crate::throttle::Register;

/// An account that every Debian has. In these tests, the portal runs as that.
const PORTAL: &str = "daemon";

const ROOT: Caller = Caller { uid: 0 };

const DEVICE: TotpParameters = TotpParameters { algorithm: Algorithm::Sha1, digits: 6, period: 30 };

struct House {
    engine: Arc<Engine>,
    portal: Caller,
    _folder: tempfile::TempDir,
}

impl House {
    async fn new(settings: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let private = std::fs::Permissions::from_mode(0o700);
        std::fs::set_permissions(folder.path(), private).unwrap();
        let path = folder.path().display();
        let text = format!(
            "[embedded]\npath = \"{path}/monk.db\"\n[keys]\nfolder = \"{path}\"\n[engine]\nrefusal_ms = 1\n\
             [portal]\nuser = \"{PORTAL}\"\nadministrators = [\"helpers\"]\n{settings}"
        );
        let settings = Settings::parse(&text).unwrap();
        crate::keys::create_first(folder.path()).unwrap();
        Embedded::create(&settings.embedded).unwrap();
        let engine = Arc::new(Engine::start(settings, Register::in_memory()).unwrap());
        let account = local_accounts::listed().unwrap();
        let account = account.into_iter().find(|one| one.name == PORTAL).expect("it is there");
        let house = Self { engine, portal: Caller { uid: account.uid }, _folder: folder };
        for user in ["alice", "bob"] {
            let add = NewUser::with(Secret::new(format!("{user}-secret").as_bytes()));
            house.root(user, Command::UserAdd(Box::new(add))).await;
        }
        house
    }

    async fn root(&self, user: &str, command: Command) -> Outcome {
        let deadline = Deadline::after(Duration::from_secs(20));
        let user = user.to_owned();
        manage::carry_out(&self.engine, ROOT, user, command, deadline).await.expect("root may")
    }

    async fn says(&self, session: Option<&Secret>, ask: PortalAsk) -> Reply {
        let address = Some("192.0.2.7".to_owned());
        let portal = Portal { address, session: session.cloned(), ask };
        run(&self.engine, self.portal, &portal).await
    }

    async fn sign_in(&self, user: &str, typed: &str) -> Reply {
        let typed = Secret::new(typed.as_bytes());
        self.says(None, PortalAsk::SignIn { user: user.to_owned(), typed }).await
    }

    async fn signed_in(&self, user: &str, typed: &str) -> Secret {
        match self.sign_in(user, typed).await {
            Reply::Portal(PortalReply::SignedIn { session, user: name }) => {
                assert_eq!(name, user);
                session
            }
            other => panic!("{other:?}"),
        }
    }

    async fn own(&self, session: &Secret, command: Command) -> Reply {
        self.says(Some(session), PortalAsk::Own(command)).await
    }

    async fn overview(&self, session: &Secret) -> Overview {
        match self.says(Some(session), PortalAsk::Overview).await {
            Reply::Portal(PortalReply::Overview(overview)) => *overview,
            other => panic!("{other:?}"),
        }
    }

    /// Adds a device, and confirms it with a code of its own.
    async fn enrol_device(&self, session: &Secret) {
        let added = self.own(session, add_device()).await;
        let Reply::Done(Outcome::TotpPending { credential, secret, .. }) = added else {
            panic!("{added:?}")
        };
        let code = code_of(&secret, clock::now());
        let confirm = Command::TotpConfirm { credential, code: Secret::new(code.as_bytes()) };
        assert_eq!(self.own(session, confirm).await, Reply::Done(Outcome::Done));
    }

    /// The enrolment code of an invitation.
    async fn invited(&self, user: &str) -> String {
        match self.root(user, Command::Reset { seconds: 3600 }).await {
            Outcome::Reset { code, .. } => code.expose_str().expect("text").to_owned(),
            other => panic!("{other:?}"),
        }
    }
}

fn add_device() -> Command {
    Command::TotpAdd { label: "Phone".to_owned(), parameters: DEVICE }
}

fn status_of(reply: Reply) -> Status {
    match reply {
        Reply::Done(Outcome::Status(status)) => status,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn only_the_portal_s_own_user_is_served_as_the_portal() {
    let house = House::new("").await;
    for uid in [0, house.portal.uid + 1, 65_534] {
        let portal = Portal { address: None, session: None, ask: PortalAsk::Site };
        let reply = run(&house.engine, Caller { uid }, &portal).await;
        assert_eq!(reply, Reply::Denied(Denial::Refused), "{uid}");
    }
    let reply = house.says(None, PortalAsk::Site).await;
    assert!(matches!(reply, Reply::Portal(PortalReply::Site(_))), "{reply:?}");
}

#[tokio::test]
async fn an_invitation_leads_to_a_device_and_the_device_into_the_portal() {
    let house = House::new("").await;
    let code = house.invited("alice").await;
    // On two screens.
    let Reply::Portal(PortalReply::Screen { step }) = house.sign_in("alice", "alice-secret").await
    else {
        panic!("a screen for the code")
    };
    let answer = PortalAsk::Answer { step: step.clone(), typed: Secret::new(code.as_bytes()) };
    let reply = house.says(None, answer.clone()).await;
    let Reply::Portal(PortalReply::SignedIn { session, .. }) = reply else { panic!("{reply:?}") };
    assert_eq!(house.says(None, answer).await, Reply::Portal(PortalReply::NoSession), "used up");
    assert!(house.overview(&session).await.may_enrol_first);

    house.enrol_device(&session).await;
    let codes = house.own(&session, Command::BackupCodesGenerate).await;
    let Reply::Done(Outcome::BackupCodes { codes, .. }) = codes else { panic!("{codes:?}") };
    // In one string, with a backup code: the device's code is spent.
    let typed = format!("alice-secret;{}", codes[0].expose_str().expect("text"));
    let again = house.signed_in("alice", &typed).await;
    let kinds: Vec<Kind> =
        house.overview(&again).await.status.credentials.iter().map(|one| one.kind).collect();
    assert_eq!(kinds, [Kind::BackupCodes, Kind::Totp]);
}

/// What a device with this seed shows.
fn code_of(secret: &Secret, now: u64) -> String {
    let bytes = BASE32_NOPAD.decode(secret.expose()).expect("base 32");
    let seed = Seed::imported(&bytes).expect("a seed");
    seed.code_at(Parameters { algorithm: totp::Algorithm::Sha1, digits: 6, period: 30 }, now)
}

#[tokio::test]
async fn somebody_who_has_stolen_the_password_enrols_no_first_factor() {
    let house = House::new("").await;
    let session = house.signed_in("alice", "alice-secret").await;
    assert!(!house.overview(&session).await.may_enrol_first);
    let app_password = Command::AppPasswordCreate {
        label: "Mail".to_owned(),
        services: None,
        networks: Vec::new(),
        expires: None,
    };
    for command in [add_device(), Command::BackupCodesGenerate, app_password] {
        let reply = house.own(&session, command).await;
        assert_eq!(reply, Reply::Failed(Failure::InvitationNeeded));
    }
    let open = House::new("[enrolment]\nfirst_factor = \"password\"\n").await;
    let session = open.signed_in("alice", "alice-secret").await;
    let reply = open.own(&session, add_device()).await;
    assert!(matches!(reply, Reply::Done(Outcome::TotpPending { .. })), "{reply:?}");
}

#[tokio::test]
async fn a_first_device_whose_delay_goes_on_proves_nothing_in_its_own_session() {
    let settings = "[enrolment]\nfirst_factor = \"password\"\nfirst_factor_delay_hours = 24\n";
    let house = House::new(settings).await;
    let session = house.signed_in("alice", "alice-secret").await;
    let added = house.own(&session, add_device()).await;
    let Reply::Done(Outcome::TotpPending { credential, secret, .. }) = added else {
        panic!("{added:?}")
    };
    let code = code_of(&secret, clock::now());
    let confirm = Command::TotpConfirm { credential, code: Secret::new(code.as_bytes()) };
    let confirmed = house.own(&session, confirm).await;
    assert!(matches!(confirmed, Reply::Done(Outcome::UsableFrom(_))), "{confirmed:?}");
    let reply = house.own(&session, Command::BackupCodesGenerate).await;
    assert_eq!(reply, Reply::Failed(Failure::FirstDeviceNeeded { hours: 24 }));
    // An invitation is worth more than the password that the session was opened with.
    let invitation =
        Invitation { seconds: 3600, send: false, reset: false, ..Invitation::default() };
    house.root("bob", Command::Invite(invitation)).await;
    let Reply::Portal(PortalReply::Screen { .. }) = house.sign_in("bob", "bob-secret").await else {
        panic!("a screen for the code")
    };
}

#[tokio::test]
async fn every_refusal_is_the_same() {
    let house = House::new("").await;
    let code = house.invited("alice").await;
    for (user, typed) in [
        ("alice", "wrong".to_owned()),
        ("alice", format!("wrong;{code}")),
        ("alice", "alice-secret;123456789012".to_owned()),
        ("bob", String::new()),
        ("nobody-of-that-name", "alice-secret".to_owned()),
        ("", "alice-secret".to_owned()),
    ] {
        let mut reply = house.sign_in(user, &typed).await;
        if let Reply::Portal(PortalReply::Screen { step }) = reply {
            let answer = PortalAsk::Answer { step, typed: Secret::new(b"000000") };
            reply = house.says(None, answer).await;
        }
        assert_eq!(reply, Reply::Portal(PortalReply::Refused), "{user} {typed}");
    }
}

#[tokio::test]
async fn a_session_is_about_its_own_user_and_nobody_else() {
    let house = House::new("").await;
    let session = house.signed_in("alice", "alice-secret").await;
    let status = status_of(house.own(&session, Command::Status).await);
    assert_eq!(status.user, "alice");
    for command in [
        Command::Settings,
        Command::Reset { seconds: 60 },
        Command::User(UserCommand::Enable { enabled: false }),
        Command::Group(GroupCommand::List { after: None }),
    ] {
        let reply = house.own(&session, command.clone()).await;
        assert!(matches!(reply, Reply::Failed(Failure::OnlyRoot { .. })), "{command:?} {reply:?}");
        let user = "bob".to_owned();
        let reply = house.says(Some(&session), PortalAsk::Administer { user, command }).await;
        assert!(matches!(reply, Reply::Failed(Failure::OnlyRoot { .. })), "{reply:?}");
    }
    for token in [None, Some(Secret::new(b"")), Some(Secret::new(&session.expose()[1..]))] {
        let reply = house.says(token.as_ref(), PortalAsk::Own(Command::Status)).await;
        assert_eq!(reply, Reply::Portal(PortalReply::NoSession));
    }
}

#[tokio::test]
async fn a_session_ends_with_sign_out_a_reset_and_the_account() {
    let house = House::new("").await;
    let is_there = async |session: &Secret| {
        let reply = house.says(Some(session), PortalAsk::Overview).await;
        matches!(reply, Reply::Portal(PortalReply::Overview(_)))
    };
    let code = house.invited("alice").await;
    let typed = format!("alice-secret;{code}");
    let session = house.signed_in("alice", &typed).await;
    assert!(is_there(&session).await);
    house.root("alice", Command::Reset { seconds: 60 }).await;
    assert!(!is_there(&session).await, "reset");

    let session = house.signed_in("bob", "bob-secret").await;
    house.root("bob", Command::User(UserCommand::Enable { enabled: false })).await;
    assert!(!is_there(&session).await, "disabled");
    house.root("bob", Command::User(UserCommand::Enable { enabled: true })).await;
    assert!(!is_there(&session).await, "it does not come back");

    let session = house.signed_in("bob", "bob-secret").await;
    let reply = house.says(Some(&session), PortalAsk::SignOut).await;
    assert_eq!(reply, Reply::Portal(PortalReply::SignedOut));
    assert!(!is_there(&session).await, "signed out");
}

#[tokio::test]
async fn a_change_asks_for_a_proof_that_is_fresh() {
    let house = House::new("[enrolment]\nfirst_factor = \"password\"\n").await;
    let session = house.signed_in("alice", "alice-secret").await;
    let age = |session: &Secret| {
        let lives = Lives { idle: Duration::from_secs(60), most: Duration::from_secs(600) };
        let sessions = &house.engine.portal.sessions;
        let (digest, _) = sessions.of(session, lives, Instant::now()).expect("it is there");
        sessions.change(&digest, |one| one.proven -= crate::portal_state::sessions::FRESH);
    };
    age(&session);
    assert_eq!(house.overview(&session).await.fresh_seconds, 0);
    let reply = house.own(&session, add_device()).await;
    assert_eq!(reply, Reply::Portal(PortalReply::ProofNeeded));
    let prove = |typed: &str| PortalAsk::Prove { typed: Secret::new(typed.as_bytes()) };
    let mut reply = house.says(Some(&session), prove("wrong")).await;
    if let Reply::Portal(PortalReply::Screen { step }) = reply {
        let answer = PortalAsk::Answer { step, typed: Secret::new(b"000000") };
        // A screen of one browser is no good in another.
        let thief = house.signed_in("bob", "bob-secret").await;
        assert_eq!(
            house.says(Some(&thief), answer.clone()).await,
            Reply::Portal(PortalReply::NoSession)
        );
        reply = house.says(Some(&session), answer).await;
    }
    assert!(
        matches!(reply, Reply::Portal(PortalReply::Refused | PortalReply::NoSession)),
        "{reply:?}"
    );
    let reply = house.says(Some(&session), prove("alice-secret")).await;
    assert_eq!(reply, Reply::Portal(PortalReply::Proven));
    let reply = house.own(&session, add_device()).await;
    assert!(matches!(reply, Reply::Done(_)), "{reply:?}");
}

#[tokio::test]
async fn administrators_look_after_others_with_a_second_factor_only() {
    let house = House::new("").await;
    let group = "helpers".to_owned();
    house.root("bob", Command::Group(GroupCommand::Join { group })).await;
    let enable = |user: &str, enabled| PortalAsk::Administer {
        user: user.to_owned(),
        command: Command::User(UserCommand::Enable { enabled }),
    };
    let session = house.signed_in("bob", "bob-secret").await;
    let reply = house.says(Some(&session), enable("alice", false)).await;
    assert!(matches!(reply, Reply::Failed(Failure::OnlyRoot { .. })), "{reply:?}");

    let code = house.invited("bob").await;
    let session = house.signed_in("bob", &format!("bob-secret;{code}")).await;
    assert!(!house.overview(&session).await.is_administrator, "only invited");
    house.enrol_device(&session).await;
    assert!(house.overview(&session).await.is_administrator);
    let reply = house.says(Some(&session), enable("alice", false)).await;
    assert_eq!(reply, Reply::Done(Outcome::Done));
    // Also those whose account is closed.
    let ask = PortalAsk::Administer { user: "alice".to_owned(), command: Command::Status };
    let status = status_of(house.says(Some(&session), ask).await);
    assert_eq!(status.state, monk_terms::account_state::AccountState::Disabled);
    let people = |search: &str| PortalAsk::People { search: search.to_owned(), without: false };
    let reply = house.says(Some(&session), people("LIC")).await;
    let Reply::Portal(PortalReply::People(found)) = reply else { panic!("{reply:?}") };
    let names: Vec<&str> = found.found.iter().map(|one| one.name.as_str()).collect();
    assert_eq!((names, found.is_whole), (vec!["alice"], true));
}
