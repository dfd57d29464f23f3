//! Whom an invitation is for.

use monk_terms::delivery::Delivery;
use monk_wire::manage::{Listing, Repeat, UserRow};

use super::DAY;
use crate::cli::InviteArgs;
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

/// Whom the command names, each once. Users who are named one by one get another invitation; of a group, a file or all
/// users, those who have none.
///
/// # Errors
/// Where the file cannot be used, the directory does not list its users, or nobody is left.
pub fn people(session: &mut Session, args: &InviteArgs) -> Result<Vec<Person>, Error> {
    let remind = Repeat::Remind { after: u64::from(args.older_than_days) * DAY };
    let (named, of_many) = match (args.remind, args.again, args.wave) {
        (true, _, _) => (remind, remind),
        (_, true, _) => (Repeat::Again, Repeat::Again),
        (_, _, Some(_)) => (Repeat::Missing, Repeat::Missing),
        (_, _, None) => (Repeat::Again, Repeat::Missing),
    };
    let mut people = Vec::new();
    let mut add = |name: String, repeat| people.push(Person { name, repeat });
    args.users.iter().for_each(|user| add(user.clone(), named));
    if let Some(file) = &args.csv {
        let text = input::read(file, Links::Followed)?;
        let read = monk_import::csv::parse(&text, MOST_USERS);
        if let Some(problem) = read.problems.first() {
            let message = format!("line {}: {}; nobody was invited", problem.line, problem.message);
            return Err(Error::new(Exit::Invalid, message));
        }
        read.rows.into_iter().for_each(|row| add(row.user.name, of_many));
    }
    let is_everybody = args.remind && args.users.is_empty() && args.csv.is_none();
    if !args.group.is_empty() || args.without_second_factor || is_everybody {
        // Everybody has no need of groups.
        let groups = if args.without_second_factor { Vec::new() } else { args.group.clone() };
        let listing = Listing {
            without_second_factor: !args.reset,
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
