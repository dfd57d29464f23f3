//! Slowing down guessers, and nobody else.
//!
//! Failures are counted under three keys, and each makes the next attempt wait longer:
//!
//! | key | for whom | free | then, doubling | at most |
//! |---|---|---|---|---|
//! | user and network | a user at a network where this user has proved the same before | 10 | 1 s | 5 min |
//! | user | the same user at all other networks together | 10 | 1 s | 17 min |
//! | network | everybody at a network, except users who are known there | 50 | 1 s | 17 min |
//!
//! Passwords, codes and app passwords ([`Proof`]) have counters of their own under each key, and an
//! attempt falls under those of what it may turn out to prove.
//!
//! ```text
//!  attempt ──▶ has the wait passed? ──no──▶ refused without a check; nothing is counted
//!                     │ yes
//!                     ▼
//!              are others under way? ──as many as failures are left──▶ wait for one of them
//!                     │ no, or few
//!                     ▼
//!               under way ──▶ right ──▶ the network becomes known for what was proved,
//!                        │              and failures of just that are forgiven there
//!                        ├──▶ wrong ──▶ a failure of each thing that was checked and missed
//!                        └──▶ neither ▶ nothing
//! ```
//!
//! The same wrong password counts once, because it never becomes right; so does a code that was right
//! once and is replayed. A wrong code can become right, so it counts once in every time step.
//!
//! Attempts under way count against the free failures, so that a thousand at the same moment do
//! not slip through together, while a mail program that opens twenty connections gets them all,
//! ten at a time. While a person thinks, nothing is under way.
//!
//! An attacker who guesses from anywhere lengthens the wait of everybody at unknown networks, and
//! never that of the owner at home. Time heals: an hour without a failure takes one away. Successes
//! forgive only so many failures in a row, so that an attacker who shares the owner's network gains
//! little by them. Altogether, an attacker who knows the password gets some 105 codes checked in a day
//! from unknown networks, and fewer than 400 from a known one.

use monk_terms::proof::Proof;

/// The longest window of a directory's lockout, in seconds: longer ones would keep a user out for days after a
/// few slips. See [`crate::lockout`].
pub const LONGEST_WINDOW: u64 = 24 * 3600;

/// Seconds after which one failure is forgotten.
const FORGET_EVERY: u64 = 3600;

/// Seconds for which a network stays known to a user after a login: three months, a holiday and a
/// long illness.
pub const KNOWN_FOR: u64 = 90 * 24 * 3600;

/// Failures that successes forgive before time has to: somebody's slips of a day, and not enough for an
/// attacker at the same network, whose guesses they would forgive as well.
const MAX_FORGIVEN: u32 = 20;

/// Seconds of a time step in which the same wrong code counts once: most devices show a code for as
/// long.
const CODE_STEP: u64 = 30;

/// Seconds for which a password that the directory has refused is not sent there again. A phone with an
/// old password asks every few minutes, and each refusal counts towards the lockout of a directory,
/// usually at the third to fifth within half an hour. Somebody who makes just this string his new password
/// waits so long. Where the directory locks accounts it is the window of that, if it is longer: see
/// [`crate::lockout::Lockout::refused_for`].
pub const REFUSED_FOR: u64 = 15 * 60;

/// Wrong strings of a user that are remembered, so that repeating one counts once: a phone, a
/// tablet and two computers with an old password each, and some more for an attacker who pushes them out.
pub const REMEMBERED_STRINGS: usize = 32;

/// How patient a host is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Failures of a user that cost nothing: fingers slip.
    pub free: u32,
}

/// Failures of a user that cost nothing, if nothing else is set.
pub const FREE: u32 = 10;

/// So many times as many cost nothing at a network, which many people share.
const FREE_AT_A_NETWORK: u32 = 5;

impl Default for Limits {
    fn default() -> Self {
        Self { free: FREE }
    }
}

/// What failures are counted under.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Scope {
    /// A user at a network that is known to be his.
    Known,
    /// A user at all other networks.
    User,
    /// A network, for any user.
    Network,
    /// What a directory was sent of a user, whatever the network: see [`crate::lockout`].
    Directory,
}

impl Scope {
    /// Failures that cost nothing.
    fn free(self, limits: Limits) -> u32 {
        match self {
            Self::Known | Self::User => limits.free,
            Self::Network => limits.free.saturating_mul(FREE_AT_A_NETWORK),
            // Another rule decides.
            Self::Directory => u32::MAX,
        }
    }

    /// The longest wait in seconds.
    fn longest(self) -> u64 {
        match self {
            Self::Known => 300,
            Self::User | Self::Network => 1024,
            Self::Directory => LONGEST_WINDOW,
        }
    }

