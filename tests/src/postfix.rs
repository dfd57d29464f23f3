//! Postfix, a submission server that asks somebody else whether a login is right, or the mail server of a
//! machine whose users have their mailboxes there.

use crate::World;
use crate::process::Process;

/// The port of submission with STARTTLS (RFC 6409).
const SUBMISSION_PORT: u16 = 587;

/// The port of submission with TLS from the first byte (RFC 8314).
const SUBMISSIONS_PORT: u16 = 465;

/// The port of mail transfer (RFC 5321).
const SMTP_PORT: u16 = 25;

/// The user and group `mail` of every Debian, whose the mailboxes are.
const MAIL: u32 = 8;

/// What `main.cf` says of a submission server.
#[track_caller]
fn submission_settings(world: &World) -> String {
    let identity = &world.certificates().good;
    format!(
        "\
compatibility_level = 3.6
myhostname = mail.example.org
mydestination =
local_recipient_maps =
alias_maps =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
maillog_file = /dev/stdout
smtpd_tls_cert_file = {certificate}
smtpd_tls_key_file = {key}
",
        certificate = identity.certificate.display(),
        key = identity.key.display(),
    )
}

/// A running Postfix.
pub struct Postfix {
    process: Process,
}

impl Postfix {
    /// Starts a submission server with these lines of `master.cf`, which offer both ports. What they
    /// ask about a login must run already.
    #[track_caller]
    pub fn start(world: &World, services: &str) -> Self {
        Self::start_on(world, services, &[SUBMISSION_PORT, SUBMISSIONS_PORT])
    }

    /// The same with lines of `master.cf` that listen on these ports.
    #[track_caller]
    pub fn start_on(world: &World, services: &str, ports: &[u16]) -> Self {
        Self::run(world, &submission_settings(world), services, ports)
    }

    /// Starts a submission server as [`Postfix::start`] does, which also delivers: mail to `USER@example.org` gets into
    /// the mailbox that [`Dovecot`](crate::Dovecot) has of this user. `more` are lines of `main.cf`.
    #[track_caller]
    pub fn start_delivering(world: &World, services: &str, users: &[&str], more: &str) -> Self {
        let mailboxes = users.iter().map(|user| format!("{{ {user}@example.org = {user}/ }}"));
        let mailboxes = mailboxes.collect::<Vec<_>>().join(", ");
        let main = format!(
            "{}virtual_mailbox_domains = example.org\n\
             virtual_mailbox_base = /var/mail/dovecot\n\
             virtual_mailbox_maps = inline:{{ {mailboxes} }}\n\
             virtual_uid_maps = static:{MAIL}\n\
             virtual_gid_maps = static:{MAIL}\n\
             virtual_minimum_uid = {MAIL}\n\
             {more}",
            submission_settings(world)
        );
        let services = format!("{services}\nvirtual unix - n n - - virtual\n");
        Self::run(world, &main, &services, &[SUBMISSION_PORT, SUBMISSIONS_PORT])
    }

    /// Starts a server that takes mail from this machine, without a login, to `USER@example.org`,
    /// and keeps it in `/var/mail/USER`.
    #[track_caller]
    pub fn start_local(world: &World) -> Self {
        let main = "\
compatibility_level = 3.6
myhostname = mail.example.org
mydestination = example.org
alias_maps =
alias_database =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks = 127.0.0.0/8
maillog_file = /dev/stdout
smtpd_relay_restrictions = permit_mynetworks, reject
";
        let services = format!("127.0.0.1:{SMTP_PORT} inet n - n - - smtpd\n");
        Self::run(world, main, &services, &[SMTP_PORT])
    }

    #[track_caller]
    fn run(world: &World, main: &str, services: &str, ports: &[u16]) -> Self {
        world.write("/etc/postfix/main.cf", main, 0o644);
        let master = format!(
            "\
{services}
local unix - n n - - local
postlog unix-dgram n - n - 1 postlogd
proxymap unix - - n - - proxymap
anvil unix - - n - 1 anvil
rewrite unix - - n - - trivial-rewrite
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
tlsmgr unix - - n 1000? 1 tlsmgr
"
        );
        world.write("/etc/postfix/master.cf", master, 0o644);
        let mut process = world.spawn("postfix", &["start-fg"]);
        world.wait_for_server(&mut process, || ports.iter().all(|port| world.is_listening(*port)));
        Self { process }
    }

    /// `smtp://…`, with STARTTLS, of a name its certificate is good for.
    #[must_use]
    pub fn url(&self) -> String {
        format!("smtp://mail.example.org:{SUBMISSION_PORT}")
    }

    /// `smtps://…`, of a name its certificate is good for.
    #[must_use]
    pub fn tls_url(&self) -> String {
        format!("smtps://mail.example.org:{SUBMISSIONS_PORT}")
    }

    /// What the server has logged.
    #[must_use]
    pub fn log(&self) -> String {
        self.process.log()
    }
}
