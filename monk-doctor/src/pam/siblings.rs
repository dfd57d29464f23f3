//! Services that one program asks, one for login shells and one otherwise: `sudo -i` would go round
//! the monk of `sudo`, or round its policy.

use std::collections::BTreeSet;

use monk_wire::manage::doctor::Kind;

use super::phase::Phase;
use super::service::{Surroundings, policy_name};
use super::stack::{Library, Stack};
use crate::finding::Findings;

/// The pairs. On Debian all of them have a file.
const SIBLINGS: [[&str; 2]; 3] = [["sudo", "sudo-i"], ["su", "su-l"], ["login", "remote"]];

/// Compares them.
pub fn examine(
    around: &Surroundings<'_>,
    library: &Library,
    monk: &BTreeSet<String>,
    findings: &mut Findings,
) {
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
    for [one, other] in SIBLINGS {
        if monk.contains(one) && monk.contains(other) {
            policies(around, library, [one, other], findings);
        }
    }
}

/// Two services that both ask monk, each under the policy of some section.
fn policies(
    around: &Surroundings<'_>,
    library: &Library,
    services: [&str; 2],
    findings: &mut Findings,
) {
    let asked = services.map(|name| policy_name(name, &Stack::load(library, name, Phase::Auth)));
    let facts = around.facts;
    let section = |name: &String| {
        let mut sections = facts.services.iter();
        sections.find(|(section, _)| section.eq_ignore_ascii_case(name)).map(|(name, _)| name)
    };
    let [one, other] = [section(&asked[0]), section(&asked[1])];
    // A section says more than what is known here of it.
    let same = one == other
        || one.is_some()
            && other.is_some()
            && facts.policy_of(&asked[0]) == facts.policy_of(&asked[1]);
    if same {
        return;
    }
    let [a, b] = services;
    let of = |section: Option<&String>| {
        section.map_or_else(|| "[policy]".to_owned(), |name| format!("[service.{name}]"))
    };
    // The one whose section applies now is the one that was meant for both.
    let (named, lacking) = if one.is_some() { (&asked[0], b) } else { (&asked[1], a) };
    findings.report(
        Kind::PolicySiblingsDiffer,
        format!("/etc/pam.d/{lacking}"),
        format!("{a} has the policy of {}, and {b}, which the same program asks, that of {}", of(one), of(other)),
        format!("If both are to have one policy: service={named} behind pam_monk.so in /etc/pam.d/{lacking}"),
    );
}
