//! Roundcube, as Debian has it, in a real browser: what was typed once reads, sends and edits filters.
//!
//! `cargo nextest run -p monk-tests --test roundcube --ignore-default-filter` runs these tests alone.

/// It needs a PHP and a web mail, which only `cargo xtask test --all` installs.
mod heavy {
    use std::time::Duration;

    use monk_tests::Roundcube;
    use monk_tests::chromium::Chromium;
    use monk_tests::clients::{Curl, Login};
    use monk_tests::site::{AuditLine, Backend, Device, EngineClock, Running, Site};

    /// Where alice's browser is.
    const HOME: &str = "198.51.100.7";

    /// Where somebody else's is.
    const ELSEWHERE: &str = "203.0.113.9";

    /// Where the web mail is, which cannot tell ManageSieve more.
    const WEB_MAIL: &str = "127.0.0.1";

    /// How long a mail may be on its way.
    const MAIL_LIMIT: Duration = Duration::from_secs(20);

    const MAIL: &str = "From: Bob <bob@example.org>\nTo: alice@example.org\nSubject: Lunch\n\
        Date: Sat, 28 Nov 2026 10:00:00 +0000\nMessage-ID: <lunch@example.org>\n\nAt noon by the river?\n";

    struct Scene {
        roundcube: Roundcube,
        clock: EngineClock,
        phone: Device,
        site: Site,
    }

    impl Scene {
        #[track_caller]
        fn new() -> Self {
            Roundcube::install_packages();
            let site =
                Site::with_settings(Backend::Embedded, Running::OneShot, &Roundcube::policy());
            let clock = site.start_engine_with_clock();
            let phone = site.user_with_device("alice", "secret");
            let roundcube = Roundcube::start(&site);
            roundcube.deliver("alice", MAIL);
            Self { roundcube, clock, phone, site }
        }

        /// A browser from an address, at the page to sign in.
        #[track_caller]
        fn browser(&self, address: &str) -> Chromium {
            self.roundcube.browsers_come_from(address);
            let browser = Chromium::with(&self.site.world, &[&self.roundcube.way_for_browsers()]);
            browser.resize(1280, 900);
            browser.open(&self.roundcube.page());
            browser.wait_for("#rcmloginuser");
            browser
        }

        /// Service, address and reason of each login so far, without those that were there before.
        fn logins(&self) -> Vec<(String, String, String)> {
            let seen = |line: AuditLine| (line.service, line.address, line.reason);
            let mut logins = Vec::new();
            for login in self.site.logins().into_iter().map(seen) {
                if !logins.contains(&login) {
                    logins.push(login);
                }
            }
            logins
        }

        #[track_caller]
        fn has_seen(&self, logins: &[(&str, &str, &str)]) {
            let seen = self.logins();
            let seen: Vec<_> = (seen.iter())
                .map(|(service, address, reason)| {
                    (service.as_str(), address.as_str(), reason.as_str())
                })
                .collect();
            assert_eq!(seen, logins, "{}", self.roundcube.log());
        }
    }

    #[track_caller]
    fn sign_in(browser: &Chromium, typed: &str) {
        browser.type_into("#rcmloginuser", "alice");
        browser.type_into("#rcmloginpwd", typed);
        browser.click("#rcmloginsubmit");
    }

    #[track_caller]
    fn reads(browser: &Chromium, words: &str) {
        browser.click("#messagelist tbody tr.message td.subject a");
        browser.wait_for("#messagecontframe");
        browser.enter_frame("#messagecontframe");
        browser.wait_for("#messagebody");
        assert!(browser.text("#messagebody").contains(words), "{}", browser.html());
        browser.leave_frames();
    }

    #[track_caller]
    fn sends(browser: &Chromium, page: &str, to: &str, words: &str) {
        browser.open(&format!("{page}?_task=mail&_action=compose"));
        browser.wait_for("#compose-subject");
        browser.type_into("#compose_to .recipient-input input", to);
        browser.type_into("#compose-subject", "About lunch");
        browser.type_into("#composebody", words);
        browser.click("button.send");
        browser.wait_for("#messagelist tbody tr.message");
    }

