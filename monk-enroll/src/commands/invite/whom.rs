//! Whom an invitation is for.

use std::path::Path;

use monk_terms::delivery::Delivery;
use monk_wire::manage::{Listing, Repeat, UserRow};

use super::DAY;
use crate::cli::{InviteArgs, LettersArgs};
use crate::commands::list;
use crate::error::Error;
use crate::exit::Exit;
use crate::input::{self, Links};
use crate::session::Session;
use crate::when::Moment;

/// Most users of a file, as for `user import`.
const MOST_USERS: usize = 20_000;

/// Somebody who is to be invited.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// The login name.
    pub name: String,
    /// Whether an invitation of before matters.
    pub repeat: Repeat,
}

/// Whom a command names.
pub struct Whom<'a> {
    users: &'a [String],
    groups: &'a [String],
    csv: Option<&'a Path>,
    everybody: bool,
    even_with_factor: bool,
    /// What holds for users who are named one by one.
    named: Repeat,
    /// What holds for those of a group or a file.
    of_many: Repeat,
}

impl<'a> Whom<'a> {
    /// Users who are named one by one get another invitation; of a group, a file or all users, those who have none.
    pub fn of_invitations(args: &'a InviteArgs) -> Self {
        let remind = Repeat::Remind { after: u64::from(args.older_than_days) * DAY };
        let (named, of_many) = match (args.remind, args.again, args.wave) {
            (true, _, _) => (remind, remind),
            (_, true, _) => (Repeat::Again, Repeat::Again),
            (_, _, Some(_)) => (Repeat::Missing, Repeat::Missing),
            (_, _, None) => (Repeat::Again, Repeat::Missing),
        };
        let names_nobody = args.users.is_empty() && args.group.is_empty() && args.csv.is_none();
        Self {
            users: &args.users,
            groups: &args.group,
            csv: args.csv.as_deref(),
            everybody: args.without_second_factor || (args.remind && names_nobody),
            even_with_factor: args.reset,
            named,
            of_many,
        }
    }

    /// The same for letters.
    pub fn of_letters(args: &'a LettersArgs) -> Self {
        let of_many = if args.again { Repeat::Again } else { Repeat::Missing };
        Self {
            users: &args.users,
            groups: &args.group,
            csv: args.csv.as_deref(),
            everybody: args.without_second_factor,
            even_with_factor: false,
            named: Repeat::Again,
            of_many,
        }
    }
}

/// Whom the command names, each once.
///
/// # Errors
/// Where the file cannot be used, the directory does not list its users, or nobody is left.
pub fn people(session: &mut Session, whom: &Whom<'_>) -> Result<Vec<Person>, Error> {
    let (named, of_many) = (whom.named, whom.of_many);
    let mut people = Vec::new();
    let mut add = |name: String, repeat| people.push(Person { name, repeat });
    whom.users.iter().for_each(|user| add(user.clone(), named));
    if let Some(file) = whom.csv {
        let text = input::read(file, Links::Followed)?;
        let read = monk_import::csv::parse(&text, MOST_USERS);
        if let Some(problem) = read.problems.first() {
            let message = format!("line {}: {}; nobody was invited", problem.line, problem.message);
            return Err(Error::new(Exit::Invalid, message));
        }
        read.rows.into_iter().for_each(|row| add(row.user.name, of_many));
    }
    if !whom.groups.is_empty() || whom.everybody {
        // Everybody has no need of groups.
        let groups = if whom.everybody { Vec::new() } else { whom.groups.to_vec() };
        let listing = Listing {
            without_second_factor: !whom.even_with_factor,
            only_members: !groups.is_empty(),
            groups,
        };
        let now = Moment::now().0;
        list::each(session, listing, |row| {
            if may_be_due(of_many, &row, now) {
                add(row.name, of_many);
            }
        })?;
    }
    let mut seen = std::collections::HashSet::new();
    people.retain(|person| seen.insert(person.name.clone()));
    if people.is_empty() {
        return Err(Error::new(Exit::NotFound, "there is nobody to be invited"));
    }
    Ok(people)
}

/// Leaves out users who get no invitation for certain. The engine looks at everybody else once more.
fn may_be_due(repeat: Repeat, row: &UserRow, now: u64) -> bool {
    match (repeat, &row.invitation) {
        (Repeat::Again, _) | (Repeat::Missing, None) => true,
        (Repeat::Remind { .. }, invitation) => invitation.is_some(),
        (Repeat::Missing, Some(one)) => {
            let is_out = one.mail.as_ref().is_none_or(|mail| mail.became == Delivery::Sent);
            now >= one.expires || !is_out
        }
    }
}
