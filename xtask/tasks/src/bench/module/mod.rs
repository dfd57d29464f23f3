//! `cargo xtask bench module`: what a login costs in figures that come out the same on every run:
//! instructions in user space, counted by callgrind.

mod engine;
mod functions;
mod host;

use clap::Args;

use super::world::{BenchWorld, Contents, Transport};
use super::{machine, verdicts};
use crate::failure::{Outcome, guarded};
use crate::prepare::heading;

/// Users of each directory: enough for every login to have its own.
const USERS: u32 = 1000;

/// Users of monk's own store.
const USERS_OF_THE_STORE: u32 = 300;

/// Instructions of a login, libraries in the host program
///
/// The module's instructions for each login beyond libpam's own, those of the engine, the functions
/// in which they are spent, the libraries that the module brings along, and its size. All of it repeats
/// on every machine with the same processor features.
#[derive(Args, Default)]
pub struct ModuleOptions {
    /// Leave out the engine's instructions, which take minutes
    #[arg(long)]
    module_only: bool,
}

/// Measures, and prints the tables. True where the goals are met.
pub fn run(options: &ModuleOptions, dev: bool) -> Outcome {
    let named = if dev { None } else { Some(crate::cargo::build_module_with_names()?) };
    guarded(|| {
        let mut ldap = BenchWorld::ldap(&Contents::of(USERS), &[Transport::Ldaps]);
        let mut embedded = BenchWorld::embedded(&Contents::of(USERS_OF_THE_STORE));
        heading("Logging everybody in once");
        ldap.become_known(Transport::Ldaps);
        embedded.become_known(Transport::Embedded);

        heading("Counting the module's instructions");
        let (mut text, goals) = host::table(&ldap);
        text.push_str(&functions::list(&ldap, named.as_deref()));
        if !options.module_only {
            heading("Counting the engine's instructions (minutes)");
            text.push_str(&engine::table(&mut ldap, &mut embedded));
        }
        text.push_str(&format!(
            "\n{}\nMeasured on {}.\n",
            verdicts(&goals),
            machine::description()
        ));
        print!("{text}");
        goals.iter().all(|(is_met, _)| *is_met)
    })
}

/// A number with a blank between thousands.
fn grouped(number: i64) -> String {
    let sign = if number < 0 { "−" } else { "" };
    format!("{sign}{}", super::size::grouped(number.unsigned_abs()))
}
