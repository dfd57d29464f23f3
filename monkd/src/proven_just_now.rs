//! Second factors that a program has seen in a login which asks for a new password.
//!
//! sshd, login and su lead such a user through the change at once, in the same process. The code that opened the
//! login is used up by then, and the device shows the next one in half a minute: so the factor counts once more,
//! for this change. It is remembered here and not in the module, of root's programs only, and only by the very
//! process that the kernel names (`SO_PEERCRED`). The old password is asked in any case.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How long a factor counts: as long as people need to think of a new password, and type it twice.
pub const GOOD_FOR: Duration = Duration::from_secs(5 * 60);

/// How many are kept: more people than change an expired password in five minutes. Beyond them, the oldest are
/// forgotten, and a code is asked.
const MOST: usize = 1024;

/// What this engine has seen, whatever its settings were meanwhile.
static PROVEN: Proven = Proven(Mutex::new(VecDeque::new()));

/// A login, and the process that it came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Occasion {
    process: i32,
    user: String,
    service: String,
    address: Option<String>,
}

impl Occasion {
    /// A login of `user` through a program of root's that runs as `process`.
    #[must_use]
    pub fn new(process: i32, user: &str, service: &str, address: Option<&str>) -> Self {
        Self {
            process,
            user: user.to_owned(),
            service: service.to_ascii_lowercase(),
            address: address.map(str::to_owned),
        }
    }
}

/// Notes a second factor.
pub fn note(occasion: Occasion) {
    PROVEN.note(occasion, Instant::now());
}

/// Whether there was one a moment ago.
#[must_use]
pub fn is_proven(occasion: &Occasion) -> bool {
    PROVEN.at(occasion, Instant::now()).is_some()
}

/// The same, for once.
#[must_use]
pub fn take(occasion: &Occasion) -> bool {
    PROVEN.take(occasion, Instant::now())
}

struct Proven(Mutex<VecDeque<(Instant, Occasion)>>);

impl Proven {
    fn note(&self, occasion: Occasion, now: Instant) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|(then, one)| !is_over(*then, now) && *one != occasion);
        if all.len() >= MOST {
            all.pop_front();
        }
        all.push_back((now, occasion));
    }

    fn at(&self, occasion: &Occasion, now: Instant) -> Option<usize> {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.iter().position(|(then, one)| one == occasion && !is_over(*then, now))
    }

    fn take(&self, occasion: &Occasion, now: Instant) -> bool {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let at = all.iter().position(|(then, one)| one == occasion && !is_over(*then, now));
        at.and_then(|at| all.remove(at)).is_some()
    }
}

fn is_over(then: Instant, now: Instant) -> bool {
    now.saturating_duration_since(then) > GOOD_FOR
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_factor_counts_once_for_the_same_process_and_login_and_not_for_long() {
        let proven = Proven(Mutex::default());
        let now = Instant::now();
        let alice = Occasion::new(7, "alice", "SSHD", Some("192.0.2.7"));
        proven.note(alice.clone(), now);
        for other in [
            Occasion::new(8, "alice", "sshd", Some("192.0.2.7")),
            Occasion::new(7, "bob", "sshd", Some("192.0.2.7")),
            Occasion::new(7, "alice", "login", Some("192.0.2.7")),
            Occasion::new(7, "alice", "sshd", None),
        ] {
            assert!(proven.at(&other, now).is_none() && !proven.take(&other, now), "{other:?}");
        }
        let late = now + GOOD_FOR + Duration::from_secs(1);
        assert!(proven.at(&alice, late).is_none() && !proven.take(&alice, late));
        assert!(proven.at(&alice, now).is_some(), "looking at it does not use it up");
        assert!(proven.take(&alice, now + GOOD_FOR));
        assert!(!proven.take(&alice, now), "once");
    }

    #[test]
    fn beyond_the_limit_the_oldest_are_forgotten() {
        let proven = Proven(Mutex::default());
        let (now, alice) = (Instant::now(), Occasion::new(7, "alice", "sshd", None));
        proven.note(alice.clone(), now);
        for process in 0..i32::try_from(MOST).unwrap() {
            proven.note(Occasion::new(process, "bob", "sshd", None), now);
        }
        assert!(proven.at(&alice, now).is_none());
        assert_eq!(proven.0.lock().unwrap().len(), MOST);
    }
}
