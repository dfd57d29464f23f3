//! A tour of the portal in a real browser: every page that a user can come to, for checks that look at all of them.
//!
//! Pages that links lead to are found by following the links, so that a new page is looked at without a word here. Pages
//! that only a form leads to are visited step by step.

pub mod access;
mod codes;
mod people;

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::chromium::Chromium;
use crate::portal::{ACCOUNT, ORIGIN, Portal, SETTINGS};
use crate::site::{Backend, Device, Running, Site};
use crate::{MailServer, MailServerOptions};

/// The languages of pages.
pub const LANGUAGES: [&str; 2] = ["en", "de"];

/// What a browser prefers: `prefers-color-scheme`.
pub const SCHEMES: [&str; 2] = ["light", "dark"];

/// Most pages that are found by links. There are some twenty; more is a circle.
const MOST_PAGES: usize = 80;

/// The links of a page that lead to other pages, without the line that changes the language.
const LINKS: &str = "return [...document.querySelectorAll('a[href^=\"/\"]')].map(a => a.getAttribute('href'))\
                     .filter(h => !h.includes('lang='));";

/// What is done with each page: its name is made of the address and the step.
pub type Look<'a> = dyn FnMut(&Chromium, &str) + 'a;

/// A portal, a mail server, and a browser.
pub struct Tour {
    /// The site.
    pub site: Site,
    /// The browser.
    pub browser: Chromium,
    language: &'static str,
    code: String,
    seen: BTreeSet<String>,
    _portal: Portal,
    _mail: MailServer,
}

impl Tour {
    /// Makes everything ready in a world of its own. `alice` has an invitation.
    #[track_caller]
    pub fn new(language: &'static str) -> Self {
        let site = Site::with_settings(Backend::Embedded, Running::Resident, SETTINGS);
        let mail = MailServer::start(&site.world, &MailServerOptions::default());
        let sender = format!("[mail]\nfrom = \"monk@example.org\"\nport = {}\n", mail.port());
        let portal = SETTINGS.replace("[portal]\n", "[portal]\nadministrators = [\"helpers\"]\n");
        // With servers, the page of an app password has a picture for the phone.
        let servers =
            "[enrolment]\nimap = \"mail.example.org:993\"\nsmtp = \"mail.example.org:465\"\n";
        site.write_settings(&format!("{portal}{servers}{sender}{}", codes::TICKETS));
        site.reload_if_resident();
        site.world.add_system_user(ACCOUNT);
        site.add_user("alice", "secret");
        site.add_user("bob", "secret");
        site.enroll(&["group", "add", "helpers", "alice"]);
        let portal = Portal::start(&site);
        let code = site.enroll(&["reset", "alice"])["code"].as_str().expect("a code").to_owned();
        let browser = Chromium::start(&site.world);
        let seen = BTreeSet::new();
        Self { site, browser, language, code, seen, _portal: portal, _mail: mail }
    }

    /// Visits everything, and has `look` see each page.
    #[track_caller]
    pub fn go(&mut self, look: &mut Look<'_>) {
        self.open(&format!("/sign-in?lang={}", self.language));
        self.follow(
            &["/sign-in", "/invitation", "/sign-in?why=over", "/approve", "/nowhere"],
            look,
        );
        self.signs_in("wrong");
        self.browser.wait_for("[role=alert]");
        look(&self.browser, "/sign-in, wrong password");
        let phone = self.enrols(look);
        self.follow(&["/methods", "/approve"], look);
        self.browser.open(&format!("{ORIGIN}/methods"));
        self.browser.click("form[action='/sign-out'] button");
        self.browser.wait_for("a[href='/sign-in']");
        look(&self.browser, "signed out");
        self.signs_in("secret");
        self.browser.wait_for("[name=code]");
        look(&self.browser, "/second-step");
        self.follow(&["/second-step/backup", "/second-step"], look);
        self.open("/second-step");
        self.sends_code("000000");
        self.browser.wait_for("[role=alert]");
        look(&self.browser, "/second-step, wrong code");
        self.signs_in("secret");
        self.sends_code(&phone.code());
        self.browser.wait_for("form[action='/sign-out']");
        // With a second factor, an administrator sees more.
        self.follow(&["/methods"], look);
        self.administers(look);
        self.takes_codes(look);
    }

