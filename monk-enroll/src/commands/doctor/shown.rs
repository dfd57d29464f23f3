//! What was found, for people and for programs.

use std::collections::BTreeSet;
use std::io::{self, Write};

use monk_doctor::Finding;
use monk_wire::manage::doctor::Severity;
use unicode_width::UnicodeWidthStr;

use crate::error::Error;
use crate::exit::Exit;
use crate::json::document;
use crate::output::{Output, Plain, Style};

/// The areas in the order in which they are shown: first words of the ids, and headings.
const AREAS: [(&str, &str); 24] = [
    ("engine", "Engine"),
    ("self", "Self-test"),
    ("pam", "PAM"),
    ("policy", "Policy"),
    ("sshd", "sshd"),
    ("dovecot", "Dovecot"),
    ("postfix", "Postfix"),
    ("saslauthd", "saslauthd"),
    ("postgresql", "PostgreSQL"),
    ("nginx", "nginx"),
    ("roundcube", "Roundcube"),
    ("vsftpd", "vsftpd"),
    ("sudo", "sudo"),
    ("ldap", "LDAP"),
    ("account", "Accounts of this machine"),
    ("names", "Users and groups for this machine"),
    ("portal", "Portal"),
    ("mail", "Mail"),
    ("store", "Embedded store"),
    ("key", "Keys"),
    ("user", "Users"),
    ("clock", "Clock"),
    ("file", "Files"),
    ("doctor", "doctor itself"),
];

/// The area of findings that a newer engine has made.
const OTHERS: &str = "Other";

/// Columns of the severity, and of what stands below it.
const INDENT: usize = 10;

/// Widest text, however wide the screen is.
const MAX_COLUMNS: usize = 100;

/// What is said where nothing is worse than a warning: it may be as somebody wants it.
const WAY_OUT: &str =
    "If that is as you want it: --ignore ID, or ignore = [\"ID\"] under [doctor] in monk.toml.";

/// The word for a finding that is ignored.
const IGNORED: &str = "ignored";

/// What is to be shown.
pub struct Shown {
    /// One finding for each check.
    pub findings: Vec<Finding>,
    /// Ids of findings that are as somebody wants them.
    pub ignored: BTreeSet<String>,
}

/// How many findings there are, and how many of them are ignored.
struct Counts {
    errors: usize,
    warnings: usize,
    notes: usize,
    ignored: usize,
    checks: usize,
}

impl Shown {
    /// Whether a finding would be told, and is not to be.
    fn ignores(&self, finding: &Finding) -> bool {
        finding.severity > Severity::Ok && self.ignored.contains(&finding.id)
    }

    /// Shows what was found. The exit code is that of the worst finding that is not ignored.
    pub fn present(mut self, out: &mut Output, json: bool, all: bool) -> Result<Exit, Error> {
        let checks = self.findings.len();
        self.findings.retain(|finding| all || finding.severity > Severity::Ok);
        self.findings.sort_by_key(|finding| {
            (
                area(&finding.id).0,
                self.ignored.contains(&finding.id),
                std::cmp::Reverse(finding.severity),
            )
        });
        self.findings.dedup();
        let (ignored, told): (Vec<&Finding>, Vec<&Finding>) =
            self.findings.iter().partition(|finding| self.ignores(finding));
        let count = |severity| told.iter().filter(|finding| finding.severity == severity).count();
        let counts = Counts {
            errors: count(Severity::Error),
            warnings: count(Severity::Warning),
            notes: count(Severity::Note),
            ignored: ignored.len(),
            checks,
        };
        let exit = match counts {
            Counts { errors: 1.., .. } => Exit::Refused,
            Counts { warnings: 1.., .. } => Exit::Warned,
            _ => Exit::Done,
        };
        let shown: Vec<(&Finding, bool)> = self
            .findings
            .iter()
            .map(|finding| (finding, self.ignores(finding)))
            .filter(|(_, is_ignored)| all || !is_ignored)
            .collect();
        if json {
            let findings = shown.iter().map(|(finding, ignored)| {
                let Finding { id, severity, subject, evidence, remedy, .. } = finding;
                let severity = severity.word();
                let remedy = Some(remedy).filter(|remedy| !remedy.is_empty());
                document! { id, severity, ignored, subject, evidence, remedy }
            });
            let findings = findings.collect::<Vec<_>>();
            let Counts { errors, warnings, notes, ignored, checks } = counts;
            out.json(&document! { findings, errors, warnings, notes, ignored, checks })?;
        } else {
            tell(out, &shown)?;
            if !ignored.is_empty() {
                writeln!(out, "{}", sum_of_ignored(&ignored))?;
            }
            writeln!(out, "{}", sum(&counts))?;
            if exit == Exit::Warned {
                writeln!(out, "{WAY_OUT}")?;
            }
        }
        Ok(exit)
    }
}

