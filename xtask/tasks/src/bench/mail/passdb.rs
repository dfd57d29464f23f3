//! Who checks the logins of a mail server: what is compared.

use monk_tests::{Dovecot, DovecotOptions, Slapd, World};

use crate::bench::people::PASSWORD;
use crate::bench::world::Directory;

/// The folder of Postfix's sockets, as Dovecot sees it.
const SPOOL: &str = "/var/spool/postfix";

/// Logins after which a process of Dovecot's that asks PAM is replaced: a hundred unless said
/// otherwise. Here none is, so that the start of a process is part of no row's figures.
const MAX_REQUESTS: u32 = 1_000_000;

/// Processes that ask PAM at the same time: as many as the callers of the goals, for all rows.
const WORKERS: u32 = 8;

/// Where the settings of Dovecot's own LDAP are.
const LDAP_SETTINGS: &str = "/etc/dovecot/bench-ldap.conf.ext";

/// One way of a Dovecot to check a login.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Passdb {
    /// One password for everybody, in Dovecot's own settings: nobody is asked.
    Static,
    /// Dovecot's own LDAP: a search and a bind over one connection each, without workers.
    OwnLdap,
    /// A PAM service.
    Pam(String),
}

impl Passdb {
    /// The block of the settings.
    fn block(&self) -> String {
        let (driver, arguments) = match self {
            Self::Static => ("static", format!("password={{PLAIN}}{PASSWORD}")),
            Self::OwnLdap => ("ldap", LDAP_SETTINGS.to_owned()),
            Self::Pam(service) => ("pam", format!("max_requests={MAX_REQUESTS} {service}")),
        };
        format!("passdb {{\n  driver = {driver}\n  args = {arguments}\n}}\n")
    }
}

/// Writes the settings of Dovecot's own LDAP: as monk does, it looks for the user and then
/// binds as that one.
#[track_caller]
pub fn write_ldap_settings(world: &World, directory: &Directory) {
    let Directory { uri, account, password, authority } = directory;
    let base = Slapd::SUFFIX;
    let settings = format!(
        "uris = {uri}\ndn = {account}\ndnpass = \"{password}\"\ntls_ca_cert_file = {authority}\n\
         tls_require_cert = demand\nauth_bind = yes\nbase = {base}\nscope = subtree\n\
         pass_attrs = uid=user\npass_filter = (uid=%n)\n"
    );
    world.write(LDAP_SETTINGS, settings, 0o600);
}

/// A Dovecot, and where it is asked.
pub struct MailServer {
    /// Runs as long as this is there.
    _dovecot: Dovecot,
    /// The port of IMAP, without TLS.
    pub imap_port: u16,
    /// What Postfix calls its socket.
    pub sasl_path: String,
}

/// Starts a Dovecot, which is the same in each row but for the passdb: no cache, no delay, and processes that stay.
#[track_caller]
pub fn start(world: &World, name: &str, passdb: &Passdb) -> MailServer {
    let file = format!("/etc/dovecot/{name}.passdb");
    world.write(&file, passdb.block(), 0o644);
    let (imap_port, imaps_port) = (world.free_port(), world.free_port());
    let sasl_path = format!("private/auth-{name}");
    let options = DovecotOptions {
        name: name.to_owned(),
        imap_port,
        imaps_port,
        passdb_file: Some(file),
        config: settings(&sasl_path),
        ..DovecotOptions::default()
    };
    MailServer { _dovecot: Dovecot::start(world, options), imap_port, sasl_path }
}

fn settings(sasl_path: &str) -> String {
    format!(
        "disable_plaintext_auth = no\n\
         auth_cache_size = 0\n\
         auth_verbose = no\n\
         auth_worker_max_count = {WORKERS}\n\
         service imap-login {{\n  service_count = 0\n  process_min_avail = 2\n}}\n\
         service imap {{\n  service_count = 0\n  process_min_avail = {WORKERS}\n}}\n\
         service auth {{\n  unix_listener {SPOOL}/{sasl_path} {{\n    mode = 0660\n    user = postfix\n    group = postfix\n  }}\n}}\n"
    )
}

/// The line of Postfix's master.cf for a server on `port` that asks the Dovecot of `sasl_path`.
pub fn submission(port: u16, sasl_path: &str) -> String {
    let options = [
        "smtpd_tls_security_level=none",
        "smtpd_tls_auth_only=no",
        "smtpd_sasl_auth_enable=yes",
        "smtpd_sasl_type=dovecot",
        &format!("smtpd_sasl_path={sasl_path}"),
        "smtpd_relay_restrictions=permit_sasl_authenticated,reject",
    ];
    let options: String = options.iter().map(|option| format!("  -o {option}\n")).collect();
    format!("127.0.0.1:{port} inet n - n - - smtpd\n{options}")
}
