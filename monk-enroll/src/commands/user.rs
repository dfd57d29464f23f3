//! `user`: the embedded directory.

use std::io::Write;

use monk_wire::manage::{self, Command, Outcome, Posix};

use crate::cli::{UserAddArgs, UserNameArgs};
use crate::commands::posix;
use crate::error::Error;
use crate::exit::Exit;
use crate::json::document;
use crate::new_password;
use crate::output::{Plain, Style};
use crate::session::Session;
use crate::talk::unexpected;

/// What is to be known of such a password.
const LIKE_A_CODE: &str = "The password ends like one with a code behind it. Where password and code are \
     typed on one line, the code still has to stand behind the whole password, after another semicolon.";

/// What is to be known of a user whose name an account of this host has.
const IS_LOCAL: &str = "This host has an account of this name in /etc/passwd: here, uid, groups, home folder and \
     shell are those of that account. Other hosts take them from the directory.";

/// Adds a user.
pub fn add(session: &mut Session, args: &UserAddArgs) -> Result<Exit, Error> {
    let UserAddArgs { name, mail, password_stdin, force, must_change, posix } = args;
    if session.terminal.present() {
        look_before_asking(session, name, false)?;
    }
    let password = new_password::ask(session, name, *password_stdin, *force)?;
    let user = manage::NewUser {
        mail: mail.clone(),
        password,
        must_change: *must_change,
        posix: posix.wish(),
        even_local: *force,
    };
    let outcome = session.manage(name, Command::UserAdd(Box::new(user)))?;
    let Outcome::UserAdded { posix, like_code, is_local } = outcome else {
        return Err(unexpected());
    };
    let note = like_code.then_some(LIKE_A_CODE);
    if session.json {
        let Posix { uid, gid, full_name: _, home, shell } = &posix;
        session.out.json(&document! { user: name, mail, note, uid, gid, home, shell, is_local })?;
        return Ok(Exit::Done);
    }
    let (name, numbers) = (Plain(name), posix::described(&posix));
    writeln!(
        session.out,
        "{name} is added with {}, and has no second factor yet.",
        Plain(&numbers)
    )?;
    write_note(session, note)?;
    write_note(session, is_local.then_some(IS_LOCAL))?;
    writeln!(session.out, "Next: monk-enroll totp add {name}")?;
    Ok(Exit::Done)
}

/// Removes a user.
pub fn remove(session: &mut Session, args: &UserNameArgs) -> Result<Exit, Error> {
    let name = &args.name;
    if session.will_ask() {
        look_before_asking(session, name, true)?;
    }
    session.agree(&format!("Remove {} with everything enrolled?", Plain(name)))?;
    changed(session, name, manage::UserCommand::Remove, "removed", "is removed")
}

/// Has the engine change a user, and says so.
pub(super) fn changed(
    session: &mut Session,
    user: &str,
    change: manage::UserCommand,
    state: &str,
    words: &str,
) -> Result<Exit, Error> {
    let note = note_of(&session.manage(user, Command::User(change))?)?;
    if session.json {
        session.out.json(&document! { user, state, note })?;
        return Ok(Exit::Done);
    }
    writeln!(session.out, "{} {words}.", Plain(user))?;
    write_note(session, note)?;
    Ok(Exit::Done)
}

/// What should be known of something that is done.
fn note_of(outcome: &Outcome) -> Result<Option<&'static str>, Error> {
    match outcome {
        Outcome::Done => Ok(None),
        Outcome::PasswordLikeCode => Ok(Some(LIKE_A_CODE)),
        _ => Err(unexpected()),
    }
}

/// Tells what the administrator should know of it.
fn write_note(session: &mut Session, note: Option<&str>) -> Result<(), Error> {
    if let Some(note) = note {
        let mark = session.out.screen.paint(Style::Warning, "!");
        writeln!(session.out, "{mark} {}", Plain(note))?;
    }
    Ok(())
}

