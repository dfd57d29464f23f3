//! `credentials move`: everything that users have enrolled goes to another store.

use std::io::Write;

use monk_wire::manage::{Command, CredentialMove, MoveStep, Moved, Outcome, StoreName};

use crate::cli::MoveArgs;
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
    let Moved { from, users } = plan.step(session, MoveStep::Look)?;
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
        plan.step(session, MoveStep::Copy)?;
        plan.step(session, MoveStep::Depart)?;
        left = plan.step(session, MoveStep::Look)?.users;
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
    writeln!(out, "Then run this once more, with --from {first}: users who have enrolled")?;
    writeln!(out, "in the meantime move too.")?;
    Ok(exit)
}

/// From where to where.
struct Plan {
    from: Option<StoreName>,
    to: StoreName,
}

impl Plan {
    fn step(&self, session: &mut Session, step: MoveStep) -> Result<Moved, Error> {
        let command = Command::Move(CredentialMove { from: self.from, to: self.to, step });
        match session.manage("", command)? {
            Outcome::Moved(moved) => Ok(moved),
            _ => Err(unexpected()),
        }
    }
}

#[cfg(test)]
mod tests {
    use monk_wire::Request;
    use monk_wire::manage::{Failure, Manage, MoveFault};

    use super::*;
    use crate::scripted::{Scene, Step, done, failed};

    fn moved(users: u32) -> Step {
        done(Outcome::Moved(Moved { from: StoreName::Embedded, users }))
    }

    fn steps(requests: &[Request]) -> Vec<MoveStep> {
        let step = |request: &Request| match request {
            Request::Manage(Manage { command: Command::Move(part), .. }) => part.step.clone(),
            other => panic!("{other:?}"),
        };
        requests.iter().map(step).collect()
    }

    #[test]
    fn steps_follow_each_other_and_users_who_enrol_meanwhile_move_too() {
        let script = || {
            [
                moved(3),
                moved(3),
                moved(3),
                // Somebody was faster.
                moved(1),
                moved(1),
                moved(1),
                moved(0),
            ]
        };
        let seen = Scene::new(script()).run("credentials move --to ldap --yes");
        assert_eq!(seen.exit, Exit::Done, "{}", seen.errors);
        assert_eq!(
            steps(&seen.requests),
            [
                MoveStep::Look,
                MoveStep::Copy,
                MoveStep::Depart,
                MoveStep::Look,
                MoveStep::Copy,
                MoveStep::Depart,
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
        assert_eq!(Scene::new([moved(3)]).run(line).exit, Exit::Usage);
        let seen = Scene::new([moved(3)]).answers(["n"]).run(line);
        assert_eq!((seen.exit, steps(&seen.requests)), (Exit::Cancelled, vec![MoveStep::Look]));
        let user = "bob".to_owned();
        let occupied = failed(Failure::CannotMove { user, why: MoveFault::Occupied });
        let seen = Scene::new([moved(3), occupied]).answers(["y"]).run(line);
        assert_eq!(seen.exit, Exit::Invalid);
        assert_eq!(steps(&seen.requests), [MoveStep::Look, MoveStep::Copy]);
        assert!(seen.errors.contains("\"bob\""), "{}", seen.errors);
    }
}
