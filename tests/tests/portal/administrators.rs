//! Administrators of the portal help people, and nobody else can.

use std::time::Duration;

use monk_tests::portal::{ACCOUNT, Browser, Portal, SETTINGS};
use monk_tests::site::{Backend, Device, Running, Site};
use monk_tests::{Mail, MailServer, MailServerOptions};

use crate::{invited_as, scanned};

/// Bob, who looks after others, with a phone.
pub fn bob(site: &Site, portal: &Portal) -> (Browser, Device) {
    let code = site.enroll(&["reset", "bob"])["code"].as_str().expect("a code").to_owned();
    let mut browser = portal.browser();
    invited_as("bob", &mut browser, &code);
    let phone = scanned(&browser);
    let confirm = browser.link("/confirm");
    browser.open(&confirm);
    browser.send(&confirm, &[("code", &phone.confirmation()), ("name", "Phone")]);
    (browser, phone)
}

/// Alice, and bob, who looks after others; mails go to the server.
pub fn site() -> (Site, Portal, MailServer) {
    let site = Site::with_settings(Backend::Embedded, Running::Resident, SETTINGS);
    let mails = MailServer::start(&site.world, &MailServerOptions::default());
    let mail = format!("[mail]\nfrom = \"monk@example.org\"\nport = {}\n", mails.port());
    site.write_settings(&format!("{SETTINGS}administrators = [\"helpers\"]\n{mail}"));
    site.reload_if_resident();
    site.world.add_system_user(ACCOUNT);
    for user in ["alice", "bob"] {
        site.add_user(user, "secret");
    }
    site.enroll(&["group", "add", "helpers", "bob"]);
    let portal = Portal::start(&site);
    (site, portal, mails)
}

/// The mail to somebody that has these words.
#[track_caller]
pub fn mail_to(mails: &MailServer, user: &str, words: &str) -> Mail {
    let address = format!("{user}@example.org");
    let is_it = |mail: &Mail| mail.recipients == [address.clone()] && mail.plain.contains(words);
    let found = monk_tests::until(MAIL_TIME, || mails.mails().into_iter().find(is_it));
    found.unwrap_or_else(|| panic!("no mail to {user} says {words}: {:?}", mails.mails()))
}

/// The enrolment code in a mail: it has a line of its own.
#[track_caller]
pub fn code_in(mail: &Mail) -> String {
    let code = mail.plain.lines().find_map(|line| line.strip_prefix("    "));
    code.unwrap_or_else(|| panic!("no code in {}", mail.plain)).trim().to_owned()
}

/// How long a mail may be on its way.
pub const MAIL_TIME: Duration = Duration::from_secs(15);

#[test]
fn an_administrator_finds_somebody_sees_why_mail_is_refused_and_resets_the_phone() {
    let (site, portal, mails) = site();
    let phone = site.device("alice", "Phone");
    let dovecot = site.mail_server("imap", false);
    assert!(!site.imap_login(&dovecot, "alice", "secret"), "without a code");
    let (mut browser, _) = bob(&site, &portal);
    let text = browser.open("/people?q=ALI").text.clone();
    assert!(text.contains("/people/user?user=alice") && text.contains("set up"), "{text}");
    let text = browser.open("/people/user?user=alice").text.clone();
    for words in ["Password without a second factor", "IMAP", "Phone", "Reset second factor"] {
        assert!(text.contains(words), "{words}: {text}");
    }

    browser.open("/people/reset?user=alice");
    assert!(
        site.imap_login(&dovecot, "alice", &format!("secret;{}", phone.code())),
        "no GET resets"
    );
    browser.send("/people/reset", &[("user", "alice"), ("how", "me")]);
    let text = browser.page().text.clone();
    assert!(text.contains("in your mail at bob@example.org"), "{text}");
    assert!(!site.imap_login(&dovecot, "alice", &format!("secret;{}", phone.code())));
    // The page has no code. Bob reads it in his mail, and alice hears of it.
    let mail = mail_to(&mails, "bob", "second factor of alice");
    let code = code_in(&mail);
    assert!(mail.plain.contains("http://localhost:8080/invitation#user=alice&code="));
    assert!(!text.contains(&code), "{text}");
    mail_to(&mails, "alice", "removed all your devices");

    let mut other = portal.browser();
    invited_as("alice", &mut other, &code);
    assert!(other.page().heading().contains("Scan"), "{}", other.page().text);
    let log = site.world.log();
    let says =
        |words: &[&str]| log.iter().any(|line| words.iter().all(|word| line.text.contains(word)));
    assert!(says(&["administrator \"bob\"", "invite", "\"alice\""]), "the log says who");
}

