//! The PAM services that Dovecot asks.

use std::collections::BTreeSet;

use monk_wire::manage::doctor::{Kind, Severity};

use super::protocol::Protocol;
use super::surroundings::Surroundings;
use crate::finding::Findings;
use crate::pam::pam_file;

/// What of a name cannot be told from the configuration alone.
const VARIABLE: char = '%';

/// Judges every service that a protocol can name.
pub fn examine(protocols: &[Protocol<'_>], around: &Surroundings<'_>, findings: &mut Findings) {
    let mut services: BTreeSet<String> = BTreeSet::new();
    for protocol in protocols {
        let passdbs = protocol.passdbs.iter().chain(&protocol.masters);
        let of_pam = passdbs.filter(|passdb| passdb.driver == "pam");
        services.extend(of_pam.map(|passdb| passdb.service(&protocol.name)));
    }
    for service in services {
        let subject = format!("passdb pam, service {service}");
        if service.contains(VARIABLE) {
            findings.report_as(
                Kind::DovecotNotExamined,
                Severity::Warning,
                subject,
                "which service is asked depends on more than the protocol: doctor cannot tell whether it asks monk",
                "Let args name one service, or %s alone.",
            );
        } else if !(around.has_file)(&service) && !around.asks_monk(&service) {
            findings.report(
                Kind::DovecotServiceMissing,
                subject,
                format!(
                    "/etc/pam.d/{service} does not exist: libpam reads /etc/pam.d/other, which does not ask monk"
                ),
                pam_file(&service),
            );
        } else if !around.asks_monk(&service) {
            findings.report(
                Kind::DovecotServiceWithoutMonk,
                subject,
                format!(
                    "/etc/pam.d/{service} has no pam_monk.so: a password alone opens the mailbox"
                ),
                format!("Keep the old file elsewhere. {}", pam_file(&service)),
            );
        }
    }
}
