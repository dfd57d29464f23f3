//! Administration on a real embedded store.

mod first_factor;
mod keys;
mod labels;
mod letters;
mod own_password;
mod posix;
mod self_service;
mod users;

use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use monk_core::factors::totp::TotpRecord;
use monk_terms::kind::Kind;
use monk_terms::verdict::Grant;
use monk_wire::manage::{
    Algorithm, CodeForm, EmailCommand, FailureKind, LoginEnd, Manage, NewUser, Status,
    TotpParameters, WayIn,
};
use monk_wire::{Reply, Secret};

use super::*;
use crate::administration::{BUDGET, run};
use crate::audit::Ending;
use crate::directory::embedded::Embedded;
use crate::login::{Ask, HungUp};
use crate::settings::Settings;
use crate::throttle::Register;

const ROOT: Caller = Caller { uid: 0 };
const PARAMETERS: TotpParameters =
    TotpParameters { algorithm: Algorithm::Sha1, digits: 6, period: 30 };

struct Office {
    engine: Engine,
    _folder: tempfile::TempDir,
}

impl Office {
    fn new() -> Self {
        Self::with("")
    }

    fn with(more: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let private = std::fs::Permissions::from_mode(0o700);
        std::fs::set_permissions(folder.path(), private).unwrap();
        let path = folder.path().display();
        let text =
            format!("[embedded]\npath = \"{path}/monk.db\"\n[keys]\nfolder = \"{path}\"\n{more}");
        let settings = Settings::parse(&text).unwrap();
        crate::keys::create_first(folder.path()).unwrap();
        Embedded::create(&settings.embedded).unwrap();
        Self { engine: Engine::start(settings, Register::in_memory()).unwrap(), _folder: folder }
    }

    async fn with_alice() -> Self {
        let office = Self::new();
        office.add("alice").await;
        office
    }

    async fn add(&self, user: &str) {
        let add = Command::UserAdd(Box::new(NewUser::with(Secret::new(b"secret"))));
        let added = self.does(user, add).await;
        assert!(matches!(added, Ok(Outcome::UserAdded { .. })), "{added:?}");
    }

    async fn does(&self, user: &str, command: Command) -> Result<Outcome, FailureKind> {
        self.does_as(ROOT, user, command).await
    }

    async fn does_as(
        &self,
        caller: Caller,
        user: &str,
        command: Command,
    ) -> Result<Outcome, FailureKind> {
        self.asked(caller, user, command, &[]).await
    }

    /// The same with somebody who answers the engine's questions so; all of them are asked.
    async fn asked(
        &self,
        caller: Caller,
        user: &str,
        command: Command,
        answers: &[&str],
    ) -> Result<Outcome, FailureKind> {
        self.heard(caller, user, command, answers).await.0
    }

    /// The same, with the parts of the answer.
    async fn heard(
        &self,
        caller: Caller,
        user: &str,
        command: Command,
        answers: &[&str],
    ) -> (Result<Outcome, FailureKind>, Vec<Part>) {
        let answers = answers.iter().rev().map(ToString::to_string).collect();
        let mut person = Person(answers, Vec::new());
        let manage = Manage { user: user.into(), command };
        let reply = run(&self.engine, caller, manage, &mut person).await;
        assert!(person.0.is_empty(), "not asked: {:?}", person.0);
        let result = match reply {
            Reply::Done(outcome) => Ok(outcome),
            Reply::Failed(failure) => Err(failure.kind()),
            other => panic!("{other:?}"),
        };
        (result, person.1)
    }

    async fn status(&self) -> Status {
        self.status_of("alice").await
    }

    async fn status_of(&self, user: &str) -> Status {
        match self.does(user, Command::Status).await {
            Ok(Outcome::Status(status)) => status,
            other => panic!("{other:?}"),
        }
    }

    /// Adds a device; its id.
    async fn device(&self, label: &str) -> Result<String, FailureKind> {
        let add = Command::TotpAdd { label: label.into(), parameters: PARAMETERS };
        match self.does("alice", add).await? {
            Outcome::TotpPending { credential, .. } => Ok(credential),
            other => panic!("{other:?}"),
        }
    }

    /// The code that a device of alice shows now.
    async fn code(&self, id: &str) -> String {
        self.code_at("alice", id, clock::now()).await
    }

    /// The code that a device shows at some time, read from the store as the engine does.
    async fn code_at(&self, user: &str, id: &str, time: u64) -> String {
        let deadline = Deadline::after(BUDGET);
        let Found::One(account, set) = self.engine.find(user, deadline).await.unwrap() else {
            panic!("{user} is there")
        };
        let stored = set.credentials.iter().find(|c| c.value.id.as_str() == id).unwrap();
        let record: &TotpRecord = stored.value.factor.get().expect("a device");
        let owner = monk_core::keys::Owner { user: &account.id, credential: id };
        let seed = record.open(owner, &self.engine.keys).ok().unwrap();
        seed.code_at(record.parameters, time)
    }

