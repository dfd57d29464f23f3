//! The audit: one line for each login, to syslog (which the journal collects).
//!
//! `login user=alice service=imap address=192.0.2.7 verdict=granted reason=totp credential=… ms=4`
//!
//! The line never holds anything secret. Each of its fields goes through the one writer of `fields`,
//! which also holds the grammar; lines in words go through [`monk_terms::printable`]. So nobody but the
//! engine can write a line or a field.

mod fields;
mod json;
pub mod names;
pub mod occasion;

use std::fmt::{self, Display};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use monk_terms::account_state::Advice;
use monk_terms::forecast::Forecast;
use monk_terms::how::How;
use monk_terms::printable;
use monk_terms::verdict::{Grant, Refusal};
use monk_wire::manage::MailFailure;
use nix::syslog::{Facility, LogFlags, Priority, Severity, openlog, syslog};
use serde::{Deserialize, Serialize};

use crate::caller::Caller;
use crate::outage::Outage;
use fields::Fields;
use occasion::Occasion;

/// Whether lines are JSON. One for the process, because lines are written everywhere.
static IS_JSON: AtomicBool = AtomicBool::new(false);

/// How lines are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Format {
    /// An event, and fields behind it; other lines are sentences.
    #[default]
    Text,
    /// Each line is one JSON object.
    Json,
}

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

impl Ending {
    /// The verdict, and the reason for it.
    pub(crate) fn words(&self) -> (&'static str, String) {
        match self {
            Self::Granted(grant) => ("granted", grant.as_str().to_owned()),
            Self::Refused(refusal) => ("refused", refusal.as_str().to_owned()),
            Self::Unavailable(outage) => ("unavailable", outage.to_string()),
            Self::Abandoned => ("abandoned", "hung-up".to_owned()),
            Self::Evicted => ("abandoned", "place-needed".to_owned()),
            Self::Done => ("done", "-".to_owned()),
            Self::Unanswered(what) => ("unavailable", what.clone()),
            Self::NotDone(why) => ("not-done", (*why).to_owned()),
        }
    }
}

impl Ending {
    /// Verdict and reason of a login for metrics: words of the engine's own, never those of a server. `event` is the
    /// first word of the line.
    pub(crate) fn labels(&self, event: &str) -> (&'static str, &'static str) {
        match self {
            Self::Granted(grant) => ("granted", grant.as_str()),
            Self::Refused(refusal) if event == "login" && refusal.leaves_to_others() => {
                ("ignored", refusal.as_str())
            }
            Self::Refused(refusal) => ("refused", refusal.as_str()),
            Self::Unavailable(outage) => ("unavailable", outage.told().kind.as_str()),
            Self::Unanswered(_) => ("unavailable", "unanswered"),
            Self::Abandoned => ("abandoned", "hung-up"),
            Self::Evicted => ("abandoned", "place-needed"),
            Self::Done => ("done", "-"),
            Self::NotDone(why) => ("not-done", why),
        }
    }
}

/// One line of the audit.
pub struct Line<'a> {
    /// `login`, `account`, `proof` or the command of the administration.
    pub event: &'static str,
    /// The user's name as typed, or what stands for it (see [`names::shown`]).
    pub user: &'a str,
    /// The PAM service.
    pub service: &'a str,
    /// The terminal that the host program stated.
    pub terminal: Option<&'a str>,
    /// The person on this host who is behind it, by uid: who gave a command of the administration, who
    /// called su or sudo, whose program asked (see [`by`]).
    pub by: Option<u32>,
    /// The address that the host program stated.
    pub address: Option<&'a str>,
    /// How it ended.
    pub ending: &'a Ending,
    /// Which credential it concerned.
    pub credential: Option<&'a str>,
    /// What the directory has said beside a right password.
    pub password: Advice,
    /// In which form it came, where that is certain: for logins alone.
    pub how: Option<How>,
    /// What would have become of it under the policy that is to come, where a section of the settings only reports.
    pub would: Option<Forecast>,
    /// How long the engine took.
    pub took: Duration,
}

/// The uid that stands in the line of a question: that of the person whom a program of root's states,
/// as su and sudo do. What other programs state, their own user answers for: anybody on the host can
/// have a line written, with any name and address in it.
#[must_use]
pub fn by(caller: Caller, stated: Option<u32>) -> Option<u32> {
    match caller.is_root() {
        true => stated,
        false => Some(caller.uid),
    }
}

