//! What clients are offered to prove who they are: by mechanisms that bring a password, and others.

use monk_wire::manage::doctor::{Kind, Severity};

use super::chain::{Asks, Link};
use super::passdb::Passdb;
use super::protocol::{Offered, Protocol};
use super::surroundings::Surroundings;
use crate::finding::Findings;

/// Judges what each protocol offers.
pub fn examine(protocols: &[Protocol<'_>], around: &Surroundings<'_>, findings: &mut Findings) {
    const SUBJECT: &str = "auth_mechanisms";
    for protocol in protocols {
        let Offered { in_clear, stored, tickets, tokens } = &protocol.offered;
        // A passdb with stored passwords serves them, and was told of as one that opens without monk.
        let link = |passdb: &Passdb<'_>| passdb.link(&protocol.name, stored, false, around);
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
