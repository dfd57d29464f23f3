//! The stacks in `/etc/pam.d` that use monk.
//!
//! `stack` reads them as libpam does, `walk` follows every way through them, `judge` says what
//! the ways mean. Nothing here does I/O.

mod control;
mod judge;
mod left_out;
mod modules;
mod shared;
mod stack;
mod walk;

use std::collections::BTreeSet;
use std::ffi::CString;

use monk_wire::arguments::Arguments;
use monk_wire::manage::doctor::{Facts, Findings, Kind};

use shared::Shared;
pub use stack::{Files, Phase, Stack};

/// What the stacks are judged by.
pub struct Surroundings<'a> {
    /// The texts in `/etc/pam.d`.
    pub files: &'a Files,
    /// The policies, where an engine has told them.
    pub facts: &'a Facts,
    /// Whether a module is there.
    pub installed: &'a dyn Fn(&str) -> bool,
    /// sshd asks PAM only after a public key.
    pub key_first: bool,
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

/// Services that one program asks for a login shell, and otherwise. On Debian both have a file.
const SIBLINGS: [[&str; 2]; 2] = [["sudo", "sudo-i"], ["su", "su-l"]];

/// Whether a file of `/etc/pam.d` is no service of its own: it is there to be included, or was left
/// behind by an editor or dpkg.
fn is_no_service(name: &str) -> bool {
    let endings = ["~", ".bak", ".orig", ".old", ".rej", ".rpmsave", ".rpmnew", ".pam-old"];
    name.starts_with("common-")
        || INCLUDED.contains(&name)
        || name.contains(".dpkg-")
        || name.starts_with('.')
        || endings.iter().any(|ending| name.ends_with(ending))
}

/// Judges all stacks.
pub fn examine(around: &Surroundings<'_>, findings: &mut Findings) -> Stacks {
    let mut stacks = Stacks::default();
    let (mut asked_for, mut shared) = (BTreeSet::new(), Shared::default());
    for service in around.files.keys().filter(|name| !is_no_service(name)) {
        let auth = Stack::load(around.files, service, Phase::Auth);
        let account = Stack::load(around.files, service, Phase::Account);
        // What a service without rules has from `other` is told of `other`.
        let uses = |stack: &Stack| stack.has_monk() && !stack.of_other;
        if !uses(&auth) && !uses(&account) {
            continue;
        }
        stacks.services.insert(service.clone());
        for rule in auth.rules.iter().chain(&account.rules).filter(|rule| rule.is_monk()) {
            if let stack::Step::Module { path, .. } = &rule.step {
                stacks.modules.insert(path.clone());
            }
            asked_for.extend(named_service(rule.arguments()));
        }
        judge_service(around, service, &auth, &account, findings, &mut shared);
    }
    shared.tell(findings);
    if stacks.services.is_empty() {
        findings.report(
            Kind::PamUnused,
            "/etc/pam.d",
            "no service has pam_monk.so in its rules",
            "Write the rules of /usr/share/doc/monk/examples/pam.d into the file of a service, such as /etc/pam.d/imap.",
        );
    }
    siblings(around, &stacks.services, findings);
    asked_for.extend(stacks.services.iter().map(|name| name.to_ascii_lowercase()));
    policies(around.facts, &asked_for, findings);
    stacks
}

/// `sudo -i` would go round the monk of `sudo`.
fn siblings(around: &Surroundings<'_>, monk: &BTreeSet<String>, findings: &mut Findings) {
    for [one, other] in SIBLINGS.iter().flat_map(|&[a, b]| [[a, b], [b, a]]) {
        if monk.contains(one) && !monk.contains(other) && around.files.contains_key(other) {
            findings.report(
                Kind::PamSiblingWithoutMonk,
                format!("/etc/pam.d/{other}"),
                format!("{one} asks monk, and {other} does not, which the same program asks"),
                format!("Give it the same rules: @include {one}"),
            );
        }
    }
}

fn judge_service(
    around: &Surroundings<'_>,
    service: &str,
    auth: &Stack,
    account: &Stack,
    findings: &mut Findings,
    shared: &mut Shared,
) {
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
    if !auth.broken.is_empty() || !account.broken.is_empty() {
        for why in auth.broken.iter().chain(&account.broken).collect::<BTreeSet<_>>() {
            let remedy = "Correct the name; until then libpam refuses every login of the service.";
            findings.report(Kind::PamFileUnreadable, &file, why, remedy);
        }
        return;
    }
    lines(around, auth, account, findings);
    let case = judge::Case {
        service,
        policy: around.facts.policy_of(&policy_name(service, auth)),
        key_first: around.key_first && service == "sshd",
        installed: around.installed,
    };
    if auth.has_monk() && !auth.of_other {
        judge::auth(&case, auth, findings, shared);
        judge::account(&case, account, auth, findings);
        left_out::examine(&case, auth, account, findings, shared);
    } else if stands_in(account) || !common_auth_asks(around.files) {
        findings.report(
            Kind::PamAccountOnly,
            &file,
            format!("service {service} has an account rule of monk, and no auth rule"),
            "Add: auth required pam_monk.so",
        );
    }
}

/// Whether Debian's file for all services asks monk. Then those that include only what is said of
/// accounts there, such as systemd-user, log nobody in by themselves.
fn common_auth_asks(files: &Files) -> bool {
    files.contains_key("common-auth") && Stack::load(files, "common-auth", Phase::Auth).has_monk()
}

/// Lines and arguments that cannot work.
fn lines(around: &Surroundings<'_>, auth: &Stack, account: &Stack, findings: &mut Findings) {
    for rule in auth.rules.iter().chain(&account.rules) {
        match &rule.step {
            stack::Step::Fail => findings.report(
                Kind::PamLineUnreadable,
                rule.place(),
                "libpam does not understand this line, and refuses where it comes to it",
                "Write: auth|account|password|session CONTROL MODULE [ARGUMENTS]",
            ),
            stack::Step::Module { path, arguments } if rule.is_monk() => {
                if !(around.installed)(path) {
                    findings.report(
                        Kind::PamModuleMissing,
                        rule.place(),
                        format!("there is no module {path}"),
                        "Install pam_monk.so into the folder of the other modules, or correct the path.",
                    );
                }
                if let Err(mistake) = understood(arguments) {
                    let remedy = "Correct it; until then every login of the service is refused.";
                    findings.report(Kind::PamArgumentUnknown, rule.place(), mistake, remedy);
                }
            }
            stack::Step::Module { .. } | stack::Step::Substack => {}
        }
    }
}

/// Asks the module's own code whether it understands its arguments.
fn understood(arguments: &[String]) -> Result<Arguments, String> {
    let arguments = arguments
        .iter()
        .map(|argument| CString::new(argument.as_str()))
        .collect::<Result<Vec<_>, _>>()
        .map_err(|_| "an argument has a NUL in it".to_owned())?;
    let arguments: Vec<_> = arguments.iter().map(CString::as_c_str).collect();
    Arguments::parse(&arguments).map_err(|mistake| mistake.to_string())
}

fn named_service(arguments: &[String]) -> Option<String> {
    arguments.iter().find_map(|argument| argument.strip_prefix("service=").map(str::to_owned))
}

/// The service whose policy applies.
fn policy_name(service: &str, auth: &Stack) -> String {
    auth.monk()
        .and_then(|rule| named_service(rule.arguments()))
        .unwrap_or_else(|| service.to_owned())
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
mod libpam_tests;
#[cfg(test)]
mod tests;
