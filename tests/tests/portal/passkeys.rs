//! Passkeys in a real browser, with virtual authenticators that can be told to be bad.

use monk_tests::chromium::Chromium;
use monk_tests::portal::{Browser, ORIGIN, Portal};
use monk_tests::site::{Backend, Device, SETTINGS, Site};
use serde_json::{Value, json};

use crate::{invited, scanned, signed_in_by_password, site_with};

/// Alice with a phone and a session, in a real browser.
struct Scene {
    site: Site,
    portal: Portal,
    browser: Chromium,
    phone: Device,
}

impl Scene {
    #[track_caller]
    fn new(backend: Backend) -> Self {
        let (site, portal, code) = site_with(backend);
        let mut first = portal.browser();
        invited(&mut first, &code);
        let phone = scanned(&first);
        let confirm = first.link("/confirm");
        first.open(&confirm);
        first.send(&confirm, &[("code", &phone.confirmation()), ("name", "Phone")]);
        let browser = Chromium::start(&site.world);
        let scene = Self { site, portal, browser, phone };
        signed_in_by_password(&scene.browser, &scene.phone);
        scene
    }

    /// Adds a passkey under a name; the heading afterwards.
    #[track_caller]
    fn adds(&self, name: &str) -> String {
        let browser = &self.browser;
        browser.open(&format!("{ORIGIN}/passkeys/new"));
        browser.script("document.querySelector('#name').value = arguments[0];", &[json!(name)]);
        browser.click("form[data-passkey] button");
        browser
            .wait("an answer", || browser.shows("[role=status]") || browser.shows("[role=alert]"));
        browser.text("h1")
    }

    #[track_caller]
    fn signs_out(&self) {
        self.browser.open(&format!("{ORIGIN}/methods"));
        self.browser.click("form[action='/sign-out'] button");
        self.browser.wait_for("a[href='/sign-in']");
    }

    /// Signs in with whatever passkey the browser has; the heading afterwards.
    #[track_caller]
    fn signs_in_with_passkey(&self) -> String {
        let browser = &self.browser;
        browser.open(&format!("{ORIGIN}/sign-in"));
        browser.click("form[action='/passkey'] button");
        browser
            .wait("an answer", || browser.shows("[role=alert]") || browser.text("h1") != "Sign in");
        browser.text("h1")
    }

    #[track_caller]
    fn is_refused(&self) {
        assert_eq!(self.signs_in_with_passkey(), "Sign in");
        assert!(
            self.browser.text("[role=alert]").contains("didn’t work"),
            "{}",
            self.browser.html()
        );
    }

    fn reasons(&self) -> Vec<String> {
        let lines = self.site.world.log();
        let proofs = lines.iter().filter(|line| line.text.contains("service=monk-web"));
        proofs.map(|line| line.text.clone()).collect()
    }
}

#[test]
fn a_passkey_signs_in_without_a_name_or_a_password_until_it_is_removed() {
    for backend in [Backend::Embedded, Backend::Ldap] {
        let scene = Scene::new(backend);
        let browser = &scene.browser;
        let key = browser.plug_in(&json!({}));
        assert_eq!(scene.adds("Laptop"), "Next time, just tap “Sign in with a passkey”");
        assert_eq!(browser.credentials(&key).len(), 1);
        scene.signs_out();
        for _ in 0..2 {
            assert_eq!(scene.signs_in_with_passkey(), "Hello alice");
            scene.signs_out();
        }
        let granted =
            |line: &String| line.contains("user=alice") && line.contains("reason=passkey");
        assert_eq!(scene.reasons().iter().filter(|line| granted(line)).count(), 2);
        let status = scene.site.enroll(&["status", "alice"]).to_string();
        assert!(status.contains("\"passkey\"") && status.contains("Laptop"), "{status}");
        // The browser makes no second one on the same device.
        assert_eq!(scene.signs_in_with_passkey(), "Hello alice");
        assert_eq!(scene.adds("Laptop again"), "Add a passkey");
        assert_eq!(browser.credentials(&key).len(), 1);
        // A page that says what is lost, and then it is.
        browser.open(&format!("{ORIGIN}/methods"));
        browser.click("a[href^='/passkeys/'][href$='/remove']");
        browser.click("button.danger");
        browser.wait_for_heading("Hello alice");
        scene.signs_out();
        scene.is_refused();
        assert!(browser.complaints().iter().all(|line| !line.contains("Content Security")));
    }
}

