//! The command line of monk: a client of the engine and nothing else.
//!
//! ```text
//! cli       what can be typed          commands/  one file for each group of commands
//! session   one run: engine, terminal, standard output
//! talk      the conversation with the engine, errors in words
//! terminal  questions, secrets in      output, table, qr, json, when   results out
//! exit      the table of exit codes
//! ```
//!
//! It opens no store, key or settings. It keeps nothing. Secrets reach it from a terminal or
//! standard input, never as arguments, and leave it on standard output only where they are the
//! result that was asked for.

pub mod cli;
mod commands;
mod error;
pub mod exit;
pub mod json;
mod output;
mod qr;
#[cfg(test)]
mod scripted;
mod session;
mod table;
mod talk;
mod terminal;
mod when;

use std::env;
use std::ffi::OsString;
use std::io;
use std::process::ExitCode;

use clap::Parser;

use cli::{Cli, Options};
use error::Error;
use exit::Exit;
use output::{Output, Screen};
use session::Session;
use terminal::Console;

/// The program.
#[must_use]
pub fn main() -> ExitCode {
    let arguments: Vec<OsString> = env::args_os().collect();
    let exit = match Cli::try_parse_from(&arguments) {
        Ok(cli) => match session(&cli.options) {
            Ok(mut session) => session.run(&cli),
            Err(_) => Exit::Unwritten,
        },
        Err(error) => misread(&error, &arguments),
    };
    ExitCode::from(exit.code())
}

fn session(options: &Options) -> io::Result<Session> {
    let out = Output::stdout(Screen::of_stdout(options.no_color))?;
    Ok(Session::new(options, Box::new(Console), out, Box::new(io::stderr())))
}

/// Help, the version, or a command line that makes no sense.
fn misread(error: &clap::Error, arguments: &[OsString]) -> Exit {
    let options = Options { json: arguments.iter().any(|one| one == "--json"), ..Options::default() };
    if !error.use_stderr() || !options.json {
        // A reader that has had enough of the help is no error.
        let _ = error.print();
        return if error.use_stderr() { Exit::Usage } else { Exit::Done };
    }
    let text = error.render().to_string();
    let message = text.lines().next().unwrap_or_default();
    let error = Error::new(Exit::Usage, message.strip_prefix("error: ").unwrap_or(message))
        .remedy("See --help.");
    session(&options).map_or(Exit::Usage, |mut session| session.report(&error))
}
