//! What a user has enrolled, as records.

use data_encoding::HEXLOWER;
use monk_core::credential::{Change, CredentialId, CredentialSet, Stored, Use};
use monk_core::enrol::{self, NewAppPassword, NewDevice};
use monk_core::factors::app_password::{ANY_SERVICE, Scope};
use monk_core::factors::totp::{Parameters, Seed};
use monk_core::keys::Keyring;
use monk_core::mac::Author;
use monk_core::random::Random;
use monkd::clock;

use super::{Person, Role};

/// How long ago everything was enrolled and last used, in seconds.
const LONG_AGO: u64 = 24 * 3600;

/// The records of a user, and what the user types.
pub struct Enrolled {
    /// What stands in the directory.
    pub credentials: Vec<String>,
    /// What has been used of it: long ago, so that every code is fresh. What is measured is the
    /// usual login, which finds a record of use and replaces it.
    pub uses: Vec<String>,
    /// The same without the register.
    first: Vec<Use>,
    /// What says which of it counts.
    register: Vec<String>,
    /// App passwords.
    pub secrets: Vec<String>,
}

impl Enrolled {
    /// Enrols a user.
    pub fn of(person: Person, role: Role, keys: &Keyring) -> Self {
        let mut enrolled = Self::with_device(person, keys);
        enrolled.add_app_passwords(person, role.app_passwords(), keys);
        enrolled.add_register(person, keys);
        enrolled.uses = enrolled.fresh_uses(person, 0, keys);
        enrolled
    }

    /// The uses of long ago once more, as ones that come after all that were written since: an engine
    /// that has seen later ones would refuse what was set back.
    pub fn fresh_uses(&self, person: Person, number: u64, keys: &Keyring) -> Vec<String> {
        let author = Author { user: &person.id(), keys };
        let numbered = |used: &Use| {
            let mut used = used.clone();
            used.n = number;
            used.to_record(author)
        };
        self.first.iter().map(numbered).chain(self.register.iter().cloned()).collect()
    }

    fn add_register(&mut self, person: Person, keys: &Keyring) {
        let author = Author { user: &person.id(), keys };
        let credentials = self.credentials.clone();
        let change = Change { add_credentials: credentials, ..Change::default() };
        let now = clock::now() - LONG_AGO;
        let planned =
            CredentialSet::default().planned(change, now, author, &mut person.random("register"));
        self.register = planned.expect("nothing is there yet").add_uses;
    }

    fn with_device(person: Person, keys: &Keyring) -> Self {
        let mut random = person.random("device");
        let now = clock::now() - LONG_AGO;
        let id = CredentialId::from_text(&HEXLOWER.encode(&random.bytes::<8>()));
        let id = id.expect("16 digits are an id");
        let seed = Seed::imported(&person.seed()).expect("20 bytes are a seed");
        let parameters = Parameters::default();
        let device = NewDevice { user: &person.id(), label: "Phone", parameters, now };
        let (credential, used) = enrol::imported_device(&device, id, &seed, keys, &mut random);
        Self {
            credentials: vec![credential.to_record(Author { user: &person.id(), keys })],
            uses: Vec::new(),
            first: vec![used],
            register: Vec::new(),
            secrets: Vec::new(),
        }
    }

    fn add_app_passwords(&mut self, person: Person, count: usize, keys: &Keyring) {
        let mut random = person.random("app passwords");
        let mut set = CredentialSet::default();
        for number in 0..count {
            let new = NewAppPassword {
                user: &person.id(),
                label: &format!("Program {number}"),
                scope: Scope { services: vec![ANY_SERVICE.to_owned()], networks: Vec::new() },
                expires: None,
                now: clock::now() - LONG_AGO,
            };
            let (credential, password) = enrol::app_password(new, &set, keys, &mut random);
            self.credentials.push(credential.to_record(Author { user: &person.id(), keys }));
            self.secrets.push(password.shown().to_string());
            set.credentials.push(Stored { raw: String::new(), value: credential });
        }
    }
}
