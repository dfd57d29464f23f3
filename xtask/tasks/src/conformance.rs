//! `cargo xtask conformance`: what monk does in every program and in hostile moments, as tables.
//!
//! The figures are those that the tests write down while they judge them
//! ([`monk_tests::figures`]); here the tests run one after the other, so that none disturbs the
//! figures of another.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, Instant};

use clap::Args;
use monk_tests::{conformance, figures};

use crate::bench::machine;
use crate::cargo::cargo;
use crate::failure::{Failure, Outcome};
use crate::prepare::{self, heading};
use crate::results;

/// The suites of whole-system tests that write down figures.
const SUITES: [&str; 16] = [
    "programs",
    "policy",
    "directories",
    "guessing",
    "race",
    "hostile_directory",
    "mirror",
    "disk",
    "crash",
    "clock",
    "hostile_socket",
    "told_apart",
    "hostile_host",
    "secrets",
    "break_glass",
    "package",
];

/// The table of what holds with each directory server.
const DIRECTORIES: &str = "directories";

/// The tables of what happened to monk, with what stands above their columns.
const MOMENTS: [(&str, &[&str]); 4] = [
    (
        "directory states",
        &[
            "directory",
            "by its own means",
            "state",
            "password;code",
            "second screen",
            "remembered",
            "app password",
            "key and code",
            "elsewhere",
            "account rule",
            "own change",
        ],
    ),
    ("hostile", &["what happened to monk", "what was seen", "goal"]),
    (
        "guessing",
        &[
            "attacker",
            "looked at in the worst day",
            "the owner, where she was before",
            "the owner on a journey",
            "goal",
        ],
    ),
    ("package", &["on a fresh Debian", "what was seen", "goal"]),
];

/// Run every case through every program, and the hostile moments, for their tables
///
/// Prints them in markdown, with the machine and the date.
#[derive(Args)]
pub struct ConformanceOptions {
    /// Do everything as often as in the usual tests, not a thousand times
    #[arg(long)]
    quick: bool,
    /// Put the tables into docs/results/conformance.md, too
    #[arg(long)]
    write: bool,
    /// Only this suite of tests; may be given several times
    #[arg(long, value_name = "SUITE", value_parser = SUITES)]
    only: Vec<String>,
}

/// Runs the suites, and prints the tables. True where all tests passed.
pub fn run(options: &ConformanceOptions) -> Outcome {
    prepare::install()?;
    let begin = Instant::now();
    let folder = tempfile::tempdir()
        .map_err(|error| Failure::new("cannot make a folder for the figures", error))?;
    let file = folder.path().join("figures");
    let wanted = |suite: &str| options.only.is_empty() || options.only.iter().any(|o| o == suite);
    let mut failed = Vec::new();
    for suite in SUITES.into_iter().filter(|suite| wanted(suite)) {
        heading(&format!("Tests of {suite}"));
        let mut command = cargo(&["test", "--quiet", "--package", "monk-tests", "--test", suite]);
        command.args(["--", "--test-threads=1"]).env(figures::FILE, &file);
        if options.quick {
            command.args(["--skip", "::thorough::", "--skip", "::heavy::"]);
        } else {
            command.env(figures::THOROUGH, "1");
        }
        let status = command.status().map_err(|error| Failure::new("cannot run cargo", error))?;
        if !status.success() {
            failed.push(suite);
        }
    }
    if !file.exists() {
        return Err(Failure(format!("no suite wrote down a figure; there are {SUITES:?}")));
    }
    tell_tables(&file, begin.elapsed(), options.write)?;
    for suite in &failed {
        println!("\nA test of `{suite}` failed: see above.");
    }
    Ok(failed.is_empty())
}

/// Prints the tables, and puts them on their page where that is wanted.
fn tell_tables(file: &Path, took: Duration, write: bool) -> Result<(), Failure> {
    let measured = format!("{}; {} minutes.", machine::description(), took.as_secs() / 60);
    println!("\n{measured}");
    let programs = (conformance::TABLE, &[][..]);
    for (name, head) in [programs, (DIRECTORIES, &[][..])].into_iter().chain(MOMENTS) {
        let rows = figures::read(file, name);
        let rows = rows.map_err(|error| Failure::new("the figures cannot be read", error))?;
        if rows.is_empty() {
            continue;
        }
        let table = match name {
            conformance::TABLE => programs_table(&rows),
            DIRECTORIES => directories_table(&rows),
            _ => moments_table(head, &rows),
        };
        println!("\n{table}");
        if write {
            let name = format!("conformance {name}");
            results::write("conformance.md", &name, &format!("{measured}\n\n{table}"))?;
        }
    }
    Ok(())
}

