//! Dovecot's POP3, with curl over TLS.

use monk_tests::Dovecot;
use monk_tests::conformance::{self, About, Door};
use monk_tests::site::{Backend, Running, Site};

struct Pop3(Dovecot);

impl Door for Pop3 {
    fn about(&self) -> About {
        About {
            name: "Dovecot POP3",
            service: "pop3",
            address: Some("127.0.0.1"),
            ..About::default()
        }
    }

    fn log_in(&self, site: &Site, user: &str, first: &str, _: Option<&str>) -> bool {
        site.curl_login(&self.0.pop3s_url(), user, first)
    }

    fn log(&self) -> String {
        self.0.log()
    }
}

#[test]
fn dovecot_pop3_does_what_the_table_says() {
    let site = Site::new(Backend::Embedded, Running::OneShot);
    let door = Pop3(site.mail_server("pop3", false));
    conformance::run(&site, &door);
    conformance::outage(&site, &door);
}
