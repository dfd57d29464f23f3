//! `report`: who has which factors, and who logs in how.
//!
//! ```text
//! source     the log: the journal, or files
//! gathered   its logins, counted by user, service, reason and network
//! people     the users of the directory, each with these logins
//! tables     for people      csv, documents   for programs
//! forecasts  what the policy that is to come would say      would_break   whom it would refuse
//! replay     has the engine decide the logins under other settings      changes   what they change, for whom
//! ```

mod changes;
mod csv;
mod documents;
mod forecasts;
mod gathered;
mod people;
mod replay;
mod source;
mod tables;
mod would_break;

use monk_wire::manage::Listing;

use super::list;
use crate::cli::ReportArgs;
use crate::error::Error;
use crate::exit::Exit;
use crate::session::Session;
use people::People;
use source::Log;

/// Seconds of a day.
const DAY: u64 = 24 * 60 * 60;

/// What a report is made of.
struct Report<'a> {
    args: &'a ReportArgs,
    log: Log,
    people: People,
}

/// Shows the report.
pub fn run(session: &mut Session, args: &ReportArgs) -> Result<Exit, Error> {
    let log = source::read(session, args)?;
    let listing = Listing {
        groups: args.group.clone(),
        only_members: !args.group.is_empty(),
        ..Listing::default()
    };
    let mut rows = Vec::new();
    list::each(session, listing, |row| rows.push(row))?;
    if args.would_break {
        return would_break::run(session, args, &log, &rows);
    }
    if let Some(policy) = &args.policy {
        return changes::run(session, (args, policy), &log, &rows);
    }
    let people = People::of(rows, log.logins());
    let report = Report { args, log, people };
    match (session.json, args.csv) {
        (true, _) => documents::write(&mut session.out, &report)?,
        (false, true) => csv::write(&mut session.out, &report)?,
        (false, false) => tables::write(&mut session.out, &report)?,
    }
    Ok(Exit::Done)
}

#[cfg(test)]
mod changes_tests;
#[cfg(test)]
mod tests;
