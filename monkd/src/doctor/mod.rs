//! The engine's half of `doctor`: what only the engine can see and do.
//!
//! | file | looks at |
//! |---|---|
//! | the folder of a directory | whether it can be asked, who may read and write what, whether users can log in |
//! | `accounts` | names that this machine and the directory both have |
//! | `names`, `unserved` | names and numbers that two users have, and users whom this machine does not have |
//! | `keys` | the keys that the engine holds against those in the folder |
//! | `post` | whether the mail servers take monk's mail |
//! | `portal` | the groups of the portal's administrators |
//! | `approvals` | logins that may be approved in the portal |
//! | `enforcement` | policies that are only reported for now |
//! | `people` | keys, records, and users without a second factor |
//! | `self_test` | a login of a throw-away user in a store of its own |
//!
//! Everything is done at once, each part within its own limit, so that dead servers do not keep
//! the others from being told of. Nothing is changed: what is tried with a store goes in the same transaction.

mod accounts;
mod approvals;
mod enforcement;
mod keys;
mod names;
mod people;
mod portal;
mod post;
mod self_test;
mod unserved;

use std::collections::BTreeMap;
use std::time::Duration;

use monk_core::policy::{Mfa, PasswordCheck, Policy, PortalTicket};
use monk_wire::manage::doctor::{Checkup, Examination, Facts, Kind, ServicePolicy};
use nix::unistd::geteuid;

use crate::deadline::Deadline;
use crate::directory::kinds::StoreKind;
use crate::directory::section::Circumstances;
use crate::engine::Engine;
use crate::manage::parts::Parts;
use crate::observations::Observations;
use crate::settings::Settings;

/// Longest time that each part may take, and each page of the list of users. All run at the same time.
const BUDGET: Duration = Duration::from_secs(10);

/// Looks at everything.
pub(crate) async fn run(engine: &Engine, examination: Examination, parts: &Parts) -> Checkup {
    let deadline = Deadline::after(BUDGET);
    let chosen = engine.settings.chosen();
    let circumstances = Circumstances {
        examination: &examination,
        keys: &engine.keys,
        directory: &*engine.directory,
        store: &*engine.store,
        holds_credentials: chosen.store.is_none(),
        mails_its_addresses: engine.settings.mails().any(|mail| mail.directory_address),
        serves_names: names::are_asked_for(),
        groups: groups(&engine.settings),
        lockout: engine.settings.assumed_lockout(),
        deadline,
    };
    let ((directory, store), accounts, names, post, portal, people, self_test) = tokio::join!(
        chosen.examine(&circumstances),
        accounts::examine(engine, deadline),
        names::examine(engine, deadline),
        post::examine(engine, deadline),
        portal::examine(engine, deadline),
        people::examine(engine, parts),
        self_test::examine(deadline),
    );
    let mut findings = self_test;
    unused_section(&engine.settings, &mut findings);
    findings.0.extend(approvals::examine(&engine.settings).0);
    findings.0.extend(enforcement::examine(&engine.settings).0);
    for part in [directory.findings, accounts, names, post, portal, store.findings, people] {
        findings.0.extend(part.0);
    }
    findings.0.retain(|finding| !directory.keeps_users_out || finding.id != Kind::UserListCut.id());
    Checkup { observations: findings.0, facts: Facts { ldap: directory.ldap, ..facts(engine) } }
}

/// Whether a store is described and not chosen. It is where records are being moved.
fn unused_section(settings: &Settings, findings: &mut Observations) {
    if settings.credential_store.is_some() && settings.credentials != StoreKind::Ldap {
        findings.report(
            Kind::StoreSectionUnused,
            "[credential_store]",
            "nothing is read or written there while credentials does not say \"ldap\"",
            "Move what is enrolled there, and write credentials = \"ldap\"; or remove the section.",
        );
    }
}

/// The groups that policies name, each list once, with the first section that names it.
fn groups(settings: &Settings) -> Vec<(Vec<String>, String)> {
    let mut lists: BTreeMap<Vec<String>, String> = BTreeMap::new();
    for (section, policy) in settings.policies() {
        if !policy.groups.is_empty() {
            lists.entry(policy.groups).or_insert(section);
        }
    }
    lists.into_iter().collect()
}

/// What the local half needs to know.
fn facts(engine: &Engine) -> Facts {
    let settings = &engine.settings;
    let shown = |path: &std::path::Path| path.display().to_string();
    let chosen = settings.chosen();
    let passwords = chosen.sections().filter_map(|section| section.password_file());
    let mail = settings.mails().filter_map(|mail| mail.password_file);
    let mut secret_files: Vec<String> =
        passwords.map(shown).chain(mail.map(|path| shown(&path))).collect();
    secret_files.sort_unstable();
    secret_files.dedup();
    Facts {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        settings_read: engine.started,
        socket: shown(&settings.engine.socket),
        user: settings.engine.user.clone(),
        uid: geteuid().as_raw(),
        keys: shown(&settings.keys.folder),
        store: chosen.sections().find_map(|section| section.file()).map(shown),
        secret_files,
        policy: service_policy(settings.default_policy()),
        services: settings
            .service
            .keys()
            .map(|name| (name.clone(), service_policy(settings.policy_for(name))))
            .collect(),
        ssh_keys_user: settings.ssh_keys.user.clone(),
        ignored: settings.doctor.ignore.clone(),
        ldap: None,
        portal: portal::facts(settings),
    }
}

fn service_policy(policy: Policy) -> ServicePolicy {
    ServicePolicy {
        always: policy.mfa == Mfa::Required,
        never: policy.mfa == Mfa::Off,
        elsewhere: policy.password == PasswordCheck::Elsewhere,
        tickets: policy.portal_ticket == PortalTicket::Allowed,
        remembers_together: policy.remember > 0 && policy.remember_group.is_some(),
    }
}

#[cfg(test)]
mod tests;
