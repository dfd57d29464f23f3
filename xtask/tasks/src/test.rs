//! `cargo xtask test`: all tests of the workspace, and how many there are.
//!
//! The counts come from the runners: cargo-nextest writes a report, and `cargo test` says
//! `test result: …` for each program.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Command, ExitStatus, Stdio};
use std::time::Instant;

use clap::Args;

use crate::cargo::{cargo, workspace};
use crate::deb::{self, DebOptions};
use crate::failure::{Failure, Outcome};
use crate::prepare::{self, heading};

/// The profile of `.config/nextest.toml` that writes a report.
const PROFILE: &str = "counted";

/// Run the tests: unit, property, doc and whole-system
///
/// The whole-system tests run the programs in private machines with real servers. Runs everything with cargo-nextest where
/// that is installed, with `cargo test` otherwise. The last line says how many passed and failed.
#[derive(Args)]
pub struct TestOptions {
    /// Also exact timings, the package on Debian 13, built twice, and what Debian's tools say of it
    #[arg(long)]
    all: bool,

    /// A line to say again before the counts, such as one of `cargo xtask audit`
    #[arg(long, value_name = "LINE")]
    note: Vec<String>,

    /// Only tests whose name contains this
    filter: Option<String>,
}

/// What is in the names of those tests that only `--all` runs: Debian 13 does what Debian 12 does, and a module
/// named `thorough` measures for minutes, and one named `heavy` starts servers that take long. nextest leaves them out by its default filter.
const FOR_ALL: [&str; 3] = ["::trixie", "::thorough::", "::heavy::"];

/// How many tests ended in which way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Counts {
    passed: u64,
    failed: u64,
}

impl Counts {
    fn plus(self, other: Self) -> Self {
        Self { passed: self.passed + other.passed, failed: self.failed + other.failed }
    }
}

/// What came of one run of a runner.
struct Run {
    counts: Counts,
    status: ExitStatus,
}

/// Runs them. True where all passed.
pub fn run(options: &TestOptions) -> Outcome {
    let begin = Instant::now();
    prepare::install()?;
    let mut nextest = cargo(&["nextest", "--version"]);
    nextest.stdout(Stdio::null()).stderr(Stdio::null());
    let has_nextest = nextest.status().is_ok_and(|status| status.success());
    heading("Unit, property and whole-system tests");
    let tests = if has_nextest { with_nextest(options)? } else { with_cargo(options)? };
    heading("Doc tests");
    let mut command = cargo(&["test", "--doc", "--workspace", "--no-fail-fast"]);
    command.args(&options.filter);
    let docs = counted(command)?;
    // Who names a test wants to see that test.
    let wants_package = options.all && options.filter.is_none();
    let package = !wants_package || deb::run(&DebOptions::everything())?;

    let all = tests.counts.plus(docs.counts);
    println!();
    println!("tests: {} passed, {} failed", tests.counts.passed, tests.counts.failed);
    println!("doc tests: {} passed, {} failed", docs.counts.passed, docs.counts.failed);
    if !package {
        println!("the package is not as it should be, see above");
    }
    println!("{} s, after the programs were built", begin.elapsed().as_secs());
    for (name, run) in [("tests", &tests), ("doc tests", &docs)] {
        if !run.status.success() && run.counts.failed == 0 {
            println!("the runner of the {name} ended with {}, see above", run.status);
        }
    }
    if let Some(filter) = options.filter.as_ref().filter(|_| all == Counts::default()) {
        println!("no test has {filter:?} in its name");
    }
    for note in &options.note {
        println!("{note}");
    }
    println!("{} passed, {} failed", all.passed, all.failed);
    let is_well = all.failed == 0 && tests.status.success() && docs.status.success();
    Ok(is_well && package && all.passed > 0)
}

