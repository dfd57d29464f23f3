//! One attempt at a login, as data: what a host program says of it, and what is typed.

use std::time::Duration;

use monk_client::Conversation;
use monk_one_shot::Endpoint;
use monk_tests::World;
use monk_tests::clients::WireAnswer;
use monk_wire::{Login, Reply, Request, Secret};

/// How long an engine may take, as in the module.
const BUDGET: Duration = Duration::from_secs(10);

/// Where the engines are.
pub struct Hosts {
    pub world: World,
    pub endpoints: Vec<Endpoint>,
}

/// An attempt to log in as alice.
#[derive(Clone, Debug)]
pub struct Attempt {
    /// The PAM service.
    pub service: &'static str,
    /// The user's name.
    pub user: String,
    /// The address that the program states, if it knows one.
    pub address: Option<String>,
    /// The uid of the person behind su or sudo.
    pub person: Option<u32>,
    /// The uid of the program that asks the engine.
    pub caller: u32,
    /// Whether sshd has accepted a key.
    pub publickey: bool,
    /// What the program has asked for already.
    pub typed: Option<String>,
    /// What is typed at the screens that the engine shows, in turn.
    pub answers: Vec<String>,
    /// The time that the program gives the engine.
    pub budget: Duration,
    /// At which of the fleet's hosts.
    pub host: usize,
}

impl Attempt {
    /// In root's program for this service, from an address, with a string.
    pub fn new(service: &'static str, address: &str, typed: impl Into<String>) -> Self {
        Self {
            service,
            user: "alice".to_owned(),
            address: Some(address.to_owned()),
            person: None,
            caller: 0,
            publickey: false,
            typed: Some(typed.into()),
            answers: Vec::new(),
            budget: BUDGET,
            host: 0,
        }
    }

    /// In a daemon of root's that knows no addresses, as saslauthd.
    pub fn without_address(service: &'static str, typed: impl Into<String>) -> Self {
        Self { address: None, ..Self::new(service, "", typed) }
    }

    /// In a program that runs with root's rights for a person of this host, as su and sudo.
    pub fn for_person(person: u32, service: &'static str, typed: impl Into<String>) -> Self {
        Self { person: Some(person), ..Self::without_address(service, typed) }
    }

    /// Carries out the login.
    pub fn carry_out(&self, hosts: &Hosts) -> WireAnswer {
        match self.open(hosts) {
            Open::Waiting(open) => open.go_on(&self.answers),
            Open::Ended(answer) => answer,
        }
    }

    /// Begins the login, as far as the first screen that wants an answer.
    pub fn open(&self, hosts: &Hosts) -> Open {
        let endpoint = &hosts.endpoints[self.host];
        let begin = || monk_one_shot::open(endpoint, self.budget);
        let world = &hosts.world;
        let conversation = match self.caller {
            0 => world.inside(begin),
            uid => world.inside_as(uid, begin),
        };
        let Ok(mut conversation) = conversation else { return Open::Ended(WireAnswer::Broken) };
        match conversation.call(&Request::Login(self.login())) {
            Ok(Reply::Ask { .. }) => Open::Waiting(Box::new(Waiting { conversation })),
            other => Open::Ended(ending(other.ok())),
        }
    }

    /// All that is typed.
    pub fn all_typed(&self) -> String {
        format!("{:?} {:?}", self.typed, self.answers)
    }

    fn login(&self) -> Login {
        Login {
            user: self.user.clone(),
            service: self.service.to_owned(),
            address: self.address.clone(),
            terminal: None,
            person: self.person,
            typed: self.typed.as_ref().map(|typed| Secret::new(typed.as_bytes())),
            can_ask: !self.answers.is_empty(),
            publickey: self.publickey,
            forward: false,
            budget_ms: u32::try_from(self.budget.as_millis()).expect("some seconds"),
        }
    }
}

/// A login that has begun.
pub enum Open {
    /// The engine waits for a person.
    Waiting(Box<Waiting>),
    /// It is over.
    Ended(WireAnswer),
}

/// A screen that stands open.
pub struct Waiting {
    conversation: Conversation,
}

impl Waiting {
    /// Types the answers at this screen and those that follow. A screen for which there is none is left.
    pub fn go_on(mut self, answers: &[String]) -> WireAnswer {
        let mut answers = answers.iter();
        loop {
            let answer = answers.next().map(|answer| Secret::new(answer.as_bytes()));
            match self.conversation.call(&Request::Answer(answer)) {
                Ok(Reply::Ask { .. }) => {}
                other => return ending(other.ok()),
            }
        }
    }
}

fn ending(reply: Option<Reply>) -> WireAnswer {
    match reply {
        Some(Reply::Granted { .. }) => WireAnswer::Granted,
        Some(Reply::Denied(_)) => WireAnswer::Denied,
        Some(Reply::Unavailable) => WireAnswer::Unavailable,
        _ => WireAnswer::Broken,
    }
}
