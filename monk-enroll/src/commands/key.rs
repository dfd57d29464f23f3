//! `key`: the keys of this host.

use std::io::Write;

use monk_wire::manage::{self, Command, KeyRotation, KeyStatus, Outcome};

use crate::cli::KeyArgs;
use crate::error::Error;
use crate::exit::Exit;
use crate::json::document;
use crate::output::{Plain, Style};
use crate::session::Session;
use crate::table::{Cell, Table};
use crate::talk::unexpected;

/// Makes one more.
pub fn create(session: &mut Session) -> Result<Exit, Error> {
    let keys = keys(session, manage::KeyCommand::Create)?;
    let [key] = &keys[..] else { return Err(unexpected()) };
    let id = key.id.as_str();
    let out = &mut session.out;
    if session.json {
        out.json(&document! { id, state: "created" })?;
        return Ok(Exit::Done);
    }
    let id = Plain(id);
    writeln!(
        out,
        "Key {} is made. It makes no new values yet.",
        out.screen.paint(Style::Strong, &id)
    )?;
    writeln!(
        out,
        "Next: copy its file to the key folder of every host and have monkd reload there;"
    )?;
    writeln!(out, "then, on each: monk-enroll key rotate {id}")?;
    Ok(Exit::Done)
}

/// Lists them.
pub fn list(session: &mut Session) -> Result<Exit, Error> {
    let keys = keys(session, manage::KeyCommand::List)?;
    let out = &mut session.out;
    if session.json {
        let keys = keys.iter().map(|key| {
            let KeyStatus { id, held, primary, devices, hashes, records, users } = key;
            document! { id, held, primary, devices, hashes, records, users }
        });
        out.json(&document! { keys: keys.collect::<Vec<_>>() })?;
        return Ok(Exit::Done);
    }
    let mut table = Table::new(["KEY", "STATE", "RECORDS", "DEVICES", "HASHES", "FOR EXAMPLE OF"]);
    for key in &keys {
        let state = match (key.held, key.primary) {
            (false, _) => Cell::styled(Style::Bad, "missing here"),
            (true, true) => Cell::styled(Style::Good, "primary"),
            (true, false) => "held".into(),
        };
        table.row([
            (&key.id).into(),
            state,
            key.records.to_string().into(),
            key.devices.to_string().into(),
            key.hashes.to_string().into(),
            key.users.join(", ").into(),
        ]);
    }
    table.write(out)?;
    if keys.iter().any(|key| !key.held) {
        let mark = out.screen.paint(Style::Bad, "!");
        writeln!(
            out,
            "\n{mark} What is made with a missing key is refused on this host: copy the key here."
        )?;
    }
    Ok(Exit::Done)
}

/// Makes one primary.
pub fn rotate(session: &mut Session, args: &KeyArgs) -> Result<Exit, Error> {
    let id = args.id.as_str();
    look_before_asking(session, id)?;
    session.agree(&format!(
        "Hosts that lack key {} will refuse everybody who has enrolled something. Do all hold it?",
        Plain(id)
    ))?;
    let command = Command::Key(manage::KeyCommand::Rotate { id: id.to_owned() });
    let Outcome::Rotated(rotation) = session.manage("", command)? else {
        return Err(unexpected());
    };
    let KeyRotation { sealed, records, unopened, failed } = rotation;
    let exit = if failed.is_empty() { Exit::Done } else { Exit::Unavailable };
    let out = &mut session.out;
    if session.json {
        out.json(&document! { id, sealed, records, unopened, failed: &failed })?;
        return Ok(exit);
    }
    writeln!(
        out,
        "New values are made with key {} now. Records made again with it: {records}; seeds sealed again: \
         {sealed}.",
        Plain(id)
    )?;
    if unopened > 0 {
        let mark = out.screen.paint(Style::Warning, "!");
        writeln!(
            out,
            "{mark} Seeds and records that this host has no key for or cannot read stay as they are: {unopened}."
        )?;
    }
    if !failed.is_empty() {
        let mark = out.screen.paint(Style::Bad, "!");
        let failed = failed.join(", ");
        writeln!(out, "{mark} Not changed just now, so run this again: {}", Plain(&failed))?;
    }
    writeln!(
        out,
        "App passwords and backup codes need the key that they were made with for as long"
    )?;
    writeln!(out, "as they live: monk-enroll key list shows which.")?;
    writeln!(
        out,
        "Next: run this on every other host, and when no record needs the old key any more,"
    )?;
    writeln!(out, "monk-enroll key retire with its id.")?;
    Ok(exit)
}

