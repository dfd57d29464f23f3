//! vsftpd over TLS, with curl.

use monk_tests::Vsftpd;
use monk_tests::conformance::{self, About, Door};
use monk_tests::site::{Backend, Running, Site};

/// Where Debian's service looks for the settings.
const SETTINGS: &str = "/etc/vsftpd.conf";

struct Ftp(Vsftpd);

impl Door for Ftp {
    fn about(&self) -> About {
        About {
            name: "vsftpd",
            service: "vsftpd",
            // Its one socket takes IPv6 and IPv4, whose addresses it writes like this. Policies and
            // counters take them for what they are.
            address: Some("127.0.0.1"),
            needs_account: true,
            ..About::default()
        }
    }

    fn log_in(&self, site: &Site, user: &str, first: &str, _: Option<&str>) -> bool {
        site.curl_login(&self.0.url(), user, first)
    }

    fn log(&self) -> String {
        self.0.log()
    }
}

#[test]
fn vsftpd_does_what_the_table_says() {
    let site = Site::new(Backend::Embedded, Running::OneShot);
    site.install_recipe("vsftpd");
    site.install_example("vsftpd/vsftpd.conf", SETTINGS);
    let door = Ftp(Vsftpd::start(&site.world, SETTINGS));
    conformance::run(&site, &door);
    conformance::outage(&site, &door);
}
