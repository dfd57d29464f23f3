//! A host program without PAM: it speaks to an engine as the module does, and many of them can
//! begin at the same moment.

use std::sync::Barrier;
use std::thread;
use std::time::Duration;

use monk_client::{Conversation, WireError};
use monk_one_shot::Endpoint;
use monk_wire::{Login, Reply, Request, Secret};

/// How long an engine may take altogether, as the module says.
const BUDGET: Duration = Duration::from_secs(10);

/// How long its answer is waited for. The engine keeps to its budget, and says so if it could not tell in
/// time; on a busy machine the answer itself may take a while to arrive, and it is what tests are about.
const PATIENCE: Duration = Duration::from_secs(60);

/// Where logins come from, if nothing else is said.
const ADDRESS: &str = "192.0.2.7";

/// What the engine answered to a login.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WireAnswer {
    /// The user is in.
    Granted,
    /// The user is not.
    Denied,
    /// The engine says that it cannot tell.
    Unavailable,
    /// There was no engine, or it broke off.
    Broken,
}

/// A login in a program that has asked for a string already and shows no second screen.
#[derive(Clone, Copy, Debug)]
pub struct WireLogin<'a> {
    /// The PAM service.
    pub service: &'a str,
    /// The user's name.
    pub user: &'a str,
    /// What was typed.
    pub typed: &'a str,
}

impl WireLogin<'_> {
    /// Carries out the login with a resident engine or, where none listens, one started for it.
    ///
    /// It goes to the engines of the calling thread's world: call it within
    /// [`World::inside`](crate::World::inside).
    pub fn run(&self, endpoint: &Endpoint) -> WireAnswer {
        self.run_from(endpoint, ADDRESS)
    }

    /// The same from another address, as the program states it.
    pub fn run_from(&self, endpoint: &Endpoint, address: &str) -> WireAnswer {
        let open = monk_one_shot::open(endpoint, PATIENCE);
        answer(open.and_then(|mut open| self.say(&mut open, address)))
    }

    fn say(&self, conversation: &mut Conversation, address: &str) -> Result<Reply, WireError> {
        conversation.call(&Request::Login(Login {
            user: self.user.to_owned(),
            service: self.service.to_owned(),
            address: Some(address.to_owned()),
            terminal: None,
            person: None,
            typed: Some(Secret::new(self.typed.as_bytes())),
            can_ask: false,
            publickey: false,
            forward: false,
            budget_ms: u32::try_from(BUDGET.as_millis()).expect("some seconds"),
        }))
    }
}

/// Carries out all `logins` at once, each with the engine beside it: every conversation is open
/// before the first one says what it wants.
///
/// As for [`WireLogin::run`], this is to be called within a world.
pub fn at_once(logins: &[(WireLogin<'_>, &Endpoint)]) -> Vec<WireAnswer> {
    let start = Barrier::new(logins.len());
    thread::scope(|scope| {
        let begin = |(login, endpoint): &(WireLogin<'_>, &Endpoint)| {
            let open = monk_one_shot::open(endpoint, PATIENCE);
            start.wait();
            answer(open.and_then(|mut open| login.say(&mut open, ADDRESS)))
        };
        let threads: Vec<_> =
            logins.iter().map(|login| scope.spawn(move || begin(login))).collect();
        threads.into_iter().map(|thread| thread.join().expect("no client panics")).collect()
    })
}

fn answer(reply: Result<Reply, WireError>) -> WireAnswer {
    match reply {
        Ok(Reply::Granted { .. }) => WireAnswer::Granted,
        Ok(Reply::Denied(_)) => WireAnswer::Denied,
        Ok(Reply::Unavailable) => WireAnswer::Unavailable,
        Ok(
            Reply::Ask { .. }
            | Reply::Done(_)
            | Reply::Failed(_)
            | Reply::Part(_)
            | Reply::Keys(_)
            | Reply::NotChanged(_)
            | Reply::Portal(_)
            | Reply::Metrics(_),
        )
        | Err(_) => WireAnswer::Broken,
    }
}