    /// Seconds that the next attempt has to wait after so many failures.
    fn delay(self, failures: u32, limits: Limits) -> u64 {
        match failures.checked_sub(self.free(limits)) {
            None | Some(0) => 0,
            Some(beyond) => 1_u64.checked_shl(beyond - 1).unwrap_or(u64::MAX).min(self.longest()),
        }
    }
}

/// The failures under one key.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counter {
    /// How many there are.
    pub failures: u32,
    /// How many more there were that successes have forgiven.
    pub forgiven: u32,
    /// When the last one was, in seconds since 1970.
    pub at: u64,
    /// When the next attempt is looked at, in seconds since 1970.
    pub next: u64,
}

/// Whether an attempt is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Admission {
    /// It is.
    Now,
    /// When one of those that are under way has ended.
    Soon,
    /// Not for so many seconds.
    Later(u64),
}

impl Counter {
    /// The counter where the clock was set back since the last failure, which is taken as of now:
    /// the wait is what it was, and neither endless nor over. To be written down, so that it ends.
    #[must_use]
    pub fn not_ahead(self, scope: Scope, now: u64) -> Self {
        if self.at <= now {
            return self;
        }
        let wait = self.next.saturating_sub(self.at).min(scope.longest());
        Self { at: now, next: now.saturating_add(wait), ..self }
    }

    /// The counter as it is now, after what time has healed.
    #[must_use]
    pub fn now(self, now: u64) -> Self {
        let healed = now.saturating_sub(self.at) / FORGET_EVERY;
        let healed = u32::try_from(healed).unwrap_or(u32::MAX);
        let failures = self.failures.saturating_sub(healed);
        match (failures, self.forgiven.saturating_sub(healed)) {
            (0, 0) => Self::default(),
            (0, forgiven) => Self { failures: 0, forgiven, next: 0, ..self },
            (failures, forgiven) => Self { failures, forgiven, ..self },
        }
    }

    /// The counter after a success: failures are forgiven, but not without end.
    #[must_use]
    pub fn forgiven(self) -> Self {
        let now = self.failures.min(MAX_FORGIVEN.saturating_sub(self.forgiven));
        Self { failures: self.failures - now, forgiven: self.forgiven + now, ..self }
    }

    /// The counter without failures that turned out to be none. It waits no longer.
    #[must_use]
    pub fn without(self, failures: u32) -> Self {
        match (self.failures.saturating_sub(failures), self.forgiven) {
            (0, 0) => Self::default(),
            (failures, _) => Self { failures, next: 0, ..self },
        }
    }

    /// Whether an attempt is looked at while so many others are under way.
    #[must_use]
    pub fn admission(self, scope: Scope, under_way: u32, limits: Limits, now: u64) -> Admission {
        match self.wait(scope, now) {
            0 if under_way == 0 => Admission::Now,
            0 if self.failures.saturating_add(under_way) < scope.free(limits) => Admission::Now,
            0 => Admission::Soon,
            wait => Admission::Later(wait),
        }
    }

    /// Seconds until the next attempt is looked at.
    #[must_use]
    pub fn wait(self, scope: Scope, now: u64) -> u64 {
        self.next.saturating_sub(now).min(scope.longest())
    }

    /// The counter with one more failure.
    #[must_use]
    pub fn failed(self, scope: Scope, limits: Limits, now: u64) -> Self {
        let failures = self.failures.saturating_add(1);
        Self { failures, at: now, next: now.saturating_add(scope.delay(failures, limits)), ..self }
    }
}

/// Something that was checked and missed, as far as it tells a repetition from another guess.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Guess<F> {
    /// What it was a guess at.
    pub at: Proof,
    /// What was guessed.
    pub fingerprint: F,
    /// Whether it can never become right: it counts once, and not once in every time step.
    pub is_final: bool,
}