/// Runs all but the doc tests with cargo-nextest: each in a process of its own.
fn with_nextest(options: &TestOptions) -> Result<Run, Failure> {
    let report = report_file();
    // One of an earlier run would be counted again.
    if report.exists() {
        fs::remove_file(&report)
            .map_err(|error| Failure::new(format!("cannot remove {}", report.display()), error))?;
    }
    let mut command = cargo(&["nextest", "run", "--workspace", "--no-tests", "pass"]);
    command.args(["--profile", PROFILE]);
    if options.all {
        command.arg("--ignore-default-filter");
    }
    command.args(&options.filter);
    let status = command.status().map_err(|error| Failure::new("cannot run cargo", error))?;
    // Where nothing was built or selected, there is no report.
    let counts = fs::read_to_string(&report).map_or_else(
        |_| Ok(Counts::default()),
        |text| {
            counts_of_report(&text).ok_or_else(|| {
                Failure(format!("{} does not say how many tests ran", report.display()))
            })
        },
    )?;
    Ok(Run { counts, status })
}

/// Runs all but the doc tests with `cargo test`.
fn with_cargo(options: &TestOptions) -> Result<Run, Failure> {
    println!("(cargo-nextest would be faster: cargo install cargo-nextest --locked)");
    let mut command = cargo(&["test", "--workspace", "--lib", "--bins", "--tests"]);
    command.arg("--no-fail-fast").args(&options.filter);
    // As nextest's profile has it: whole-system tests wait more than they compute.
    command.args(["--", "--test-threads=4"]);
    if !options.all {
        command.args(FOR_ALL.iter().flat_map(|name| ["--skip", name]));
    }
    counted(command)
}

/// Where nextest puts the report of [`PROFILE`]: below the workspace, whatever the target folder.
fn report_file() -> PathBuf {
    workspace().join("target/nextest").join(PROFILE).join("junit.xml")
}

/// Reads the totals from the first element of a report in JUnit's form:
/// `<testsuites … tests="12" failures="1" errors="0" …>`.
fn counts_of_report(text: &str) -> Option<Counts> {
    let element = text.split_once("<testsuites ")?.1.split('>').next()?;
    let number = |name: &str| -> Option<u64> {
        let value = element.split_once(&format!("{name}=\""))?.1;
        value.split('"').next()?.parse().ok()
    };
    let failed = number("failures")? + number("errors")?;
    Some(Counts { passed: number("tests")?.checked_sub(failed)?, failed })
}

/// Runs `cargo test`, shows what it says, and adds up what its programs say.
fn counted(mut command: Command) -> Result<Run, Failure> {
    let failed = |error| Failure::new("cannot run cargo test", error);
    let mut child = command.stdout(Stdio::piped()).spawn().map_err(failed)?;
    let mut counts = Counts::default();
    if let Some(output) = child.stdout.take() {
        for line in BufReader::new(output).split(b'\n') {
            let line = line.map_err(failed)?;
            let line = String::from_utf8_lossy(&line);
            println!("{line}");
            counts = counts.plus(counts_of_line(&line).unwrap_or_default());
        }
    }
    let status = child.wait().map_err(failed)?;
    Ok(Run { counts, status })
}

/// Reads `test result: ok. 12 passed; 0 failed; 1 ignored; …`.
fn counts_of_line(line: &str) -> Option<Counts> {
    let parts = line.strip_prefix("test result: ")?.split_once(". ")?.1;
    let number = |name: &str| {
        let part = parts.split("; ").find_map(|part| part.trim().strip_suffix(name));
        part?.trim().parse().ok()
    };
    Some(Counts { passed: number(" passed")?, failed: number(" failed")? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_report_of_nextest_is_read() {
        let report = r#"<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="nextest-run" tests="12" failures="2" errors="1" uuid="x" time="0.03">
    <testsuite name="monk-core" tests="99" failures="0" errors="0">"#;
        assert_eq!(counts_of_report(report), Some(Counts { passed: 9, failed: 3 }));
        assert_eq!(counts_of_report("<testsuites tests=\"many\">"), None);
        assert_eq!(counts_of_report(""), None);
    }

    #[test]
    fn the_last_line_of_a_test_program_is_read() {
        let line = "test result: FAILED. 12 passed; 3 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.1s";
        assert_eq!(counts_of_line(line), Some(Counts { passed: 12, failed: 3 }));
        assert_eq!(counts_of_line("test a::b ... ok"), None);
        assert_eq!(counts_of_line("test result: ok"), None);
    }
}
