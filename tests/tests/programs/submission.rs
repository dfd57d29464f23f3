//! Postfix's submission through Dovecot, with curl over TLS and swaks over STARTTLS.

use monk_tests::conformance::{self, About, Door};
use monk_tests::site::{Backend, Running, Site};
use monk_tests::{Dovecot, Postfix, Status};

/// swaks' exit status for a login that was refused.
const NOT_AUTHENTICATED: i32 = 28;

/// Port 465.
struct Tls {
    dovecot: Dovecot,
    postfix: Postfix,
}

impl Door for Tls {
    fn about(&self) -> About {
        About {
            name: "Postfix 465, Dovecot",
            service: "smtp",
            address: Some("127.0.0.1"),
            ..About::default()
        }
    }

    fn log_in(&self, site: &Site, user: &str, first: &str, _: Option<&str>) -> bool {
        site.curl_login(&self.postfix.tls_url(), user, first)
    }

    fn log(&self) -> String {
        format!("{}\n{}", self.postfix.log(), self.dovecot.log())
    }
}

/// Port 587.
struct StartTls {
    dovecot: Dovecot,
    postfix: Postfix,
}

impl Door for StartTls {
    fn about(&self) -> About {
        About {
            name: "Postfix 587, Dovecot",
            service: "smtp",
            address: Some("127.0.0.1"),
            ..About::default()
        }
    }

    fn log_in(&self, site: &Site, user: &str, first: &str, _: Option<&str>) -> bool {
        let authority = site.world.certificates().authority.display();
        // What is typed is in a file, since other users can read arguments.
        let settings = format!(
            "server mail.example.org\nport 587\ntls\ntls-verify\ntls-ca-path {authority}\nauth PLAIN\nauth-user {user}\nauth-password {first}\nquit-after AUTH\n"
        );
        site.world.write("/root/swaksrc", settings, 0o600);
        let output = site.world.command("swaks").args(["--config", "/root/swaksrc"]).run();
        let refused = output.status == Status::Code(NOT_AUTHENTICATED);
        assert!(output.success() || refused, "{output}");
        output.success()
    }

    fn log(&self) -> String {
        format!("{}\n{}", self.postfix.log(), self.dovecot.log())
    }
}

#[test]
fn postfix_with_tls_and_dovecot_does_what_the_table_says() {
    let site = Site::new(Backend::Embedded, Running::Resident);
    let dovecot = site.mail_server("imap", true);
    let postfix = site.submission_server("postfix");
    let door = Tls { dovecot, postfix };
    conformance::run(&site, &door);
    conformance::outage(&site, &door);
}

#[test]
fn postfix_with_starttls_and_dovecot_does_what_the_table_says() {
    let site = Site::new(Backend::Embedded, Running::OneShot);
    let dovecot = site.mail_server("imap", true);
    let postfix = site.submission_server("postfix");
    let door = StartTls { dovecot, postfix };
    conformance::run(&site, &door);
    conformance::outage(&site, &door);
}
