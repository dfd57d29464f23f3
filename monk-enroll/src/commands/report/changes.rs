//! `report --policy`: who would lose a way in under other settings, and who would gain one.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};
use std::path::Path;

use monk_terms::forecast::Forecast;
use monk_terms::verdict::Refusal;
use monk_wire::manage::{PastEnd, UserRow};

use super::forecasts::Place;
use super::gathered::Seen;
use super::replay::{self, Change, Decided};
use super::source::Log;
use super::{csv, people};
use crate::audit::network;
use crate::cli::ReportArgs;
use crate::error::Error;
use crate::exit::Exit;
use crate::json::document;
use crate::output::{Output, Plain, Style};
use crate::session::Session;
use crate::table::Table;
use crate::when::Moment;
use crate::words::refusals;

/// A way in, and what becomes of it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Way {
    place: Place,
    change: Change,
    /// The word of the audit for how its logins ended.
    before: &'static str,
    /// The one for how they would end.
    after: &'static str,
}

/// What the other settings change.
struct Changes {
    ways: BTreeMap<Way, Seen>,
    /// Why ways in would be refused.
    reasons: BTreeMap<&'static str, &'static str>,
    /// Sections that differ and do not count.
    left_out: Vec<String>,
}

/// Shows it.
pub fn run(
    session: &mut Session,
    (args, policy): (&ReportArgs, &Path),
    log: &Log,
    rows: &[UserRow],
) -> Result<Exit, Error> {
    let text = replay::settings(policy)?;
    let known = people::names(rows);
    let pasts = log.needed()?.pasts.iter().flatten();
    let pasts = pasts.filter(|(login, _)| known.contains(&login.user));
    let pasts: Vec<_> = pasts.map(|(login, seen)| (login.clone(), *seen)).collect();
    let days = args.days;
    if pasts.is_empty() {
        let why = format!("the log has no login of the last {days} days that a policy decides");
        return Err(Error::new(Exit::NotFound, why).remedy("Look further back with --days."));
    }
    let changes = Changes::of(replay::run(session, (policy, &text), pasts)?);
    if changes.ways.keys().all(|way| way.change == Change::Unknown) {
        let why = format!("the log does not tell how any login of the last {days} days would end");
        let error = Error::new(Exit::NotFound, why);
        return Err(error.remedy(
            "A replay needs lines that say how a login came (how=), which older releases did not write.",
        ));
    }
    match (session.json, args.csv) {
        (true, _) => changes.document(&mut session.out, args)?,
        (false, true) => changes.csv(&mut session.out)?,
        (false, false) => changes.tables(&mut session.out, args, policy)?,
    }
    Ok(if changes.of_kind(Change::Lost).next().is_none() { Exit::Done } else { Exit::Refused })
}

impl Way {
    fn of(decided: &Decided) -> Self {
        let Decided { login, then, change, .. } = decided;
        let (user, service) = (login.user.clone(), login.service.clone());
        let place = Place { user, service, network: login.address.as_deref().and_then(network) };
        let before = match login.end {
            PastEnd::Granted(grant) => grant.as_str(),
            PastEnd::Refused(refusal) => refusal.as_str(),
        };
        Self { place, change: *change, before, after: then.as_str() }
    }

    fn network(&self) -> &str {
        self.place.network.as_deref().unwrap_or_default()
    }
}

impl Changes {
    fn of((all, left_out): replay::All) -> Self {
        let (mut ways, mut reasons) = (BTreeMap::<Way, Seen>::new(), BTreeMap::new());
        for decided in &all {
            let seen = ways.entry(Way::of(decided)).or_default();
            *seen = seen.and(decided.seen);
            if let (Change::Lost, Forecast::Refused(refusal)) = (decided.change, decided.then) {
                reasons.insert(refusal.as_str(), explanation(refusal));
            }
        }
        Self { ways, reasons, left_out }
    }

    fn of_kind(&self, change: Change) -> impl Iterator<Item = (&Way, Seen)> {
        let ways = self.ways.iter().map(|(way, seen)| (way, *seen));
        ways.filter(move |(way, _)| way.change == change)
    }

    fn count(&self, change: Change) -> u64 {
        people::count(self.of_kind(change))
    }

    fn users(&self, change: Change) -> usize {
        self.of_kind(change).map(|(way, _)| &way.place.user).collect::<BTreeSet<_>>().len()
    }

    fn logins(&self) -> u64 {
        self.ways.values().map(|seen| seen.logins).sum()
    }