/// One row for each claim, one column for each directory.
fn directories_table(rows: &[Vec<String>]) -> String {
    let (mut directories, mut claims) = (Vec::new(), Vec::new());
    let mut seen: BTreeMap<(&str, &str), &str> = BTreeMap::new();
    for row in rows {
        let [directory, claim, how] = &row[..] else { continue };
        for (list, one) in [(&mut directories, directory), (&mut claims, claim)] {
            if !list.contains(&one.as_str()) {
                list.push(one.as_str());
            }
        }
        seen.insert((claim, directory), how);
    }
    let table = claims.iter().map(|claim| {
        let how = |directory: &&str| seen.get(&(*claim, *directory)).copied().unwrap_or_default();
        let cells = directories.iter().map(how);
        [*claim].into_iter().chain(cells).map(str::to_owned).collect()
    });
    let head: Vec<&str> = ["claim"].into_iter().chain(directories.iter().copied()).collect();
    moments_table(&head, &table.collect::<Vec<Vec<String>>>())
}

/// What was done, what was seen, and the goal.
fn moments_table(head: &[&str], rows: &[Vec<String>]) -> String {
    let mut table = format!("| {} |\n|{}\n", head.join(" | "), "---|".repeat(head.len()));
    for row in rows {
        let cells: Vec<String> = row.iter().map(|cell| escaped(cell)).collect();
        table.push_str(&format!("| {} |\n", cells.join(" | ")));
    }
    table
}

/// A cell of a table, where a bar would begin the next one.
fn escaped(cell: &str) -> String {
    cell.replace('|', "\\|")
}

/// One row for each case, one column for each program. Where a program does what the others do,
/// there is a tick. Cases of one program alone follow in a table of their own.
fn programs_table(rows: &[Vec<String>]) -> String {
    let cells = |row: &Vec<String>| <[String; 3]>::try_from(row.clone()).ok();
    let rows: Vec<[String; 3]> = rows.iter().filter_map(cells).collect();
    let programs_of = |case: &str| rows.iter().filter(|row| row[0] == case).count();
    let (shared, single): (Vec<_>, Vec<_>) =
        rows.iter().partition(|[case, ..]| programs_of(case) > 1);
    let mut table = shared_table(&shared);
    if !single.is_empty() {
        table.push_str("\n| program | case | verdict: reason |\n|---|---|---|\n");
        for [case, program, outcome] in single {
            let (case, outcome) = (escaped(case), escaped(outcome));
            table.push_str(&format!("| {program} | {case} | {outcome} |\n"));
        }
    }
    table
}

fn shared_table(rows: &[&[String; 3]]) -> String {
    let (mut cases, mut programs) = (Vec::new(), Vec::new());
    let mut seen: BTreeMap<(&str, &str), &str> = BTreeMap::new();
    for [case, program, outcome] in rows {
        for (list, one) in [(&mut cases, case), (&mut programs, program)] {
            if !list.contains(&one.as_str()) {
                list.push(one.as_str());
            }
        }
        seen.insert((case, program), outcome);
    }
    let mut table = format!("| case | verdict: reason | {} |\n", programs.join(" | "));
    table.push_str(&format!("|---|---|{}\n", "---|".repeat(programs.len())));
    for case in cases {
        let outcomes: Vec<&str> = programs
            .iter()
            .map(|program| seen.get(&(case, *program)).copied().unwrap_or_default())
            .collect();
        let usual = most_common(&outcomes);
        let cells = outcomes.iter().map(|outcome| match *outcome {
            outcome if outcome == usual => "✓".to_owned(),
            other => escaped(other),
        });
        let cells: Vec<String> = cells.collect();
        table.push_str(&format!("| {} | {usual} | {} |\n", escaped(case), cells.join(" | ")));
    }
    table
}

/// What most programs do, of those that can do it.
fn most_common<'a>(outcomes: &[&'a str]) -> &'a str {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for outcome in outcomes.iter().filter(|outcome| outcome.contains(": ")) {
        *counts.entry(outcome).or_default() += 1;
    }
    counts.into_iter().max_by_key(|(_, count)| *count).map_or("–", |(outcome, _)| outcome)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directories_stand_side_by_side() {
        let row = |cells: [&str; 3]| cells.map(str::to_owned).to_vec();
        let rows = [
            row(["openldap", "rename", "keeps factors"]),
            row(["389ds", "rename", "keeps factors"]),
            row(["389ds", "median", "3 ms"]),
        ];
        let expected = "\
| claim | openldap | 389ds |
|---|---|---|
| rename | keeps factors | keeps factors |
| median |  | 3 ms |
";
        assert_eq!(directories_table(&rows), expected);
    }

    #[test]
    fn a_program_that_does_something_else_stands_out() {
        let row = |cells: [&str; 3]| cells.map(str::to_owned).to_vec();
        let rows = [
            row(["password;code", "IMAP", "granted: totp"]),
            row(["second screen", "IMAP", "–"]),
            row(["password;code", "POP3", "granted: totp"]),
            row(["second screen", "POP3", "–"]),
            row(["password;code", "ssh", "FAILED"]),
            row(["second screen", "ssh", "granted: totp"]),
            row(["key, then code", "ssh", "granted: totp"]),
        ];
        let expected = "\
| case | verdict: reason | IMAP | POP3 | ssh |
|---|---|---|---|---|
| password;code | granted: totp | ✓ | ✓ | FAILED |
| second screen | granted: totp | – | – | ✓ |

| program | case | verdict: reason |
|---|---|---|
| ssh | key, then code | granted: totp |
";
        assert_eq!(programs_table(&rows), expected);
    }
}
