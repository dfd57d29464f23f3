//! `user set`, and how numbers, home folder and shell are shown.

use std::io::Write;

use monk_wire::manage::{Command, Outcome, Posix, PosixWish, UserCommand};

use crate::cli::UserSetArgs;
use crate::error::Error;
use crate::exit::Exit;
use crate::json::document;
use crate::output::Plain;
use crate::session::Session;
use crate::talk::unexpected;

/// Sets what a user is for hosts.
pub fn set(session: &mut Session, args: &UserSetArgs) -> Result<Exit, Error> {
    let UserSetArgs { name: user, posix, force } = args;
    let wish = posix.wish();
    if wish == PosixWish::default() {
        return Err(Error::new(Exit::Usage, "say what to set: monk-enroll user set --help"));
    }
    let command = Command::User(UserCommand::Posix { wish, even_local: *force });
    let Outcome::Posix(posix) = session.manage(user, command)? else { return Err(unexpected()) };
    if session.json {
        let Posix { uid, gid, full_name, home, shell } = &posix;
        session.out.json(&document! { user, uid, gid, full_name, home, shell })?;
        return Ok(Exit::Done);
    }
    writeln!(session.out, "{} has {}.", Plain(user), Plain(&described(&posix)))?;
    if args.posix.uid.is_some() {
        writeln!(session.out, "Files that belonged to another uid do not change: see chown(1).")?;
    }
    Ok(Exit::Done)
}

/// In one line.
pub fn described(posix: &Posix) -> String {
    let Posix { uid, gid, full_name, home, shell } = posix;
    let mut parts = vec![format!("uid {uid}"), format!("gid {gid}")];
    parts.extend(home.as_ref().map(|home| format!("home folder {home}")));
    parts.extend(shell.as_ref().map(|shell| format!("shell {shell}")));
    if !full_name.is_empty() {
        parts.push(format!("full name {full_name}"));
    }
    parts.join(", ")
}

/// Members of a document about a user, `null` where the directory is not monk's own.
#[derive(Default)]
pub struct Members<'a> {
    /// The uid.
    pub uid: Option<u32>,
    /// The primary group.
    pub gid: Option<u32>,
    /// The full name.
    pub full_name: Option<&'a str>,
    /// The home folder.
    pub home: Option<&'a str>,
    /// The shell.
    pub shell: Option<&'a str>,
}

impl<'a> Members<'a> {
    /// Those of a user.
    pub fn of(posix: Option<&'a Posix>) -> Self {
        posix.map_or_else(Self::default, |posix| Self {
            uid: Some(posix.uid),
            gid: Some(posix.gid),
            full_name: Some(posix.full_name.as_str()).filter(|name| !name.is_empty()),
            home: posix.home.as_deref(),
            shell: posix.shell.as_deref(),
        })
    }
}

#[cfg(test)]
mod tests {
    use monk_wire::manage::{Clash, Failure, PrimaryGroup};

    use super::*;
    use crate::scripted::{Scene, done, failed};

    fn posix() -> Posix {
        Posix {
            uid: 70_000,
            gid: 70_000,
            full_name: "Alice Smith".into(),
            home: Some("/srv/alice".into()),
            shell: None,
        }
    }

    fn set(wish: PosixWish, even_local: bool) -> Vec<Command> {
        vec![Command::User(UserCommand::Posix { wish, even_local })]
    }

    #[test]
    fn what_a_user_is_for_hosts_is_set() {
        let line = "user set alice --uid 70000 --group staff --shell  --home /srv/alice";
        let words: Vec<&str> = line.split(' ').collect();
        let seen = Scene::new([done(Outcome::Posix(posix()))]).run_words(&words);
        let wish = PosixWish {
            uid: Some(70_000),
            group: Some(PrimaryGroup::Named("staff".into())),
            home: Some("/srv/alice".into()),
            shell: Some(String::new()),
            full_name: None,
        };
        assert_eq!(seen.commands(), set(wish, false));
        let expected = "\
alice has uid 70000, gid 70000, home folder /srv/alice, full name Alice Smith.
Files that belonged to another uid do not change: see chown(1).
";
        assert_eq!(seen.out, expected);
        let seen = Scene::new([done(Outcome::Posix(posix()))])
            .run("user set alice --gid 100 --force --json");
        let group = Some(PrimaryGroup::Numbered(100));
        assert_eq!(seen.commands(), set(PosixWish { group, ..PosixWish::default() }, true));
        seen.assert_documented("user set");
        assert_eq!(Scene::new([]).run("user set alice").exit, Exit::Usage);
    }

    #[test]
    fn whose_a_number_is_is_said_and_what_to_do() {
        for (clash, exit, words) in [
            (Clash::Uid { uid: 7, user: "bob".into() }, Exit::Exists, "uid 7 is bob's"),
            (
                Clash::LocalUid { uid: 7, account: "bob".into() },
                Exit::Exists,
                "uid 7 is that of the account bob in /etc/passwd: its files would be this user's, too; \
                 --force takes it all the same",
            ),
            (
                Clash::NoneLeft { first: 5, last: 9 },
                Exit::Invalid,
                "first_id and last_id in [embedded]",
            ),
        ] {
            let seen = Scene::new([failed(Failure::Clash(clash))]).run("user set alice --uid 7");
            assert_eq!(seen.exit, exit);
            assert!(seen.errors.contains(words), "{}", seen.errors);
        }
    }
}
