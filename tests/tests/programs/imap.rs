//! Dovecot's IMAP, with curl over TLS.

use monk_tests::Dovecot;
use monk_tests::conformance::{self, Door};
use monk_tests::site::{Backend, Running, Site};

struct Imap(Dovecot);

impl Door for Imap {
    fn name(&self) -> &'static str {
        "Dovecot IMAP"
    }

    fn service(&self) -> &'static str {
        "imap"
    }

    fn address(&self) -> Option<&'static str> {
        Some("127.0.0.1")
    }

    fn log_in(&self, site: &Site, user: &str, first: &str, _: Option<&str>) -> bool {
        site.imap_login(&self.0, user, first)
    }

    fn log(&self) -> String {
        self.0.log()
    }
}

#[test]
fn dovecot_imap_does_what_the_table_says() {
    let site = Site::new(Backend::Embedded, Running::Resident);
    let door = Imap(site.mail_server("imap", false));
    conformance::run(&site, &door);
}