/// The place of an area among the others, and its heading.
fn area(id: &str) -> (usize, &'static str) {
    let word = id.split('-').next().unwrap_or_default();
    let known = AREAS.iter().position(|(area, _)| *area == word);
    known.map_or((AREAS.len(), OTHERS), |position| (position, AREAS[position].1))
}

fn tell(out: &mut Output, findings: &[(&Finding, bool)]) -> io::Result<()> {
    let columns = out.screen.columns.min(MAX_COLUMNS);
    let mut heading = "";
    for (finding, is_ignored) in findings {
        let Finding { id, severity, subject, evidence, remedy } = finding;
        let (_, its) = area(id);
        if its != heading {
            heading = its;
            writeln!(out, "{}", out.screen.paint(Style::Strong, heading))?;
        }
        let (style, word) = match severity {
            _ if *is_ignored => (Style::Usual, IGNORED),
            Severity::Error => (Style::Bad, severity.word()),
            Severity::Warning => (Style::Warning, severity.word()),
            Severity::Note => (Style::Usual, severity.word()),
            Severity::Ok => (Style::Good, severity.word()),
        };
        let blanks = INDENT - 2 - word.len();
        let word = out.screen.paint(style, word);
        writeln!(out, "  {word}{:blanks$}{}  [{id}]", "", Plain(subject))?;
        indented(out, columns, evidence, Style::Usual)?;
        indented(out, columns, remedy, Style::Strong)?;
    }
    if !findings.is_empty() {
        writeln!(out)?;
    }
    Ok(())
}

