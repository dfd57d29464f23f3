//! The profile that iPhones, iPads and Macs take a mail account from (Apple, `com.apple.mail.managed`).
//!
//! It holds the app password, which the engine has kept for it. Without a signature (see `sign`), the device calls it
//! not signed; it asks before it installs one in any case.

use monk_wire::manage::MailServer;
use serde::Serialize;
use uuid::Builder;

/// The media type of profiles.
pub const KIND: &str = "application/x-apple-aspen-config";

/// A mail account.
#[derive(Clone, Copy)]
pub struct Account<'a> {
    /// What people call the organisation.
    pub organisation: &'a str,
    /// The host of the portal, under which devices keep the profile.
    pub host: &'a str,
    /// The id of the app password: the same profile again replaces the one that there is.
    pub id: &'a str,
    /// The user's name at the servers.
    pub user: &'a str,
    /// The mail address.
    pub email: &'a str,
    /// The app password.
    pub secret: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Profile<'a> {
    payload_content: [Mail<'a>; 1],
    payload_display_name: &'a str,
    payload_identifier: String,
    payload_organization: &'a str,
    payload_type: &'a str,
    #[serde(rename = "PayloadUUID")]
    payload_uuid: String,
    payload_version: u8,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Mail<'a> {
    email_account_description: &'a str,
    email_account_name: &'a str,
    email_account_type: &'a str,
    email_address: &'a str,
    incoming_mail_server_authentication: &'a str,
    incoming_mail_server_host_name: &'a str,
    incoming_mail_server_port_number: u16,
    #[serde(rename = "IncomingMailServerUseSSL")]
    incoming_mail_server_use_ssl: bool,
    incoming_mail_server_username: &'a str,
    incoming_password: &'a str,
    outgoing_mail_server_authentication: &'a str,
    outgoing_mail_server_host_name: &'a str,
    outgoing_mail_server_port_number: u16,
    #[serde(rename = "OutgoingMailServerUseSSL")]
    outgoing_mail_server_use_ssl: bool,
    outgoing_mail_server_username: &'a str,
    outgoing_password_same_as_incoming_password: bool,
    payload_display_name: &'a str,
    payload_identifier: String,
    payload_type: &'a str,
    #[serde(rename = "PayloadUUID")]
    payload_uuid: String,
    payload_version: u8,
}

/// The two servers of an account: for reading, and for sending.
#[must_use]
pub fn servers(all: &[MailServer]) -> Option<(&MailServer, &MailServer)> {
    let of = |protocol: &str| all.iter().find(|server| server.protocol == protocol);
    Some((of("IMAP").or_else(|| of("POP3"))?, of("SMTP")?))
}

/// The profile, as a property list; nothing where a server is missing or there is no randomness.
#[must_use]
pub fn profile(account: &Account<'_>, all: &[MailServer]) -> Option<Vec<u8>> {
    let (incoming, outgoing) = servers(all)?;
    let Account { organisation, host, id, user, email, secret } = *account;
    let turned: Vec<&str> = host.rsplit('.').collect();
    let identifier = format!("{}.mail.{id}", turned.join("."));
    let mail = Mail {
        email_account_description: organisation,
        email_account_name: user,
        email_account_type: if incoming.protocol == "IMAP" {
            "EmailTypeIMAP"
        } else {
            "EmailTypePOP"
        },
        email_address: email,
        incoming_mail_server_authentication: "EmailAuthPassword",
        incoming_mail_server_host_name: &incoming.host,
        incoming_mail_server_port_number: incoming.port,
        incoming_mail_server_use_ssl: true,
        incoming_mail_server_username: user,
        incoming_password: secret,
        outgoing_mail_server_authentication: "EmailAuthPassword",
        outgoing_mail_server_host_name: &outgoing.host,
        outgoing_mail_server_port_number: outgoing.port,
        outgoing_mail_server_use_ssl: true,
        outgoing_mail_server_username: user,
        outgoing_password_same_as_incoming_password: true,
        payload_display_name: organisation,
        payload_identifier: format!("{identifier}.account"),
        payload_type: "com.apple.mail.managed",
        payload_uuid: random_id()?,
        payload_version: 1,
    };
    let profile = Profile {
        payload_content: [mail],
        payload_display_name: organisation,
        payload_identifier: identifier,
        payload_organization: organisation,
        payload_type: "Configuration",
        payload_uuid: random_id()?,
        payload_version: 1,
    };
    let mut bytes = Vec::new();
    plist::to_writer_xml(&mut bytes, &profile).ok()?;
    Some(bytes)
}

fn random_id() -> Option<String> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).ok()?;
    Some(Builder::from_random_bytes(bytes).into_uuid().hyphenated().to_string().to_uppercase())
}
