//! saslauthd, which asks PAM for Postfix and others: as it runs, and as it would be started.

use std::collections::BTreeSet;

use monk_wire::manage::doctor::Kind;

use super::surroundings::Surroundings;
use crate::finding::Findings;
use crate::steps;

/// The options that are followed by a value (saslauthd(8)).
const WITH_VALUE: &str = "aOmnst";

/// What decides of its answers.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Settings {
    /// `-c`: right answers are kept, for eight hours unless `-t` says otherwise.
    pub(super) keeps: bool,
    /// `-a`: who checks passwords.
    pub(super) mechanism: Option<String>,
}

impl Settings {
    /// Reads arguments as getopt(3) does.
    pub(super) fn parse<'a>(arguments: impl IntoIterator<Item = &'a str>) -> Self {
        let mut settings = Self::default();
        let mut arguments = arguments.into_iter();
        while let Some(argument) = arguments.next() {
            steps::count(argument.len() + 1);
            let Some(letters) = argument.strip_prefix('-') else { continue };
            for (at, letter) in letters.char_indices() {
                settings.keeps |= letter == 'c';
                if WITH_VALUE.contains(letter) {
                    let rest = &letters[at + letter.len_utf8()..];
                    let value = if rest.is_empty() { arguments.next() } else { Some(rest) };
                    if letter == 'a' {
                        settings.mechanism = value.map(str::to_owned);
                    }
                    break;
                }
            }
        }
        settings
    }

    /// Reads a file of Debian's start script; `None` where it is not to be started.
    pub(super) fn of_file(text: &str) -> Option<Self> {
        if value(text, "START").is_some_and(|start| start == "no") {
            return None;
        }
        let settings = Self::parse(value(text, "OPTIONS").unwrap_or_default().split_whitespace());
        let named = value(text, "MECHANISMS").filter(|name| !name.is_empty());
        Some(Self { mechanism: settings.mechanism.or(named.map(str::to_owned)), ..settings })
    }
}

/// The last value of a variable in a file of the shell.
fn value<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let mut lines = steps::lines(text).rev();
    let value = lines.find_map(|line| line.trim().strip_prefix(name)?.strip_prefix('='))?;
    Some(value.trim().trim_matches(['"', '\'']))
}

/// Looks at every saslauthd that runs. `is_asked`: Postfix asks one, so that those are looked at,
/// too, which are only set up.
pub(super) fn examine(around: &Surroundings<'_>, is_asked: bool, findings: &mut Findings) {
    if !around.guards_mail() {
        return;
    }
    let mut found: Vec<(String, Settings)> = running(around);
    if is_asked {
        let names = around.machine.names("/etc/default").into_iter();
        for name in names.filter(|name| name.starts_with("saslauthd") && !name.contains(".dpkg")) {
            let path = format!("/etc/default/{name}");
            let text = around.machine.read(&path).unwrap_or_default();
            found.extend(Settings::of_file(&text).map(|settings| (path, settings)));
        }
    }
    for (subject, settings) in found {
        judge(&subject, &settings, findings);
    }
}

fn judge(subject: &str, settings: &Settings, findings: &mut Findings) {
    let mechanism = settings.mechanism.as_deref();
    if let Some(other) = mechanism.filter(|name| *name != "pam") {
        findings.report(
            Kind::SaslauthdWithoutPam,
            subject,
            format!("-a {other}: passwords are checked without PAM, and so without monk"),
            "MECHANISMS=\"pam\" in /etc/default/saslauthd, and restart it",
        );
    } else if settings.keeps {
        findings.report(
            Kind::SaslauthdCache,
            subject,
            "-c: what was right is kept, and PASSWORD;CODE accepted again for hours",
            "Take -c out of OPTIONS in /etc/default/saslauthd, and restart it.",
        );
    } else {
        findings.ok(Kind::SaslauthdCache, subject, "asks PAM, and keeps no answers");
    }
}

/// The processes; those that were started together have one set of arguments.
fn running(around: &Surroundings<'_>) -> Vec<(String, Settings)> {
    let processes = around.machine.names("/proc").into_iter();
    let mut seen = BTreeSet::new();
    let mut found = Vec::new();
    for id in processes.filter(|name| name.bytes().all(|byte| byte.is_ascii_digit())) {
        let line = around.machine.read(format!("/proc/{id}/cmdline")).unwrap_or_default();
        let mut words = line.split('\0');
        let is_one = words.next().is_some_and(|program| program.ends_with("saslauthd"));
        if is_one && seen.insert(line.clone()) {
            found.push((format!("saslauthd, process {id}"), Settings::parse(words)));
        }
    }
    found
}
