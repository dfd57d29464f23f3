//! Codes by mail at the portal, and "Send it again": with a real mail server.

use monk_tests::portal::{ACCOUNT, Browser, Portal, SETTINGS};
use monk_tests::site::{Backend, Running, Site};
use monk_tests::{MailServer, MailServerOptions};

use crate::{invited, scanned};

/// Alice, who has an address in the directory; so many mails go to her in an hour.
fn site_with_mail(sends: u32) -> (Site, MailServer, Portal) {
    let site = Site::with_settings(Backend::Embedded, Running::Resident, SETTINGS);
    let server = MailServer::start(&site.world, &MailServerOptions::default());
    let mail = format!(
        "{SETTINGS}[enrolment]\nnotices = false\n[mail]\nfrom = \"monk@example.org\"\nport = {}\ndirectory_address = true\n\
         sends_per_hour = {sends}\n",
        server.port()
    );
    site.write_settings(&mail);
    site.reload_if_resident();
    site.world.add_system_user(ACCOUNT);
    site.add_user("alice", "secret");
    let portal = Portal::start(&site);
    (site, server, portal)
}

/// Somebody at the screen for a code has one sent, and then once more.
fn asks_twice(browser: &mut Browser) -> [String; 2] {
    browser.open("/sign-in");
    browser.send("/sign-in", &[("username", "alice"), ("password", "secret")]);
    assert!(browser.page().text.contains("action=\"/second-step/email\""));
    browser.send("/second-step/email", &[]);
    let first = browser.page().text.clone();
    assert_eq!(browser.page().heading(), "Check your email");
    browser.send("/second-step/email", &[]);
    [first, browser.page().text.clone()]
}

/// What does not change from page to page: the token and the time do.
fn without_what_changes(page: &str) -> String {
    let body = page.split_once("<main").map_or(page, |(_, rest)| rest);
    let parts: Vec<_> = body.split("name=\"token\" value=\"").collect();
    let rests = parts.iter().skip(1).map(|part| part.split_once('"').map_or("", |(_, rest)| rest));
    parts.iter().take(1).copied().chain(rests).collect()
}

#[test]
fn a_code_is_sent_once_more_and_the_newest_signs_in() {
    let (site, server, portal) = site_with_mail(5);
    site.device("alice", "Phone");
    let mut browser = portal.browser();
    asks_twice(&mut browser);
    let (first, second) = (server.mail(1).code(), server.mail(2).code());
    browser.send("/second-step", &[("code", &second)]);
    assert!(browser.page().heading().contains("Hello alice"), "{}", browser.page().text);
    // The one before is no good any more.
    let mut other = portal.browser();
    other.open("/sign-in");
    other.send("/sign-in", &[("username", "alice"), ("password", "secret")]);
    other.send("/second-step", &[("code", &first)]);
    assert_eq!(other.cookie("monk-session"), None);
}

#[test]
fn beyond_the_limit_the_page_is_the_same_and_the_last_code_is_as_good_as_it_was() {
    let (site, server, portal) = site_with_mail(2);
    site.device("alice", "Phone");
    let mut browser = portal.browser();
    let [first, again] = asks_twice(&mut browser).map(|page| without_what_changes(&page));
    assert_eq!(first, again);
    let code = server.mail(2).code();
    browser.send("/second-step/email", &[]);
    assert_eq!(without_what_changes(&browser.page().text), first);
    browser.send("/second-step", &[("code", &code)]);
    assert!(browser.page().heading().contains("Hello alice"), "{}", browser.page().text);
    assert_eq!(server.mails().len(), 2);
}

#[test]
fn the_code_for_a_new_address_is_sent_once_more_and_one_too_many_takes_nothing_away() {
    let (site, server, portal) = site_with_mail(2);
    let code = site.enroll(&["reset", "alice"])["code"].as_str().expect("a code").to_owned();
    let mut browser = portal.browser();
    invited(&mut browser, &code);
    let phone = scanned(&browser);
    let confirm = browser.link("/confirm");
    browser.open(&confirm);
    browser.send(&confirm, &[("code", &phone.confirmation()), ("name", "Pocket")]);
    browser.open("/email/new");
    browser.send("/email/new", &[("email", "alice@example.net")]);
    server.mail(1);
    browser.send("/email/again", &[]);
    assert_eq!(browser.page().heading(), "Check your email");
    let newest = server.mail(2).code();
    browser.send("/email/again", &[]);
    assert!(browser.page().text.contains("A code was sent only a moment ago"));
    browser.send("/email/confirm", &[("code", &newest)]);
    assert!(browser.page().text.contains("alice@example.net"), "{}", browser.page().text);
    assert_eq!(server.mails().len(), 2);
}
