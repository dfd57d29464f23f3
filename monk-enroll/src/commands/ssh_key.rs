//! `user ssh-key`: the public keys that a user logs in to ssh with.

use std::io::Write;
use std::path::Path;

use monk_wire::manage::{self, Command, Outcome, SshKey, SshKeyOutcome};
use monk_wire::ssh_keys::MOST_LINES;
use serde::Serialize;

use crate::cli::{SshKeyAddArgs, SshKeyCommand, SshKeyRemoveArgs, SshKeyUserArgs};
use crate::error::Error;
use crate::exit::Exit;
use crate::input::{self, Links, STDIN};
use crate::json::document;
use crate::output::Plain;
use crate::session::Session;
use crate::table::Table;
use crate::talk::unexpected;

/// Most bytes of the keys of one command: with everything else, they fit a request of a user's.
const MOST_BYTES: usize = 14 * 1024;

/// A key.
#[derive(Serialize)]
struct KeyDocument<'a> {
    fingerprint: Option<&'a str>,
    key: &'a str,
}

impl<'a> From<&'a SshKey> for KeyDocument<'a> {
    fn from(key: &'a SshKey) -> Self {
        Self { fingerprint: key.fingerprint.as_deref(), key: &key.line }
    }
}

/// Carries out one of the commands.
pub fn run(session: &mut Session, command: &SshKeyCommand) -> Result<Exit, Error> {
    match command {
        SshKeyCommand::Add(args) => add(session, args),
        SshKeyCommand::List(args) => list(session, args),
        SshKeyCommand::Remove(args) => remove(session, args),
    }
}

fn add(session: &mut Session, args: &SshKeyAddArgs) -> Result<Exit, Error> {
    let SshKeyAddArgs { name: user, key } = args;
    let text = match key.as_str() {
        STDIN => input::read(Path::new(STDIN), Links::Followed)?,
        line => line.to_owned().into(),
    };
    // At once, so that the user proves who that is once.
    let lines: Vec<String> = keys_in(&text).map(str::to_owned).collect();
    if lines.is_empty() {
        return Err(Error::new(Exit::Invalid, "there is no key to add"));
    }
    if lines.len() > MOST_LINES || lines.iter().map(String::len).sum::<usize>() > MOST_BYTES {
        return Err(Error::new(Exit::Invalid, "these are too many keys for one command")
            .remedy("Add some of them at a time."));
    }
    let (added, there) = match manage(session, user, manage::SshKeyCommand::Add { lines })? {
        SshKeyOutcome::Added { added, already_there } => (added, already_there),
        _ => return Err(unexpected()),
    };
    if session.json {
        let documents =
            |keys: &'_ [SshKey]| keys.iter().map(|key| key.fingerprint.clone()).collect::<Vec<_>>();
        let (added, already_there) = (documents(&added), documents(&there));
        session.out.json(&document! { user, added, already_there })?;
        return Ok(Exit::Done);
    }
    for key in &added {
        writeln!(session.out, "{} is added.", Plain(shown(key)))?;
    }
    for key in &there {
        writeln!(session.out, "{} was there before.", Plain(shown(key)))?;
    }
    Ok(Exit::Done)
}

fn list(session: &mut Session, args: &SshKeyUserArgs) -> Result<Exit, Error> {
    let user = &args.name;
    let (keys, left_out) = match manage(session, user, manage::SshKeyCommand::List)? {
        SshKeyOutcome::List { keys, left_out } => (keys, left_out),
        _ => return Err(unexpected()),
    };
    if session.json {
        let keys = keys.iter().map(KeyDocument::from).collect::<Vec<_>>();
        session.out.json(&document! { user, keys, left_out })?;
        return Ok(Exit::Done);
    }
    if left_out > 0 {
        let these =
            if left_out == 1 { "1 more is".to_owned() } else { format!("{left_out} more are") };
        writeln!(
            session.errors,
            "{these} not listed, and not given to sshd: more than one line each, or too long, or too many."
        )?;
    }
    if keys.is_empty() && left_out == 0 {
        writeln!(session.out, "{} has no ssh keys.", Plain(user))?;
        return Ok(Exit::Done);
    }
    let mut table = Table::new(["FINGERPRINT", "KEY"]);
    for key in &keys {
        let fingerprint = key.fingerprint.as_deref().unwrap_or("unreadable");
        table.row([fingerprint.into(), shortened(&key.line).as_str().into()]);
    }
    table.write(&mut session.out)?;
    Ok(Exit::Done)
}

fn remove(session: &mut Session, args: &SshKeyRemoveArgs) -> Result<Exit, Error> {
    let SshKeyRemoveArgs { name: user, key } = args;
    let command = manage::SshKeyCommand::Remove { key: key.clone() };
    let SshKeyOutcome::Removed(key) = manage(session, user, command)? else {
        return Err(unexpected());
    };
    if session.json {
        session.out.json(&document! { user, removed: KeyDocument::from(&key) })?;
        return Ok(Exit::Done);
    }
    writeln!(session.out, "{} is removed. Sessions that are open stay open.", Plain(shown(&key)))?;
    Ok(Exit::Done)
}

fn manage(
    session: &mut Session,
    user: &str,
    command: manage::SshKeyCommand,
) -> Result<SshKeyOutcome, Error> {
    match session.manage(user, Command::SshKey(command))? {
        Outcome::SshKeys(outcome) => Ok(outcome),
        _ => Err(unexpected()),
    }
}