/// Writes a text in lines that fit, below the subject.
fn indented(out: &mut Output, columns: usize, text: &str, style: Style) -> io::Result<()> {
    let text = Plain(text).to_string();
    let mut line = String::new();
    for word in text.split_whitespace() {
        if !line.is_empty() && INDENT + line.width() + 1 + word.width() > columns {
            writeln!(out, "{:INDENT$}{}", "", out.screen.paint(style, &line))?;
            line.clear();
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    if !line.is_empty() {
        writeln!(out, "{:INDENT$}{}", "", out.screen.paint(style, &line))?;
    }
    Ok(())
}

fn sum(counts: &Counts) -> String {
    let Counts { errors, warnings, notes, checks, .. } = counts;
    let some = |count: &usize, word: &str| match count {
        0 => None,
        1 => Some(format!("1 {word}")),
        _ => Some(format!("{count} {word}s")),
    };
    let found = [some(errors, "error"), some(warnings, "warning"), some(notes, "note")];
    let found: Vec<String> = found.into_iter().flatten().collect();
    match found.is_empty() {
        true => format!("Nothing found in {checks} checks."),
        false => format!("{} in {checks} checks.", found.join(", ")),
    }
}

/// `2 ignored: pam-not-asked, sshd-key-alone.`
fn sum_of_ignored(ignored: &[&Finding]) -> String {
    let ids: BTreeSet<&str> = ignored.iter().map(|finding| finding.id.as_str()).collect();
    let ids: Vec<&str> = ids.into_iter().collect();
    format!("{} ignored: {}.", ignored.len(), ids.join(", "))
}

#[cfg(test)]
mod tests {
    use monk_doctor::Findings;
    use monk_wire::manage::doctor::Kind;

    use super::*;
    use crate::output::Screen;
    use crate::scripted::{Captured, Seen};

    fn findings() -> Vec<Finding> {
        let mut findings = Findings::default();
        findings.report(Kind::KeyUnused, "00ff", "no record needs it", "");
        findings.report(
            Kind::PamPasswordAlone,
            "/etc/pam.d/imap:1",
            "service imap opens with a password alone: pam_unix.so (imap:1) says success; monk is not asked",
            "Put `auth required pam_monk.so` in front of /etc/pam.d/imap:1.",
        );
        findings.ok(Kind::FileOpen, "/etc/monk", "mode 0755");
        findings.0
    }

    fn shown(json: bool, all: bool, findings: Vec<Finding>) -> Seen {
        ignoring(&[], json, all, findings)
    }

    fn ignoring(ids: &[&str], json: bool, all: bool, findings: Vec<Finding>) -> Seen {
        let captured = Captured::default();
        let mut out = Output::new(Box::new(captured.clone()), Screen::NONE);
        let ignored = ids.iter().map(ToString::to_string).collect();
        let exit = Shown { findings, ignored }.present(&mut out, json, all).unwrap();
        out.flush().unwrap();
        let errors = String::new();
        Seen { exit, out: captured.text(), errors, questions: Vec::new(), requests: Vec::new() }
    }

    #[test]
    fn findings_stand_under_their_areas_and_fit_the_screen() {
        let seen = shown(false, false, findings());
        let expected = "\
PAM
  error   /etc/pam.d/imap:1  [pam-password-alone]
          service imap opens with a password alone: pam_unix.so (imap:1) says
          success; monk is not asked
          Put `auth required pam_monk.so` in front of /etc/pam.d/imap:1.
Keys
  note    00ff  [key-unused]
          no record needs it

1 error, 1 note in 3 checks.
";
        assert_eq!((seen.out.as_str(), seen.exit), (expected, Exit::Refused));
        let all = shown(false, true, findings());
        assert!(all.out.contains("  ok      /etc/monk  [file-open]"), "{}", all.out);
    }

    #[test]
    fn the_exit_code_is_that_of_the_worst_finding() {
        let mut healthy = findings();
        healthy.retain(|finding| finding.severity == Severity::Ok);
        let seen = shown(false, false, healthy);
        assert_eq!((seen.out.as_str(), seen.exit), ("Nothing found in 1 checks.\n", Exit::Done));
        for (severity, exit) in [
            (Severity::Note, Exit::Done),
            (Severity::Warning, Exit::Warned),
            (Severity::Error, Exit::Refused),
        ] {
            let mut one = findings();
            one.truncate(1);
            one[0].severity = severity;
            assert_eq!(shown(false, false, one).exit, exit);
        }
    }

    #[test]
    fn what_is_ignored_is_counted_and_changes_no_exit_code() {
        let seen = ignoring(&["pam-password-alone"], false, false, findings());
        let expected = "\
Keys
  note    00ff  [key-unused]
          no record needs it

1 ignored: pam-password-alone.
1 note in 3 checks.
";
        assert_eq!((seen.out.as_str(), seen.exit), (expected, Exit::Done));
        let both = ["pam-password-alone", "key-unused", "file-open"];
        let seen = ignoring(&both, false, false, findings());
        let expected = "2 ignored: key-unused, pam-password-alone.\nNothing found in 3 checks.\n";
        assert_eq!((seen.out.as_str(), seen.exit), (expected, Exit::Done));
        let all = ignoring(&both, false, true, findings()).out;
        assert!(all.contains("  ignored /etc/pam.d/imap:1  [pam-password-alone]"), "{all}");
        assert!(
            all.contains("  ok      /etc/monk  [file-open]"),
            "nothing is ignored there: {all}"
        );
        let json = ignoring(&["key-unused"], true, false, findings());
        assert!(
            json.out.contains("\"ignored\": 1") && !json.out.contains("key-unused"),
            "{}",
            json.out
        );
        assert_eq!(json.exit, Exit::Refused, "the other one stays an error");
    }

    #[test]
    fn programs_get_what_is_documented() {
        shown(true, false, findings()).assert_documented("doctor");
    }

    #[test]
    fn every_kind_has_a_heading() {
        for kind in Kind::ALL {
            assert_ne!(area(kind.id()).1, OTHERS, "{}", kind.id());
        }
    }
}
