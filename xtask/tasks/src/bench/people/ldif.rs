//! Users as entries for slapadd.

use std::collections::HashMap;

use data_encoding::BASE64;
use monk_core::keys::Keyring;
use monk_core::random::Random;
use monk_tests::Slapd;
use sha1::{Digest, Sha1};

use super::{Enrolled, PASSWORD, Person, Roles};
use crate::prepare::heading;

/// Users after which it is said how far it is.
const PROGRESS: u32 = 100_000;

/// The first number of a user of the system, where directories usually begin.
const FIRST_UID: u32 = 10_000;

/// How the directory keeps passwords.
#[derive(Clone, Debug)]
pub enum Hash {
    /// `{SSHA}`: a salt of its own for each user, and one pass of SHA-1.
    Ssha,
    /// A ready-made value for all: what checking it costs is the same for each, and making
    /// thousands takes minutes.
    Ready(String),
}

impl Hash {
    /// The password of a user, as the directory keeps it.
    pub fn of(&self, person: Person) -> String {
        match self {
            Self::Ssha => {
                let salt: [u8; 8] = person.random("salt").bytes();
                let hash = Sha1::new().chain_update(PASSWORD).chain_update(salt).finalize();
                format!("{{SSHA}}{}", BASE64.encode(&[&hash[..], &salt].concat()))
            }
            Self::Ready(value) => value.clone(),
        }
    }
}

/// Loads `count` users into a directory, whose server is stopped meanwhile. What the picked ones
/// have enrolled is returned.
#[track_caller]
pub fn fill_directory(
    slapd: &mut Slapd,
    count: u32,
    hash: &Hash,
    roles: &Roles,
    keys: &Keyring,
) -> HashMap<Person, Enrolled> {
    let mut picked = HashMap::new();
    slapd.load((0..count).map(|number| {
        if number > 0 && number.is_multiple_of(PROGRESS) {
            heading(&format!("{number} of {count}"));
        }
        let person = Person(number);
        let role = roles.role(person);
        let enrolled = Enrolled::of(person, role.unwrap_or_default(), keys);
        let text = entry(person, &hash.of(person), &enrolled);
        if role.is_some() {
            picked.insert(person, enrolled);
        }
        text
    }));
    picked
}

/// The entry of a user: a person, a user of the system, and one of monk.
fn entry(person: Person, password: &str, enrolled: &Enrolled) -> String {
    let (dn, name, id, uid) = (person.dn(), person.name(), person.id(), FIRST_UID + person.0);
    let mut entry = format!(
        "dn: {dn}\n\
         objectClass: inetOrgPerson\n\
         objectClass: posixAccount\n\
         objectClass: monkUser\n\
         uid: {name}\n\
         cn: {name}\n\
         sn: {name}\n\
         mail: {name}@example.org\n\
         uidNumber: {uid}\n\
         gidNumber: {uid}\n\
         homeDirectory: /home/{name}\n\
         userPassword: {password}\n\
         entryUUID: {id}\n"
    );
    for (attribute, values) in
        [("monkCredential", &enrolled.credentials), ("monkUse", &enrolled.uses)]
    {
        for value in values {
            entry.push_str(&format!("{attribute}: {value}\n"));
        }
    }
    entry.push('\n');
    entry
}
