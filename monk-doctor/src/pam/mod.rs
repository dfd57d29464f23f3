//! The stacks in `/etc/pam.d` that use monk.
//!
//! `text` and `stack` read them as libpam does, `walk` follows every way through them, `judge` says what
//! the ways mean, `lines` what is wrong with single lines. Nothing here does I/O.

mod control;
mod fault;
mod handing_on;
mod judge;
mod left_out;
mod lines;
mod modules;
mod phase;
mod service;
mod shared;
mod shut;
mod siblings;
mod stack;
mod text;
mod walk;
mod ways;

use std::collections::BTreeSet;

use monk_wire::manage::doctor::{Facts, Kind};

use crate::finding::Findings;

use lines::Told;
use phase::Phase;
pub use service::Surroundings;
use service::{Service, named_service, policy_name};
use shared::Shared;
use stack::Stack;
pub use stack::{Files, Library, includes};
use walk::Budget;
use ways::{Case, Ways};

/// How to make a service ask monk, whatever its file was before.
pub fn pam_file(service: &str) -> String {
    format!(
        "Write the two lines of monk: \
         printf 'auth required pam_monk.so\\naccount required pam_monk.so\\n' > /etc/pam.d/{service}"
    )
}

/// What the stacks have shown, for the checks that follow.
#[derive(Debug, Default)]
pub struct Stacks {
    /// The services that ask monk.
    pub services: BTreeSet<String>,
    /// The paths by which stacks name the module.
    pub modules: BTreeSet<String>,
}

/// Files of distributions that are there to be included.
const INCLUDED: [&str; 8] = [
    "system-auth",
    "password-auth",
    "fingerprint-auth",
    "smartcard-auth",
    "postlogin",
    "system-login",
    "system-local-login",
    "system-remote-login",
];

/// Whether a file of `/etc/pam.d` is no service of its own: it is there to be included, or was left
/// behind by an editor or dpkg.
fn is_no_service(name: &str) -> bool {
    let endings = ["~", ".bak", ".orig", ".old", ".rej", ".rpmsave", ".rpmnew", ".pam-old"];
    name.starts_with("common-")
        || INCLUDED.contains(&name)
        || name.contains(".dpkg-")
        || name.starts_with('.')
        // Included from somewhere else.
        || name.contains('/')
        || endings.iter().any(|ending| name.ends_with(ending))
}

/// What somebody meets who asks a service.
#[derive(Debug, PartialEq, Eq)]
pub enum Door {
    /// monk is among its rules.
    Monk,
    /// It opens without monk, on this way.
    Opens(String),
    /// It lets nobody in.
    Refuses,
}

/// What a service does that no file may be named after.
pub fn door(library: &Library, service: &str, installed: &dyn Fn(&str) -> bool) -> Door {
    let stack = Stack::load(library, service, Phase::Auth);
    if stack.means_monk() {
        return Door::Monk;
    }
    let budget = Budget::default();
    let policy = monk_wire::manage::doctor::ServicePolicy::default();
    let case =
        Case { service, policy, is_told: false, key_first: false, installed, budget: &budget };
    let ways = Ways::through(&stack, Phase::Auth, walk::EVERYBODY, &case);
    ways.first_way_in().map_or(Door::Refuses, Door::Opens)
}

/// What is carried from one service to the next.
#[derive(Default)]
struct Round {
    shared: Shared,
    told: Told,
    budget: Budget,
    /// Debian's file for all services asks monk. Then those that include only what is said of accounts
    /// there, such as systemd-user, log nobody in by themselves.
    common_auth_asks: bool,
}

/// Judges all stacks.
pub fn examine(around: &Surroundings<'_>, findings: &mut Findings) -> Stacks {
    let mut stacks = Stacks::default();
    let (mut asked_for, mut round) = (BTreeSet::new(), Round::default());
    let library = Library::of(around.files);
    let services = of_monk(around.files, &library);
    round.common_auth_asks = Stack::load(&library, "common-auth", Phase::Auth).has_monk();
    if !services.is_empty() {
        lines::of_other(&Service::load(&library, "other"), findings, &mut round.told);
    }
    for (name, service) in services {
        stacks.services.insert(name.clone());
        let rules = service.auth.rules.iter().chain(&service.account.rules);
        for rule in rules.filter(|rule| rule.is_monk()) {
            if let stack::Step::Module { path, .. } = &rule.step {
                stacks.modules.insert(path.clone());
            }
            asked_for.extend(named_service(rule.arguments()));
        }
        judge_service(around, name, &service, findings, &mut round);
    }
    round.shared.tell(findings);
    if stacks.services.is_empty() {
        findings.report(
            Kind::PamUnused,
            "/etc/pam.d",
            "no service has pam_monk.so in its rules",
            "Write the rules of /usr/share/monk/pam.d into the file of a service, such as /etc/pam.d/imap.",
        );
    }
    siblings::examine(around, &library, &stacks.services, findings);
    asked_for.extend(stacks.services.iter().map(|name| name.to_ascii_lowercase()));
    policies(around.facts, &asked_for, findings);
    stacks
}