/// Refuses what would be refused after the question as well, before a person is asked.
fn look_before_asking(session: &mut Session, name: &str, wanted: bool) -> Result<(), Error> {
    let find = Command::User(manage::UserCommand::Find);
    let rows = match session.manage(name, find) {
        Ok(Outcome::Users(rows)) => rows,
        Ok(_) => return Err(unexpected()),
        // An engine that is away may be back when the answer is there.
        Err(error) if error.exit == Exit::Unavailable => return Ok(()),
        Err(error) => return Err(error),
    };
    match (rows.is_empty(), wanted) {
        (true, true) => {
            Err(Error::new(Exit::NotFound, format!("the directory has no user {name:?}"))
                .remedy("monk-enroll user list shows who is there."))
        }
        (false, false) => {
            Err(Error::new(Exit::Exists, "a user has this name or mail address already"))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
pub(super) mod tests {
    use monk_terms::account_state::AccountState;
    use monk_wire::Secret;
    use monk_wire::manage::{Failure, UserRow};

    use super::*;
    use crate::scripted::{Scene, Step, done, failed};

    fn added(mail: Option<&str>, password: &str) -> Vec<Command> {
        let user = manage::NewUser::with(Secret::new(password.as_bytes()));
        let mail = mail.map(str::to_owned);
        vec![Command::UserAdd(Box::new(manage::NewUser { mail, ..user }))]
    }

    fn alice() -> Step {
        done(Outcome::Users(vec![UserRow {
            name: "alice".into(),
            mail: None,
            state: AccountState::Enabled,
            created: None,
            devices: 1,
            app_passwords: 2,
            second_factor: true,
            factors: vec![],
            groups: vec![],
            posix: None,
            backup_codes_left: None,
            invitation: None,
        }]))
    }

    /// The answer where a user was added.
    fn user_added(like_code: bool, is_local: bool) -> Step {
        let posix =
            Posix { uid: 65_536, gid: 65_536, full_name: String::new(), home: None, shell: None };
        done(Outcome::UserAdded { posix, like_code, is_local })
    }

    fn nobody() -> Step {
        done(Outcome::Users(vec![]))
    }

    fn unknown() -> Step {
        failed(Failure::NoSuchUser { user: "alice".into(), is_caller: false })
    }

    /// What is asked before a password is changed.
    pub(in crate::commands) fn status() -> Step {
        done(Outcome::Status(manage::Status {
            user: "alice".into(),
            mail: None,
            state: AccountState::Enabled,
            posix: None,
            credentials: vec![],
            unreadable: 0,
        }))
    }

    /// Nobody types a password twice to hear then that it was for nothing.
    #[test]
    fn what_would_be_refused_anyway_is_refused_before_the_question() {
        for (step, line, exit) in [
            (alice(), "user add alice", Exit::Exists),
            (unknown(), "user passwd alice", Exit::NotFound),
            (nobody(), "user remove alice", Exit::NotFound),
            (failed(Failure::UsersInLdap), "user remove alice", Exit::Invalid),
        ] {
            let seen = Scene::new([step]).answers([]).run(line);
            assert_eq!((seen.exit, seen.questions.len()), (exit, 0), "{line}");
        }
        for line in ["user add bob", "user remove bob", "reset alice"] {
            let seen = Scene::new([]).answers([]).without_root().run(line);
            assert_eq!((seen.exit, seen.questions.len()), (Exit::NotPermitted, 0), "{line}");
            assert!(seen.errors.contains("only root may") && seen.errors.contains("sudo"));
        }
    }

    #[test]
    fn what_should_be_known_of_a_password_is_said() {
        let noted = || done(Outcome::PasswordLikeCode);
        let seen = Scene::new([user_added(true, false)])
            .piped("geheim;123456")
            .run("user add alice --password-stdin");
        assert!(seen.out.contains("\n! The password ends like one with a code"), "{}", seen.out);
        let seen = Scene::new([noted()])
            .piped("geheim;123456")
            .run("user passwd alice --password-stdin --json");
        assert!(seen.out.contains("\"note\": \"The password ends like one"), "{}", seen.out);
    }

    #[test]
    fn a_person_types_the_password_twice() {
        let seen = Scene::new([nobody(), user_added(false, false)])
            .answers(["first", "second", "pass;word", "pass;word"])
            .run("user add alice --mail alice@example.org");
        assert_eq!(seen.exit, Exit::Done);
        assert_eq!(seen.commands()[1..], added(Some("alice@example.org"), "pass;word"));
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
        let seen = Scene::new([user_added(false, false)])
            .piped("pass word")
            .run("user add alice --password-stdin --json");
        assert_eq!(seen.commands(), added(None, "pass word"));
        seen.assert_documented("user add");
    }

    #[test]
    fn a_user_is_added_with_what_hosts_need_to_know() {
        let seen = Scene::new([user_added(false, true)]).piped("abc").run(
            "user add alice --password-stdin --force --must-change --uid 65536 --gid 100 --home /srv/a \
             --shell /bin/zsh --full-name Alice",
        );
        let user = manage::NewUser {
            mail: None,
            password: Secret::new(b"abc"),
            must_change: true,
            posix: manage::PosixWish {
                uid: Some(65_536),
                group: Some(manage::PrimaryGroup::Numbered(100)),
                full_name: Some("Alice".into()),
                home: Some("/srv/a".into()),
                shell: Some("/bin/zsh".into()),
            },
            even_local: true,
        };
        assert_eq!(seen.commands(), [Command::UserAdd(Box::new(user))]);
        let first = "alice is added with uid 65536, gid 65536, and has no second factor yet.\n";
        assert!(seen.out.starts_with(first), "{}", seen.out);
        assert!(seen.out.contains("! This host has an account of this name in /etc/passwd: "));
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
    fn users_are_changed_and_removed_after_a_question() {
        let seen = Scene::new([status(), done(Outcome::Done)])
            .answers(["newest", "newest"])
            .run("user passwd alice");
        let password = Secret::new(b"newest");
        let change = manage::UserCommand::Password { password, must_change: false };
        assert_eq!(seen.commands()[1..], [Command::User(change)]);
        for (line, enabled) in [("user disable alice", false), ("user enable alice", true)] {
            let seen = Scene::new([done(Outcome::Done)]).run(line);
            let change = manage::UserCommand::Enable { enabled };
            assert_eq!(seen.commands(), [Command::User(change)]);
        }
        assert_eq!(
            Scene::new([alice()]).answers(["n"]).run("user remove alice").exit,
            Exit::Cancelled
        );
        assert_eq!(Scene::new([]).run("user remove alice").exit, Exit::Usage);
        let seen =
            Scene::new([alice(), done(Outcome::Done)]).answers(["y"]).run("user remove alice");
        assert_eq!(seen.out, "alice is removed.\n");
        for (word, line) in [
            ("user disable", "user disable alice --json"),
            ("user enable", "user enable alice --json"),
            ("user expire", "user expire alice --at 2026-12-31 --json"),
            ("user remove", "user remove alice --yes --json"),
        ] {
            Scene::new([done(Outcome::Done)]).run(line).assert_documented(word);
        }
        let seen = Scene::new([done(Outcome::Done)])
            .piped("newest")
            .run("user passwd alice --password-stdin --json");
        seen.assert_documented("user passwd");
    }

    #[test]
    fn errors_are_json_too_and_alone() {
        let seen = Scene::new([failed(Failure::UserExists)])
            .piped("secret")
            .run("user add alice --password-stdin --json");
        assert_eq!((seen.exit, seen.errors.as_str()), (Exit::Exists, ""));
        seen.assert_documented("Errors");
    }
}