    async fn confirm(&self, credential: &str, code: &str) -> Result<Outcome, FailureKind> {
        let code = Secret::new(code.as_bytes());
        self.does("alice", Command::TotpConfirm { credential: credential.into(), code }).await
    }

    async fn app_password(
        &self,
        services: &[&str],
        networks: &[&str],
    ) -> Result<String, FailureKind> {
        let create = Command::AppPasswordCreate {
            label: "Mail".into(),
            services: (!services.is_empty())
                .then(|| services.iter().map(|s| (*s).to_owned()).collect()),
            networks: networks.iter().map(|n| (*n).to_owned()).collect(),
            expires: None,
        };
        match self.does("alice", create).await? {
            Outcome::AppPassword { credential, .. } => Ok(credential),
            other => panic!("{other:?}"),
        }
    }
}

/// Somebody who answers, last answer first, and keeps what is said in parts.
struct Person(Vec<String>, Vec<Part>);

impl Ask for Person {
    async fn ask(&mut self, text: &str, _: bool) -> Result<Option<Secret>, HungUp> {
        let answer = self.0.pop().unwrap_or_else(|| panic!("unexpected question {text:?}"));
        Ok(Some(Secret::new(answer.as_bytes())))
    }

    async fn tell(&mut self, part: Part) -> Result<(), HungUp> {
        self.1.push(part);
        Ok(())
    }

    fn has_left(&mut self) -> bool {
        false
    }
}

fn remove(kind: Kind, credential: Option<&str>) -> Command {
    Command::Remove { kind, credential: credential.map(str::to_owned) }
}

#[tokio::test]
async fn a_uid_that_is_nobody_gives_no_commands() {
    let office = Office::with_alice().await;
    for command in [Command::Status, Command::BackupCodesGenerate] {
        let result = office.does_as(Caller { uid: 54_321 }, "alice", command).await;
        assert_eq!(result, Err(FailureKind::NotPermitted));
    }
}

#[tokio::test]
async fn a_device_is_active_only_after_a_code_of_its_own() {
    let office = Office::with_alice().await;
    let id = office.device("Phone").await.unwrap();
    assert!(office.status().await.credentials[0].pending);
    assert_eq!(office.confirm(&id, "12345").await, Err(FailureKind::WrongCode));
    let code = office.code(&id).await;
    let spaced = format!(" {} {}\n", &code[..3], &code[3..]);
    assert_eq!(office.confirm(&id, &spaced).await, Ok(Outcome::Done));
    let status = office.status().await;
    assert!(!status.credentials[0].pending && status.credentials[0].usable);
    assert_eq!(office.confirm(&id, &code).await, Err(FailureKind::NotFound), "it is active");
}

#[tokio::test]
async fn a_device_that_was_never_confirmed_is_replaced_and_an_active_one_is_not() {
    let office = Office::with_alice().await;
    let first = office.device("Phone").await.unwrap();
    let second = office.device("Phone").await.unwrap();
    assert_ne!(first, second);
    assert_eq!(office.status().await.credentials.len(), 1);
    let code = office.code(&second).await;
    office.confirm("Phone", &code).await.unwrap();
    assert_eq!(office.device("Phone").await, Err(FailureKind::Exists));
}

#[tokio::test]
async fn one_of_several_waiting_devices_has_to_be_named() {
    let office = Office::with_alice().await;
    for label in ["Phone", "Tablet"] {
        office.device(label).await.unwrap();
    }
    let Found::One(_, set) = office.engine.find("alice", Deadline::after(BUDGET)).await.unwrap()
    else {
        panic!("alice is there")
    };
    assert_eq!(devices::waiting(&set, None).err(), Some(Failure::SeveralPending));
    assert!(devices::waiting(&set, Some("Tablet")).is_ok());
}

#[tokio::test]
async fn a_new_set_of_backup_codes_replaces_the_old_one() {
    let office = Office::with_alice().await;
    for expected in [false, true] {
        match office.does("alice", Command::BackupCodesGenerate).await {
            Ok(Outcome::BackupCodes { codes, replaced }) => {
                assert_eq!((codes.len(), replaced), (6, expected));
            }
            other => panic!("{other:?}"),
        }
    }
    let status = office.status().await;
    assert_eq!(status.credentials.len(), 1);
    assert_eq!(status.credentials[0].codes_left, Some((6, 6)));
}

#[tokio::test]
async fn an_app_password_opens_mail_unless_something_else_is_said() {
    let office = Office::with_alice().await;
    office.app_password(&[], &[]).await.unwrap();
    let services = office.status().await.credentials[0].services.clone();
    assert!(services.contains(&"imap".to_owned()) && !services.contains(&"sshd".to_owned()));
}

#[tokio::test]
async fn a_scope_that_makes_no_sense_is_refused() {
    let office = Office::with_alice().await;
    for (services, networks) in [
        (&["IMAP"][..], &[][..]),
        (&["im ap"], &[]),
        (&[""], &[]),
        (&["imap"], &["192.0.2.0/33"]),
        (&["imap"], &["home"]),
    ] {
        let result = office.app_password(services, networks).await;
        assert_eq!(result, Err(FailureKind::Invalid), "{services:?} {networks:?}");
    }
    assert!(office.app_password(&["*"], &["192.0.2.7", "2001:db8::/32"]).await.is_ok());
    assert_eq!(office.app_password(&["*"], &[]).await, Err(FailureKind::Exists));
}

