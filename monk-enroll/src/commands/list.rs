//! `user list`: the users of any directory, with what they have.

use std::io::Write;

use monk_terms::account_state::AccountState;
use monk_wire::manage::{Command, Listing, Outcome, Part, UserRow};

use crate::cli::UserListArgs;
use crate::commands::posix::Members;
use crate::error::Error;
use crate::exit::Exit;
use crate::json::document;
use crate::output::Style;
use crate::session::Session;
use crate::table::{Cell, Table};
use crate::talk::unexpected;
use crate::when::Moment;

/// Lists users.
pub fn users(session: &mut Session, args: &UserListArgs) -> Result<Exit, Error> {
    let UserListArgs { without_second_factor, group: groups } = args;
    let listing = Listing {
        without_second_factor: *without_second_factor,
        groups: groups.clone(),
        only_members: !groups.is_empty(),
    };
    let mut users = Vec::new();
    each(session, listing, |row| users.push(row))?;
    users.sort_by(|one, other| one.name.cmp(&other.name));
    let out = &mut session.out;
    if session.json {
        let users = users.iter().map(|row| {
            let UserRow { name: user, mail, devices, app_passwords, second_factor, .. } = row;
            let (state, created) = (row.state, row.created.map(Moment));
            let Members { uid, gid, full_name, home, shell } = Members::of(row.posix.as_ref());
            let factors: Vec<&str> = row.factors.iter().map(|kind| kind.as_str()).collect();
            let groups: Vec<&str> = names_of(&row.groups, groups).collect();
            document! {
                user, mail, state, created, devices, app_passwords, second_factor, factors, groups,
                uid, gid, full_name, home, shell
            }
        });
        out.json(&document! { users: users.collect::<Vec<_>>() })?;
        return Ok(Exit::Done);
    }
    if users.is_empty() {
        match *without_second_factor || !groups.is_empty() {
            true => writeln!(out, "There are no such users.")?,
            false => writeln!(out, "There are no users.")?,
        }
        return Ok(Exit::Done);
    }
    let mut table = Table::new([
        "NAME",
        "MAIL",
        "STATE",
        "SECOND FACTOR",
        "DEVICES",
        "APP PASSWORDS",
        "ADDED",
        "UID",
    ]);
    for user in &users {
        let state = match user.state {
            AccountState::Enabled => user.state.as_str().into(),
            closed => Cell::styled(Style::Bad, closed.as_str()),
        };
        let factor = match user.second_factor {
            true => Cell::styled(Style::Good, "yes"),
            false => Cell::styled(Style::Warning, "none"),
        };
        let added = user.created.map(|at| format!("{:#}", Moment(at))).unwrap_or_default();
        table.row([
            (&user.name).into(),
            user.mail.as_deref().unwrap_or_default().into(),
            state,
            factor,
            user.devices.to_string().into(),
            user.app_passwords.to_string().into(),
            added.into(),
            user.posix.as_ref().map(|posix| posix.uid.to_string()).unwrap_or_default().into(),
        ]);
    }
    table.write(out)?;
    Ok(Exit::Done)
}

/// Hears of each user of a list. How many were looked at for it.
pub fn each(
    session: &mut Session,
    listing: Listing,
    mut hear: impl FnMut(UserRow),
) -> Result<u64, Error> {
    let mut heard = 0;
    let outcome = session.manage_in_parts("", Command::List(listing), |part| {
        if let Part::Users(rows) = part {
            heard += u64::try_from(rows.len()).unwrap_or(u64::MAX);
            rows.into_iter().for_each(&mut hear);
        }
    });
    match outcome? {
        // Anything else would be a part of the list.
        Outcome::Listed { rows, users } if rows == heard => Ok(users),
        _ => Err(unexpected()),
    }
}

/// The groups that a user is in, of those that were asked for.
pub fn names_of<'a>(places: &'a [u32], groups: &'a [String]) -> impl Iterator<Item = &'a str> {
    let name = |place: &u32| groups.get(usize::try_from(*place).ok()?).map(String::as_str);
    places.iter().filter_map(name)
}

#[cfg(test)]
pub mod tests {
    use monk_terms::kind::Kind;
    use monk_wire::manage::Posix;

    use super::*;
    use crate::scripted::{Scene, done, failed, part};

    /// Somebody with a device and two app passwords, or with nothing.
    pub fn row(name: &str, state: AccountState, second_factor: bool) -> UserRow {
        UserRow {
            name: name.into(),
            mail: Some(format!("{name}@example.org")),
            state,
            created: Some(1_795_284_000),
            devices: 1,
            app_passwords: 2,
            second_factor,
            factors: if second_factor { vec![Kind::AppPassword, Kind::Totp] } else { vec![] },
            groups: vec![],
            posix: None,
            backup_codes_left: None,
            invitation: None,
        }
    }

    #[test]
    fn users_are_listed_with_what_they_have() {
        let posix = Posix {
            uid: 65_536,
            gid: 65_536,
            full_name: String::new(),
            home: None,
            shell: Some("/bin/zsh".into()),
        };
        let posix = Some(posix);
        let alice = UserRow { posix, ..row("alice", AccountState::Enabled, true) };
        let bob = row("bob", AccountState::Disabled, false);
        let script = [
            part(Part::Users(vec![bob.clone()])),
            part(Part::Looked(1)),
            part(Part::Users(vec![alice.clone()])),
            done(Outcome::Listed { rows: 2, users: 2 }),
        ];
        let seen = Scene::new(script).run("user list");
        assert_eq!(seen.commands(), [Command::List(Listing::default())]);
        let expected = "\
NAME   MAIL               STATE     SECOND FACTOR  DEVICES  APP PASSWORDS  ADDED       UID
alice  alice@example.org  enabled   yes            1        2              2026-11-21  65536
bob    bob@example.org    disabled  none           1        2              2026-11-21
";
        assert_eq!(seen.out, expected);
        let alice = UserRow { groups: vec![1], ..alice };
        let script = [part(Part::Users(vec![alice])), done(Outcome::Listed { rows: 1, users: 3 })];
        let line = "user list --group wheel --group staff --without-second-factor --json";
        let seen = Scene::new(script).run(line);
        seen.assert_documented("user list");
        let groups = vec!["wheel".to_owned(), "staff".to_owned()];
        let listing = Listing { without_second_factor: true, groups, only_members: true };
        assert_eq!(seen.commands(), [Command::List(listing)]);
        let nobody = done(Outcome::Listed { rows: 0, users: 0 });
        assert_eq!(Scene::new([nobody]).run("user list").out, "There are no users.\n");
    }

    #[test]
    fn a_part_of_a_list_is_never_shown_as_the_list() {
        let alice = || part(Part::Users(vec![row("alice", AccountState::Enabled, true)]));
        for end in [
            done(Outcome::Listed { rows: 2, users: 2 }),
            done(Outcome::Done),
            failed(monk_wire::manage::Failure::ListIncomplete),
        ] {
            let seen = Scene::new([alice(), end]).run("user list");
            assert_eq!((seen.exit, seen.out.as_str()), (Exit::Unavailable, ""));
        }
    }
}
