//! `credentials restored`: what follows when a backup of the directory was put back by another program.

use std::io::Write;

use monk_wire::manage::{Command, Outcome, Restored};

use crate::error::Error;
use crate::exit::Exit;
use crate::json::document;
use crate::output::{Plain, Style};
use crate::session::Session;
use crate::talk::unexpected;

/// Spends everybody's codes.
pub fn run(session: &mut Session) -> Result<Exit, Error> {
    session.agree("Spend every code that can have been used by now, and all backup codes?")?;
    let Outcome::Restored(Restored { users, left, foreign }) =
        session.manage("", Command::Restored)?
    else {
        return Err(unexpected());
    };
    let exit = if left.is_empty() { Exit::Done } else { Exit::Unavailable };
    let out = &mut session.out;
    if session.json {
        out.json(&document! { users, left, foreign })?;
        return Ok(exit);
    }
    writeln!(
        out,
        "Users with records: {users}. Codes that can have been used by now open nothing any more:"
    )?;
    writeln!(out, "phones work again in a minute, backup codes have to be made again.")?;
    let mark = out.screen.paint(Style::Bad, "!");
    if !left.is_empty() {
        let names = left.join(", ");
        writeln!(out, "{mark} Not done just now, so run this again: {}", Plain(&names))?;
    }
    if !foreign.is_empty() {
        let names = foreign.join(", ");
        writeln!(
            out,
            "{mark} Moving to another store, or made with a key that this host lacks: {}",
            Plain(&names)
        )?;
    }
    Ok(exit)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scripted::{Scene, done};

    fn outcome(left: &[&str]) -> Outcome {
        let names = |names: &[&str]| names.iter().map(ToString::to_string).collect();
        Outcome::Restored(Restored { users: 9, left: names(left), foreign: names(&["eve"]) })
    }

    #[test]
    fn codes_are_spent_after_a_yes_and_who_is_left_is_named() {
        let line = "credentials restored";
        assert_eq!(Scene::new([]).run(line).exit, Exit::Usage);
        assert_eq!(Scene::new([]).answers(["n"]).run(line).exit, Exit::Cancelled);
        let seen = Scene::new([done(outcome(&["bob"]))]).answers(["y"]).run(line);
        assert_eq!((seen.exit, seen.commands()), (Exit::Unavailable, vec![Command::Restored]));
        assert!(seen.out.contains("run this again: bob\n"), "{}", seen.out);
        assert!(seen.out.contains("this host lacks: eve\n"), "{}", seen.out);
        let seen = Scene::new([done(outcome(&[]))]).run("credentials restored --yes --json");
        seen.assert_documented(line);
    }
}
