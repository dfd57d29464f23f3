use monk_wire::manage::{Algorithm, CredentialStatus, Failure};

use super::*;
use crate::commands::status;
use crate::scripted::{Scene, Step, done, failed};

const ID: &str = "5f0c1d2e3a4b5968";
const SECRET: &str = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP";
const URI: &str = "otpauth://totp/monk:alice?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP&issuer=monk";

const USUAL: TotpParameters = TotpParameters { algorithm: Algorithm::Sha1, digits: 6, period: 30 };

fn pending() -> Step {
    pending_with("Phone", USUAL)
}

fn pending_with(label: &str, parameters: TotpParameters) -> Step {
    done(Outcome::TotpPending {
        credential: ID.into(),
        secret: Secret::new(SECRET.as_bytes()),
        uri: Secret::new(URI.as_bytes()),
        label: label.into(),
        parameters,
    })
}

fn wrong() -> Step {
    failed(Failure::WrongCode { clock: None })
}

fn confirmation(code: &str) -> Command {
    Command::TotpConfirm { credential: ID.into(), code: Secret::new(code.as_bytes()) }
}

#[test]
fn a_device_is_shown_and_then_confirmed_with_blanks_in_the_code() {
    let parameters = TotpParameters { algorithm: Algorithm::Sha256, digits: 8, period: 60 };
    let script = [pending_with("Tablet", parameters), wrong(), done(Outcome::Done)];
    let seen = Scene::new(script).answers(["111111", " 123 456 "]);
    let seen = seen.run("totp add alice --algorithm sha256 --digits 8 --period 60 --name Tablet");
    assert_eq!(
        (seen.exit, seen.errors.as_str()),
        (Exit::Done, "the code is wrong: type the one that the device shows now\n")
    );
    let expected = [
        Command::TotpAdd { label: "Tablet".into(), parameters },
        confirmation("111111"),
        confirmation("123456"),
    ];
    assert_eq!(seen.commands(), expected);
    for shown in [URI, "JBSW Y3DP EHPK 3PXP", "Tablet of alice", "SHA-256, 8 digits, 60 seconds"] {
        assert!(seen.out.contains(shown), "{shown} in\n{}", seen.out);
    }
    assert!(
        seen.out.ends_with(
            "Tablet is active: alice logs in with PASSWORD;CODE from now on.\n\
             The code that you just typed is spent: use the next code for your first login.\n"
        ),
        "{}",
        seen.out
    );
}

#[test]
fn wrong_codes_leave_it_for_later() {
    let scene = Scene::new([pending(), wrong(), wrong()]).answers(["111111", "222222", "12345"]);
    let seen = scene.run("totp add alice");
    assert_eq!(seen.exit, Exit::WrongCode, "and what is no code is not sent");
    assert!(seen.errors.contains("monk-enroll totp confirm alice --name 5f0c1d2e3a4b5968"));
}

#[test]
fn an_empty_answer_leaves_it_for_later() {
    let seen = Scene::new([pending()]).answers([" "]).run("totp add alice");
    assert_eq!(seen.exit, Exit::Done);
    assert!(seen.out.ends_with("monk-enroll totp confirm alice --name 5f0c1d2e3a4b5968\n"));
}

#[test]
fn without_a_terminal_it_says_how_to_confirm() {
    let seen = Scene::new([pending()]).run("totp add alice");
    assert_eq!(seen.exit, Exit::Done);
    assert!(seen.out.ends_with("monk-enroll totp confirm alice --name 5f0c1d2e3a4b5968\n"));
    assert!(!seen.out.contains('\x1b'));
}

#[test]
fn a_program_gets_json_and_no_question() {
    let seen = Scene::new([pending()]).answers([]).run("totp add alice --json");
    seen.assert_documented("totp add");
}

#[test]
fn an_engine_that_is_gone_leaves_it_for_later() {
    let script = [pending(), Step::HangUp];
    let seen = Scene::new(script).answers(["123456"]).run("totp add alice");
    assert_eq!(seen.exit, Exit::Unavailable);
    assert_eq!(seen.errors.lines().count(), 2, "{}", seen.errors);
}

fn has(devices: &[(&str, &str, bool)]) -> Step {
    let credential = |&(id, label, pending): &(&str, &str, bool)| {
        let (id, label) = (id.into(), label.into());
        CredentialStatus { id, label, pending, ..status::tests::credential() }
    };
    done(Outcome::Status(status::tests::status(devices.iter().map(credential).collect())))
}

#[test]
fn the_one_device_that_waits_needs_no_name() {
    let devices = [("01", "Old", false), (ID, "Phone", true)];
    let script = [has(&devices), done(Outcome::Done)];
    let line = "totp confirm alice --code-stdin";
    let seen = Scene::new(script.clone()).piped("123 456").run(line);
    assert_eq!(seen.commands()[1], confirmation("123456"));
    assert!(seen.out.starts_with("Phone is active"), "{}", seen.out);
    let seen = Scene::new(script).piped("123 456").run(&format!("{line} --json"));
    seen.assert_documented("totp confirm");
}

