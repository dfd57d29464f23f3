//! What the programs of the tests and the benchmarks have in common.
#![expect(clippy::print_stderr, reason = "their own messages")]

use std::io;
use std::process::ExitCode;

/// Exit status of a command line that makes no sense.
const USAGE: u8 = 2;

/// Runs a program with the options of its command line, and says what has gone wrong.
pub fn run<O>(
    name: &str,
    usage: &str,
    options: Option<O>,
    work: impl FnOnce(&O) -> io::Result<()>,
) -> ExitCode {
    let Some(options) = options else {
        eprintln!("{usage}");
        return ExitCode::from(USAGE);
    };
    match work(&options) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{name}: {error}");
            ExitCode::FAILURE
        }
    }
}