    #[track_caller]
    fn adds_a_filter(browser: &Chromium, page: &str, name: &str) {
        browser.open(&format!("{page}?_task=settings&_action=plugin.managesieve"));
        browser.wait_for("a.create[title='Add filter']");
        browser.click("a.create[title='Add filter']");
        browser.wait_for("#filter-box");
        browser.enter_frame("#filter-box");
        browser.wait_for("[name=_name]");
        browser.type_into("[name=_name]", name);
        browser.type_into("[name='_rule_target[0][]']", "lunch");
        browser.click("button.submit");
        browser.leave_frames();
        browser.wait_for("#filterslist tbody tr");
    }

    #[test]
    fn what_was_typed_once_reads_sends_and_edits_filters_from_the_browsers_address() {
        let scene = Scene::new();
        let page = scene.roundcube.page();
        let browser = scene.browser(HOME);
        sign_in(&browser, &format!("secret;{}", scene.phone.code()));
        browser.wait_for("#messagelist tbody tr.message");
        reads(&browser, "At noon by the river?");
        sends(&browser, &page, "bob@example.org", "Make it one o'clock");
        let has_come = || scene.roundcube.inbox("bob").contains("Make it one o'clock");
        let come = monk_tests::until(MAIL_LIMIT, || has_come().then_some(()));
        assert!(come.is_some(), "{}", scene.roundcube.log());
        adds_a_filter(&browser, &page, "Lunch");
        let filters = scene.site.world.read("/var/mail/dovecot/alice/sieve/roundcube.sieve");
        assert!(filters.contains("\"subject\" \"lunch\""), "{filters}");
        scene.has_seen(&[
            ("imap", HOME, "totp"),
            ("imap", HOME, "remembered"),
            ("smtp", HOME, "remembered"),
            ("sieve", WEB_MAIL, "remembered"),
        ]);
    }

    #[test]
    fn after_the_time_it_asks_again_and_what_was_written_stays_in_the_browser() {
        let scene = Scene::new();
        let page = scene.roundcube.page();
        let browser = scene.browser(HOME);
        sign_in(&browser, &format!("secret;{}", scene.phone.code()));
        browser.wait_for("#messagelist tbody tr.message");
        browser.open(&format!("{page}?_task=mail&_action=compose"));
        browser.wait_for("#composebody");
        browser.type_into("#composebody", "I wanted to say");
        let later = 9 * 3600 + 60;
        scene.clock.set(later);
        browser.click("a.save.draft");
        browser.wait("the end of the session", || {
            scene.logins().last().is_some_and(|(_, _, reason)| reason == "replayed-code")
        });
        browser.wait("the browser hears of it", || {
            browser.script("return rcmail.env.server_error", &[]) == 401
        });
        assert_eq!(browser.value("#composebody"), "I wanted to say");
        browser.open(&page);
        browser.wait_for("#rcmloginuser");
        sign_in(&browser, &format!("secret;{}", scene.phone.code_of_clock(later)));
        browser.wait_for("#messagelist tbody tr.message");
    }

    #[test]
    fn a_wrong_code_and_the_string_of_another_browser_are_refused() {
        let scene = Scene::new();
        let typed = format!("secret;{}", scene.phone.code());
        let home = scene.browser(HOME);
        sign_in(&home, &typed);
        home.wait_for("#messagelist tbody tr.message");
        drop(home);
        let elsewhere = scene.browser(ELSEWHERE);
        sign_in(&elsewhere, &typed);
        elsewhere.wait_for("#messagestack .alert");
        assert_eq!(elsewhere.text("#messagestack"), "Login failed.");
        elsewhere.open(&scene.roundcube.page());
        sign_in(&elsewhere, &format!("secret;{}", scene.phone.wrong_code()));
        elsewhere.wait_for("#messagestack .alert");
        assert_eq!(elsewhere.text("#messagestack"), "Login failed.");
        scene.has_seen(&[
            ("imap", HOME, "totp"),
            ("imap", HOME, "remembered"),
            ("imap", ELSEWHERE, "replayed-code"),
            ("imap", ELSEWHERE, "wrong-code"),
        ]);
        // Nor does it send, past the web mail.
        let smtp = "smtps://mail.example.org:465";
        let curl = Curl::new(&scene.site.world, smtp, "alice", &typed).from(ELSEWHERE);
        assert!(matches!(curl.login(), Login::Refused(_)));
        assert_eq!(scene.site.last_login().reason, "replayed-code");
    }
}
