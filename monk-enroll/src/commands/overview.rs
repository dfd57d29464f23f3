//! `status --all`: how far everybody is, in numbers.

use std::collections::BTreeMap;
use std::io::Write;

use monk_terms::account_state::AccountState;
use monk_wire::manage::{Listing, UserRow};

use super::list;
use crate::cli::StatusArgs;
use crate::error::Error;
use crate::exit::Exit;
use crate::json::document;
use crate::session::Session;
use crate::table::Table;

/// How many of some users have a second factor.
#[derive(Clone, Copy, Default)]
struct Count {
    users: u64,
    with: u64,
}

impl Count {
    fn take(&mut self, row: &UserRow) {
        self.users += 1;
        self.with += u64::from(row.second_factor);
    }

    fn without(self) -> u64 {
        self.users - self.with
    }
}

/// Everybody, counted.
#[derive(Default)]
struct Counts {
    all: Count,
    states: BTreeMap<AccountState, Count>,
    factors: BTreeMap<&'static str, u64>,
    groups: Vec<Count>,
}

impl Counts {
    fn take(&mut self, row: &UserRow) {
        self.all.take(row);
        self.states.entry(row.state).or_default().take(row);
        for kind in &row.factors {
            *self.factors.entry(kind.as_str()).or_default() += 1;
        }
        for place in &row.groups {
            let place = usize::try_from(*place).ok();
            if let Some(count) = place.and_then(|place| self.groups.get_mut(place)) {
                count.take(row);
            }
        }
    }
}

/// Counts all users.
pub fn show(session: &mut Session, args: &StatusArgs) -> Result<Exit, Error> {
    let groups = &args.group;
    let mut counts = Counts { groups: vec![Count::default(); groups.len()], ..Counts::default() };
    let listing = Listing { groups: groups.clone(), ..Listing::default() };
    list::each(session, listing, |row| counts.take(&row))?;
    let Counts { all, states, factors, groups: members } = &counts;
    let states = states.iter().map(|(state, count)| (state.as_str(), *count));
    let members = groups.iter().map(String::as_str).zip(members.iter().copied());
    let out = &mut session.out;
    if session.json {
        let states = states.map(|(state, count)| {
            let Count { users, with: with_second_factor } = count;
            document! { state, users, with_second_factor, without: count.without() }
        });
        let groups = members.map(|(group, count)| {
            let Count { users, with: with_second_factor } = count;
            document! { group, users, with_second_factor, without: count.without() }
        });
        let factors = factors.iter().map(|(kind, users)| document! { kind, users });
        out.json(&document! {
            users: all.users,
            with_second_factor: all.with,
            without: all.without(),
            states: states.collect::<Vec<_>>(),
            factors: factors.collect::<Vec<_>>(),
            groups: groups.collect::<Vec<_>>()
        })?;
        return Ok(Exit::Done);
    }
    let (users, with, without) = (all.users, all.with, all.without());
    writeln!(out, "Users: {users}, with a second factor: {with}, without: {without}.")?;
    if users == 0 {
        return Ok(Exit::Done);
    }
    writeln!(out)?;
    counted("STATE", states).write(out)?;
    if !factors.is_empty() {
        writeln!(out)?;
        let mut table = Table::new(["FACTOR", "USERS"]);
        for (kind, users) in factors {
            table.row([(*kind).into(), users.to_string().into()]);
        }
        table.write(out)?;
    }
    if !groups.is_empty() {
        writeln!(out)?;
        counted("GROUP", members).write(out)?;
    }
    Ok(Exit::Done)
}

fn counted<'a>(what: &'static str, rows: impl Iterator<Item = (&'a str, Count)>) -> Table<4> {
    let mut table = Table::new([what, "USERS", "WITH SECOND FACTOR", "WITHOUT"]);
    for (name, count) in rows {
        table.row([
            name.into(),
            count.users.to_string().into(),
            count.with.to_string().into(),
            count.without().to_string().into(),
        ]);
    }
    table
}

#[cfg(test)]
mod tests {
    use monk_wire::manage::{Command, Outcome, Part};

    use super::*;
    use crate::commands::list::tests::row;
    use crate::scripted::{Scene, Step, done, part};

    fn script() -> Vec<Step> {
        let alice = UserRow { groups: vec![0], ..row("alice", AccountState::Enabled, true) };
        let bob = UserRow { groups: vec![0], ..row("bob", AccountState::Enabled, false) };
        let carol = row("carol", AccountState::Disabled, false);
        vec![
            part(Part::Users(vec![alice, bob])),
            part(Part::Users(vec![carol])),
            done(Outcome::Listed { rows: 3, users: 3 }),
        ]
    }

    #[test]
    fn everybody_is_counted_by_state_factor_and_group() {
        let seen = Scene::new(script()).run("status --all --group staff");
        let expected = "\
Users: 3, with a second factor: 1, without: 2.

STATE     USERS  WITH SECOND FACTOR  WITHOUT
enabled   2      1                   1
disabled  1      0                   1

FACTOR        USERS
app-password  1
totp          1

GROUP  USERS  WITH SECOND FACTOR  WITHOUT
staff  2      1                   1
";
        assert_eq!(seen.out, expected);
        let listing = Listing { groups: vec!["staff".into()], ..Listing::default() };
        assert_eq!(seen.commands(), [Command::List(listing)]);
        let seen = Scene::new(script()).run("status --all --group staff --json");
        seen.assert_documented("status --all");
    }

    #[test]
    fn only_root_counts_everybody() {
        let seen = Scene::new([]).without_root().run("status --all");
        assert_eq!(seen.exit, Exit::NotPermitted);
    }
}
