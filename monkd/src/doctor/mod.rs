//! The engine's half of `doctor`: what only the engine can see and do.
//!
//! | file | looks at |
//! |---|---|
//! | `servers` | each LDAP server: reachable, trusted, who may read and write what |
//! | `rehearsal` | what a login does with real users of the directory |
//! | `keys` | the keys that the engine holds against those in the folder |
//! | `post` | whether the mail servers take monk's mail |
//! | `people` | keys, records, and users without a second factor |
//! | `store` | whether the embedded store can be written |
//! | `clocks` | this host's clock against the directory's |
//! | `self_test` | a login of a throw-away user in a store of its own |
//!
//! Everything is done at once, each part within its own limit, so that dead servers do not keep
//! the others from being told of. Nothing is changed: what `store` writes goes in the same transaction.

mod clocks;
mod findings;
mod keys;
mod mail_address;
mod people;
mod post;
mod rehearsal;
mod self_test;
mod servers;
mod store;

use std::sync::Arc;
use std::time::Duration;

use monk_core::policy::{Mfa, PasswordCheck, Policy};
use monk_wire::manage::doctor::{
    Checkup, Examination, Facts, Kind, LdapFacts, Observation, ServicePolicy, Severity,
};
use nix::unistd::geteuid;

use findings::Findings;

use crate::deadline::Deadline;
use crate::directory::ldap::Ldap;
use crate::engine::Engine;
use crate::outage::Outage;
use crate::settings::{DirectoryKind, Settings, StoreKind};
use crate::trusted_file::{self, Privacy};

/// Longest time that each part may take. All run at the same time.
const BUDGET: Duration = Duration::from_secs(10);

/// Looks at everything.
pub async fn run(engine: &Engine, examination: Examination) -> Checkup {
    let deadline = Deadline::after(BUDGET);
    let ((ldap, somebody), rehearsal, post, people, store, self_test) = tokio::join!(
        ask_servers(engine, &examination),
        rehearsal::examine(engine, deadline),
        post::examine(engine, deadline),
        people::examine(engine, deadline),
        store::examine(engine, deadline),
        self_test::examine(deadline),
    );
    let mut findings = Findings::default();
    // A server that cannot be asked at all is told of once.
    let is_down = |finding: &Observation| {
        finding.severity == Severity::Error
            && servers::STAND_IN_THE_WAY.iter().any(|kind| kind.id() == finding.id)
    };
    let rehearsal = if ldap.0.iter().any(is_down) { Findings::default() } else { rehearsal };
    // Users who cannot be looked up are not in the lists either, and no limit of the server is to blame.
    let keeps_users_out = rehearsal.0.iter().any(|finding| finding.severity > Severity::Note);
    for part in [self_test, ldap, rehearsal, post, store, people] {
        findings.0.extend(part.0);
    }
    findings.0.retain(|finding| !keeps_users_out || finding.id != Kind::UserListCut.id());
    Checkup {
        observations: findings.0,
        facts: Facts { ldap: ldap_facts(&engine.settings, somebody), ..facts(engine) },
    }
}

/// Asks all servers. Besides, the entry of a user, if one was seen.
async fn ask_servers(engine: &Engine, examination: &Examination) -> (Findings, Option<String>) {
    let mut findings = Findings::default();
    let settings = &engine.settings;
    if settings.directory != DirectoryKind::Ldap {
        if examination.as_user.is_some() {
            let remedy = "Leave --as away: nobody but monk reads the embedded store.";
            findings.report(Kind::LdapUserNotTried, "--as", "the users are not in LDAP", remedy);
        }
        return (findings, None);
    }
    let mut somebody = None;
    match open(engine) {
        Ok(ldap) => {
            let reports = Arc::new(ldap).probe(examination.as_user.clone()).await;
            servers::judge(&reports, settings, examination, &mut findings);
            mail_address::judge(&reports, settings, examination, &mut findings);
            clocks::examine_servers(&reports, &mut findings);
            let mut visits = reports.into_iter().filter_map(|report| report.visit.ok());
            somebody = visits.find_map(|visit| visit.sample);
        }
        Err(outage) => findings.report(
            Kind::LdapAccountRefused,
            "[ldap]",
            outage.to_string(),
            "Correct the settings or the password file; monkd --check reads them.",
        ),
    }
    (findings, somebody)
}

/// The directory with connections of its own, so that nothing of a login is held up.
fn open(engine: &Engine) -> Result<Ldap, Outage> {
    let settings = &engine.settings;
    let section = settings.ldap.as_ref().ok_or_else(|| Outage::Setup("no [ldap]".into()))?;
    let file = section.password_file.as_ref();
    let password =
        file.map(|path| trusted_file::read_secret_line(path, Privacy::Group)).transpose()?;
    let ldap = Ldap::new(section, password, Arc::clone(&engine.keys))?;
    Ok(match settings.credentials {
        StoreKind::Directory => ldap,
        StoreKind::Embedded => ldap.without_credentials(),
    })
}

/// Whether the embedded store is used.
fn uses_embedded(settings: &Settings) -> bool {
    settings.directory == DirectoryKind::Embedded || settings.credentials == StoreKind::Embedded
}

/// What the local half needs to know.
fn facts(engine: &Engine) -> Facts {
    let settings = &engine.settings;
    let shown = |path: &std::path::Path| path.display().to_string();
    let password_file = settings.ldap.as_ref().and_then(|ldap| ldap.password_file.as_deref());
    let services = settings.service.keys();
    let mail = std::iter::once("").chain(services.clone().map(String::as_str));
    let mail = mail.filter_map(|name| settings.mail_for(name).ok()??.password_file);
    let mut secret_files: Vec<String> =
        password_file.map(shown).into_iter().chain(mail.map(|path| shown(&path))).collect();
    secret_files.sort_unstable();
    secret_files.dedup();
    Facts {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        settings_read: engine.started,
        socket: shown(&settings.engine.socket),
        user: settings.engine.user.clone(),
        uid: geteuid().as_raw(),
        keys: shown(&settings.keys.folder),
        store: uses_embedded(settings).then(|| shown(&settings.embedded.path)),
        secret_files,
        policy: service_policy(settings.default_policy()),
        services: services
            .map(|name| (name.clone(), service_policy(settings.policy_for(name))))
            .collect(),
        ignored: settings.doctor.ignore.clone(),
        ldap: None,
    }
}

/// What the local half compares a directory server of this host with.
fn ldap_facts(settings: &Settings, somebody: Option<String>) -> Option<LdapFacts> {
    let ldap = settings.ldap.as_ref()?;
    let (plain, with_at) = ldap.filters();
    let records = [ldap.credential_attribute.clone(), ldap.use_attribute.clone()];
    Some(LdapFacts {
        base: ldap.base.clone(),
        searched: compared(plain),
        searched_with_at: compared(with_at),
        records: (settings.credentials == StoreKind::Directory).then_some(records),
        somebody,
    })
}

/// The attributes that a filter compares with the name: `(uid={user})`.
fn compared(filter: &str) -> Vec<String> {
    let parts = filter.split(['(', ')']).filter_map(|part| part.split_once('='));
    parts
        .filter(|(_, value)| value.contains("{user}"))
        .map(|(attribute, _)| attribute.trim_end_matches(['~', '>', '<']).trim().to_owned())
        .collect()
}

fn service_policy(policy: Policy) -> ServicePolicy {
    ServicePolicy {
        always: policy.mfa == Mfa::Required,
        never: policy.mfa == Mfa::Off,
        elsewhere: policy.password == PasswordCheck::Elsewhere,
    }
}

#[cfg(test)]
mod tests;
