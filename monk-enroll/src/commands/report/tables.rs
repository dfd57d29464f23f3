//! The report for people: numbers first, then the tables that they act on.

use std::io::{self, Write};

use monk_terms::kind::Kind;

use super::Report;
use super::gathered::{Seen, Way};
use super::people::{Person, count};
use super::source::Log;
use crate::output::{Output, Plain, Style};
use crate::table::{Cell, Table};
use crate::when::Moment;

/// Rows of a table without `--full`: what fits a screen beside its heading.
const ROWS: usize = 20;

/// A log that begins so much later than was asked for, in seconds, does not go back far enough.
const LATE: u64 = super::DAY;

/// Writes it.
pub fn write(out: &mut Output, report: &Report<'_>) -> io::Result<()> {
    numbers(out, report)?;
    factors(out, report)?;
    if report.log.logins().is_some() {
        doors(out, report)?;
    }
    without_factor(out, report)?;
    codes(out, report)?;
    if report.log.logins().is_some() {
        password_alone(out, report)?;
        absent(out, report)?;
        others(out, report)?;
    }
    match report.args.full {
        true => everybody(out, report),
        false => Ok(()),
    }
}

fn numbers(out: &mut Output, report: &Report<'_>) -> io::Result<()> {
    let people = &report.people;
    let all = count(people.people.iter());
    let with = people.with_second_factor();
    let (with, without) = (share(with, all), share(all - with, all));
    writeln!(out, "Users: {all}, with a second factor: {with}, without: {without}.")?;
    let days = report.args.days;
    match &report.log {
        Log::Missing(why) => {
            let mark = out.screen.paint(Style::Warning, "!");
            writeln!(out, "{mark} Nothing is known of logins: {}.", Plain(why))?;
            writeln!(
                out,
                "  Name the file that syslog writes monk's lines to: monk-enroll report --log /var/log/auth.log"
            )
        }
        Log::Read { logins, extent, since } => {
            let here = people.logged_in();
            let (here, away) = (share(here, all), share(all - here, all));
            let ends = logins.ends;
            writeln!(out, "Logged in during the last {days} days: {here}, not: {away}.")?;
            writeln!(
                out,
                "Logins: granted {}, refused {}, to unknown names {}, without an answer {}, broken off {}.",
                ends.granted, ends.refused, ends.ignored, ends.unavailable, ends.abandoned
            )?;
            if let Some(begin) = extent.begin.filter(|begin| *begin > since + LATE) {
                let mark = out.screen.paint(Style::Warning, "!");
                writeln!(out, "{mark} The log goes back no further than {} UTC.", Moment(begin))?;
            }
            if extent.forged > 0 {
                let mark = out.screen.paint(Style::Warning, "!");
                writeln!(
                    out,
                    "{mark} Left out: {} lines in the name of monkd that the engine did not write.",
                    extent.forged
                )?;
            }
            Ok(())
        }
    }
}

fn factors(out: &mut Output, report: &Report<'_>) -> io::Result<()> {
    let all = count(report.people.people.iter());
    let mut table = Table::new(["FACTOR", "USERS", "SHARE"]);
    let factors = report.people.factors();
    for (kind, users) in &factors {
        table.row([(*kind).into(), users.to_string().into(), percent(*users, all).into()]);
    }
    titled(out, "Factors", !factors.is_empty(), &table)
}

fn doors(out: &mut Output, report: &Report<'_>) -> io::Result<()> {
    let mut table = Table::new(["SERVICE", "REASON", "LOGINS", "USERS", "NETWORKS"]);
    let doors = report.people.doors();
    for (door, through) in &doors {
        table.row([
            door.service.into(),
            door.reason.into(),
            through.logins.to_string().into(),
            through.users.len().to_string().into(),
            through.networks.len().to_string().into(),
        ]);
    }
    titled(out, "How users log in", !doors.is_empty(), &table)
}

fn without_factor(out: &mut Output, report: &Report<'_>) -> io::Result<()> {
    let mut table = Table::new(["USER", "MAIL", "STATE", "LAST LOGIN", "SERVICES"]);
    for person in report.shown(report.people.without_factor()) {
        let mut services: Vec<_> = person.ways.iter().map(|(way, _)| &way.service).collect();
        services.dedup();
        table.row([
            (&person.row.name).into(),
            mail(person),
            state(person),
            last(report, person),
            super::super::status::list_of(services),
        ]);
    }
    let all = count(report.people.without_factor());
    limited(out, report, "Without a second factor", all, &table)
}

fn codes(out: &mut Output, report: &Report<'_>) -> io::Result<()> {
    let mut table = Table::new(["USER", "MAIL", "CODES LEFT"]);
    for (person, left) in report.shown(report.people.short_of_codes()) {
        table.row([(&person.row.name).into(), mail(person), left.to_string().into()]);
    }
    limited(out, report, "Few backup codes left", count(report.people.short_of_codes()), &table)
}

