//! Sign-ins that wait for their next screen.
//!
//! A login is one conversation, and a page is another one. So the login goes on in a task of its own, and waits
//! here between two pages, known by a token that is good for one answer. It is a login like any other: with its
//! limits, its throttle and its line in the audit. If no answer comes in time, or room is needed, it ends as one
//! that was hung up on, and what was guessed in it counts.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use data_encoding::BASE32_NOPAD;
use monk_core::random::Random;
use monk_terms::verdict::Grant;
use monk_wire::Secret;
use tokio::sync::mpsc;

use super::network_of;
use super::sessions::Digest;
use crate::audit::occasion::Occasion;
use crate::clock::SystemRandom;

/// How long somebody may take for a screen: to find the phone, or to wait for a mail.
pub(crate) const SCREEN_TIME: Duration = Duration::from_secs(10 * 60);

/// Sign-ins that wait at once. Beyond them the oldest of the network that has the most goes.
const MOST: usize = 2048;

/// What has become of a login.
pub(crate) enum Event {
    /// It needs an answer.
    Screen,
    /// It is over.
    Ended(End),
}

/// How a login of the portal has ended.
pub(crate) enum End {
    /// The proof was right.
    Granted {
        /// What it was.
        grant: Grant,
        /// The name that was typed.
        user: String,
    },
    /// No.
    Refused,
    /// Nobody can tell.
    Unavailable,
}

/// What a login is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// A new session.
    SignIn,
    /// A proof for one that is there.
    Proof(Digest),
}

/// A login under way, as those who wait for it see it.
pub(crate) struct Underway {
    /// What it is for.
    pub purpose: Purpose,
    /// The network of the browser.
    pub network: String,
    /// The id that it has in the log.
    pub log_id: Option<String>,
    /// What becomes of it.
    pub events: mpsc::Receiver<Event>,
    /// Where answers go.
    pub answers: mpsc::Sender<Secret>,
}

/// The login's own end: it asks here.
pub(crate) struct Asker {
    /// What becomes of it.
    pub events: mpsc::Sender<Event>,
    /// Answers to its screens.
    pub answers: mpsc::Receiver<Secret>,
}

/// All that wait.
#[derive(Default)]
pub(crate) struct Steps(Mutex<HashMap<[u8; 16], (Instant, Underway)>>);

/// Both ends of a login.
pub(crate) fn login(purpose: Purpose, address: &str) -> (Underway, Asker) {
    let (event, events) = mpsc::channel(1);
    let (answer, answers) = mpsc::channel(1);
    let network = network_of(address);
    let log_id = Occasion::current().map(|occasion| occasion.id);
    (
        Underway { purpose, network, log_id, events, answers: answer },
        Asker { events: event, answers },
    )
}

impl Steps {
    /// Keeps a login until its answer comes; the token for that.
    pub fn park(&self, login: Underway) -> Secret {
        let token = SystemRandom.bytes::<16>();
        let mut all = self.all();
        // Those whose time is over have ended by themselves.
        all.retain(|_, (since, _)| since.elapsed() < SCREEN_TIME);
        if all.len() >= MOST {
            make_room(&mut all);
        }
        all.insert(token, (Instant::now(), login));
        Secret::new(BASE32_NOPAD.encode(&token).to_lowercase().as_bytes())
    }

    /// The login of a token, which is good no longer.
    pub fn take(&self, token: &Secret) -> Option<Underway> {
        let bytes = BASE32_NOPAD.decode(token.expose_str()?.to_uppercase().as_bytes()).ok()?;
        let key: [u8; 16] = bytes.try_into().ok()?;
        let (since, login) = self.all().remove(&key)?;
        (since.elapsed() < SCREEN_TIME).then_some(login)
    }

    fn all(&self) -> MutexGuard<'_, HashMap<[u8; 16], (Instant, Underway)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn make_room(all: &mut HashMap<[u8; 16], (Instant, Underway)>) {
    let mut of_networks: HashMap<&str, usize> = HashMap::new();
    for (_, login) in all.values() {
        *of_networks.entry(&login.network).or_default() += 1;
    }
    let most = of_networks.values().copied().max().unwrap_or_default();
    let oldest = all
        .iter()
        .filter(|(_, (_, login))| of_networks.get(login.network.as_str()) == Some(&most))
        .min_by_key(|(_, (since, _))| *since)
        .map(|(token, _)| *token);
    if let Some(oldest) = oldest {
        all.remove(&oldest);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn waiting(address: &str) -> (Underway, Asker) {
        login(Purpose::SignIn, address)
    }

    #[tokio::test]
    async fn an_answer_reaches_its_own_login_once() {
        let steps = Steps::default();
        let (login, mut asker) = waiting("192.0.2.7");
        let token = steps.park(login);
        assert!(steps.take(&Secret::new(b"")).is_none());
        assert!(steps.take(&Secret::new(&token.expose()[1..])).is_none());
        let login = steps.take(&token).expect("it waits");
        assert!(steps.take(&token).is_none(), "a second tab");
        login.answers.send(Secret::new(b"123456")).await.expect("it listens");
        assert_eq!(asker.answers.recv().await, Some(Secret::new(b"123456")));
    }

    #[tokio::test]
    async fn a_login_that_had_to_make_room_hangs_up() {
        let steps = Steps::default();
        let (login, mut first) = waiting("192.0.2.7");
        let token = steps.park(login);
        let mut others = Vec::new();
        for n in 0..MOST {
            let address = if n % 2 == 0 { "192.0.2.7" } else { "198.51.100.9" };
            let (login, asker) = waiting(address);
            steps.park(login);
            others.push(asker);
        }
        assert!(first.events.is_closed() && steps.take(&token).is_none());
        assert_eq!(first.answers.recv().await, None);
        assert!(others.iter().all(|one| !one.events.is_closed()));
    }

    /// A household has 2⁶⁴ addresses of IPv6.
    #[tokio::test]
    async fn one_network_that_begins_thousands_takes_no_room_from_others() {
        let steps = Steps::default();
        let (login, _own) = waiting("198.51.100.9");
        let token = steps.park(login);
        let mut others = Vec::new();
        for n in 0..2 * MOST {
            let (login, asker) = waiting(&format!("2001:db8::{n:x}"));
            steps.park(login);
            others.push(asker);
        }
        assert!(steps.take(&token).is_some());
    }
}
