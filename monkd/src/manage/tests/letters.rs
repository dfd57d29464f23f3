//! Devices in letters: the first good login confirms them, and nothing weaker does.

use monk_core::factors::totp::TotpRecord;
use monk_wire::Login;
use monk_wire::manage::{DeviceLetter, Invitation, LetterDevice, Listing};

use super::self_service::{NAME, add, caller};
use super::*;
use crate::login::{self, Mode, Proving};

const ENROLLED: &str = "[policy]\nmfa = \"when-enrolled\"\n";

fn letter(by_login: bool, again: bool) -> Command {
    let label = "Letter".to_owned();
    Command::TotpLetter(DeviceLetter { label, seconds: 3600, by_login, again })
}

/// A user whose letter is on its way, and the device in it.
async fn office(settings: &str, by_login: bool) -> (Office, String) {
    let office = Office::with(settings);
    office.add(NAME).await;
    let id = handed_out(&office, letter(by_login, false)).await;
    (office, id)
}

async fn handed_out(office: &Office, command: Command) -> String {
    match office.does(NAME, command).await {
        Ok(Outcome::LetterDevice(LetterDevice { credential, .. })) => credential,
        other => panic!("{other:?}"),
    }
}

fn typed(text: &str) -> Login {
    Login {
        user: NAME.into(),
        service: "imap".into(),
        address: None,
        terminal: None,
        person: None,
        typed: Some(Secret::new(text.as_bytes())),
        can_ask: false,
        publickey: false,
        forward: false,
        budget_ms: 10_000,
    }
}

async fn logs_in(office: &Office, login: &Login, mode: Mode) -> Ending {
    let mut nobody = Person(vec![], vec![]);
    login::run(&office.engine, ROOT, login, mode, &mut nobody).await.ending
}

async fn login(office: &Office, text: &str) -> Ending {
    logs_in(office, &typed(text), Mode::Real).await
}

/// What is typed with the code of this moment behind a password.
async fn with_code(office: &Office, password: &str, id: &str) -> String {
    format!("{password};{}", office.code_at(NAME, id, clock::now()).await)
}

/// Whether the only device waits to be confirmed.
async fn waits(office: &Office) -> bool {
    match &office.status_of(NAME).await.credentials[..] {
        [one] => one.pending && one.expires.is_some(),
        others => panic!("{others:?}"),
    }
}

#[tokio::test]
async fn the_first_login_with_password_and_code_confirms_the_device_and_spends_the_code() {
    let (office, id) = office("", true).await;
    assert!(waits(&office).await);
    assert_eq!(login(&office, "secret").await, Ending::Refused(Refusal::CodeMissing));
    let wrong = with_code(&office, "Secret", &id).await;
    assert_eq!(login(&office, &wrong).await, Ending::Refused(Refusal::WrongPassword));
    assert_eq!(login(&office, "secret;000000").await, Ending::Refused(Refusal::WrongCode));
    assert!(waits(&office).await, "a wrong password confirms nothing");
    let right = with_code(&office, "secret", &id).await;
    assert_eq!(login(&office, &right).await, Ending::Granted(Grant::Totp));
    assert!(!waits(&office).await);
    assert_eq!(login(&office, &right).await, Ending::Refused(Refusal::ReplayedCode));
    let again = office.does(NAME, letter(true, true)).await;
    assert_eq!(again, Err(FailureKind::Exists), "a confirmed device stays");
}

#[tokio::test]
async fn of_two_logins_at_once_one_confirms_the_device() {
    let (office, id) = office("", true).await;
    let text = with_code(&office, "secret", &id).await;
    let (one, other) = tokio::join!(login(&office, &text), login(&office, &text));
    let granted = [&one, &other].iter().filter(|end| matches!(end, Ending::Granted(_))).count();
    assert_eq!(granted, 1, "{one:?} {other:?}");
}

#[tokio::test]
async fn until_then_the_device_is_no_second_factor_and_from_then_on_it_is() {
    let (office, id) = office(ENROLLED, true).await;
    let list = || Command::List(Listing { without_second_factor: true, ..Listing::default() });
    let without = office.heard(ROOT, "", list(), &[]).await.1;
    let names = |parts: &[Part]| match parts {
        [Part::Users(rows)] => rows.iter().map(|row| (row.name.clone(), row.devices)).collect(),
        other => panic!("{other:?}"),
    };
    let all: Vec<(String, u32)> = names(&without);
    assert_eq!(all, [(NAME.to_owned(), 0)]);
    assert_eq!(login(&office, "secret").await, Ending::Granted(Grant::Password));
    assert_eq!(login(&office, "secret;000000").await, Ending::Refused(Refusal::WrongCode));
    let right = with_code(&office, "secret", &id).await;
    assert_eq!(login(&office, &right).await, Ending::Granted(Grant::Totp));
    assert_eq!(login(&office, "secret").await, Ending::Refused(Refusal::CodeMissing));
    assert_eq!(office.status_of(NAME).await.credentials[0].expires, None, "it ends no more");
}

