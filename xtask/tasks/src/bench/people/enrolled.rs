//! What a user has enrolled, as records.

use data_encoding::HEXLOWER;
use monk_core::app_password::{self, NewAppPassword, Scope};
use monk_core::backup_codes;
use monk_core::credential::{CredentialId, CredentialSet, Spent, Stored, Use};
use monk_core::keys::Keyring;
use monk_core::random::Random;
use monk_core::totp::{self, NewDevice, Parameters, Seed};
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
    /// App passwords or backup codes.
    pub secrets: Vec<String>,
}

impl Enrolled {
    /// Enrols a user.
    pub fn of(person: Person, role: Role, keys: &Keyring) -> Self {
        let mut enrolled = Self::with_device(person, keys);
        if role == Role::BackupCodes {
            enrolled.add_backup_codes(person, keys);
        }
        enrolled.add_app_passwords(person, role.app_passwords(), keys);
        enrolled
    }

    fn with_device(person: Person, keys: &Keyring) -> Self {
        let mut random = person.random("device");
        let now = clock::now() - LONG_AGO;
        let id = CredentialId::from_text(&HEXLOWER.encode(&random.bytes::<8>()));
        let id = id.expect("16 digits are an id");
        let seed = Seed::imported(&person.seed()).expect("20 bytes are a seed");
        let parameters = Parameters::default();
        let device = NewDevice { user: &person.id(), label: "Phone", parameters, now };
        let (credential, used) = totp::import(&device, id, &seed, keys, &mut random);
        Self {
            credentials: vec![credential.to_record()],
            uses: vec![used.to_record()],
            secrets: Vec::new(),
        }
    }

    fn add_backup_codes(&mut self, person: Person, keys: &Keyring) {
        let (mut random, now) = (person.random("backup codes"), clock::now() - LONG_AGO);
        let (credential, codes) = backup_codes::generate(&person.id(), now, keys, &mut random);
        let none = Spent::BackupCodes { codes: Vec::new() };
        self.uses.push(Use::new(credential.id.clone(), now, none).to_record());
        self.credentials.push(credential.to_record());
        self.secrets.extend(codes.iter().map(|code| code.to_string()));
    }

    fn add_app_passwords(&mut self, person: Person, count: usize, keys: &Keyring) {
        let mut random = person.random("app passwords");
        let mut set = CredentialSet::default();
        for number in 0..count {
            let new = NewAppPassword {
                user: &person.id(),
                label: &format!("Program {number}"),
                scope: Scope {
                    services: vec![app_password::ANY_SERVICE.to_owned()],
                    networks: Vec::new(),
                },
                expires: None,
                now: clock::now() - LONG_AGO,
            };
            let (credential, password) = app_password::create(new, &set, keys, &mut random);
            self.credentials.push(credential.to_record());
            self.secrets.push(password.shown().to_string());
            set.credentials.push(Stored { raw: String::new(), value: credential });
        }
    }
}
