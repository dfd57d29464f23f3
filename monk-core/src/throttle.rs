//! Slowing down guessers, and nobody else.
//!
//! Failures are counted under three keys, and each makes the next attempt wait longer:
//!
//! | key | for whom | free | then, doubling | at most |
//! |---|---|---|---|---|
//! | user and network | a user at a network where he has logged in before | 10 | 1 s | 1 min |
//! | user | the same user at all other networks together | 10 | 1 s | 15 min |
//! | network | everybody at a network, but for users who are known there | 50 | 1 s | 15 min |
//!
//! ```text
//!  attempt ──▶ has the wait passed? ──no──▶ refused, without a look; nothing is counted
//!                     │ yes
//!                     ▼
//!              are others under way? ──as many as failures are left──▶ wait for one of them
//!                     │ no, or few
//!                     ▼
//!               under way ──▶ right ──▶ the network becomes known to the user
//!                        ├──▶ wrong ──▶ a failure, unless the very same string was wrong before
//!                        └──▶ neither ▶ nothing
//! ```
//!
//! Attempts under way count against the free failures, so that a thousand at the same moment do
//! not slip through together, while a mail program that opens twenty connections gets them all,
//! ten at a time.
//!
//! So who attacks a user from anywhere lengthens the wait of everybody who is not known, and never
//! that of the owner at home. A mail program that repeats an old password for hours counts once.
//! Time heals: an hour without a failure takes one away.

use std::net::IpAddr;

/// Seconds after which one failure is forgotten.
const FORGET_EVERY: u64 = 3600;

/// Seconds for which a network stays known to a user after a login: three months, a holiday and a
/// long illness.
pub const KNOWN_FOR: u64 = 90 * 24 * 3600;

/// Wrong strings of a user that are remembered, so that repeating one counts once: a phone, a
/// tablet and two computers with an old password each, twice over.
pub const REMEMBERED_STRINGS: usize = 8;

/// Bits of an IPv6 address that name a network: a customer gets no less (RFC 6177).
const IPV6_PREFIX: u8 = 64;

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
    /// A network, whoever the user.
    Network,
}

impl Scope {
    /// Failures that cost nothing.
    fn free(self, limits: Limits) -> u32 {
        match self {
            Self::Known | Self::User => limits.free,
            Self::Network => limits.free.saturating_mul(FREE_AT_A_NETWORK),
        }
    }

    /// The longest wait in seconds.
    fn longest(self) -> u64 {
        match self {
            Self::Known => 60,
            Self::User | Self::Network => 900,
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
        match self.failures.saturating_sub(healed) {
            0 => Self::default(),
            failures => Self { failures, ..self },
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
        Self { failures, at: now, next: now.saturating_add(scope.delay(failures, limits)) }
    }
}

/// The network that an address counts as, in canonical form; `local` where there is none.
///
/// What a host program states and is no address counts as itself: a name, which the program has
/// looked up.
#[must_use]
pub fn network_of(address: Option<&str>) -> String {
    let Some(address) = address.map(str::trim).filter(|address| !address.is_empty()) else {
        return "local".to_owned();
    };
    match address.parse::<IpAddr>().map(|address| address.to_canonical()) {
        Ok(IpAddr::V4(address)) => address.to_string(),
        Ok(IpAddr::V6(address)) => {
            let kept = u128::MAX << (128 - u32::from(IPV6_PREFIX));
            format!("{}/{IPV6_PREFIX}", std::net::Ipv6Addr::from(u128::from(address) & kept))
        }
        Err(_) => address.to_ascii_lowercase().chars().take(64).collect(),
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
        assert_eq!(waits[10..], [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900]);
    }

    #[test]
    fn a_day_of_guessing_is_worth_a_hundred_and_some_guesses() {
        let day = looked_at(Scope::User, 24 * 3600);
        assert!((100..150).contains(&day), "{day}");
        assert!(looked_at(Scope::Known, 24 * 3600) < 1500);
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
        assert_eq!(counter.wait(Scope::User, then), 900);
        assert_eq!(counter.wait(Scope::User, then + 900), 0, "and it ends");
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

    #[test]
    fn networks_are_addresses_and_for_ipv6_what_a_customer_gets() {
        assert_eq!(network_of(Some("192.0.2.7")), "192.0.2.7");
        assert_eq!(network_of(Some("::ffff:192.0.2.7")), "192.0.2.7");
        assert_eq!(network_of(Some("2001:db8:1:2:3:4:5:6")), "2001:db8:1:2::/64");
        assert_eq!(network_of(Some("2001:db8:1:2::9")), "2001:db8:1:2::/64");
        assert_eq!(network_of(None), "local");
        assert_eq!(network_of(Some(" ")), "local");
        assert_eq!(network_of(Some("Host.Example.ORG")), "host.example.org");
    }
}
