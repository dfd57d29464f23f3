//! Who may enrol the first factor: with an invitation, or with the password alone and after a delay.

use monk_wire::manage::{Invitation, Invited};

use super::self_service::{NAME, add, caller};
use super::*;

const PASSWORD: &str = "[enrolment]\nfirst_factor = \"password\"\nfirst_factor_delay_hours = 24\n\
                        [policy]\nmfa = \"when-enrolled\"\n";

async fn office(settings: &str) -> Office {
    let office = Office::with(settings);
    office.add(NAME).await;
    office
}

/// A user who does all of it alone, with these answers to the engine's questions.
async fn does(office: &Office, command: Command, answers: &[&str]) -> Result<Outcome, Failure> {
    let answers = answers.iter().rev().map(ToString::to_string).collect();
    let mut person = Person(answers, Vec::new());
    let reply = run(&office.engine, caller(), Manage { user: NAME.into(), command }, &mut person);
    let reply = reply.await;
    assert!(person.0.is_empty(), "not asked: {:?}", person.0);
    match reply {
        Reply::Done(outcome) => Ok(outcome),
        Reply::Failed(failure) => Err(failure),
        other => panic!("{other:?}"),
    }
}

fn create() -> Command {
    let label = "Mail".to_owned();
    Command::AppPasswordCreate { label, services: None, networks: Vec::new(), expires: None }
}

/// Adds and confirms a device; what the confirmation says.
async fn enrol(office: &Office, label: &str, answers: &[&str]) -> Outcome {
    let added = does(office, add(label), answers).await;
    let Ok(Outcome::TotpPending { credential, .. }) = added else { panic!("{added:?}") };
    let code = office.code_at(NAME, &credential, clock::now()).await;
    let confirm = Command::TotpConfirm { credential, code: Secret::new(code.as_bytes()) };
    does(office, confirm, &[]).await.expect("it is confirmed")
}

async fn invited(office: &Office) -> String {
    let invitation =
        Invitation { seconds: 3600, send: false, reset: false, ..Invitation::default() };
    match office.does(NAME, Command::Invite(invitation)).await {
        Ok(Outcome::Invited(Invited { code, .. })) => code.expose_str().unwrap().to_owned(),
        other => panic!("{other:?}"),
    }
}

/// How a login with this string ends.
async fn login(office: &Office, typed: &str) -> Ending {
    let login = monk_wire::Login {
        user: NAME.into(),
        service: "imap".into(),
        address: None,
        terminal: None,
        person: None,
        typed: Some(Secret::new(typed.as_bytes())),
        can_ask: false,
        publickey: false,
        forward: false,
        budget_ms: 10_000,
    };
    let mode = crate::login::Mode::Real;
    crate::login::run(&office.engine, ROOT, &login, mode, &mut Person(vec![], vec![])).await.ending
}

#[tokio::test]
async fn with_the_password_alone_nobody_enrols_the_first_factor_and_nobody_is_asked() {
    let office = office("").await;
    for command in [add("Phone"), Command::BackupCodesGenerate, create()] {
        let refused = does(&office, command.clone(), &[]).await;
        assert_eq!(refused, Err(Failure::InvitationNeeded), "{command:?}");
    }
    let code = invited(&office).await;
    assert_eq!(enrol(&office, "Phone", &["secret", &code]).await, Outcome::Done);
}

#[tokio::test]
async fn an_invitation_takes_nothing_away_and_is_asked_for_in_a_proof_only() {
    let office = office("[policy]\nmfa = \"when-enrolled\"\n").await;
    let app_password = office.does(NAME, create()).await.unwrap();
    let Outcome::AppPassword { password, .. } = app_password else { panic!("{app_password:?}") };
    let first = invited(&office).await;
    assert_eq!(login(&office, "secret").await, Ending::Granted(Grant::Password));
    let mail = login(&office, password.expose_str().unwrap()).await;
    assert_eq!(mail, Ending::Granted(Grant::AppPassword));
    let refused = does(&office, add("Phone"), &["secret", "aaaa-bbbb-cccc"]).await;
    assert_eq!(refused, Err(Failure::NotProved));

    let second = invited(&office).await;
    let refused = does(&office, add("Phone"), &["secret", &first]).await;
    assert_eq!(refused, Err(Failure::NotProved), "a new invitation replaces the old one");
    assert_eq!(enrol(&office, "Phone", &["secret", &second]).await, Outcome::Done);
    assert_eq!(login(&office, "secret").await, Ending::Refused(Refusal::CodeMissing));
    let kinds: Vec<_> =
        office.status_of(NAME).await.credentials.iter().map(|one| one.kind).collect();
    assert_eq!(kinds, [Kind::AppPassword, Kind::Totp], "the invitation is gone");
}