#[tokio::test]
async fn nothing_but_a_checked_password_and_the_letters_word_let_a_code_confirm_it() {
    let sections = "[service.sshd]\npassword = \"skip-after-publickey\"\n\
                    [service.sudo]\npassword = \"elsewhere\"\n";
    let (office, id) = office(sections, true).await;
    let code = office.code_at(NAME, &id, clock::now()).await;
    let key = Login { service: "sshd".into(), publickey: true, ..typed(&code) };
    let elsewhere = Login { service: "sudo".into(), ..typed(&format!("secret;{code}")) };
    for login in [key, elsewhere] {
        let ending = logs_in(&office, &login, Mode::Real).await;
        assert_eq!(ending, Ending::Refused(Refusal::NotEnrolled), "{}", login.service);
    }
    let change = Proving { rehearses: false, has_second_factor: false, right_password: None };
    let both = typed(&format!("secret;{code}"));
    let changed = logs_in(&office, &both, Mode::NewPassword(change)).await;
    assert!(matches!(changed, Ending::Refused(_)), "{changed:?}");
    let rehearsed = logs_in(&office, &both, Mode::Rehearsal).await;
    assert_eq!(rehearsed, Ending::Granted(Grant::Totp));
    assert!(waits(&office).await, "a rehearsal confirms nothing");
    // Without that word, only root confirms it.
    let id = handed_out(&office, letter(false, true)).await;
    let text = with_code(&office, "secret", &id).await;
    assert_eq!(login(&office, &text).await, Ending::Refused(Refusal::UnexpectedCode));
    let confirm = |code: String| Command::TotpConfirm {
        credential: id.clone(),
        code: Secret::new(code.as_bytes()),
    };
    let code = office.code_at(NAME, &id, clock::now()).await;
    let own = office.does_as(caller(), NAME, confirm(code.clone())).await;
    assert_eq!(own, Err(FailureKind::NotFound), "nobody guesses without a password");
    assert!(waits(&office).await);
    assert_eq!(office.does(NAME, confirm(code)).await, Ok(Outcome::Done));
    assert!(!waits(&office).await);
    // Whoever puts its old use back makes nothing wait again.
    let deadline = Deadline::after(Duration::from_secs(10));
    let Found::One(_, set) = office.engine.find(NAME, deadline).await.expect("a directory") else {
        panic!("{NAME} is there")
    };
    let device: &TotpRecord = set.credentials[0].value.factor.get().expect("a device");
    assert_eq!(device.letter, None);
}

#[tokio::test]
async fn a_letter_ends_and_another_takes_its_place() {
    let (office, first) = office("", true).await;
    let kept = office.does(NAME, letter(true, false)).await;
    assert_eq!(kept, Ok(Outcome::InvitationKept(None)), "it is still good");
    let second = handed_out(&office, letter(true, true)).await;
    assert!(waits(&office).await && first != second);
    let short = DeviceLetter { label: "Letter".into(), seconds: 1, by_login: true, again: true };
    let id = handed_out(&office, Command::TotpLetter(short)).await;
    while office.status_of(NAME).await.credentials[0].expires > Some(clock::now()) {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let text = with_code(&office, "secret", &id).await;
    assert_eq!(login(&office, &text).await, Ending::Refused(Refusal::UnexpectedCode));
    let removed = office.does(NAME, remove(Kind::Totp, Some("Letter"))).await;
    assert!(matches!(removed, Ok(Outcome::Removed { .. })), "{removed:?}");
}

#[tokio::test]
async fn a_letter_and_an_invitation_take_each_others_place_and_a_factor_ends_both() {
    let (office, _) = office("[enrolment]\nfirst_factor = \"password\"\n", true).await;
    let invitation = || Invitation { seconds: 3600, ..Invitation::default() };
    let kinds = async || {
        let all = office.status_of(NAME).await.credentials;
        all.iter().map(|one| one.kind).collect::<Vec<_>>()
    };
    assert!(office.does(NAME, Command::Invite(invitation())).await.is_ok());
    assert_eq!(kinds().await, [Kind::EnrolmentCode]);
    let kept = office.does(NAME, letter(true, false)).await;
    assert_eq!(kept, Ok(Outcome::InvitationKept(None)), "it is still good");
    handed_out(&office, letter(true, true)).await;
    assert_eq!(kinds().await, [Kind::Totp], "the invitation is gone");
    let Ok(Outcome::TotpPending { credential, .. }) = office.does(NAME, add("Phone")).await else {
        panic!("root adds another device")
    };
    let code = office.code_at(NAME, &credential, clock::now()).await;
    let confirm = Command::TotpConfirm { credential, code: Secret::new(code.as_bytes()) };
    assert_eq!(office.does(NAME, confirm).await, Ok(Outcome::Done));
    let left = office.status_of(NAME).await.credentials;
    assert_eq!(left.iter().map(|one| &*one.label).collect::<Vec<_>>(), ["Phone"]);
}

#[tokio::test]
async fn a_proof_takes_the_code_of_the_letter_so_that_the_password_alone_enrols_nothing() {
    let (office, id) = office("[enrolment]\nfirst_factor = \"password\"\n", true).await;
    let other = Command::TotpAdd { label: "Other".into(), parameters: PARAMETERS };
    let wrong = office.asked(caller(), NAME, other.clone(), &["secret", "000000"]).await;
    assert_eq!(wrong, Err(FailureKind::NotPermitted));
    let code = office.code_at(NAME, &id, clock::now()).await;
    let right = office.asked(caller(), NAME, other, &["secret", &code]).await;
    assert!(matches!(right, Ok(Outcome::TotpPending { .. })), "{right:?}");
    let status = office.status_of(NAME).await;
    assert!(status.credentials.iter().any(|one| one.label == "Letter" && !one.pending));
}

#[tokio::test]
async fn after_a_restore_a_letter_still_waits_and_its_old_codes_are_spent() {
    let (office, id) = office("", true).await;
    let restored = office.does("", Command::Restored).await;
    assert!(matches!(restored, Ok(Outcome::Restored(_))), "{restored:?}");
    assert!(waits(&office).await);
    let text = with_code(&office, "secret", &id).await;
    assert_eq!(login(&office, &text).await, Ending::Refused(Refusal::ReplayedCode));
    assert!(waits(&office).await);
}
