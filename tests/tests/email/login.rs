//! `PASSWORD;email`, then `PASSWORD;CODE`, in the one box of a mail program.

use monk_tests::site::{Running, Setup};
use monk_tests::{MailServer, MailServerOptions, in_every_setup};

use super::{asks_for_a_code, embedded, mail_line, site_with_mail, wrong};

in_every_setup!(
    a_password_and_the_word_email_bring_a_code_that_opens_imap_once,
    five_wrong_tries_end_a_code,
);

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
    let again = site.refuses(&imap, "alice", &format!("wrong;{code}"));
    assert_eq!(again, "wrong-password-again", "whatever the code");
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

#[test]
fn given_settings_of_one_service_its_codes_are_sent_otherwise_or_not_at_all() {
    let (site, usual) = site_with_mail(embedded(Running::Resident), "");
    let own = MailServer::start(&site.world, &MailServerOptions::default());
    site.write_settings(&format!(
        "[engine]\nrefusal_ms = 0\n[mail]\nfrom = \"monk@example.org\"\ndirectory_address = true\nport = {}\n\
         [service.special.mail]\nport = {}\nsubject = \"Spëcial\"\nminutes = 1\n\
         name = \"Special Branch\"\n[service.none.mail]\nenabled = false\n",
        usual.port(),
        own.port()
    ));
    site.reload_engine();
    site.add_user("alice", "secret");
    for service in ["imap", "special", "none"] {
        site.pam_service(service, "");
    }
    asks_for_a_code(&site, "imap", "alice");
    let mail = usual.mail(1);
    assert_eq!(
        (mail.header("subject"), mail.sender.as_str()),
        ("Sign-in code", "monk@example.org")
    );
    assert_eq!(mail.header("auto-submitted"), "auto-generated");
    assert!(mail.header("message-id").ends_with("@example.org>"), "{mail:?}");
    assert!(mail.header("date").ends_with("+0000"), "{mail:?}");
    for part in [&mail.plain, &mail.html] {
        for said in ["alice", "imap", "30 minutes", " UTC", &mail.code(), "change it now"] {
            assert!(part.contains(said), "{said} in {part}");
        }
    }
    asks_for_a_code(&site, "special", "alice");
    let mail = own.mail(1);
    assert_eq!(mail.header("subject"), "Spëcial");
    assert!(mail.header("from").starts_with("Special Branch <"), "{mail:?}");
    assert!(mail.plain.contains("for 1 minute."), "{mail:?}");
    // There the word is a part of the password, and a code is none.
    let none = |typed: String| site.denies(site.pam("none", "alice").types(typed));
    assert_eq!(none("secret;email".into()), "wrong-password");
    assert_eq!(none(format!("secret;{}", mail.code())), "unexpected-code");
}

#[test]
fn given_a_code_that_is_too_old_it_opens_nothing() {
    let (site, server) = site_with_mail(embedded(Running::OneShot), "");
    let clock = site.start_engine_with_clock();
    site.add_user("alice", "secret");
    site.pam_service("imap", "");
    asks_for_a_code(&site, "imap", "alice");
    let typed = format!("secret;{}", server.mail(1).code());
    mail_line(&site, 1);
    // Half an hour passes on the engine's clock.
    clock.set(30 * 60 + 1);
    assert_eq!(site.denies(site.pam("imap", "alice").types(typed)), "expired-code");
}
