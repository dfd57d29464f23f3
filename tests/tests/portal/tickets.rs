//! Tickets of the portal, in programs that have never heard of it.

use monk_tests::SshdOptions;
use monk_tests::chromium::Chromium;
use monk_tests::clients::{Ssh, WireAnswer, WireLogin, at_once};
use monk_tests::portal::{ACCOUNT, ORIGIN, Portal, SETTINGS};
use monk_tests::site::{Backend, Device, Running, Site};
use serde_json::json;

use crate::{invited, scanned, signed_in_by_password};

/// Services that take tickets.
const ALLOWED: &str =
    "[service.imap]\nportal_ticket = \"allowed\"\n[service.sshd]\nportal_ticket = \"allowed\"\n";

/// How many programs have the same ticket.
const MANY: usize = 24;

/// Alice with a phone and a passkey, signed in by it.
struct Scene {
    site: Site,
    _portal: Portal,
    browser: Chromium,
    phone: Device,
}

impl Scene {
    #[track_caller]
    fn new(backend: Backend, settings: &str) -> Self {
        let site =
            Site::with_settings(backend, Running::Resident, &format!("{SETTINGS}{settings}"));
        site.world.add_system_user(ACCOUNT);
        site.world.add_system_user("alice");
        site.add_user("alice", "secret");
        let portal = Portal::start(&site);
        let code = site.enroll(&["reset", "alice"])["code"].as_str().expect("a code").to_owned();
        let mut first = portal.browser();
        invited(&mut first, &code);
        let phone = scanned(&first);
        let confirm = first.link("/confirm");
        first.open(&confirm);
        first.send(&confirm, &[("code", &phone.confirmation()), ("name", "Phone")]);
        let browser = Chromium::start(&site.world);
        browser.plug_in(&json!({}));
        let scene = Self { site, _portal: portal, browser, phone };
        signed_in_by_password(&scene.browser, &scene.phone);
        scene.browser.open(&format!("{ORIGIN}/passkeys/new"));
        scene.browser.click("form[data-passkey] button");
        scene.browser.wait_for("[role=status]");
        scene
    }

    /// Shows the passkey; somebody who is signed in already proves it again.
    #[track_caller]
    fn shows_the_passkey(&self) {
        self.browser.open(&format!("{ORIGIN}/sign-in"));
        self.browser.click("form[action='/passkey'] button");
        self.browser.wait_for_heading("Hello alice");
    }

    /// Takes a ticket where the page offers one for this service.
    #[track_caller]
    fn takes(&self, service: &str) -> String {
        let browser = &self.browser;
        browser.open(&format!("{ORIGIN}/login-code"));
        browser.click(&format!("input[name=service][value={service}]"));
        browser.click("form[action='/login-code/ticket'] button");
        browser.wait_for_heading("Your ticket");
        browser.text(".secret")
    }

    /// The reason of the last line of the audit, after a login with this ticket.
    #[track_caller]
    fn reason(&self, login: impl FnOnce() -> bool) -> String {
        let (is_in, line) = self.site.audited(login);
        assert_eq!(is_in, line.verdict == "granted", "{line:?}");
        line.reason
    }
}

#[test]
fn a_ticket_opens_one_login_of_its_service_without_the_password_and_no_other() {
    for backend in [Backend::Embedded, Backend::Ldap] {
        let scene = Scene::new(backend, ALLOWED);
        let site = &scene.site;
        let (dovecot, sshd) = (site.mail_server("imap", false), site.sshd(SshdOptions::default()));
        site.user_with_device("bob", "geheim");
        let imap =
            |user: &str, typed: &str| scene.reason(|| site.imap_login(&dovecot, user, typed));
        let ssh = |typed: &str| Ssh::new(&site.world, &sshd, "alice").answer("Password", typed);

        scene.shows_the_passkey();
        let first = scene.takes("imap");
        let second = scene.takes("imap");
        assert_eq!(imap("alice", &first), "wrong-app-password", "another one has taken its place");
        assert_eq!(imap("bob", &second), "wrong-app-password", "it is alice's");
        assert_eq!(scene.reason(|| ssh(&second).run("id -un").logged_in()), "ticket-scope");
        assert_eq!(imap("alice", &second.to_uppercase()), "portal-ticket");
        assert_eq!(imap("alice", &second), "replayed-code");

        let ticket = scene.takes("sshd");
        let login = ssh(&ticket).run("id -un");
        assert_eq!(login.stdout, "alice\n", "{login:?}");
        assert_eq!(site.last_login().reason, "portal-ticket");
        assert_eq!(scene.reason(|| ssh(&ticket).run("id -un").logged_in()), "replayed-code");

        // It is no proof for anything else.
        let ticket = scene.takes("imap");
        let mut other = scene._portal.browser();
        other.sign_in("alice", &ticket, "");
        assert_eq!(other.cookie("monk-session"), None);

        // The policy of today decides.
        site.change_settings("[service.imap]\nportal_ticket = \"allowed\"", "[service.imap]");
        site.reload_engine();
        assert_eq!(imap("alice", &ticket), "ticket-not-allowed");
        site.change_settings("[service.imap]", "[service.imap]\nportal_ticket = \"allowed\"");
        site.reload_engine();
        assert_eq!(imap("alice", &ticket), "portal-ticket");
    }
}

