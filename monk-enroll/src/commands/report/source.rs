//! The log that a report is made from.

use std::path::Path;

use monk_wire::manage::{Command, Outcome};
use nix::unistd::User;
use serde::Deserialize;

use super::DAY;
use super::gathered::Gathered;
use crate::audit::{Extent, Record, journal, text};
use crate::cli::ReportArgs;
use crate::error::Error;
use crate::exit::Exit;
use crate::session::Session;
use crate::talk::unexpected;
use crate::when::Moment;

/// The logins of the time that was asked for, or why there are none.
pub enum Log {
    /// What was read.
    Read {
        /// The logins.
        logins: Box<Gathered>,
        /// What of the log was read.
        extent: Extent,
        /// Since when, in seconds since 1970.
        since: u64,
    },
    /// There is no journal, and no file was named.
    Missing(String),
}

impl Log {
    /// The logins, where there is a log.
    pub fn logins(&self) -> Option<&Gathered> {
        match self {
            Self::Read { logins, .. } => Some(logins),
            Self::Missing(_) => None,
        }
    }
}

impl Log {
    /// The logins, for a report that says nothing without them.
    ///
    /// # Errors
    /// Where there is no log.
    pub fn needed(&self) -> Result<&Gathered, Error> {
        match self {
            Self::Read { logins, .. } => Ok(logins),
            Self::Missing(why) => {
                let message = format!("nothing is known of logins: {why}");
                let error = Error::new(Exit::Unavailable, message);
                Err(error.remedy("Name the file that syslog writes monk's lines to, with --log."))
            }
        }
    }
}

/// The settings of the engine that matter for whose lines are believed.
#[derive(Deserialize)]
struct Settings {
    engine: EngineSettings,
}

#[derive(Deserialize)]
struct EngineSettings {
    user: String,
}

/// Reads the files that were named, or else the journal.
///
/// # Errors
/// When a file cannot be read, or has nothing of monk's in it.
pub fn read(session: &mut Session, args: &ReportArgs) -> Result<Log, Error> {
    let now = Moment::now().0;
    let since = now.saturating_sub(u64::from(args.days) * DAY);
    let mut logins = Gathered::of_services(&args.service);
    if args.policy.is_some() {
        logins = logins.for_replay();
    }
    let mut hear = |at: Option<u64>, record: &Record<'_>| {
        // A line that does not say when it was written may be of any time.
        if at.is_none_or(|at| at >= since) {
            logins.take(at, record);
        }
    };
    let extent = if args.log.is_empty() {
        let uid = engine_uid(session)?;
        let endpoint = session.engine.endpoint().clone();
        let engine = journal::Engine { uid, program: &endpoint.engine };
        match journal::read(engine, since, &mut hear) {
            Ok(extent) => extent,
            Err(why) => return Ok(Log::Missing(why)),
        }
    } else {
        files(args, now, &mut hear)?
    };
    if logins.is_full() {
        let error =
            Error::new(Exit::Invalid, "the log has too many different logins for one report");
        return Err(error.remedy("Look at fewer --days, or at one --service."));
    }
    if args.log.is_empty() && extent.lines == 0 {
        let days = args.days;
        return Ok(Log::Missing(format!(
            "the journal has no line of monkd's of the last {days} days"
        )));
    }
    Ok(Log::Read { logins: Box::new(logins), extent, since })
}

fn files(
    args: &ReportArgs,
    now: u64,
    hear: &mut dyn FnMut(Option<u64>, &Record<'_>),
) -> Result<Extent, Error> {
    let mut whole = Extent::default();
    for path in &args.log {
        let extent =
            text::read(path, now, &mut *hear).map_err(|error| Error::new(Exit::Usage, error))?;
        whole = whole.and(extent);
    }
    match args.log.first() {
        // One of several may be new and empty.
        Some(path) if whole.lines == 0 => Err(nothing_in(path, args.log.len())),
        _ => Ok(whole),
    }
}

fn nothing_in(path: &Path, files: usize) -> Error {
    let which = match files {
        1 => format!("{}: it has", path.display()),
        _ => format!("{} and the others: they have", path.display()),
    };
    let error = Error::new(Exit::Usage, format!("{which} no line of monkd's"));
    error.remedy("Name a file that syslog writes monk's lines to, such as /var/log/auth.log.")
}

/// The number of the user that the engine runs as. Root, where there is no such user: then it stays root.
fn engine_uid(session: &mut Session) -> Result<u32, Error> {
    let Outcome::Settings(settings) = session.manage("", Command::Settings)? else {
        return Err(unexpected());
    };
    let settings: Settings = toml::from_str(&settings).map_err(|_| unexpected())?;
    let user = User::from_name(&settings.engine.user).ok().flatten();
    Ok(user.map_or(0, |user| user.uid.as_raw()))
}
