//! The report as JSON.

use std::io;

use super::Report;
use super::gathered::{Seen, Way};
use super::people::{Person, count};
use super::source::Log;
use crate::json::document;
use crate::output::Output;
use crate::when::Moment;

/// Writes it.
pub fn write(out: &mut Output, report: &Report<'_>) -> io::Result<()> {
    let (args, people) = (report.args, &report.people);
    let users = count(people.people.iter());
    let with_second_factor = people.with_second_factor();
    let (logins, extent, missing) = match &report.log {
        Log::Missing(why) => (None, None, Some(why)),
        Log::Read { logins, extent, .. } => (Some(logins.ends), Some(extent), None),
    };
    let lines = extent.map(|extent| extent.lines);
    let left_out = extent.map(|extent| extent.forged);
    let begin = extent.and_then(|extent| extent.begin).map(Moment);
    let ends = logins.map(|ends| {
        document! {
            granted: ends.granted, refused: ends.refused, ignored: ends.ignored,
            unavailable: ends.unavailable, abandoned: ends.abandoned
        }
    });
    let factors = people.factors();
    let factors = factors.iter().map(|(kind, users)| document! { kind, users });
    let doors = people.doors();
    let doors = doors.iter().map(|(door, through)| {
        let (service, reason, logins) = (door.service, door.reason, through.logins);
        document! {
            service, reason, logins, users: through.users.len(), networks: through.networks.len()
        }
    });
    let has_log = logins.is_some();
    let everybody = people.people.iter().map(|person| {
        let Person { row, ways } = person;
        let seen = person.seen();
        let factors: Vec<&str> = row.factors.iter().map(|kind| kind.as_str()).collect();
        document! {
            user: &row.name, mail: &row.mail, state: row.state.as_str(), devices: row.devices,
            app_passwords: row.app_passwords, second_factor: row.second_factor, factors,
            backup_codes_left: row.backup_codes_left, logins: has_log.then_some(seen.logins),
            last_login: seen.last.map(Moment), ways: documents(ways)
        }
    });
    // Where only some users were asked for, everybody else would stand here.
    let others: &[(Way, Seen)] = if args.group.is_empty() { &people.others } else { &[] };
    out.json(&document! {
        days: args.days, groups: &args.group, services: &args.service,
        log: document! { lines, left_out, begin, missing },
        users, with_second_factor, without: users - with_second_factor,
        logged_in: has_log.then(|| people.logged_in()),
        logins: ends,
        factors: factors.collect::<Vec<_>>(),
        doors: doors.collect::<Vec<_>>(),
        people: everybody.collect::<Vec<_>>(),
        others: documents(others)
    })
}

/// One way of logging in.
#[derive(serde::Serialize)]
struct WayDocument<'a> {
    name: &'a str,
    service: &'a str,
    reason: &'a str,
    network: Option<&'a str>,
    logins: u64,
    last: Option<Moment>,
}

fn documents(ways: &[(Way, Seen)]) -> Vec<WayDocument<'_>> {
    fn document<'a>((way, seen): &'a (Way, Seen)) -> WayDocument<'a> {
        let Way { user: name, service, reason, network } = way;
        let (logins, last) = (seen.logins, seen.last.map(Moment));
        WayDocument { name, service, reason, network: network.as_deref(), logins, last }
    }
    ways.iter().map(document).collect()
}