impl<F> Guess<F> {
    /// The time step in which a repetition is the same guess; zero for all times.
    #[must_use]
    pub fn step(&self, now: u64) -> u64 {
        if self.is_final { 0 } else { now / CODE_STEP }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: u64 = 1_800_000_000;
    const LIMITS: Limits = Limits { free: FREE };

    /// How many attempts are looked at, of one each second, all of them wrong.
    fn looked_at(scope: Scope, seconds: u64) -> u32 {
        let (mut counter, mut count) = (Counter::default(), 0);
        for now in NOW..NOW + seconds {
            counter = counter.now(now);
            if counter.wait(scope, now) == 0 {
                counter = counter.failed(scope, LIMITS, now);
                count += 1;
            }
        }
        count
    }

    #[test]
    fn the_first_failures_cost_nothing_and_then_waits_double_up_to_the_longest() {
        let mut counter = Counter::default();
        let mut waits = Vec::new();
        for _ in 0..22 {
            counter = counter.failed(Scope::User, LIMITS, NOW);
            waits.push(counter.wait(Scope::User, NOW));
        }
        assert_eq!(waits[..10], [0; 10]);
        assert_eq!(waits[10..], [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 1024]);
    }

    #[test]
    fn a_day_of_guessing_is_worth_a_hundred_and_some_guesses() {
        let day = looked_at(Scope::User, 24 * 3600);
        assert!((100..=110).contains(&day), "{day}");
        let known = looked_at(Scope::Known, 24 * 3600);
        assert!((300..=400).contains(&known), "{known}");
    }

    #[test]
    fn an_attacker_beside_the_owner_gains_little_by_the_owners_successes() {
        let (mut counter, mut count) = (Counter::default(), 0);
        for now in NOW..NOW + 24 * 3600 {
            counter = counter.now(now);
            if counter.wait(Scope::Known, now) > 0 {
                continue;
            }
            // The owner logs in every five minutes, whenever that is possible.
            if now % 300 == 0 {
                counter = counter.forgiven();
            } else {
                counter = counter.failed(Scope::Known, LIMITS, now);
                count += 1;
            }
        }
        assert!(count <= 400, "{count}");
    }

    #[test]
    fn a_success_forgives_the_slips_of_a_day_and_a_day_brings_them_back() {
        let fail = |mut counter: Counter, times| {
            for _ in 0..times {
                counter = counter.failed(Scope::Known, LIMITS, NOW);
            }
            counter
        };
        let mut counter = fail(Counter::default(), 9).forgiven();
        assert_eq!((counter.failures, counter.wait(Scope::Known, NOW)), (0, 0));
        counter = fail(counter, 9).forgiven();
        assert_eq!(counter.failures, 0);
        counter = fail(counter, 9).forgiven();
        assert_eq!(counter.failures, 7, "two are forgiven");
        assert_eq!(counter.now(NOW + 7 * 3600).failures, 0);
        assert_eq!(counter.now(NOW + 19 * 3600).forgiven, 1);
        assert_eq!(counter.now(NOW + 20 * 3600), Counter::default());
    }

    #[test]
    fn a_wrong_code_counts_in_every_step_and_a_wrong_password_once() {
        let guess = |is_final| Guess { at: Proof::Code, fingerprint: (), is_final };
        assert_eq!(guess(false).step(NOW), guess(false).step(NOW + 29));
        assert_ne!(guess(false).step(NOW), guess(false).step(NOW + 30));
        assert_eq!(guess(true).step(NOW), guess(true).step(NOW + 86_400));
    }

    #[test]
    fn an_hour_heals_one_failure() {
        let mut counter = Counter::default();
        for _ in 0..12 {
            counter = counter.failed(Scope::User, LIMITS, NOW);
        }
        assert_eq!(counter.now(NOW + 3599).failures, 12);
        assert_eq!(counter.now(NOW + 2 * 3600).failures, 10);
        assert_eq!(counter.now(NOW + 12 * 3600), Counter::default());
        assert_eq!(counter.now(NOW - 400 * 86_400).failures, 12, "a clock that was set back");
    }

    #[test]
    fn a_clock_that_was_set_back_makes_nobody_wait_longer_than_the_longest() {
        let mut counter = Counter::default();
        for _ in 0..30 {
            counter = counter.failed(Scope::User, LIMITS, NOW);
        }
        let then = NOW - 400 * 86_400;
        let counter = counter.not_ahead(Scope::User, then);
        assert_eq!(counter.wait(Scope::User, then), 1024);
        assert_eq!(counter.wait(Scope::User, then + 1024), 0, "and it ends");
        assert_eq!(counter.now(then + 3600).failures, 29, "and heals");
        assert_eq!(counter.not_ahead(Scope::User, then + 1), counter, "once");
    }

    #[test]
    fn no_more_are_under_way_than_failures_are_left_but_always_one() {
        let counter = Counter::default();
        let admitted =
            |counter: Counter, under_way| counter.admission(Scope::User, under_way, LIMITS, NOW);
        assert_eq!(admitted(counter, 9), Admission::Now);
        assert_eq!(admitted(counter, 10), Admission::Soon);
        let used_up = (0..10).fold(counter, |counter, _| counter.failed(Scope::User, LIMITS, NOW));
        assert_eq!(admitted(used_up, 0), Admission::Now, "one by one now");
        assert_eq!(admitted(used_up, 1), Admission::Soon);
        let waiting = used_up.failed(Scope::User, LIMITS, NOW);
        assert_eq!(admitted(waiting, 0), Admission::Later(1));
    }
}
