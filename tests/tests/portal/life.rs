//! What a user does in the portal, from the invitation to a lost phone, with real codes and a real Dovecot.

use monk_tests::portal::Browser;
use monk_tests::site::Backend;

use crate::{invited, scanned, site_with};

/// The parts of a secret of the page, put together.
fn parts(browser: &Browser, between: &str) -> Vec<String> {
    let rest = browser.page().text.split(between).skip(1);
    rest.filter_map(|rest| rest.split('<').next()).map(str::to_owned).collect()
}

#[test]
fn a_new_user_sets_up_a_phone_takes_backup_codes_and_an_app_password_and_reads_mail() {
    let (site, portal, code) = site_with(Backend::Embedded);
    let dovecot = site.mail_server("imap", false);
    let mut browser = portal.browser();
    invited(&mut browser, &code);
    // A page that is opened makes nothing; the invitation was sent, and makes the phone at once.
    assert!(browser.page().heading().contains("Scan"), "{}", browser.page().text);
    let phone = scanned(&browser);
    let confirm = browser.link("/confirm");

    browser.open(&confirm);
    let wrong = phone.code_of_clock(-240);
    browser.send(&confirm, &[("code", &wrong), ("name", "Pocket")]);
    assert!(browser.page().text.contains("minutes slow"), "{}", browser.page().text);
    browser.send(&confirm, &[("code", &phone.confirmation()), ("name", "Pocket")]);
    let codes = parts(&browser, "<li data-part>");
    assert_eq!(codes.len(), 6, "{}", browser.page().text);
    browser.send("/backup-codes/saved", &[("saved", "yes"), ("step", "3")]);
    assert_eq!(browser.page().heading(), "Add an app password");
    assert!(browser.page().text.contains("Your phone is set up."));
    let form = [("for", "thunderbird"), ("name", "Laptop"), ("until", ""), ("scope", "imap")];
    browser.send("/app-passwords/new", &form);
    let password = parts(&browser, "<span data-part>").join("-");
    let state = browser.page().text.split("data-state=\"").nth(1).expect("a state");
    let state = state.split('"').next().expect("it ends").to_owned();
    assert!(browser.open(&state).text.contains("Waiting for the first login"));
    assert!(!site.imap_login(&dovecot, "alice", "secret"));
    assert!(browser.open(&state).text.contains("It sent your normal password."));
    assert!(site.imap_login(&dovecot, "alice", &password), "{password}");
    assert!(browser.open(&state).text.contains("It worked"), "{}", browser.page().text);

    browser.open("/methods");
    browser.send("/sign-out", &[]);
    assert!(browser.open("/methods").text.contains("name=\"password\""), "signed out");
    browser.sign_in("alice", "secret", &phone.code());
    assert_eq!(browser.page().heading(), "Hello alice");
    let remove = browser.link("/remove");
    assert!(remove.starts_with("/phones/"), "{remove}");

    // The phone is lost: a backup code signs in, and the app password goes at once.
    let mut other = portal.browser();
    other.sign_in("alice", "secret", &codes[0]);
    assert_eq!(other.page().heading(), "Hello alice");
    assert!(other.page().text.contains("5 of 6 left"));
    let app = other.page().text.split("href=\"/app-passwords/").skip(1);
    let app = app.filter_map(|rest| rest.split('"').next()).find(|rest| rest.ends_with("/remove"));
    let app = format!("/app-passwords/{}", app.expect("an app password"));
    other.open(&app);
    other.send(&app, &[]);
    assert!(other.page().text.contains("No app password yet"), "{}", other.page().text);
    assert!(!site.imap_login(&dovecot, "alice", &password));
}
