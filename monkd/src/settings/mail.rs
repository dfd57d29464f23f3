//! The section `[mail]` of the settings, and `[service.NAME.mail]` over it.

use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

use lettre::Address;
use monk_core::factors::email::{Limits, MAX_SENDS};
use serde::{Deserialize, Serialize};

/// Longest conversation with a mail server that can be set, in seconds. A one-shot engine lives
/// as long.
const MAX_TIMEOUT_S: u64 = 30;

/// Longest validity of a code that can be set, in minutes: a day.
const MAX_MINUTES: u64 = 24 * 60;

/// Longest subject or name in characters: a line of a mail's head has 998 (RFC 5322 §2.1.1).
const MAX_TEXT: usize = 128;

/// What a section says of mail; what it leaves out comes from the section below it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct MailLayer {
    /// Whether codes are sent at all: `false` switches them off for one service.
    pub enabled: Option<bool>,
    /// See [`MailSettings::host`].
    pub host: Option<String>,
    /// See [`MailSettings::port`].
    pub port: Option<u16>,
    /// See [`MailSettings::username`].
    pub username: Option<String>,
    /// See [`MailSettings::password_file`].
    pub password_file: Option<PathBuf>,
    /// STARTTLS, and no conversation without.
    pub starttls: Option<bool>,
    /// TLS from the first byte on.
    pub ssl: Option<bool>,
    /// See [`MailSettings::ca_file`].
    pub ca_file: Option<PathBuf>,
    /// See [`MailSettings::timeout`], in seconds.
    pub timeout_s: Option<u64>,
    /// See [`MailSettings::from`].
    pub from: Option<String>,
    /// See [`MailSettings::subject`].
    pub subject: Option<String>,
    /// Minutes that a code is good.
    pub minutes: Option<u64>,
    /// See [`MailSettings::name`].
    pub name: Option<String>,
    /// Codes that may be sent to one user in an hour.
    pub sends_per_hour: Option<usize>,
    /// See [`MailSettings::directory_address`].
    pub directory_address: Option<bool>,
    /// See [`MailSettings::language`].
    pub language: Option<Language>,
}

/// The language of mails. The engine does not know which one a user reads.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Language {
    /// English.
    #[default]
    En,
    /// German.
    De,
}

/// How the conversation with the mail server is protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protection {
    /// Not at all.
    None,
    /// TLS after STARTTLS (RFC 3207), which the server must offer.
    StartTls,
    /// TLS from the first byte on (RFC 8314).
    Tls,
}

/// How codes are sent for one service, after all layers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MailSettings {
    /// The mail server.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// Who monk is there.
    pub username: Option<String>,
    /// The file with the password of `username` in its first line.
    pub password_file: Option<PathBuf>,
    /// How the conversation is protected.
    pub protection: Protection,
    /// The certificates of the only authorities to trust, in PEM; the system's by default.
    pub ca_file: Option<PathBuf>,
    /// Longest conversation with the server.
    pub timeout: Duration,
    /// The sender's address.
    pub from: Address,
    /// The subject.
    pub subject: String,
    /// Who the mail is from, as people see it.
    pub name: String,
    /// How long a code is good, and how many may be sent.
    pub limits: Limits,
    /// Whether codes may go to the directory's address of a user who has confirmed none.
    pub directory_address: bool,
    /// The language of invitations and notices.
    pub language: Language,
}

impl MailLayer {
    /// This layer over `below`.
    #[must_use]
    pub fn over(&self, below: &Self) -> Self {
        macro_rules! layered {
            ($($key:ident),*) => {
                Self { $($key: self.$key.clone().or_else(|| below.$key.clone())),* }
            };
        }
        layered!(
            enabled,
            host,
            port,
            username,
            password_file,
            starttls,
            ssl,
            ca_file,
            timeout_s,
            from,
            subject,
            minutes,
            name,
            sends_per_hour,
            directory_address,
            language
        )
    }

    /// The settings that this layer makes, `None` where codes are switched off.
    ///
    /// # Errors
    /// What is missing or contradicts itself, and what to do.
    pub fn resolve(&self) -> Result<Option<MailSettings>, String> {
        if self.enabled == Some(false) {
            return Ok(None);
        }
        let from = self.from.as_deref().ok_or("`from` is missing: say whom the mails are from")?;
        let from = from.parse().map_err(|_| "`from` is no mail address: write monk@example.org")?;
        let settings = MailSettings {
            host: self.host.clone().unwrap_or_else(|| "localhost".to_owned()),
            port: self.port.unwrap_or(25),
            username: self.username.clone(),
            password_file: self.password_file.clone(),
            protection: self.protection()?,
            ca_file: self.ca_file.clone(),
            timeout: Duration::from_secs(within(
                "timeout_s",
                self.timeout_s.unwrap_or(10),
                MAX_TIMEOUT_S,
            )?),
            from,
            subject: text("subject", self.subject.as_deref().unwrap_or("Sign-in code"))?,
            name: text("name", self.name.as_deref().unwrap_or("monk"))?,
            limits: Limits {
                valid: 60 * within("minutes", self.minutes.unwrap_or(30), MAX_MINUTES)?,
                sends_per_hour: within(
                    "sends_per_hour",
                    self.sends_per_hour.unwrap_or(5) as u64,
                    MAX_SENDS as u64,
                )? as usize,
            },
            directory_address: self.directory_address.unwrap_or(false),
            language: self.language.unwrap_or_default(),
        };
        settings.check_credentials()?;
        Ok(Some(settings))
    }

