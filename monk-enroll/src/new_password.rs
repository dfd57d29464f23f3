//! A password that root sets: typed twice, and long enough to be meant.

use monk_terms::not_taken::SHORTEST;
use monk_wire::Secret;

use crate::error::Error;
use crate::exit::Exit;
use crate::output::Plain;
use crate::session::Session;
use crate::terminal::Question;

/// How often two passwords may differ before we give up.
const TRIES: usize = 3;

/// The password from a person, who types it twice, or from a program, which does not mistype.
///
/// # Errors
/// When nobody is there to ask, or the password is none or too short.
pub fn ask(session: &mut Session, name: &str, piped: bool, force: bool) -> Result<Secret, Error> {
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
        check(&password, force)?;
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

fn check(password: &Secret, force: bool) -> Result<(), Error> {
    if password.expose().is_empty() {
        return Err(Error::new(
            Exit::Invalid,
            "the password is empty: nobody could log in with it",
        ));
    }
    if force || !is_short(password) {
        return Ok(());
    }
    Err(Error::new(Exit::Invalid, too_short())
        .remedy("Choose a longer one, or set this one all the same with --force."))
}

/// Whether a password needs `--force`.
pub fn is_short(password: &Secret) -> bool {
    // What is no text is refused by the engine.
    password.expose_str().is_some_and(|text| text.chars().count() < SHORTEST)
}

/// What is wrong with such a password.
pub fn too_short() -> String {
    format!("the password has fewer than {SHORTEST} characters and is soon guessed")
}

#[cfg(test)]
mod tests {
    use monk_wire::manage::{Outcome, Posix};

    use crate::exit::Exit;
    use crate::scripted::{Scene, done};

    #[test]
    fn a_short_password_takes_force_and_an_empty_one_is_none() {
        let posix =
            Posix { uid: 65_536, gid: 65_536, full_name: String::new(), home: None, shell: None };
        let added = Outcome::UserAdded { posix, like_code: false, is_local: false };
        for (command, outcome) in [("user add alice", added), ("user passwd alice", Outcome::Done)]
        {
            let line = format!("{command} --password-stdin");
            for short in ["x", "1234", "äöüß"] {
                let seen = Scene::new([]).piped(short).run(&line);
                assert_eq!(seen.exit, Exit::Invalid, "{short}");
                assert!(seen.errors.contains("fewer than 5") && seen.errors.contains("--force"));
                assert!(!seen.errors.contains(short), "{}", seen.errors);
                let seen = Scene::new([done(outcome.clone())]).piped(short);
                assert_eq!(seen.run(&format!("{line} --force")).exit, Exit::Done, "{short}");
            }
            let seen = Scene::new([done(outcome)]).piped("12345").run(&line);
            assert_eq!(seen.exit, Exit::Done, "{}", seen.errors);
            for force in ["", " --force"] {
                let seen = Scene::new([]).piped("").run(&format!("{line}{force}"));
                assert_eq!(seen.exit, Exit::Invalid);
                assert!(seen.errors.contains("is empty"), "{}", seen.errors);
            }
        }
    }
}
