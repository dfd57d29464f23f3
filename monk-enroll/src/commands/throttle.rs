//! `throttle`: who is slowed down.

use std::io::Write;

use monk_wire::manage::{Command, Outcome, SlowedRow, ThrottleCommand, ThrottleOutcome};

use crate::cli::ThrottleClearArgs;
use crate::error::Error;
use crate::exit::Exit;
use crate::json::document;
use crate::output::Style;
use crate::session::Session;
use crate::table::{Cell, Table};
use crate::talk::unexpected;
use crate::when::Moment;

/// Lists them.
pub fn list(session: &mut Session) -> Result<Exit, Error> {
    let command = Command::Throttle(ThrottleCommand::List);
    let Outcome::Throttle(ThrottleOutcome::List(rows)) = session.manage("", command)? else {
        return Err(unexpected());
    };
    let out = &mut session.out;
    if session.json {
        let slowed = rows.iter().map(|row| {
            let SlowedRow { scope, proof, user, network, failures, wait, at } = row;
            document! { scope, proof, user, network, failures, wait, last: Moment(*at) }
        });
        out.json(&document! { slowed: slowed.collect::<Vec<_>>() })?;
        return Ok(Exit::Done);
    }
    if rows.is_empty() {
        writeln!(out, "Nobody has failed to log in lately.")?;
        return Ok(Exit::Done);
    }
    let mut table = Table::new(["WHO", "WHERE", "WRONG", "FAILURES", "WAITS", "LAST FAILURE"]);
    for row in &rows {
        let place = match (row.scope.as_str(), &row.network) {
            (_, Some(network)) => network.as_str(),
            ("directory", None) => "sent to the directory",
            _ => "unknown networks",
        };
        let wait = match row.wait {
            0 => Cell::default(),
            wait => Cell::styled(Style::Warning, &format!("{wait} s")),
        };
        table.row([
            row.user.as_deref().unwrap_or("everybody").into(),
            place.into(),
            row.proof.as_str().into(),
            row.failures.to_string().into(),
            wait,
            Moment(row.at).to_string().into(),
        ]);
    }
    table.write(out)?;
    Ok(Exit::Done)
}

/// Forgets failures.
pub fn clear(session: &mut Session, args: &ThrottleClearArgs) -> Result<Exit, Error> {
    let whose = args.whose.clone();
    let command = Command::Throttle(ThrottleCommand::Clear { whose });
    let Outcome::Throttle(ThrottleOutcome::Cleared(cleared)) = session.manage("", command)? else {
        return Err(unexpected());
    };
    if session.json {
        session.out.json(&document! { cleared })?;
    } else {
        writeln!(session.out, "Forgotten: {cleared}.")?;
    }
    Ok(Exit::Done)
}

#[cfg(test)]
mod tests {
    use monk_wire::manage::{Failure, SlowedRow};

    use super::*;
    use crate::scripted::{Scene, done, failed};

    fn rows() -> Vec<SlowedRow> {
        let row = |scope: &str, user: Option<&str>, network: Option<&str>, wait| SlowedRow {
            scope: scope.into(),
            proof: "password".into(),
            user: user.map(str::to_owned),
            network: network.map(str::to_owned),
            failures: 14,
            wait,
            at: 1_795_284_000,
        };
        vec![
            row("user", Some("alice"), None, 8),
            row("network", None, Some("192.0.2.7"), 0),
            row("known", Some("bob"), Some("2001:db8::/64"), 0),
            row("directory", Some("carol"), None, 1700),
        ]
    }

    fn listed(rows: Vec<SlowedRow>) -> crate::scripted::Step {
        done(Outcome::Throttle(ThrottleOutcome::List(rows)))
    }

    #[test]
    fn who_waits_stands_with_how_long() {
        let seen = Scene::new([listed(rows())]).run("throttle list");
        let expected = "\
WHO        WHERE                  WRONG     FAILURES  WAITS   LAST FAILURE
alice      unknown networks       password  14        8 s     2026-11-21 18:00
everybody  192.0.2.7              password  14                2026-11-21 18:00
bob        2001:db8::/64          password  14                2026-11-21 18:00
carol      sent to the directory  password  14        1700 s  2026-11-21 18:00
";
        assert_eq!(seen.out, expected);
        let seen = Scene::new([listed(rows()[..1].to_vec())]).run("throttle list --json");
        seen.assert_documented("throttle list");
        let seen = Scene::new([listed(vec![])]).run("throttle list");
        assert_eq!(seen.out, "Nobody has failed to log in lately.\n");
    }

    #[test]
    fn failures_are_forgotten_of_one_or_all() {
        let cleared = || done(Outcome::Throttle(ThrottleOutcome::Cleared(2)));
        let seen = Scene::new([cleared()]).run("throttle clear alice");
        let whose = Some("alice".to_owned());
        assert_eq!(seen.commands(), [Command::Throttle(ThrottleCommand::Clear { whose })]);
        assert_eq!(seen.out, "Forgotten: 2.\n");
        Scene::new([cleared()]).run("throttle clear --json").assert_documented("throttle clear");
        let nobody = failed(Failure::NobodySlowed { whose: "x".into() });
        assert_eq!(Scene::new([nobody]).run("throttle clear x").exit, Exit::NotFound);
    }
}
