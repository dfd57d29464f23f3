//! Who is signed in to the portal.
//!
//! A session stands for one user, and is known by a token that only the user's browser has: the engine keeps its
//! digest, in memory alone. It ends when it has not been used for a while, in any case after some hours, when the
//! user signs out, when the account is closed, and with a reset. Nobody but the engine can make one.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use data_encoding::BASE32_NOPAD;
use monk_core::credential::CredentialId;
use monk_core::random::Random;
use monk_terms::verdict::Grant;
use monk_wire::Secret;
use sha2::{Digest as _, Sha256};

use crate::clock::SystemRandom;

/// Sessions that are kept. Beyond them the one that has not been used for longest ends: an organisation of this
/// many people who all have a page open at once has more than one host.
const MOST: usize = 20_000;

/// Sessions of one user: more browsers than anybody has.
const MOST_OF_USER: usize = 16;

/// How long a proof is fresh enough for a change.
pub(crate) const FRESH: Duration = Duration::from_secs(5 * 60);

/// What is kept of a token.
pub(crate) type Digest = [u8; 32];

/// Somebody who is signed in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Session {
    /// The user's name, as the directory spells it.
    pub user: String,
    /// The user's stable id.
    pub id: String,
    /// The generation of the user's records, which changes with a reset; `None` where there was none.
    pub generation: Option<String>,
    /// What the last proof was.
    pub proof: Grant,
    /// The passkey, where the last proof was one.
    pub passkey: Option<CredentialId>,
    /// When that was.
    pub proven: Instant,
    /// The id that its sign-in has in the log: what is done in it has the same.
    pub log_id: Option<String>,
    /// Whether a change about somebody else was made with it: each takes a proof of its own.
    pub is_spent: bool,
    opened: Instant,
    used: Instant,
}

/// How long sessions last.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Lives {
    /// Without a page.
    pub idle: Duration,
    /// In any case.
    pub most: Duration,
}

/// All who are signed in.
#[derive(Debug, Default)]
pub(crate) struct Sessions(Mutex<HashMap<Digest, Session>>);

impl Session {
    /// One that begins now, with a proof.
    pub fn new(
        user: String,
        id: String,
        generation: Option<String>,
        proof: Grant,
        now: Instant,
    ) -> Self {
        let (passkey, log_id, is_spent) = (None, None, false);
        let (proven, opened, used) = (now, now, now);
        Self { user, id, generation, proof, passkey, proven, log_id, is_spent, opened, used }
    }

    /// The same, begun by the login that has this id in the log.
    pub fn logged_as(self, log_id: Option<String>) -> Self {
        Self { log_id, ..self }
    }

    /// The user proves again who it is: with what, and with which passkey, if it is one.
    pub fn prove(&mut self, proof: Grant, passkey: Option<CredentialId>, now: Instant) {
        (self.proof, self.passkey, self.proven, self.is_spent) = (proof, passkey, now, false);
    }

    /// How long the last proof is fresh still.
    pub fn fresh(&self, now: Instant) -> Duration {
        FRESH.saturating_sub(now.saturating_duration_since(self.proven))
    }

    fn is_over(&self, lives: Lives, now: Instant) -> bool {
        now.saturating_duration_since(self.used) >= lives.idle
            || now.saturating_duration_since(self.opened) >= lives.most
    }
}

impl Sessions {
    /// Begins a session; its token.
    pub fn open(&self, session: Session, lives: Lives) -> Secret {
        let token = BASE32_NOPAD.encode(&SystemRandom.bytes::<32>()).to_lowercase();
        let now = session.used;
        let mut all = self.all();
        all.retain(|_, one| !one.is_over(lives, now));
        let of_user = all.values().filter(|one| one.id == session.id).count();
        if of_user >= MOST_OF_USER {
            end_oldest(&mut all, |one| one.id == session.id);
        }
        if all.len() >= MOST {
            end_oldest(&mut all, |_| true);
        }
        all.insert(digest(token.as_bytes()), session);
        Secret::new(token.as_bytes())
    }

    /// The session of a token, which is used by that.
    pub fn of(&self, token: &Secret, lives: Lives, now: Instant) -> Option<(Digest, Session)> {
        // What is looked up is a digest, so that the time that it takes tells nothing about a token.
        let digest = digest(token.expose());
        let mut all = self.all();
        if all.get(&digest)?.is_over(lives, now) {
            all.remove(&digest);
            return None;
        }
        let session = all.get_mut(&digest)?;
        session.used = now;
        Some((digest, session.clone()))
    }

    /// Changes a session that is still there.
    pub fn change(&self, digest: &Digest, change: impl FnOnce(&mut Session)) {
        if let Some(session) = self.all().get_mut(digest) {
            change(session);
        }
    }

    /// How many there are at this moment.
    pub fn count(&self, lives: Lives, now: Instant) -> usize {
        self.all().values().filter(|one| !one.is_over(lives, now)).count()
    }

    /// Uses up the proof of a session for a change about somebody else. Of changes that come at the same time, one
    /// has it.
    pub fn spend_proof(&self, digest: &Digest, now: Instant) -> bool {
        let mut all = self.all();
        let Some(session) = all.get_mut(digest) else { return false };
        let is_fresh = !session.is_spent && !session.fresh(now).is_zero();
        session.is_spent = true;
        is_fresh
    }

