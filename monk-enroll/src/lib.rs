//! The command line of monk: a client of the engine and nothing else.
//!
//! ```text
//! cli       what can be typed          commands/  one file for each group of commands
//! session   one run: engine, terminal, standard output
//! talk      the conversation with the engine, errors in words
//! input     reads files                monk-import  understands those of other systems
//! audit     reads the logins of a log
//! terminal  questions, secrets in      output, table, qr, json, when   results out
//! exit      the table of exit codes    monk-doctor  looks at this host
//! guide/    the pages that administrators hand out to users
//! words/    what the engine says as data, in sentences that name commands
//! ```
//!
//! It opens no store, key or settings. It keeps nothing. Secrets reach it from a terminal, from
//! standard input or from files that are imported, never as arguments, and leave it on standard
//! output only where they are the result that was asked for.

mod audit;
pub mod cli;
mod commands;
mod error;
pub mod exit;
mod guide;
mod input;
pub mod json;
mod new_password;
mod output;
mod png;
mod progress;
mod qr;
#[cfg(test)]
mod scripted;
mod session;
mod table;
mod talk;
mod terminal;
mod when;
mod words;

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
        Ok(cli) => commands::run(&mut session(&cli.options), &cli),
        Err(error) => misread(&error, &arguments),
    };
    ExitCode::from(exit.code())
}

fn session(options: &Options) -> Session {
    let out = Output::stdout(Screen::of_stdout(options.no_color));
    Session::new(options, Box::new(Console), out, Box::new(io::stderr()))
}

/// Help, the version, or a command line that makes no sense.
fn misread(error: &clap::Error, arguments: &[OsString]) -> Exit {
    let options =
        Options { json: arguments.iter().any(|one| one == "--json"), ..Options::default() };
    if !error.use_stderr() || !options.json {
        // A reader that has had enough of the help is no error.
        let _ = error.print();
        return if error.use_stderr() { Exit::Usage } else { Exit::Done };
    }
    // The first paragraph is the error, what follows it is advice.
    let text = error.render().to_string();
    let lines = text.lines().map(str::trim).take_while(|line| !line.is_empty());
    let message = lines.collect::<Vec<_>>().join(" ");
    let message = message.strip_prefix("error: ").unwrap_or(&message);
    session(&options).report(&Error::new(Exit::Usage, message).remedy("See --help."))
}
