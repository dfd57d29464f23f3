//! What the ways through a stack mean.

use monk_wire::manage::doctor::{Kind, Severity};

use super::control::Code;
use super::modules::{asks_network, is_other_factor};
use super::phase::Phase;
use super::shared::Shared;
use super::stack::{Rule, Stack};
use super::walk::{EVERYBODY, Ending, Monk};
use super::ways::{Case, Ways};
use super::{handing_on, shut};
use crate::finding::Findings;

/// Judges the auth rules of a service that uses monk.
pub fn auth(case: &Case<'_>, stack: &Stack, findings: &mut Findings, shared: &mut Shared) {
    let ways = Ways::through(stack, Phase::Auth, EVERYBODY, case);
    let before = findings.0.len() + shared.count();
    if ways.cut() {
        shut::too_large(case, &ways, findings);
        return;
    }
    if !ways.somebody_gets_in() {
        shut::examine(case, stack, Phase::Auth, findings);
        return;
    }
    not_asked(case, &ways, findings, shared);
    not_heeded(case, &ways, shared);
    code_alone(case, &ways, findings);
    handing_on::examine(case, &ways, findings, shared);
    factors_beside(case, &ways, shared);
    if findings.0.len() + shared.count() == before {
        let all = ways.endings().count();
        let what = format!("service {}: monk decides on all {all} ways", case.service);
        findings.ok(Kind::PamPasswordAlone, ways.monk(), what);
    }
}

/// Ways in on which monk is not asked.
fn not_asked(case: &Case<'_>, ways: &Ways<'_>, findings: &mut Findings, shared: &mut Shared) {
    let service = case.service;
    let unasked = |ending: &Ending| ending.monk == Monk::NotAsked;
    let remedy = |opener: &str| {
        format!(
            "Put `auth required pam_monk.so` in front of {opener}, and make what follows `required` \
             or leave it out."
        )
    };
    let alone = |ending: &Ending| unasked(ending) && (ending.password || !ending.other);
    if let Some((way, true)) = ways.find(alone) {
        let opener = ways.opener(way);
        let what = if way.password { "a password alone" } else { "nothing at all" };
        let evidence =
            format!("service {service} opens with {what}: {}; monk is not asked", ways.told(way));
        let remedy = remedy(&opener);
        findings.report(Kind::PamPasswordAlone, opener, evidence, remedy);
    } else if let Some((way, true)) = ways.find(unasked) {
        let opener = ways.opener(way);
        let evidence = format!("service {service}: {}; monk is not asked", ways.told(way));
        let remedy = format!("If that is not meant: {}", remedy(&opener));
        findings.report(Kind::PamOtherFactor, opener, evidence, remedy);
    } else if let Some((way, _)) = ways.find(unasked) {
        let evidence = format!("{}; monk is not asked", ways.told(way));
        let remedy = "Nothing, if these users are to come in without a second factor.";
        let kind = Kind::PamNotAsked;
        shared.report(service, (kind, kind.severity()), ways.opener(way), evidence, remedy);
    }
}

/// Ways in although monk has not agreed.
fn not_heeded(case: &Case<'_>, ways: &Ways<'_>, shared: &mut Shared) {
    let service = case.service;
    let required = "Write `auth required pam_monk.so`, or `requisite`.";
    let refused = |ending: &Ending| ending.monk == Monk::Answered(Code::AUTH_ERR);
    let unknown = |ending: &Ending| ending.monk == Monk::Answered(Code::USER_UNKNOWN);
    if let Some((way, always)) = ways.find(refused) {
        let severity = if always { Severity::Error } else { Severity::Warning };
        let evidence = format!("opens although monk refuses: {}", ways.told(way));
        let kind = Kind::PamRefusalIgnored;
        shared.report(service, (kind, severity), ways.monk(), evidence, required);
        return;
    }
    let outage = |ending: &Ending| ending.monk == Monk::Answered(Code::AUTHINFO_UNAVAIL);
    if let Some((way, _)) = ways.find(outage) {
        let evidence = format!("opens while monk cannot answer: {}", ways.told(way));
        let remedy = "Take authinfo_unavail=ignore (or default=ignore) out of monk's rule: \
                      somebody who can stop the directory could log in with a password alone.";
        let kind = Kind::PamOutageIgnored;
        shared.report(service, (kind, kind.severity()), ways.monk(), evidence, remedy);
    }
    if let Some((way, _)) = ways.find(|ending| unknown(ending) && !ending.password) {
        let evidence = format!("opens for users whom monk does not know: {}", ways.told(way));
        let kind = Kind::PamRefusalIgnored;
        shared.report(service, (kind, kind.severity()), ways.monk(), evidence, required);
    } else if let Some((way, _)) = ways.find(unknown) {
        unknown_users(service, ways, way, shared);
    }
}

