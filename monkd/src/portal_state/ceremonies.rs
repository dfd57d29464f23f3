//! Passkeys that are being made, and sign-ins that wait for one: what the engine keeps between the options and the
//! browser's answer.
//!
//! Each is good for one answer, for five minutes. Anybody can begin a sign-in, so there is room for a number of them,
//! and beyond that the oldest of the network that has the most goes.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use data_encoding::BASE32_NOPAD;
use monk_core::passkeys::{Making, SigningIn, TIME};
use monk_core::random::Random;
use monk_wire::Secret;

use super::network_of;
use super::sessions::Digest;
use crate::clock::SystemRandom;

/// Ceremonies that wait at once, some hundred bytes each.
const MOST: usize = 8192;

/// What waits for the browser.
pub(crate) enum Ceremony {
    /// A sign-in, and what stands for the browser that has begun it.
    SignIn(SigningIn, Digest),
    /// A proof in a session.
    Proof(SigningIn, Digest),
    /// A new passkey for the user of a session, with the name that it gets.
    New(Digest, String, Making),
}

struct Waiting {
    since: Instant,
    network: String,
    ceremony: Ceremony,
}

/// All that wait.
#[derive(Default)]
pub(crate) struct Ceremonies(Mutex<HashMap<[u8; 16], Waiting>>);

impl Ceremonies {
    /// Keeps one until its answer comes; the token for that.
    pub fn park(&self, address: &str, ceremony: Ceremony) -> Secret {
        let token = SystemRandom.bytes::<16>();
        let mut all = self.all();
        all.retain(|_, one| one.since.elapsed() < TIME);
        if all.len() >= MOST {
            make_room(&mut all);
        }
        let network = network_of(address);
        all.insert(token, Waiting { since: Instant::now(), network, ceremony });
        Secret::new(BASE32_NOPAD.encode(&token).to_lowercase().as_bytes())
    }

    /// The one of a token, which is good no longer.
    pub fn take(&self, token: &Secret) -> Option<Ceremony> {
        let bytes = BASE32_NOPAD.decode(token.expose_str()?.to_uppercase().as_bytes()).ok()?;
        let key: [u8; 16] = bytes.try_into().ok()?;
        let one = self.all().remove(&key)?;
        (one.since.elapsed() < TIME).then_some(one.ceremony)
    }

    fn all(&self) -> MutexGuard<'_, HashMap<[u8; 16], Waiting>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn make_room(all: &mut HashMap<[u8; 16], Waiting>) {
    let mut of_networks: HashMap<&str, usize> = HashMap::new();
    for one in all.values() {
        *of_networks.entry(&one.network).or_default() += 1;
    }
    let most = of_networks.values().copied().max().unwrap_or_default();
    let oldest = all
        .iter()
        .filter(|(_, one)| of_networks.get(one.network.as_str()) == Some(&most))
        .min_by_key(|(_, one)| one.since)
        .map(|(token, _)| *token);
    if let Some(oldest) = oldest {
        all.remove(&oldest);
    }
}

#[cfg(test)]
mod tests {
    use monk_core::passkeys::RelyingParty;

    use super::*;

    fn sign_in() -> Ceremony {
        let party = RelyingParty::new("https://login.example.org", "x").expect("an origin");
        Ceremony::SignIn(party.begin_sign_in().expect("it begins").1, [0; 32])
    }

    #[test]
    fn each_is_good_for_one_answer() {
        let all = Ceremonies::default();
        let token = all.park("192.0.2.7", sign_in());
        assert!(all.take(&Secret::new(&token.expose()[1..])).is_none());
        assert!(all.take(&token).is_some());
        assert!(all.take(&token).is_none(), "a second answer");
    }

    #[test]
    fn one_network_that_begins_thousands_takes_no_room_from_others() {
        let all = Ceremonies::default();
        let own = all.park("198.51.100.9", sign_in());
        for n in 0..MOST {
            all.park(&format!("2001:db8::{n:x}"), sign_in());
        }
        assert!(all.take(&own).is_some());
        assert!(all.all().len() <= MOST);
    }
}
