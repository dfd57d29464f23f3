//! Has the engine decide the logins of a log once more under other settings.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use monk_terms::forecast::Forecast;
use monk_wire::manage::{
    Command, MOST_PAST_LOGINS, MOST_SETTINGS, Outcome, PastEnd, PastLogin, Prospect, Replay,
    Replayed,
};

use super::gathered::Seen;
use crate::commands::progress::Progress;
use crate::error::Error;
use crate::exit::Exit;
use crate::session::Session;
use crate::talk::unexpected;

/// What the other settings do to a login.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Change {
    /// It was let in, and would be refused.
    Lost,
    /// It was refused, and would be let in.
    Gained,
    /// It was let in, and a screen would ask for a code as well.
    Asked,
    /// It ends as it would now.
    None,
    /// It was let in, and is refused by now whatever the settings: the user has changed.
    Over,
    /// The log does not tell.
    Unknown,
}

impl Change {
    fn of(end: PastEnd, prospect: Prospect) -> Self {
        let is_in = |told| matches!(told, Forecast::Granted | Forecast::AsksForCode);
        let Prospect { now, then } = prospect;
        match (end, then) {
            (_, Forecast::Unknown) => Self::Unknown,
            (PastEnd::Granted(_), Forecast::Refused(_)) => match now {
                Forecast::Refused(_) => Self::Over,
                _ => Self::Lost,
            },
            (PastEnd::Granted(_), Forecast::AsksForCode) if now != then => Self::Asked,
            (PastEnd::Refused(_), told) if is_in(told) && !is_in(now) => Self::Gained,
            _ => Self::None,
        }
    }
}

/// A login, and what would become of it.
pub struct Decided {
    /// The login.
    pub login: PastLogin,
    /// How often there was one like it, and when last.
    pub seen: Seen,
    /// What would become of it.
    pub then: Forecast,
    /// What that means.
    pub change: Change,
}

/// All logins, and the sections of the settings that differ and do not count.
pub type All = (Vec<Decided>, Vec<String>);

/// Reads settings.
///
/// # Errors
/// Where the file cannot be read, or is none.
pub fn settings(path: &Path) -> Result<String, Error> {
    let shown = path.display();
    let error = |why: &dyn std::fmt::Display| Error::new(Exit::Usage, format!("{shown}: {why}"));
    let file = File::open(path).map_err(|why| error(&why))?;
    let (mut text, most) = (String::new(), MOST_SETTINGS as u64 + 1);
    file.take(most).read_to_string(&mut text).map_err(|why| error(&why))?;
    match text.len() <= MOST_SETTINGS {
        true => Ok(text),
        false => Err(error(&"it is too long for settings of monk")),
    }
}

/// Asks about each login.
///
/// # Errors
/// Where the settings are wrong, or the engine or the directory does not answer.
pub fn run(
    session: &mut Session,
    (path, text): (&Path, &str),
    mut logins: Vec<(PastLogin, Seen)>,
) -> Result<All, Error> {
    // The engine looks a user up once.
    logins.sort_by(|one, other| (&one.0.user, &one.0).cmp(&(&other.0.user, &other.0)));
    let mut progress = Progress::new("logins replayed", logins.len());
    let (mut decided, mut left_out) = (Vec::with_capacity(logins.len()), Vec::new());
    let mut logins = logins.into_iter().peekable();
    while logins.peek().is_some() {
        let batch: Vec<_> = logins.by_ref().take(MOST_PAST_LOGINS).collect();
        let asked = batch.iter().map(|(login, _)| login.clone()).collect();
        let told = ask(session, path, Replay { settings: text.to_owned(), logins: asked });
        let told = told.inspect_err(|_| progress.clear(session))?;
        if told.prospects.len() != batch.len() {
            return Err(unexpected());
        }
        for ((login, seen), prospect) in batch.into_iter().zip(told.prospects) {
            let change = Change::of(login.end, prospect);
            decided.push(Decided { login, seen, then: prospect.then, change });
        }
        left_out = told.left_out;
        progress.show(session, decided.len());
    }
    progress.clear(session);
    Ok((decided, left_out))
}

fn ask(session: &mut Session, path: &Path, replay: Replay) -> Result<Replayed, Error> {
    let command = Command::Replay(Box::new(replay));
    // How far it is shows the line of progress.
    let told = session.engine.manage(&mut *session.terminal, "", command, &mut |_| {});
    match told {
        Ok(Outcome::Replayed(replayed)) => Ok(replayed),
        Ok(_) => Err(unexpected()),
        // The settings are all that can be wrong with it.
        Err(error) if error.exit == Exit::Invalid => {
            let message = format!("{}: {}", path.display(), error.message);
            Err(Error { message, ..error })
        }
        Err(error) => Err(error),
    }
}
