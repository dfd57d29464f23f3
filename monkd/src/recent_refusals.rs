//! Why users were refused a moment ago: for their own page, and for administrators who help them.
//!
//! It is kept in memory alone, by the user's stable id, and says what the audit says: reason, service, time and place,
//! and nothing that was typed. It ends with the engine.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use monk_terms::verdict::Refusal;
use monk_wire::portal::RefusalDetail;

/// Refusals of one user: a phone with an old password makes one every few minutes, and the last ones say why.
const MOST_OF_USER: usize = 10;

/// Users of whom some are kept. Beyond them the one goes whose last refusal was longest ago.
const MOST_USERS: usize = 10_000;

/// How long they are worth telling, in seconds.
const KEPT: u64 = 7 * 24 * 3600;

/// One of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// When, in seconds since 1970.
    pub at: u64,
    /// The PAM service.
    pub service: String,
    /// Where from, as the program has stated it.
    pub address: Option<String>,
    /// Why.
    pub reason: Refusal,
    /// The credential that it was about, by its id.
    pub credential: Option<String>,
    /// What its owner may know beside the reason.
    pub detail: Option<RefusalDetail>,
}

/// Those of all users.
#[derive(Default)]
pub struct RecentRefusals(Mutex<HashMap<String, VecDeque<Refused>>>);

impl RecentRefusals {
    /// Takes one of the user with this stable id.
    pub fn note(&self, id: &str, refused: Refused) {
        let mut all = self.all();
        if !all.contains_key(id) && all.len() >= MOST_USERS {
            let oldest = all.iter().min_by_key(|(_, of_user)| of_user.back().map(|one| one.at));
            if let Some(oldest) = oldest.map(|(id, _)| id.clone()) {
                all.remove(&oldest);
            }
        }
        let of_user = all.entry(id.to_owned()).or_default();
        if of_user.len() == MOST_OF_USER {
            of_user.pop_front();
        }
        of_user.push_back(refused);
    }

    /// Those of a user, the latest first.
    #[must_use]
    pub fn of(&self, id: &str, now: u64) -> Vec<Refused> {
        let all = self.all();
        let of_user = all.get(id).into_iter().flatten().rev();
        of_user.filter(|one| now.saturating_sub(one.at) < KEPT).cloned().collect()
    }

    fn all(&self) -> MutexGuard<'_, HashMap<String, VecDeque<Refused>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(at: u64) -> Refused {
        let (service, address) = ("imap".to_owned(), Some("192.0.2.7".to_owned()));
        let reason = Refusal::WrongPassword;
        Refused { at, service, address, reason, credential: None, detail: None }
    }

    #[test]
    fn the_last_ones_of_a_user_are_told_for_a_week() {
        let all = RecentRefusals::default();
        for at in 0..20 {
            all.note("u1", refused(1000 + at));
        }
        let told: Vec<u64> = all.of("u1", 1020).iter().map(|one| one.at).collect();
        assert_eq!(told, (1010..1020).rev().collect::<Vec<_>>());
        assert_eq!(all.of("u2", 1020), []);
        assert_eq!(all.of("u1", 1015 + KEPT).len(), 4);
    }

    #[test]
    fn users_of_long_ago_make_room() {
        let all = RecentRefusals::default();
        for n in 0..=MOST_USERS as u64 {
            all.note(&format!("u{n}"), refused(n));
        }
        assert_eq!(all.all().len(), MOST_USERS);
        assert!(all.of("u0", 1).is_empty() && !all.of("u1", 1).is_empty());
    }
}
