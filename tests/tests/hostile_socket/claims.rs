//! A local user who speaks for another.

use std::time::Duration;

use monk_client::WireError;
use monk_terms::kind::Kind;
use monk_tests::clients::WireAnswer;
use monk_tests::clients::WireLogin;
use monk_tests::figures;
use monk_tests::site::Site;
use monk_wire::manage::{
    Algorithm, Command, DeviceItem, DeviceStep, EmailCommand, FailureKind, GroupCommand, Import,
    KeyCommand, Listing, Manage, NewUser, OrphanCommand, PosixWish, RowPassword, ThrottleCommand,
    TotpParameters, UserCommand, UserEntry, UserStep, doctor::Examination,
};
use monk_wire::{Login, Reply, Request, Secret};

use crate::{Attacked, BOB};

const BUDGET: Duration = Duration::from_secs(10);

fn secret() -> Secret {
    Secret::new(b"JBSWY3DPEHPK3PXP")
}

/// Every command there is, and who is meant.
fn commands() -> Vec<Command> {
    let parameters = TotpParameters { algorithm: Algorithm::Sha1, digits: 6, period: 30 };
    let label = || "Mine".to_owned();
    let credential = || Some("Mail".to_owned());
    let item = DeviceItem {
        user: "alice".into(),
        label: label(),
        seed: secret(),
        parameters,
        scratch_codes: vec![],
    };
    let entry = UserEntry {
        name: "mallory".into(),
        mail: None,
        password: RowPassword::Plain(secret()),
        disabled: false,
        expires: None,
        posix: PosixWish::default(),
    };
    let import = |step| Import::Devices { step, token: [0; 16], items: vec![item.clone()] };
    let kinds = [Kind::Totp, Kind::AppPassword, Kind::BackupCodes];
    let rename = |kind| Command::Rename { kind, credential: "Mail".into(), label: label() };
    let mut commands: Vec<_> = kinds.into_iter().map(rename).collect();
    commands.extend(kinds.map(|kind| Command::Remove { kind, credential: credential() }));
    commands.extend(
        [DeviceStep::Check, DeviceStep::Enrol, DeviceStep::Withdraw]
            .map(|step| Command::Import(import(step))),
    );
    commands.extend(
        [UserStep::Check, UserStep::Hash, UserStep::Commit]
            .map(|step| Command::Import(Import::Users { step, rows: vec![entry.clone()] })),
    );
    commands.extend([
        Command::UserAdd(Box::new(NewUser::with(secret()))),
        Command::TotpAdd { label: label(), parameters },
        Command::TotpConfirm { credential: label(), code: Secret::new(b"123456") },
        Command::AppPasswordCreate {
            label: label(),
            services: None,
            networks: vec![],
            expires: None,
        },
        Command::BackupCodesGenerate,
        Command::Status,
        Command::Check { service: "imap".into(), address: None, typed: Some(secret()) },
        Command::TotpShow { credential: None },
        Command::Reset { seconds: 3600 },
        Command::List(Listing::default()),
        Command::Orphans(OrphanCommand::List),
        Command::Orphans(OrphanCommand::Sweep { after: 0, force: true }),
        Command::User(UserCommand::Password { password: secret(), must_change: false }),
        Command::User(UserCommand::Enable { enabled: false }),
        Command::User(UserCommand::Remove),
        Command::Key(KeyCommand::Create),
        Command::Key(KeyCommand::List),
        Command::Key(KeyCommand::Rotate { id: "00000000".into() }),
        Command::Key(KeyCommand::Retire { id: "00000000".into() }),
        Command::Settings,
        Command::Group(GroupCommand::List { after: None }),
        Command::Group(GroupCommand::Join { group: "staff".into() }),
        Command::Group(GroupCommand::Leave { group: "staff".into() }),
        Command::Email(EmailCommand::Set { address: Some("bob@example.org".into()) }),
        Command::Email(EmailCommand::Confirm { code: Secret::new(b"123456") }),
        Command::Email(EmailCommand::Test { service: None }),
        Command::Email(EmailCommand::Remove),
        Command::Doctor(Examination { role: None, as_user: None }),
        Command::Throttle(ThrottleCommand::List),
        Command::Throttle(ThrottleCommand::Clear { whose: None }),
    ]);
    commands
}

