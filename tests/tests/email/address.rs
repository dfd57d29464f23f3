//! The address of a user's own: set, confirmed, used, removed.

use monk_tests::site::{Running, Setup, Site};
use monk_tests::{Status, Typist, in_every_setup};

use super::{asks_for_a_code, embedded, mail_line, site_with_mail, wrong};

in_every_setup!(an_address_is_set_confirmed_used_and_removed);

fn an_address_is_set_confirmed_used_and_removed(setup: Setup) {
    let (site, server) = site_with_mail(setup, "directory_address = false\n");
    site.add_user("alice", "secret");
    site.pam_service("imap", "");
    let login = |typed: String| site.pam("imap", "alice").types(typed);
    assert_eq!(site.denies(login("secret;email".into())), "no-address");
    assert_eq!(site.denies(login("secret".into())), "not-enrolled");

    let pending = site.enroll(&["email", "set", "alice", "--address", "home@example.net"]);
    assert_eq!((&pending["state"], &pending["minutes"]), (&"pending".into(), &30.into()));
    let mail = server.mail(1);
    assert_eq!(mail.recipients, ["home@example.net"]);
    // Nobody knows yet whose address that is.
    assert_eq!(site.denies(login("secret;email".into())), "no-address");
    assert_eq!(confirm(&site, &wrong(&mail.code())), Some(6));
    let code = mail.code();
    assert_eq!(site.denies(login(format!("secret;{code}"))), "unexpected-code");
    assert_eq!(confirm(&site, &format!(" {} {}", &code[..3], &code[3..])), Some(0));
    assert_eq!(confirm(&site, &code), Some(4), "nothing waits any more");

    let status = site.enroll(&["status", "alice"]);
    let credentials = status["credentials"].as_array().expect("a list");
    assert_eq!(credentials.len(), 1, "{status}");
    assert_eq!(credentials[0]["kind"], "email");
    assert_eq!(
        (&credentials[0]["name"], &credentials[0]["state"]),
        (&"home@example.net".into(), &"active".into())
    );
    assert_eq!(site.denies(login(format!("secret;{code}"))), "wrong-code");
    asks_for_a_code(&site, "imap", "alice");
    let mail = server.mail(2);
    assert_eq!(mail.recipients, ["home@example.net"]);
    assert_eq!(site.grants(login(format!("secret;{}", mail.code()))), "emailed-code");

    asks_for_a_code(&site, "imap", "alice");
    let code = server.mail(3).code();
    let removed = site.enroll(&["email", "remove", "alice"]);
    assert_eq!(removed["removed"], serde_json::json!(["home@example.net"]));
    assert_eq!(site.denies(login(format!("secret;{code}"))), "unexpected-code");
    let (gone, output) = site.try_enroll(&["email", "remove", "alice"]);
    assert_eq!(gone["error"]["kind"], "not-found", "{output}");

    // Setting and removing does not make new mails of it: three were sent, and five may be.
    for _ in 0..2 {
        site.enroll(&["email", "set", "alice", "--address", "home@example.net"]);
        site.enroll(&["email", "remove", "alice"]);
    }
    let sixth = ["email", "set", "alice", "--address", "home@example.net"];
    let (said, output) = site.try_enroll(&sixth);
    assert_eq!(said["error"]["kind"], "invalid", "{output}");
    assert_eq!(server.mails().len(), 5);
    let status = site.enroll(&["status", "alice"]);
    assert_eq!(status["credentials"], serde_json::json!([]));
}

/// Types a code into `email confirm`; the exit code.
fn confirm(site: &Site, code: &str) -> Option<i32> {
    let command = site.world.command("monk-enroll").args(["email", "confirm", "alice"]);
    let output = command.arg("--code-stdin").stdin(format!("{code}\n")).run();
    match output.status {
        Status::Code(code) => Some(code),
        _ => None,
    }
}

/// Somebody with a shell, at a terminal, who has nothing but a password yet, which is enough here.
#[test]
fn given_a_shell_users_set_their_own_address_and_prove_themselves_by_it_from_then_on() {
    let more = "[enrolment]\nfirst_factor = \"password\"\nnotices = false\n";
    let (site, server) = site_with_mail(embedded(Running::Resident), more);
    site.world.add_system_user("alice");
    site.add_user("alice", "secret");
    let screen = Typist::new(
        &site.world,
        "runuser -u alice -- monk-enroll --no-color email set --address home@example.net",
    )
    .answer("Password: ", "secret")
    .answer("Type the code", "000000")
    .answer_with("Once more", |_| server.mail(1).code())
    .run();
    assert_eq!((screen.status, screen.unasked.len()), (Status::Code(0), 0), "{screen:?}");
    assert!(screen.text().contains("home@example.net is active"), "{screen:?}");

    // Users do not remove their last factor themselves, and hear so before they prove anything.
    let screen = Typist::new(&site.world, "runuser -u alice -- monk-enroll email remove")
        .answer("Remove the mail address", "y")
        .answer("Password: ", "never asked")
        .run();
    assert!(screen.text().contains("this is your last second factor"), "{screen:?}");
    assert_eq!((screen.status, screen.unasked.len()), (Status::Code(8), 1), "{screen:?}");

    // The next change asks for a code, which can be sent there.
    let create = "runuser -u alice -- monk-enroll app-password create --name Mail";
    let screen = Typist::new(&site.world, create)
        .answer("Password: ", "secret")
        .answer("Code from", "email")
        .answer_with("Code sent to h…@example.net", |_| server.mail(2).code())
        .run();
    assert_eq!((screen.status, screen.unasked.len()), (Status::Code(0), 0), "{screen:?}");

    // In one line as well, and the mail goes out although the command is refused.
    let screen = Typist::new(&site.world, "runuser -u alice -- monk-enroll backup-codes generate")
        .answer("Password: ", "secret;email")
        .run();
    assert_ne!(screen.status, Status::Code(0), "{screen:?}");
    assert!(mail_line(&site, 2).contains(" service=monk-enroll to=h…@example.net verdict=sent"));
    let code = server.mail(3).code();
    let screen = Typist::new(&site.world, "runuser -u alice -- monk-enroll backup-codes generate")
        .answer("Password: ", &format!("secret;{code}"))
        .run();
    assert_eq!(screen.status, Status::Code(0), "{screen:?}");
}
