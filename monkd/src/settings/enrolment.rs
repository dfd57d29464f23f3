//! The section `[enrolment]` of the settings: what users see while they enrol.

use monk_wire::manage::MailServer;
use serde::de::{self, Deserializer};
use serde::{Deserialize, Serialize, Serializer};

/// What users see while they enrol.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct EnrolmentSettings {
    /// The name above the code in the authenticator app.
    pub issuer: String,
    /// The services that a new app password opens if nothing else is asked for. Mail only: a
    /// password without a second factor has to be asked for by name to open a shell.
    pub app_password_services: Vec<String>,
    /// The IMAP server that is shown beside a new app password.
    pub imap: Option<Server>,
    /// The POP3 server.
    pub pop3: Option<Server>,
    /// The server that takes mail.
    pub smtp: Option<Server>,
    /// What mail programs send as the user's name.
    pub mail_user: MailUser,
    /// What a user needs beside the password to enrol the first factor.
    pub first_factor: FirstFactor,
    /// With `first_factor = "password"`: hours until a first device counts that was enrolled with the password alone.
    pub first_factor_delay_hours: u32,
    /// Whether users are told by mail what has changed in their account.
    pub notices: bool,
}

/// Longest delay of a first device, in hours: two weeks. Somebody who is away for longer reads no mail either.
const MOST_DELAY: u32 = 14 * 24;

/// What a user needs to enrol the first factor. Somebody who has stolen the password must not be the first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum FirstFactor {
    /// The password and an enrolment code, which comes with an invitation or a reset.
    #[default]
    Invitation,
    /// The password alone.
    Password,
}

/// What mail programs send as the user's name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum MailUser {
    /// The login name.
    #[default]
    Name,
    /// The mail address.
    Mail,
}

impl Default for EnrolmentSettings {
    fn default() -> Self {
        let mail = ["dovecot", "imap", "pop3", "smtp", "submission", "sieve", "managesieve"];
        Self {
            issuer: "monk".into(),
            app_password_services: mail.map(str::to_owned).to_vec(),
            imap: None,
            pop3: None,
            smtp: None,
            mail_user: MailUser::Name,
            first_factor: FirstFactor::Invitation,
            first_factor_delay_hours: 0,
            notices: true,
        }
    }
}

impl EnrolmentSettings {
    /// What is wrong with it.
    #[must_use]
    pub fn problem(&self) -> Option<String> {
        if self.first_factor_delay_hours > MOST_DELAY {
            return Some(format!("first_factor_delay_hours is 0 to {MOST_DELAY}"));
        }
        let has_no_meaning =
            self.first_factor_delay_hours > 0 && self.first_factor == FirstFactor::Invitation;
        has_no_meaning.then(|| {
            "first_factor_delay_hours is for first_factor = \"password\": with an invitation there is no delay".to_owned()
        })
    }

    /// The servers that are set, in the order in which mail programs ask for them.
    pub fn servers(&self) -> impl Iterator<Item = (Protocol, &Server)> {
        [(Protocol::Imap, &self.imap), (Protocol::Pop3, &self.pop3), (Protocol::Smtp, &self.smtp)]
            .into_iter()
            .filter_map(|(protocol, server)| Some((protocol, server.as_ref()?)))
    }
}

/// A protocol of mail programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// IMAP (RFC 9051).
    Imap,
    /// POP3 (RFC 1939).
    Pop3,
    /// Submission (RFC 6409).
    Smtp,
}

impl Protocol {
    /// The PAM services that servers of this protocol use.
    #[must_use]
    pub fn services(self) -> &'static [&'static str] {
        match self {
            Self::Imap => &["imap", "dovecot"],
            Self::Pop3 => &["pop3", "dovecot"],
            Self::Smtp => &["smtp", "submission", "dovecot"],
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Imap => "IMAP",
            Self::Pop3 => "POP3",
            Self::Smtp => "SMTP",
        }
    }

    /// How connections to a port are encrypted (RFC 8314 §7.3): the ports of TLS from the first
    /// byte, or else STARTTLS.
    fn security(self, port: u16) -> &'static str {
        match port {
            993 | 995 | 465 => "SSL/TLS",
            _ => "STARTTLS",
        }
    }
}

/// A server: `imap.example.org:993`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Server {
    host: String,
    port: u16,
}

impl Server {
    /// As it is shown to a user.
    #[must_use]
    pub fn shown(&self, protocol: Protocol) -> MailServer {
        MailServer {
            protocol: protocol.name().to_owned(),
            host: self.host.clone(),
            port: self.port,
            security: protocol.security(self.port).to_owned(),
        }
    }
}

impl<'de> Deserialize<'de> for Server {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.rsplit_once(':')
            .and_then(|(host, port)| Some((host, port.parse().ok().filter(|&port| port != 0)?)))
            .filter(|(host, _)| !host.is_empty() && !host.contains(char::is_whitespace))
            .map(|(host, port)| Self { host: host.to_owned(), port })
            .ok_or_else(|| {
                let expected = "a host and a port, as in \"imap.example.org:993\"";
                de::Error::invalid_value(de::Unexpected::Other("text"), &expected)
            })
    }
}

impl Serialize for Server {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&format_args!("{}:{}", self.host, self.port))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_is_a_host_and_a_port() {
        let parse = |text: &str| {
            toml::from_str::<EnrolmentSettings>(&format!("imap = \"{text}\"")).map(|s| s.imap)
        };
        let server = parse("imap.example.org:993").unwrap().unwrap().shown(Protocol::Imap);
        assert_eq!(
            (server.host.as_str(), server.port, server.security.as_str()),
            ("imap.example.org", 993, "SSL/TLS")
        );
        let server = parse("mail:587").unwrap().unwrap().shown(Protocol::Smtp);
        assert_eq!(server.security, "STARTTLS");
        for text in ["imap.example.org", ":993", "imap:0", "imap:70000", "a b:1", ""] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