    fn protection(&self) -> Result<Protection, String> {
        match (self.starttls.unwrap_or(false), self.ssl.unwrap_or(false)) {
            (true, true) => Err("`starttls` and `ssl` exclude each other: `ssl` is for a port \
                                 where TLS comes first, such as 465"
                .to_owned()),
            (true, false) => Ok(Protection::StartTls),
            (false, true) => Ok(Protection::Tls),
            (false, false) if self.ca_file.is_some() => {
                Err("`ca_file` is set, but neither `starttls` nor `ssl`".to_owned())
            }
            (false, false) => Ok(Protection::None),
        }
    }
}

impl MailSettings {
    fn check_credentials(&self) -> Result<(), String> {
        match (&self.username, &self.password_file) {
            (Some(_), None) => Err("`username` needs a `password_file`".to_owned()),
            (None, Some(_)) => Err("`password_file` needs a `username`".to_owned()),
            (Some(_), Some(_))
                if self.protection == Protection::None && !is_this_machine(&self.host) =>
            {
                Err("`username` without TLS would send the password in the clear: set `starttls` \
                     or `ssl`"
                    .to_owned())
            }
            _ => Ok(()),
        }
    }

    /// Minutes that a code is good.
    #[must_use]
    pub fn minutes(&self) -> u64 {
        self.limits.valid / 60
    }
}

fn is_this_machine(host: &str) -> bool {
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

fn within(key: &str, value: u64, max: u64) -> Result<u64, String> {
    if (1..=max).contains(&value) {
        Ok(value)
    } else {
        Err(format!("`{key}` must be a number from 1 to {max}"))
    }
}

/// Text that people see in the head of a mail.
fn text(key: &str, text: &str) -> Result<String, String> {
    if text.is_empty() || text.chars().count() > MAX_TEXT || text.chars().any(char::is_control) {
        return Err(format!("`{key}` must be one line of 1 to {MAX_TEXT} characters"));
    }
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolve(text: &str) -> Result<Option<MailSettings>, String> {
        toml::from_str::<MailLayer>(text).expect("valid TOML").resolve()
    }

    #[test]
    fn from_alone_is_enough_for_a_server_on_this_machine() {
        let settings = resolve("from = \"monk@example.org\"\n").unwrap().unwrap();
        assert_eq!((settings.host.as_str(), settings.port), ("localhost", 25));
        assert_eq!(settings.timeout, Duration::from_secs(10));
        assert_eq!((settings.subject.as_str(), settings.minutes()), ("Sign-in code", 30));
        assert_eq!(settings.limits.sends_per_hour, 5);
        assert!(!settings.directory_address && settings.protection == Protection::None);
    }

    #[test]
    fn a_service_overrides_what_it_names_and_inherits_the_rest() {
        let below: MailLayer =
            toml::from_str("from = \"a@example.org\"\nminutes = 5\nstarttls = true\n").unwrap();
        let service: MailLayer = toml::from_str("minutes = 7\nhost = \"mx\"\n").unwrap();
        let settings = service.over(&below).resolve().unwrap().unwrap();
        assert_eq!((settings.minutes(), settings.host.as_str()), (7, "mx"));
        assert_eq!(settings.from.to_string(), "a@example.org");
        assert_eq!(settings.protection, Protection::StartTls);
        let off = MailLayer { enabled: Some(false), ..MailLayer::default() };
        assert_eq!(off.over(&below).resolve(), Ok(None));
    }

    #[test]
    fn contradictions_are_refused_with_the_way_out_and_no_value() {
        let from = "from = \"monk@example.org\"\n";
        let remote = "host = \"mx.example.org\"\nusername = \"hunter2\"\n";
        for (text, said) in [
            ("", "`from` is missing"),
            ("from = \"hunter2\"\n", "no mail address"),
            (&format!("{from}starttls = true\nssl = true\n"), "exclude each other"),
            (&format!("{from}username = \"hunter2\"\n"), "needs a `password_file`"),
            (&format!("{from}password_file = \"/hunter2\"\n"), "needs a `username`"),
            (&format!("{from}{remote}password_file = \"/x\"\n"), "in the clear"),
            (&format!("{from}ca_file = \"/hunter2\"\n"), "neither `starttls` nor `ssl`"),
            (&format!("{from}timeout_s = 0\n"), "`timeout_s` must be a number from 1 to 30"),
            (&format!("{from}minutes = 9999\n"), "`minutes` must be a number from 1 to 1440"),
            (&format!("{from}sends_per_hour = 0\n"), "`sends_per_hour` must be"),
            (&format!("{from}subject = \"hunter2\\nBcc: x@y\"\n"), "`subject` must be one line"),
            (&format!("{from}name = \"\"\n"), "`name` must be one line"),
        ] {
            let message = resolve(text).expect_err(text);
            assert!(message.contains(said) && !message.contains("hunter2"), "{message}");
        }
        for host in ["localhost", "127.0.0.1", "::1"] {
            let text =
                format!("{from}host = \"{host}\"\nusername = \"a\"\npassword_file = \"/x\"\n");
            assert!(resolve(&text).is_ok(), "{host}");
        }
        for protection in ["starttls", "ssl"] {
            let text = format!("{from}{remote}password_file = \"/x\"\n{protection} = true\n");
            assert!(resolve(&text).is_ok(), "{protection}");
        }
    }
}
