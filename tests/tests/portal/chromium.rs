//! The portal in a real browser, with its script and its content security policy.

use std::time::Instant;

use monk_tests::chromium::Chromium;
use monk_tests::figures;
use monk_tests::portal::ORIGIN;
use monk_tests::site::{Backend, Device};
use serde_json::json;

use crate::site_with;

/// What nobody wants to see in a browser's console.
#[track_caller]
fn complains_of_nothing(browser: &Chromium) {
    let mut complaints = browser.complaints();
    complaints.retain(|line| line.starts_with(ORIGIN));
    assert!(complaints.is_empty(), "{complaints:?}");
}

/// The device of the address in the page.
#[track_caller]
fn scanned(browser: &Chromium) -> Device {
    let link = "return document.querySelector('a[href^=\"otpauth:\"]').getAttribute('href');";
    Device::from_uri(browser.script(link, &[]).as_str().expect("a link for the phone"))
}

#[test]
fn the_link_of_an_invitation_fills_in_the_form_and_nothing_is_blocked() {
    let (site, _portal, code) = site_with(Backend::Embedded);
    let browser = Chromium::start(&site.world);
    browser.open(&format!("{ORIGIN}/invitation#user=alice&code={code}"));
    browser.wait("the name", || browser.value("[name=username]") == "alice");
    assert_eq!(browser.value("[name=code]"), code);
    complains_of_nothing(&browser);
}

/// From the link in a mail to the first login of a mail program, counted as a person does it.
#[test]
fn a_new_user_needs_six_clicks_from_the_invitation_to_the_first_mail() {
    let (site, _portal, code) = site_with(Backend::Embedded);
    let dovecot = site.mail_server("imap", false);
    let browser = Chromium::start(&site.world);
    let password = new_user(&browser, &code);
    assert!(browser.clicks() <= 6, "{} clicks", browser.clicks());
    // The page waits for the mail program, and says so when it has come.
    assert!(browser.text("#live").contains("Waiting"), "{}", browser.text("#live"));
    assert!(site.imap_login(&dovecot, "alice", &password), "{password}");
    browser.wait("the page notices", || browser.text("#live").contains("It worked"));
    let shown = browser.script(PARTS, &[]);
    assert_eq!(shown, json!(password), "the password is still there to be typed");
    complains_of_nothing(&browser);
}

/// The parts of the secret of a page, put together.
const PARTS: &str = "return [...document.querySelectorAll('.secret [data-part]')].map(e => e.textContent.trim()).join('-');";

/// Alice follows the link of her invitation, and has an app password at the end.
#[track_caller]
fn new_user(browser: &Chromium, code: &str) -> String {
    let start = Instant::now();
    browser.open(&format!("{ORIGIN}/invitation#user=alice&code={code}"));
    browser.wait("the name", || browser.value("[name=username]") == "alice");
    browser.type_into("[name=password]", "secret");
    browser.click("main form button.btn");
    browser.wait_for("a[href^='otpauth:']");
    let phone = scanned(browser);
    browser.click("main a.btn");
    browser.type_into("[name=code]", &phone.confirmation());
    browser.click("main form button.btn");
    browser.wait_for("[name=saved]");
    browser.click("[name=saved]");
    browser.click("main form[action='/backup-codes/saved'] button.btn");
    browser.wait_for_heading("Add an app password");
    browser.click("main form button.btn");
    browser.wait_for("#live");
    let time = format!("{} ms", start.elapsed().as_millis());
    let clicks = browser.clicks().to_string();
    figures::row("portal", &["from the invitation to an app password", &clicks, &time]);
    browser.script(PARTS, &[]).as_str().expect("a secret").to_owned()
}