/// The services that ask monk, or were meant to.
fn of_monk<'a>(files: &'a Files, library: &Library) -> Vec<(&'a String, Service)> {
    let forgiving = lines::forgiving(files);
    let names = files.iter().filter(|(name, _)| !is_no_service(name));
    let services = names.map(|(name, text)| (name, text, Service::load(library, name)));
    let meant = services.filter(|(name, text, service)| {
        let unreadable =
            || text.contains("pam_monk") || Service::load(&forgiving, name).means_monk();
        service.means_monk() || service.aborts() && unreadable()
    });
    meant.map(|(name, _, service)| (name, service)).collect()
}

fn judge_service(
    around: &Surroundings<'_>,
    service: &str,
    rules: &Service,
    findings: &mut Findings,
    round: &mut Round,
) {
    let Service { auth, account, session, .. } = rules;
    let file = format!("/etc/pam.d/{service}");
    if service.chars().any(|c| c.is_ascii_uppercase()) {
        let lower = service.to_ascii_lowercase();
        findings.report(
            Kind::PamFileCapitals,
            &file,
            "libpam writes service names in lower case, and never reads this file",
            format!("mv {file} /etc/pam.d/{lower}"),
        );
        return;
    }
    // Debian's own file includes those that every service includes.
    let stands_in = |stack: &Stack| stack.monk().is_some_and(|rule| rule.file == service);
    if service == "other" && (stands_in(auth) || stands_in(account)) {
        findings.report(
            Kind::PamFallback,
            &file,
            "every service without a file of its own asks monk",
            "Give the services that are meant files of their own, and write pam_deny.so here.",
        );
    }
    lines::examine(around.installed, service, rules, findings, &mut round.told);
    if rules.aborts() {
        return;
    }
    let case = Case {
        service,
        policy: around.facts.policy_of(&policy_name(service, auth)),
        is_told: around.is_told,
        key_first: around.key_first && service == "sshd",
        installed: around.installed,
        budget: &round.budget,
    };
    if auth.has_monk() && !auth.of_other {
        judge::auth(&case, auth, findings, &mut round.shared);
        judge::account(&case, account, auth, findings);
        left_out::examine(&case, auth, account, findings, &mut round.shared);
    } else if !auth.means_monk()
        && !auth.is_faulty()
        && (stands_in(account) || !round.common_auth_asks)
    {
        findings.report(
            Kind::PamAccountOnly,
            &file,
            format!("service {service} has an account rule of monk, and no auth rule"),
            "Add: auth required pam_monk.so",
        );
    }
    judge::session(&case, session, findings);
}

/// The sections of the settings against the services that there are.
fn policies(facts: &Facts, services: &BTreeSet<String>, findings: &mut Findings) {
    for (name, policy) in &facts.services {
        let section = format!("[service.{name}]");
        if !services.contains(name) {
            findings.report(
                Kind::PolicyForNobody,
                &section,
                format!("no service of that name asks monk; those that do: {}", list(services)),
                format!("Correct the name, or write the rules into /etc/pam.d/{name}."),
            );
        } else if policy.never {
            findings.report(
                Kind::PolicyMfaOff,
                &section,
                "mfa = \"off\": a password alone opens this service",
                "Nothing, if that is meant.",
            );
        } else {
            findings.ok(Kind::PolicyForNobody, &section, "the service asks monk");
        }
    }
    if facts.policy.never {
        findings.report(
            Kind::PolicyMfaOff,
            "[policy]",
            "mfa = \"off\": a password alone opens every service without a section",
            "Nothing, if that is meant.",
        );
    }
}

fn list(names: &BTreeSet<String>) -> String {
    match names.is_empty() {
        true => "none".to_owned(),
        false => names.iter().map(String::as_str).collect::<Vec<_>>().join(", "),
    }
}

#[cfg(test)]
mod bounds_tests;
#[cfg(test)]
mod fault_tests;
#[cfg(test)]
mod libpam_tests;
#[cfg(test)]
mod tests;
