//! Profiles that wait for a phone: the app password of a mail account, behind a link that works once.
//!
//! The user sits at a computer, and the phone has no session. So the link is all that it has: 128 random bits. The
//! engine keeps the link's digest, and the app password sealed with a key that only the link gives. Somebody who reads
//! the engine's memory later finds neither. Nothing is written anywhere, and all of it ends with the engine.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use data_encoding::BASE32_NOPAD;
use monk_core::keys::{HostKey, Keyring, Owner};
use monk_core::random::Random;
use monk_core::seal::{self, Sealed};
use monk_wire::Secret;
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use super::sessions::{Digest, digest};
use crate::clock::SystemRandom;

/// How long a link works: long enough to find the phone and point its camera at the screen.
pub(crate) const TIME: Duration = Duration::from_secs(10 * 60);

/// Bytes of a link.
const LINK_BYTES: usize = 16;

/// Profiles of one user: more than the phones that anybody sets up at once. Beyond them the oldest goes.
const MOST_OF_USER: usize = 4;

/// Profiles that wait at once, some 300 bytes each. Beyond them the oldest goes.
const MOST: usize = 4096;

/// What the seal is bound to, beside its owner.
const CONTEXT: &str = "profile";

/// Whose profile it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Whose {
    /// The user's name, as the directory spells it.
    pub user: String,
    /// The user's stable id.
    pub id: String,
    /// The id of the app password.
    pub credential: String,
}

struct Kept {
    since: Instant,
    whose: Whose,
    sealed: Sealed,
}

/// All that wait.
#[derive(Default)]
pub(crate) struct Profiles(Mutex<HashMap<Digest, Kept>>);

impl Profiles {
    /// Keeps an app password; the link to it. An older link to the same one works no longer.
    pub fn keep(&self, whose: Whose, password: &[u8], now: Instant) -> Secret {
        let bytes = Zeroizing::new(SystemRandom.bytes::<LINK_BYTES>());
        let link = Zeroizing::new(BASE32_NOPAD.encode(&*bytes).to_lowercase());
        let keys = ring(link.as_bytes());
        let sealed = seal::seal(password, owner(&whose), CONTEXT, &keys, &mut SystemRandom);
        let mut all = self.all();
        all.retain(|_, one| is_alive(one, now) && one.whose != whose);
        if all.values().filter(|one| one.whose.id == whose.id).count() >= MOST_OF_USER {
            end_oldest(&mut all, |one| one.whose.id == whose.id);
        }
        if all.len() >= MOST {
            end_oldest(&mut all, |_| true);
        }
        all.insert(digest(link.as_bytes()), Kept { since: now, whose, sealed });
        Secret::new(link.as_bytes())
    }

    /// Whose profile a link leads to, while it works.
    pub fn whose(&self, link: &Secret, now: Instant) -> Option<Whose> {
        // What is looked up is a digest, so that the time that it takes tells nothing about a link.
        let all = self.all();
        let one = all.get(&digest(link.expose())).filter(|one| is_alive(one, now))?;
        Some(one.whose.clone())
    }

    /// The app password behind a link, which works no longer.
    pub fn take(&self, link: &Secret, now: Instant) -> Option<Secret> {
        let one = {
            let mut all = self.all();
            let one = all.remove(&digest(link.expose()));
            all.retain(|_, one| is_alive(one, now));
            one.filter(|one| is_alive(one, now))?
        };
        let opened = seal::open(&one.sealed, owner(&one.whose), CONTEXT, &ring(link.expose()));
        opened.ok().map(|password| Secret::new(&password))
    }

    fn all(&self) -> MutexGuard<'_, HashMap<Digest, Kept>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn is_alive(one: &Kept, now: Instant) -> bool {
    now.saturating_duration_since(one.since) < TIME
}

fn end_oldest(all: &mut HashMap<Digest, Kept>, which: impl Fn(&Kept) -> bool) {
    let oldest = all.iter().filter(|(_, one)| which(one)).min_by_key(|(_, one)| one.since);
    if let Some(oldest) = oldest.map(|(digest, _)| *digest) {
        all.remove(&oldest);
    }
}

fn owner(whose: &Whose) -> Owner<'_> {
    Owner { user: &whose.id, credential: &whose.credential }
}

