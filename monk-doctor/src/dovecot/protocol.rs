//! One protocol: its settings, its passdbs, and the mechanisms that its clients are offered.

use super::config::{Block, View};
use super::passdb::Passdb;

/// One protocol, and what applies to it.
pub struct Protocol<'a> {
    /// Its name.
    pub name: String,
    /// Its settings.
    pub view: View<'a>,
    /// The passdbs that a login of its users passes.
    pub passdbs: Vec<Passdb<'a>>,
    /// The passdbs of those who may open the mailboxes of others.
    pub masters: Vec<Passdb<'a>>,
    /// What clients are offered.
    pub offered: Offered,
}

impl<'a> Protocol<'a> {
    /// The one of this name.
    pub fn of(root: &'a Block, name: &str) -> Self {
        let view = View::of(root, name);
        let all: Vec<Passdb<'a>> = view.blocks("passdb").into_iter().map(Passdb::of).collect();
        let (masters, passdbs) = all.into_iter().partition(Passdb::is_master);
        let offered = Offered::of(&view);
        Self { name: name.to_owned(), view, passdbs, masters, offered }
    }
}

/// Mechanisms that bring a password, which PAM can be asked about.
const WITH_PASSWORD: [&str; 2] = ["plain", "login"];

/// Mechanisms in which something else than a passdb says yes: a ticket, a certificate, or a domain.
const WITH_TICKET: [&str; 4] = ["gssapi", "gss-spnego", "external", "winbind"];

/// Mechanisms with tokens of a sign-in somewhere else.
const WITH_TOKEN: [&str; 2] = ["oauthbearer", "xoauth2"];

/// Mechanisms that open no mailbox of anybody.
const WITHOUT_NAME: [&str; 1] = ["anonymous"];

/// The mechanisms that a protocol offers.
pub struct Offered {
    /// They bring a password.
    pub in_clear: Vec<String>,
    /// They need a stored password.
    pub stored: Vec<String>,
    /// They bring a ticket or a certificate.
    pub tickets: Vec<String>,
    /// They bring a token of a sign-in somewhere else.
    pub tokens: Vec<String>,
}

impl Offered {
    /// Those of a protocol.
    pub fn of(view: &View<'_>) -> Self {
        let all = view.words("auth_mechanisms").filter(|words| !words.is_empty());
        let all = all.unwrap_or_else(|| vec!["plain"]);
        let all: Vec<String> = all.into_iter().map(str::to_ascii_lowercase).collect();
        let those = |names: &[&str]| -> Vec<String> {
            all.iter().filter(|name| names.contains(&name.as_str())).cloned().collect()
        };
        let known = [&WITH_PASSWORD[..], &WITH_TICKET, &WITH_TOKEN, &WITHOUT_NAME].concat();
        Self {
            in_clear: those(&WITH_PASSWORD),
            stored: all.iter().filter(|name| !known.contains(&name.as_str())).cloned().collect(),
            tickets: those(&WITH_TICKET),
            tokens: those(&WITH_TOKEN),
        }
    }
}
