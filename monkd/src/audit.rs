//! The audit: one line for each login, to syslog (which the journal collects).
//!
//! `login user=alice service=imap address=192.0.2.7 verdict=granted reason=totp credential=… ms=4`
//!
//! The line never holds anything secret. Whatever came from outside is quoted where it has other
//! characters than names and addresses have, without control characters, so that nobody can forge
//! a second line or another field.

use std::fmt::{self, Write};
use std::time::Duration;

use monk_core::verdict::{Grant, Refusal};
use nix::syslog::{Facility, LogFlags, Priority, Severity, openlog, syslog};

use crate::mail::MailFailure;
use crate::outage::Outage;

/// Longest text from outside that goes into a line, in characters.
const MAX_SHOWN: usize = 256;

/// How a login ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ending {
    /// The user is in.
    Granted(Grant),
    /// The answer was no.
    Refused(Refusal),
    /// There was no answer.
    Unavailable(Outage),
    /// The program hung up while it was asked.
    Abandoned,
    /// The engine hung up while the program was asked: somebody else needed the place.
    Evicted,
    /// A command of the administration was carried out.
    Done,
    /// It was not, for this reason.
    NotDone(&'static str),
    /// Something that it needs did not answer, in these words.
    Unanswered(String),
}

/// One line of the audit.
pub struct Line<'a> {
    /// `login`, `account` or the command of the administration.
    pub event: &'a str,
    /// The user's name as typed.
    pub user: &'a str,
    /// The PAM service.
    pub service: &'a str,
    /// Who gave a command of the administration, by uid.
    pub by: Option<u32>,
    /// The address that the host program stated.
    pub address: Option<&'a str>,
    /// How it ended.
    pub ending: &'a Ending,
    /// Which credential it concerned.
    pub credential: Option<&'a str>,
    /// How long the engine took.
    pub took: Duration,
}

/// What came of a mail with a code. Neither the code nor the whole address stands in it.
pub struct MailLine<'a> {
    /// The user in the directory's spelling.
    pub user: &'a str,
    /// The PAM service.
    pub service: &'a str,
    /// The address, masked.
    pub to: &'a str,
    /// Whether the server has taken it.
    pub result: Result<(), &'a MailFailure>,
    /// How long that took.
    pub took: Duration,
}

/// Opens the log. Once, at the start of the engine.
pub fn open() {
    // Without a name the log still works; the program's own name is used.
    let _ = openlog(Some(c"monkd"), LogFlags::LOG_PID, Facility::LOG_AUTH);
}

/// Writes the line of a login.
pub fn record(line: &Line<'_>) {
    let severity = match line.ending {
        Ending::Granted(_) => Severity::LOG_INFO,
        Ending::Refused(_)
        | Ending::Abandoned
        | Ending::Evicted
        | Ending::Done
        | Ending::NotDone(_) => Severity::LOG_NOTICE,
        Ending::Unavailable(_) | Ending::Unanswered(_) => Severity::LOG_ERR,
    };
    write(severity, &line.to_string());
}

/// Writes the line of a mail, and what went wrong in a line of its own.
pub fn record_mail(line: &MailLine<'_>) {
    match line.result {
        Ok(()) => write(Severity::LOG_INFO, &line.to_string()),
        Err(failure) => {
            write(Severity::LOG_ERR, &line.to_string());
            warn(&failure.to_string());
        }
    }
}

/// Writes a line about the engine itself.
pub fn warn(message: &str) {
    write(Severity::LOG_WARNING, &clean(message));
}

/// Writes a line about the engine itself.
pub fn info(message: &str) {
    write(Severity::LOG_INFO, &clean(message));
}

fn write(severity: Severity, line: &str) {
    let priority = Priority::new(severity, Facility::LOG_AUTH);
    // Where nobody collects the log, nothing can be told to anybody either.
    let _ = syslog(priority, line);
}

