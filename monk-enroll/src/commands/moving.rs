//! `credentials move`: everything that users have enrolled goes to another store.

use std::io::Write;

use monk_wire::manage::{Command, CredentialMove, MoveStep, Moved, Outcome, StoreName};

use crate::cli::MoveArgs;
use crate::commands::progress::Progress;
use crate::error::Error;
use crate::exit::Exit;
use crate::json::document;
use crate::output::Style;
use crate::session::Session;
use crate::talk::unexpected;

/// How often the move begins again for those who have enrolled while it went on.
const MAX_ROUNDS: usize = 5;

/// Moves everything.
pub fn run(session: &mut Session, args: &MoveArgs) -> Result<Exit, Error> {
    let plan = Plan { from: args.from.map(Into::into), to: args.to.into() };
    let Moved { from, left: users, .. } = plan.part(session, MoveStep::Look)?;
    let (first, second) = (from.as_str(), plan.to.as_str());
    if users > 0 {
        session.agree(&format!(
            "The records of {users} users go from {first} to {second}. When they have left, these users cannot \
             log in until the settings say credentials = \"{second}\" and all engines have read them. Go on?"
        ))?;
    }
    // What was broken off before may wait for nothing but its end.
    let mut left = users;
    for round in 0..MAX_ROUNDS {
        if round > 0 && left == 0 {
            break;
        }
        plan.all_parts(session, "copied", left, |after| MoveStep::Copy { after })?;
        plan.all_parts(session, "moved", left, |after| MoveStep::Depart { after })?;
        left = plan.part(session, MoveStep::Look)?.left;
    }
    let exit = if left == 0 { Exit::Done } else { Exit::Unavailable };
    let out = &mut session.out;
    if session.json {
        let moved = users.saturating_sub(left);
        out.json(&document! { from: first, to: second, moved, left })?;
        return Ok(exit);
    }
    if left > 0 {
        let mark = out.screen.paint(Style::Bad, "!");
        writeln!(out, "{mark} Users who go on enrolling in {first}: {left}. Run this again.")?;
        return Ok(exit);
    }
    writeln!(out, "What {users} users have enrolled is in {second} now.")?;
    writeln!(out, "Next, on each host: write credentials = \"{second}\" in the settings, and")?;
    writeln!(out, "    systemctl reload monk")?;
    writeln!(out, "Then run this once more, with --from {first}: whoever has enrolled in the")?;
    writeln!(out, "meantime moves too.")?;
    Ok(exit)
}

/// From where to where.
struct Plan {
    from: Option<StoreName>,
    to: StoreName,
}

impl Plan {
    fn part(&self, session: &mut Session, step: MoveStep) -> Result<Moved, Error> {
        let command = Command::Move(CredentialMove { from: self.from, to: self.to, step });
        match session.manage("", command)? {
            Outcome::Moved(moved) => Ok(moved),
            _ => Err(unexpected()),
        }
    }

    /// Makes one step for everybody, part by part.
    fn all_parts(
        &self,
        session: &mut Session,
        verb: &'static str,
        users: u32,
        step: impl Fn(String) -> MoveStep,
    ) -> Result<(), Error> {
        let mut progress = Progress::new(verb, usize::try_from(users).unwrap_or(usize::MAX));
        let (mut after, mut done) = (String::new(), 0);
        loop {
            let part = self.part(session, step(after));
            if part.is_err() {
                progress.clear(session);
            }
            let part = part?;
            done += part.done;
            progress.show(session, usize::try_from(done).unwrap_or(usize::MAX));
            match part.next {
                Some(next) => after = next,
                None => break,
            }
        }
        progress.clear(session);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use monk_wire::Request;
    use monk_wire::manage::{Failure, Manage, MoveFault};

    use super::*;
    use crate::scripted::{Scene, Step, done, failed};

    fn moved(left: u32, count: u32, next: Option<&str>) -> Step {
        let next = next.map(str::to_owned);
        done(Outcome::Moved(Moved { from: StoreName::Embedded, left, done: count, next }))
    }

    fn steps(requests: &[Request]) -> Vec<MoveStep> {
        let step = |request: &Request| match request {
            Request::Manage(Manage { command: Command::Move(part), .. }) => part.step.clone(),
            other => panic!("{other:?}"),
        };
        requests.iter().map(step).collect()
    }

    fn copy(after: &str) -> MoveStep {
        MoveStep::Copy { after: after.to_owned() }
    }

    fn depart(after: &str) -> MoveStep {
        MoveStep::Depart { after: after.to_owned() }
    }

    #[test]
    fn parts_follow_each_other_and_whoever_enrolls_meanwhile_moves_too() {
        let script = || {
            [
                moved(3, 0, None),
                moved(3, 2, Some("b")),
                moved(3, 1, None),
                moved(0, 3, None),
                // Somebody was faster.
                moved(1, 0, None),
                moved(1, 1, None),
                moved(0, 1, None),
                moved(0, 0, None),
            ]
        };
        let seen = Scene::new(script()).run("credentials move --to ldap --yes");
        assert_eq!(seen.exit, Exit::Done, "{}", seen.errors);
        assert_eq!(
            steps(&seen.requests),
            [
                MoveStep::Look,
                copy(""),
                copy("b"),
                depart(""),
                MoveStep::Look,
                copy(""),
                depart(""),
                MoveStep::Look
            ]
        );
        assert!(seen.out.contains("credentials = \"ldap\""), "{}", seen.out);
        assert!(seen.out.contains("--from embedded"), "{}", seen.out);
        let seen = Scene::new(script()).run("credentials move --to ldap --yes --json");
        seen.assert_documented("credentials move");
    }

    #[test]
    fn nothing_moves_without_a_yes_and_nothing_leaves_after_a_failure() {
        let line = "credentials move --to ldap";
        assert_eq!(Scene::new([moved(3, 0, None)]).run(line).exit, Exit::Usage);
        let seen = Scene::new([moved(3, 0, None)]).answers(["n"]).run(line);
        assert_eq!((seen.exit, steps(&seen.requests)), (Exit::Cancelled, vec![MoveStep::Look]));
        let user = "bob".to_owned();
        let occupied = failed(Failure::CannotMove { user, why: MoveFault::Occupied });
        let seen = Scene::new([moved(3, 0, None), occupied]).answers(["y"]).run(line);
        assert_eq!(seen.exit, Exit::Invalid);
        assert_eq!(steps(&seen.requests), [MoveStep::Look, copy("")]);
        assert!(seen.errors.contains("\"bob\""), "{}", seen.errors);
    }
}
