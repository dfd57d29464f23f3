//! `credentials orphans` and `sweep`: records of users who are gone.

use std::io::Write;

use monk_wire::manage::{Command, Orphan, OrphanCommand, OrphanOutcome, Outcome, Part};

use crate::cli::SweepArgs;
use crate::error::Error;
use crate::exit::Exit;
use crate::json::document;
use crate::output::Style;
use crate::session::Session;
use crate::table::Table;
use crate::talk::unexpected;
use crate::when::Moment;

/// What is said where there can be none.
const BY_CONSTRUCTION: &str =
    "Credentials are in the users' own entries and go with them: there is nothing to sweep.";

/// Lists records of users who are gone.
pub fn list(session: &mut Session) -> Result<Exit, Error> {
    let (rows, outcome) = ask(session, OrphanCommand::List)?;
    let OrphanOutcome::Looked { owners, gone, .. } = outcome else {
        return nothing(session);
    };
    let out = &mut session.out;
    if session.json {
        out.json(&document! { owners, gone, orphans: documents(&rows) })?;
        return Ok(Exit::Done);
    }
    if rows.is_empty() {
        writeln!(out, "All {owners} users who have records are in the directory.")?;
        return Ok(Exit::Done);
    }
    table(&rows).write(out)?;
    if is_doubtful(owners, gone) {
        let mark = out.screen.paint(Style::Warning, "!");
        writeln!(
            out,
            "\n{mark} Of {owners} users with records, {gone} are gone. Check the base, the id attribute and the \
             access rules before you sweep."
        )?;
    } else {
        writeln!(out, "\nNext: monk-enroll credentials sweep")?;
    }
    Ok(Exit::Done)
}

/// Removes those that are known long enough.
pub fn sweep(session: &mut Session, args: &SweepArgs) -> Result<Exit, Error> {
    let SweepArgs { after, force } = args;
    session.agree("Remove the records of users who are gone, for good?")?;
    let command = OrphanCommand::Sweep { after: after.0, force: *force };
    let (rows, outcome) = ask(session, command)?;
    let OrphanOutcome::Looked { owners, gone, removed } = outcome else {
        return nothing(session);
    };
    let out = &mut session.out;
    if session.json {
        out.json(&document! { owners, gone, removed, orphans: documents(&rows) })?;
        return Ok(Exit::Done);
    }
    writeln!(out, "Users with records: {owners}, gone: {gone}, records removed of: {removed}.")?;
    let kept: Vec<Orphan> = rows.into_iter().filter(|row| !row.removed).collect();
    if !kept.is_empty() {
        writeln!(
            out,
            "Kept, because they have not been gone long enough, or have just changed:\n"
        )?;
        table(&kept).write(out)?;
    }
    Ok(Exit::Done)
}

fn ask(
    session: &mut Session,
    command: OrphanCommand,
) -> Result<(Vec<Orphan>, OrphanOutcome), Error> {
    let mut rows = Vec::new();
    let outcome = session.manage_in_parts("", Command::Orphans(command), |part| {
        if let Part::Orphans(more) = part {
            rows.extend(more);
        }
    });
    match outcome? {
        Outcome::Orphans(outcome) => {
            let heard = u64::try_from(rows.len()).unwrap_or(u64::MAX);
            match outcome {
                OrphanOutcome::Looked { gone, .. } if gone != heard => Err(unexpected()),
                outcome => Ok((rows, outcome)),
            }
        }
        _ => Err(unexpected()),
    }
}

fn is_doubtful(owners: u64, gone: u64) -> bool {
    gone > owners.saturating_sub(gone)
}

fn nothing(session: &mut Session) -> Result<Exit, Error> {
    if session.json {
        let orphans: Vec<u8> = Vec::new();
        session.out.json(&document! { owners: None::<u64>, gone: 0, removed: 0, orphans })?;
    } else {
        writeln!(session.out, "{BY_CONSTRUCTION}")?;
    }
    Ok(Exit::Done)
}

fn documents(rows: &[Orphan]) -> Vec<impl serde::Serialize + '_> {
    rows.iter()
        .map(|row| {
            let Orphan { id, name, credentials, since, removed } = row;
            document! { id, name, credentials, since: Moment(*since), removed }
        })
        .collect()
}

fn table(rows: &[Orphan]) -> Table<4> {
    let mut table = Table::new(["ID", "NAME", "CREDENTIALS", "GONE SINCE"]);
    for row in rows {
        let name = if row.name == row.id { "" } else { row.name.as_str() };
        table.row([
            (&row.id).into(),
            name.into(),
            row.credentials.to_string().into(),
            Moment(row.since).to_string().into(),
        ]);
    }
    table
}

#[cfg(test)]
mod tests {
    use monk_wire::manage::Failure;

    use super::*;
    use crate::scripted::{Scene, Step, done, failed, part};

    fn orphan(removed: bool) -> Orphan {
        Orphan {
            id: "5f0c1d2e".into(),
            name: "5f0c1d2e".into(),
            credentials: 2,
            since: 1_795_284_000,
            removed,
        }
    }

    fn script(owners: u64, removed: bool) -> Vec<Step> {
        let looked = OrphanOutcome::Looked { owners, gone: 1, removed: u64::from(removed) };
        vec![part(Part::Orphans(vec![orphan(removed)])), done(Outcome::Orphans(looked))]
    }

    #[test]
    fn who_is_gone_is_listed_and_swept_after_a_question() {
        let seen = Scene::new(script(9, false)).run("credentials orphans");
        let expected = "\
ID        CREDENTIALS  GONE SINCE
5f0c1d2e  2            2026-11-21 18:00

Next: monk-enroll credentials sweep
";
        assert_eq!(seen.out, expected);
        let seen = Scene::new(script(1, false)).run("credentials orphans");
        assert!(seen.out.contains("\n! Of 1 users with records, 1 are gone"), "{}", seen.out);
        Scene::new(script(9, false))
            .run("credentials orphans --json")
            .assert_documented("credentials orphans");

        let seen = Scene::new(script(9, true)).answers(["y"]).run("credentials sweep --after 7d");
        assert_eq!(seen.out, "Users with records: 9, gone: 1, records removed of: 1.\n");
        let sweep = OrphanCommand::Sweep { after: 7 * 24 * 3600, force: false };
        assert_eq!(seen.commands(), [Command::Orphans(sweep)]);
        Scene::new(script(9, true))
            .run("credentials sweep --yes --json")
            .assert_documented("credentials sweep");
        assert_eq!(Scene::new([]).answers(["n"]).run("credentials sweep").exit, Exit::Cancelled);
    }

    #[test]
    fn doubt_and_parts_of_an_answer_are_no_success() {
        let doubt = failed(Failure::TooManyGone { gone: 3, owners: 4 });
        let seen = Scene::new([doubt]).run("credentials sweep --yes");
        assert_eq!(seen.exit, Exit::Invalid);
        assert!(seen.errors.contains("3 of 4"), "{}", seen.errors);
        let seen = Scene::new(script(9, false).split_off(1)).run("credentials orphans");
        assert_eq!(seen.exit, Exit::Unavailable);
        let none = || [done(Outcome::Orphans(OrphanOutcome::None))];
        let seen = Scene::new(none()).run("credentials orphans");
        assert!(seen.out.contains("own entries"), "{}", seen.out);
    }
}
