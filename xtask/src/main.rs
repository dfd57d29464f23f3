//! `cargo xtask`: the door to the tasks of this workspace.
//!
//! The tasks themselves ([`TASKS`]) use the crates of the workspace. This program has no
//! dependencies, so that a newcomer sees something at once: it makes ready what the linker needs,
//! builds the whole workspace once, with cargo's own progress, and becomes the tasks.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a program for people")]

mod linking;

use std::env;
use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Command, ExitCode};

/// The program that carries out the tasks; it lies beside this one.
const TASKS: &str = "xtask-tasks";

/// The first words of the tasks, so that nobody waits for a build to be told of a slip.
const KNOWN: [&str; 9] = [
    "demo",
    "test",
    "audit",
    "conformance",
    "bench",
    "manual",
    "deb",
    "accessibility",
    "screenshots",
];

/// Tasks that make private machines, by the words that they begin with.
const FOR_ROOT: [&[&str]; 5] =
    [&["test"], &["conformance"], &["bench"], &["accessibility"], &["screenshots"]];

/// Exit status of a command line that makes no sense.
const USAGE: u8 = 2;

/// Exit status where there is no answer: not root, no package, no build.
const NOT_DONE: u8 = 3;

const HELP: &str = "\
The tasks of this workspace

Usage: cargo xtask TASK

  demo [--ldap] [--shell] [--yes]
      Show logins through real Dovecot and sshd, in a private machine: its own
      files, network and processes. As root, it lists the servers that are
      missing and installs them; else it unpacks a small Debian of its own into
      memory. Nothing else on this machine is changed.
      --ldap      Keep users and credentials in a real slapd
      --shell     In the end, open a shell in there, to log in by hand
      --yes       Without a pause before that

  demo --web [--check]
      Show the portal on http://localhost:8080, for your own browser and phone.
      Needs no root; everything is in a temporary folder, until Ctrl-C.
      --check     Only see whether its first page answers

  test [--all] [FILTER]
      Run the tests: unit, property, doc and whole-system, and count them.
      --all       Also the package on Debian 13, built twice, and what lintian,
                  piuparts and autopkgtest say of it: about half an hour
      FILTER      Only tests whose name contains this

  audit [--advisories CLONE]
      Check licences, bans, sources and advisories of dependencies, and the
      minimum Rust version: some minutes. Installs cargo-deny, and that Rust.
      --advisories  A clone of github.com/RustSec/advisory-db to take

  conformance [--quick] [--write] [--only SUITE]...
      Every case through every program, and monk under faults and attacks: two
      tables in markdown. Takes about an hour.
      --quick     As often as in the usual tests: some minutes
      --write     Put the tables into docs/results/conformance.md

  bench [--write] [--dev]
      Measure everything, one after the other: half an hour or more. Tables
      in markdown.
      --write     Put the tables into docs/results/performance.md
      --dev       The development build, to try the bench out

  bench PART [OPTIONS]
      One part: login, growth, argon2, memory, mail, module, names, enrolment,
      portal or size.
      Its options are told by --help.

  accessibility
      Have axe-core and the Nu HTML checker look at every page of the portal, in
      both languages, light and dark: some minutes. Fetches them with npm.

  screenshots
      Take the pictures of the portal in docs/pictures.

  manual [--out FOLDER]
      Write the manual pages and shell completions.

  deb [--quick | --twice] [--check] [--output FOLDER]
      Build the Debian packages: some minutes.
      --quick     From the programs of the dev profile: seconds, for tests
      --twice     Build them in two places, and compare bit by bit
      --check     Have lintian, piuparts and autopkgtest look at them (root)
      --output    Where to put it, in place of target/package

Each installs the Debian packages that it lacks, and builds the workspace: this
takes minutes the first time. Private machines need root, but for the demo.

