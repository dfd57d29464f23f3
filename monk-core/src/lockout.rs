//! Staying below the lockout of a directory.
//!
//! A directory counts wrong passwords and locks the account after a few, everywhere and for everybody. So monk
//! sends it fewer within the time in which it counts:
//!
//! ```text
//!  wrong passwords sent  0 ──▶ 1 ──▶ 2 ──▶ 3 ──▶ 4      5: the directory would lock
//!                        │           │           └── nobody's is sent, until a window has passed without one
//!                        │           └── none is sent from unknown networks any more
//!                        └── a right one that opens a login, or a window without a wrong one
//! ```
//!
//! Half of them, or one more, are kept for networks where the user has proved the password before: an attacker who
//! guesses from anywhere else cannot use them up, so the owner is not locked out at home, neither by the directory
//! nor by monk. Users who have no such network yet have all of them everywhere. Of a single one, with a threshold of
//! 2, nothing is kept.
//!
//! The window begins again with each wrong password, so that no window of the directory, wherever it begins, holds
//! more than that many.

use crate::throttle::{Admission, Counter, LONGEST_WINDOW, REFUSED_FOR};

/// The threshold that is assumed where nothing is set: Windows proposes 10, its baselines 5 to 10, OpenLDAP's and
/// 389's examples 3 to 5.
pub const USUAL_THRESHOLD: u32 = 5;

/// The window that is assumed, in seconds: that of Active Directory's proposal. Those of others are shorter.
pub const USUAL_WINDOW: u64 = 30 * 60;

/// How many wrong passwords of a user a directory may be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lockout {
    most: u32,
    window: u64,
}

/// Where an attempt comes from, as far as the user's password is concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// A network where the user has proved the password before.
    Known,
    /// Another one, and there are known ones.
    Unknown,
    /// Another one, and there is none that is known.
    NoneKnown,
}

impl Lockout {
    /// Stays below a directory that locks after `threshold` wrong passwords within `window` seconds; `None` for one
    /// that never locks, which a threshold of 0 says. A threshold of 1 leaves nothing to be sent: that is for the
    /// settings to refuse.
    #[must_use]
    pub fn below(threshold: u32, window: u64) -> Option<Self> {
        let most = threshold.checked_sub(1)?;
        Some(Self { most, window: window.min(LONGEST_WINDOW) })
    }

    /// Seconds for which a password that the directory has refused is not sent there again: the window at least,
    /// or a telephone with an old password would keep it from ever ending.
    #[must_use]
    pub fn refused_for(self) -> u64 {
        REFUSED_FOR.max(self.window)
    }

    /// The counter of wrong passwords that were sent, as it is now.
    #[must_use]
    pub fn now(self, counter: Counter, now: u64) -> Counter {
        match now.checked_sub(counter.at) {
            Some(since) if since >= self.window => Counter::default(),
            _ => counter,
        }
    }

    /// The counter after one more.
    #[must_use]
    pub fn sent(self, counter: Counter, now: u64) -> Counter {
        let failures = self.now(counter, now).failures.saturating_add(1);
        // For lists alone: who is admitted depends on the place.
        let next = if failures < self.most { 0 } else { now.saturating_add(self.window) };
        Counter { failures, forgiven: 0, at: now, next }
    }

    /// Whether a password may be sent, while so many others are under way.
    #[must_use]
    pub fn admission(self, counter: Counter, place: Place, under_way: u32, now: u64) -> Admission {
        let sent = self.now(counter, now).failures;
        let most = match place {
            Place::Known | Place::NoneKnown => self.most,
            // One at least, or nobody would get in from a new network.
            Place::Unknown => (self.most / 2).max(1),
        };
        if sent >= most {
            Admission::Later(counter.at.saturating_add(self.window).saturating_sub(now))
        } else if sent.saturating_add(under_way) < most {
            Admission::Now
        } else {
            Admission::Soon
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: u64 = 1_800_000_000;

    fn usual() -> Lockout {
        Lockout::below(USUAL_THRESHOLD, USUAL_WINDOW).unwrap()
    }

    /// When wrong passwords are sent in a day, of one attempt each second from places in turn.
    fn sent(lockout: Lockout, places: &[Place]) -> Vec<u64> {
        let (mut counter, mut all) = (Counter::default(), Vec::new());
        let turns = places.iter().cycle();
        for (now, &place) in (NOW..NOW + 24 * 3600).zip(turns) {
            if lockout.admission(counter, place, 0, now) == Admission::Now {
                counter = lockout.sent(counter, now);
                all.push(now);
            }
        }
        all
    }

    #[test]
    fn no_window_holds_as_many_wrong_passwords_as_lock_the_account() {
        for (threshold, window) in [(2, 60), (3, 600), (5, 1800), (10, 1800), (50, 86_400)] {
            let lockout = Lockout::below(threshold, window).unwrap();
            for places in
                [&[Place::NoneKnown][..], &[Place::Known], &[Place::Unknown, Place::Known]]
            {
                let all = sent(lockout, places);
                let most = usize::try_from(threshold).unwrap();
                let fits = |run: &[u64]| run[most - 1] - run[0] >= window;
                assert!(all.windows(most).all(fits), "{threshold} within {window}: {places:?}");
                assert!(all.len() >= most - 1, "but as many as there may be are sent");
            }
        }
    }

    #[test]
    fn an_attacker_from_elsewhere_leaves_the_owner_half_of_them() {
        let mut counter = Counter::default();
        while usual().admission(counter, Place::Unknown, 0, NOW) == Admission::Now {
            counter = usual().sent(counter, NOW);
        }
        assert_eq!(counter.failures, 2);
        for slips in 0..2 {
            let owner = usual().admission(counter, Place::Known, 0, NOW);
            assert_eq!(owner, Admission::Now, "after {slips} slips");
            counter = usual().sent(counter, NOW);
        }
        assert_eq!(usual().admission(counter, Place::Known, 0, NOW), Admission::Later(1800));
        assert_eq!(usual().admission(counter, Place::Known, 0, NOW + 1800), Admission::Now);
        let at_two = usual().admission(Counter::default(), Place::NoneKnown, 3, NOW);
        assert_eq!(at_two, Admission::Now, "who has no network yet has all of them");
    }

    #[test]
    fn half_of_them_at_least_are_kept_for_home_wherever_there_are_two() {
        for threshold in 3..=20 {
            let lockout = Lockout::below(threshold, 1800).unwrap();
            let (most, from_elsewhere) = (threshold - 1, sent(lockout, &[Place::Unknown]));
            let in_a_window = from_elsewhere.iter().filter(|&&at| at < NOW + 1800).count();
            assert!(
                in_a_window > 0 && 2 * in_a_window <= usize::try_from(most).unwrap(),
                "{threshold}"
            );
        }
    }

    #[test]
    fn what_is_under_way_counts() {
        for (place, most) in [(Place::Known, 4), (Place::Unknown, 2), (Place::NoneKnown, 4)] {
            let at = |under_way| usual().admission(Counter::default(), place, under_way, NOW);
            assert_eq!((at(most - 1), at(most)), (Admission::Now, Admission::Soon), "{place:?}");
        }
    }

    #[test]
    fn a_directory_that_never_locks_has_no_limit_and_the_smallest_threshold_leaves_one_for_all() {
        assert_eq!(Lockout::below(0, 60), None);
        let least = Lockout::below(2, 60).unwrap();
        assert_eq!(least.admission(Counter::default(), Place::Unknown, 0, NOW), Admission::Now);
    }
}
