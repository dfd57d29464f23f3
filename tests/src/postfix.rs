//! Postfix, a submission server that asks Dovecot whether a login is right.

use crate::World;
use crate::process::Process;

/// The port of submission with STARTTLS (RFC 6409).
const SUBMISSION_PORT: u16 = 587;

/// The socket on which Dovecot answers Postfix, below Postfix's own folder.
const AUTH_SOCKET: &str = "private/auth";

/// Lines of Dovecot's configuration with which it answers a Postfix of the same world.
pub const DOVECOT_FOR_POSTFIX: &str = "\
service auth {
  unix_listener /var/spool/postfix/private/auth {
    mode = 0660
    user = postfix
    group = postfix
  }
}
";

/// A running Postfix.
pub struct Postfix {
    process: Process,
}

impl Postfix {
    /// Writes a configuration and starts the server. A Dovecot with [`DOVECOT_FOR_POSTFIX`] must
    /// run already.
    #[track_caller]
    pub fn start(world: &World) -> Self {
        let identity = &world.certificates().good;
        let main = format!(
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
smtpd_tls_security_level = encrypt
smtpd_sasl_auth_enable = yes
smtpd_sasl_type = dovecot
smtpd_sasl_path = {AUTH_SOCKET}
smtpd_tls_auth_only = yes
smtpd_relay_restrictions = permit_sasl_authenticated, reject
",
            certificate = identity.certificate.display(),
            key = identity.key.display(),
        );
        world.write("/etc/postfix/main.cf", main, 0o644);
        let master = format!(
            "\
127.0.0.1:{SUBMISSION_PORT} inet n - n - - smtpd
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
        world.wait_for_server(&mut process, || world.is_listening(SUBMISSION_PORT));
        Self { process }
    }

    /// `smtp://…`, of a name its certificate is good for.
    #[must_use]
    pub fn url(&self) -> String {
        format!("smtp://mail.example.org:{SUBMISSION_PORT}")
    }

    /// What the server has logged.
    #[must_use]
    pub fn log(&self) -> String {
        self.process.log()
    }
}
