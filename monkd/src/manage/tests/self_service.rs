//! Users who look after their own account, and a reset.

use monk_wire::manage::{
    GroupCommand, Listing, OrphanCommand, PosixWish, SshKeyCommand, SshKeyOutcome, UserCommand,
};

use super::*;

/// Somebody whom the user database of every Debian knows, so that there is a name for the uid.
pub(super) const NAME: &str = "nobody";

/// The caller with that name.
pub(super) fn caller() -> Caller {
    let user = nix::unistd::User::from_name(NAME).unwrap().expect("every Debian has it");
    Caller { uid: user.uid.as_raw() }
}

pub(super) fn add(label: &str) -> Command {
    Command::TotpAdd { label: label.into(), parameters: PARAMETERS }
}

/// Here the password alone is enough for the first factor.
pub(super) async fn office() -> Office {
    let office = Office::with("[enrolment]\nfirst_factor = \"password\"\n");
    office.add("alice").await;
    office.add(NAME).await;
    office
}

/// Enrols a device as the user, with these answers to the engine's questions. Its id.
pub(super) async fn enrol(
    office: &Office,
    label: &str,
    answers: &[&str],
) -> Result<String, FailureKind> {
    let outcome = office.asked(caller(), NAME, add(label), answers).await?;
    let Outcome::TotpPending { credential, .. } = outcome else { panic!("{outcome:?}") };
    // The last step's code, so that the next ones are left for proofs. It is good in this step only.
    while clock::now() % 30 > 27 {
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let code = office.code_at(NAME, &credential, clock::now() - 30).await;
    let code = Secret::new(code.as_bytes());
    let confirm = Command::TotpConfirm { credential: credential.clone(), code };
    assert_eq!(office.asked(caller(), NAME, confirm, &[]).await, Ok(Outcome::Done));
    Ok(credential)
}

#[tokio::test]
async fn a_user_sees_the_own_account_and_nobody_elses() {
    let office = office().await;
    assert!(office.does_as(caller(), NAME, Command::Status).await.is_ok());
    for user in ["alice", "root", "NOBODY", ""] {
        let result = office.does_as(caller(), user, Command::Status).await;
        assert_eq!(result, Err(FailureKind::NotPermitted), "{user:?}");
    }
}

#[tokio::test]
async fn what_is_for_root_stays_so_for_the_own_account_too() {
    let office = office().await;
    let password = || Secret::new(b"secret");
    for command in [
        Command::UserAdd(Box::new(NewUser::with(password()))),
        Command::List(Listing::default()),
        Command::Orphans(OrphanCommand::Sweep { after: 0, force: true }),
        Command::User(UserCommand::Password { password: password(), must_change: true }),
        Command::User(UserCommand::Remove),
        Command::User(UserCommand::Posix { wish: PosixWish::default(), even_local: true }),
        Command::Group(GroupCommand::Make { group: "staff".into(), gid: None }),
        Command::Reset { seconds: 60 },
        Command::Settings,
        Command::Check { service: "imap".into(), address: None, typed: Some(password()) },
    ] {
        let result = office.does_as(caller(), NAME, command.clone()).await;
        assert_eq!(result, Err(FailureKind::NotPermitted), "{command:?}");
    }
}

#[tokio::test]
async fn a_change_takes_the_password_and_then_also_a_code_each_time() {
    let office = office().await;
    let refused = Err(FailureKind::NotPermitted);
    assert_eq!(enrol(&office, "Phone", &["wrong"]).await, refused);
    let id = enrol(&office, "Phone", &["secret"]).await.unwrap();
    let now = clock::now();
    let code = office.code_at(NAME, &id, now).await;
    assert_eq!(enrol(&office, "Tablet", &["secret", "000000"]).await, refused);
    assert!(enrol(&office, "Tablet", &["secret", &code]).await.is_ok());
    assert_eq!(enrol(&office, "Desk", &["secret", &code]).await, refused, "it is spent");
    let next = format!("secret;{}", office.code_at(NAME, &id, now + 30).await);
    assert!(enrol(&office, "Desk", &[&next]).await.is_ok(), "on one line");
}

#[tokio::test]
async fn a_user_sees_the_own_ssh_keys_and_adds_one_with_a_proof() {
    let office = office().await;
    let line = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAINDNlh0dRHa+riPsGunUE8Ebzd6wF3KaAo4Nm+ykPs4L";
    let put = || Command::SshKey(SshKeyCommand::Add { lines: vec![line.into()] });
    let list = || Command::SshKey(SshKeyCommand::List);
    let refused = office.asked(caller(), NAME, put(), &["wrong"]).await;
    assert_eq!(refused, Err(FailureKind::NotPermitted));
    let none = Outcome::SshKeys(SshKeyOutcome::List { keys: vec![], left_out: 0 });
    assert_eq!(office.does_as(caller(), NAME, list()).await, Ok(none));
    let added = office.asked(caller(), NAME, put(), &["secret"]).await;
    assert!(matches!(added, Ok(Outcome::SshKeys(SshKeyOutcome::Added { .. }))), "{added:?}");
    for command in [put(), list()] {
        let others = office.does_as(caller(), "alice", command).await;
        assert_eq!(others, Err(FailureKind::NotPermitted));
    }
}

/// Nobody spends a code on keys that cannot be added or removed.
#[tokio::test]
async fn ssh_keys_are_looked_at_before_the_proof() {
    let office = office().await;
    let key = |number: usize| {
        let key =
            "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAINDNlh0dRHa+riPsGunUE8Ebzd6wF3KaAo4Nm+ykPs4L";
        format!("{key} {number}")
    };
    let add = |lines| Command::SshKey(SshKeyCommand::Add { lines });
    let remove = |key: &str| Command::SshKey(SshKeyCommand::Remove { key: key.into() });
    for (command, kind) in [
        (add(vec![key(0), "none".into()]), FailureKind::Invalid),
        (add((0..33).map(key).collect()), FailureKind::Invalid),
        (remove("0"), FailureKind::NotFound),
    ] {
        let refused = office.asked(caller(), NAME, command.clone(), &[]).await;
        assert_eq!(refused, Err(kind), "{command:?}");
    }
    let two = add(vec![key(0), key(1)]);
    let added = office.asked(caller(), NAME, two, &["secret"]).await;
    assert!(added.is_ok(), "one proof for both: {added:?}");
}

/// What took a proof to begin is not ended either, once the account is closed.
#[tokio::test]
async fn in_a_closed_account_nothing_is_changed_and_all_may_be_seen() {
    let office = office().await;
    let id = enrol(&office, "Phone", &["secret"]).await.unwrap();
    for (close, open) in [
        (UserCommand::MustChange { must: true }, UserCommand::MustChange { must: false }),
        (UserCommand::Expire { at: Some(1) }, UserCommand::Expire { at: None }),
        (UserCommand::Enable { enabled: false }, UserCommand::Enable { enabled: true }),
    ] {
        assert_eq!(office.does(NAME, Command::User(close.clone())).await, Ok(Outcome::Done));
        let code = Secret::new(b"000000");
        let confirm = Command::TotpConfirm { credential: id.clone(), code: code.clone() };
        let address = Command::Email(EmailCommand::Confirm { code });
        for command in [confirm.clone(), address, remove(Kind::Totp, Some("Phone"))] {
            let result = office.does_as(caller(), NAME, command.clone()).await;
            assert_eq!(result, Err(FailureKind::NotPermitted), "{close:?} {command:?}");
        }
        assert!(office.does_as(caller(), NAME, Command::Status).await.is_ok());
        assert_eq!(office.does(NAME, Command::User(open)).await, Ok(Outcome::Done));
        let opened = office.does_as(caller(), NAME, confirm).await;
        assert_ne!(opened, Err(FailureKind::NotPermitted), "{close:?}");
    }
}

#[tokio::test]
async fn an_app_password_proves_nothing() {
    let office = office().await;
    let create = Command::AppPasswordCreate {
        label: "All".into(),
        services: Some(vec!["*".into()]),
        networks: vec![],
        expires: None,
    };
    let Ok(Outcome::AppPassword { password, .. }) = office.does(NAME, create).await else {
        panic!("an app password")
    };
    let result = enrol(&office, "Phone", &[password.expose_str().unwrap()]).await;
    assert_eq!(result, Err(FailureKind::NotPermitted));
}

#[tokio::test]
async fn nobody_locks_himself_out_but_root_may_take_the_last_factor() {
    let office = office().await;
    let id = enrol(&office, "Phone", &["secret"]).await.unwrap();
    let gone = remove(Kind::Totp, Some("Phone"));
    let result = office.asked(caller(), NAME, gone.clone(), &[]).await;
    assert_eq!(result, Err(FailureKind::Invalid));
    let removed = Outcome::Removed { credential: id, label: "Phone".into(), last: true };
    assert_eq!(office.does(NAME, gone).await, Ok(removed));
}

#[tokio::test]
async fn a_device_is_shown_again_until_it_is_confirmed() {
    let office = office().await;
    let show = || Command::TotpShow { credential: None };
    assert_eq!(office.does(NAME, show()).await, Err(FailureKind::NotFound));
    let made = office.asked(caller(), NAME, add("Phone"), &["secret"]).await;
    assert_eq!(office.asked(caller(), NAME, show(), &["secret"]).await, made);
    let Ok(Outcome::TotpPending { credential, .. }) = made else { panic!("{made:?}") };
    let code = office.code_at(NAME, &credential, clock::now()).await;
    let confirm = Command::TotpConfirm { credential, code: Secret::new(code.as_bytes()) };
    office.does(NAME, confirm).await.unwrap();
    assert_eq!(office.does(NAME, show()).await, Err(FailureKind::NotFound));
}

#[tokio::test]
async fn after_a_reset_only_the_enrolment_code_stands_for_the_second_factor() {
    let office = office().await;
    enrol(&office, "Phone", &["secret"]).await.unwrap();
    office.does(NAME, Command::BackupCodesGenerate).await.unwrap();
    let reset = Command::Reset { seconds: 3600 };
    let Ok(Outcome::Reset { code, removed, .. }) = office.does(NAME, reset).await else {
        panic!("a code")
    };
    assert_eq!(removed, 2);
    let code = code.expose_str().unwrap().to_owned();
    let kinds = async || {
        let status = office.status_of(NAME).await;
        status.credentials.into_iter().map(|one| one.kind).collect::<Vec<_>>()
    };
    assert_eq!(kinds().await, [Kind::EnrolmentCode]);
    let refused = Err(FailureKind::NotPermitted);
    assert_eq!(enrol(&office, "New", &["secret", "aaaa-bbbb-cccc"]).await, refused);
    // Made twice: the code is spent by the first.
    let first = office.asked(caller(), NAME, add("New"), &["secret", &code]).await;
    assert_eq!(enrol(&office, "Other", &["secret", &code]).await, refused);
    let Ok(Outcome::TotpPending { credential, .. }) = first else { panic!("{first:?}") };
    let shown = office.code_at(NAME, &credential, clock::now()).await;
    let confirm = Command::TotpConfirm { credential, code: Secret::new(shown.as_bytes()) };
    office.does_as(caller(), NAME, confirm).await.unwrap();
    assert_eq!(kinds().await, [Kind::Totp], "the code is gone");
}

#[tokio::test]
async fn an_enrolment_code_opens_one_login_too_and_ends() {
    let office = office().await;
    let check = async |typed: &str| {
        let login = monk_wire::Login {
            user: NAME.into(),
            service: "sshd".into(),
            address: None,
            terminal: None,
            person: None,
            typed: Some(Secret::new(typed.as_bytes())),
            can_ask: false,
            publickey: false,
            forward: false,
            budget_ms: 10_000,
        };
        let mut person = Person(vec![], vec![]);
        let mode = crate::login::Mode::Real;
        crate::login::run(&office.engine, ROOT, &login, mode, &mut person).await.ending
    };
    let reset = |seconds| Command::Reset { seconds };
    assert_eq!(office.does(NAME, reset(0)).await, Err(FailureKind::Invalid));
    let Ok(Outcome::Reset { code, .. }) = office.does(NAME, reset(3600)).await else {
        panic!("a code")
    };
    let typed = format!("secret;{}", code.expose_str().unwrap());
    let granted = Ending::Granted(Grant::EnrolmentCode);
    assert_eq!(check("secret").await, Ending::Refused(Refusal::CodeMissing));
    assert_eq!(check(&typed).await, granted);
    assert_eq!(check(&typed).await, Ending::Refused(Refusal::ReplayedCode));
    assert!(enrol(&office, "Phone", &[&typed]).await.is_ok(), "and one enrolment");

    let Ok(Outcome::Reset { code, .. }) = office.does(NAME, reset(1)).await else {
        panic!("a code")
    };
    tokio::time::sleep(Duration::from_millis(2100)).await;
    let typed = format!("secret;{}", code.expose_str().unwrap());
    assert_eq!(check(&typed).await, Ending::Refused(Refusal::ExpiredCode));
    assert_eq!(check("secret").await, Ending::Refused(Refusal::CodeMissing), "still asked for");
}

/// Somebody who has typed password and code should not hear only then that it was for nothing.
#[tokio::test]
async fn what_can_be_refused_at_once_is_refused_before_anybody_is_asked() {
    let office = office().await;
    enrol(&office, "Phone", &["secret"]).await.unwrap();
    let create = |label: &str, network: &str| Command::AppPasswordCreate {
        label: label.into(),
        services: None,
        networks: vec![network.into()],
        expires: None,
    };
    office.does(NAME, create("Mail", "192.0.2.0/24")).await.unwrap();
    let rename = |credential: &str, label: &str| Command::Rename {
        kind: Kind::Totp,
        credential: credential.into(),
        label: label.into(),
    };
    for (command, kind) in [
        (add("Phone"), FailureKind::Exists),
        (add("a\nb"), FailureKind::Invalid),
        (create("Mail", "192.0.2.0/24"), FailureKind::Exists),
        (create("Tablet", "home"), FailureKind::Invalid),
        (rename("Tablet", "Desk"), FailureKind::NotFound),
        (rename("Phone", ""), FailureKind::Invalid),
        (remove(Kind::Totp, Some("Tablet")), FailureKind::NotFound),
        (remove(Kind::BackupCodes, None), FailureKind::NotFound),
        // The last second factor, where logins ask for one.
        (remove(Kind::Totp, Some("Phone")), FailureKind::Invalid),
        (Command::TotpShow { credential: None }, FailureKind::NotFound),
        (Command::Email(EmailCommand::Remove), FailureKind::NotFound),
        (Command::Email(EmailCommand::Set { address: None }), FailureKind::Invalid),
        (Command::Email(EmailCommand::Test { service: None }), FailureKind::Invalid),
    ] {
        let result = office.asked(caller(), NAME, command.clone(), &[]).await;
        assert_eq!(result, Err(kind), "{command:?}");
    }
}

#[tokio::test]
async fn a_user_who_is_disabled_is_told_so_and_asked_for_nothing() {
    let office = office().await;
    office.does(NAME, Command::User(UserCommand::Enable { enabled: false })).await.unwrap();
    let result = office.asked(caller(), NAME, add("Phone"), &[]).await;
    assert_eq!(result, Err(FailureKind::NotPermitted));
}

#[tokio::test]
async fn a_user_who_is_not_in_monk_is_told_so_and_asked_for_nothing() {
    let office = Office::with_alice().await;
    for command in [add("Phone"), Command::BackupCodesGenerate, Command::Status] {
        let manage = Manage { user: NAME.into(), command: command.clone() };
        let reply = run(&office.engine, caller(), manage, &mut Person(vec![], vec![])).await;
        let Reply::Failed(failure) = reply else { panic!("{reply:?}") };
        let unknown = Failure::NoSuchUser { user: NAME.into(), is_caller: true };
        assert_eq!(failure, unknown, "{command:?}");
    }
}