#[tokio::test]
async fn who_has_a_second_factor_is_invited_only_with_a_reset() {
    let office = office("").await;
    let code = invited(&office).await;
    enrol(&office, "Phone", &["secret", &code]).await;
    let invite = |reset| {
        Command::Invite(Invitation { seconds: 3600, send: false, reset, ..Invitation::default() })
    };
    assert_eq!(office.does(NAME, invite(false)).await, Err(FailureKind::Exists));
    let Ok(Outcome::Invited(invited)) = office.does(NAME, invite(true)).await else {
        panic!("it is a reset")
    };
    assert_eq!((invited.removed, invited.link, invited.mail), (1, None, None));
    // Another invitation does not make the password alone enough again.
    assert!(office.does(NAME, invite(false)).await.is_ok());
    assert_eq!(login(&office, "secret").await, Ending::Refused(Refusal::CodeMissing));
    let send = Command::Invite(Invitation {
        seconds: 3600,
        send: true,
        reset: false,
        ..Invitation::default()
    });
    assert_eq!(office.does(NAME, send).await, Err(FailureKind::Invalid), "there is no mail server");
    let none = Command::Invite(Invitation {
        seconds: 0,
        send: false,
        reset: false,
        ..Invitation::default()
    });
    assert_eq!(office.does(NAME, none).await, Err(FailureKind::Invalid));
    let refused = does(&office, invite(false), &[]).await;
    assert!(matches!(refused, Err(Failure::OnlyRoot { .. })), "{refused:?}");
}

#[tokio::test]
async fn the_link_has_name_and_code_in_its_fragment() {
    let office = office("[portal]\norigin = \"https://login.example.org\"\n").await;
    let invitation =
        Invitation { seconds: 3600, send: false, reset: false, ..Invitation::default() };
    let Ok(Outcome::Invited(invited)) = office.does(NAME, Command::Invite(invitation)).await else {
        panic!("an invitation")
    };
    let (code, link) = (invited.code.expose_str().unwrap(), invited.link.expect("a link"));
    let expected = format!("https://login.example.org/invitation#user={NAME}&code={code}");
    assert_eq!(link.expose_str(), Some(expected.as_str()));
}

#[tokio::test]
async fn a_first_device_counts_only_after_the_delay_and_the_owner_can_remove_it() {
    let office = office(PASSWORD).await;
    let Outcome::UsableFrom(from) = enrol(&office, "Phone", &["secret"]).await else {
        panic!("it waits")
    };
    let day = 24 * 3600;
    assert!(from.abs_diff(clock::now() + day) < 60, "{from}");
    let status = office.status_of(NAME).await;
    assert_eq!(status.credentials[0].usable_from, Some(from));
    assert_eq!(login(&office, "secret").await, Ending::Granted(Grant::Password));
    let id = status.credentials[0].id.clone();
    let next = office.code_at(NAME, &id, clock::now() + 30).await;
    let early = login(&office, &format!("secret;{next}")).await;
    assert_eq!(early, Ending::Refused(Refusal::NotYetUsable));
    // It proves nothing, so that what opens programs at once cannot be made.
    for command in [create(), Command::BackupCodesGenerate] {
        let refused = does(&office, command, &[]).await;
        assert_eq!(refused, Err(Failure::FirstDeviceNeeded { hours: 24 }));
    }
    assert!(matches!(enrol(&office, "Other", &["secret"]).await, Outcome::UsableFrom(_)));
    let gone = does(&office, remove(Kind::Totp, Some("Phone")), &["secret"]).await;
    assert!(matches!(gone, Ok(Outcome::Removed { last: false, .. })), "{gone:?}");
}

#[tokio::test]
async fn what_root_adds_counts_at_once() {
    let office = office(PASSWORD).await;
    let added = office.does(NAME, add("Phone")).await;
    let Ok(Outcome::TotpPending { credential, .. }) = added else { panic!("{added:?}") };
    let code = office.code_at(NAME, &credential, clock::now()).await;
    let confirm = Command::TotpConfirm { credential, code: Secret::new(code.as_bytes()) };
    assert_eq!(does(&office, confirm, &[]).await, Ok(Outcome::Done));
    assert_eq!(login(&office, "secret").await, Ending::Refused(Refusal::CodeMissing));
}
