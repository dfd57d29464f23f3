//! The floor: what the directory and its own library take for a login, where nobody decides
//! anything.

use monk_tests::Operations;
use monk_tests::site::{FloorSteps, LdapFloor, PamLoadOutcome, PamLogin, Running};

use super::login::ours;
use super::people::{PASSWORD, Person};
use super::row::{Row, Section};
use super::typed::Typed;
use super::world::{BenchWorld, Transport};

/// How many log in at the same time: one, and the eight of the goals.
const CALLERS: [usize; 2] = [1, 8];

/// What logins of the floor consist of, by everybody.
const STEPS: [FloorSteps; 4] = [
    FloorSteps::Search,
    FloorSteps::SearchAndBind,
    FloorSteps::SearchBindAndModify,
    FloorSteps::FreshConnection,
];

/// What is typed by those whose records are searched for, too.
const ENROLLED: [Typed; 2] = [Typed::AppPassword, Typed::AppPasswordOfMany];

/// The words of a row.
pub fn words(steps: FloorSteps) -> &'static str {
    match steps {
        FloorSteps::Search => "search",
        FloorSteps::SearchEnrolled => "search with all records",
        FloorSteps::SearchAndBind => "search, bind",
        FloorSteps::SearchBindAndModify => "search, bind, modify",
        FloorSteps::FreshConnection => "connection, bind, search, bind",
    }
}

/// The words of a row of those who would type this.
fn words_of_enrolled(typed: Typed) -> String {
    format!("{}: {}", words(FloorSteps::SearchEnrolled), typed.words())
}

/// The group of the rows of a transport.
pub fn group(transport: Transport) -> String {
    format!("libldap, {transport}")
}

/// Logins of the floor.
struct FloorRow<'a> {
    world: &'a BenchWorld,
    transport: Transport,
    group: String,
    words: String,
    /// What would be typed by those who log in; by everybody where that is nothing.
    typed: Option<Typed>,
    floor: LdapFloor,
}

/// All rows of this file.
#[track_caller]
pub fn rows<'a>(world: &'a BenchWorld, account: &str, password: &str) -> Vec<Box<dyn Row + 'a>> {
    let mut rows: Vec<Box<dyn Row + 'a>> = Vec::new();
    for transport in [Transport::Ldap, Transport::Ldaps, Transport::Ldapi] {
        let uri = match transport {
            Transport::Ldap => world.slapd().ldap_uri(),
            Transport::Ldapi => world.slapd().ldapi_uri(),
            _ => world.slapd().ldaps_uri(),
        };
        let floor = |steps, callers| LdapFloor {
            uri: uri.clone(),
            account: account.to_owned(),
            password: password.to_owned(),
            steps,
            callers,
            warm_up: 0,
        };
        let group = group(transport);
        let row = |words: String, typed, floor| -> Box<dyn Row + 'a> {
            Box::new(FloorRow { world, transport, group: group.clone(), words, typed, floor })
        };
        for steps in STEPS {
            for callers in CALLERS {
                rows.push(row(words(steps).to_owned(), None, floor(steps, callers)));
            }
        }
        for typed in ENROLLED {
            let floor = floor(FloorSteps::SearchEnrolled, 1);
            rows.push(row(words_of_enrolled(typed), Some(typed), floor));
        }
    }
    rows
}

impl FloorRow<'_> {
    fn logins(&self, count: usize) -> Vec<PamLogin> {
        let roles = &self.world.roles;
        let people: Vec<Person> = match self.typed {
            Some(typed) => roles.of(typed.role()),
            None => roles.everybody().map(|(person, _)| person).collect(),
        };
        let people = people.iter().cycle().take(count);
        people.map(|person| PamLogin::new(person.name(), PASSWORD)).collect()
    }
}

impl Row for FloorRow<'_> {
    fn section(&self) -> Section {
        Section::Floor
    }

    fn group(&self) -> &str {
        &self.group
    }

    fn words(&self) -> &str {
        &self.words
    }

    fn callers(&self) -> usize {
        self.floor.callers
    }

    fn slowness(&self) -> usize {
        if self.floor.steps == FloorSteps::FreshConnection { 2 } else { 1 }
    }

    fn counterpart(&self) -> Option<(String, &'static str)> {
        let (running, typed) = match self.floor.steps {
            FloorSteps::Search => (Running::Resident, Typed::AppPassword),
            FloorSteps::SearchEnrolled => (Running::Resident, self.typed?),
            FloorSteps::SearchAndBind => (Running::Resident, Typed::PasswordAlone),
            FloorSteps::SearchBindAndModify => (Running::Resident, Typed::PasswordAndCode),
            FloorSteps::FreshConnection => (Running::OneShot, Typed::PasswordAndCode),
        };
        Some((ours::group(self.transport, running), typed.words()))
    }

    fn check(&self) -> Result<(), String> {
        if self.run(self.callers()).refused() > 0 {
            return Err("a right password is refused".to_owned());
        }
        let wrong = PamLogin::new(Person(0).name(), "wrong");
        let refused = self.floor.run(self.world.world(), &[wrong]).refused();
        // A search alone cannot know.
        let searches = [FloorSteps::Search, FloorSteps::SearchEnrolled];
        if refused == 0 && !searches.contains(&self.floor.steps) {
            return Err("a wrong password is let in".to_owned());
        }
        Ok(())
    }

    fn run(&self, logins: usize) -> PamLoadOutcome {
        self.floor.run(self.world.world(), &self.logins(logins))
    }

    fn operations(&self, logins: usize) -> Option<(usize, Operations)> {
        let logins = self.logins(logins);
        let ((), operations) = self.world.slapd().operations(|| {
            self.floor.run(self.world.world(), &logins);
        });
        Some((logins.len(), operations))
    }
}
