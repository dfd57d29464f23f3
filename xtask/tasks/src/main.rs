//! The tasks of this workspace, each one command. `cargo xtask` has built the workspace before it
//! starts this program, and shows the help.
//!
//! | module | what it does |
//! |---|---|
//! | `demo` | shows logins through real servers in a private machine |
//! | `test` | runs all tests and counts them |
//! | `conformance` | runs every case through every program, and the hostile moments, for a table |
//! | `accessibility` | has axe-core and the Nu HTML checker look at the portal |
//! | `screenshots` | takes the README's pictures of the portal |
//! | `audit` | checks dependencies, and the minimum Rust version |
//! | `bench` | measures logins and the size of what is shipped |
//! | `deb` | builds the Debian package |
//! | `manual` | writes the manual pages and shell completions |
//! | `pages` | tries what pages tell somebody with a clone to type |
//! | `prepare` | installs packages, and builds for release |
//! | `results` | puts tables on the pages of docs/results |
//! | `tools` | installs tools of cargo |

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a program for people: what it finds is its standard output"
)]

mod accessibility;
mod audit;
mod bench;
mod cargo;
mod conformance;
mod deb;
mod demo;
mod failure;
mod manual;
#[cfg(test)]
mod pages;
mod paint;
mod prepare;
mod results;
mod screenshots;
mod test;
mod tools;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use failure::Failure;

/// Exit status where a login, a test or a goal was not as it should be.
const NOT_AS_IT_SHOULD: u8 = 1;

/// Exit status where there is no answer: not root, no package, no build.
const NOT_DONE: u8 = 3;

/// The tasks of this workspace
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", max_term_width = 80)]
#[command(disable_help_subcommand = true)]
struct Options {
    #[command(subcommand)]
    task: Task,
}

/// What can be done; the help of each is where its options are.
#[derive(Subcommand)]
enum Task {
    Demo(demo::DemoOptions),
    Test(test::TestOptions),
    Conformance(conformance::ConformanceOptions),
    Manual(manual::ManualOptions),
    Deb(deb::DebOptions),
    Bench(bench::BenchOptions),
    Audit(audit::AuditOptions),
    /// Look at every page of the portal with axe-core and the Nu HTML checker
    Accessibility,
    /// Take the README's pictures of the portal
    Screenshots,
}

fn main() -> ExitCode {
    let result = match Options::parse().task {
        Task::Demo(options) => demo::run(&options),
        Task::Test(options) => test::run(&options),
        Task::Conformance(options) => conformance::run(&options),
        Task::Manual(options) => manual::run(&options),
        Task::Deb(options) => deb::run(&options),
        Task::Bench(options) => bench::run(&options),
        Task::Audit(options) => audit::run(&options),
        Task::Accessibility => accessibility::run(),
        Task::Screenshots => screenshots::run(),
    };
    match result {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(NOT_AS_IT_SHOULD),
        Err(Failure(why)) => {
            eprintln!("xtask: {why}");
            ExitCode::from(NOT_DONE)
        }
    }
}
