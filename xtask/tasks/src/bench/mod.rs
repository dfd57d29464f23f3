//! `cargo xtask bench`: measurements of the release build, as tables in markdown.

mod all;
mod argon2;
mod boots;
mod cells;
mod enrolment;
mod floor;
mod growth;
mod login;
pub(crate) mod machine;
mod mail;
mod memory;
mod module;
mod names;
mod peers;
mod people;
mod portal;
mod portal_browser;
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
    Names(names::NamesOptions),
    Boots(boots::BootsOptions),
    Enrolment(enrolment::EnrolmentOptions),
    /// Pages, times and memory of the portal, and sign-ins beside logins through PAM
    Portal,
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
        Bench::Names(options) => names::run(options),
        Bench::Boots(options) => boots::run(options),
        Bench::Enrolment(options) => enrolment::run(options),
        Bench::Portal => portal::run(),
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

/// Says how the rows of a table were measured.
fn tell_circumstances(rounds: u32, samples: usize) {
    println!(
        "\nMedians of {rounds} rounds of {samples} logins (fewer of what takes long), all rows in turns, all \
         in one machine, whose directory is in memory: {}.",
        machine::description()
    );
}

/// Says which rows could not be measured and which goals are met. True where nothing is amiss.
fn conclude(wrong: &[String], goals: &[(bool, String)]) -> bool {
    if !wrong.is_empty() {
        println!("\nRows without a figure, because a login did not end as it should:\n");
        wrong.iter().for_each(|why| println!("- {why}"));
    }
    if !goals.is_empty() {
        println!("\nThe goals:\n");
    }
    for (is_met, words) in goals {
        println!("- {} {words}", if *is_met { "✓" } else { "✗" });
    }
    wrong.is_empty() && goals.iter().all(|(is_met, _)| *is_met)
}
