//! `group`: groups of the embedded directory.

use std::io::Write;

use monk_wire::manage::{Command, GroupCommand, GroupOutcome, Membership, Outcome};
use serde::Serialize;

use crate::cli::GroupArgs;
use crate::error::Error;
use crate::exit::Exit;
use crate::json::document;
use crate::output::Plain;
use crate::session::Session;
use crate::table::Table;
use crate::talk::unexpected;

/// One group.
#[derive(Serialize)]
struct Group<'a> {
    name: &'a str,
    members: Vec<&'a str>,
}

/// Lists all.
pub fn list(session: &mut Session) -> Result<Exit, Error> {
    let rows = everything(session)?;
    let mut groups: Vec<Group<'_>> = Vec::new();
    for row in &rows {
        match groups.last_mut().filter(|last| last.name.eq_ignore_ascii_case(&row.group)) {
            Some(group) => group.members.push(&row.user),
            None => groups.push(Group { name: &row.group, members: vec![&row.user] }),
        }
    }
    let out = &mut session.out;
    if session.json {
        out.json(&document! { groups })?;
        return Ok(Exit::Done);
    }
    if groups.is_empty() {
        writeln!(out, "There are no groups. Make one: monk-enroll group add GROUP USER")?;
        return Ok(Exit::Done);
    }
    let mut table = Table::new(["GROUP", "MEMBERS"]);
    for group in &groups {
        table.row([group.name.into(), group.members.join(", ").as_str().into()]);
    }
    table.write(out)?;
    Ok(Exit::Done)
}

/// All memberships, page by page.
fn everything(session: &mut Session) -> Result<Vec<Membership>, Error> {
    let mut all: Vec<Membership> = Vec::new();
    loop {
        let command = Command::Group(GroupCommand::List { after: all.last().cloned() });
        match session.manage("", command)? {
            Outcome::Groups(GroupOutcome::List { rows, more: true }) if !rows.is_empty() => {
                all.extend(rows);
            }
            Outcome::Groups(GroupOutcome::List { rows, more: false }) => {
                all.extend(rows);
                return Ok(all);
            }
            _ => return Err(unexpected()),
        }
    }
}

/// Puts users in, or takes them out.
pub fn change(session: &mut Session, args: &GroupArgs, member: bool) -> Result<Exit, Error> {
    let (mut changed, mut unchanged) = (Vec::new(), Vec::new());
    for user in &args.users {
        let group = args.group.clone();
        let command = match member {
            true => GroupCommand::Join { group },
            false => GroupCommand::Leave { group },
        };
        match session.manage(user, Command::Group(command))? {
            Outcome::Groups(GroupOutcome::Changed(true)) => changed.push(user.as_str()),
            Outcome::Groups(GroupOutcome::Changed(false)) => unchanged.push(user.as_str()),
            _ => return Err(unexpected()),
        }
    }
    let out = &mut session.out;
    if session.json {
        out.json(&document! { group: &args.group, changed, unchanged })?;
        return Ok(Exit::Done);
    }
    let (now, before) = if member { ("is in", "was in") } else { ("is out of", "was not in") };
    let group = Plain(&args.group);
    for user in changed {
        writeln!(out, "{} {now} {group}.", Plain(user))?;
    }
    for user in unchanged {
        writeln!(out, "{} {before} {group} before.", Plain(user))?;
    }
    Ok(Exit::Done)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scripted::{Scene, Step, done};

    fn row(group: &str, user: &str) -> Membership {
        Membership { group: group.into(), user: user.into() }
    }

    fn page(rows: &[Membership], more: bool) -> Step {
        done(Outcome::Groups(GroupOutcome::List { rows: rows.to_vec(), more }))
    }

    fn changed(changed: bool) -> Step {
        done(Outcome::Groups(GroupOutcome::Changed(changed)))
    }

    #[test]
    fn groups_are_listed_with_their_members() {
        let rows = [row("board", "alice"), row("staff", "alice"), row("staff", "bob")];
        let seen = Scene::new([page(&rows[..1], true), page(&rows[1..], false)]).run("group list");
        let after = Some(rows[0].clone());
        assert_eq!(seen.commands()[1], Command::Group(GroupCommand::List { after }));
        assert_eq!(seen.out, "GROUP  MEMBERS\nboard  alice\nstaff  alice, bob\n");
        let seen = Scene::new([page(&rows[1..2], false)]).run("group list --json");
        seen.assert_documented("group list");
        let none = Scene::new([page(&[], false)]).run("group list");
        assert!(none.out.contains("monk-enroll group add"), "{}", none.out);
    }

    #[test]
    fn users_are_put_in_and_taken_out() {
        let seen = Scene::new([changed(true), changed(false)]).run("group add staff alice bob");
        let join = || Command::Group(GroupCommand::Join { group: "staff".into() });
        assert_eq!(seen.commands(), [join(), join()]);
        assert_eq!(seen.out, "alice is in staff.\nbob was in staff before.\n");
        let seen = Scene::new([changed(true)]).run("group remove staff alice");
        assert_eq!(seen.out, "alice is out of staff.\n");
        let both = || [changed(true), changed(false)];
        for word in ["group add", "group remove"] {
            let seen = Scene::new(both()).run(&format!("{word} staff alice bob --json"));
            seen.assert_documented(word);
        }
    }
}
