//! Dovecot 2.3, a mail server that authenticates through PAM.

use std::time::Duration;

use crate::World;
use crate::certificates::Identity;
use crate::process::Process;

/// The port of POP3 with TLS (RFC 8314).
const POP3S_PORT: u16 = 995;

/// The port of ManageSieve, with STARTTLS (RFC 5804).
const SIEVE_PORT: u16 = 4190;

/// Mail belongs to the system user `mail`.
const USERDB: &str =
    "userdb {\n  driver = static\n  args = uid=mail gid=mail home=/var/mail/NAME/%u\n}";

/// How a [`Dovecot`] is set up.
#[derive(Clone, Debug)]
pub struct DovecotOptions {
    /// Its name, for its folders, when a world has several.
    pub name: String,
    /// What it speaks: some of `imap`, `pop3` and `sieve`.
    pub protocols: String,
    /// The port of IMAP, with STARTTLS, and with plain logins, since all its clients are local.
    pub imap_port: u16,
    /// The port of IMAPS.
    pub imaps_port: u16,
    /// The PAM service, so the file under `/etc/pam.d`.
    pub pam_service: String,
    /// Arguments of passdb pam besides the service, such as `session=yes cache_key=%u`.
    pub passdb_args: String,
    /// A file with the passdb, in place of the service and the arguments.
    pub passdb_file: Option<String>,
    /// Where the mailboxes are: a block `userdb`, or nothing. `NAME` stands for the name.
    pub userdb: String,
    /// How long every failure is delayed. With zero there is no penalty for repeated failures
    /// either, but Dovecot tells failures only twice a second: each takes up to 0.5 s.
    pub auth_failure_delay: Duration,
    /// The certificate to show, if not the world's good one.
    pub identity: Option<Identity>,
    /// More lines of `dovecot.conf`. A later setting overrides an earlier one.
    pub config: String,
}

impl Default for DovecotOptions {
    fn default() -> Self {
        Self {
            name: "dovecot".to_owned(),
            protocols: "imap".to_owned(),
            imap_port: 143,
            imaps_port: 993,
            pam_service: "dovecot".to_owned(),
            passdb_args: String::new(),
            passdb_file: None,
            userdb: USERDB.to_owned(),
            auth_failure_delay: Duration::ZERO,
            identity: None,
            config: String::new(),
        }
    }
}

/// A running Dovecot. Its users need no system account: mail belongs to the system user `mail`.
pub struct Dovecot {
    world: World,
    options: DovecotOptions,
    process: Process,
}

impl Dovecot {
    /// Writes a configuration and starts the server.
    #[track_caller]
    pub fn start(world: &World, options: DovecotOptions) -> Self {
        let file = format!("/etc/dovecot/{}.conf", options.name);
        world.write(&file, configuration(world, &options), 0o644);
        let mut process = world.spawn("dovecot", &["-F", "-c", &file]);
        let ports = ports(&options);
        world.wait_for_server(&mut process, || ports.iter().all(|port| world.is_listening(*port)));
        Self { world: world.clone(), options, process }
    }

    /// `imaps://…`, of a name its certificate is good for.
    pub fn imaps_url(&self) -> String {
        format!("imaps://mail.example.org:{}", self.options.imaps_port)
    }

    /// `imap://…`, of a name its certificate is good for.
    pub fn imap_url(&self) -> String {
        format!("imap://mail.example.org:{}", self.options.imap_port)
    }

    /// `pop3s://…`, of a name its certificate is good for. Its port is the usual one.
    pub fn pop3s_url(&self) -> String {
        "pop3s://mail.example.org".to_owned()
    }

    /// What the server has logged.
    #[track_caller]
    pub fn log(&self) -> String {
        let file = log_file(&self.options);
        if self.world.exists(&file) { self.world.read(&file) } else { self.process.log() }
    }

    /// The master process.
    pub fn process(&mut self) -> &mut Process {
        &mut self.process
    }

    /// Ends the server in good order.
    pub fn stop(&mut self) {
        self.process.terminate();
    }
}

/// The ports that it listens on when it is up.
fn ports(options: &DovecotOptions) -> Vec<u16> {
    let of = |protocol: &str| match protocol {
        "pop3" => vec![POP3S_PORT],
        "sieve" => vec![SIEVE_PORT],
        _ => vec![options.imap_port, options.imaps_port],
    };
    options.protocols.split_whitespace().flat_map(of).collect()
}

fn log_file(options: &DovecotOptions) -> String {
    format!("/var/log/{}.log", options.name)
}

fn configuration(world: &World, options: &DovecotOptions) -> String {
    let identity = options.identity.as_ref().unwrap_or(&world.certificates().good);
    let DovecotOptions { name, protocols, imap_port, imaps_port, config, .. } = options;
    let passdb = match &options.passdb_file {
        Some(file) => format!("!include {file}"),
        None => format!(
            "passdb {{\n  driver = pam\n  args = {} {}\n}}",
            options.passdb_args, options.pam_service
        ),
    };
    let penalty = match options.auth_failure_delay {
        Duration::ZERO => {
            "service anvil {\n  unix_listener anvil-auth-penalty {\n    mode = 0\n  }\n}\n"
        }
        _ => "",
    };
    format!(
        "\
protocols = {protocols}
listen = 127.0.0.1
base_dir = /run/{name}
state_dir = /var/lib/dovecot/{name}
instance_name = {name}
log_path = {log}
auth_verbose = yes
auth_mechanisms = plain login
auth_failure_delay = {delay} ms
{penalty}
ssl = yes
ssl_cert = <{certificate}
ssl_key = <{key}
mail_location = maildir:/var/mail/{name}/%u
first_valid_uid = 1
service imap-login {{
  inet_listener imap {{
    port = {imap_port}
  }}
  inet_listener imaps {{
    port = {imaps_port}
    ssl = yes
  }}
}}
service auth-worker {{
  user = root
}}
{passdb}
{userdb}
{config}
",
        log = log_file(options),
        userdb = options.userdb.replace("NAME", name),
        delay = options.auth_failure_delay.as_millis(),
        certificate = identity.certificate.display(),
        key = identity.key.display(),
    )
}
