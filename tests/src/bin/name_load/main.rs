//! A program that looks up users and groups through the C library, from several processes at once: for
//! benchmarks.
//!
//! It reads lookups from its standard input, one a line, up to the end of the input, and deals them out to its
//! callers. They begin together; what came of it is one JSON object:
//!
//! ```text
//! user alice          getpwnam
//! uid 10001           getpwuid
//! groups alice        getgrouplist
//! (end of the input)
//!     {"nanos":[2100, …],"found":250,"missing":0,"unavailable":0,"private_kib":180,"seconds":0.02}
//! ```
//!
//! `nanos` are the times of the calls, one for each lookup. All look in one service of the name service switch,
//! which `--service` names. Callers are processes, because programs that look up names are.
#![expect(clippy::print_stdout, reason = "the program's own messages")]

mod lookup;

use std::io::{self, BufRead, BufReader, Lines, Stdin, StdinLock, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, ExitCode, Stdio};
use std::time::Instant;

use monk_tests::program;
use serde_json::{Value, json};

use crate::lookup::{End, Lookup, choose_service};

const USAGE: &str = "usage: name_load --service NAME [--callers N] < LOOKUPS";

/// What a caller says when it is ready, and what it waits for.
const READY: &str = "ready";
const GO: &str = "go";

/// How lookups are carried out.
struct Options {
    /// The service of the name service switch.
    service: String,
    callers: usize,
    /// Whether this process is one of the callers.
    is_caller: bool,
}

impl Options {
    fn parse(mut arguments: impl Iterator<Item = String>) -> Option<Self> {
        let (mut service, mut callers, mut is_caller) = (None, 1, false);
        while let Some(argument) = arguments.next() {
            match argument.as_str() {
                "--service" => service = Some(arguments.next()?),
                "--callers" => callers = arguments.next()?.parse().ok().filter(|n| *n > 0)?,
                "--caller" => is_caller = true,
                _ => return None,
            }
        }
        Some(Self { service: service?, callers, is_caller })
    }
}

fn main() -> ExitCode {
    program::run("name_load", USAGE, Options::parse(std::env::args().skip(1)), |options| {
        match options.is_caller {
            true => call(options),
            false => deal(options),
        }
    })
}

/// One caller: reads its lookups up to an empty line, gets ready, and carries them out.
fn call(options: &Options) -> io::Result<()> {
    let stdin: Stdin = io::stdin();
    let mut lines: Lines<StdinLock<'_>> = stdin.lock().lines();
    let mut lookups = Vec::new();
    for line in lines.by_ref() {
        let line = line?;
        if line.is_empty() {
            break;
        }
        lookups.push(Lookup::parse(&line).ok_or_else(|| broken("no lookup", &line))?);
    }
    choose_service(&options.service)?;
    // The first lookup loads the module.
    if let Some(first) = lookups.first() {
        first.carry_out();
    }
    say(READY)?;
    if lines.next().transpose()?.as_deref() != Some(GO) {
        return Err(broken("not told to go", ""));
    }
    let mut nanos = Vec::with_capacity(lookups.len());
    let mut ends = [0_u64; 3];
    for lookup in &lookups {
        let begin = Instant::now();
        let end = lookup.carry_out();
        nanos.push(u64::try_from(begin.elapsed().as_nanos()).unwrap_or(u64::MAX));
        ends[end as usize] += 1;
    }
    let [found, missing, unavailable] =
        [End::Found, End::Missing, End::Unavailable].map(|end| ends[end as usize]);
    let told = json!({
        "nanos": nanos, "found": found, "missing": missing, "unavailable": unavailable,
        "private_kib": private_kib(),
    });
    say(&told.to_string())
}

/// One of the processes, as its parent sees it.
struct Caller {
    process: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Caller {
    fn start(service: &str, lookups: &[String]) -> io::Result<Self> {
        let mut process = Command::new(std::env::current_exe()?)
            .args(["--service", service, "--caller"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let pipes = (process.stdin.take(), process.stdout.take());
        let (Some(mut input), Some(output)) = pipes else { return Err(broken("no pipe", "")) };
        let mut text = lookups.join("\n");
        text.push_str("\n\n");
        input.write_all(text.as_bytes())?;
        Ok(Self { process, input, output: BufReader::new(output) })
    }

    fn line(&mut self) -> io::Result<String> {
        let mut line = String::new();
        self.output.read_line(&mut line)?;
        Ok(line.trim_end().to_owned())
    }
}

/// Deals the lookups out, and tells of all callers together.
fn deal(options: &Options) -> io::Result<()> {
    let lookups: Vec<String> = io::stdin().lock().lines().collect::<io::Result<_>>()?;
    let share = lookups.len().div_ceil(options.callers).max(1);
    let mut callers: Vec<Caller> = lookups
        .chunks(share)
        .map(|share| Caller::start(&options.service, share))
        .collect::<io::Result<_>>()?;
    for caller in &mut callers {
        let line = caller.line()?;
        if line != READY {
            return Err(broken("a caller is not ready", &line));
        }
    }
    let begin = Instant::now();
    for caller in &mut callers {
        writeln!(caller.input, "{GO}")?;
    }
    let (mut nanos, mut ends, mut private) = (Vec::new(), [0_u64; 3], 0);
    for caller in &mut callers {
        let line = caller.line()?;
        let told: Value = serde_json::from_str(&line)?;
        nanos.extend(told["nanos"].as_array().into_iter().flatten().filter_map(Value::as_u64));
        for (end, name) in ends.iter_mut().zip(["found", "missing", "unavailable"]) {
            *end += told[name].as_u64().unwrap_or_default();
        }
        private = private.max(told["private_kib"].as_u64().unwrap_or_default());
        caller.process.wait()?;
    }
    let [found, missing, unavailable] = ends;
    let told = json!({
        "nanos": nanos, "found": found, "missing": missing, "unavailable": unavailable,
        "private_kib": private,
        "seconds": begin.elapsed().as_secs_f64(),
    });
    say(&told.to_string())
}

/// What this process has in memory for itself alone, in KiB: `smaps` of proc(5). Memory that it shares with a
/// daemon is no process's own, even where nobody else has mapped it at this moment.
fn private_kib() -> u64 {
    let text = std::fs::read_to_string("/proc/self/smaps").unwrap_or_default();
    let (mut sum, mut is_shared) = (0, false);
    for line in text.lines() {
        let mut words = line.split_whitespace();
        match (words.next(), words.next()) {
            (Some("Private_Dirty:"), Some(kib)) if !is_shared => {
                sum += kib.parse::<u64>().unwrap_or_default();
            }
            // The first line of a mapping: its addresses and its permissions.
            (Some(first), Some(permissions)) if first.contains('-') => {
                is_shared = permissions.ends_with('s');
            }
            _ => {}
        }
    }
    sum
}

fn say(line: &str) -> io::Result<()> {
    println!("{line}");
    io::stdout().flush()
}

fn broken(what: &str, line: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("{what}: {line}"))
}
