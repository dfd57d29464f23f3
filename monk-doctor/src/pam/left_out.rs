//! Users of this machine whom monk is told to say nothing of: `minimum_uid=`.

use std::collections::BTreeSet;

use monk_wire::manage::doctor::{Kind, Severity};

use super::control::Code;
use crate::finding::Findings;

use super::modules::minimum_uid;
use super::phase::Phase;
use super::shared::Shared;
use super::stack::{Rule, Stack};
use super::walk::{Ending, Monk};
use super::ways::{Case, Ways};

/// The lowest uid of people (`UID_MIN`, login.defs(5)).
const FIRST_PERSON: u32 = 1000;

/// Says who is left out, and what opens for them in place of monk.
pub fn examine(
    case: &Case<'_>,
    auth: &Stack,
    account: &Stack,
    findings: &mut Findings,
    shared: &mut Shared,
) {
    let of_auth = minimums(auth);
    // Who is below one of them is below all that are higher, too.
    for &minimum in of_auth.iter().rev() {
        let ways = Ways::through(auth, Phase::Auth, minimum - 1, case);
        let left_out = |ending: &Ending| ending.monk == Monk::Answered(Code::IGNORE);
        let Some((way, _)) = ways.find(left_out) else { continue };
        let told = ways.told_here(way);
        if !way.password && !way.other {
            let evidence = format!(
                "service {} opens with nothing at all for users of this machine with a uid below \
                 {minimum}: {told}",
                case.service
            );
            let remedy =
                "Have pam_unix.so check their password behind monk, or take minimum_uid away.";
            findings.report(Kind::PamPasswordAlone, ways.monk(), evidence, remedy);
            return;
        }
        tell(case, minimum, &ways.monk(), &told, shared);
        break;
    }
    // Where only the account rules leave users out, a login by public key passes nothing else.
    let highest = of_auth.last().copied().unwrap_or_default();
    if let Some(&minimum) = minimums(account).last().filter(|&&minimum| minimum > highest) {
        let rule = account.rules.iter().find(|rule| minimum_uid(rule) == minimum);
        let place = rule.map_or_else(String::new, Rule::place);
        tell(case, minimum, &place, "the account rules do not ask monk", shared);
    }
}

fn minimums(stack: &Stack) -> BTreeSet<u32> {
    stack.rules.iter().map(minimum_uid).filter(|&minimum| minimum > 0).collect()
}

fn tell(case: &Case<'_>, minimum: u32, place: &str, told: &str, shared: &mut Shared) {
    let (severity, who, remedy) = if minimum > FIRST_PERSON {
        (
            Severity::Warning,
            "people among them",
            "Write minimum_uid=1000: accounts of people begin there (UID_MIN in /etc/login.defs).",
        )
    } else {
        (
            Severity::Note,
            "such as root",
            "Nothing, if they are to get in when nothing of monk works. Give root a password that \
             nobody guesses, and write PermitRootLogin no in sshd_config.",
        )
    };
    let evidence = format!(
        "users of this machine with a uid below {minimum}, {who}, get in without a second factor \
         (minimum_uid): {told}"
    );
    shared.report(case.service, (Kind::PamMinimumUid, severity), place, evidence, remedy);
}
