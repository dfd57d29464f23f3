//! What `doctor` asks of an LDAP directory.
//!
//! | file | looks at |
//! |---|---|
//! | `probe`, `probe_clock` | what each server answers, to whom |
//! | `servers` | what that means: reachable, trusted, who may read and write what |
//! | `schema`, `product`, `hidden`, `lockout` | what each server is, what of a user's state it hides, when it locks accounts |
//! | `mail_address` | who may write the address that codes are sent to |
//! | `ids` | who may write the numbers that hosts know users by |
//! | `clocks` | this host's clock against the servers' |
//! | `sample`, `rehearsal` | what a login does with real users |

pub(super) mod clocks;
mod hidden;
mod ids;
mod lockout;
mod mail_address;
mod probe;
mod probe_clock;
mod product;
mod rehearsal;
mod sample;
mod schema;
pub(super) mod servers;
mod writable;

use std::sync::Arc;

use monk_wire::manage::doctor::{Kind, LdapFacts, Observation, Severity};

use super::Ldap;
use super::filter::{USER, compared};
use super::posix_settings::Ids;
use super::settings::LdapSettings;
use crate::directory::section::{Circumstances, Examined};
use crate::observations::Observations;
use crate::outage::Outage;

/// Examines the directory with connections of its own, so that nothing of a login is held up.
pub async fn examine(
    settings: &LdapSettings,
    opened: Result<Ldap, Outage>,
    circumstances: &Circumstances<'_>,
) -> Examined {
    let facts = |somebody| Some(facts(settings, circumstances.holds_credentials, somebody));
    let ldap = match opened {
        Ok(ldap) => Arc::new(ldap),
        Err(outage) => {
            let mut findings = Observations::default();
            findings.report(
                Kind::LdapAccountRefused,
                "[ldap]",
                &outage,
                "Correct the settings or the password file; monkd --check reads them.",
            );
            return Examined { findings, keeps_users_out: false, ldap: facts(None) };
        }
    };
    let ((mut findings, somebody), rehearsal) = tokio::join!(
        ask_servers(settings, &ldap, circumstances),
        rehearsal::examine(&ldap, circumstances)
    );
    // A server that cannot be asked at all is told of once.
    let is_down = |finding: &Observation| {
        finding.severity == Severity::Error
            && servers::STAND_IN_THE_WAY.iter().any(|kind| kind.id() == finding.id)
    };
    let mut keeps_users_out = false;
    if !findings.0.iter().any(is_down) {
        keeps_users_out = rehearsal.0.iter().any(|finding| finding.severity > Severity::Note);
        findings.0.extend(rehearsal.0);
    }
    Examined { findings, keeps_users_out, ldap: facts(somebody) }
}

/// Asks all servers. Besides, the entry of a user, if one was seen.
async fn ask_servers(
    settings: &LdapSettings,
    ldap: &Arc<Ldap>,
    circumstances: &Circumstances<'_>,
) -> (Observations, Option<String>) {
    let mut findings = Observations::default();
    let examination = circumstances.examination;
    let reports = ldap.probe(examination.as_user.clone()).await;
    servers::judge(&reports, settings, examination, &mut findings);
    for report in &reports {
        let Ok(visit) = &report.visit else { continue };
        if let Some(product) = visit.product {
            product::judge(&report.uri, product, settings.preset, &mut findings);
        }
        if let Some(hidden) = &visit.hidden_state {
            hidden::judge(&report.uri, hidden, &mut findings);
        }
        if let Some(lockout) = visit.lockout {
            lockout::judge(&report.uri, lockout, circumstances.lockout, &mut findings);
        }
    }
    if circumstances.mails_its_addresses {
        mail_address::judge(&reports, &settings.mail_attribute, examination, &mut findings);
    }
    if circumstances.serves_names && settings.names.ids == Ids::Attributes {
        ids::judge(&reports, examination, &mut findings);
    }
    clocks::examine_servers(&reports, &mut findings);
    let mut visits = reports.into_iter().filter_map(|report| report.visit.ok());
    (findings, visits.find_map(|visit| visit.sample))
}

/// What the half of `doctor` on this host compares a directory server here with.
fn facts(settings: &LdapSettings, holds_records: bool, somebody: Option<String>) -> LdapFacts {
    let (plain, with_at) = settings.filters();
    let records = [settings.credential_attribute.clone(), settings.use_attribute.clone()];
    LdapFacts {
        base: settings.base.clone(),
        searched: compared(plain, USER),
        searched_with_at: compared(with_at, USER),
        records: holds_records.then_some(records),
        somebody,
    }
}
