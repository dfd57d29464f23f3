//! The section `[portal]` of the settings: the page for people without a shell.

use std::time::Duration;

use monk_terms::printable;
use serde::{Deserialize, Serialize};
use url::{Host, Url};

/// Longest life of a session that can be set, in hours: a working week.
const MOST_HOURS: u64 = 120;

/// Longest idle time that can be set, in minutes: a day.
const MOST_IDLE_MINUTES: u64 = 24 * 60;

/// Longest text that says where people get help, in bytes: it stands on one line of a mail.
const MOST_HELP: usize = 200;

/// The portal.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct PortalSettings {
    /// The account of this machine that `monk-web` runs as. Nobody else is served as the portal.
    pub user: String,
    /// Where browsers find it: `https://login.example.org`. Passkeys are bound to it.
    pub origin: Option<String>,
    /// Where people get help: a mail address, a telephone number or a web address. It stands in monk's mails.
    pub help: Option<String>,
    /// Groups whose members look after others there. Nobody does where the list is empty.
    pub administrators: Vec<String>,
    /// After how many minutes without a page a session ends.
    pub idle_minutes: u64,
    /// After how many hours a session ends in any case.
    pub session_hours: u64,
}

impl Default for PortalSettings {
    fn default() -> Self {
        Self {
            user: "monk-web".into(),
            origin: None,
            help: None,
            administrators: Vec::new(),
            idle_minutes: 30,
            session_hours: 12,
        }
    }
}

impl PortalSettings {
    /// After how long without a page a session ends.
    #[must_use]
    pub fn idle(&self) -> Duration {
        Duration::from_secs(self.idle_minutes * 60)
    }

    /// After how long a session ends in any case.
    #[must_use]
    pub fn life(&self) -> Duration {
        Duration::from_secs(self.session_hours * 3600)
    }

    /// What is wrong with it.
    #[must_use]
    pub fn problem(&self) -> Option<String> {
        if !(1..=MOST_IDLE_MINUTES).contains(&self.idle_minutes) {
            return Some(format!("idle_minutes is 1 to {MOST_IDLE_MINUTES}"));
        }
        if !(1..=MOST_HOURS).contains(&self.session_hours) {
            return Some(format!("session_hours is 1 to {MOST_HOURS}"));
        }
        let is_line = |text: &str| {
            (1..=MOST_HELP).contains(&text.len()) && text.chars().all(printable::is_printable)
        };
        if !self.help.as_deref().is_none_or(is_line) {
            return Some(format!("help is one line of at most {MOST_HELP} bytes"));
        }
        let fits = self.origin.as_deref().is_none_or(is_origin);
        (!fits).then(|| {
            "origin is what browsers show of the portal's address, without anything behind the host: \
             https://login.example.org, or http://localhost:8080 to try it out"
                .to_owned()
        })
    }
}

/// Whether a text is an origin (RFC 6454 §6.2) that browsers take for a safe place: with TLS, or on the machine
/// itself.
fn is_origin(text: &str) -> bool {
    let Ok(url) = Url::parse(text) else { return false };
    let is_safe = match (url.scheme(), url.host()) {
        ("https", Some(Host::Domain(_))) => true,
        ("http", Some(Host::Domain(name))) => name == "localhost" || name.ends_with(".localhost"),
        _ => false,
    };
    is_safe && url.origin().ascii_serialization() == text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_a_scheme_and_a_host_that_browsers_call_safe() {
        for text in
            ["https://login.example.org", "https://login.example.org:8443", "http://localhost:8080"]
        {
            assert!(is_origin(text), "{text}");
        }
        for text in [
            "",
            "login.example.org",
            "https://login.example.org/",
            "https://login.example.org/portal",
            "https://LOGIN.example.org",
            "https://login.example.org:443",
            "https://maria@login.example.org",
            "https://192.0.2.7",
            "http://login.example.org",
            "http://localhost.example.org",
            "ftp://login.example.org",
            "null",
        ] {
            assert!(!is_origin(text), "{text}");
        }
    }
}
