//! What somebody tries who wants into another person's portal, and what comes of it.

use monk_tests::chromium::Chromium;
use monk_tests::portal::{Browser, ORIGIN, Portal};
use monk_tests::site::{Backend, Device, Site};
use serde_json::json;

use crate::{invited, scanned, site_with};

/// Alice, signed in with a phone.
fn alice() -> (Site, Portal, Browser, Device) {
    let (site, portal, code) = site_with(Backend::Embedded);
    let mut browser = portal.browser();
    invited(&mut browser, &code);
    let phone = scanned(&browser);
    let confirm = browser.link("/confirm");
    browser.open(&confirm);
    browser.send(&confirm, &[("code", &phone.confirmation()), ("name", "Phone")]);
    (site, portal, browser, phone)
}

/// What curl is answered that sends these arguments, head and body.
#[track_caller]
fn curl(site: &Site, path: &str, arguments: &[&str]) -> String {
    let curl = site.world.command("curl").args(["--silent", "--show-error", "--include"]);
    let curl = curl.args(["--resolve", "localhost:8080:127.0.0.1"]).args(arguments);
    curl.arg(format!("{ORIGIN}{path}")).run().expect_success().stdout
}

fn has_code(site: &Site) -> bool {
    site.enroll(&["status", "alice"]).to_string().contains("portal-code")
}

#[test]
fn a_form_of_another_site_or_without_its_token_changes_nothing() {
    let (site, _portal, mut browser, _) = alice();
    browser.open("/login-code");
    let token = browser.page().value("token").expect("a token");
    let cookies = ["monk-session", "monk-form"].map(|name| {
        format!("{name}={}", browser.cookie(name).unwrap_or_else(|| panic!("no cookie {name}")))
    });
    let cookies = cookies.join("; ");
    let (with, without) = (format!("token={token}"), "token=".to_owned());
    let own = format!("Origin: {ORIGIN}");
    for (headers, body) in [
        (vec!["Origin: https://evil.example"], &with),
        (vec!["Origin: null"], &with),
        (vec!["Sec-Fetch-Site: cross-site", own.as_str()], &with),
        (vec!["Sec-Fetch-Site: same-site"], &with),
        (vec![], &with),
        (vec![own.as_str()], &without),
    ] {
        let mut arguments = vec!["--cookie", &cookies, "--data", body];
        for header in &headers {
            arguments.extend(["--header", header]);
        }
        let answer = curl(&site, "/login-code", &arguments);
        assert!(answer.starts_with("HTTP/1.1 403"), "{headers:?} {body}: {answer}");
        assert!(!has_code(&site), "{headers:?} {body}");
    }
    let arguments = ["--cookie", &cookies, "--data", &with, "--header", &own];
    let answer = curl(&site, "/login-code", &arguments);
    assert!(answer.starts_with("HTTP/1.1 200") && has_code(&site), "its own page may: {answer}");
}

#[test]
fn a_cookie_that_was_stolen_is_worth_nothing_after_the_sign_out() {
    let (site, _portal, mut browser, _) = alice();
    let stolen = format!("monk-session={}", browser.cookie("monk-session").expect("signed in"));
    assert!(curl(&site, "/methods", &["--cookie", &stolen]).contains("Hello alice"));
    browser.open("/methods");
    browser.send("/sign-out", &[]);
    let answer = curl(&site, "/methods", &["--cookie", &stolen]);
    assert!(!answer.contains("alice") && answer.contains("/sign-in"), "{answer}");
}

#[test]
fn a_session_that_somebody_has_planted_is_not_the_one_after_a_sign_in() {
    let (site, portal, _, phone) = alice();
    site.add_user("mallory", "geheim");
    let code = site.enroll(&["reset", "mallory"])["code"].as_str().expect("a code").to_owned();
    let mut thief = portal.browser();
    thief.open("/invitation?user=mallory");
    let form = [("username", "mallory"), ("password", "geheim"), ("code", code.as_str())];
    thief.send("/invitation", &form);
    let planted = thief.cookie("monk-session").expect("signed in");
    let victim = Chromium::start(&site.world);
    victim.open(&format!("{ORIGIN}/sign-in"));
    victim.set_cookie(
        &json!({ "name": "monk-session", "value": planted, "path": "/", "httpOnly": true }),
    );
    victim.open(&format!("{ORIGIN}/sign-in"));
    victim.type_into("[name=username]", "alice");
    victim.type_into("[name=password]", "secret");
    victim.click("form[action='/sign-in'] button");
    victim.type_into("[name=code]", &phone.code());
    victim.click("main form button.btn");
    victim.wait_for_heading("Hello alice");
    let cookies = victim.cookies();
    let now = cookies.iter().find(|one| one["name"] == "monk-session").expect("a session");
    assert_ne!(now["value"], json!(planted));
    assert!(!thief.open("/methods").text.contains("alice"), "{}", thief.page().text);
}

