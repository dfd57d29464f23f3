//! The report as comma-separated values (RFC 4180): a line for each user and way of logging in, so that a spreadsheet
//! can filter and count them.

use std::io::{self, Write};

use csv_core::{WriteResult, Writer};
use monk_terms::kind::Kind;

use super::Report;
use super::gathered::{Seen, Way};
use super::people::Person;
use crate::output::{Output, Plain};
use crate::when::Moment;

/// What a spreadsheet takes for a formula when a cell begins with it (OWASP, "CSV Injection").
const FORMULA: [char; 6] = ['=', '+', '-', '@', '\t', '\r'];

/// The first line.
const HEADING: [&str; 14] = [
    "user",
    "mail",
    "state",
    "second_factor",
    "devices",
    "app_passwords",
    "factors",
    "backup_codes_left",
    "name",
    "service",
    "reason",
    "network",
    "logins",
    "last_login",
];

/// Writes it.
pub fn write(out: &mut Output, report: &Report<'_>) -> io::Result<()> {
    line(out, HEADING)?;
    for person in &report.people.people {
        let user = of_user(person);
        if person.ways.is_empty() {
            line(out, both(&user, &Default::default()))?;
        }
        for (way, seen) in &person.ways {
            line(out, both(&user, &of_way(way, *seen)))?;
        }
    }
    if report.args.group.is_empty() {
        for (way, seen) in &report.people.others {
            line(out, both(&Default::default(), &of_way(way, *seen)))?;
        }
    }
    Ok(())
}

fn of_user(person: &Person) -> [String; 8] {
    let row = &person.row;
    let factors: Vec<&str> = row.factors.iter().copied().map(Kind::as_str).collect();
    [
        row.name.clone(),
        row.mail.clone().unwrap_or_default(),
        row.state.as_str().to_owned(),
        if row.second_factor { "yes" } else { "no" }.to_owned(),
        row.devices.to_string(),
        row.app_passwords.to_string(),
        factors.join(" "),
        row.backup_codes_left.map(|left| left.to_string()).unwrap_or_default(),
    ]
}

fn of_way(way: &Way, seen: Seen) -> [String; 6] {
    [
        way.user.clone(),
        way.service.clone(),
        way.reason.to_owned(),
        way.network.clone().unwrap_or_default(),
        seen.logins.to_string(),
        seen.last.map(|last| Moment(last).to_string()).unwrap_or_default(),
    ]
}

fn both<'a>(user: &'a [String; 8], way: &'a [String; 6]) -> [&'a str; 14] {
    let mut cells = user.iter().chain(way).map(String::as_str);
    std::array::from_fn(|_| cells.next().unwrap_or_default())
}

/// Writes one line.
///
/// # Errors
/// Those of writing.
pub fn line<'a>(out: &mut Output, cells: impl IntoIterator<Item = &'a str>) -> io::Result<()> {
    let mut writer = Writer::new();
    let mut room = [0; 1024];
    for (place, cell) in cells.into_iter().enumerate() {
        if place > 0 {
            let (_, length) = writer.delimiter(&mut room);
            out.write_all(&room[..length])?;
        }
        let cell = harmless(cell);
        let mut rest = cell.as_bytes();
        loop {
            let (result, read, length) = writer.field(rest, &mut room);
            out.write_all(&room[..length])?;
            rest = &rest[read..];
            if result == WriteResult::InputEmpty {
                break;
            }
        }
    }
    let (_, length) = writer.terminator(&mut room);
    out.write_all(&room[..length])
}

/// A cell that steers no terminal, and that no spreadsheet takes for a formula.
fn harmless(cell: &str) -> String {
    let mark = if cell.starts_with(FORMULA) { "'" } else { "" };
    format!("{mark}{}", Plain(cell))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::Screen;
    use crate::scripted::Captured;

    #[test]
    fn cells_are_quoted_and_are_no_formulas() {
        let captured = Captured::default();
        let mut out = Output::new(Box::new(captured.clone()), Screen::NONE);
        let long = "x".repeat(5000);
        let cells = ["a,b", "a\"b", "=1+1", "-2", "@x", "+x", "a\nb\x1b", "", "jürgen", &long];
        line(&mut out, cells).unwrap();
        line(&mut out, ["", ""]).unwrap();
        out.flush().unwrap();
        let expected =
            format!("\"a,b\",\"a\"\"b\",'=1+1,'-2,'@x,'+x,a\u{fffd}b\u{fffd},,jürgen,{long}\n,\n");
        assert_eq!(captured.text(), expected);
    }
}
