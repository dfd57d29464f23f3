//! The text of the picture that Thunderbird for Android takes an account from, with its password.
//!
//! The format is the "Export for Mobile" of Thunderbird, version 1: arrays in JSON, one within the other.

use monk_wire::manage::{MailProgram, MailServer};
use zeroize::Zeroizing;

use super::is_tls;

/// The version of the format.
const VERSION: u8 = 1;

/// `PasswordCleartext`, which TLS protects.
const PASSWORD: u8 = 1;

/// The text for an account; nothing where it lacks a server, or has an address that the format cannot hold.
#[must_use]
pub fn text(mail: &MailProgram, email: &str, secret: &str) -> Option<Zeroizing<String>> {
    let of = |protocol: &str| mail.servers.iter().find(|server| server.protocol == protocol);
    let (kind, incoming) = match (of("IMAP"), of("POP3")) {
        (Some(imap), _) => (0_u8, imap),
        (None, Some(pop3)) => (1, pop3),
        (None, None) => return None,
    };
    let outgoing = of("SMTP")?;
    if !email.contains('@')
        || ![email, &incoming.host, &outgoing.host].iter().all(|text| text.is_ascii())
    {
        return None;
    }
    let user = &*mail.user;
    let host = |server: &MailServer| (server.host.clone(), server.port, security(server));
    let ((host_in, port_in, tls_in), (host_out, port_out, tls_out)) =
        (host(incoming), host(outgoing));
    let incoming = (kind, host_in, port_in, tls_in, PASSWORD, user, (), secret);
    let outgoing = (0_u8, host_out, port_out, tls_out, PASSWORD, user, secret);
    let account = (VERSION, (1_u8, 1_u8), incoming, [(outgoing, (email, user))]);
    serde_json::to_string(&account).ok().map(Zeroizing::new)
}

fn security(server: &MailServer) -> u8 {
    if is_tls(server) { 3 } else { 2 }
}
