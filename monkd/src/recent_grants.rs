//! Logins that programs of other users than root were granted a moment ago.
//!
//! A service such as a database or a web server may ask about a user's account after that user has
//! logged in through it, and about nobody else: otherwise whoever runs code there could find out who
//! exists, who is switched off, and who is in which group.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How long after a login its program may ask about the account. Programs ask at once; some show a
/// screen of another module in between.
const GOOD_FOR: Duration = Duration::from_secs(60);

/// How many are kept: more logins of services than there are in a minute. Beyond them the oldest are
/// forgotten, and asking about those is refused.
const MOST: usize = 4096;

/// What programs were granted by this engine, whatever its settings were meanwhile.
static RECENT: RecentGrants = RecentGrants(Mutex::new(VecDeque::new()));

/// One login.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Granted {
    program: u32,
    user: String,
    service: String,
}

struct RecentGrants(Mutex<VecDeque<(Instant, Granted)>>);

/// Notes that a program of the user `program` was granted a login.
pub fn note(program: u32, user: &str, service: &str) {
    RECENT.note(Granted::of(program, user, service), Instant::now());
}

/// Whether it was, a moment ago.
#[must_use]
pub fn contain(program: u32, user: &str, service: &str) -> bool {
    RECENT.contain(&Granted::of(program, user, service), Instant::now())
}

impl Granted {
    fn of(program: u32, user: &str, service: &str) -> Self {
        Self { program, user: user.to_owned(), service: service.to_ascii_lowercase() }
    }
}

impl RecentGrants {
    fn note(&self, granted: Granted, now: Instant) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        while all.len() >= MOST || all.front().is_some_and(|(then, _)| is_over(*then, now)) {
            all.pop_front();
        }
        all.push_back((now, granted));
    }

    fn contain(&self, granted: &Granted, now: Instant) -> bool {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.iter().any(|(then, one)| one == granted && !is_over(*then, now))
    }
}

fn is_over(then: Instant, now: Instant) -> bool {
    now.saturating_duration_since(then) > GOOD_FOR
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_login_answers_for_its_program_user_and_service_and_not_for_long() {
        let grants = RecentGrants(Mutex::default());
        let now = Instant::now();
        let alice = || Granted::of(33, "alice", "nginx");
        grants.note(alice(), now);
        assert!(grants.contain(&alice(), now) && grants.contain(&alice(), now + GOOD_FOR));
        assert!(!grants.contain(&alice(), now + GOOD_FOR + Duration::from_secs(1)));
        for other in [(34, "alice", "nginx"), (33, "bob", "nginx"), (33, "alice", "postgresql")] {
            assert!(!grants.contain(&Granted::of(other.0, other.1, other.2), now), "{other:?}");
        }
        for number in 0..2 * MOST {
            grants.note(Granted::of(33, &number.to_string(), "nginx"), now);
        }
        assert_eq!(grants.0.lock().unwrap().len(), MOST);
        assert!(!grants.contain(&alice(), now));
    }
}