/// Puts one away.
pub fn retire(session: &mut Session, args: &KeyArgs) -> Result<Exit, Error> {
    let id = args.id.as_str();
    look_before_asking(session, id)?;
    session.agree(&format!("Put key {} away on this host?", Plain(id)))?;
    let command = Command::Key(manage::KeyCommand::Retire { id: id.to_owned() });
    let Outcome::Done = session.manage("", command)? else { return Err(unexpected()) };
    if session.json {
        session.out.json(&document! { id, state: "retired" })?;
    } else {
        writeln!(
            session.out,
            "Key {0} is not read any more; its file is {0}.retired now. Do the same on every other",
            Plain(id)
        )?;
        writeln!(
            session.out,
            "host; keep the file for as long as you keep backups that were made with it."
        )?;
    }
    Ok(Exit::Done)
}

/// Refuses a key that this host does not hold, before a person is asked.
fn look_before_asking(session: &mut Session, id: &str) -> Result<(), Error> {
    if !session.will_ask() {
        return Ok(());
    }
    let keys = keys(session, manage::KeyCommand::List)?;
    match keys.iter().any(|key| key.held && key.id == id) {
        true => Ok(()),
        false => Err(Error::new(Exit::NotFound, format!("this host holds no key {id}"))
            .remedy("monk-enroll key list shows those that it holds.")),
    }
}

fn keys(session: &mut Session, command: manage::KeyCommand) -> Result<Vec<KeyStatus>, Error> {
    match session.manage("", Command::Key(command))? {
        Outcome::Keys(keys) => Ok(keys),
        _ => Err(unexpected()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scripted::{Scene, done};

    fn key(id: &str, primary: bool, held: bool) -> KeyStatus {
        KeyStatus {
            id: id.into(),
            held,
            primary,
            devices: 3,
            hashes: 1,
            records: 5,
            users: vec!["alice".into(), "bob".into()],
        }
    }

    #[test]
    fn the_list_shows_what_is_missing_here() {
        let keys = vec![key("0a0a0a0a", true, true), key("0b0b0b0b", false, false)];
        let seen = Scene::new([done(Outcome::Keys(keys.clone()))]).run("key list");
        let expected = "\
KEY       STATE         RECORDS  DEVICES  HASHES  FOR EXAMPLE OF
0a0a0a0a  primary       5        3        1       alice, bob
0b0b0b0b  missing here  5        3        1       alice, bob

! What is made with a missing key is refused on this host: copy the key here.
";
        assert_eq!(seen.out, expected);
        let seen = Scene::new([done(Outcome::Keys(keys))]).run("key list --json");
        seen.assert_documented("key list");
    }

    #[test]
    fn a_new_key_says_what_comes_next() {
        let keys = vec![key("0a0a0a0a", false, true)];
        let seen = Scene::new([done(Outcome::Keys(keys.clone()))]).run("key create");
        assert!(seen.out.contains("monk-enroll key rotate 0a0a0a0a\n"), "{}", seen.out);
        let seen = Scene::new([done(Outcome::Keys(keys))]).run("key create --json");
        seen.assert_documented("key create");
    }

    #[test]
    fn nothing_is_rotated_or_put_away_without_a_yes() {
        for line in ["key rotate 0a0a0a0a", "key retire 0a0a0a0a"] {
            assert_eq!(Scene::new([]).run(line).exit, Exit::Usage);
            let keys = || done(Outcome::Keys(vec![key("0a0a0a0a", false, true)]));
            assert_eq!(Scene::new([keys()]).answers(["n"]).run(line).exit, Exit::Cancelled);
            let missing = done(Outcome::Keys(vec![key("0a0a0a0a", false, false)]));
            let seen = Scene::new([missing]).answers([]).run(line);
            assert_eq!((seen.exit, seen.questions.len()), (Exit::NotFound, 0));
        }
        let rotation = |failed: &[&str]| KeyRotation {
            sealed: 3,
            records: 5,
            unopened: 0,
            failed: failed.iter().map(ToString::to_string).collect(),
        };
        let keys = done(Outcome::Keys(vec![key("0a0a0a0a", false, true)]));
        let seen = Scene::new([keys, done(Outcome::Rotated(rotation(&["bob"])))])
            .answers(["y"])
            .run("key rotate 0a0a0a0a");
        assert_eq!(seen.exit, Exit::Unavailable);
        assert!(seen.out.contains("run this again: bob\n"), "{}", seen.out);
        let line = "key rotate 0a0a0a0a --yes --json";
        Scene::new([done(Outcome::Rotated(rotation(&[])))])
            .run(line)
            .assert_documented("key rotate");
        let line = "key retire 0a0a0a0a --yes --json";
        Scene::new([done(Outcome::Done)]).run(line).assert_documented("key retire");
    }
}
