//! `group`: groups of the embedded directory.

use std::io::Write;

use monk_wire::manage::{Command, GroupCommand, GroupOutcome, Membership, Outcome};
use serde::Serialize;

use crate::cli::{GroupAddArgs, GroupArgs, GroupNameArgs};
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
    gid: u32,
    members: Vec<&'a str>,
}

/// Lists all.
pub fn list(session: &mut Session) -> Result<Exit, Error> {
    let rows = everything(session)?;
    let mut groups: Vec<Group<'_>> = Vec::new();
    for row in &rows {
        let Membership { group: name, gid, user } = row;
        if groups.last().is_none_or(|last| last.gid != *gid) {
            groups.push(Group { name, gid: *gid, members: Vec::new() });
        }
        if let Some(group) = groups.last_mut() {
            group.members.extend(user.as_deref());
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
    let mut table = Table::new(["GROUP", "GID", "MEMBERS"]);
    for group in &groups {
        let gid = group.gid.to_string();
        table.row([group.name.into(), gid.into(), group.members.join(", ").as_str().into()]);
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

/// Makes a group, and puts users in.
pub fn add(session: &mut Session, args: &GroupAddArgs) -> Result<Exit, Error> {
    let GroupAddArgs { group, users, gid } = args;
    let make = GroupCommand::Make { group: group.clone(), gid: *gid };
    let made = is_changed(session, "", make)?;
    let join = || GroupCommand::Join { group: group.clone() };
    let (changed, unchanged) = change(session, users, join)?;
    if session.json {
        session.out.json(&document! { group, made, changed, unchanged })?;
        return Ok(Exit::Done);
    }
    if made {
        writeln!(session.out, "The group {} is made.", Plain(group))?;
    } else if users.is_empty() {
        writeln!(session.out, "The group {} was there before.", Plain(group))?;
    }
    tell(session, group, true, &changed, &unchanged)
}

/// Takes users out.
pub fn remove(session: &mut Session, args: &GroupArgs) -> Result<Exit, Error> {
    let GroupArgs { group, users } = args;
    let leave = || GroupCommand::Leave { group: group.clone() };
    let (changed, unchanged) = change(session, users, leave)?;
    if session.json {
        session.out.json(&document! { group, changed, unchanged })?;
        return Ok(Exit::Done);
    }
    tell(session, group, false, &changed, &unchanged)
}

/// Deletes a group.
pub fn delete(session: &mut Session, args: &GroupNameArgs) -> Result<Exit, Error> {
    let group = &args.group;
    session.agree(&format!("Delete the group {}?", Plain(group)))?;
    is_changed(session, "", GroupCommand::Delete { group: group.clone() })?;
    if session.json {
        session.out.json(&document! { group, state: "deleted" })?;
        return Ok(Exit::Done);
    }
    writeln!(session.out, "The group {} is deleted.", Plain(group))?;
    Ok(Exit::Done)
}

fn is_changed(session: &mut Session, user: &str, command: GroupCommand) -> Result<bool, Error> {
    match session.manage(user, Command::Group(command))? {
        Outcome::Groups(GroupOutcome::Changed(changed)) => Ok(changed),
        _ => Err(unexpected()),
    }
}

/// Changes users, and says for whom that changed something, and for whom not.
fn change<'a>(
    session: &mut Session,
    users: &'a [String],
    command: impl Fn() -> GroupCommand,
) -> Result<(Vec<&'a str>, Vec<&'a str>), Error> {
    let (mut changed, mut unchanged) = (Vec::new(), Vec::new());
    for user in users {
        match is_changed(session, user, command())? {
            true => changed.push(user.as_str()),
            false => unchanged.push(user.as_str()),
        }
    }
    Ok((changed, unchanged))
}

fn tell(
    session: &mut Session,
    group: &str,
    member: bool,
    changed: &[&str],
    unchanged: &[&str],
) -> Result<Exit, Error> {
    let out = &mut session.out;
    let (now, before) = if member { ("is in", "was in") } else { ("is out of", "was not in") };
    let group = Plain(group);
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
        let gid = if group == "board" { 65_540 } else { 65_541 };
        let user = Some(user.to_owned()).filter(|user| !user.is_empty());
        Membership { group: group.into(), gid, user }
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
        assert_eq!(
            seen.out,
            "GROUP  GID    MEMBERS\nboard  65540  alice\nstaff  65541  alice, bob\n"
        );
        let seen = Scene::new([page(&rows[1..2], false)]).run("group list --json");
        seen.assert_documented("group list");
        let none = Scene::new([page(&[], false)]).run("group list");
        assert!(none.out.contains("monk-enroll group add"), "{}", none.out);
    }

    #[test]
    fn users_are_put_in_and_taken_out() {
        let three = || [changed(false), changed(true), changed(false)];
        let seen = Scene::new(three()).run("group add staff alice bob");
        let make = |gid| Command::Group(GroupCommand::Make { group: "staff".into(), gid });
        let join = || Command::Group(GroupCommand::Join { group: "staff".into() });
        assert_eq!(seen.commands(), [make(None), join(), join()]);
        assert_eq!(seen.out, "alice is in staff.\nbob was in staff before.\n");
        let seen = Scene::new([changed(true)]).run("group remove staff alice");
        assert_eq!(seen.out, "alice is out of staff.\n");
        Scene::new(three()).run("group add staff alice bob --json").assert_documented("group add");
        let seen =
            Scene::new([changed(true), changed(false)]).run("group remove staff alice bob --json");
        seen.assert_documented("group remove");

        let seen = Scene::new([changed(true)]).run("group add staff --gid 70000");
        assert_eq!(seen.commands(), [make(Some(70_000))]);
        assert_eq!(seen.out, "The group staff is made.\n");
        let seen = Scene::new([changed(false)]).run("group add staff");
        assert_eq!(seen.out, "The group staff was there before.\n");
    }

    #[test]
    fn a_group_is_deleted_after_a_question() {
        let seen = Scene::new([]).answers(["n"]).run("group delete staff");
        assert_eq!(seen.exit, Exit::Cancelled);
        let seen = Scene::new([changed(true)]).answers(["y"]).run("group delete staff");
        let delete = Command::Group(GroupCommand::Delete { group: "staff".into() });
        assert_eq!(seen.commands(), [delete]);
        assert_eq!(seen.out, "The group staff is deleted.\n");
        let seen = Scene::new([changed(true)]).run("group delete staff --yes --json");
        seen.assert_documented("group delete");
    }

    #[test]
    fn a_group_without_members_is_listed_too() {
        let seen =
            Scene::new([page(&[row("board", ""), row("staff", "bob")], false)]).run("group list");
        assert_eq!(seen.out, "GROUP  GID    MEMBERS\nboard  65540\nstaff  65541  bob\n");
    }
}