#[test]
fn where_none_or_several_wait_it_says_so() {
    let line = "totp confirm alice --code-stdin";
    assert_eq!(Scene::new([has(&[("01", "Old", false)])]).run(line).exit, Exit::NotFound);
    let seen = Scene::new([has(&[("01", "A", true), ("02", "B", true)])]).run(line);
    assert_eq!(seen.exit, Exit::Usage);
    assert!(seen.errors.contains("A (01), B (02)"), "{}", seen.errors);
}

#[test]
fn a_device_is_confirmed_by_its_name() {
    let waits = has(&[(ID, "Phone", true)]);
    let scene = Scene::new([waits, wrong()]).answers(["123456"]);
    let seen = scene.run("totp confirm alice --name Phone");
    assert_eq!(seen.exit, Exit::WrongCode);
    assert_eq!(
        seen.errors,
        "monk-enroll: the code is wrong: type the one that the device shows now\n"
    );
    let seen = Scene::new([]).run("totp confirm alice --name Phone");
    assert_eq!(seen.exit, Exit::Usage);
    assert!(seen.errors.contains("--code-stdin"));
}

#[test]
fn a_device_that_waits_is_shown_again() {
    let seen = Scene::new([pending()]).run("totp show-qr alice --name Phone");
    assert_eq!(seen.commands(), [Command::TotpShow { credential: Some("Phone".into()) }]);
    assert!(seen.out.contains("JBSW Y3DP EHPK 3PXP"), "{}", seen.out);
    assert!(seen.out.ends_with("monk-enroll totp confirm alice --name 5f0c1d2e3a4b5968\n"));
    let seen = Scene::new([pending()]).run("totp show-qr alice --json");
    assert_eq!(seen.commands(), [Command::TotpShow { credential: None }]);
    seen.assert_documented("totp show-qr");
}

#[test]
fn devices_are_listed_renamed_and_removed_after_a_question() {
    let seen = Scene::new([has(&[(ID, "Phone", false)])]).run("totp list alice");
    let expected = "\
NAME   ID                STATE   CREATED     LAST USED
Phone  5f0c1d2e3a4b5968  active  2026-11-21  never
";
    assert_eq!(seen.out, expected);
    let seen = Scene::new([has(&[(ID, "Phone", false)])]).run("totp list alice --json");
    seen.assert_documented("totp list");
    assert_eq!(Scene::new([has(&[])]).run("totp list alice").out, "alice has no devices.\n");

    let line = "totp rename alice Phone --to Old --json";
    Scene::new([done(Outcome::Done)]).run(line).assert_documented("totp rename");

    let gone =
        || done(Outcome::Removed { credential: ID.into(), label: "Phone".into(), last: true });
    let scene = Scene::new([has(&[(ID, "Phone", false)]), gone()]).answers(["y"]);
    let seen = scene.run("totp remove alice Phone");
    assert_eq!(seen.questions, ["Remove the device “Phone” of alice? [y/N] "]);
    assert!(
        seen.out.starts_with("Phone of alice is gone; it opens nothing now.\n! It was the last")
    );
    assert_eq!(Scene::new([]).run("totp remove alice Phone").exit, Exit::Usage);
    let seen = Scene::new([gone()]).run("totp remove alice Phone --yes --json");
    seen.assert_documented("totp remove");
}

#[test]
fn root_says_whose_and_nobody_is_taken_for_a_device() {
    let seen = Scene::new([]).run("totp remove Phone --yes");
    if nix::unistd::Uid::effective().is_root() {
        assert_eq!(seen.exit, Exit::Usage);
        assert!(seen.errors.contains("say whose"), "{}", seen.errors);
    } else {
        assert_ne!(seen.exit, Exit::Done);
    }
}

/// Nobody looks for the phone, or agrees to something, to hear then that it was for nothing.
#[test]
fn what_would_be_refused_anyway_is_refused_before_the_question() {
    for (devices, line, word) in [
        (&[(ID, "Phone", false)][..], "totp confirm alice --name Phone", "active already"),
        (&[(ID, "Phone", true)], "totp confirm alice --name Tablet", "is called"),
        (&[(ID, "Phone", false)], "totp remove alice Tablet", "is called"),
    ] {
        let seen = Scene::new([has(devices)]).answers([]).run(line);
        assert_eq!((seen.exit, seen.questions.len()), (Exit::NotFound, 0), "{line}");
        assert!(seen.errors.contains(word), "{}", seen.errors);
    }
}

#[test]
fn an_address_that_waits_is_no_device_that_waits() {
    let address =
        CredentialStatus { kind: Kind::Email, pending: true, ..status::tests::credential() };
    let status = done(Outcome::Status(status::tests::status(vec![address])));
    let seen = Scene::new([status]).piped("123456").run("totp confirm alice --code-stdin");
    assert_eq!(seen.exit, Exit::NotFound);
}
