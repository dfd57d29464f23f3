//! What a program has proved in a login that asks for a new password, or in the rehearsal of a change.
//!
//! sshd, login and su lead such a user through the change at once, in the same process. The code that opened the
//! login is used up by then, and the device shows the next one in half a minute: so the factor counts once more,
//! for this change. And each bind with an expired password may be one of the last that the directory takes: so one
//! that was right is not sent again before the change, which proves it once more. Both are remembered here and not
//! in the module, of root's programs only, and only for the very process that the kernel names (`SO_PEERCRED`), as
//! long as it lives. The old password is asked in any case.

use std::collections::VecDeque;
use std::os::fd::OwnedFd;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::process_watch;
use crate::throttle::Print;

/// How long it counts: as long as people need to think of a new password, and type it twice.
pub const GOOD_FOR: Duration = Duration::from_secs(5 * 60);

/// How many are kept: more people than change an expired password in five minutes. Beyond them, the oldest are
/// forgotten, and a code is asked.
const MOST: usize = 512;

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

/// What was proved.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Proofs {
    /// A second factor.
    pub second_factor: bool,
    /// A password that the directory has called right.
    pub password: Option<Print>,
}

/// Notes it, in place of what was noted before.
pub fn note(occasion: Occasion, proofs: Proofs) {
    // The process waits for its answer. One that is not seen from here cannot be told from the next with its number.
    if let Some(life) = process_watch::of(occasion.process) {
        PROVEN.note(occasion, proofs, life, Instant::now());
    }
}

/// What was proved a moment ago.
#[must_use]
pub fn look(occasion: &Occasion) -> Proofs {
    PROVEN.look(occasion, Instant::now())
}

/// The same, for once.
#[must_use]
pub fn take(occasion: &Occasion) -> Proofs {
    PROVEN.take(occasion, Instant::now())
}

struct One {
    then: Instant,
    occasion: Occasion,
    proofs: Proofs,
    life: OwnedFd,
}

impl One {
    fn is_over(&self, now: Instant) -> bool {
        now.saturating_duration_since(self.then) > GOOD_FOR || process_watch::has_ended(&self.life)
    }
}

struct Proven(Mutex<VecDeque<One>>);

impl Proven {
    fn note(&self, occasion: Occasion, proofs: Proofs, life: OwnedFd, now: Instant) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|one| one.occasion != occasion && !one.is_over(now));
        if all.len() >= MOST {
            all.pop_front();
        }
        all.push_back(One { then: now, occasion, proofs, life });
    }

    fn look(&self, occasion: &Occasion, now: Instant) -> Proofs {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let one = all.iter().find(|one| one.occasion == *occasion && !one.is_over(now));
        one.map(|one| one.proofs).unwrap_or_default()
    }

    fn take(&self, occasion: &Occasion, now: Instant) -> Proofs {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let at = all.iter().position(|one| one.occasion == *occasion && !one.is_over(now));
        at.and_then(|at| all.remove(at)).map(|one| one.proofs).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use std::process::{Command, Stdio};

    use super::*;

    const FACTOR: Proofs = Proofs { second_factor: true, password: None };
    const NOTHING: Proofs = Proofs { second_factor: false, password: None };

    fn own_life() -> OwnedFd {
        process_watch::of(i32::try_from(std::process::id()).unwrap()).expect("this process")
    }

    #[test]
    fn a_factor_counts_once_for_the_same_process_and_login_and_not_for_long() {
        let proven = Proven(Mutex::default());
        let now = Instant::now();
        let alice = Occasion::new(7, "alice", "SSHD", Some("192.0.2.7"));
        proven.note(alice.clone(), FACTOR, own_life(), now);
        for other in [
            Occasion::new(8, "alice", "sshd", Some("192.0.2.7")),
            Occasion::new(7, "bob", "sshd", Some("192.0.2.7")),
            Occasion::new(7, "alice", "login", Some("192.0.2.7")),
            Occasion::new(7, "alice", "sshd", None),
        ] {
            assert_eq!(proven.look(&other, now), NOTHING, "{other:?}");
            assert_eq!(proven.take(&other, now), NOTHING, "{other:?}");
        }
        let late = now + GOOD_FOR + Duration::from_secs(1);
        assert_eq!((proven.look(&alice, late), proven.take(&alice, late)), (NOTHING, NOTHING));
        assert_eq!(proven.look(&alice, now), FACTOR, "looking at it does not use it up");
        assert_eq!(proven.take(&alice, now + GOOD_FOR), FACTOR);
        assert_eq!(proven.take(&alice, now), NOTHING, "once");
    }

    /// Another process can have the number of one that has ended.
    #[test]
    fn what_a_process_has_proved_ends_with_it() {
        let proven = Proven(Mutex::default());
        let now = Instant::now();
        let mut child = Command::new("cat").stdin(Stdio::piped()).spawn().expect("cat");
        let process = i32::try_from(child.id()).unwrap();
        let alice = Occasion::new(process, "alice", "passwd", None);
        let life = process_watch::of(process).expect("the child");
        proven.note(alice.clone(), FACTOR, life, now);
        assert_eq!(proven.look(&alice, now), FACTOR);
        drop(child.stdin.take());
        child.wait().expect("cat ends with its input");
        assert_eq!((proven.look(&alice, now), proven.take(&alice, now)), (NOTHING, NOTHING));
    }

    #[test]
    fn beyond_the_limit_the_oldest_are_forgotten() {
        let proven = Proven(Mutex::default());
        let (now, alice) = (Instant::now(), Occasion::new(7, "alice", "sshd", None));
        let life = own_life();
        let note = |occasion| proven.note(occasion, FACTOR, life.try_clone().unwrap(), now);
        note(alice.clone());
        for process in 0..i32::try_from(MOST).unwrap() {
            note(Occasion::new(process, "bob", "sshd", None));
        }
        assert_eq!(proven.look(&alice, now), NOTHING);
        assert_eq!(proven.0.lock().unwrap().len(), MOST);
    }
}