fn password_alone(out: &mut Output, report: &Report<'_>) -> io::Result<()> {
    let mut table = Table::new(["USER", "SERVICE", "REASON", "NETWORK", "LOGINS", "LAST"]);
    for (person, way, seen) in report.shown(report.people.by_password_alone()) {
        table.row(row(&person.row.name, way, seen));
    }
    let all = count(report.people.by_password_alone());
    limited(out, report, "Logins with the password alone", all, &table)
}

fn absent(out: &mut Output, report: &Report<'_>) -> io::Result<()> {
    let mut table = Table::new(["USER", "MAIL", "STATE", "FACTORS"]);
    for person in report.shown(report.people.absent()) {
        table.row([(&person.row.name).into(), mail(person), state(person), kinds(person)]);
    }
    let title = format!("Not logged in for {} days", report.args.days);
    limited(out, report, &title, count(report.people.absent()), &table)
}

/// Where only some users were asked for, everybody else would stand here.
fn others(out: &mut Output, report: &Report<'_>) -> io::Result<()> {
    if !report.args.group.is_empty() {
        return Ok(());
    }
    let others = &report.people.others;
    let mut table = Table::new(["NAME", "SERVICE", "REASON", "NETWORK", "LOGINS", "LAST"]);
    for (way, seen) in report.shown(others.iter()) {
        table.row(row(&way.user, way, *seen));
    }
    let title = "Logins under other names than a user has now";
    limited(out, report, title, count(others.iter()), &table)
}

fn everybody(out: &mut Output, report: &Report<'_>) -> io::Result<()> {
    let mut table = Table::new(["USER", "STATE", "FACTORS", "CODES LEFT", "LOGINS", "LAST LOGIN"]);
    for person in &report.people.people {
        let seen = person.seen();
        let is_known = report.log.logins().is_some();
        table.row([
            (&person.row.name).into(),
            state(person),
            kinds(person),
            person.row.backup_codes_left.map(|left| left.to_string()).unwrap_or_default().into(),
            if is_known { seen.logins.to_string() } else { String::new() }.into(),
            last(report, person),
        ]);
    }
    titled(out, "All users", !report.people.people.is_empty(), &table)
}

fn row(name: &str, way: &Way, seen: Seen) -> [Cell; 6] {
    [
        name.into(),
        (&way.service).into(),
        way.reason.into(),
        way.network.as_deref().unwrap_or_default().into(),
        seen.logins.to_string().into(),
        seen.last.map(|last| Moment(last).to_string()).unwrap_or_default().into(),
    ]
}

fn mail(person: &Person) -> Cell {
    person.row.mail.as_deref().unwrap_or_default().into()
}

fn state(person: &Person) -> Cell {
    person.row.state.as_str().into()
}

fn kinds(person: &Person) -> Cell {
    let kinds: Vec<&str> = person.row.factors.iter().copied().map(Kind::as_str).collect();
    match kinds.is_empty() {
        true => Cell::styled(Style::Warning, "none"),
        false => kinds.join(", ").into(),
    }
}

fn last(report: &Report<'_>, person: &Person) -> Cell {
    match (person.seen().last, report.log.logins()) {
        (Some(last), _) => Moment(last).to_string().into(),
        (None, Some(_)) if person.ways.is_empty() => "not seen".into(),
        _ => Cell::default(),
    }
}

impl Report<'_> {
    /// The rows of a table that are shown.
    fn shown<T>(&self, all: impl Iterator<Item = T>) -> impl Iterator<Item = T> {
        all.take(if self.args.full { usize::MAX } else { ROWS })
    }
}

/// A table that may have more rows than are shown.
fn limited<const N: usize>(
    out: &mut Output,
    report: &Report<'_>,
    title: &str,
    all: u64,
    table: &Table<N>,
) -> io::Result<()> {
    titled(out, &format!("{title}: {all}"), all > 0, table)?;
    let more = all.saturating_sub(ROWS.try_into().unwrap_or(u64::MAX));
    match more > 0 && !report.args.full {
        true => writeln!(out, "and {more} more: --full, --csv and --json have all of them"),
        false => Ok(()),
    }
}

/// A table with its title, where there is anything in it.
fn titled<const N: usize>(
    out: &mut Output,
    title: &str,
    is_any: bool,
    table: &Table<N>,
) -> io::Result<()> {
    if !is_any {
        return Ok(());
    }
    let title = out.screen.paint(Style::Strong, title);
    writeln!(out, "\n{title}")?;
    table.write(out)
}

/// A number, and how much of the whole it is.
fn share(some: u64, all: u64) -> String {
    match all {
        0 => some.to_string(),
        _ => format!("{some} ({})", percent(some, all)),
    }
}

fn percent(some: u64, all: u64) -> String {
    match some.saturating_mul(100).checked_div(all) {
        // Never "all of them" while there is somebody left, and never "none" while there is somebody.
        Some(0) if some > 0 => "<1%".to_owned(),
        Some(percent) => format!("{percent}%"),
        None => String::new(),
    }
}
