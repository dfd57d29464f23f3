//! `config`: the settings of the engine.

use std::ffi::OsStr;
use std::io::Write;

use monk_wire::manage::{Command, Outcome};

use super::engine_program;
use crate::cli::Options;
use crate::error::Error;
use crate::exit::Exit;
use crate::json::document;
use crate::output::Plain;
use crate::session::Session;
use crate::talk::unexpected;

/// Shows what is in force.
pub fn show(session: &mut Session) -> Result<Exit, Error> {
    let Outcome::Settings(settings) = session.manage("", Command::Settings)? else {
        return Err(unexpected());
    };
    if session.json {
        session.out.json(&document! { settings: &settings })?;
    } else {
        for line in settings.lines() {
            writeln!(session.out, "{}", Plain(line))?;
        }
    }
    Ok(Exit::Done)
}

/// Has the engine's program read the file, as it would at its start: also where no engine starts,
/// because the file is wrong.
pub fn check(session: &mut Session, options: &Options) -> Result<Exit, Error> {
    let said = engine_program::run(options, [OsStr::new("--check")], Exit::Invalid)?;
    let said = said.as_str();
    if session.json {
        session.out.json(&document! { message: said })?;
    } else {
        writeln!(session.out, "{}", Plain(said))?;
        writeln!(session.out, "To put them in force: systemctl reload monk")?;
    }
    Ok(Exit::Done)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scripted::{Scene, done};

    #[test]
    fn the_settings_are_shown_as_they_are_written() {
        let settings = || done(Outcome::Settings("[engine]\nrefusal_ms = 300\n".into()));
        let seen = Scene::new([settings()]).run("config show");
        assert_eq!(seen.out, "[engine]\nrefusal_ms = 300\n");
        Scene::new([settings()]).run("config show --json").assert_documented("config show");
    }

    #[test]
    fn an_engine_that_is_not_there_checks_nothing() {
        let seen = Scene::new([]).run("config check");
        assert_eq!(seen.exit, Exit::Unavailable, "{}", seen.errors);
    }
}