/// The administrator has left users whom monk does not know to other modules.
fn unknown_users(service: &str, ways: &Ways<'_>, way: &Ending, shared: &mut Shared) {
    let told = ways.told_here(way);
    let what = "anybody who is not in monk's directory logs in with the password alone";
    let opens = |&&(position, code): &&(usize, Code)| {
        code == Code::SUCCESS && asks_network(&ways.stack.rules[position])
    };
    let (severity, evidence, remedy) = match way.way.iter().find(opens) {
        Some(&(position, _)) => (
            Severity::Warning,
            format!(
                "{what}; and {} may know a user by a second name, such as alice@example.org, whom \
                 monk does not know by it: {told}",
                ways.stack.rules[position].module().unwrap_or_default()
            ),
            "Take user_unknown=ignore out of monk's rule, unless no user has a second name there.",
        ),
        None => (
            Severity::Note,
            format!("{what}: {told}"),
            "Nothing, if accounts of the machine are to have no second factor. Users whom you take out of \
             monk's directory have to be locked on the machine, too: passwd --lock USER",
        ),
    };
    shared.report(service, (Kind::PamUnknownUserIgnored, severity), ways.monk(), evidence, remedy);
}

/// With `password = "elsewhere"`: ways in on which nobody has checked a password.
fn code_alone(case: &Case<'_>, ways: &Ways<'_>, findings: &mut Findings) {
    let unproved =
        |ending: &Ending| ending.monk == Monk::Granted && !ending.password && !ending.other;
    if !case.policy.elsewhere || case.key_first {
        return;
    }
    if let Some((way, _)) = ways.find(unproved) {
        let evidence = format!(
            "[service.{0}] leaves the password to another module, but a code alone opens {0}: {1}",
            case.service,
            ways.told(way)
        );
        let remedy = "Put `auth requisite pam_unix.so` in front of pam_monk.so, or write \
                      password = \"required\".";
        findings.report(Kind::PamCodeAlone, ways.monk(), evidence, remedy);
    }
}

/// Another second factor that is asked as well.
fn factors_beside(case: &Case<'_>, ways: &Ways<'_>, shared: &mut Shared) {
    // Where it opens without monk, that has been told.
    if ways.find(|ending| ending.monk == Monk::NotAsked && ending.other).is_some() {
        return;
    }
    let asked = |ending: &&Ending| ending.granted && ending.monk == Monk::Granted;
    let called = ways.endings().filter(asked).flat_map(|ending| &ending.way);
    let other = |&&(position, _): &&(usize, Code)| is_other_factor(&ways.stack.rules[position]);
    let Some(&(position, _)) = called.into_iter().find(other) else { return };
    let rule = &ways.stack.rules[position];
    let name = rule.module().unwrap_or_default();
    let kind = Kind::PamFactorBeside;
    shared.report(
        case.service,
        (kind, kind.severity()),
        rule.place(),
        format!("{name} asks for a code or key of its own beside monk's"),
        format!(
            "If monk has taken its place, take the line of {name} out once everybody has a device in \
             monk (monk-enroll import)."
        ),
    );
}

/// Judges the account rules of a service whose auth rules use monk.
pub fn account(case: &Case<'_>, stack: &Stack, auth: &Stack, findings: &mut Findings) {
    let (service, is_sshd) = (case.service, case.service == "sshd");
    let ways = Ways::through(stack, Phase::Account, EVERYBODY, case);
    if ways.cut() {
        shut::too_large(case, &ways, findings);
        return;
    }
    if !stack.rules.is_empty() && !ways.somebody_gets_in() {
        shut::examine(case, stack, Phase::Account, findings);
        return;
    }
    if stack.means_monk() && !stack.has_monk() {
        return;
    }
    if !stack.has_monk() {
        // Where another module knows the users, it says who may come in.
        if case.is_told && !case.policy.elsewhere || is_sshd {
            let severity = if is_sshd { Severity::Warning } else { Severity::Note };
            let line = auth.monk();
            let why = if is_sshd {
                "a login with a public key passes no auth rule, so that nobody asks monk whether \
                 the user may come in"
            } else {
                "users who were switched off after they logged in are not noticed"
            };
            findings.report_as(
                Kind::PamAccountMissing,
                severity,
                line.map_or_else(String::new, Rule::place),
                format!("service {service} has no account rule of monk: {why}"),
                format!("Add to /etc/pam.d/{service}: account required pam_monk.so"),
            );
        }
        return;
    }
    // Of users whom monk does not know, the auth rules have told.
    let left_to_others = [Code::IGNORE, Code::USER_UNKNOWN];
    let refused = |ending: &Ending| matches!(ending.monk, Monk::Answered(code) if !left_to_others.contains(&code));
    match ways.find(refused) {
        Some((way, true)) => findings.report(
            Kind::PamAccountIgnored,
            ways.monk(),
            format!("service {service} lets in whom monk refuses: {}", ways.told(way)),
            "Write `account required pam_monk.so` as the first account rule.",
        ),
        _ => findings.ok(
            Kind::PamAccountIgnored,
            ways.monk(),
            format!("service {service}: monk is heeded"),
        ),
    }
}

/// Judges the session rules of a service that uses monk: programs log nobody in where they refuse.
pub fn session(case: &Case<'_>, stack: &Stack, findings: &mut Findings) {
    let ways = Ways::through(stack, Phase::Session, EVERYBODY, case);
    if ways.cut() {
        shut::too_large(case, &ways, findings);
    } else if !stack.rules.is_empty() && !ways.somebody_gets_in() {
        shut::examine(case, stack, Phase::Session, findings);
    }
}
