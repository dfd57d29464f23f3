//! `report --would-break`: whose logins the policy that is to come would refuse.

use std::collections::{BTreeMap, HashSet};
use std::io::{self, Write};

use monk_terms::verdict::Refusal;
use monk_wire::manage::UserRow;

use super::csv;
use super::forecasts::{Forecast, Place, Prospect};
use super::gathered::{Gathered, OTHER};
use super::people;
use super::source::Log;
use crate::cli::ReportArgs;
use crate::error::Error;
use crate::exit::Exit;
use crate::json::document;
use crate::output::{Output, Plain, Style};
use crate::session::Session;
use crate::table::Table;
use crate::when::Moment;
use crate::words::refusals;

/// One place whose latest login would be refused.
struct Broken<'a> {
    place: &'a Place,
    prospect: Prospect,
    reason: Option<Refusal>,
}

impl Broken<'_> {
    fn word(&self) -> &'static str {
        self.reason.map_or(OTHER, Refusal::as_str)
    }

    fn explanation(&self) -> &'static str {
        self.reason.map_or("a newer monk has written this reason", refusals::explanation)
    }
}

/// What the forecasts of a log come to.
struct Outlook<'a> {
    broken: Vec<Broken<'a>>,
    /// Places that have a forecast.
    places: u64,
    /// Places where any login would have been refused, also those where the latest one would not.
    ever: u64,
    /// Places whose latest login does not tell.
    unknown: u64,
}

/// Shows it.
pub fn run(
    session: &mut Session,
    args: &ReportArgs,
    log: &Log,
    rows: &[UserRow],
) -> Result<Exit, Error> {
    let logins = log.needed()?;
    let outlook = Outlook::of(logins, rows);
    if outlook.places == 0 {
        let days = args.days;
        let error =
            Error::new(Exit::NotFound, format!("no login of the last {days} days has a forecast"));
        return Err(error.remedy(
            "Write enforce = \"report\" into the policy that is to come: see docs/policy.md.",
        ));
    }
    match (session.json, args.csv) {
        (true, _) => outlook.document(&mut session.out, args)?,
        (false, true) => outlook.csv(&mut session.out)?,
        (false, false) => outlook.tables(&mut session.out, args)?,
    }
    Ok(if outlook.broken.is_empty() { Exit::Done } else { Exit::Refused })
}

impl<'a> Outlook<'a> {
    /// Those of the users who are there now, by login name or mail address.
    fn of(logins: &'a Gathered, rows: &[UserRow]) -> Self {
        let known = people::names(rows);
        let mut outlook = Self { broken: Vec::new(), places: 0, ever: 0, unknown: 0 };
        let all = logins.forecasts.iter().filter(|(place, _)| known.contains(&place.user));
        for (place, prospect) in all {
            outlook.places += 1;
            outlook.ever += u64::from(prospect.refused > 0);
            match prospect.latest {
                Forecast::Granted => {}
                Forecast::Unknown => outlook.unknown += 1,
                Forecast::Refused(reason) => {
                    outlook.broken.push(Broken { place, prospect: *prospect, reason });
                }
            }
        }
        outlook.broken.sort_by(|one, other| one.place.cmp(other.place));
        outlook
    }

    fn users(&self) -> usize {
        self.broken.iter().map(|one| &one.place.user).collect::<HashSet<_>>().len()
    }

    fn tables(&self, out: &mut Output, args: &ReportArgs) -> io::Result<()> {
        let Self { broken, places, ever, unknown } = self;
        writeln!(
            out,
            "Looked at: {places} ways in (user, service and network) of the last {} days.",
            args.days
        )?;
        let style = if broken.is_empty() { Style::Good } else { Style::Bad };
        let count = out.screen.paint(style, broken.len());
        writeln!(
            out,
            "Refused, if the policy were enforced now: {count} (users: {}).",
            self.users()
        )?;
        writeln!(
            out,
            "Refused at any time of these days: {ever}. The log does not tell: {unknown}."
        )?;
        if broken.is_empty() {
            return Ok(());
        }
        writeln!(out)?;
        let mut table = Table::new(["USER", "SERVICE", "NETWORK", "REASON", "LOGINS", "LAST"]);
        for one in broken {
            let Place { user, service, network } = one.place;
            table.row([
                user.into(),
                service.into(),
                network.as_deref().unwrap_or_default().into(),
                one.word().into(),
                one.prospect.refused.to_string().into(),
                one.last().into(),
            ]);
        }
        table.write(out)?;
        writeln!(out)?;
        let reasons: BTreeMap<_, _> =
            broken.iter().map(|one| (one.word(), one.explanation())).collect();
        reasons.iter().try_for_each(|(word, explanation)| {
            writeln!(out, "{}: {}", Plain(word), Plain(explanation))
        })
    }

    fn csv(&self, out: &mut Output) -> io::Result<()> {
        csv::line(out, ["user", "service", "network", "reason", "logins", "last_login"])?;
        self.broken.iter().try_for_each(|one| {
            let Place { user, service, network } = one.place;
            let network = network.as_deref().unwrap_or_default();
            let (logins, last) = (one.prospect.refused.to_string(), one.last());
            csv::line(out, [user.as_str(), service, network, one.word(), &logins, &last])
        })
    }

    fn document(&self, out: &mut Output, args: &ReportArgs) -> io::Result<()> {
        let Self { broken, places, ever, unknown } = self;
        let refused = broken.iter().map(|one| {
            let Place { user, service, network } = one.place;
            let (logins, last) = (one.prospect.refused, one.prospect.last.map(Moment));
            let (reason, explanation) = (one.word(), one.explanation());
            document! { user, service, network, reason, explanation, logins, last }
        });
        out.json(&document! {
            days: args.days, groups: &args.group, services: &args.service,
            looked_at: places, refused_at_any_time: ever, unknown,
            refused: refused.collect::<Vec<_>>()
        })
    }
}

impl Broken<'_> {
    fn last(&self) -> String {
        self.prospect.last.map(|last| Moment(last).to_string()).unwrap_or_default()
    }
}