    /// The first visit, from the invitation to the first app password.
    #[track_caller]
    fn enrols(&mut self, look: &mut Look<'_>) -> Device {
        let browser = &self.browser;
        browser.open(&format!("{ORIGIN}/invitation#user=alice&code={}", self.code));
        browser.wait("the name", || browser.value("[name=username]") == "alice");
        look(browser, "/invitation, filled in");
        browser.type_into("[name=password]", "secret");
        browser.click("main form button.btn");
        browser.wait_for("a[href^='otpauth:']");
        look(browser, "step 1");
        let link = "return document.querySelector('a[href^=\"otpauth:\"]').getAttribute('href');";
        let phone = Device::from_uri(browser.script(link, &[]).as_str().expect("a link"));
        browser.click("main a.btn");
        browser.wait_for("[name=code]");
        look(browser, "step 2");
        self.sends_code("000000");
        self.browser.wait_for("[role=alert]");
        look(&self.browser, "step 2, wrong code");
        self.browser.script("document.querySelector('[name=code]').value = '';", &[]);
        self.sends_code(&phone.confirmation());
        let browser = &self.browser;
        browser.wait_for("[name=saved]");
        look(browser, "step 3");
        browser.click("[name=saved]");
        browser.click("main form[action='/backup-codes/saved'] button.btn");
        browser.wait_for("form[action='/app-passwords/new']");
        look(browser, "an app password is offered");
        browser.click("main form button.btn");
        browser.wait_for("#live");
        look(browser, "an app password is shown");
        let link = browser.value("form[action='/profile'] [name=link]");
        browser.open(&format!("{ORIGIN}/profile#{link}"));
        browser.wait("the button", || browser.shows("form[action='/profile'] button"));
        look(browser, "a profile waits");
        let other: String = link.chars().rev().collect();
        browser.open(&format!("{ORIGIN}/sign-in"));
        browser.open(&format!("{ORIGIN}/profile#{other}"));
        browser.wait("the button", || browser.shows("form[action='/profile'] button"));
        browser.click("form[action='/profile'] button");
        browser.wait("no button", || !browser.shows("form[action='/profile'] button"));
        look(browser, "a profile is gone");
        phone
    }

    /// Opens these addresses and all that their links lead to, each once.
    #[track_caller]
    fn follow(&mut self, first: &[&str], look: &mut Look<'_>) {
        let mut open: Vec<String> = first.iter().rev().map(|path| (*path).to_owned()).collect();
        // What was seen before another sign-in may look different now.
        first.iter().for_each(|path| {
            self.seen.remove(*path);
        });
        while let Some(path) = open.pop() {
            if !self.seen.insert(path.clone()) {
                continue;
            }
            assert!(self.seen.len() <= MOST_PAGES, "too many pages: {:?}", self.seen);
            self.open(&path);
            if self.browser.script("return document.contentType;", &[]) != json!("text/html") {
                continue;
            }
            look(&self.browser, &path);
            let links = self.browser.script(LINKS, &[]);
            let links = links.as_array().into_iter().flatten().filter_map(Value::as_str);
            open.extend(links.filter(|link| !link.starts_with("/assets/")).map(str::to_owned));
        }
    }

    #[track_caller]
    fn open(&self, path: &str) {
        self.browser.open(&format!("{ORIGIN}{path}"));
    }

    #[track_caller]
    fn signs_in(&self, password: &str) {
        self.open("/sign-in");
        self.browser.type_into("[name=username]", "alice");
        self.browser.type_into("[name=password]", password);
        self.browser.click("form[action='/sign-in'] button");
    }

    #[track_caller]
    fn sends_code(&self, code: &str) {
        self.browser.type_into("[name=code]", code);
        self.browser.click("main form button.btn");
    }
}
