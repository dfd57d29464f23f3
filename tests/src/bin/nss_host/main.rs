//! A program that looks names up through the C library, in one of the strange ways that programs have.
//!
//! ```text
//! nss_host --manner few-descriptors user:alice uid:5001 group:staff gid:7000 groups:alice ageing:alice
//!     {"entry":"alice:*:5001:5000:Alice:/home/alice:/bin/sh","errno":0,"micros":80}
//!     …
//!     {"before":…,"after":…,"lent":0}
//! ```
//!
//! What it has open, handles and blocks is measured before the first look-up of the C library's own database,
//! which loads what it needs, and after the last one. `lent` is how many times memory of the engine's is mapped then.

#[path = "../pam_host/footprint.rs"]
#[allow(dead_code, reason = "the other program uses more of it")]
mod footprint;
mod look_up;
#[path = "../pam_host/manner.rs"]
#[allow(dead_code, reason = "the other program uses more of it")]
mod manner;
mod ways;

use std::fs::File;
use std::io::{self, Write};
use std::process::ExitCode;
use std::time::Instant;

use monk_tests::program;
use serde_json::{Value, json};

use crate::footprint::Footprint;
use crate::look_up::Question;
use crate::ways::Way;

const USAGE: &str = "usage: nss_host [--manner NAME] QUESTION...";

/// What the engine's memory is called in a program to which it was lent.
const MEMORY: &str = "/memfd:monk-names";

struct Options {
    way: Way,
    questions: Vec<Question>,
}

impl Options {
    fn parse(arguments: impl Iterator<Item = String>) -> Option<Self> {
        let mut arguments = arguments.peekable();
        let mut way = Way::default();
        if arguments.next_if(|argument| argument == "--manner").is_some() {
            way = Way::named(&arguments.next()?)?;
        }
        let questions = arguments.map(|text| Question::parse(&text)).collect::<Option<_>>()?;
        Some(Self { way, questions })
    }
}

fn main() -> ExitCode {
    program::run("nss_host", USAGE, Options::parse(std::env::args().skip(1)), run)
}

fn run(options: &Options) -> io::Result<()> {
    // The C library asks all of its modules for it, and keeps loaded what it has loaded. It is no name for which
    // ours would ask anybody.
    Question::parse("user:no:body").expect("a question").ask();
    let mut output = options.way.begin()?;
    let before = measure()?;
    for question in &options.questions {
        let begin = Instant::now();
        let answer = options.way.ask(question, &output)?;
        let micros = u64::try_from(begin.elapsed().as_micros()).map_err(io::Error::other)?;
        let entry = answer.entry;
        say(&mut output, &json!({ "entry": entry, "errno": answer.errno, "micros": micros }))?;
    }
    let after = if options.way.sees_itself() { measure()? } else { before.clone() };
    let maps = std::fs::read_to_string("/proc/self/maps").unwrap_or_default();
    let lent = maps.matches(MEMORY).count();
    say(&mut output, &json!({ "before": before, "after": after, "lent": lent }))
}

fn measure() -> io::Result<Value> {
    let seen = Footprint::measure()?;
    let (descriptors, threads) = (seen.descriptors, seen.threads);
    Ok(json!({ "descriptors": descriptors, "threads": threads, "habits": seen.habits }))
}

fn say(output: &mut File, value: &Value) -> io::Result<()> {
    output.write_all(format!("{value}\n").as_bytes())
}
