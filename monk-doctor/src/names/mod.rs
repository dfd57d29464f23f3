//! Whether this host's programs find the users of the directory, and are not held up by looking for them.
//!
//! A host without `libnss_monk.so.2` has nothing to be told.

mod nsswitch;
mod surroundings;

use monk_wire::manage::doctor::{Kind, Severity};

use self::nsswitch::{Databases, Service, databases};
use crate::finding::Findings;
use crate::machine::Machine;

/// The file that says where names are looked up.
const FILE: &str = "/etc/nsswitch.conf";

/// The service of monk in that file.
const MONK: &str = "monk";

/// What the C library looks up in, where the file does not name the database.
const UNNAMED: &str = "files";

/// The service that reads this host's own files, with lines that stand for those of a directory.
const COMPAT: &str = "compat";

/// The databases that monk has.
const OURS: [&str; 2] = ["passwd", "group"];

/// Services that have users of a directory, too.
const OTHERS: [&str; 4] = ["sss", "ldap", "winbind", "nis"];

/// Looks at how names are looked up here.
pub fn examine(machine: &Machine, findings: &mut Findings) {
    let library = machine.nss_module(MONK);
    let text = machine.read(FILE).unwrap_or_default();
    let databases = databases(&text);
    let names_monk = databases.values().any(|services| place(services).is_some());
    match (&library, names_monk) {
        (None, false) => return,
        (None, true) => findings.report(
            Kind::NamesModuleMissing,
            FILE,
            "names the service monk, and libnss_monk.so.2 is not installed",
            "apt install libnss-monk, or take monk out of the file.",
        ),
        (Some(library), false) => {
            findings.report(
                Kind::NamesNotUsed,
                FILE,
                format!("names no service monk, and {} is installed", library.display()),
                "Write monk behind files and systemd in the lines passwd and group.",
            );
            return;
        }
        (Some(_), true) => {}
    }
    let before = findings.0.len();
    for name in OURS {
        of_database(name, &databases, findings);
    }
    of_initgroups(&databases, findings);
    of_compat(machine, &databases, findings);
    if findings.0.len() == before {
        findings.ok(Kind::NamesOrder, FILE, "monk is asked behind this host's own files");
    }
    beside(&databases, findings);
    surroundings::examine(machine, findings);
}

/// Where monk stands among the services.
fn place(services: &[Service]) -> Option<usize> {
    services.iter().position(|service| service.name == MONK)
}

/// Whether a service reads this host's own file.
fn is_files(service: &Service) -> bool {
    matches!(service.name.as_str(), "files" | COMPAT)
}

fn of_database(name: &str, databases: &Databases, findings: &mut Findings) {
    let subject = format!("{FILE}, {name}");
    let services = databases.get(name).map_or(&[][..], Vec::as_slice);
    let Some(place) = place(services) else {
        findings.report(
            Kind::NamesHalf,
            subject,
            format!(
                "monk is not asked here: programs find {} of the directory only",
                match name {
                    "passwd" => "groups",
                    _ => "users",
                }
            ),
            format!("Write: {name}: files systemd monk"),
        );
        return;
    };
    let before = &services[..place];
    if !before.iter().any(is_files) {
        findings.report(
            Kind::NamesOrder,
            subject,
            format!("monk is asked before /etc/{name}: where it does not answer, root's name waits for it"),
            format!("Write: {name}: {UNNAMED} systemd monk"),
        );
        return;
    }
    // Who is not found by one must be looked for in the next, and a service that is away must not hide it.
    for (status, when) in [("notfound", "has no such name"), ("unavail", "does not answer")] {
        if let Some(service) = before.iter().find(|service| service.returns(status)) {
            findings.report(
                Kind::NamesNeverAsked,
                subject,
                format!("where {} {when}, the lookup ends before monk is asked", service.name),
                format!("Take [{}=return] away, or write monk before it.", status.to_uppercase()),
            );
            return;
        }
    }
}

/// `compat` (nss_compat) reads lines that begin with `+` or `-`, and monk knows nothing of these: users whom they
/// leave out are found behind them all the same.
fn of_compat(machine: &Machine, databases: &Databases, findings: &mut Findings) {
    for name in OURS {
        let services = databases.get(name).map_or(&[][..], Vec::as_slice);
        let before = &services[..place(services).unwrap_or_default()];
        let text = machine.read(format!("/etc/{name}")).unwrap_or_default();
        let has_lines = text.lines().any(|line| line.starts_with(['+', '-']));
        if has_lines && before.iter().any(|service| service.name == COMPAT) {
            findings.report_as(
                Kind::NamesOrder,
                Severity::Warning,
                format!("{FILE}, {name}"),
                format!(
                    "compat lets lines of /etc/{name} that begin with + or - choose users of a directory, and monk \
                     finds all of them whatever these lines say"
                ),
                format!("Take these lines out of /etc/{name}, and write: {name}: {UNNAMED} systemd monk"),
            );
        }
    }
}

/// `initgroups` goes before `group` where somebody asks for all groups of a user.
fn of_initgroups(databases: &Databases, findings: &mut Findings) {
    let Some(services) = databases.get("initgroups") else { return };
    if place(services).is_none() {
        findings.report(
            Kind::NamesHalf,
            format!("{FILE}, initgroups"),
            "monk is not asked here: at a login, users of the directory get none of its groups",
            "Take the line away: without it, the line group counts.",
        );
    }
}

/// Other services of a directory. Where both know a user, the first one's answer counts.
fn beside(databases: &Databases, findings: &mut Findings) {
    let of = |name: &&str| databases.get(*name).map_or(&[][..], Vec::as_slice);
    let mut others: Vec<&str> = OURS.iter().flat_map(of).map(|one| one.name.as_str()).collect();
    others.retain(|name| OTHERS.contains(name));
    others.sort_unstable();
    others.dedup();
    if !others.is_empty() {
        findings.report_as(
            Kind::NamesBeside,
            Severity::Note,
            FILE,
            format!(
                "{} has users of a directory, too: who is named by both has the uid and the groups that the first \
                 one says",
                others.join(", ")
            ),
            "Compare getent -s sss passwd NAME with getent -s monk passwd NAME; keep one of the two.",
        );
    }
}

#[cfg(test)]
mod tests;