/// The lines that hold keys, as sshd reads them.
fn keys_in(text: &str) -> impl Iterator<Item = &str> {
    text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'))
}

fn shown(key: &SshKey) -> &str {
    key.fingerprint.as_deref().unwrap_or(&key.line)
}

/// A line without the middle of what nobody reads.
fn shortened(line: &str) -> String {
    /// Characters of a word that are shown of a longer one, at its beginning and end.
    const SHOWN: usize = 12;
    let shorten = |word: &str| {
        let characters: Vec<char> = word.chars().collect();
        match characters.len() {
            length if length <= 3 * SHOWN => word.to_owned(),
            length => {
                let (begin, end) = (&characters[..SHOWN], &characters[length - SHOWN..]);
                [begin.iter().collect::<String>(), end.iter().collect()].join("…")
            }
        }
    };
    line.split(' ').map(shorten).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use monk_wire::manage::Failure;

    use super::*;
    use crate::scripted::{Scene, Step, done, failed};

    const LINE: &str =
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAINDNlh0dRHa+riPsGunUE8Ebzd6wF3KaAo4Nm+ykPs4L alice";

    fn key() -> SshKey {
        SshKey { fingerprint: Some("SHA256:VfL48".into()), line: LINE.into() }
    }

    fn outcome(outcome: SshKeyOutcome) -> Step {
        done(Outcome::SshKeys(outcome))
    }

    #[test]
    fn keys_are_added_listed_and_removed() {
        let words = ["user", "ssh-key", "add", "alice", LINE];
        let is_added = || SshKeyOutcome::Added { added: vec![key()], already_there: vec![] };
        let seen = Scene::new([outcome(is_added())]).run_words(&words);
        let add = manage::SshKeyCommand::Add { lines: vec![LINE.into()] };
        assert_eq!(seen.commands(), [Command::SshKey(add)]);
        assert_eq!(seen.out, "SHA256:VfL48 is added.\n");
        let is_there = SshKeyOutcome::Added { added: vec![], already_there: vec![key()] };
        let seen = Scene::new([outcome(is_there)]).run_words(&words);
        assert_eq!(seen.out, "SHA256:VfL48 was there before.\n");

        let list = |keys, left_out| outcome(SshKeyOutcome::List { keys, left_out });
        let listed = || list(vec![key()], 0);
        let seen = Scene::new([listed()]).run("user ssh-key list alice");
        let expected = "\
FINGERPRINT   KEY
SHA256:VfL48  ssh-ed25519 AAAAC3NzaC1l…ZAo4Nm+ykPs4L alice
";
        assert_eq!(seen.out, expected.replace("…ZAo4", "…Ao4"));
        let none = Scene::new([list(vec![], 0)]).run("user ssh-key list alice");
        assert_eq!(none.out, "alice has no ssh keys.\n");
        let cut = Scene::new([list(vec![key()], 3)]).run("user ssh-key list alice");
        assert!(cut.errors.starts_with("3 more are not listed, and not given to sshd"));

        let removed = || outcome(SshKeyOutcome::Removed(key()));
        let seen = Scene::new([removed()]).run("user ssh-key remove alice SHA256:VfL48");
        let remove = manage::SshKeyCommand::Remove { key: "SHA256:VfL48".into() };
        assert_eq!(seen.commands(), [Command::SshKey(remove)]);
        assert_eq!(seen.out, "SHA256:VfL48 is removed. Sessions that are open stay open.\n");
        let seen = Scene::new([failed(Failure::NoSuchSshKey)]).run("user ssh-key remove alice x");
        assert_eq!(seen.exit, Exit::NotFound);

        let words = [&words[..], &["--json"]].concat();
        let seen = Scene::new([outcome(is_added())]).run_words(&words);
        seen.assert_documented("user ssh-key add");
        let seen = Scene::new([listed()]).run("user ssh-key list alice --json");
        seen.assert_documented("user ssh-key list");
        let seen = Scene::new([removed()]).run("user ssh-key remove alice x --json");
        seen.assert_documented("user ssh-key remove");
    }

    #[test]
    fn users_manage_their_own_keys() {
        let listed = outcome(SshKeyOutcome::List { keys: vec![key()], left_out: 0 });
        let seen = Scene::new([listed]).without_root().run("user ssh-key list alice");
        assert_eq!(seen.exit, Exit::Done);
    }

    #[test]
    fn several_keys_are_one_command_and_too_many_are_none() {
        let text = format!("# mine\n{LINE}\n\n{LINE} laptop\n");
        let both = SshKeyOutcome::Added { added: vec![key(), key()], already_there: vec![] };
        let add = |text| ["user", "ssh-key", "add", "alice", text];
        let seen = Scene::new([outcome(both)]).run_words(&add(&text));
        let lines = vec![LINE.into(), format!("{LINE} laptop")];
        assert_eq!(seen.commands(), [Command::SshKey(manage::SshKeyCommand::Add { lines })]);
        let seen = Scene::new([]).run_words(&add(&format!("{LINE}\n").repeat(200)));
        assert_eq!(seen.exit, Exit::Invalid);
        assert!(seen.errors.contains("Add some of them at a time"), "{}", seen.errors);
    }

    #[test]
    fn comments_and_empty_lines_are_no_keys() {
        let text = format!("# mine\n\n  {LINE}\r\n#{LINE}\n");
        assert_eq!(keys_in(&text).collect::<Vec<_>>(), [LINE]);
    }
}
