//! The portal, as far as the engine knows it: its section of the settings, and the groups of its administrators.
//! Whether it runs, and as whom, is seen by the local half.

use monk_core::passkeys::RelyingParty;
use monk_core::policy::PortalTicket;
use monk_wire::manage::doctor::{Kind, PortalFacts};

use crate::deadline::Deadline;
use crate::engine::Engine;
use crate::observations::Observations;
use crate::settings::Settings;

/// Services whose programs log in again and again: mail programs for each connection, nginx for each request.
const AGAIN_AND_AGAIN: [&str; 8] =
    ["dovecot", "imap", "managesieve", "nginx", "pop3", "sieve", "smtp", "submission"];

/// Looks at each group of administrators, and at each service that takes tickets.
pub async fn examine(engine: &Engine, deadline: Deadline) -> Observations {
    const REMEDY: &str = "Correct the name in administrators of [portal] and reload monkd, or put somebody into the \
                          group.";
    let mut findings = Observations::default();
    for group in &engine.settings.portal.administrators {
        let subject = format!("[portal] administrators, group {group}");
        match engine.directory.shows_group(group, deadline).await {
            Ok(true) => findings.ok(Kind::PortalAdministrators, subject, "the group is there"),
            Ok(false) => findings.report(
                Kind::PortalAdministrators,
                subject,
                "there is no such group, or nobody in it: nobody looks after others in the portal by it",
                REMEDY,
            ),
            Err(outage) => {
                findings.report(Kind::PortalAdministrators, subject, &outage, REMEDY);
            }
        }
    }
    tickets(&engine.settings, &mut findings);
    findings
}

/// Whether tickets can be had, and are enough where they are taken.
fn tickets(settings: &Settings, findings: &mut Observations) {
    let origin = settings.portal.origin.as_deref();
    let has_passkeys =
        origin.is_some_and(|origin| RelyingParty::new(origin, &settings.enrolment.issuer).is_ok());
    for (section, policy) in settings.policies() {
        if policy.portal_ticket != PortalTicket::Allowed {
            continue;
        }
        let name = section.strip_prefix("[service.").and_then(|rest| rest.strip_suffix(']'));
        let (evidence, remedy) = if !has_passkeys {
            (
                "nobody gets a ticket: for passkeys, [portal] needs an origin with https and a name",
                "Set origin in [portal], or take portal_ticket away.",
            )
        } else if name.is_some_and(|name| AGAIN_AND_AGAIN.contains(&name)) {
            (
                "its programs log in again and again, and a ticket opens one login",
                "Take portal_ticket away, and have people make app passwords.",
            )
        } else {
            findings.ok(Kind::PortalTickets, section, "users with a passkey can take tickets");
            continue;
        };
        findings.report(Kind::PortalTickets, section, evidence, remedy);
    }
}

/// What the local half compares the portal's own settings with.
pub fn facts(settings: &Settings) -> PortalFacts {
    PortalFacts {
        user: settings.portal.user.clone(),
        origin: settings.portal.origin.clone(),
        sends_mail: settings.mails().next().is_some(),
    }
}
