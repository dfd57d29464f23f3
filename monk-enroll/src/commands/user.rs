//! `user`: the embedded directory.

use std::io::Write;

use monk_wire::Secret;
use monk_wire::manage::{Command, Outcome};

use crate::cli::UserAddArgs;
use crate::error::Error;
use crate::exit::Exit;
use crate::json::UserAdded;
use crate::output::Plain;
use crate::session::Session;
use crate::talk::unexpected;
use crate::terminal::Question;

/// How often two passwords may differ before we give up.
const TRIES: usize = 3;

/// Adds a user.
pub fn add(session: &mut Session, args: &UserAddArgs) -> Result<Exit, Error> {
    let UserAddArgs { name, mail, password_stdin } = args;
    let password = new_password(session, name, *password_stdin)?;
    let command = Command::UserAdd { mail: mail.clone(), password };
    let Outcome::Done = session.manage(name, command)? else {
        return Err(unexpected());
    };
    if session.json {
        session.out.json(&UserAdded { user: name, mail: mail.as_deref() })?;
        return Ok(Exit::Done);
    }
    let name = Plain(name);
    writeln!(session.out, "{name} is added, and has no second factor yet.")?;
    writeln!(session.out, "Next: monk-enroll totp add {name}")?;
    Ok(Exit::Done)
}

/// A password from a person, who types it twice, or from a program, which does not mistype.
fn new_password(session: &mut Session, name: &str, piped: bool) -> Result<Secret, Error> {
    let name = Plain(name);
    let mut prompt = format!("New password for {name}: ");
    for _ in 0..TRIES {
        let first = Question {
            wanted: "a password",
            prompt: &prompt,
            echo: false,
            option: "--password-stdin",
            piped,
        };
        let password = session.ask(first)?;
        if password.expose().is_empty() {
            return Err(Error::new(Exit::Invalid, "an empty password is none"));
        }
        if !session.terminal.present() {
            return Ok(password);
        }
        let again = session.ask(Question { prompt: "The same again: ", ..first })?;
        if again == password {
            return Ok(password);
        }
        prompt = format!("They differ. New password for {name}: ");
    }
    Err(Error::new(Exit::Invalid, "the two passwords differ"))
}

#[cfg(test)]
mod tests {
    use monk_wire::manage::FailureKind;

    use super::*;
    use crate::scripted::{Scene, done, failed};

    fn added(mail: Option<&str>, password: &str) -> Vec<Command> {
        let password = Secret::new(password.as_bytes());
        vec![Command::UserAdd { mail: mail.map(str::to_owned), password }]
    }

    #[test]
    fn a_person_types_the_password_twice() {
        let seen = Scene::new([done(Outcome::Done)])
            .answers(["one", "two", "pass;word", "pass;word"])
            .run("user add alice --mail alice@example.org");
        assert_eq!(seen.exit, Exit::Done);
        assert_eq!(seen.commands(), added(Some("alice@example.org"), "pass;word"));
        let expected = [
            "New password for alice: ",
            "The same again: ",
            "They differ. New password for alice: ",
            "The same again: ",
        ];
        assert_eq!(seen.questions, expected);
        assert!(seen.out.ends_with("Next: monk-enroll totp add alice\n"), "{}", seen.out);
    }

    #[test]
    fn a_program_says_it_once_on_standard_input() {
        let seen = Scene::new([done(Outcome::Done)])
            .piped("pass word")
            .run("user add alice --password-stdin --json");
        assert_eq!(seen.commands(), added(None, "pass word"));
        seen.assert_documented("user add");
    }

    #[test]
    fn without_a_terminal_nothing_is_asked_or_sent() {
        let seen = Scene::new([]).run("user add alice");
        assert_eq!(seen.exit, Exit::Usage);
        assert!(seen.errors.contains("--password-stdin"), "{}", seen.errors);
        let seen = Scene::new([]).piped("").run("user add alice --password-stdin");
        assert_eq!(seen.exit, Exit::Invalid);
        let seen = Scene::new([]).piped("a\nb").run("user add alice --password-stdin");
        assert_eq!(seen.exit, Exit::Invalid);
    }

    #[test]
    fn errors_are_json_too_and_alone() {
        let seen = Scene::new([failed(FailureKind::Exists, "alice is there already")])
            .piped("x")
            .run("user add alice --password-stdin --json");
        assert_eq!((seen.exit, seen.errors.as_str()), (Exit::Exists, ""));
        seen.assert_documented("Errors");
    }
}
