//! `cargo xtask bench`: measurements of the release build, as tables in markdown.

mod all;
mod argon2;
mod cells;
mod enrolment;
mod floor;
mod growth;
mod login;
pub(crate) mod machine;
mod mail;
mod memory;
mod module;
mod peers;
mod people;
mod row;
mod size;
mod statistics;
mod typed;
mod world;

use clap::{Args, Command, Subcommand};
use monk_tests::site::take_programs_from;

use crate::cargo::{own_programs, release_programs};
use crate::failure::{Failure, Outcome};
use crate::prepare;

/// Measure, and print tables in markdown
#[derive(Args)]
pub struct BenchOptions {
    /// The development build, to try the bench itself out: its figures mean nothing
    #[arg(long, global = true)]
    dev: bool,

    /// With everything: put the tables into docs/results/performance.md
    #[arg(long)]
    write: bool,

    /// Everything, one after the other, where nothing is named
    #[command(subcommand)]
    bench: Option<Bench>,
}

/// What is measured.
#[derive(Subcommand)]
enum Bench {
    Login(login::LoginOptions),
    Growth(growth::GrowthOptions),
    Argon2(argon2::Argon2Options),
    Memory(memory::MemoryOptions),
    Mail(mail::MailOptions),
    /// Instructions of a login, libraries in the host program
    Module,
    Enrolment(enrolment::EnrolmentOptions),
    /// Size and links of the module and the programs
    Size,
}

/// Measures. True where the goals are met.
pub fn run(options: &BenchOptions) -> Outcome {
    let Some(bench) = &options.bench else {
        let parts = Bench::augment_subcommands(Command::new("bench"));
        let names: Vec<_> =
            parts.get_subcommands().map(|part| part.get_name().to_owned()).collect();
        return all::run(&names, options.dev, options.write);
    };
    if let Bench::Size = bench {
        return size::run(options.dev);
    }
    make_ready(options.dev)?;
    match bench {
        Bench::Login(login) => login::run(login),
        Bench::Growth(options) => growth::run(options),
        Bench::Argon2(options) => argon2::run(options),
        Bench::Memory(options) => memory::run(options),
        Bench::Mail(options) => mail::run(options),
        Bench::Module => module::run(),
        Bench::Enrolment(options) => enrolment::run(options),
        Bench::Size => size::run(options.dev),
    }
}

/// Installs the packages that worlds need, and builds what is measured.
fn make_ready(dev: bool) -> Result<(), Failure> {
    prepare::install()?;
    if dev {
        take_programs_from(&own_programs()?);
        return Ok(());
    }
    prepare::build_release()?;
    take_programs_from(&release_programs()?);
    Ok(())
}

/// What stands under all tables: rows that could not be measured, and the goals.
fn closing(wrong: &[String], goals: &[(bool, String)]) -> String {
    let mut text = String::new();
    if !wrong.is_empty() {
        text.push_str("\nRows without a figure, because a login did not end as it should:\n\n");
        text.extend(wrong.iter().map(|why| format!("- {why}\n")));
    }
    if !goals.is_empty() {
        text.push_str(&format!("\nThe goals:\n\n{}", verdicts(goals)));
    }
    text
}

/// The lines that say which goals are met, under a table.
fn verdicts(goals: &[(bool, String)]) -> String {
    let line = |(is_met, words): &(bool, String)| {
        format!("- {} {words}\n", if *is_met { "✓" } else { "✗" })
    };
    goals.iter().map(line).collect()
}