impl fmt::Display for Line<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} user={} service={}", self.event, shown(self.user), shown(self.service))?;
        if let Some(uid) = self.by {
            write!(f, " by={uid}")?;
        }
        write!(f, " address={}", shown(self.address.unwrap_or("-")))?;
        let (verdict, reason) = match self.ending {
            Ending::Granted(grant) => ("granted", grant.as_str().to_owned()),
            Ending::Refused(refusal) => ("refused", refusal.as_str().to_owned()),
            Ending::Unavailable(outage) => ("unavailable", shown(&outage.to_string())),
            Ending::Abandoned => ("abandoned", "hung-up".to_owned()),
            Ending::Evicted => ("abandoned", "place-needed".to_owned()),
            Ending::Done => ("done", "-".to_owned()),
            Ending::Unanswered(what) => ("unavailable", shown(what)),
            Ending::NotDone(why) => ("not-done", (*why).to_owned()),
        };
        write!(f, " verdict={verdict} reason={reason}")?;
        write!(f, " credential={}", self.credential.unwrap_or("-"))?;
        write!(f, " ms={}", self.took.as_millis())
    }
}

impl fmt::Display for MailLine<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (verdict, reason) = match self.result {
            Ok(()) => ("sent", "accepted"),
            Err(failure) => ("failed", failure.as_str()),
        };
        write!(f, "mail user={} service={}", shown(self.user), shown(self.service))?;
        write!(f, " to={} verdict={verdict} reason={reason}", shown(self.to))?;
        write!(f, " ms={}", self.took.as_millis())
    }
}

/// Text from outside as one field: as it is, or quoted.
fn shown(text: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "-_.@:/%+…".contains(c);
    let clean = clean(text);
    if !clean.is_empty() && clean.chars().all(plain) {
        return clean;
    }
    let mut quoted = String::with_capacity(clean.len() + 2);
    quoted.push('"');
    for character in clean.chars() {
        if matches!(character, '"' | '\\') {
            quoted.push('\\');
        }
        let _ = quoted.write_char(character);
    }
    quoted.push('"');
    quoted
}

/// Without control characters (also those that turn the direction of writing), and not endless.
pub(crate) fn clean(text: &str) -> String {
    let forbidden = |c: char| {
        c.is_control()
            || matches!(c, '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    text.chars().filter(|&c| !forbidden(c)).take(MAX_SHOWN).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(user: &str, address: Option<&str>) -> String {
        let ending = Ending::Refused(Refusal::WrongPassword);
        Line {
            event: "login",
            user,
            service: "imap",
            by: None,
            address,
            ending: &ending,
            credential: None,
            took: Duration::from_millis(4),
        }
        .to_string()
    }

    #[test]
    fn a_login_is_one_line_of_fields() {
        assert_eq!(
            line("alice@example.org", Some("2001:db8::7")),
            "login user=alice@example.org service=imap address=2001:db8::7 verdict=refused reason=wrong-password credential=- ms=4"
        );
    }

    #[test]
    fn a_mail_is_one_line_without_code_or_address() {
        let line = |result| MailLine {
            user: "alice",
            service: "imap",
            to: "a…@example.org",
            result,
            took: Duration::from_millis(41),
        };
        let start = "mail user=alice service=imap to=a…@example.org";
        let sent = line(Ok(())).to_string();
        assert_eq!(sent, format!("{start} verdict=sent reason=accepted ms=41"));
        let failure = MailFailure::Rejected("550 no".into());
        let failed = line(Err(&failure)).to_string();
        assert_eq!(failed, format!("{start} verdict=failed reason=rejected ms=41"));
    }

    #[test]
    fn nobody_can_forge_a_line_or_a_field() {
        let forged = line("x\nlogin user=root verdict=granted", Some("1.2.3.4\r\n"));
        assert!(!forged.contains(['\n', '\r']));
        assert!(forged.contains(r#"user="xlogin user=root verdict=granted""#), "{forged}");
        assert!(forged.contains("address=1.2.3.4 "));
        assert!(line("a\"b\\c", None).contains(r#"user="a\"b\\c""#));
        assert!(line("", None).contains(r#"user="" "#));
        assert!(line(&"x".repeat(5000), None).len() < 500);
    }
}
