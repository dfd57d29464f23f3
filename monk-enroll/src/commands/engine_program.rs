//! The engine's own program, for what no engine that serves logins does.

use std::ffi::OsStr;
use std::process::{Command, Stdio};

use crate::cli::Options;
use crate::error::Error;
use crate::exit::Exit;

/// Runs it with these arguments, and hands back what it says.
///
/// # Errors
/// With `exit` and its own words, where it does not succeed.
pub fn run<'a>(
    options: &Options,
    arguments: impl IntoIterator<Item = &'a OsStr>,
    exit: Exit,
) -> Result<String, Error> {
    let endpoint = options.endpoint();
    let mut command = Command::new(&endpoint.engine);
    command.args(arguments).stdin(Stdio::null());
    if let Some(config) = &endpoint.config {
        command.arg("--config").arg(config);
    }
    let output = command.output().map_err(|error| {
        Error::new(Exit::Unavailable, format!("{}: {error}", endpoint.engine.display()))
            .remedy("Install monkd there, or say with --engine where it is.")
    })?;
    let said = String::from_utf8_lossy(&output.stderr);
    let said = said.trim();
    let said = said.strip_prefix("monkd: ").unwrap_or(said);
    match output.status.success() {
        true => Ok(said.to_owned()),
        false => Err(Error::new(exit, said)),
    }
}
