//! `backup-codes`: codes on paper.

use std::io::Write;

use monk_terms::kind::Kind;
use monk_wire::Secret;
use monk_wire::manage::{Command, Outcome};

use crate::cli::UserArgs;
use crate::commands::credentials;
use crate::commands::status::read_status;
use crate::error::Error;
use crate::exit::Exit;
use crate::json::document;
use crate::output::{Plain, Style};
use crate::session::Session;
use crate::talk::unexpected;
use crate::when::Moment;

/// Makes a set and shows it, after a question where that kills an old one.
pub fn generate(session: &mut Session, args: &UserArgs) -> Result<Exit, Error> {
    let user = &session.user(args.user.as_ref())?;
    agree_to_replace(session, user)?;
    let Outcome::BackupCodes { codes, replaced } =
        session.manage(user, Command::BackupCodesGenerate)?
    else {
        return Err(unexpected());
    };
    let codes: Vec<&str> =
        codes.iter().map(Secret::expose_str).collect::<Option<_>>().ok_or_else(unexpected)?;
    let out = &mut session.out;
    if session.json {
        out.json(&document! { user, codes, replaced })?;
        return Ok(Exit::Done);
    }
    writeln!(out, "Backup codes of {}, made on {:#}\n", Plain(user), Moment::now())?;
    // Down the first column, then down the second, as a list on paper is read.
    let rows = codes.len().div_ceil(2);
    for row in 0..rows {
        let left = out.screen.paint(Style::Strong, Plain(codes[row]));
        write!(out, "    {left}")?;
        if let Some(right) = codes.get(row + rows) {
            let right = out.screen.paint(Style::Strong, Plain(right));
            write!(out, "      {right}")?;
        }
        writeln!(out)?;
    }
    writeln!(out, "\nEach is good for one login, typed as PASSWORD;CODE. Print them, or write")?;
    writeln!(out, "them down: they are shown this once.")?;
    if replaced {
        let dead = out.screen.paint(Style::Warning, "The codes of the old set are dead.");
        writeln!(out, "{dead}")?;
    }
    Ok(Exit::Done)
}

/// Tells how many are left.
pub fn status(session: &mut Session, args: &UserArgs) -> Result<Exit, Error> {
    let user = &session.user(args.user.as_ref())?;
    let status = read_status(session, user)?;
    let codes = status.credentials.iter().find_map(|one| one.codes_left);
    let out = &mut session.out;
    if session.json {
        let codes = codes.map(|(left, total)| document! { left, total });
        out.json(&document! { user, codes })?;
        return Ok(Exit::Done);
    }
    match codes {
        Some((left, total)) => writeln!(out, "{left} of {total} left")?,
        None => writeln!(out, "{} has no backup codes.", Plain(&status.user))?,
    }
    Ok(Exit::Done)
}

/// Removes the set.
pub fn remove(session: &mut Session, args: &UserArgs) -> Result<Exit, Error> {
    let user = &session.user(args.user.as_ref())?;
    let question = format!("Make all backup codes of {} useless?", Plain(user));
    credentials::remove(session, user, Kind::BackupCodes, None, &question)
}

/// Codes that still work may be in somebody's wallet.
fn agree_to_replace(session: &mut Session, user: &str) -> Result<(), Error> {
    if session.yes {
        return Ok(());
    }
    let status = read_status(session, user)?;
    let left: u32 =
        status.credentials.iter().filter_map(|one| one.codes_left).map(|(left, _)| left).sum();
    if left == 0 {
        return Ok(());
    }
    session.agree(&format!(
        "{} has {left} backup codes left. Make new ones, and these useless?",
        Plain(user)
    ))
}

#[cfg(test)]
mod tests {
    use monk_wire::manage::CredentialStatus;

    use super::*;
    use crate::commands::status::tests::{credential, status};
    use crate::scripted::{Scene, Step, done};

    fn has(left: Option<u32>) -> Step {
        let set = left.map(|left| CredentialStatus {
            kind: Kind::BackupCodes,
            codes_left: Some((left, 6)),
            ..credential()
        });
        done(Outcome::Status(status(set.into_iter().collect())))
    }

    fn made(replaced: bool) -> Step {
        let codes = ["k3tn-p7wq-2mzx", "c9dh-v4ra-8ybs", "n5ge-t6ju-w2kq", "f7pm-z3xd-h8vc"];
        let codes = codes.iter().map(|code| Secret::new(code.as_bytes())).collect();
        done(Outcome::BackupCodes { codes, replaced })
    }

    #[test]
    fn the_first_set_is_made_without_a_question_and_fit_for_printing() {
        for before in [None, Some(0)] {
            let seen = Scene::new([has(before), made(false)]).run("backup-codes generate alice");
            assert_eq!(seen.exit, Exit::Done);
            let codes = "\n\n    k3tn-p7wq-2mzx      n5ge-t6ju-w2kq\n    c9dh-v4ra-8ybs      f7pm-z3xd-h8vc\n\n";
            assert!(seen.out.contains(codes), "{}", seen.out);
            assert!(!seen.out.contains("dead"));
        }
    }

    #[test]
    fn what_is_left_is_told_and_the_set_can_be_removed() {
        let seen = Scene::new([has(Some(6))]).run("backup-codes status alice");
        assert_eq!(seen.out, "6 of 6 left\n");
        let seen = Scene::new([has(None)]).run("backup-codes status alice");
        assert_eq!(seen.out, "alice has no backup codes.\n");
        let seen = Scene::new([has(Some(5))]).run("backup-codes status alice --json");
        seen.assert_documented("backup-codes status");

        let removed = || {
            let (credential, label) = ("5f0c1d2e3a4b5968".into(), "Backup codes".into());
            done(Outcome::Removed { credential, label, last: true })
        };
        let seen =
            Scene::new([has(Some(5)), removed()]).answers(["y"]).run("backup-codes remove alice");
        assert!(seen.out.contains("the last second factor"), "{}", seen.out);
        assert_eq!(Scene::new([]).run("backup-codes remove alice").exit, Exit::Usage);
        let seen = Scene::new([removed()]).run("backup-codes remove alice --yes --json");
        seen.assert_documented("backup-codes remove");
    }

    #[test]
    fn codes_that_are_left_are_not_killed_without_a_yes() {
        let run = |answer| Scene::new([has(Some(4)), made(true)]).answers([answer]);
        let seen = run("y").run("backup-codes generate alice");
        assert_eq!(seen.exit, Exit::Done);
        assert!(seen.questions[0].contains("4 backup codes left"), "{:?}", seen.questions);
        assert!(seen.out.ends_with("The codes of the old set are dead.\n"));

        let seen = Scene::new([has(Some(4))]).answers([""]).run("backup-codes generate alice");
        assert_eq!((seen.exit, seen.out.as_str()), (Exit::Cancelled, ""));
        let seen = Scene::new([has(Some(4))]).run("backup-codes generate alice");
        assert_eq!(seen.exit, Exit::Usage);
        assert!(seen.errors.contains("--yes"), "{}", seen.errors);
        let seen = Scene::new([made(true)]).run("backup-codes generate alice --yes --json");
        seen.assert_documented("backup-codes generate");
    }
}
