//! A fresh proof before a change, by passkey.

use monk_tests::chromium::Chromium;
use monk_tests::portal::{ORIGIN, Portal};
use monk_tests::site::{Backend, Device, EngineClock, Site};
use serde_json::json;

use crate::administrators::{bob, mail_to, site};
use crate::{invited, scanned, site_with};

/// Longer than a proof is fresh.
const LATER: i64 = 6 * 60;

#[track_caller]
fn signs_in(browser: &Chromium, user: &str, code: &str) {
    browser.open(&format!("{ORIGIN}/sign-in"));
    browser.type_into("[name=username]", user);
    browser.type_into("[name=password]", "secret");
    browser.click("form[action='/sign-in'] button");
    browser.type_into("[name=code]", code);
    browser.click("main form button.btn");
    browser.wait_for_heading(&format!("Hello {user}"));
}

#[track_caller]
fn adds_a_passkey(browser: &Chromium) {
    browser.open(&format!("{ORIGIN}/passkeys/new"));
    browser.click("form[data-passkey] button.btn.full:not([data-prove])");
    browser.wait_for_heading("Next time, just tap “Sign in with a passkey”");
}

/// Alice with a phone and a passkey, signed in, on an engine whose time the test sets.
fn alice() -> (Site, Portal, Chromium, EngineClock, Device) {
    let (site, portal, code) = site_with(Backend::Embedded);
    site.kill_engine();
    let clock = site.start_engine_with_timers();
    let mut first = portal.browser();
    invited(&mut first, &code);
    let phone = scanned(&first);
    let confirm = first.link("/confirm");
    first.open(&confirm);
    first.send(&confirm, &[("code", &phone.confirmation()), ("name", "Phone")]);
    let browser = Chromium::start(&site.world);
    signs_in(&browser, "alice", &phone.code());
    (site, portal, browser, clock, phone)
}

#[test]
fn a_passkey_confirms_a_change_when_the_last_proof_is_old() {
    let (site, _portal, browser, clock, _) = alice();
    let key = browser.plug_in(&json!({}));
    adds_a_passkey(&browser);
    let new_codes = || {
        browser.open(&format!("{ORIGIN}/backup-codes/new"));
        browser.shows("[data-prove]") || browser.shows("legend")
    };
    assert!(!new_codes(), "nothing is asked: the proof is fresh\n{}", browser.html());
    clock.set(LATER);
    assert!(new_codes() && browser.shows("[name=password]"), "{}", browser.html());

    // Without the person nothing is confirmed, and the page says so.
    browser.recognises(&key, false);
    browser.click("[data-prove]");
    browser.wait_for("fieldset [role=alert]");
    browser.recognises(&key, true);
    browser.click("[data-prove]");
    browser.wait_for("[name=saved]");

    // Somebody who has no code to type proves it with the form's own button.
    site.enroll(&["backup-codes", "remove", "alice", "--yes"]);
    site.enroll(&["totp", "remove", "alice", "Phone", "--yes"]);
    clock.set(2 * LATER);
    assert!(new_codes() && !browser.shows("[name=password]"), "{}", browser.html());
    browser.click("main form button.btn:not([data-prove])");
    browser.wait_for("[name=saved]");

    // A passkey that makes another one: the browser asks twice.
    clock.set(3 * LATER);
    browser.open(&format!("{ORIGIN}/passkeys/new"));
    browser.unplug(&key);
    let other = browser.plug_in(&json!({}));
    browser.click("[data-prove]");
    browser.wait_for("fieldset [role=alert]");
    assert!(browser.credentials(&other).is_empty(), "the key that is not there proves nothing");
}

#[test]
fn an_administrator_confirms_each_reset_with_a_passkey() {
    let (site, portal, mails) = site();
    site.add_user("carol", "secret");
    site.device("alice", "Phone");
    site.device("carol", "Phone");
    let (_, phone) = bob(&site, &portal);
    let browser = Chromium::start(&site.world);
    signs_in(&browser, "bob", &phone.code());
    browser.plug_in(&json!({}));
    adds_a_passkey(&browser);
    for (user, asks) in [("alice", false), ("carol", true)] {
        browser.open(&format!("{ORIGIN}/people/reset?user={user}"));
        assert_eq!(browser.shows("[data-prove]"), asks, "{}", browser.html());
        browser.click(if asks { "[data-prove]" } else { "button.danger" });
        browser.wait_for_heading(&format!("The code was sent to {user}@example.org"));
        mail_to(&mails, user, "Please set up");
    }
}