#[test]
fn no_page_can_be_framed_kept_or_taken_for_something_else() {
    let (site, _portal, browser, _) = alice();
    let session = format!("monk-session={}", browser.cookie("monk-session").expect("signed in"));
    for path in ["/sign-in", "/invitation", "/methods", "/login-code", "/no-such-page"] {
        let answer = curl(&site, path, &["--cookie", &session]).to_lowercase();
        let head = answer.split("\r\n\r\n").next().unwrap_or_default();
        for wanted in [
            "default-src 'none'",
            "frame-ancestors 'none'",
            "form-action 'self'",
            "cache-control: no-store",
            "x-content-type-options: nosniff",
        ] {
            assert!(head.contains(wanted), "{path} lacks {wanted}: {head}");
        }
        assert!(!head.contains("'unsafe-inline'") && !head.contains("unsafe-eval"), "{head}");
    }
}

/// Mail scanners follow links, and browsers fetch pages beforehand.
#[test]
fn a_link_that_is_followed_by_programs_consumes_nothing() {
    let (site, portal, code) = site_with(Backend::Embedded);
    for arguments in [&[][..], &["--head"], &["--header", "Sec-Purpose: prefetch"]] {
        curl(&site, &format!("/invitation?user=alice&code={code}"), arguments);
        curl(&site, "/invitation?user=alice", arguments);
    }
    let mut browser = portal.browser();
    invited(&mut browser, &code);
    assert!(browser.page().heading().contains("Scan"), "{}", browser.page().text);
}

#[test]
fn a_form_that_is_sent_twice_makes_one_thing_and_an_old_one_ends_nothing() {
    let (site, portal, mut browser, phone) = alice();
    browser.open("/app-passwords/new");
    let form = [("for", "other"), ("name", "Laptop"), ("until", "0"), ("scope", "imap")];
    browser.send("/app-passwords/new", &form);
    assert_eq!(browser.page().status, 200, "{}", browser.page().text);
    browser.open("/app-passwords/new");
    browser.send("/app-passwords/new", &form);
    assert_eq!(browser.page().status, 422, "{}", browser.page().text);
    let status = site.enroll(&["status", "alice"]).to_string();
    assert_eq!(status.matches("\"app-password\"").count(), 1, "{status}");

    // Another tab still shows the screen for the code when the first one is signed in.
    let mut other = portal.browser();
    other.open("/sign-in");
    other.send("/sign-in", &[("username", "alice"), ("password", "secret")]);
    let code = phone.code();
    other.send("/second-step", &[("code", &code)]);
    assert_eq!(other.page().heading(), "Hello alice");
    other.send("/second-step", &[("code", &code)]);
    assert_eq!(other.page().heading(), "Hello alice", "the step is over, and the session is not");
    assert_eq!(other.open("/methods").heading(), "Hello alice");
}

#[test]
fn the_back_button_shows_no_secret_again() {
    let (site, _portal, _, phone) = alice();
    let browser = Chromium::start(&site.world);
    browser.open(&format!("{ORIGIN}/sign-in"));
    browser.type_into("[name=username]", "alice");
    browser.type_into("[name=password]", "secret");
    browser.click("form[action='/sign-in'] button");
    browser.type_into("[name=code]", &phone.code());
    browser.click("main form button.btn");
    browser.wait_for_heading("Hello alice");
    browser.open(&format!("{ORIGIN}/login-code"));
    browser.click("main form button.btn");
    browser.wait_for(".secret");
    let code = browser.text(".secret");
    browser.open(&format!("{ORIGIN}/methods"));
    browser.click("form[action='/sign-out'] button");
    browser.wait_for("a[href='/sign-in']");
    for _ in 0..2 {
        browser.back();
        assert!(!browser.html().contains(&code), "{}", browser.html());
    }
}
