//! Logins that programs of other users than root were granted a moment ago.
//!
//! A service such as a database or a web server may ask about a user's account after that user has
//! logged in through it, and about nobody else: otherwise whoever runs code there could find out who
//! exists, who is switched off, and who is in which group.
//!
//! The account rule that follows a login also has to know what the login alone has shown: that the password
//! has to be changed, or that an app password has opened an account which is closed to others. That is kept for
//! root's programs, too.

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

/// What a login means for the account rule that follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Nothing.
    Usual,
    /// The user needs a new password first.
    NewPassword,
    /// It was one with an app password that stays open while the account is locked, or its password too old.
    InSpite,
}

/// One login.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Granted {
    program: u32,
    user: String,
    service: String,
}

struct RecentGrants(Mutex<VecDeque<(Instant, Granted, Standing)>>);

/// Notes that a program of the user `program` was granted a login.
pub fn note(program: u32, user: &str, service: &str, standing: Standing) {
    RECENT.note(Granted::of(program, user, service), standing, Instant::now());
}

/// Whether it was, a moment ago, and what the last such login means.
#[must_use]
pub fn last(program: u32, user: &str, service: &str) -> Option<Standing> {
    RECENT.last(&Granted::of(program, user, service), Instant::now())
}

/// The user has a new password: no login of a moment ago asks for one any more. `user` is the name as it was typed,
/// in any case.
pub fn has_new_password(user: &str) {
    RECENT.has_new_password(user);
}

impl Granted {
    fn of(program: u32, user: &str, service: &str) -> Self {
        Self { program, user: user.to_owned(), service: service.to_ascii_lowercase() }
    }
}

impl RecentGrants {
    fn note(&self, granted: Granted, standing: Standing, now: Instant) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        while all.len() >= MOST || all.front().is_some_and(|(then, ..)| is_over(*then, now)) {
            all.pop_front();
        }
        // Root's programs may ask about anybody: usual logins of theirs only take back what was before.
        if granted.program == 0 && standing == Standing::Usual {
            all.retain(|(_, one, _)| *one != granted);
        } else {
            all.push_back((now, granted, standing));
        }
    }

    fn has_new_password(&self, user: &str) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let user = user.to_lowercase();
        all.retain_mut(|(_, granted, standing)| {
            if *standing == Standing::NewPassword && granted.user.to_lowercase() == user {
                *standing = Standing::Usual;
                // As in `note`: usual logins of root's programs are not kept.
                return granted.program != 0;
            }
            true
        });
    }

    fn last(&self, granted: &Granted, now: Instant) -> Option<Standing> {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let same = |&&(then, ref one, _): &&(Instant, Granted, Standing)| {
            one == granted && !is_over(then, now)
        };
        all.iter().rev().find(same).map(|&(.., standing)| standing)
    }
}

fn is_over(then: Instant, now: Instant) -> bool {
    now.saturating_duration_since(then) > GOOD_FOR
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nginx(program: u32, user: &str) -> Granted {
        Granted::of(program, user, "nginx")
    }

    #[test]
    fn a_login_answers_for_its_program_user_and_service_and_not_for_long() {
        let grants = RecentGrants(Mutex::default());
        let now = Instant::now();
        let alice = nginx(33, "alice");
        let usual = Some(Standing::Usual);
        grants.note(alice.clone(), Standing::Usual, now);
        assert_eq!((grants.last(&alice, now), grants.last(&alice, now + GOOD_FOR)), (usual, usual));
        assert_eq!(grants.last(&alice, now + GOOD_FOR + Duration::from_secs(1)), None);
        for other in [nginx(34, "alice"), nginx(33, "bob"), Granted::of(33, "alice", "postgresql")]
        {
            assert_eq!(grants.last(&other, now), None, "{other:?}");
        }
        for number in 0..2 * MOST {
            grants.note(nginx(33, &number.to_string()), Standing::Usual, now);
        }
        assert_eq!(grants.0.lock().unwrap().len(), MOST);
        assert_eq!(grants.last(&alice, now), None);
    }

    #[test]
    fn the_last_login_says_whether_the_password_is_too_old_also_to_roots_programs() {
        let now = Instant::now();
        for program in [0, 33] {
            let grants = RecentGrants(Mutex::default());
            let alice = nginx(program, "alice");
            grants.note(alice.clone(), Standing::Usual, now);
            grants.note(alice.clone(), Standing::NewPassword, now);
            assert_eq!(grants.last(&alice, now), Some(Standing::NewPassword));
            grants.note(alice.clone(), Standing::Usual, now);
            assert_ne!(grants.last(&alice, now), Some(Standing::NewPassword), "it was changed");
            let usual = (program != 0).then_some(Standing::Usual);
            let bob = nginx(program, "bob");
            for one in [&alice, &bob] {
                grants.note(one.clone(), Standing::NewPassword, now);
            }
            grants.has_new_password("ALICE");
            assert_eq!(grants.last(&alice, now), usual, "it was changed through monk");
            assert_eq!(grants.last(&bob, now), Some(Standing::NewPassword));
        }
        let grants = RecentGrants(Mutex::default());
        grants.note(nginx(0, "alice"), Standing::Usual, now);
        assert!(grants.0.lock().unwrap().is_empty(), "usual logins of root's are not kept");
    }
}