/// The key that a link gives. It is no digest by which the link is found.
fn ring(link: &[u8]) -> Keyring {
    let key: [u8; 32] =
        Sha256::new_with_prefix(b"monk profile\0").chain_update(link).finalize().into();
    Keyring::new(HostKey::new(Zeroizing::new(key)), Vec::new())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn whose(user: &str, n: usize) -> Whose {
        let (user, id) = (user.to_owned(), format!("id of {user}"));
        Whose { user, id, credential: format!("a{n}") }
    }

    #[test]
    fn a_link_gives_its_own_app_password_once_and_no_other_text_gives_any() {
        let (all, now) = (Profiles::default(), Instant::now());
        let link = all.keep(whose("alice", 1), b"h7kq", now);
        let other = all.keep(whose("bob", 1), b"m3vd", now);
        assert_eq!(link.expose().len(), 26, "128 bits in base 32");
        let shorter = &link.expose()[1..];
        let upper = link.expose().to_ascii_uppercase();
        for text in [&b""[..], b"x", shorter, &upper, &digest(link.expose())] {
            let text = Secret::new(text);
            assert!(all.whose(&text, now).is_none() && all.take(&text, now).is_none());
        }
        assert_eq!(all.whose(&link, now), Some(whose("alice", 1)));
        assert_eq!(all.whose(&link, now), Some(whose("alice", 1)), "a look takes nothing");
        assert_eq!(all.take(&link, now), Some(Secret::new(b"h7kq")));
        assert!(all.take(&link, now).is_none() && all.whose(&link, now).is_none());
        assert_eq!(all.take(&other, now), Some(Secret::new(b"m3vd")));
    }

    #[test]
    fn a_link_works_for_ten_minutes() {
        let (all, now) = (Profiles::default(), Instant::now());
        let link = all.keep(whose("alice", 1), b"h7kq", now);
        let late = all.keep(whose("alice", 2), b"m3vd", now);
        let end = now + TIME;
        let (before, second) =
            (end.checked_sub(Duration::from_secs(1)).unwrap(), whose("alice", 2));
        assert_eq!(all.whose(&late, before), Some(second));
        assert_eq!(all.take(&link, before), Some(Secret::new(b"h7kq")));
        assert!(all.whose(&late, end).is_none() && all.take(&late, end).is_none());
        assert!(all.all().is_empty(), "and is forgotten then");
    }

    #[test]
    fn a_new_link_to_the_same_app_password_ends_the_old_one() {
        let (all, now) = (Profiles::default(), Instant::now());
        let [old, new] = [(); 2].map(|()| all.keep(whose("alice", 1), b"h7kq", now));
        assert!(all.take(&old, now).is_none());
        assert!(all.take(&new, now).is_some());
    }

    #[test]
    fn a_user_with_many_loses_the_oldest_and_nobody_else_does() {
        let (all, begin) = (Profiles::default(), Instant::now());
        let bob = all.keep(whose("bob", 1), b"m3vd", begin);
        let links: Vec<_> = (0..=MOST_OF_USER)
            .map(|n| all.keep(whose("alice", n), b"h7kq", begin + Duration::from_millis(n as u64)))
            .collect();
        let now = begin + Duration::from_secs(1);
        assert!(all.whose(&links[0], now).is_none() && all.whose(&bob, now).is_some());
        assert!(links[1..].iter().all(|link| all.whose(link, now).is_some()));
        for n in 0..=MOST {
            all.keep(whose(&format!("u{n}"), 1), b"x", now);
        }
        assert_eq!(all.all().len(), MOST);
    }

    #[test]
    fn what_is_kept_holds_neither_the_link_nor_the_app_password() {
        let (all, now) = (Profiles::default(), Instant::now());
        let link = all.keep(whose("alice", 1), b"h7kqm3vd9xprt2wn6fbz", now);
        let all = all.all();
        let (found_by, one) = all.iter().next().expect("one is kept");
        let kept = format!("{:?} {:?}", one.whose, one.sealed);
        assert!(!kept.contains("h7kq") && !kept.contains(link.expose_str().expect("text")));
        // Without the link, what it is found by opens nothing.
        let opened = seal::open(&one.sealed, owner(&one.whose), CONTEXT, &ring(found_by));
        assert!(opened.is_err());
    }
}
