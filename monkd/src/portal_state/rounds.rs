//! Rounds of invitations: what an administrator has begun, and how far it is.
//!
//! A round goes on by itself, for as long as the engine runs. It is known by the administrator's stable id, who has
//! one at a time. After the engine has been started again there is none; those who have an invitation keep it, and
//! another round leaves them out.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use monk_wire::portal::invitations::{LeftOut, MOST_TOLD, Round, RoundState};

/// Rounds that go on at once: each sends one mail after the other, to the same mail server.
const MOST: usize = 4;

/// Rounds that are kept altogether, so that their administrators see how they ended.
const MOST_KEPT: usize = 64;

/// A round, as those see it who carry it out and who look at it.
pub(crate) struct Underway {
    begun: Instant,
    inner: Mutex<(Round, bool)>,
}

/// All rounds, by the stable id of the administrator.
#[derive(Default)]
pub(crate) struct Rounds(Mutex<HashMap<String, Arc<Underway>>>);

impl Rounds {
    /// Begins a round; `None` while another one of that administrator goes on, or too many of others.
    pub fn begin(&self, id: &str) -> Option<Arc<Underway>> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let going_on = all.values().filter(|one| one.shown().goes_on()).count();
        if going_on >= MOST || all.get(id).is_some_and(|one| one.shown().goes_on()) {
            return None;
        }
        if all.len() >= MOST_KEPT {
            let ended = all.iter().filter(|(_, one)| !one.shown().goes_on());
            let oldest = ended.min_by_key(|(_, one)| one.begun).map(|(id, _)| id.clone());
            if let Some(oldest) = oldest {
                all.remove(&oldest);
            }
        }
        let round = Arc::new(Underway::new());
        all.insert(id.to_owned(), Arc::clone(&round));
        Some(round)
    }

    /// The last one of that administrator.
    pub fn of(&self, id: &str) -> Option<Arc<Underway>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(id).cloned()
    }
}

impl Underway {
    fn new() -> Self {
        let round = Round {
            state: RoundState::Looking,
            total: None,
            sent: 0,
            set_up: 0,
            invited: 0,
            left_out: Vec::new(),
            left_out_more: 0,
            seconds: 0,
        };
        Self { begun: Instant::now(), inner: Mutex::new((round, false)) }
    }

    /// How far it is.
    pub fn shown(&self) -> Round {
        self.inner().0.clone()
    }

    /// Notes what has happened.
    pub fn note(&self, change: impl FnOnce(&mut Round)) {
        let round = &mut self.inner().0;
        change(round);
        round.seconds = u32::try_from(self.begun.elapsed().as_secs()).unwrap_or(u32::MAX);
    }

    /// Notes who got none.
    pub fn leaves_out(&self, name: &str, why: LeftOut) {
        self.note(|round| match round.left_out.len() < MOST_TOLD {
            true => round.left_out.push((name.to_owned(), why)),
            false => round.left_out_more = round.left_out_more.saturating_add(1),
        });
    }

    /// It is over.
    pub fn end(&self, state: RoundState) {
        self.note(|round| round.state = state);
    }

    /// Asks it to stop before the next mail.
    pub fn stop(&self) {
        self.inner().1 = true;
    }

    /// Whether it was asked to.
    pub fn is_to_stop(&self) -> bool {
        self.inner().1
    }

    fn inner(&self) -> MutexGuard<'_, (Round, bool)> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_administrator_has_one_round_at_a_time_and_the_engine_a_few() {
        let rounds = Rounds::default();
        let first = rounds.begin("bob").expect("room");
        assert!(rounds.begin("bob").is_none());
        let others: Vec<_> =
            (1..MOST).map(|n| rounds.begin(&format!("other {n}")).expect("room")).collect();
        assert!(rounds.begin("carol").is_none(), "too many of others");
        others[0].end(RoundState::Done);
        assert!(rounds.begin("carol").is_some());
        assert!(rounds.of("bob").is_some_and(|one| one.shown() == first.shown()));
        first.end(RoundState::Stopped);
        assert!(rounds.begin("bob").is_some_and(|one| one.shown().goes_on()));
    }

    #[test]
    fn of_rounds_that_are_over_the_oldest_are_forgotten() {
        let rounds = Rounds::default();
        let lasting = rounds.begin("lasting").expect("room");
        for n in 0..2 * MOST_KEPT {
            rounds.begin(&n.to_string()).expect("room").end(RoundState::Done);
        }
        assert!(rounds.of("0").is_none() && rounds.of("lasting").is_some());
        assert!(lasting.shown().goes_on());
        assert!(rounds.0.lock().unwrap().len() <= MOST_KEPT);
    }

    #[test]
    fn a_round_keeps_the_first_problems_and_counts_the_others() {
        let round = Underway::new();
        for n in 0..MOST_TOLD + 3 {
            round.leaves_out(&n.to_string(), LeftOut::NotSent);
        }
        let shown = round.shown();
        assert_eq!((shown.left_out.len(), shown.left_out_more), (MOST_TOLD, 3));
    }
}