/// The terminal as a line shows it, where somebody sits at one. Services state a word of their own in
/// its place (`ssh`, `cron`, `dovecot`).
#[must_use]
pub fn screen(terminal: Option<&str>) -> Option<&str> {
    let name = terminal.map(|terminal| terminal.strip_prefix("/dev/").unwrap_or(terminal))?;
    let is_screen = |start: &&str| name.starts_with(start);
    ["pts/", "tty", "console", "hvc", ":"].iter().any(is_screen).then_some(name)
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

/// Says how lines are written from now on.
pub fn write_as(format: Format) {
    IS_JSON.store(format == Format::Json, Ordering::Relaxed);
}

/// Writes the line of a login.
pub fn record(line: &Line<'_>) {
    let severity = match line.ending {
        _ if line.is_ignored() => Severity::LOG_INFO,
        Ending::Granted(_) => Severity::LOG_INFO,
        Ending::Refused(_)
        | Ending::Abandoned
        | Ending::Evicted
        | Ending::Done
        | Ending::NotDone(_) => Severity::LOG_NOTICE,
        Ending::Unavailable(_) | Ending::Unanswered(_) => Severity::LOG_ERR,
    };
    write(severity, &line.fields());
}

/// Writes the line of a mail, and what went wrong in a line of its own.
pub fn record_mail(line: &MailLine<'_>) {
    match line.result {
        Ok(()) => write(Severity::LOG_INFO, &line.fields()),
        Err(failure) => {
            write(Severity::LOG_ERR, &line.fields());
            warn(&failure.to_string());
        }
    }
}

/// Writes a line about the engine itself.
pub fn warn(message: &str) {
    say(Severity::LOG_WARNING, "warning", message);
}

/// Writes a line about the engine itself.
pub fn info(message: &str) {
    say(Severity::LOG_INFO, "note", message);
}

fn say(severity: Severity, event: &'static str, message: &str) {
    if IS_JSON.load(Ordering::Relaxed) {
        let line = Fields::of(event).with_whole("message", message);
        send(severity, &line.on(Occasion::current()).json());
    } else {
        send(severity, &printable::line(message));
    }
}

fn write(severity: Severity, fields: &Fields) {
    match IS_JSON.load(Ordering::Relaxed) {
        true => send(severity, &fields.json()),
        false => send(severity, &fields.to_string()),
    }
}

fn send(severity: Severity, line: &str) {
    let priority = Priority::new(severity, Facility::LOG_AUTH);
    // Where nobody collects the log, nothing can be told to anybody either.
    let _ = syslog(priority, line);
}

impl Line<'_> {
    /// Whether somebody else decides: monk does not know the name, and other modules or programs may.
    /// Proofs concern monk alone.
    fn is_ignored(&self) -> bool {
        let is_others =
            matches!(self.ending, Ending::Refused(refusal) if refusal.leaves_to_others());
        is_others && matches!(self.event, "login" | "account")
    }
}

impl Line<'_> {
    fn fields(&self) -> Fields {
        let (verdict, reason) = match self.ending {
            ending if self.is_ignored() => ("ignored", ending.words().1),
            ending => ending.words(),
        };
        let line = Fields::of(self.event)
            .with("user", self.user)
            .with("service", self.service)
            .with_some("terminal", screen(self.terminal))
            .with_number_if("by", self.by)
            .with("address", self.address.unwrap_or("-"))
            .with("verdict", verdict)
            .with("reason", reason)
            .with("credential", self.credential.unwrap_or("-"))
            .with_some("password", password(self.password))
            .with_some("how", self.how)
            .with_some("would", self.would)
            .with_number("ms", self.took.as_millis());
        line.on(Occasion::current())
    }
}

impl Display for Line<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.fields().fmt(f)
    }
}

/// What the directory has said beside a right password, if anything.
fn password(advice: Advice) -> Option<String> {
    match advice {
        Advice::Nothing => None,
        Advice::Expires(seconds) => Some(format!("expires-in:{seconds}")),
        Advice::GraceLogins(left) => Some(format!("grace-logins:{left}")),
        Advice::MustChange => Some("must-change".to_owned()),
    }
}

impl MailLine<'_> {
    fn fields(&self) -> Fields {
        let (verdict, reason) = match self.result {
            Ok(()) => ("sent", "accepted"),
            Err(failure) => ("failed", failure.as_str()),
        };
        let line = Fields::of("mail")
            .with("user", self.user)
            .with("service", self.service)
            .with("to", self.to)
            .with("verdict", verdict)
            .with("reason", reason)
            .with_number("ms", self.took.as_millis());
        line.on(Occasion::current())
    }
}

impl Display for MailLine<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.fields().fmt(f)
    }
}

#[cfg(test)]
mod tests;
