//! The time until users have to have enrolled.

use monk_tests::site::{Backend, Running, Setup};
use monk_tests::{SshdOptions, Typist, in_every_setup};

in_every_setup!(new_users_have_some_days_and_are_told_so);

fn new_users_have_some_days_and_are_told_so(setup: Setup) {
    let site = setup.site_with("[service.imap]\ngrace_days = 14\n");
    site.pam_service("imap", "");
    site.add_user("alice", "secret");
    let password = || site.pam("imap", "alice").types("secret");
    let (login, line) = site.audited(|| password().authenticate());
    assert_eq!(
        (line.verdict.as_str(), line.reason.as_str()),
        ("granted", "grace"),
        "{}",
        line.text
    );
    assert!(login.shown.contains("You have no second factor yet"), "{}", login.shown);
    assert_eq!(site.denies(site.pam("imap", "alice").types("wrong")), "wrong-password");
    // Whoever has enrolled is asked from that moment on.
    let phone = site.device("alice", "Phone");
    assert_eq!(site.denies(password()), "code-missing");
    let typed = format!("secret;{}", phone.code());
    assert_eq!(site.grants(site.pam("imap", "alice").types(&typed)), "totp");
}

#[test]
fn a_day_that_is_over_is_over() {
    let setup = Setup { backend: Backend::Embedded, running: Running::Resident };
    let site = setup.site_with("[service.imap]\ngrace_until = 2026-01-01\n");
    site.pam_service("imap", "");
    site.add_user("alice", "secret");
    assert_eq!(site.denies(site.pam("imap", "alice").types("secret")), "not-enrolled");
    site.write_settings("[service.imap]\ngrace_until = 2999-12-31\n");
    site.reload_engine();
    assert_eq!(site.grants(site.pam("imap", "alice").types("secret")), "grace");
}

#[test]
fn sshs_users_press_enter_and_read_the_notice() {
    let setup = Setup { backend: Backend::Embedded, running: Running::Resident };
    let site = setup.site_with("[service.sshd]\ngrace_days = 14\n");
    site.world.add_system_user("alice");
    site.add_user("alice", "secret");
    let sshd = site.sshd(SshdOptions::default());
    let port = sshd.port();
    let ssh = format!(
        "ssh -F none -tt -p {port} -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null alice@127.0.0.1"
    );
    let screen = Typist::new(&site.world, &ssh)
        .answer("Password: ", "secret")
        .answer("(Enter if you have none yet) ", "")
        .answer("$ ", "exit")
        .run();
    let text = screen.text();
    assert!(screen.unasked.is_empty(), "{:?}\n{text}\n{}", screen.unasked, sshd.log());
    assert!(text.contains("You have no second factor yet"), "{text}");
    assert_eq!(site.last_login().reason, "grace");
}
