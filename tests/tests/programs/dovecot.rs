//! Dovecot: IMAP and POP3 with curl over TLS, IMAP with mbsync, and ManageSieve with sieve-connect.

use monk_tests::conformance::{self, About, Door};
use monk_tests::site::{Backend, Running, Site};
use monk_tests::{Dovecot, DovecotOptions, Output};

/// One of its protocols, with a client that sends one string.
struct Mail {
    name: &'static str,
    service: &'static str,
    client: fn(&Site, &Dovecot, &str, &str) -> bool,
    server: Dovecot,
}

impl Door for Mail {
    fn about(&self) -> About {
        let address = Some("127.0.0.1");
        About { name: self.name, service: self.service, address, ..About::default() }
    }

    fn log_in(&self, site: &Site, user: &str, first: &str, _: Option<&str>) -> bool {
        (self.client)(site, &self.server, user, first)
    }

    fn log(&self) -> String {
        self.server.log()
    }
}

#[track_caller]
fn does_what_the_table_says(
    running: Running,
    name: &'static str,
    service: &'static str,
    client: fn(&Site, &Dovecot, &str, &str) -> bool,
) {
    let site = Site::new(Backend::Embedded, running);
    let door = Mail { name, service, client, server: site.mail_server(service, false) };
    conformance::run(&site, &door);
    conformance::outage(&site, &door);
}

fn imap(site: &Site, dovecot: &Dovecot, user: &str, typed: &str) -> bool {
    site.imap_login(dovecot, user, typed)
}

fn pop3(site: &Site, dovecot: &Dovecot, user: &str, typed: &str) -> bool {
    site.curl_login(&dovecot.pop3s_url(), user, typed)
}

fn sieve(site: &Site, _: &Dovecot, user: &str, typed: &str) -> bool {
    let authority = &site.world.certificates().authority;
    let command = site.world.command("sieve-connect").args([
        "--nosrv",
        "--server",
        "mail.example.org",
        "--user",
        user,
        "--passwordfd",
        "0",
        "--list",
        "--tlscafile",
    ]);
    let output = command.arg(authority).stdin(format!("{typed}\n")).run();
    is_in(&output, "Authentication refused by server")
}

fn mbsync(site: &Site, _: &Dovecot, user: &str, typed: &str) -> bool {
    let world = &site.world;
    let settings = format!(
        "\
IMAPAccount monk
Host mail.example.org
User {user}
PassCmd \"cat /root/typed\"
SSLType IMAPS
SystemCertificates no
CertificateFile {}

IMAPStore far
Account monk

MaildirStore near
Inbox /root/mail/{user}

Channel mail
Far :far:
Near :near:
Patterns INBOX
Create Near
SyncState *
",
        world.certificates().authority.display()
    );
    world.make_folder("/root/mail", 0o700);
    world.write("/root/.mbsyncrc", settings, 0o600);
    world.write("/root/typed", format!("{typed}\n"), 0o600);
    is_in(&world.command("mbsync").arg("mail").run(), "AUTHENTICATIONFAILED")
}

/// For clients that end with the same status whatever went wrong.
#[track_caller]
fn is_in(output: &Output, refusal: &str) -> bool {
    assert!(output.success() || output.stderr.contains(refusal), "{output}");
    output.success()
}

#[test]
fn dovecot_imap_does_what_the_table_says() {
    does_what_the_table_says(Running::Resident, "Dovecot IMAP", "imap", imap);
}

#[test]
fn dovecot_imap_with_mbsync_does_what_the_table_says() {
    does_what_the_table_says(Running::OneShot, "Dovecot IMAP (mbsync)", "imap", mbsync);
}

#[test]
fn dovecot_pop3_does_what_the_table_says() {
    does_what_the_table_says(Running::OneShot, "Dovecot POP3", "pop3", pop3);
}

#[test]
fn dovecot_managesieve_does_what_the_table_says() {
    does_what_the_table_says(Running::Resident, "Dovecot ManageSieve", "sieve", sieve);
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
    let dovecot = Dovecot::start(&site.world, options);
    let phone = site.user_with_device("alice", "secret");
    let typed = format!("secret;{}", phone.code());
    let log_in = || site.imap_login(&dovecot, "alice", &typed);
    let (logged_in, _) = site.audited(log_in);
    assert!(logged_in, "{}", dovecot.log());
    assert!(log_in(), "the cache is no trap any more");
    assert_eq!(site.logins().len(), 1, "monk was not even asked");
}
