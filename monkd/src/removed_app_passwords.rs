//! Which app passwords were removed a while ago: so that a page can tell an old one from one with a typing mistake.
//!
//! Only their public identifiers are kept, in memory, and end with the engine. They open nothing.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Removed app passwords of one user: a phone and some programs that are set up again, several times over.
const MOST_OF_USER: usize = 20;

/// Users of whom some are kept. Beyond them the one goes whose last removal was longest ago.
const MOST_USERS: usize = 10_000;

/// How long they are known, in seconds: a program that sends an old one for longer has a forgotten owner.
const KEPT: u64 = 90 * 24 * 3600;

/// When it was removed, in seconds since 1970, and its public identifier.
type Removed = (u64, String);

/// Those of all users.
#[derive(Default)]
pub struct RemovedAppPasswords(Mutex<HashMap<String, VecDeque<Removed>>>);

impl RemovedAppPasswords {
    /// Takes one of the user with this stable id.
    pub fn note(&self, id: &str, public: &str, now: u64) {
        let mut all = self.all();
        if !all.contains_key(id) && all.len() >= MOST_USERS {
            let oldest = all.iter().min_by_key(|(_, of_user)| of_user.back().map(|one| one.0));
            if let Some(oldest) = oldest.map(|(id, _)| id.clone()) {
                all.remove(&oldest);
            }
        }
        let of_user = all.entry(id.to_owned()).or_default();
        if of_user.len() == MOST_OF_USER {
            of_user.pop_front();
        }
        of_user.push_back((now, public.to_owned()));
    }

    /// Whether the user had one with this public identifier.
    #[must_use]
    pub fn contains(&self, id: &str, public: &str, now: u64) -> bool {
        let all = self.all();
        let mut of_user = all.get(id).into_iter().flatten();
        of_user.any(|(at, one)| one == public && now.saturating_sub(*at) < KEPT)
    }

    fn all(&self) -> MutexGuard<'_, HashMap<String, VecDeque<Removed>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_removed_one_is_known_to_its_own_user_for_90_days() {
        let all = RemovedAppPasswords::default();
        all.note("u1", "h7kq", 1000);
        assert!(all.contains("u1", "h7kq", 1000) && all.contains("u1", "h7kq", 999 + KEPT));
        assert!(!all.contains("u1", "h7kq", 1000 + KEPT));
        assert!(!all.contains("u1", "h7kr", 1000) && !all.contains("u2", "h7kq", 1000));
    }

    #[test]
    fn the_oldest_make_room() {
        let all = RemovedAppPasswords::default();
        for n in 0..=MOST_OF_USER {
            all.note("u1", &n.to_string(), 1);
        }
        assert!(!all.contains("u1", "0", 1) && all.contains("u1", "1", 1));
        for n in 2..MOST_USERS as u64 + 2 {
            all.note(&format!("u{n}"), "h7kq", n);
        }
        assert_eq!(all.all().len(), MOST_USERS);
        assert!(!all.contains("u1", "1", 1) && all.contains("u2", "h7kq", 1));
    }
}
