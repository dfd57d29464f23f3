//! Codes by mail: asked for with a password, sent by a real server, typed behind the password.

use std::time::Duration;

use monk_tests::in_every_setup;
use monk_tests::site::{Setup, Site};
use monk_tests::{MailServer, MailServerOptions, until};

/// How long the line of a mail may be on its way into the audit: the longest timeout set here,
/// and a slow machine.
const LINE_LIMIT: Duration = Duration::from_secs(15);

in_every_setup!(
    a_password_and_the_word_email_bring_a_code_that_opens_imap_once,
    five_wrong_tries_end_a_code,
);

/// A site whose mails go to a server of its own, with `more` in the section `[mail]`.
fn site_with_mail(setup: Setup, more: &str) -> (Site, MailServer) {
    let site = setup.site_with("[engine]\nrefusal_ms = 0\n");
    let server = MailServer::start(&site.world, &MailServerOptions::default());
    mail_settings(&site, &server, more);
    (site, server)
}

fn mail_settings(site: &Site, server: &MailServer, more: &str) {
    write_settings(site, &format!("port = {}\n{more}", server.port()));
}

/// Writes `[mail]` with these lines, and has the engine read it.
fn write_settings(site: &Site, mail: &str) {
    site.write_settings(&format!(
        "[engine]\nrefusal_ms = 0\n[mail]\nfrom = \"monk@example.org\"\n{mail}"
    ));
    site.reload_if_resident();
}

/// The lines of the audit about mails.
fn mail_lines(site: &Site) -> Vec<String> {
    let log = site.world.log().into_iter();
    log.filter(|line| line.tag == "monkd" && line.text.starts_with("mail "))
        .map(|line| line.text)
        .collect()
}

/// Waits for the line of that number, the first being 1.
#[track_caller]
fn mail_line(site: &Site, number: usize) -> String {
    let line = until(LINE_LIMIT, || mail_lines(site).into_iter().nth(number - 1));
    line.unwrap_or_else(|| panic!("the audit has no mail {number}: {:#?}", site.world.log()))
}

/// Another code than this one.
fn wrong(code: &str) -> String {
    let number: u32 = code.parse().expect("six digits");
    format!("{:06}", (number + 1) % 1_000_000)
}

#[track_caller]
fn asks_for_a_code(site: &Site, service: &str, user: &str) {
    let pam = site.pam(service, user).types("secret;email");
    assert_eq!(site.denies(pam), "code-sent");
}

fn a_password_and_the_word_email_bring_a_code_that_opens_imap_once(setup: Setup) {
    let (site, server) = site_with_mail(setup, "");
    site.add_user("alice", "secret");
    let imap = site.imap();
    assert_eq!(site.refuses(&imap, "alice", "wrong;email"), "wrong-password");
    assert_eq!(site.refuses(&imap, "alice", "secret"), "code-missing");
    assert_eq!(site.refuses(&imap, "alice", "secret;email"), "code-sent");
    let mail = server.mail(1);
    assert_eq!(mail.recipients, ["alice@example.org"]);
    let line = mail_line(&site, 1);
    assert!(line.starts_with("mail user=alice service=imap to=a…@example.org verdict=sent"));
    let code = mail.code();
    assert!(!site.world.log().iter().any(|line| line.text.contains(&code)));
    assert_eq!(site.refuses(&imap, "alice", &format!("wrong;{code}")), "wrong-password");
    let typed = format!("secret;{code}");
    assert_eq!(site.opens(&imap, "alice", &typed), "emailed-code");
    assert_eq!(site.refuses(&imap, "alice", &typed), "replayed-code");
    assert_eq!(server.mails().len(), 1, "a wrong password has sent nothing");
}

fn five_wrong_tries_end_a_code(setup: Setup) {
    let (site, server) = site_with_mail(setup, "");
    let phone = site.user_with_device("alice", "secret");
    site.pam_service("imap", "");
    asks_for_a_code(&site, "imap", "alice");
    let code = server.mail(1).code();
    let login = |typed: String| site.pam("imap", "alice").types(typed);
    for _ in 0..3 {
        assert_eq!(site.denies(login(format!("secret;{}", wrong(&code)))), "wrong-code");
    }
    // What a device shows, and what comes behind a wrong password, is no guess at the code.
    assert_eq!(site.grants(login(format!("secret;{}", phone.code()))), "totp");
    assert_eq!(site.denies(login(format!("wrong;{}", wrong(&code)))), "wrong-password");
    for _ in 0..2 {
        assert_eq!(site.denies(login(format!("secret;{}", wrong(&code)))), "wrong-code");
    }
    assert_eq!(site.denies(login(format!("secret;{code}"))), "too-many-tries");
    asks_for_a_code(&site, "imap", "alice");
    let code = server.mail(2).code();
    assert_eq!(site.grants(login(format!("secret;{code}"))), "emailed-code");
}
