//! Lines and arguments that cannot work, each told once, however many services include its file.

use std::collections::BTreeSet;

use monk_wire::manage::doctor::{Kind, Severity};

use super::fault::{Fault, Part};
use super::modules::understood;
use super::service::Service;
use super::stack::{Broken, Files, Library, Rule, Stack, Step, path};
use super::text::Oddity;
use crate::finding::Findings;

/// What has been told: files of which one line is told for all, and places.
pub type Told = BTreeSet<(String, &'static str)>;

/// The same files as they were probably meant: to find services that monk would decide, if libpam could
/// read them.
pub fn forgiving(files: &Files) -> Library {
    let meant = files.iter().map(|(name, text)| (name.clone(), text.replace('\r', "")));
    Library::of(&meant.collect())
}

/// Looks at the lines of one service.
pub fn examine(
    installed: &dyn Fn(&str) -> bool,
    service: &str,
    rules: &Service,
    findings: &mut Findings,
    told: &mut Told,
) {
    for broken in rules.stacks().iter().flat_map(|stack| &stack.broken) {
        tell_broken(broken, &format!("service {service}"), findings, told);
    }
    for rule in rules.stacks().iter().flat_map(|stack| &stack.rules) {
        for fault in &rule.faults {
            tell_fault(rule, fault, findings, told);
        }
    }
    let Service { auth, account, .. } = rules;
    for rule in auth.rules.iter().chain(&account.rules).filter(|rule| rule.is_monk()) {
        let Step::Module { path, arguments } = &rule.step else { continue };
        if !installed(path) {
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
}

/// Looks at `other`, which libpam reads for every service: what it cannot read there refuses all.
pub fn of_other(rules: &Service, findings: &mut Findings, told: &mut Told) {
    if rules.aborts() {
        for broken in rules.stacks().iter().flat_map(|stack: &&Stack| &stack.broken) {
            tell_broken(broken, "every service", findings, told);
        }
    }
}

fn tell_broken(broken: &Broken, who: &str, findings: &mut Findings, told: &mut Told) {
    let refuses = format!("libpam refuses logins ({who})");
    let (kind, place, evidence, remedy) = match broken {
        Broken::Missing(place, name) if name.ends_with('\r') => {
            carriage_return(place, name, &refuses, findings, told);
            return;
        }
        Broken::Missing(place, name) => (
            Kind::PamFileUnreadable,
            place,
            format!("{place} includes {name:?}, which is not there: {refuses}"),
            "Correct the name, or take the line out.".to_owned(),
        ),
        Broken::TooDeep(place, name) => (
            Kind::PamFileUnreadable,
            place,
            format!("{place} includes {name:?} more than 16 files deep: {refuses}"),
            "Write the rules with fewer files that include each other.".to_owned(),
        ),
        Broken::Circle(place, name) => (
            Kind::PamCircle,
            place,
            format!(
                "{place} includes {name:?} while that is being read: libpam crashes the program, or \
                 refuses everybody ({who})"
            ),
            "Take this line out.".to_owned(),
        ),
        Broken::Unfinished(place) => (
            Kind::PamLineUnreadable,
            place,
            format!("the file ends in a line that goes on, by the backslash at its end: {refuses}"),
            "Take the backslash away.".to_owned(),
        ),
        Broken::Nameless(place, name) => (
            Kind::PamLineUnreadable,
            place,
            format!("{name:?} is no name of a module: {refuses}"),
            "Write the name of a module, such as pam_unix.so.".to_owned(),
        ),
        Broken::TooLarge(file) => (
            Kind::PamTooLarge,
            file,
            format!("more rules, includes or lines than are looked at ({who})"),
            "Write fewer rules; until then nobody knows what they let in.".to_owned(),
        ),
    };
    if told.insert((place.clone(), kind.id())) {
        findings.report(kind, place, evidence, remedy);
    }
}

/// Once for each file: all of its lines have one, as a rule.
fn carriage_return(
    place: &str,
    word: &str,
    effect: &str,
    findings: &mut Findings,
    told: &mut Told,
) {
    let kind = Kind::PamCarriageReturn;
    let file = place.rsplit_once(':').map_or(place, |(file, _)| file);
    if told.insert((file.to_owned(), kind.id())) {
        findings.report(
            kind,
            place,
            format!(
                "the line ends in a carriage return, as editors of Windows write: libpam reads {word:?}, \
                 and {effect}"
            ),
            format!("sed -i 's/\\r$//' {file}"),
        );
    }
}

fn tell_fault(rule: &Rule, fault: &Fault, findings: &mut Findings, told: &mut Told) {
    let place = rule.place();
    let (evidence, remedy) = match fault {
        Fault::CarriageReturn(Part::Rule, word) => {
            carriage_return(&place, word, "refuses where it comes to it", findings, told);
            return;
        }
        Fault::CarriageReturn(Part::Argument, word) => {
            let file = path(&rule.file);
            if told.insert((file.clone(), Kind::PamCarriageReturn.id())) {
                findings.report_as(
                    Kind::PamCarriageReturn,
                    Severity::Warning,
                    place,
                    format!("the line ends in a carriage return: the module gets {word:?}"),
                    format!("sed -i 's/\\r$//' {file}"),
                );
            }
            return;
        }
        Fault::Character(char) => (
            format!(
                "the character U+{:04X} looks like a blank or like nothing, and libpam takes it for a \
                 part of the word",
                u32::from(*char)
            ),
            "Type the line again, with plain blanks.",
        ),
        Fault::Type(word) => (
            format!("{word:?} is no type: libpam refuses where it comes to this line"),
            "Write: auth|account|password|session CONTROL MODULE [ARGUMENTS]",
        ),
        Fault::Control(why) => (
            format!("{why}: whatever the module says, libpam refuses"),
            "Write required, requisite, sufficient or optional, or [ANSWER=ACTION …] (pam.conf(5)).",
        ),
        Fault::NoModule => (
            "no module follows: libpam refuses where it comes to this line".to_owned(),
            "Write: auth|account|password|session CONTROL MODULE [ARGUMENTS]",
        ),
        Fault::Oddity(Oddity::Nul) => (
            "a byte NUL: libpam reads nothing of the line behind it".to_owned(),
            "Type the line again.",
        ),
        Fault::Oddity(Oddity::Long) => (
            "longer than the 1,022 bytes that libpam reads of a line until version 1.5, which takes the \
             rest for a rule of its own"
                .to_owned(),
            "Break it into shorter lines, each but the last with a backslash at its very end; together \
             they must not be longer either.",
        ),
        Fault::Oddity(Oddity::CommentBehindBackslash) => (
            "a comment follows the backslash: the line does not go on, and the backslash is one of its \
             words"
                .to_owned(),
            "Put the comment into a line of its own.",
        ),
    };
    let kind = Kind::PamLineUnreadable;
    if told.insert((place.clone(), kind.id())) {
        findings.report(kind, place, evidence, remedy);
    }
}
