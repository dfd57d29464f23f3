//! `import`: devices of other systems.
//!
//! Read everything, check everything, and only then write; see `monk_wire::manage::Import` for how
//! parts that were written are taken back.

mod interruption;
mod list;
mod parts;
mod report;
mod source;
mod users;

use crate::cli::ImportArgs;
use crate::error::Error;
use crate::exit::Exit;
use crate::session::Session;
use list::List;
use parts::Parts;

pub use users::users;

/// Imports devices.
pub fn devices(session: &mut Session, args: &ImportArgs) -> Result<Exit, Error> {
    let mut list = List::read(args)?;
    let mut parts = Parts::new(&mut list)?;
    match parts.check(session) {
        // What is wrong with the files is told, whether or not the engine answers.
        Err(_) if !parts.list.problems.is_empty() => {}
        checked => checked?,
    }
    if !list.problems.is_empty() {
        return report::problems(session, &list);
    }
    if !args.dry_run {
        Parts::new(&mut list)?.enrol(session)?;
    }
    report::done(session, &list, args.dry_run)
}

#[cfg(test)]
mod tests;