    /// Ends a session.
    pub fn end(&self, digest: &Digest) {
        self.all().remove(digest);
    }

    /// Ends all sessions of a user, but for one that may stay.
    pub fn end_of_user(&self, id: &str, except: Option<&Digest>) {
        self.all().retain(|digest, one| one.id != id || Some(digest) == except);
    }

    fn all(&self) -> MutexGuard<'_, HashMap<Digest, Session>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

pub(crate) fn digest(token: &[u8]) -> Digest {
    Sha256::digest(token).into()
}

fn end_oldest(all: &mut HashMap<Digest, Session>, which: impl Fn(&Session) -> bool) {
    let oldest = all.iter().filter(|(_, one)| which(one)).min_by_key(|(_, one)| one.used);
    if let Some(oldest) = oldest.map(|(digest, _)| *digest) {
        all.remove(&oldest);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIVES: Lives = Lives { idle: Duration::from_secs(60), most: Duration::from_secs(3600) };

    fn session(user: &str, now: Instant) -> Session {
        Session::new(user.to_owned(), format!("id of {user}"), None, Grant::Totp, now)
    }

    #[test]
    fn a_token_opens_its_own_session_and_no_other_text_opens_any() {
        let (all, now) = (Sessions::default(), Instant::now());
        let [alice, bob] = ["alice", "bob"].map(|user| all.open(session(user, now), LIVES));
        assert_ne!(alice, bob);
        for (token, user) in [(&alice, "alice"), (&bob, "bob")] {
            assert_eq!(all.of(token, LIVES, now).expect("a session").1.user, user);
        }
        let shorter = &alice.expose()[1..];
        for text in [&b""[..], b"x", shorter, &digest(alice.expose())] {
            assert!(all.of(&Secret::new(text), LIVES, now).is_none());
        }
    }

    #[test]
    fn a_session_ends_when_nobody_uses_it_and_in_any_case_after_a_while() {
        let (all, begin) = (Sessions::default(), Instant::now());
        let [idle, busy] = ["idle", "busy"].map(|user| all.open(session(user, begin), LIVES));
        let mut now = begin;
        for _ in 0..119 {
            now += Duration::from_secs(30);
            assert!(all.of(&busy, LIVES, now).is_some());
        }
        assert!(all.of(&idle, LIVES, now).is_none());
        now = begin + LIVES.most;
        assert!(all.of(&busy, LIVES, now).is_none());
        assert!(all.of(&busy, LIVES, begin).is_none(), "it does not come back");
    }

    #[test]
    fn signing_out_ends_one_session_and_a_reset_all_of_the_user() {
        let (all, now) = (Sessions::default(), Instant::now());
        let open = |user| all.open(session(user, now), LIVES);
        let (first, second, third, other) =
            (open("alice"), open("alice"), open("alice"), open("bob"));
        let is_there = |token| all.of(token, LIVES, now).is_some();
        let (digest, _) = all.of(&first, LIVES, now).expect("a session");
        all.end(&digest);
        assert!(!is_there(&first) && is_there(&second));
        let (kept, _) = all.of(&second, LIVES, now).expect("a session");
        all.end_of_user("id of alice", Some(&kept));
        assert!(is_there(&second) && !is_there(&third) && is_there(&other));
        all.end_of_user("id of alice", None);
        assert!(!is_there(&second) && is_there(&other));
    }

    #[test]
    fn a_proof_is_good_for_one_change_about_somebody_else_and_not_for_an_old_one() {
        let (all, now) = (Sessions::default(), Instant::now());
        let token = all.open(session("alice", now), LIVES);
        let (digest, _) = all.of(&token, LIVES, now).expect("a session");
        assert!(all.spend_proof(&digest, now) && !all.spend_proof(&digest, now));
        all.change(&digest, |session| session.prove(Grant::Totp, None, now));
        assert!(!all.spend_proof(&digest, now + FRESH), "too old");
        all.change(&digest, |session| session.prove(Grant::Passkey, None, now));
        all.end(&digest);
        assert!(!all.spend_proof(&digest, now), "signed out");
    }

    #[test]
    fn a_user_with_many_sessions_loses_the_oldest_and_nobody_else_does() {
        let (all, begin) = (Sessions::default(), Instant::now());
        let bob = all.open(session("bob", begin), LIVES);
        let tokens: Vec<_> = (0..=MOST_OF_USER)
            .map(|n| all.open(session("alice", begin + Duration::from_millis(n as u64)), LIVES))
            .collect();
        let now = begin + Duration::from_secs(1);
        assert!(all.of(&tokens[0], LIVES, now).is_none());
        assert!(tokens[1..].iter().all(|token| all.of(token, LIVES, now).is_some()));
        assert!(all.of(&bob, LIVES, now).is_some());
    }

    #[test]
    fn a_proof_is_fresh_for_five_minutes() {
        let now = Instant::now();
        let session = session("alice", now);
        assert_eq!(session.fresh(now), FRESH);
        assert_eq!(session.fresh(now + FRESH - Duration::from_secs(1)), Duration::from_secs(1));
        assert_eq!(session.fresh(now + FRESH), Duration::ZERO);
    }
}
