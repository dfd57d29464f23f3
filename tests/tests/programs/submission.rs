//! Postfix's submission through Dovecot, with curl over TLS and swaks over STARTTLS.

use monk_tests::conformance::{self, About, Door};
use monk_tests::site::{Backend, Running, Site};
use monk_tests::{Dovecot, Postfix, Status};

/// swaks' exit status for a login that was refused.
const NOT_AUTHENTICATED: i32 = 28;

struct Submission {
    name: &'static str,
    client: fn(&Site, &Postfix, &str, &str) -> bool,
    dovecot: Dovecot,
    postfix: Postfix,
}

impl Door for Submission {
    fn about(&self) -> About {
        let address = Some("127.0.0.1");
        About { name: self.name, service: "smtp", address, ..About::default() }
    }

    fn log_in(&self, site: &Site, user: &str, first: &str, _: Option<&str>) -> bool {
        (self.client)(site, &self.postfix, user, first)
    }

    fn log(&self) -> String {
        format!("{}\n{}", self.postfix.log(), self.dovecot.log())
    }
}

#[track_caller]
fn does_what_the_table_says(
    running: Running,
    name: &'static str,
    client: fn(&Site, &Postfix, &str, &str) -> bool,
) {
    let site = Site::new(Backend::Embedded, running);
    let dovecot = site.mail_server("imap", true);
    let postfix = site.submission_server("postfix");
    let door = Submission { name, client, dovecot, postfix };
    conformance::run(&site, &door);
    conformance::outage(&site, &door);
}

fn curl(site: &Site, postfix: &Postfix, user: &str, typed: &str) -> bool {
    site.curl_login(&postfix.tls_url(), user, typed)
}

fn swaks(site: &Site, _: &Postfix, user: &str, typed: &str) -> bool {
    let authority = site.world.certificates().authority.display();
    // What is typed is in a file, since other users can read arguments.
    let settings = format!(
        "server mail.example.org\nport 587\ntls\ntls-verify\ntls-ca-path {authority}\nauth PLAIN\nauth-user {user}\nauth-password {typed}\nquit-after AUTH\n"
    );
    site.world.write("/root/swaksrc", settings, 0o600);
    let output = site.world.command("swaks").args(["--config", "/root/swaksrc"]).run();
    let refused = output.status == Status::Code(NOT_AUTHENTICATED);
    assert!(output.success() || refused, "{output}");
    output.success()
}

#[test]
fn postfix_with_tls_and_dovecot_does_what_the_table_says() {
    does_what_the_table_says(Running::Resident, "Postfix 465, Dovecot", curl);
}

#[test]
fn postfix_with_starttls_and_dovecot_does_what_the_table_says() {
    does_what_the_table_says(Running::OneShot, "Postfix 587, Dovecot", swaks);
}
