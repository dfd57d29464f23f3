//! `doctor`: what is wrong with this setup, and what to do about it.

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use monk_wire::DEFAULT_CONFIG;
use monk_wire::manage::doctor::{Checkup, Examination, Finding, Findings, Kind, Severity};
use monk_wire::manage::{Command, Outcome};
use unicode_width::UnicodeWidthStr;

use crate::cli::doctor::DoctorArgs;
use crate::doctor::{self, Machine};
use crate::error::Error;
use crate::exit::Exit;
use crate::json::doctor::DoctorDocument;
use crate::output::{Output, Plain, Style};
use crate::session::Session;
use crate::talk::unexpected;
use crate::terminal::Question;

/// The areas in the order in which they are shown: first words of the ids, and headings.
const AREAS: [(&str, &str); 18] = [
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
    ("vsftpd", "vsftpd"),
    ("sudo", "sudo"),
    ("ldap", "LDAP"),
    ("store", "Embedded store"),
    ("key", "Keys"),
    ("user", "Users"),
    ("clock", "Clock"),
    ("file", "Files"),
];

/// The area of findings that a newer engine has made.
const OTHERS: &str = "Other";

/// Columns of the severity, and of what stands below it.
const INDENT: usize = 10;

/// How long the engine may take. Its own limit for dead servers is 10 s.
const ENGINE_LIMIT: Duration = Duration::from_secs(12);

/// Widest text, however wide the screen is.
const MAX_COLUMNS: usize = 100;

/// Looks at everything.
pub fn doctor(session: &mut Session, args: &DoctorArgs) -> Result<Exit, Error> {
    if !rustix::process::geteuid().is_root() {
        return Err(Error::new(Exit::NotPermitted, "doctor looks at files that only root may see")
            .remedy("Try sudo."));
    }
    let as_user = match &args.as_user {
        Some(user) => Some((user.clone(), ask_password(session, user, args)?)),
        None => None,
    };
    let examination = Examination { role: args.role.map(Into::into), as_user };
    let mut findings = Findings::default();
    let checkup = ask_engine(session, examination, &mut findings)?;
    let endpoint = session.engine.endpoint();
    let config = endpoint.config.clone().unwrap_or_else(|| PathBuf::from(DEFAULT_CONFIG));
    let named = endpoint.socket.as_os_str().is_empty();
    let socket: Option<&Path> = (!named).then_some(&endpoint.socket);
    let facts = checkup.as_ref().map(|checkup| &checkup.facts);
    let local = doctor::examine(&Machine::this(), facts, &config, socket, &endpoint.engine);
    findings.0.extend(local.0);
    findings.0.extend(checkup.into_iter().flat_map(|checkup| checkup.findings));
    present(&mut session.out, session.json, args.all, findings.0)
}

fn ask_password(
    session: &mut Session,
    user: &str,
    args: &DoctorArgs,
) -> Result<monk_wire::Secret, Error> {
    session.ask(Question {
        wanted: "the password of the user",
        prompt: &format!("Password of {user}: "),
        echo: false,
        option: "--password-stdin",
        piped: args.password_stdin,
    })
}

/// The engine's half. An engine that does not answer is the first finding.
fn ask_engine(
    session: &mut Session,
    examination: Examination,
    findings: &mut Findings,
) -> Result<Option<Checkup>, Error> {
    session.engine.hurry(ENGINE_LIMIT);
    match session.manage("root", Command::Doctor(examination)) {
        Ok(Outcome::Doctor(checkup)) => Ok(Some(*checkup)),
        Ok(_) => Err(unexpected()),
        Err(error) if error.exit == Exit::Unavailable => {
            let endpoint = session.engine.endpoint();
            let (engine, config) = (&endpoint.engine, &endpoint.config);
            let config = config.as_deref().unwrap_or(Path::new(DEFAULT_CONFIG));
            let config = config.display().to_string();
            let check = Machine::this().output(engine, &["--check", "--config", &config]);
            let evidence = match check {
                Ok(_) => error.message,
                Err(why) => format!("{}; {why}", error.message),
            };
            let remedy = error.remedy.unwrap_or_else(|| "See journalctl -t monkd".to_owned());
            findings.report(Kind::EngineSilent, engine.display().to_string(), evidence, remedy);
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

/// Shows what was found.
fn present(
    out: &mut Output,
    json: bool,
    all: bool,
    mut findings: Vec<Finding>,
) -> Result<Exit, Error> {
    let checks = findings.len();
    findings.retain(|finding| all || finding.severity > Severity::Ok);
    findings.sort_by_key(|finding| (area(&finding.id).0, std::cmp::Reverse(finding.severity)));
    findings.dedup();
    let count = |severity| findings.iter().filter(|finding| finding.severity == severity).count();
    let counts = [Severity::Error, Severity::Warning, Severity::Note].map(count);
    let exit = match counts {
        [errors, ..] if errors > 0 => Exit::Refused,
        [_, warnings, _] if warnings > 0 => Exit::Warned,
        _ => Exit::Done,
    };
    if json {
        out.json(&DoctorDocument::of(&findings, counts, checks))?;
    } else {
        tell(out, &findings)?;
        writeln!(out, "{}", sum(counts, checks))?;
    }
    Ok(exit)
}

/// The place of an area among the others, and its heading.
fn area(id: &str) -> (usize, &'static str) {
    let word = id.split('-').next().unwrap_or_default();
    let known = AREAS.iter().position(|(area, _)| *area == word);
    known.map_or((AREAS.len(), OTHERS), |position| (position, AREAS[position].1))
}

fn tell(out: &mut Output, findings: &[Finding]) -> io::Result<()> {
    let columns = out.screen.columns.min(MAX_COLUMNS);
    let mut heading = "";
    for finding in findings {
        let Finding { id, severity, subject, evidence, remedy } = finding;
        let (_, its) = area(id);
        if its != heading {
            heading = its;
            writeln!(out, "{}", out.screen.paint(Style::Strong, heading))?;
        }
        let style = match severity {
            Severity::Error => Style::Bad,
            Severity::Warning => Style::Warning,
            Severity::Note => Style::Usual,
            Severity::Ok => Style::Good,
        };
        let word = out.screen.paint(style, severity.word());
        let blanks = INDENT - 2 - severity.word().len();
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

fn sum([errors, warnings, notes]: [usize; 3], checks: usize) -> String {
    let some = |count: usize, word: &str| match count {
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

#[cfg(test)]
mod tests {
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
        let captured = Captured::default();
        let mut out = Output::new(Box::new(captured.clone()), Screen::NONE);
        let exit = present(&mut out, json, all, findings).unwrap();
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
