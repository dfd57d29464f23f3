//! Users in monk's own store.

use std::collections::HashMap;

use monk_core::hash::hash_password;
use monk_core::keys::Keyring;
use monk_core::typed::Password;
use monk_tests::World;
use monkd::clock::{self, SystemRandom};
use rusqlite::{Connection, params};

use super::{Enrolled, PASSWORD, Person, Roles};

/// Writes `count` users into a store, which must be there. What the picked ones have enrolled is
/// returned.
///
/// The password's hash is the same for all: what checking it costs is the same for each, and
/// making one takes as long as a login.
#[track_caller]
pub fn fill_store(
    world: &World,
    store: &str,
    count: u32,
    roles: &Roles,
    keys: &Keyring,
) -> HashMap<Person, Enrolled> {
    let password = Password::new(PASSWORD).expect("the password is not empty");
    let hash = hash_password(&password, &mut SystemRandom);
    let fill = || -> rusqlite::Result<HashMap<Person, Enrolled>> {
        let mut connection = Connection::open(store)?;
        let transaction = connection.transaction()?;
        let mut picked = HashMap::new();
        for person in (0..count).map(Person) {
            let (id, name) = (person.id(), person.name());
            let mail = format!("{name}@example.org");
            transaction.execute(
                "INSERT INTO users (id, name, mail, password, disabled, created)
                 VALUES (?1, ?2, ?3, ?4, 0, ?5)",
                params![id, name, mail, hash, clock::now().cast_signed()],
            )?;
            let role = roles.role(person);
            let enrolled = Enrolled::of(person, role.unwrap_or_default(), keys);
            for value in &enrolled.credentials {
                let add = "INSERT INTO credentials (user, value) VALUES (?1, ?2)";
                transaction.execute(add, params![id, value])?;
            }
            add_uses(&transaction, person, &enrolled.uses)?;
            if role.is_some() {
                picked.insert(person, enrolled);
            }
        }
        transaction.commit()?;
        Ok(picked)
    };
    world.inside(fill).unwrap_or_else(|error| panic!("{store}: {error}"))
}

/// Has users' records of use be what they were at the beginning.
#[track_caller]
pub fn forget_in_store(
    world: &World,
    store: &str,
    people: impl Iterator<Item = (Person, Vec<String>)> + Send,
) {
    let forget = || -> rusqlite::Result<()> {
        let mut connection = Connection::open(store)?;
        connection.busy_timeout(std::time::Duration::from_secs(5))?;
        let transaction = connection.transaction()?;
        for (person, uses) in people {
            transaction.execute("DELETE FROM uses WHERE user = ?1", [person.id()])?;
            add_uses(&transaction, person, &uses)?;
        }
        transaction.commit()
    };
    world.inside(forget).unwrap_or_else(|error| panic!("{store}: {error}"));
}

fn add_uses(connection: &Connection, person: Person, uses: &[String]) -> rusqlite::Result<()> {
    for value in uses {
        let add = "INSERT INTO uses (user, value) VALUES (?1, ?2)";
        connection.execute(add, params![person.id(), value])?;
    }
    Ok(())
}
