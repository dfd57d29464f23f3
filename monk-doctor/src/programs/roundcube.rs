//! Roundcube, Debian's package: it asks the mail servers again with each click.

use monk_wire::manage::doctor::Kind;

use super::surroundings::Surroundings;
use crate::finding::Findings;

/// Where Debian has its settings.
const SETTINGS: &str = "/etc/roundcube/config.inc.php";

/// The services that it asks to show mail, and to send it.
const SERVICES: [&str; 2] = ["imap", "smtp"];

/// Looks at the services of a web mail that is on this host.
pub(super) fn examine(around: &Surroundings<'_>, findings: &mut Findings) {
    if around.machine.read(SETTINGS).is_err() {
        return;
    }
    for service in SERVICES.into_iter().filter(|service| around.asks_monk(service)) {
        let subject = format!("Roundcube, service {service}");
        let policy = around.facts.policy_of(service);
        if policy.always && !policy.remembers_together {
            findings.report(
                Kind::RoundcubeEachClick,
                subject,
                "it logs in with what was typed again and again, and a code is good for the first login",
                format!(
                    "Nothing, if people use app passwords here. Otherwise set remember_minutes and remember_group in \
                     [service.{service}]."
                ),
            );
        } else {
            findings.ok(Kind::RoundcubeEachClick, subject, "what was typed once is enough");
        }
    }
}
