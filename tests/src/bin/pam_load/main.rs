//! A program that logs people in through PAM as fast as it can, from several processes at once: for
//! benchmarks.
//!
//! It reads logins from its standard input, one JSON object a line, and deals them out to its
//! callers. A user's logins stay with one caller, in their order. All callers begin together; what came of it
//! is one JSON object:
//!
//! ```text
//! {"user":"alice","answers":["secret;123456"]}
//! (end of the input)
//!     {"seconds":0.31,"rate":806.4,"nanos":[812345, …],"ends":{"PAM_SUCCESS":250}}
//! ```
//!
//! `nanos` are the times from `pam_start` to `pam_end`, one for each login; `seconds` is the time
//! from the common beginning to the end of the last caller. `rate` is the number of logins a second
//! that succeeded while all callers were at it, so until the first of them was done. Callers are processes, like the workers
//! of Dovecot.
#![expect(clippy::print_stdout, reason = "the program's own messages")]

mod callers;
#[allow(dead_code, reason = "the other program uses more of it")]
#[path = "../../libpam.rs"]
mod libpam;
mod login;

use std::io;
use std::process::ExitCode;

use monk_tests::program;

use crate::login::Login;

const USAGE: &str = "usage: pam_load --service NAME [--callers N] < LOGINS";

/// How logins are carried out.
struct Options {
    /// The PAM service.
    service: String,
    callers: usize,
}

impl Options {
    fn parse(mut arguments: impl Iterator<Item = String>) -> Option<Self> {
        let (mut service, mut callers) = (None, 1);
        while let Some(argument) = arguments.next() {
            match argument.as_str() {
                "--service" => service = Some(arguments.next()?),
                "--callers" => callers = arguments.next()?.parse().ok().filter(|n| *n > 0)?,
                _ => return None,
            }
        }
        Some(Self { service: service?, callers })
    }
}

fn main() -> ExitCode {
    program::run("pam_load", USAGE, Options::parse(std::env::args().skip(1)), run)
}

fn run(options: &Options) -> io::Result<()> {
    let logins = login::read(io::stdin().lock())?;
    let told = callers::run(login::deal(logins, options.callers), |logins, caller| {
        carry_out(options, logins, caller)
    })?;
    println!("{told}");
    Ok(())
}

/// What one caller does.
fn carry_out(options: &Options, logins: &[Login], caller: &mut callers::Caller) -> io::Result<()> {
    caller.wait_for_the_others()?;
    for login in logins {
        caller.ended(login.carry_out(&options.service)?);
    }
    Ok(())
}
