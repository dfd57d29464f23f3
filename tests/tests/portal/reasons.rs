//! Why a mail program was refused, as its owner reads it on the page that waits for the first login: with a real
//! Dovecot and a real Postfix.

use monk_tests::portal::{Browser, Portal, SETTINGS};
use monk_tests::site::{Backend, EngineClock, Site};
use monk_tests::{Dovecot, Postfix};

use crate::{invited, scanned, site_with};

struct Scene {
    site: Site,
    clock: EngineClock,
    dovecot: Dovecot,
    postfix: Postfix,
    _portal: Portal,
    browser: Browser,
    /// The page that waits.
    state: String,
    /// The app password that it waits for. It reads mail and sends none.
    password: String,
}

impl Scene {
    fn new() -> Self {
        Self::with("")
    }

    /// The same with more sections of the settings.
    fn with(more: &str) -> Self {
        let (site, portal, code) = site_with(Backend::Embedded);
        site.write_settings(&format!("{SETTINGS}{more}"));
        site.kill_engine();
        let clock = site.start_engine_with_clock();
        let dovecot = site.mail_server("imap", true);
        let postfix = site.submission_server("postfix");
        let mut browser = portal.browser();
        invited(&mut browser, &code);
        let phone = scanned(&browser);
        let confirm = browser.link("/confirm");
        browser.open(&confirm);
        browser.send(&confirm, &[("code", &phone.confirmation()), ("name", "Pocket")]);
        browser.open("/app-passwords/new");
        let form = [("for", "other"), ("name", "Laptop"), ("until", ""), ("scope", "imap")];
        browser.send("/app-passwords/new", &form);
        let text = &browser.page().text;
        let parts = text.split("<span data-part>").skip(1);
        let parts: Vec<_> = parts.filter_map(|rest| rest.split('<').next()).collect();
        let password = parts.join("-");
        let state = text.split("data-state=\"").nth(1).and_then(|rest| rest.split('"').next());
        let state = state.expect("a page that waits").to_owned();
        Self { site, clock, dovecot, postfix, _portal: portal, browser, state, password }
    }

    /// Another app password, made by an administrator.
    fn another(&self, name: &str, more: &[&str]) -> String {
        self.site.app_password("alice", name, &[&["--scope", "imap"], more].concat())
    }

    /// A program that reads mail sends this, and the page says this.
    #[track_caller]
    fn reads(&mut self, typed: &str, words: &[&str]) {
        assert!(!self.site.imap_login(&self.dovecot, "alice", typed), "{typed}");
        self.says(words);
    }

    #[track_caller]
    fn says(&mut self, words: &[&str]) {
        let text = &self.browser.open(&self.state).text;
        for words in words {
            assert!(text.contains(words), "{words}: {text}");
        }
        assert!(text.contains("What to do: "), "{text}");
    }
}

/// The same with another symbol at a place.
fn mistyped(password: &str, place: usize) -> String {
    let (before, rest) = password.split_at(place);
    let other = if rest.starts_with('x') { 'z' } else { 'x' };
    format!("{before}{other}{}", &rest[1..])
}

#[test]
fn the_page_says_of_each_mistake_what_it_was_and_what_to_do() {
    let mut scene = Scene::new();
    let password = scene.password.clone();
    scene.reads("secret", &["your normal password"]);
    let mistake = &["The app password had a typing mistake."];
    scene.reads(&mistyped(&password, 23), mistake);
    scene.reads(&mistyped(&password, 1), mistake);
    let old = scene.another("Old", &[]);
    scene.site.enroll(&["app-password", "revoke", "alice", "Old"]);
    scene.reads(&old, &["has been removed", "Put the new one in its place"]);
    // Symbols that are nothing like hers.
    scene.site.add_user("bob", "secret");
    let bobs = scene.site.app_password("bob", "Mail", &[]);
    scene.reads(&bobs, &["has a typing mistake in it, or it is an old one"]);
    assert!(!scene.site.curl_login(&scene.postfix.tls_url(), "alice", &password));
    scene.says(&["not for sending mail", "Make a new one that may open SMTP"]);
    let office = scene.another("Office", &["--network", "198.51.100.0/24"]);
    scene.reads(&office, &["“Office”", "from 198.51.100.0/24 only"]);
    let short = scene.another("Visit", &["--expires", "1d"]);
    scene.clock.set(2 * 24 * 3600);
    scene.reads(&short, &["“Visit”", "It ended on "]);
}

#[test]
fn after_too_many_mistakes_the_page_says_until_when_nothing_is_looked_at() {
    let mut scene = Scene::with("[throttle]\nfree = 1\n");
    let mut ahead = 0;
    for n in 2000.. {
        let typed = format!("{}-aaaa-bbbb-cccc-{n}", &scene.password[..4]);
        assert!(!scene.site.imap_login(&scene.dovecot, "alice", &typed));
        let slowed = scene.site.enroll(&["throttle", "list"]);
        let slowed = slowed["slowed"].as_array().expect("a list");
        let wait = slowed.iter().filter_map(|one| one["wait"].as_i64()).max();
        match wait.expect("alice is slowed down") {
            // Long enough for this machine, however busy it is.
            wait if wait > 200 => break,
            wait => ahead += wait + 1,
        }
        scene.clock.set(ahead);
    }
    let password = scene.password.clone();
    scene.reads(&password, &["locked until ", "Close the program until "]);
    assert_eq!(scene.site.last_login().reason, "throttled");
}

#[test]
fn of_a_closed_account_the_page_of_an_administrator_tells_and_its_own_is_closed() {
    let scene = Scene::new();
    let (site, dovecot) = (&scene.site, &scene.dovecot);
    site.enroll(&["user", "disable", "alice"]);
    assert!(!site.imap_login(dovecot, "alice", &scene.password));
    assert_eq!(site.last_login().reason, "disabled");
    let mut browser = scene.browser;
    assert!(browser.open(&scene.state).text.contains("name=\"password\""), "signed out");
}