Exit codes: 0 all is as it should be, 1 something is not, 2 usage, 3 could not
be tried (not root, no package, no build).
";

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    if arguments.iter().any(|argument| argument == "-h" || argument == "--help") {
        print!("{HELP}");
        return ExitCode::SUCCESS;
    }
    match arguments.first() {
        Some(task) if KNOWN.contains(&task.as_str()) => {}
        Some(task) => {
            eprint!("xtask: there is no task {task:?}\n\n{HELP}");
            return ExitCode::from(USAGE);
        }
        None => {
            eprint!("{HELP}");
            return ExitCode::from(USAGE);
        }
    }
    // Only a failure comes back.
    let Err(why) = start(&arguments);
    eprintln!("xtask: {why}");
    ExitCode::from(NOT_DONE)
}

/// Makes everything ready, and becomes the tasks.
fn start(arguments: &[String]) -> Result<std::convert::Infallible, String> {
    need_root(arguments)?;
    let link = linking::folder(workspace().join("target/link"))?;
    let libraries = link.map(|folder| (linking::VARIABLE, libraries(folder)));
    eprintln!("==> Building monk (minutes the first time, seconds after that)");
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    // This program is among what is built. It runs on from its old file.
    let mut build = Command::new(cargo);
    build.envs(libraries.clone());
    run(as_from_a_shell(build.args(["build", "--workspace"]).current_dir(workspace())))?;

    let this = env::current_exe().map_err(|error| format!("cannot find this program: {error}"))?;
    let mut tasks = Command::new(this.with_file_name(TASKS));
    let error = as_from_a_shell(tasks.args(arguments).envs(libraries)).exec();
    Err(format!("cannot start {TASKS}: {error}"))
}

/// Leaves out what the cargo that runs this says of this crate. Other crates look at these variables, and
/// would be built again each time somebody changes from `cargo xtask` to another command of cargo.
fn as_from_a_shell(command: &mut Command) -> &mut Command {
    for (name, _) in env::vars_os() {
        let is_of_this_crate = name.to_str().is_some_and(|name| {
            name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_")
        });
        if is_of_this_crate {
            command.env_remove(name);
        }
    }
    command
}

/// The folder, before those that the reader has named.
fn libraries(folder: PathBuf) -> OsString {
    let mut libraries = folder.into_os_string();
    if let Some(others) = env::var_os(linking::VARIABLE) {
        libraries.push(":");
        libraries.push(others);
    }
    libraries
}

/// Refuses what only root can do, with the line to type instead.
fn need_root(arguments: &[String]) -> Result<(), String> {
    if !is_for_root(arguments) || is_root() {
        return Ok(());
    }
    Err(format!(
        "this needs root: it makes private machines (namespaces) and installs Debian packages.\n\
         Nothing else on this machine is changed. Type\n\n    \
         sudo env \"PATH=$PATH\" \"HOME=$HOME\" cargo xtask {}\n",
        arguments.join(" ")
    ))
}

fn is_for_root(arguments: &[String]) -> bool {
    FOR_ROOT.iter().any(|words| begins_with(arguments, words))
}

fn begins_with(arguments: &[String], words: &[&str]) -> bool {
    arguments.len() >= words.len() && arguments.iter().zip(words).all(|(one, other)| one == other)
}

fn is_root() -> bool {
    fs::metadata("/proc/self").is_ok_and(|process| process.uid() == 0)
}

/// Runs a program to its end, in view of the reader.
fn run(command: &mut Command) -> Result<(), String> {
    let name = command.get_program().to_string_lossy().into_owned();
    let status = command.status().map_err(|error| format!("cannot run {name}: {error}"))?;
    if status.success() { Ok(()) } else { Err(format!("{name} ended with {status}")) }
}

fn workspace() -> PathBuf {
    let this = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    this.parent().map_or(this.clone(), PathBuf::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn root_is_asked_of_those_tasks_that_need_it() {
        let words = |line: &str| line.split(' ').map(str::to_owned).collect::<Vec<_>>();
        let needs = |line: &str| is_for_root(&words(line));
        assert!(needs("test") && needs("test --all") && needs("bench") && needs("bench login"));
        assert!(!needs("deb --quick") && !needs("manual") && !needs("demonstrate"));
        assert!(!needs("demo --ldap") && !needs("demo --web") && !needs("tests"));
    }

    #[test]
    fn the_help_fits_a_screen() {
        assert!(HELP.lines().all(|line| line.chars().count() <= 80));
    }
}
