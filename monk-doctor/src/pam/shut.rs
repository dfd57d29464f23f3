//! Why nobody gets in: the remedy has to fit the reason.

use monk_wire::manage::doctor::{Kind, Severity};

use super::control::{Action, Code};
use crate::finding::Findings;

use super::phase::Phase;
use super::stack::{Rule, Stack, Step};
use super::walk::EVERYBODY;
use super::ways::{Case, Ways};

/// Judges a stack through which nobody gets.
pub fn examine(case: &Case<'_>, stack: &Stack, phase: Phase, findings: &mut Findings) {
    // Lines that libpam does not understand are told of on their own.
    if !stack.broken.is_empty() || stack.is_faulty() {
        return;
    }
    if opens(case, stack, phase, &|_| true) {
        missing(case, stack, phase, findings);
        return;
    }
    let mut forwarding = stack.clone();
    for rule in forwarding.rules.iter_mut().filter(|rule| rule.is_monk()) {
        if let Step::Module { arguments, .. } = &mut rule.step {
            arguments.push("forward_pass".to_owned());
        }
    }
    if phase == Phase::Auth && opens(case, &forwarding, phase, case.installed) {
        let starving = |rule: &&Rule| rule.has("use_first_pass") && !rule.is_monk();
        let place = stack.rules.iter().find(starving).map_or_else(String::new, Rule::place);
        findings.report_as(
            Kind::PamNothingForwarded,
            Severity::Error,
            place,
            format!(
                "service {} refuses everybody: this module wants the password of an earlier one \
                 (use_first_pass), and monk keeps it",
                case.service
            ),
            "Add forward_pass to the arguments of pam_monk.so.",
        );
        return;
    }
    let deny = stack.rules.iter().find(|rule| rule.module() == Some("pam_deny.so"));
    let place = deny.or(stack.monk()).or(stack.rules.first()).map_or_else(String::new, Rule::place);
    let (word, service) = (phase.word(), case.service);
    findings.report(
        Kind::PamNobodyGetsIn,
        place,
        format!("whatever the modules say, the {word} rules of service {service} refuse"),
        match phase {
            Phase::Auth => {
                "Correct the order: behind pam_monk.so only what must agree as well may stand."
            }
            _ => "Correct the order: pam_deny.so must not be reached when the other modules agree.",
        },
    );
}

/// Whether somebody would get in, if those modules were there.
fn opens(case: &Case<'_>, stack: &Stack, phase: Phase, installed: &dyn Fn(&str) -> bool) -> bool {
    let case = Case { installed, ..*case };
    Ways::through(stack, phase, EVERYBODY, &case).somebody_gets_in()
}

/// The modules that are not there, and that have a say.
fn missing(case: &Case<'_>, stack: &Stack, phase: Phase, findings: &mut Findings) {
    for rule in &stack.rules {
        let Step::Module { path, .. } = &rule.step else { continue };
        let refuses =
            matches!(rule.control.action(Code::MODULE_UNKNOWN), Action::Bad | Action::Die);
        // Of monk's own, every line is told of.
        if !refuses || rule.is_monk() || (case.installed)(path) {
            continue;
        }
        let (word, service) = (phase.word(), case.service);
        findings.report(
            Kind::PamModuleMissing,
            rule.place(),
            format!("there is no module {path}, and without it the {word} rules of service {service} refuse everybody"),
            format!("Install the package that has {path}, correct its name, or take the line out if it is not needed."),
        );
    }
}

/// There are more ways than could be followed.
pub fn too_large(case: &Case<'_>, ways: &Ways<'_>, findings: &mut Findings) {
    let place = ways.stack.monk().or(ways.stack.rules.first());
    findings.report(
        Kind::PamTooLarge,
        place.map_or_else(String::new, Rule::place),
        format!(
            "service {} has too many ways through its rules to follow all of them",
            case.service
        ),
        "Write fewer and simpler rules; until then nobody knows what they let in.",
    );
}
