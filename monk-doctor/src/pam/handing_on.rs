//! Passwords that monk should hand on to the modules behind it, or hands on to nobody, and tickets, which are none.

use std::collections::BTreeSet;

use monk_wire::manage::doctor::Kind;

use super::modules::{Role, role, takes_password, uses_password};
use super::shared::Shared;
use super::stack::Rule;
use super::walk::Monk;
use super::ways::{Case, Ways};
use crate::finding::Findings;

/// The file that pam-auth-update writes: modules behind monk come and go there with packages, and
/// monk's own profile hands the password on to those that there are.
const OF_PROFILES: &str = "common-auth";

/// Looks at all of them.
pub fn examine(case: &Case<'_>, ways: &Ways<'_>, findings: &mut Findings, shared: &mut Shared) {
    let rules = &ways.stack.rules;
    let starved: BTreeSet<usize> =
        ways.cases.iter().flat_map(|walk| &walk.starved).copied().collect();
    // After a key there is no password that monk could hand on.
    for rule in starved.into_iter().map(|position| &rules[position]).filter(|_| !case.key_first) {
        starves(case, rule, shared);
    }
    beside_a_ticket(case, ways, findings);
    let forwards = |rule: &Rule| rule.is_monk() && rule.has("forward_pass");
    if let Some(position) = rules.iter().position(forwards)
        && rules[position].file != OF_PROFILES
        && !rules[position + 1..].iter().any(takes_password)
    {
        let evidence = "forward_pass hands the password to the modules that follow, and none does";
        let remedy = "Take forward_pass away.";
        findings.report(Kind::PamForwardToNobody, rules[position].place(), evidence, remedy);
    }
}

/// A module that checks a password on every way in, in a service that a ticket is to open without one.
fn beside_a_ticket(case: &Case<'_>, ways: &Ways<'_>, findings: &mut Findings) {
    if !case.policy.tickets || case.key_first {
        return;
    }
    let mut ways_in = ways.endings().filter(|one| one.granted && one.monk == Monk::Granted);
    let Some(first) = ways_in.next() else { return };
    if !first.password || !ways_in.all(|one| one.password) {
        return;
    }
    let mut called = first.way.iter().map(|(position, _)| &ways.stack.rules[*position]);
    let Some(rule) = called.find(|rule| role(rule) == Role::Password) else { return };
    let evidence = format!(
        "service {}: {} has to agree as well, and a ticket is no password",
        case.service,
        rule.module().unwrap_or_default()
    );
    findings.report(Kind::PortalTickets, rule.place(), evidence, "Take portal_ticket away.");
}

/// A module that stands behind monk and gets no password.
fn starves(case: &Case<'_>, rule: &Rule, shared: &mut Shared) {
    let name = rule.module().unwrap_or_default();
    let evidence = if uses_password(rule) {
        format!(
            "{name} makes use of the password that was typed, and monk keeps it: {name} gets none, or asks for it once more"
        )
    } else {
        format!(
            "{name} wants the password of an earlier module (use_first_pass), and monk keeps it"
        )
    };
    let kind = Kind::PamNothingForwarded;
    let remedy = "Add forward_pass to the arguments of pam_monk.so.";
    shared.report(case.service, (kind, kind.severity()), rule.place(), evidence, remedy);
}
