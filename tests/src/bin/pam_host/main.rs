//! A program that logs people in through PAM, many of them one after the other in one process, as
//! Dovecot's auth worker does: for tests and benchmarks.
//!
//! It reads logins from its standard input, one JSON object a line, and writes one for each:
//!
//! ```text
//! {"user":"alice","answers":["secret;123456"]}
//!     {"code":0,"name":"PAM_SUCCESS","micros":812,"prompts":["Password: "]}
//! (end of the input)
//!     {"summary":{"logins":1,"descriptors_before":4,"descriptors_after":4, …}}
//! ```
//!
//! The answers are given to the prompts in their order, and the last one again and again to those
//! that follow, as by a program that knows one password only. `micros` is the time from
//! `pam_start` to `pam_end`: all that the login costs the program.

mod footprint;
#[path = "../../libpam.rs"]
mod libpam;
mod manner;

use std::fs::File;
use std::io::{self, BufRead, Read, Write};
use std::process::ExitCode;
use std::thread;
use std::time::Instant;

use serde_json::{Value, json};

use monk_tests::program;

use crate::footprint::Footprint;
use crate::libpam::{Code, Transaction};
use crate::manner::Manner;

/// Logins after which everything that is opened once is open, and the memory has its size.
const WARM_UP: usize = 100;

/// Fewer logins than this are measured from before the first one.
const LONG_RUN: usize = 2 * WARM_UP;

/// Threads of a program that has some.
const THREADS: usize = 8;

const USAGE: &str = "usage: pam_host --service NAME [--rhost ADDRESS] [--account] [--manner NAME]";

/// What is the same for all logins.
struct Options {
    service: String,
    /// `PAM_RHOST`.
    address: Option<String>,
    /// Whether account management follows after a login, as in a real program.
    account: bool,
    manner: Manner,
}

impl Options {
    fn parse(mut arguments: impl Iterator<Item = String>) -> Option<Self> {
        let (mut service, mut address, mut account) = (None, None, false);
        let mut manner = Manner::Usual;
        while let Some(argument) = arguments.next() {
            match argument.as_str() {
                "--service" => service = Some(arguments.next()?),
                "--rhost" => address = Some(arguments.next()?),
                "--account" => account = true,
                "--manner" => manner = Manner::named(&arguments.next()?)?,
                _ => return None,
            }
        }
        Some(Self { service: service?, address, account, manner })
    }
}

fn main() -> ExitCode {
    program::run("pam_host", USAGE, Options::parse(std::env::args().skip(1)), run)
}

fn run(options: &Options) -> io::Result<()> {
    let (mut input, mut output) = options.manner.streams()?;
    options.manner.adopt()?;
    let mut before = Footprint::measure()?;
    let mut logins = 0;
    let mut warm = None;
    for line in input.by_ref().lines() {
        say(&mut output, &log_in(options, &line?)?)?;
        logins += 1;
        if logins == WARM_UP {
            warm = Some(Footprint::measure()?);
        }
    }
    if let Some(warm) = warm.filter(|_| logins > LONG_RUN) {
        before = warm;
    }
    let after = Footprint::measure()?;
    let summary = json!({ "summary": {
        "logins": logins,
        "descriptors_before": before.descriptors,
        "descriptors_after": after.descriptors,
        "threads_before": before.threads,
        "threads_after": after.threads,
        "rss_kib_before": before.rss_kib,
        "rss_kib_after": after.rss_kib,
        "children_after": after.children,
        "mapped_libraries": after.libraries,
        "habits_before": before.habits,
        "habits_after": after.habits,
        "reaped": Manner::reaped(),
    }});
    say(&mut output, &summary)
}

/// Carries out the login that one line describes.
fn log_in(options: &Options, line: &str) -> io::Result<Value> {
    let login: Value = serde_json::from_str(line)?;
    let user = login["user"].as_str().ok_or_else(|| invalid("a login has no user"))?;
    let answers = login["answers"].as_array().ok_or_else(|| invalid("a login has no answers"))?;
    let answers: Option<Vec<_>> = answers.iter().map(|a| Some(a.as_str()?.to_owned())).collect();
    let answers = answers.ok_or_else(|| invalid("an answer is no text"))?;

    let started = Instant::now();
    let (code, prompts) = match options.manner {
        Manner::Threads => on_threads(options, user, &answers)?,
        _ => one_after_the_other(options, user, answers)?,
    };
    let micros = started.elapsed().as_micros();
    Ok(json!({ "code": code.0, "name": code.name(), "micros": micros, "prompts": prompts }))
}

fn one_after_the_other(
    options: &Options,
    user: &str,
    answers: Vec<String>,
) -> io::Result<(Code, Vec<String>)> {
    let mut transaction = Transaction::start(&options.service, user, answers)?;
    let child = match options.manner {
        Manner::Forks => Some(manner::in_child(|| {
            let code = authenticate(&mut transaction, options).map_or(u8::MAX, Code::as_byte);
            transaction.end_here();
            code
        })?),
        _ => None,
    };
    let code = authenticate(&mut transaction, options)?;
    let prompts = transaction.end(code);
    if let Some(child) = child {
        let other = manner::end_of(child)?;
        if other != code.as_byte() {
            return Err(invalid(&format!("{} here, and {other} in the child", code.name())));
        }
    }
    Ok((code, prompts))
}

/// The same login on several threads at once, which must end alike.
fn on_threads(
    options: &Options,
    user: &str,
    answers: &[String],
) -> io::Result<(Code, Vec<String>)> {
    let log_in = || {
        let mut transaction = Transaction::start(&options.service, user, answers.to_vec())?;
        let code = authenticate(&mut transaction, options)?;
        Ok((code, transaction.end(code)))
    };
    let ends: io::Result<Vec<_>> = thread::scope(|scope| {
        let threads: Vec<_> = (0..THREADS).map(|_| scope.spawn(log_in)).collect();
        threads.into_iter().map(|thread| thread.join().expect("no thread panics")).collect()
    });
    let mut ends = ends?;
    let names: Vec<_> = ends.iter().map(|(code, _)| code.name()).collect();
    if names.iter().any(|name| *name != names[0]) {
        return Err(invalid(&format!("threads end differently: {names:?}")));
    }
    Ok(ends.swap_remove(0))
}

fn authenticate(transaction: &mut Transaction, options: &Options) -> io::Result<Code> {
    if let Some(address) = &options.address {
        transaction.set_remote_host(address)?;
    }
    let code = transaction.authenticate();
    Ok(if options.account && code == Code::SUCCESS { transaction.account() } else { code })
}

fn say(output: &mut File, value: &Value) -> io::Result<()> {
    // One write for the whole line.
    output.write_all(format!("{value}\n").as_bytes())
}

fn invalid(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}
