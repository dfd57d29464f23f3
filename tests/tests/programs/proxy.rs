//! A Dovecot that asks monk and passes its users on to another one, which has the mailboxes.

use monk_tests::clients::{Curl, Login};
use monk_tests::conformance::{self, About, Door};
use monk_tests::site::{self, Backend, Running, Site};
use monk_tests::{Dovecot, DovecotOptions};

/// The ports of the back end, which is on the host of the proxy here.
const IMAP: u16 = 1143;
const IMAPS: u16 = 1993;

/// Two mail servers, as the shipped examples have them.
struct Proxied {
    proxy: Dovecot,
    back_end: Dovecot,
}

impl Proxied {
    fn start(site: &Site) -> Self {
        site.install_recipe("imap");
        let back_end = server(site, "backend", "auth-backend.conf.ext", |options| DovecotOptions {
            imap_port: IMAP,
            imaps_port: IMAPS,
            config: "auth_username_format = %Ln\n".to_owned(),
            ..options
        });
        let proxy = server(site, "proxy", "auth-monk-proxy.conf.ext", |options| DovecotOptions {
            userdb: String::new(),
            ..options
        });
        Self { proxy, back_end }
    }

    /// Logs in at the back end itself from an address; whether it lets anybody in.
    fn lets_in_from(&self, site: &Site, address: &str, typed: &str) -> bool {
        let curl = Curl::new(&site.world, &self.back_end.imaps_url(), "alice", typed);
        match curl.from(address).login() {
            Login::LoggedIn => true,
            Login::Refused(_) => false,
            Login::Failed { status, stderr } => panic!("curl ended with {status:?}: {stderr}"),
        }
    }
}

/// A server with a passdb of the examples, whose placeholders are this world.
fn server(
    site: &Site,
    name: &str,
    example: &str,
    adjust: impl FnOnce(DovecotOptions) -> DovecotOptions,
) -> Dovecot {
    let passdb = site::shipped(&format!("config/examples/dovecot-proxy-2.3/{example}"));
    let authority = site.world.certificates().authority.to_string_lossy();
    let passdb = passdb.replace("/etc/ssl/certs/backend.example.org-ca.pem", &authority);
    let passdb = passdb.replace("backend.example.org", "mail.example.org");
    let passdb = passdb
        .replace("192.0.2.30", &format!("127.0.0.1 port={IMAP}"))
        .replace("192.0.2.20", "127.0.0.1");
    let file = format!("/etc/dovecot/conf.d/{example}");
    site.world.write(&file, passdb, 0o644);
    let options = DovecotOptions {
        name: name.to_owned(),
        passdb_file: Some(file),
        ..DovecotOptions::default()
    };
    Dovecot::start(&site.world, adjust(options))
}

impl Door for Proxied {
    fn about(&self) -> About {
        About {
            name: "Dovecot as proxy",
            service: "imap",
            address: Some("127.0.0.1"),
            ..About::default()
        }
    }

    fn log_in(&self, site: &Site, user: &str, first: &str, _: Option<&str>) -> bool {
        site.curl_login(&self.proxy.imaps_url(), user, first)
    }

    fn log(&self) -> String {
        format!("{}\n{}", self.proxy.log(), self.back_end.log())
    }
}

#[test]
fn a_proxy_does_what_the_table_says() {
    let site = Site::new(Backend::Embedded, Running::OneShot);
    let door = Proxied::start(&site);
    conformance::run(&site, &door);
}

#[test]
fn the_back_end_lets_in_whom_the_proxy_sends_and_nobody_else() {
    let site = Site::new(Backend::Embedded, Running::Resident);
    let mail = Proxied::start(&site);
    let phone = site.user_with_device("alice", "secret");
    let typed = format!("secret;{}", phone.code());
    assert!(mail.log_in(&site, "alice", &typed, None), "{}", mail.log());
    assert_eq!(site.last_login().reason, "totp");
    // The back end knows nobody's password, and no string that was typed.
    assert!(mail.lets_in_from(&site, "127.0.0.1", "anything"), "{}", mail.log());
    for typed in [&typed, "secret", "checked-by-monk"] {
        assert!(!mail.lets_in_from(&site, "127.0.0.9", typed), "{}", mail.log());
    }
    assert_eq!(site.logins().len(), 1, "the back end asks nobody");
    assert!(!mail.log_in(&site, "alice", &typed, None));
    assert_eq!(site.last_login().reason, "replayed-code");
    let log = mail.back_end.log();
    assert!(!log.contains("secret"), "{log}");
}

/// Each of two servers that both ask monk wants a code of its own.
#[test]
fn a_back_end_that_asks_monk_as_well_lets_nobody_in_with_a_code() {
    let site = Site::new(Backend::Embedded, Running::Resident);
    let mut mail = Proxied::start(&site);
    mail.back_end.stop();
    mail.proxy.stop();
    let asks_monk = site::shipped("config/examples/dovecot-2.3/auth-monk.conf.ext");
    site.world.write("/etc/dovecot/conf.d/asks-monk.conf.ext", asks_monk, 0o644);
    mail.back_end = Dovecot::start(
        &site.world,
        DovecotOptions {
            name: "asking".to_owned(),
            passdb_file: Some("/etc/dovecot/conf.d/asks-monk.conf.ext".to_owned()),
            imap_port: IMAP,
            imaps_port: IMAPS,
            ..DovecotOptions::default()
        },
    );
    // The proxy hands on what was typed, as it does without "pass".
    let file = "/etc/dovecot/conf.d/auth-monk-proxy.conf.ext";
    let text = site.world.read(file).replace(" pass=checked-by-monk", "");
    site.world.write(file, text, 0o644);
    mail.proxy = Dovecot::start(
        &site.world,
        DovecotOptions {
            name: "forwarding".to_owned(),
            passdb_file: Some(file.to_owned()),
            userdb: String::new(),
            ..DovecotOptions::default()
        },
    );
    let phone = site.user_with_device("alice", "secret");
    assert!(!mail.log_in(&site, "alice", &format!("secret;{}", phone.code()), None));
    let reasons: Vec<_> = site.logins().into_iter().map(|line| line.reason).collect();
    assert_eq!(reasons[..2], ["totp", "replayed-code"], "{}", mail.log());
}
