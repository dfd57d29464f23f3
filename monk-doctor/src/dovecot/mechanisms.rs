//! What clients are offered to prove who they are: by mechanisms that bring a password, and others.

use monk_wire::manage::doctor::{Findings, Kind, Severity};

use super::chain::{Asks, Link};
use super::config::View;
use super::{Protocol, Surroundings};

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
    tickets: Vec<String>,
    tokens: Vec<String>,
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

/// Judges what each protocol offers.
pub fn examine(protocols: &[Protocol<'_>], around: &Surroundings<'_>, findings: &mut Findings) {
    const SUBJECT: &str = "auth_mechanisms";
    for protocol in protocols {
        let Offered { in_clear, stored, tickets, tokens } = &protocol.offered;
        // A passdb with stored passwords serves them, and was told of as one that opens without monk.
        let link = |passdb: &super::Passdb<'_>| passdb.link(&protocol.name, stored, false, around);
        let says_yes = |link: Link| link.asks == Asks::Others && !link.deny;
        let served = protocol.passdbs.iter().filter_map(link).any(says_yes);
        if in_clear.is_empty() {
            findings.report(
                Kind::DovecotMechanism,
                SUBJECT,
                "neither plain nor login is offered: no client can send a password, so monk is never asked",
                "Write: auth_mechanisms = plain login",
            );
        } else if !stored.is_empty() && !served {
            findings.report(
                Kind::DovecotMechanism,
                SUBJECT,
                format!(
                    "{}: this needs a stored password, and never comes to PAM; clients that prefer it to a \
                     password in the clear (curl, mutt, and all that choose by themselves) cannot log in",
                    stored.join(", ")
                ),
                "Write: auth_mechanisms = plain login",
            );
        }
        if !tickets.is_empty() {
            findings.report(
                Kind::DovecotTicketAlone,
                SUBJECT,
                format!(
                    "{}: a ticket or a certificate alone opens the mailbox; PAM is not asked",
                    tickets.join(", ")
                ),
                format!(
                    "Take {} out of auth_mechanisms, unless that is meant.",
                    tickets.join(" and ")
                ),
            );
        }
        if !tokens.is_empty() {
            findings.report_as(
                Kind::DovecotTicketAlone,
                Severity::Note,
                SUBJECT,
                format!(
                    "{}: a token of another sign-in opens the mailbox; PAM is not asked",
                    tokens.join(", ")
                ),
                "Nothing, if that sign-in asks for a second factor.",
            );
        }
    }
}