#[test]
fn the_code_of_a_reset_goes_to_the_user_where_the_administrator_says_so() {
    let (site, portal, mails) = site();
    site.device("alice", "Phone");
    let (mut browser, phone) = bob(&site, &portal);
    browser.open("/people/reset?user=alice");
    browser.send("/people/reset", &[("user", "alice"), ("how", "user")]);
    assert!(browser.page().text.contains("sent to alice@example.org"), "{}", browser.page().text);
    let code = code_in(&mail_to(&mails, "alice", "Please set up"));
    assert!(!browser.page().text.contains(&code));
    // Each reset takes a proof of its own: the page asks, and a form without one resets nobody.
    let before = site.enroll(&["status", "alice"]);
    let text = browser.open("/people/reset?user=alice").text.clone();
    assert!(text.contains("name=\"proof\""), "{text}");
    browser.send("/people/reset", &[("user", "alice"), ("how", "user")]);
    assert_eq!(browser.page().status, 422, "{}", browser.page().text);
    assert_eq!(site.enroll(&["status", "alice"]), before);
    let code = phone.code();
    let proof = [("user", "alice"), ("how", "user"), ("password", "secret"), ("proof", &code)];
    browser.send("/people/reset", &proof);
    assert_eq!(browser.page().status, 200, "{}", browser.page().text);
    assert_ne!(site.enroll(&["status", "alice"]), before);
}

#[test]
fn an_account_is_disabled_and_enabled_with_a_fresh_proof() {
    let (site, portal, mails) = site();
    let dovecot = site.mail_server("imap", false);
    let phone = site.device("alice", "Phone");
    let gets_in = || site.imap_login(&dovecot, "alice", &format!("secret;{}", phone.code()));
    let (mut browser, own) = bob(&site, &portal);
    browser.open("/people/disable?user=alice");
    browser.send("/people/disable", &[("user", "alice")]);
    assert!(browser.page().text.contains("disabled"), "{}", browser.page().text);
    assert!(!gets_in());
    mail_to(&mails, "alice", "has disabled your account");
    browser.open("/people/enable?user=alice");
    let code = own.code();
    browser.send("/people/enable", &[("user", "alice"), ("password", "secret"), ("proof", &code)]);
    assert!(gets_in(), "{}", browser.page().text);
    mail_to(&mails, "alice", "has enabled your account");
    // Not their own account, and nobody who is not there.
    browser.open("/people/disable?user=bob");
    let code = site.backup_codes("bob").remove(0);
    browser.send("/people/disable", &[("user", "bob"), ("password", "secret"), ("proof", &code)]);
    assert_ne!(browser.page().status, 200, "{}", browser.page().text);
    assert_eq!(browser.open("/people/user?user=mallory").status, 404);
    assert_eq!(browser.open("/people/user?user=root").status, 404);
}

#[test]
fn for_everybody_else_there_are_no_such_pages() {
    let (site, portal, _mails) = site();
    let phone = site.device("alice", "Phone");
    let mut browser = portal.browser();
    browser.sign_in("alice", "secret", &phone.code());
    assert!(!browser.page().text.contains("/people"), "{}", browser.page().text);
    for page in [
        "/people",
        "/people?q=b",
        "/people/user?user=bob",
        "/people/reset?user=bob",
        "/people/invite",
    ] {
        assert_eq!(browser.open(page).status, 404, "{page}");
    }
    browser.open("/methods");
    for page in ["/people/reset", "/people/disable", "/people/invite"] {
        browser.open("/methods");
        browser.send(page, &[("user", "bob"), ("names", "bob")]);
        assert_eq!(browser.page().status, 404, "{page}");
    }
    assert!(site.enroll(&["status", "bob"])["credentials"].as_array().is_some_and(Vec::is_empty));
}
