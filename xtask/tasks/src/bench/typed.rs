//! What is typed, prepared in batches: every code is good once.

use std::time::SystemTime;

use monk_core::factors::totp::Parameters;
use monk_tests::site::{PamLoad, PamLogin, Running};
use monkd::clock;

use super::people::{PASSWORD, Person, Role};
use super::world::{BenchWorld, keys};
use crate::prepare::heading;

/// What is typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Typed {
    /// In a service that wants no more.
    PasswordAlone,
    /// A code of the device, each of them once.
    PasswordAndCode,
    /// The only one of the user.
    AppPassword,
    /// One of a hundred.
    AppPasswordOfMany,
}

/// Codes that a user gives in one batch: of this step and the next one, which the engine takes
/// from the beginning of this step to the end of the next. So a batch may take 30 s at least.
const CODES: u64 = 2;

/// How many log in at the same time for the first time: as many as have a core.
const CALLERS_AT_FIRST: usize = 2;

impl Typed {
    /// All there are.
    pub const ALL: [Self; 4] =
        [Self::PasswordAlone, Self::PasswordAndCode, Self::AppPassword, Self::AppPasswordOfMany];

    /// The words in a table.
    pub fn words(self) -> &'static str {
        match self {
            Self::PasswordAlone => "password alone",
            Self::PasswordAndCode => "`PASSWORD;CODE`",
            Self::AppPassword => "app password",
            Self::AppPasswordOfMany => "app password, 100 enrolled",
        }
    }

    /// The service whose policy applies.
    pub fn policy(self) -> &'static str {
        if self == Self::PasswordAlone { "plain" } else { "codes" }
    }

    /// Who types it.
    pub fn role(self) -> Role {
        match self {
            Self::PasswordAlone | Self::PasswordAndCode => Role::Code,
            Self::AppPassword => Role::AppPassword,
            Self::AppPasswordOfMany => Role::ManyAppPasswords,
        }
    }
}

impl BenchWorld {
    /// At most `wanted` logins that will all succeed, if they are carried out within 30 s; fewer
    /// where there are not as many codes. A user's logins are in their order, and as far apart as
    /// possible.
    #[track_caller]
    pub fn batch(&self, typed: Typed, wanted: usize) -> Vec<PamLogin> {
        match typed {
            Typed::PasswordAlone => self.each(typed.role(), wanted, |_| PASSWORD.to_owned()),
            Typed::PasswordAndCode => self.each_once(typed.role(), wanted, |person, turn, now| {
                format!("{PASSWORD};{}", person.code_of_step(now + turn))
            }),
            Typed::AppPassword | Typed::AppPasswordOfMany => {
                self.each(typed.role(), wanted, |person| self.app_password(person))
            }
        }
    }

    /// Logs everybody in once who will log in, with the password alone and with the app password: a
    /// host knows then where each comes from, and that the app password is in use, as it does of all
    /// but new users.
    #[track_caller]
    pub fn become_known(&self) {
        heading("Logging everybody in once");
        let everybody: Vec<_> = self.roles.everybody().collect();
        let with_password = everybody.iter().map(|(person, _)| (*person, PASSWORD.to_owned()));
        let with_app_password = everybody
            .iter()
            .filter(|(_, role)| role.app_passwords() > 0)
            .map(|(person, _)| (*person, self.app_password(*person)));
        self.log_in_once(Typed::PasswordAlone, with_password);
        self.log_in_once(Typed::AppPassword, with_app_password);
    }

    #[track_caller]
    fn log_in_once(&self, typed: Typed, people: impl Iterator<Item = (Person, String)>) {
        let service = self.monk_service(Running::Resident, typed.policy());
        let logins: Vec<_> =
            people.map(|(person, typed)| PamLogin::new(person.name(), typed)).collect();
        let load = PamLoad { callers: CALLERS_AT_FIRST, ..PamLoad::of(&service) };
        let outcome = load.run(self.world(), &logins);
        assert_eq!(outcome.refused(), 0, "first logins end with {:?}", outcome.refusals);
    }

    /// A login with the right password of somebody and a code that is nobody's.
    pub fn wrong(&self, typed: Typed) -> PamLogin {
        // Somebody else each time: nobody is to be slowed down.
        let person = self.in_turn(typed.role(), 1)[0];
        let wrong = match typed {
            Typed::PasswordAlone => "wrong".to_owned(),
            Typed::PasswordAndCode => {
                format!("{PASSWORD};{}", person.code_of_step(step_of_now() + 1000))
            }
            Typed::AppPassword | Typed::AppPasswordOfMany => "abcd efgh jkmn pqrs tvwx".to_owned(),
        };
        PamLogin::new(person.name(), wrong)
    }

    /// The app password that a user uses: not the first one of many, and none of the others, each
    /// of which would have a record of its own.
    fn app_password(&self, person: Person) -> String {
        let secrets = &self.enrolled[&person].secrets;
        secrets[person.0 as usize % secrets.len()].clone()
    }

    /// Logins of users in turn, as many rounds of them as are wanted.
    fn each(&self, role: Role, wanted: usize, typed: impl Fn(Person) -> String) -> Vec<PamLogin> {
        let people = self.in_turn(role, wanted);
        let people = people.iter().cycle().take(wanted);
        people.map(|person| PamLogin::new(person.name(), typed(*person))).collect()
    }

    /// Logins of users in turn, of whom each has so many codes and all of them are fresh. `typed` is
    /// told which of them it is, and the time step of now.
    fn each_once(
        &self,
        role: Role,
        wanted: usize,
        typed: impl Fn(Person, u64, u64) -> String,
    ) -> Vec<PamLogin> {
        let people = self.in_turn(role, wanted.div_ceil(CODES as usize));
        self.forget(&people);
        let step = step_of_now();
        let logins = (0..CODES).flat_map(|turn| {
            let typed = &typed;
            people
                .iter()
                .map(move |person| PamLogin::new(person.name(), typed(*person, turn, step)))
        });
        logins.take(wanted).collect()
    }

    /// The next users of a role; each once.
    fn in_turn(&self, role: Role, wanted: usize) -> Vec<Person> {
        let people = self.roles.of(role);
        let turn = &self.turns[role as usize];
        let first = turn.get();
        let count = wanted.min(people.len());
        turn.set((first + count) % people.len());
        people.iter().cycle().skip(first).take(count).copied().collect()
    }

    /// Has users' records of use say what they said at the beginning, so that every code of theirs
    /// is fresh.
    #[track_caller]
    fn forget(&self, people: &[Person]) {
        let (keys, number) = (keys(self.world()), number_of_now());
        let uses = |person: &Person| self.enrolled[person].fresh_uses(*person, number, &keys);
        let mut changes = String::new();
        for person in people {
            changes
                .push_str(&format!("dn: {}\nchangetype: modify\nreplace: monkUse\n", person.dn()));
            for value in uses(person) {
                changes.push_str(&format!("monkUse: {value}\n"));
            }
            changes.push_str("-\n\n");
        }
        self.slapd().modify(&changes);
    }
}

/// A number that is higher than all of before, by more than a batch has logins.
fn number_of_now() -> u64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_micros()).unwrap_or(u64::MAX)
}

/// The time step of this moment.
fn step_of_now() -> u64 {
    clock::now() / Parameters::default().period
}