#[tokio::test]
async fn an_app_password_is_revoked_by_name_or_id() {
    let office = Office::with_alice().await;
    let revoke = |credential: &str| remove(Kind::AppPassword, Some(credential));
    let removed = |id: &str| Outcome::Removed {
        credential: id.to_owned(),
        label: "Mail".to_owned(),
        last: false,
    };
    let id = office.app_password(&["*"], &[]).await.unwrap();
    assert_eq!(office.does("alice", revoke(&id)).await, Ok(removed(&id)));
    assert_eq!(office.does("alice", revoke(&id)).await, Err(FailureKind::NotFound));
    let id = office.app_password(&["*"], &[]).await.unwrap();
    assert_eq!(office.does("alice", revoke("Mail")).await, Ok(removed(&id)));
    assert!(office.status().await.credentials.is_empty());
}

#[tokio::test]
async fn what_makes_no_sense_is_told_apart_from_what_is_not_there() {
    let office = Office::with_alice().await;
    let again = Command::UserAdd(Box::new(NewUser::with(Secret::new(b"x"))));
    assert_eq!(office.does("ALICE", again).await, Err(FailureKind::Exists));
    let empty = Command::UserAdd(Box::new(NewUser::with(Secret::new(b""))));
    assert_eq!(office.does("bob", empty).await, Err(FailureKind::Invalid));
    assert_eq!(office.does("nobody", Command::Status).await, Err(FailureKind::NotFound));
    assert_eq!(office.does("a\nb", Command::Status).await, Err(FailureKind::Invalid));
    let nameless = Command::TotpAdd { label: String::new(), parameters: PARAMETERS };
    assert_eq!(office.does("alice", nameless).await, Err(FailureKind::Invalid));
    let seven = TotpParameters { digits: 7, ..PARAMETERS };
    let seven = Command::TotpAdd { label: "x".into(), parameters: seven };
    assert_eq!(office.does("alice", seven).await, Err(FailureKind::Invalid));
}

#[tokio::test]
async fn a_check_says_why_a_login_would_fail_and_spends_nothing() {
    let office = Office::with_alice().await;
    let check = async |typed: &str| {
        let typed = (!typed.is_empty()).then(|| Secret::new(typed.as_bytes()));
        let command = Command::Check { service: "imap".into(), address: None, typed };
        match office.does("alice", command).await {
            Ok(Outcome::Report(report)) => report.end,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(check("").await, LoginEnd::Refused(Refusal::NotEnrolled));
    let Ok(Outcome::BackupCodes { codes, .. }) =
        office.does("alice", Command::BackupCodesGenerate).await
    else {
        panic!("codes")
    };
    let code = codes[0].expose_str().unwrap();
    let codes = WayIn::PasswordAndCode(vec![CodeForm::Backup]);
    assert_eq!(check("").await, LoginEnd::NothingTyped(codes));
    assert_eq!(check("wrong").await, LoginEnd::Refused(Refusal::WrongPassword));
    assert_eq!(check("secret").await, LoginEnd::Refused(Refusal::CodeMissing));
    for _ in 0..2 {
        let end = check(&format!("secret;{code}")).await;
        assert_eq!(end, LoginEnd::Granted(Grant::BackupCode));
    }
}

#[tokio::test]
async fn a_check_tells_a_device_whose_clock_is_off_and_a_login_does_not() {
    let office = Office::with_alice().await;
    let id = office.device("Phone").await.unwrap();
    let code = office.code(&id).await;
    office.confirm(&id, &code).await.unwrap();
    let now = clock::now();
    let check = async |typed: String| {
        let typed = Some(Secret::new(typed.as_bytes()));
        let command = Command::Check { service: "imap".into(), address: None, typed };
        match office.does("alice", command).await {
            Ok(Outcome::Report(report)) => report.end,
            other => panic!("{other:?}"),
        }
    };
    for (seconds, ahead) in [(25 * 60, false), (9 * 3600, true)] {
        let time = if ahead { now + seconds } else { now - seconds };
        let code = office.code_at("alice", &id, time).await;
        let end = check(format!("secret;{code}")).await;
        let LoginEnd::WrongClock { device, clock } = end else { panic!("{end:?}") };
        assert_eq!((device.as_str(), clock.ahead), ("Phone", ahead));
        assert!(clock.seconds.abs_diff(seconds) <= 30, "{clock:?}");
        // With a wrong password, nothing is said about the code.
        let end = check(format!("wrong;{code}")).await;
        assert_eq!(end, LoginEnd::Refused(Refusal::WrongPassword));
    }
    let far = office.code_at("alice", &id, now - 20 * 3600).await;
    let end = check(format!("secret;{far}")).await;
    assert_eq!(end, LoginEnd::Refused(Refusal::WrongCode));
}