#[test]
fn a_ticket_ends_when_it_is_withdrawn_with_the_passkey_and_with_a_reset() {
    for backend in [Backend::Embedded, Backend::Ldap] {
        let scene = Scene::new(backend, ALLOWED);
        let (site, browser) = (&scene.site, &scene.browser);
        let dovecot = site.mail_server("imap", false);
        let imap = |typed: &str| scene.reason(|| site.imap_login(&dovecot, "alice", typed));
        scene.shows_the_passkey();
        let ticket = scene.takes("imap");
        browser.open(&format!("{ORIGIN}/login-code"));
        browser.click("form[action='/login-code/withdraw/ticket'] button");
        browser.wait("the page without it", || !browser.shows("#open"));
        assert_eq!(imap(&ticket), "wrong-app-password", "withdrawn on the page");
        let ticket = scene.takes("imap");
        site.enroll(&["passkey", "withdraw", "alice"]);
        assert_eq!(imap(&ticket), "wrong-app-password", "withdrawn by root");

        let ticket = scene.takes("imap");
        browser.open(&format!("{ORIGIN}/methods"));
        browser.click("a[href^='/passkeys/'][href$='/remove']");
        browser.click("button.danger");
        browser.wait_for_heading("Hello alice");
        assert_eq!(imap(&ticket), "wrong-app-password");
        browser.open(&format!("{ORIGIN}/login-code"));
        assert!(!browser.shows("form[action='/login-code/ticket']"), "{}", browser.html());

        browser.open(&format!("{ORIGIN}/passkeys/new"));
        browser.click("form[data-passkey] button");
        browser.wait_for("[role=status], [role=alert]");
        scene.shows_the_passkey();
        let ticket = scene.takes("imap");
        site.enroll(&["reset", "alice"]);
        assert_eq!(imap(&ticket), "wrong-app-password");
    }
}

#[test]
fn a_sign_in_with_password_and_code_gets_no_ticket_and_no_service_offers_one_by_itself() {
    let scene = Scene::new(Backend::Embedded, ALLOWED);
    let browser = &scene.browser;
    let start = format!("{ORIGIN}/login-code");
    let form = "form[action='/login-code/ticket']";
    browser.open(&start);
    assert!(browser.shows("#ticket") && !browser.shows(form), "{}", browser.html());
    // The form of the page for a code is sent to the other address.
    let lie = |service: &str| {
        browser.open(&start);
        let send = "const form = document.querySelector('form[action=\"/login-code\"]');\
                    form.action = '/login-code/ticket';\
                    form.insertAdjacentHTML('beforeend', '<input name=\"service\">');\
                    form.elements.service.value = arguments[0]; form.submit();";
        browser.script(send, &[json!(service)]);
        browser.wait("an answer", || browser.address().ends_with("/login-code/ticket"));
        browser.wait_for("h1");
        assert!(!browser.shows(".secret"), "{}", browser.html());
    };
    lie("imap");
    scene.shows_the_passkey();
    browser.open(&start);
    assert!(browser.shows(form));
    assert!(browser.text(form).contains("Remote shell (ssh)"), "{}", browser.text(form));
    lie("sudo");
    let status = scene.site.enroll(&["status", "alice"]).to_string();
    assert!(!status.contains("portal-ticket"), "{status}");
    scene.takes("imap");
    // What is shown once is not shown again by going back or by the address.
    browser.open(&format!("{ORIGIN}/login-code/ticket"));
    assert!(!browser.shows(".secret"), "{}", browser.html());

    let nothing = Scene::new(Backend::Embedded, "");
    nothing.shows_the_passkey();
    nothing.browser.open(&start);
    assert!(!nothing.browser.shows("#ticket"), "no service takes any");
}

#[test]
fn of_logins_at_two_hosts_at_the_same_time_with_one_ticket_one_is_let_in() {
    for backend in [Backend::Ldap, Backend::LdapStore] {
        let scene = Scene::new(backend, ALLOWED);
        let site = &scene.site;
        let hosts = [site.endpoint(), site.another_host("two")];
        let _engine = site.start_engine_of(&hosts[1]);
        scene.shows_the_passkey();
        for _ in 0..3 {
            let typed = scene.takes("imap");
            let login = || WireLogin { service: "imap", user: "alice", typed: &typed };
            let logins: Vec<_> =
                (0..MANY).map(|number| (login(), &hosts[number % hosts.len()])).collect();
            let answers = site.world.inside(|| at_once(&logins));
            let of = |wanted| answers.iter().filter(|&&answer| answer == wanted).count();
            assert_eq!(of(WireAnswer::Granted), 1, "{}", site.logins().len());
            assert_eq!(of(WireAnswer::Broken), 0);
            // Afterwards, at either host.
            for host in &hosts {
                let again = site.world.inside(|| login().run(host));
                assert_eq!(again, WireAnswer::Denied);
            }
        }
    }
}
