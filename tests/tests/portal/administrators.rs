//! Administrators of the portal help people, and nobody else can.

use monk_tests::portal::{ACCOUNT, Browser, Portal, SETTINGS};
use monk_tests::site::{Backend, Device, Running, Site};

use crate::{invited_as, scanned};

/// Bob, who looks after others, with a phone.
fn bob(site: &Site, portal: &Portal) -> (Browser, Device) {
    let code = site.enroll(&["reset", "bob"])["code"].as_str().expect("a code").to_owned();
    let mut browser = portal.browser();
    invited_as("bob", &mut browser, &code);
    let phone = scanned(&browser);
    let confirm = browser.link("/confirm");
    browser.open(&confirm);
    browser.send(&confirm, &[("code", &phone.confirmation()), ("name", "Phone")]);
    (browser, phone)
}

fn site() -> (Site, Portal) {
    let settings = format!("{SETTINGS}administrators = [\"helpers\"]\n");
    let site = Site::with_settings(Backend::Embedded, Running::Resident, &settings);
    site.world.add_system_user(ACCOUNT);
    for user in ["alice", "bob"] {
        site.add_user(user, "secret");
    }
    site.enroll(&["group", "add", "helpers", "bob"]);
    let portal = Portal::start(&site);
    (site, portal)
}

#[test]
fn an_administrator_finds_somebody_sees_why_mail_is_refused_and_resets_the_phone() {
    let (site, portal) = site();
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
    browser.send("/people/reset", &[("user", "alice"), ("how", "show")]);
    let text = browser.page().text.clone();
    let link = text.split("http://localhost:8080/invitation#user=alice&amp;code=").nth(1);
    let code = link.and_then(|rest| rest.split('<').next()).unwrap_or_else(|| panic!("{text}"));
    assert!(!site.imap_login(&dovecot, "alice", &format!("secret;{}", phone.code())));

    let mut other = portal.browser();
    invited_as("alice", &mut other, code);
    assert!(other.page().heading().contains("Scan"), "{}", other.page().text);
    let log = site.world.log();
    let says =
        |words: &[&str]| log.iter().any(|line| words.iter().all(|word| line.text.contains(word)));
    assert!(says(&["administrator \"bob\"", "invite", "\"alice\""]), "the log says who");
}

#[test]
fn an_account_is_disabled_and_enabled_with_a_fresh_proof() {
    let (site, portal) = site();
    let dovecot = site.mail_server("imap", false);
    let phone = site.device("alice", "Phone");
    let gets_in = || site.imap_login(&dovecot, "alice", &format!("secret;{}", phone.code()));
    let (mut browser, _) = bob(&site, &portal);
    browser.open("/people/disable?user=alice");
    browser.send("/people/disable", &[("user", "alice")]);
    assert!(browser.page().text.contains("disabled"), "{}", browser.page().text);
    assert!(!gets_in());
    browser.open("/people/enable?user=alice");
    browser.send("/people/enable", &[("user", "alice")]);
    assert!(gets_in());
    // Not their own account, and nobody who is not there.
    browser.open("/people/disable?user=bob");
    browser.send("/people/disable", &[("user", "bob")]);
    assert_ne!(browser.page().status, 200, "{}", browser.page().text);
    assert_eq!(browser.open("/people/user?user=mallory").status, 404);
    assert_eq!(browser.open("/people/user?user=root").status, 404);
}

#[test]
fn for_everybody_else_there_are_no_such_pages() {
    let (site, portal) = site();
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