#[test]
fn bad_answers_of_a_passkey_are_refused() {
    let scene = Scene::new(Backend::Embedded);
    let browser = &scene.browser;
    let key = browser.plug_in(&json!({}));
    assert_eq!(scene.adds("Laptop"), "Next time, just tap “Sign in with a passkey”");
    scene.signs_out();
    for switch in ["isBogusSignature", "isBadUV", "isBadUP"] {
        browser.is_bad(&key, &json!({ switch: true }));
        scene.is_refused();
        browser.is_bad(&key, &json!({ switch: false }));
    }
    assert_eq!(scene.signs_in_with_passkey(), "Hello alice");
    scene.signs_out();
    let refused = |line: &&String| line.contains("reason=wrong-passkey");
    assert_eq!(scene.reasons().iter().filter(refused).count(), 3);

    // Somebody has copied the key before: its counter is behind.
    let mut copy = browser.credentials(&key)[0].clone();
    copy["signCount"] = json!(0);
    browser.unplug(&key);
    let other = browser.plug_in(&json!({}));
    browser.give(&other, &copy);
    scene.is_refused();
    assert!(scene.reasons().iter().any(|line| line.contains("reason=copied-passkey")));
}

#[test]
fn a_person_who_is_not_recognised_gets_no_passkey_and_no_session() {
    let scene = Scene::new(Backend::Embedded);
    let browser = &scene.browser;
    let key = browser.plug_in(&json!({ "isUserVerified": false }));
    assert_eq!(scene.adds("Laptop"), "Add a passkey");
    assert!(browser.text("[role=alert]").contains("No passkey was added"));
    browser.recognises(&key, true);
    assert_eq!(scene.adds("Laptop"), "Next time, just tap “Sign in with a passkey”");
    scene.signs_out();
    browser.recognises(&key, false);
    assert_eq!(scene.signs_in_with_passkey(), "Sign in");
    assert!(browser.text("[role=status], [role=alert]").contains("No passkey was used"));
}

#[test]
fn closed_accounts_and_resets_end_passkeys_at_once() {
    let scene = Scene::new(Backend::Embedded);
    let key = scene.browser.plug_in(&json!({}));
    assert_eq!(scene.adds("Laptop"), "Next time, just tap “Sign in with a passkey”");
    scene.signs_out();
    scene.site.enroll(&["user", "disable", "alice"]);
    scene.is_refused();
    scene.site.enroll(&["user", "enable", "alice"]);
    assert_eq!(scene.signs_in_with_passkey(), "Hello alice");
    scene.signs_out();
    scene.site.enroll(&["reset", "alice"]);
    scene.is_refused();
    assert_eq!(scene.browser.credentials(&key).len(), 1, "the browser has it still");
}

/// What a browser would send, without one.
#[test]
fn an_answer_is_good_once_and_in_the_browser_that_was_asked() {
    let scene = Scene::new(Backend::Embedded);
    let browser = &scene.browser;
    browser.plug_in(&json!({}));
    assert_eq!(scene.adds("Laptop"), "Next time, just tap “Sign in with a passkey”");
    scene.signs_out();
    // The script's own answer is caught before it is sent.
    browser.open(&format!("{ORIGIN}/sign-in"));
    browser.script(
        "HTMLFormElement.prototype.submit = function () { window.caught = this.elements.answer.value + ' ' \
         + this.elements.step.value; };",
        &[],
    );
    browser.click("form[action='/passkey'] button");
    let caught = || browser.script("return window.caught || '';", &[]);
    browser.wait("an answer", || caught() != json!(""));
    let caught = caught().as_str().unwrap_or_default().to_owned();
    let (answer, step) = caught.rsplit_once(' ').expect("both");
    let mut other = scene.portal.browser();
    let sends = |other: &mut Browser, answer: &str, step: &str| {
        other.open("/sign-in");
        other.send("/passkey", &[("answer", answer), ("step", step)]);
        other.cookie("monk-session").is_some()
    };
    let mut wrong: Value = serde_json::from_str(answer).expect("JSON");
    wrong["response"]["userHandle"] = json!("Ym9i");
    assert!(!sends(&mut other, answer, "aaaaaaaaaaaaaaaaaaaaaaaaaa"), "of other options");
    assert!(!sends(&mut other, answer, step), "in another browser");
    assert!(!sends(&mut other, &wrong.to_string(), step), "a second time");
    assert_eq!(scene.signs_in_with_passkey(), "Hello alice", "with another answer");
}

#[test]
fn doctor_warns_of_an_origin_that_ends_all_passkeys() {
    let scene = Scene::new(Backend::Embedded);
    scene.browser.plug_in(&json!({}));
    assert_eq!(scene.adds("Laptop"), "Next time, just tap “Sign in with a passkey”");
    let severity = || {
        let output =
            scene.site.world.command("monk-enroll").args(["--json", "doctor", "--all"]).run();
        let found: Value = serde_json::from_str(&output.stdout).expect("JSON");
        let all = found["findings"].as_array().cloned().unwrap_or_default();
        let one = all.into_iter().find(|one| one["id"] == "user-passkey-lost");
        one.unwrap_or_else(|| panic!("it is not looked at: {output}"))["severity"].clone()
    };
    assert_eq!(severity(), "ok");
    let settings = scene.site.world.read(SETTINGS);
    let moved = settings.replace("http://localhost:8080", "https://login.example.org");
    assert_ne!(settings, moved);
    scene.site.world.write(SETTINGS, moved, 0o644);
    scene.site.reload_if_resident();
    assert_eq!(severity(), "warning");
}
