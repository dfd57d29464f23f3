//! What this engine has seen of everybody's records, so that they are never set back unnoticed.
//!
//! Every record that is put into a directory was written by monk, or it is unusable. But somebody who can
//! write entries, and has kept an older record of use, can put it back: its MAC is right. So the engine
//! keeps the highest number that it has seen of each, and of each user's register, for as long as it runs:
//! in memory, a few bytes for each user, and without a write. What is behind that is read again from the
//! server that decides, since a replica may be late; if it is behind there too, it is unusable, and the
//! log says so. Engines that are started for one login have no such memory.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use monk_core::credential::{CredentialId, CredentialSet, Use};

/// Most users of whom something is kept, some 300 bytes each. When there are more, all are forgotten, and
/// are known again with their next login.
const MOST: usize = 50_000;

/// What was seen of everybody.
#[derive(Default)]
pub struct Seen(Mutex<HashMap<String, Marks>>);

/// What was seen of one user.
#[derive(Clone, Default)]
struct Marks {
    /// The generation of the register, and its number.
    generation: String,
    register: u64,
    /// The numbers of the uses.
    uses: HashMap<CredentialId, u64>,
}

impl Marks {
    /// Whether `set` is what was seen, or later.
    fn are_reached_by(&self, set: &CredentialSet) -> bool {
        // Where nothing is enrolled, nothing can be used.
        let Some((generation, register)) = set.standing() else { return true };
        if register < self.register {
            return false;
        }
        if generation != self.generation {
            // A reset, or another beginning.
            return true;
        }
        self.uses.iter().all(|(id, seen)| {
            let is_there = set.get(id).is_some() || *id == CredentialId::emailed();
            !is_there || set.uses_of(id).any(|stored| stored.value.n >= *seen)
        })
    }

    fn take(&mut self, set: &CredentialSet) {
        let Some((generation, register)) = set.standing() else { return };
        if generation != self.generation {
            self.uses.clear();
            generation.clone_into(&mut self.generation);
        }
        self.register = register;
        let is_gone = |id: &CredentialId| set.get(id).is_none() && *id != CredentialId::emailed();
        self.uses.retain(|id, _| !is_gone(id));
        for stored in &set.uses {
            self.raise(&stored.value.id, stored.value.n);
        }
    }

    fn raise(&mut self, id: &CredentialId, n: u64) {
        match self.uses.get_mut(id) {
            Some(seen) => *seen = n.max(*seen),
            None => drop(self.uses.insert(id.clone(), n)),
        }
    }
}

/// What was seen of one user at one moment.
#[derive(Default)]
pub struct Known(Option<Marks>);

impl Seen {
    /// What was seen of a user so far, to be compared with what is read from now on.
    pub fn known(&self, user: &str) -> Known {
        Known(self.lock().get(user).cloned())
    }

    /// The same as [`takes`](Self::takes), for a set that was read after the moment of `known`. What
    /// others have written in the meantime need not be in it.
    pub fn takes_since(&self, user: &str, known: &Known, set: &CredentialSet) -> bool {
        if known.0.as_ref().is_some_and(|marks| !marks.are_reached_by(set)) {
            return false;
        }
        // Where that is behind what is seen by now, what is seen stays.
        self.takes(user, set);
        true
    }

    /// Whether `set` is at least as new as what was seen; then it is seen from now on.
    pub fn takes(&self, user: &str, set: &CredentialSet) -> bool {
        let mut all = self.lock();
        match all.get_mut(user) {
            Some(marks) if marks.are_reached_by(set) => marks.take(set),
            Some(_) => return false,
            None => {
                if all.len() >= MOST {
                    all.clear();
                }
                let mut marks = Marks::default();
                marks.take(set);
                all.insert(user.to_owned(), marks);
            }
        }
        true
    }

    /// Notes uses, or a register, that were written.
    pub(super) fn note(&self, user: &str, records: &[String]) {
        let mut all = self.lock();
        let Some(marks) = all.get_mut(user) else { return };
        for (id, number) in records.iter().filter_map(|record| Use::number_of(record)) {
            match id == CredentialId::register() {
                true => marks.register = number.max(marks.register),
                false => marks.raise(&id, number),
            }
        }
    }

    /// Goes on with what another one has seen: that of the engine that this one follows.
    pub fn follow(&self, other: &Self) {
        let seen = other.lock().clone();
        *self.lock() = seen;
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Marks>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_more_users_are_kept_than_there_is_room_for() {
        let seen = Seen::default();
        for number in 0..=MOST {
            assert!(seen.takes(&number.to_string(), &CredentialSet::default()));
        }
        assert_eq!(seen.lock().len(), 1);
    }
}
