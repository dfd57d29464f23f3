//! The address of a user's own: set, confirmed, used, removed.

use monk_tests::site::{Setup, Site};
use monk_tests::{Status, in_every_setup};

use super::{asks_for_a_code, site_with_mail, wrong};

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
    assert_eq!(site.denies(login(format!("secret;{code}"))), "wrong-password");
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
    assert_eq!(site.denies(login(format!("secret;{code}"))), "wrong-password");
    let (gone, output) = site.try_enroll(&["email", "remove", "alice"]);
    assert_eq!(gone["error"]["kind"], "not-found", "{output}");
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
