//! Dovecot's IMAP, with curl over TLS.

use monk_tests::conformance::{self, About, Door};
use monk_tests::site::{Backend, Running, Site};
use monk_tests::{Dovecot, DovecotOptions};

struct Imap(Dovecot);

impl Door for Imap {
    fn about(&self) -> About {
        About {
            name: "Dovecot IMAP",
            service: "imap",
            address: Some("127.0.0.1"),
            ..About::default()
        }
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
    conformance::outage(&site, &door);
}

/// Why the example says to leave it off.
#[test]
fn dovecots_cache_would_accept_a_spent_code() {
    let site = Site::new(Backend::Embedded, Running::Resident);
    site.install_recipe("imap");
    let options = DovecotOptions {
        pam_service: "%s".to_owned(),
        passdb_args: "cache_key=%u%s".to_owned(),
        config: "auth_cache_size = 10 M\n".to_owned(),
        ..DovecotOptions::default()
    };
    let door = Imap(Dovecot::start(&site.world, options));
    let phone = site.user_with_device("alice", "secret");
    let typed = format!("secret;{}", phone.code());
    let (logged_in, _) = site.audited(|| door.log_in(&site, "alice", &typed, None));
    assert!(logged_in, "{}", door.log());
    assert!(door.log_in(&site, "alice", &typed, None), "the cache is no trap any more");
    assert_eq!(site.logins().len(), 1, "monk was not even asked");
}