fn say(site: &Site, uid: u32, request: &Request) -> Result<Reply, WireError> {
    let endpoint = site.endpoint();
    site.world.inside_as(uid, || monk_one_shot::open(&endpoint, BUDGET)?.call(request))
}

/// monk-enroll would say no itself to some of this; here nothing stands between.
#[test]
fn every_command_about_another_user_is_refused_to_everybody_but_root() {
    let attacked = Attacked::new();
    let site = &attacked.site;
    site.world.command("useradd").args(["--uid", "5001", "bob"]).run().expect_success();
    site.add_user("bob", "secret");
    let (before, users) = (site.enroll(&["status", "alice"]), site.enroll(&["user", "list"]));
    let commands = commands();
    let count = commands.len();
    for command in commands {
        let asked = format!("{command:?}");
        let request = Request::Manage(Manage { user: "alice".into(), command });
        match say(site, BOB, &request).expect("the engine answers") {
            Reply::Failed(failure) => {
                assert_eq!(failure.kind(), FailureKind::NotPermitted, "{asked}: {failure:?}");
            }
            other => panic!("{asked}: {other:?}"),
        }
    }
    assert_eq!(site.enroll(&["status", "alice"]), before);
    assert_eq!(site.enroll(&["user", "list"]), users);
    let seen = format!("{count} of {count} refused, nothing changed");
    figures::row(
        "hostile",
        &["a user sends every command about another one", &seen, "all refused"],
    );
}

#[test]
fn what_only_roots_programs_can_know_is_not_believed_of_others() {
    let site = Site::with_settings(
        monk_tests::site::Backend::Embedded,
        monk_tests::site::Running::Resident,
        "[service.sshd]\npassword = \"skip-after-publickey\"\n[engine]\nrefusal_ms = 0\n",
    );
    let phone = site.user_with_device("alice", "secret");
    let code = phone.code();
    let login = |publickey| {
        Request::Login(Login {
            user: "alice".into(),
            service: "sshd".into(),
            address: None,
            terminal: None,
            person: None,
            typed: Some(Secret::new(code.as_bytes())),
            can_ask: false,
            publickey,
            forward: true,
            budget_ms: 10_000,
        })
    };
    let (answer, line) = site.audited(|| say(&site, BOB, &login(true)));
    assert!(matches!(answer, Ok(Reply::Denied(_))), "{answer:?}");
    assert_eq!(line.reason, "not-trusted");
    // An answer without a question, and a second login in the place of an answer.
    let nothing = say(&site, BOB, &Request::Answer(Some(secret())));
    assert!(matches!(nothing, Err(WireError::Broken(_))), "{nothing:?}");
    // The code is as good as new for somebody who may say so.
    let (answer, line) = site.audited(|| say(&site, 0, &login(true)));
    assert_eq!((line.verdict.as_str(), line.reason.as_str()), ("granted", "totp"), "{answer:?}");
}

/// The failures of a program that is not root's count for that program's user alone, whatever
/// address it states: nobody can have others locked out.
#[test]
fn a_user_who_guesses_from_the_owners_address_does_not_slow_the_owner_down() {
    let attacked = Attacked::new();
    let (site, endpoint) = (&attacked.site, attacked.site.endpoint());
    let home = "203.0.113.5";
    let owner = WireLogin { service: "imap", user: "alice", typed: &attacked.typed };
    let owner = || site.world.inside(|| owner.run_from(&endpoint, home));
    assert_eq!(owner(), WireAnswer::Granted);
    for guess in 0..40 {
        let typed = format!("guess {guess}");
        let login = WireLogin { service: "imap", user: "alice", typed: &typed };
        let answer = site.world.inside_as(BOB, || login.run_from(&endpoint, home));
        assert_eq!(answer, WireAnswer::Denied);
    }
    assert_eq!(owner(), WireAnswer::Granted);
    let throttled = site.logins().iter().filter(|line| line.reason == "throttled").count();
    assert!(throttled > 0, "the one who guesses is slowed down");
    let seen = format!("{throttled} of 40 guesses not looked at, the owner gets in");
    let attack = "a local user guesses, and claims the owner's address";
    figures::row("hostile", &[attack, &seen, "the owner is not slowed down"]);
}
