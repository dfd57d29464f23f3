//! Who of all users logs in, and how.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::iter;

use super::{Person, Repeatable};

/// What a user who is picked has enrolled besides the device.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Role {
    /// Nothing.
    #[default]
    Code,
    /// One app password.
    AppPassword,
    /// As many app passwords as anybody may have use for.
    ManyAppPasswords,
}

impl Role {
    /// How many roles there are.
    pub const COUNT: usize = 3;

    /// How many app passwords the user has.
    pub fn app_passwords(self) -> usize {
        match self {
            Self::Code => 0,
            Self::AppPassword => 1,
            Self::ManyAppPasswords => MANY,
        }
    }
}

/// App passwords of those who have many.
const MANY: usize = 100;

/// How many of those who log in have a role other than [`Role::Code`].
pub type Shares = Vec<(Role, usize)>;

/// The users who log in.
#[derive(Debug)]
pub struct Roles {
    /// In the order in which they were picked, so at random.
    picked: Vec<(Person, Role)>,
    by_person: HashMap<Person, Role>,
}

impl Roles {
    /// Picks `wanted` users at random from `count`, or all where there are no more.
    pub fn pick(count: u32, wanted: usize, shares: &Shares) -> Self {
        let mut random = Repeatable(u64::from(count));
        let wanted = wanted.min(usize::try_from(count).unwrap_or(usize::MAX));
        let mut roles =
            shares.iter().flat_map(|(role, people)| iter::repeat_n(*role, *people)).take(wanted);
        let mut by_person = HashMap::new();
        let mut picked = Vec::with_capacity(wanted);
        while picked.len() < wanted {
            let person = Person(random.below(count));
            if let Entry::Vacant(free) = by_person.entry(person) {
                let role = roles.next().unwrap_or_default();
                free.insert(role);
                picked.push((person, role));
            }
        }
        Self { picked, by_person }
    }

    /// The role of a user, if picked.
    pub fn role(&self, person: Person) -> Option<Role> {
        self.by_person.get(&person).copied()
    }

    /// Everybody who is picked, in no order.
    pub fn everybody(&self) -> impl Iterator<Item = (Person, Role)> + '_ {
        self.picked.iter().copied()
    }

    /// Those of one role.
    pub fn of(&self, role: Role) -> Vec<Person> {
        self.everybody().filter(|(_, one)| *one == role).map(|(person, _)| person).collect()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn everybody_is_picked_once_and_most_type_codes() {
        let shares = vec![(Role::AppPassword, 50), (Role::ManyAppPasswords, 5)];
        let roles = Roles::pick(1000, 1000, &shares);
        let all: BTreeSet<Person> = roles.everybody().map(|(person, _)| person).collect();
        assert_eq!(all.len(), 1000);
        assert_eq!(roles.of(Role::AppPassword).len(), 50);
        assert_eq!(roles.of(Role::Code).len(), 1000 - 55);
    }

    #[test]
    fn a_few_of_many_come_from_everywhere() {
        let picked = Roles::pick(1_000_000, 1000, &Vec::new());
        let upper = picked.everybody().filter(|(person, _)| person.0 >= 500_000).count();
        assert!((400..600).contains(&upper), "{upper}");
    }
}
