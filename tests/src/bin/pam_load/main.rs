//! A program that logs people in through PAM as fast as it can, from several processes at once: for
//! benchmarks.
//!
//! It reads logins from its standard input, one JSON object a line, and deals them out to its
//! callers. A user's logins stay with one caller, in their order, unless `--spread` deals all out in
//! turn. All callers begin together; what came of it is one JSON object:
//!
//! ```text
//! {"user":"alice","answers":["secret;123456"]}
//! (end of the input)
//!     {"seconds":0.31,"rate":806.4,"nanos":[812345, …],"ends":{"PAM_SUCCESS":250},"mapped":[…]}
//! ```
//!
//! `nanos` are the times from `pam_start` to `pam_end`, one for each login; `seconds` is the time
//! from the common beginning to the end of the last caller. `rate` is the number of logins a second
//! that succeeded while all callers were at it, so until the first of them was done. Callers are processes, like the workers
//! of Dovecot. With `--fresh` each login has a process of its own, started anew like sshd's, and its
//! time is that of the whole process. `mapped` are the files that a caller has mapped before
//! `pam_end`, while modules are loaded.
#![expect(clippy::print_stdout, reason = "the program's own messages")]

mod callers;
mod fresh;
#[allow(dead_code, reason = "the other program uses more of it")]
#[path = "../../libpam.rs"]
mod libpam;
mod login;

use std::io;
use std::process::ExitCode;

use monk_tests::program;

use crate::libpam::Code;
use crate::login::{Login, Manner};

const USAGE: &str = "usage: pam_load --service NAME [--rhost ADDRESS] [--account] [--fresh]
                [--spread] [--callers N] [--warm-up N] < LOGINS";

/// What is the same for all logins, and how they are carried out.
struct Options {
    manner: Manner,
    callers: usize,
    /// Logins of each caller that come before the common beginning and are not measured.
    warm_up: usize,
    fresh: bool,
    /// Whether logins of one user go to several callers.
    spread: bool,
}

impl Options {
    fn parse(mut arguments: impl Iterator<Item = String>) -> Option<Self> {
        let (mut service, mut address, mut account) = (None, None, false);
        let (mut callers, mut warm_up, mut fresh, mut spread) = (1, 0, false, false);
        while let Some(argument) = arguments.next() {
            match argument.as_str() {
                "--service" => service = Some(arguments.next()?),
                "--rhost" => address = Some(arguments.next()?),
                "--account" => account = true,
                "--fresh" => fresh = true,
                "--spread" => spread = true,
                "--callers" => callers = arguments.next()?.parse().ok().filter(|n| *n > 0)?,
                "--warm-up" => warm_up = arguments.next()?.parse().ok()?,
                _ => return None,
            }
        }
        let manner = Manner { service: service?, address, account };
        Some(Self { manner, callers, warm_up, fresh, spread })
    }
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let Some(code) = fresh::serve(&arguments) {
        return code;
    }
    program::run("pam_load", USAGE, Options::parse(arguments.into_iter()), run)
}

fn run(options: &Options) -> io::Result<()> {
    let logins = login::read(io::stdin().lock())?;
    let deal = if options.spread { login::spread } else { login::deal };
    let told = callers::run(deal(logins, options.callers), |logins, caller| {
        carry_out(options, logins, caller)
    })?;
    println!("{told}");
    Ok(())
}

/// What one caller does.
fn carry_out(options: &Options, logins: &[Login], caller: &mut callers::Caller) -> io::Result<()> {
    let one = |login: &Login| -> io::Result<(u64, Code)> {
        if options.fresh {
            return fresh::log_in(&options.manner, login);
        }
        options.manner.log_in(login, || ())
    };
    let (unmeasured, measured) = logins.split_at(options.warm_up.min(logins.len()));
    for login in unmeasured {
        let (_, code) = one(login)?;
        caller.warmed_up(code);
    }
    caller.wait_for_the_others()?;
    let Some((last, others)) = measured.split_last() else { return Ok(()) };
    for login in others {
        caller.ended(one(login)?);
    }
    if options.fresh {
        caller.ended(one(last)?);
    } else {
        let mut mapped = Vec::new();
        caller.ended(options.manner.log_in(last, || mapped = login::mapped())?);
        caller.has_mapped(mapped);
    }
    Ok(())
}