    fn tables(&self, out: &mut Output, args: &ReportArgs, policy: &Path) -> io::Result<()> {
        let (days, ways, logins) = (args.days, self.ways.len(), self.logins());
        let policy = policy.display().to_string();
        let policy = Plain(&policy);
        writeln!(
            out,
            "Looked at: {logins} logins of the last {days} days, in {ways} ways (user, service, network, result)."
        )?;
        let lost = self.count(Change::Lost);
        let style = if lost == 0 { Style::Good } else { Style::Bad };
        let lost = out.screen.paint(style, lost);
        let users = self.users(Change::Lost);
        writeln!(out, "Refused under {policy}: {lost} (users: {users}).")?;
        let (gained, users) = (self.count(Change::Gained), self.users(Change::Gained));
        writeln!(out, "Refused so far, and let in under {policy}: {gained} (users: {users}).")?;
        let [asked, same, over, unknown] =
            [Change::Asked, Change::None, Change::Over, Change::Unknown]
                .map(|change| self.count(change));
        writeln!(out, "Asked for a code as well: {asked}. Unchanged: {same}.")?;
        writeln!(
            out,
            "Refused by now under any settings: {over}. The log does not tell: {unknown}."
        )?;
        if !self.left_out.is_empty() {
            let mark = out.screen.paint(Style::Warning, "!");
            let sections = self.left_out.join(", ");
            let sections = Plain(&sections);
            writeln!(out, "{mark} Not looked at, although they differ there: {sections}.")?;
        }
        self.table(out, "Lost", Change::Lost)?;
        if !self.reasons.is_empty() {
            writeln!(out)?;
        }
        for (word, explanation) in &self.reasons {
            writeln!(out, "{}: {}", Plain(word), Plain(explanation))?;
        }
        self.table(out, "Gained", Change::Gained)
    }

    fn table(&self, out: &mut Output, title: &str, change: Change) -> io::Result<()> {
        if self.count(change) == 0 {
            return Ok(());
        }
        writeln!(out, "\n{title}")?;
        let mut table =
            Table::new(["USER", "SERVICE", "NETWORK", "BEFORE", "AFTER", "LOGINS", "LAST"]);
        for (way, seen) in self.of_kind(change) {
            let Place { user, service, .. } = &way.place;
            table.row([
                user.into(),
                service.into(),
                way.network().into(),
                way.before.into(),
                way.after.into(),
                seen.logins.to_string().into(),
                last(seen).into(),
            ]);
        }
        table.write(out)
    }

    fn csv(&self, out: &mut Output) -> io::Result<()> {
        let heading =
            ["user", "service", "network", "change", "before", "after", "logins", "last_login"];
        csv::line(out, heading)?;
        self.ways.iter().try_for_each(|(way, seen)| {
            let Place { user, service, .. } = &way.place;
            let (logins, last) = (seen.logins.to_string(), last(*seen));
            let change = word(way.change);
            let cells = [user, service, way.network(), change, way.before, way.after];
            csv::line(out, cells.into_iter().chain([&*logins, &*last]))
        })
    }

    fn document(&self, out: &mut Output, args: &ReportArgs) -> io::Result<()> {
        let ways = self.ways.iter().filter(|(way, _)| way.change != Change::None);
        let ways = ways.map(|(way, seen)| {
            let Place { user, service, network } = &way.place;
            let (logins, last) = (seen.logins, seen.last.map(Moment));
            let explanation = self.reasons.get(way.after);
            let (change, before, after) = (word(way.change), way.before, way.after);
            document! { user, service, network, change, before, after, explanation, logins, last }
        });
        let of = |change| self.count(change);
        out.json(&document! {
            days: args.days, groups: &args.group, services: &args.service,
            logins: self.logins(), ways: self.ways.len(),
            lost: of(Change::Lost), gained: of(Change::Gained), asked: of(Change::Asked),
            unchanged: of(Change::None), over: of(Change::Over), unknown: of(Change::Unknown),
            not_looked_at: &self.left_out,
            changes: ways.collect::<Vec<_>>()
        })
    }
}

/// The word for programs.
fn word(change: Change) -> &'static str {
    match change {
        Change::Lost => "lost",
        Change::Gained => "gained",
        Change::Asked => "asked",
        Change::None => "unchanged",
        Change::Over => "over",
        Change::Unknown => "unknown",
    }
}

/// Why it would be refused, with what to do.
fn explanation(refusal: Refusal) -> &'static str {
    match refusal {
        Refusal::ReplayedCode => {
            "the service would remember no code: a program that sends one password and code all day needs an app password"
        }
        refusal => refusals::explanation(refusal),
    }
}

fn last(seen: Seen) -> String {
    seen.last.map(|last| Moment(last).to_string()).unwrap_or_default()
}
