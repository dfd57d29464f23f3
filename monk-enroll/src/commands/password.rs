//! `user passwd`: a new password, in whatever directory.

use std::io::Write;

use monk_wire::manage::{self, Command, Outcome};

use super::user;
use crate::cli::UserPasswdArgs;
use crate::error::Error;
use crate::exit::Exit;
use crate::new_password;
use crate::session::Session;
use crate::talk::unexpected;

/// Said before the engine asks a user for a proof.
const PROVE: &str =
    "To change it, type your current password, and a code if you have a second factor.";

/// Changes the caller's password, or sets another one.
pub fn passwd(session: &mut Session, args: &UserPasswdArgs) -> Result<Exit, Error> {
    let UserPasswdArgs { name, password_stdin, force, must_change } = args;
    let name = &session.user(name.as_ref())?;
    if session.terminal.present() {
        // In whatever directory: who is not there has no password to change.
        match session.manage(name, Command::Status) {
            Ok(Outcome::Status(_)) => {}
            Ok(_) => return Err(unexpected()),
            // An engine that is away may be back when the answer is there.
            Err(error) if error.exit == Exit::Unavailable => {}
            Err(error) => return Err(error),
        }
    }
    let password = new_password::ask(session, name, *password_stdin, *force)?;
    let change = manage::UserCommand::Password { password, must_change: *must_change };
    let words = match must_change {
        true => "has a new password, and has to change it first; the second factors stay",
        false => "has a new password; the second factors stay",
    };
    if !session.root && !session.json {
        writeln!(session.out, "{PROVE}")?;
        session.out.flush()?;
    }
    let result = user::changed(session, name, change, "password-set", words);
    match result {
        Err(error) if session.engine.has_lost_answer() => Err(error.remedy(
            "The password may have been changed: try the new one first, then the old one.",
        )),
        result => result,
    }
}

#[cfg(test)]
mod tests {
    use monk_terms::not_taken::NotTaken;
    use monk_wire::Reply;
    use monk_wire::manage::{Failure, NewPasswordFault, Part};

    use super::user::tests::status;
    use super::*;
    use crate::scripted::{Scene, Step, done, failed};

    #[test]
    fn users_change_their_own_password_and_prove_the_old_one() {
        let question = Step::Say(Reply::Ask { text: "Password: ".into(), echo: false });
        let seen = Scene::new([status(), question, done(Outcome::Done)])
            .answers(["newest", "newest", "secret"])
            .without_root()
            .run("user passwd");
        assert_eq!(seen.exit, Exit::Done, "{}", seen.errors);
        let questions: Vec<&str> = seen.questions.iter().map(String::as_str).collect();
        let [first, "The same again: ", "Password: "] = questions[..] else {
            panic!("{questions:?}")
        };
        assert!(first.starts_with("New password for "), "{first}");
        assert!(seen.out.starts_with(PROVE), "{}", seen.out);
        let seen = Scene::new([]).run("user passwd");
        assert_eq!(seen.exit, Exit::Usage, "root says whose");
    }

    #[test]
    fn another_password_is_asked_for_where_one_is_not_taken() {
        let fault = NewPasswordFault::NotTaken { why: NotTaken::TooWeak, said: String::new() };
        let question = |text: &str| Step::Say(Reply::Ask { text: text.into(), echo: false });
        let script = [
            status(),
            question("Password: "),
            Step::Say(Reply::Part(Part::NotTaken(fault))),
            question("New password: "),
            question("The same again: "),
            done(Outcome::Done),
        ];
        let seen = Scene::new(script)
            .answers(["simple", "simple", "secret", "newest", "newest"])
            .without_root()
            .run("user passwd");
        assert_eq!(seen.exit, Exit::Done, "{}", seen.errors);
        let expected = "monk-enroll: the new password is too simple or too short for the directory: nothing was \
                        changed\nChoose another password, or press Enter to keep the old one.\n";
        assert_eq!(seen.errors, expected);
    }

    /// The engine may have been at work.
    #[test]
    fn after_a_lost_answer_people_hear_that_the_password_may_have_been_changed() {
        for last in [Step::HangUp, failed(Failure::PasswordUnknown)] {
            let seen =
                Scene::new([status(), last]).answers(["newest", "newest"]).run("user passwd alice");
            assert_eq!(seen.exit, Exit::Unavailable);
            let words = "may have been changed: try the new one first, then the old one";
            assert!(seen.errors.contains(words), "{}", seen.errors);
        }
        let unproved = failed(Failure::ProofUnanswered);
        let seen =
            Scene::new([status(), unproved]).answers(["newest", "newest"]).run("user passwd alice");
        assert!(!seen.errors.contains("may have been"), "{}", seen.errors);
    }

    #[test]
    fn what_the_directory_says_of_a_password_is_shown() {
        let said = "Password is too young to change".to_owned();
        let not_taken = Failure::PasswordNotTaken { why: NotTaken::TooYoung, said };
        let seen = Scene::new([status(), failed(not_taken)])
            .answers(["newest", "newest"])
            .run("user passwd alice");
        assert_eq!(seen.exit, Exit::Invalid);
        assert!(
            seen.errors.ends_with("says: Password is too young to change\n"),
            "{}",
            seen.errors
        );
    }
}
