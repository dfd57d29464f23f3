//! `user`: the embedded directory.

use std::io::Write;

use monk_wire::Secret;
use monk_wire::manage::{self, Command, Outcome};

use crate::cli::{UserAddArgs, UserNameArgs, UserPasswdArgs};
use crate::error::Error;
use crate::exit::Exit;
use crate::json::{UserAdded, UserChanged, UserDocument, UserList};
use crate::output::{Plain, Style};
use crate::session::Session;
use crate::table::{Cell, Table};
use crate::talk::unexpected;
use crate::terminal::Question;
use crate::when::Moment;

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

/// Lists all.
pub fn list(session: &mut Session) -> Result<Exit, Error> {
    let users = everybody(session)?;
    let out = &mut session.out;
    if session.json {
        out.json(&UserList { users: users.iter().map(UserDocument::of).collect() })?;
        return Ok(Exit::Done);
    }
    if users.is_empty() {
        writeln!(out, "There are no users. Add one: monk-enroll user add NAME")?;
        return Ok(Exit::Done);
    }
    let mut table =
        Table::new(["NAME", "MAIL", "STATE", "SECOND FACTOR", "DEVICES", "APP PASSWORDS", "ADDED"]);
    for user in &users {
        let state = match user.disabled {
            true => Cell::styled(Style::Bad, "disabled"),
            false => "enabled".into(),
        };
        let factor = match user.second_factor {
            true => Cell::styled(Style::Good, "yes"),
            false => Cell::styled(Style::Warning, "none"),
        };
        table.row([
            (&user.name).into(),
            user.mail.as_deref().unwrap_or_default().into(),
            state,
            factor,
            user.devices.to_string().into(),
            user.app_passwords.to_string().into(),
            format!("{:#}", Moment(user.created)).into(),
        ]);
    }
    table.write(out)?;
    Ok(Exit::Done)
}

/// All users, page by page.
fn everybody(session: &mut Session) -> Result<Vec<manage::UserRow>, Error> {
    let mut users: Vec<manage::UserRow> = Vec::new();
    loop {
        let after = users.last().map(|user| user.name.clone());
        let command = Command::User(manage::UserCommand::List { after });
        match session.manage("", command)? {
            Outcome::Users { rows, more: true } if !rows.is_empty() => users.extend(rows),
            Outcome::Users { rows, more: false } => {
                users.extend(rows);
                return Ok(users);
            }
            _ => return Err(unexpected()),
        }
    }
}

/// Sets another password.
pub fn passwd(session: &mut Session, args: &UserPasswdArgs) -> Result<Exit, Error> {
    let UserPasswdArgs { name, password_stdin } = args;
    let password = new_password(session, name, *password_stdin)?;
    let change = manage::UserCommand::Password { password };
    changed(session, name, change, "password-set", "has a new password")
}

/// Refuses every login, or ends that.
pub fn enable(session: &mut Session, args: &UserNameArgs, enabled: bool) -> Result<Exit, Error> {
    let change = manage::UserCommand::Enable { enabled };
    let (state, words) = match enabled {
        true => ("enabled", "may log in again"),
        false => ("disabled", "is disabled: every login is refused"),
    };
    changed(session, &args.name, change, state, words)
}

/// Removes a user.
pub fn remove(session: &mut Session, args: &UserNameArgs) -> Result<Exit, Error> {
    let name = &args.name;
    session.agree(&format!("Remove {} with everything enrolled?", Plain(name)))?;
    changed(session, name, manage::UserCommand::Remove, "removed", "is removed")
}

fn changed(
    session: &mut Session,
    user: &str,
    change: manage::UserCommand,
    state: &str,
    words: &str,
) -> Result<Exit, Error> {
    let Outcome::Done = session.manage(user, Command::User(change))? else {
        return Err(unexpected());
    };
    if session.json {
        session.out.json(&UserChanged { user, state })?;
    } else {
        writeln!(session.out, "{} {words}.", Plain(user))?;
    }
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
    fn users_are_listed_with_what_they_have() {
        let row = |name: &str, disabled| manage::UserRow {
            name: name.into(),
            mail: Some(format!("{name}@example.org")),
            disabled,
            created: 1_795_284_000,
            devices: 1,
            app_passwords: 2,
            second_factor: !disabled,
        };
        let users = [row("alice", false), row("bob", true)];
        let page =
            |rows: &[manage::UserRow], more| done(Outcome::Users { rows: rows.to_vec(), more });
        let script = [page(&users[..1], true), page(&users[1..], false)];
        let seen = Scene::new(script).run("user list");
        let after = Some("alice".to_owned());
        assert_eq!(seen.commands()[1], Command::User(manage::UserCommand::List { after }));
        let expected = "\
NAME   MAIL               STATE     SECOND FACTOR  DEVICES  APP PASSWORDS  ADDED
alice  alice@example.org  enabled   yes            1        2              2026-11-21
bob    bob@example.org    disabled  none           1        2              2026-11-21
";
        assert_eq!(seen.out, expected);
        let seen = Scene::new([page(&users[..1], false)]).run("user list --json");
        seen.assert_documented("user list");
        let none = Scene::new([page(&[], false)]).run("user list");
        assert!(none.out.contains("monk-enroll user add"), "{}", none.out);
    }

    #[test]
    fn users_are_changed_and_removed_after_a_question() {
        let seen =
            Scene::new([done(Outcome::Done)]).answers(["new", "new"]).run("user passwd alice");
        let password = Secret::new(b"new");
        let change = manage::UserCommand::Password { password };
        assert_eq!(seen.commands(), [Command::User(change)]);
        for (line, enabled) in [("user disable alice", false), ("user enable alice", true)] {
            let seen = Scene::new([done(Outcome::Done)]).run(line);
            let change = manage::UserCommand::Enable { enabled };
            assert_eq!(seen.commands(), [Command::User(change)]);
        }
        assert_eq!(Scene::new([]).answers(["n"]).run("user remove alice").exit, Exit::Cancelled);
        assert_eq!(Scene::new([]).run("user remove alice").exit, Exit::Usage);
        let seen = Scene::new([done(Outcome::Done)]).answers(["y"]).run("user remove alice");
        assert_eq!(seen.out, "alice is removed.\n");
        for (word, line) in [
            ("user disable", "user disable alice --json"),
            ("user enable", "user enable alice --json"),
            ("user remove", "user remove alice --yes --json"),
        ] {
            Scene::new([done(Outcome::Done)]).run(line).assert_documented(word);
        }
        let seen = Scene::new([done(Outcome::Done)])
            .piped("new")
            .run("user passwd alice --password-stdin --json");
        seen.assert_documented("user passwd");
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
