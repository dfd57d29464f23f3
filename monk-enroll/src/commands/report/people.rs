//! The users of the directory, each with the ways in which they log in.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use monk_terms::account_state::AccountState;
use monk_terms::verdict::Grant;
use monk_wire::manage::UserRow;

use super::gathered::{Gathered, Seen, Way};

/// With so few backup codes left, it is time for new ones.
const FEW_CODES: u32 = 2;

/// A user.
pub struct Person {
    /// What the engine says of the user.
    pub row: UserRow,
    /// Each way in which the user logs in, in order.
    pub ways: Vec<(Way, Seen)>,
}

/// Everybody.
pub struct People {
    /// The users, by name.
    pub people: Vec<Person>,
    /// Logins under names that belong to none of these users.
    pub others: Vec<(Way, Seen)>,
}

/// A service and what opens it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Door<'a> {
    /// The PAM service.
    pub service: &'a str,
    /// The word of the audit.
    pub reason: &'static str,
}

/// Who comes in by a door.
#[derive(Default)]
pub struct Through<'a> {
    /// How often.
    pub logins: u64,
    /// Who.
    pub users: BTreeSet<&'a str>,
    /// Where from.
    pub networks: BTreeSet<&'a str>,
}

impl Person {
    /// All logins together.
    pub fn seen(&self) -> Seen {
        self.ways.iter().fold(Seen::default(), |all, (_, seen)| all.and(*seen))
    }

    /// Whether the account is open at all: nobody has to act on one that is not.
    fn is_open(&self) -> bool {
        !matches!(self.row.state, AccountState::Disabled | AccountState::Expired)
    }
}

impl People {
    /// Joins users and logins, by the login name or, where it is that of one user alone, by the mail address.
    pub fn of(mut rows: Vec<UserRow>, logins: Option<&Gathered>) -> Self {
        rows.sort_by(|one, other| one.name.cmp(&other.name));
        let mut places: HashMap<String, Option<usize>> = HashMap::new();
        let mails = rows.iter().map(|row| row.mail.as_deref().unwrap_or_default());
        for (place, mail) in mails.enumerate().filter(|(_, mail)| !mail.is_empty()) {
            let is_another = |known: &mut Option<usize>| *known = None;
            places.entry(mail.to_lowercase()).and_modify(is_another).or_insert(Some(place));
        }
        for (place, row) in rows.iter().enumerate() {
            places.insert(row.name.to_lowercase(), Some(place));
        }
        let mut people: Vec<_> =
            rows.into_iter().map(|row| Person { row, ways: Vec::new() }).collect();
        let mut others = Vec::new();
        for (way, seen) in logins.iter().flat_map(|logins| &logins.ways) {
            let place = places.get(&way.user).copied().flatten();
            let ways = place.map_or(&mut others, |place| &mut people[place].ways);
            ways.push((way.clone(), *seen));
        }
        people.iter_mut().for_each(|person| person.ways.sort_by(|one, other| one.0.cmp(&other.0)));
        others.sort_by(|one, other| one.0.cmp(&other.0));
        Self { people, others }
    }

    /// How many have a second factor.
    pub fn with_second_factor(&self) -> u64 {
        count(self.people.iter().filter(|person| person.row.second_factor))
    }

    /// How many have logged in.
    pub fn logged_in(&self) -> u64 {
        count(self.people.iter().filter(|person| !person.ways.is_empty()))
    }

    /// How many have each kind of factor.
    pub fn factors(&self) -> BTreeMap<&'static str, u64> {
        let mut factors = BTreeMap::new();
        for kind in self.people.iter().flat_map(|person| &person.row.factors) {
            *factors.entry(kind.as_str()).or_default() += 1;
        }
        factors
    }

    /// Who comes in by which door.
    pub fn doors(&self) -> BTreeMap<Door<'_>, Through<'_>> {
        let mut doors: BTreeMap<Door<'_>, Through<'_>> = BTreeMap::new();
        for person in &self.people {
            for (way, seen) in &person.ways {
                let door = Door { service: &way.service, reason: way.reason };
                let through = doors.entry(door).or_default();
                through.logins += seen.logins;
                through.users.insert(&person.row.name);
                through.networks.extend(way.network.as_deref());
            }
        }
        doors
    }

    /// Those who have no second factor, and whose account is open.
    pub fn without_factor(&self) -> impl Iterator<Item = &Person> {
        self.people.iter().filter(|person| person.is_open() && !person.row.second_factor)
    }

    /// Those who did not log in, and whose account is open.
    pub fn absent(&self) -> impl Iterator<Item = &Person> {
        self.people.iter().filter(|person| person.is_open() && person.ways.is_empty())
    }

    /// Those with few backup codes left or none.
    pub fn short_of_codes(&self) -> impl Iterator<Item = (&Person, u32)> {
        let open = self.people.iter().filter(|person| person.is_open());
        open.filter_map(|person| Some((person, person.row.backup_codes_left?)))
            .filter(|(_, left)| *left <= FEW_CODES)
    }

    /// Logins with the password alone.
    pub fn by_password_alone(&self) -> impl Iterator<Item = (&Person, &Way, Seen)> {
        let is_password = |way: &Way| {
            [Grant::Password, Grant::Grace].iter().any(|grant| grant.as_str() == way.reason)
        };
        self.people.iter().flat_map(move |person| {
            let ways = person.ways.iter().filter(move |(way, _)| is_password(way));
            ways.map(move |(way, seen)| (person, way, *seen))
        })
    }
}

/// The names by which the directory knows these users, in small letters: login names and mail addresses.
pub fn names(rows: &[UserRow]) -> HashSet<String> {
    let names = rows.iter().map(|row| row.name.to_lowercase());
    let mails = rows.iter().filter_map(|row| Some(row.mail.as_ref()?.to_lowercase()));
    names.chain(mails).collect()
}

/// How many there are.
pub fn count<T>(all: impl Iterator<Item = T>) -> u64 {
    u64::try_from(all.count()).unwrap_or(u64::MAX)
}
