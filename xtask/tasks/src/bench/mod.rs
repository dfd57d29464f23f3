//! `cargo xtask bench`: measurements of the release build, as tables in markdown that can be
//! pasted into docs/.

mod enrolment;
mod login;
pub(crate) mod machine;
mod size;
mod statistics;
mod world;

use clap::Subcommand;

use crate::failure::Outcome;

/// What is measured.
#[derive(Subcommand)]
pub enum Bench {
    Login(login::LoginOptions),
    Enrolment(enrolment::EnrolmentOptions),
    /// Size and links of the module and the programs
    Size,
}

/// Measures. True where the goals are met.
pub fn run(bench: &Bench) -> Outcome {
    match bench {
        Bench::Enrolment(options) => enrolment::run(options),
        Bench::Login(options) => login::run(options),
        Bench::Size => size::run(),
    }
}
