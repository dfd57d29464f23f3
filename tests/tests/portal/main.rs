//! The portal with a real engine: what people do there, and what somebody does who has taken it over.

mod accessible;
mod administrators;
mod approve;
mod attacks;
mod autoconfig;
mod behind;
mod chromium;
mod codes;
mod crowd;
mod emailed;
mod invitations;
mod life;
mod meanwhile;
mod own_tls;
mod passkeys;
mod password;
mod profiles;
mod proofs;
mod reasons;
mod taken_over;
mod taken_over_people;
mod tickets;

use monk_tests::chromium::Chromium;
use monk_tests::portal::{ACCOUNT, Browser, ORIGIN, Portal, SETTINGS};
use monk_tests::site::{Backend, Device, Running, Site};

/// A site with a portal, and with alice, who has an invitation.
fn site_with(backend: Backend) -> (Site, Portal, String) {
    let site = Site::with_settings(backend, Running::Resident, SETTINGS);
    site.world.add_system_user(ACCOUNT);
    site.add_user("alice", "secret");
    let portal = Portal::start(&site);
    let code = site.enroll(&["reset", "alice"])["code"].as_str().expect("a code").to_owned();
    (site, portal, code)
}

/// Follows an invitation.
#[track_caller]
fn invited(browser: &mut Browser, code: &str) {
    invited_as("alice", browser, code);
}

/// The same for somebody else.
#[track_caller]
fn invited_as(user: &str, browser: &mut Browser, code: &str) {
    browser.open(&format!("/invitation?user={user}"));
    browser.send("/invitation", &[("username", user), ("password", "secret"), ("code", code)]);
}

/// Scans the picture of the page: the address behind it stands in a link, too.
#[track_caller]
fn scanned(browser: &Browser) -> Device {
    let text = &browser.page().text;
    let (_, rest) = text.split_once("href=\"otpauth:").unwrap_or_else(|| panic!("{text}"));
    let uri = rest.split('"').next().expect("the link ends").replace("&amp;", "&");
    Device::from_uri(&format!("otpauth:{uri}"))
}

#[test]
fn an_invitation_signs_in_and_the_password_alone_or_a_wrong_code_does_not() {
    for backend in [Backend::Embedded, Backend::Ldap] {
        let (site, portal, code) = site_with(backend);
        for (password, typed) in
            [("secret", "0000-0000-0000"), ("wrong", code.as_str()), ("wrong", "")]
        {
            let mut browser = portal.browser();
            let page = browser.sign_in("alice", password, typed);
            assert_eq!(page.status, 403, "{}", page.text);
            assert_eq!(browser.cookie("monk-session"), None);
        }
        site.enroll(&["throttle", "clear", "alice"]);
        let mut browser = portal.browser();
        invited(&mut browser, &code);
        assert!(browser.cookie("monk-session").is_some(), "{}", browser.page().text);
        let is_proof = |text: &str| {
            let words =
                ["proof user=alice service=monk-web", "verdict=granted reason=enrolment-code"];
            words.iter().all(|words| text.contains(words))
        };
        assert!(site.world.log().iter().any(|line| is_proof(&line.text)), "the audit says so");
    }
}

#[test]
fn a_session_ends_with_a_reset_and_with_the_account_at_once() {
    let (site, portal, code) = site_with(Backend::Embedded);
    let mut browser = portal.browser();
    invited(&mut browser, &code);
    assert!(!browser.open("/methods").heading().is_empty());
    assert!(!browser.page().text.contains("name=\"password\""), "signed in");
    site.enroll(&["user", "disable", "alice"]);
    assert!(browser.open("/methods").text.contains("name=\"password\""), "signed out");
    site.enroll(&["user", "enable", "alice"]);
    assert!(browser.open("/methods").text.contains("name=\"password\""), "still signed out");
}

/// Signs alice in with her password and a code of her phone.
#[track_caller]
fn signed_in_by_password(browser: &Chromium, phone: &Device) {
    browser.open(&format!("{ORIGIN}/sign-in"));
    browser.type_into("[name=username]", "alice");
    browser.type_into("[name=password]", "secret");
    browser.click("form[action='/sign-in'] button");
    browser.type_into("[name=code]", &phone.code());
    browser.click("main form button.btn");
    browser.wait_for_heading("Hello alice");
}
