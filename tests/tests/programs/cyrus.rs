//! Postfix's submission through Cyrus SASL and saslauthd, with curl.

use monk_tests::conformance::{self, About, Door};
use monk_tests::site::{Backend, Running, Site};
use monk_tests::{Postfix, Saslauthd};

/// Where the shipped example is installed.
const DEFAULTS: &str = "/etc/default/saslauthd";

struct Cyrus {
    saslauthd: Saslauthd,
    postfix: Postfix,
}

impl Cyrus {
    /// As the shipped example has it.
    fn start(site: &Site) -> Self {
        Self::install(site);
        Self::start_installed(site)
    }

    fn install(site: &Site) {
        site.install_recipe("smtp");
        site.install_example("postfix-cyrus/smtpd.conf", "/etc/postfix/sasl/smtpd.conf");
        site.install_example("postfix-cyrus/saslauthd", DEFAULTS);
    }

    fn start_installed(site: &Site) -> Self {
        let saslauthd = Saslauthd::start(&site.world);
        Self { saslauthd, postfix: site.submission_server("postfix-cyrus") }
    }
}

impl Door for Cyrus {
    fn about(&self) -> About {
        About {
            name: "Postfix 465, saslauthd",
            service: "smtp",
            // Nobody tells saslauthd where a client comes from.
            address: Some("-"),
            ..About::default()
        }
    }

    fn log_in(&self, site: &Site, user: &str, first: &str, _: Option<&str>) -> bool {
        site.curl_login(&self.postfix.tls_url(), user, first)
    }

    fn log(&self) -> String {
        format!("{}\n{}", self.postfix.log(), self.saslauthd.log())
    }
}

#[test]
fn postfix_with_saslauthd_does_what_the_table_says() {
    let site = Site::new(Backend::Embedded, Running::OneShot);
    let door = Cyrus::start(&site);
    conformance::run(&site, &door);
    conformance::outage(&site, &door);
}

/// Why the example says never to use it.
#[test]
fn saslauthds_cache_would_accept_a_spent_code() {
    let site = Site::new(Backend::Embedded, Running::OneShot);
    Cyrus::install(&site);
    let options = site.world.read(DEFAULTS).replace("OPTIONS=\"-m", "OPTIONS=\"-c -m");
    site.world.write(DEFAULTS, options, 0o644);
    let door = Cyrus::start_installed(&site);
    let phone = site.user_with_device("alice", "secret");
    let typed = format!("secret;{}", phone.code());
    let (logged_in, _) = site.audited(|| door.log_in(&site, "alice", &typed, None));
    assert!(logged_in, "{}", door.log());
    assert!(door.log_in(&site, "alice", &typed, None), "the cache is no trap any more");
    assert_eq!(site.logins().len(), 1, "monk was not even asked");
}
