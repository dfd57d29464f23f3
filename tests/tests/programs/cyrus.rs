//! Postfix's submission through Cyrus SASL and saslauthd, with curl.

use monk_tests::conformance::{self, Door};
use monk_tests::site::{Backend, Running, Site};
use monk_tests::{Postfix, Saslauthd};

struct Cyrus {
    saslauthd: Saslauthd,
    postfix: Postfix,
}

impl Cyrus {
    /// As the shipped example has it.
    fn start(site: &Site) -> Self {
        site.install_recipe("smtp");
        site.install_example("postfix-cyrus/smtpd.conf", "/etc/postfix/sasl/smtpd.conf");
        site.install_example("postfix-cyrus/saslauthd", "/etc/default/saslauthd");
        let saslauthd = Saslauthd::start(&site.world);
        Self { saslauthd, postfix: site.submission_server("postfix-cyrus") }
    }
}

impl Door for Cyrus {
    fn name(&self) -> &'static str {
        "Postfix 465, saslauthd"
    }

    fn service(&self) -> &'static str {
        "smtp"
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
}
