//! The time of a refusal, as a program sees it from `pam_start` to `pam_end`.

use std::time::Duration;

use monk_tests::site::{Backend, PamHost, PamHostOptions, Site};
use monk_tests::{Sample, figures};

use crate::{CLASSES, Class, Form, given_users};

/// Logins that are under way to each program, so that none waits for the test.
const AHEAD: usize = 20;

/// Rounds before anything is measured.
const WARM_UP: usize = 5;

/// Beyond this, two means hardly ever differ by chance.
const MAX_T: f64 = 4.5;

/// What the medians and 95th percentiles may differ by in any case.
const MAX_DIFFERENCE: f64 = 0.01;

/// A leak that the usual tests see where each refusal waits.
const LEAK_MS: f64 = 10.0;

/// How long it waits there: longer than a busy machine takes for the work.
const LONG_WAIT_MS: u32 = 200;

/// Where slapd computes hardly anything for a password, so that the wait is all there is.
const LDAP_WAIT_MS: u32 = 20;

/// Where each attempt costs an Argon2id hash, of which one for each core is computed at a time.
const EMBEDDED_WAIT_MS: u32 = 150;

/// The order of the classes in one round, different in each: the n-th permutation.
fn shuffled(mut number: usize) -> Vec<Class> {
    let mut left = CLASSES.to_vec();
    let mut order = Vec::new();
    // A number without a pattern, from the one of the round.
    number = number.wrapping_mul(2_654_435_761) >> 7;
    while !left.is_empty() {
        order.push(left.remove(number % left.len()));
        number /= left.len().max(1) + 1;
    }
    order
}

/// How something is measured.
#[derive(Clone, Copy)]
struct How {
    /// What is typed where.
    form: Form,
    /// Programs that log in at the same time: as many as leave room for others where each attempt
    /// computes a hash.
    programs: usize,
    /// How often each class is measured.
    rounds: usize,
    /// Whether bob, who is [`Class::NotEnrolled`], is asked for something wrong before.
    bob_is_asked_twice: bool,
}

/// Each class `rounds` times, interleaved in random order, by several programs at once.
#[track_caller]
fn measured(site: &Site, how: How) -> Vec<(Class, Sample)> {
    let start = |_| {
        let options = PamHostOptions { service: "imap".to_owned(), ..PamHostOptions::default() };
        PamHost::start(&site.world, &options)
    };
    let mut programs: Vec<PamHost> = (0..how.programs).map(start).collect();
    let all = (0..how.rounds + WARM_UP).flat_map(|round| {
        shuffled(round).into_iter().map(move |class| (round, class)).collect::<Vec<_>>()
    });
    let all: Vec<(usize, Class)> = all.collect();
    let mut times: Vec<(Class, Vec<Duration>)> = CLASSES.map(|class| (class, Vec::new())).into();
    let in_advance = how.programs * AHEAD;
    for number in 0..all.len() + in_advance {
        if let Some(&(_, class)) = all.get(number) {
            let attempt = class.attempt(number + 1, how.form);
            let before = format!("something else {number}");
            let mut answers = attempt.answers();
            if how.bob_is_asked_twice && class == Class::NotEnrolled {
                answers.insert(0, &before);
            }
            programs[number % how.programs].begin(&attempt.user, &answers);
        }
        let Some(number) = number.checked_sub(in_advance) else { continue };
        let (round, class) = all[number];
        let outcome = programs[number % how.programs].outcome();
        let expected = match class {
            Class::UnknownUser => "PAM_USER_UNKNOWN",
            _ => "PAM_AUTH_ERR",
        };
        assert_eq!(outcome.name, expected, "{class:?}: {outcome:?}");
        if round >= WARM_UP {
            let of_class = times.iter_mut().find(|(known, _)| *known == class);
            of_class.expect("all classes are there").1.push(outcome.took());
        }
    }
    times.into_iter().map(|(class, times)| (class, times.into_iter().collect())).collect()
}

/// How a class compares with a wrong password.
struct Comparison {
    class: Class,
    t: f64,
    /// The fastest quarter, in milliseconds and as a part of the other's: what a busy machine adds is in
    /// the slower ones.
    fast: (f64, f64),
    median: (f64, f64),
    high: (f64, f64),
    count: usize,
}

impl Comparison {
    fn of(class: Class, sample: &Sample, wrong_password: &Sample) -> Self {
        let difference = |percent| {
            let (one, other) = (sample.percentile(percent), wrong_password.percentile(percent));
            (one - other, (one - other) / other)
        };
        Self {
            class,
            t: sample.welch_t(wrong_password),
            fast: difference(25),
            median: difference(50),
            high: difference(95),
            count: sample.count(),
        }
    }

    fn all(samples: &[(Class, Sample)]) -> Vec<Self> {
        let (_, wrong_password) = &samples[0];
        let others = samples[1..].iter();
        others.map(|(class, sample)| Self::of(*class, sample, wrong_password)).collect()
    }

    /// Whether nobody could tell the two apart.
    fn is_alike(&self) -> bool {
        self.t.abs() < MAX_T
            || (self.median.1.abs() < MAX_DIFFERENCE && self.high.1.abs() < MAX_DIFFERENCE)
    }

    /// Whether a leak of [`LEAK_MS`] would be seen, and there is none. Half of it is left to chance, so
    /// that chance does not hide it either.
    fn is_without_a_leak(&self) -> bool {
        self.fast.0.abs() < LEAK_MS / 2.0
    }

    /// Whether a hash more or less would be seen, which is double or half, and there is none.
    fn is_the_same_work(&self) -> bool {
        self.fast.1.abs() < 0.4
    }

    fn tell(&self, setup: &str, goal: &str) {
        let (class, count) = (self.class.name(), self.count);
        let what = format!("timing, {class} against wrong password ({setup}, n = {count})");
        figures::row("hostile", &[&what, &self.seen(), goal]);
    }

    fn seen(&self) -> String {
        format!(
            "t = {:.1}; p25 {:+.3} ms ({:+.2} %), p50 {:+.3} ms ({:+.2} %), p95 {:+.3} ms ({:+.2} %)",
            self.t,
            self.fast.0,
            self.fast.1 * 100.0,
            self.median.0,
            self.median.1 * 100.0,
            self.high.0,
            self.high.1 * 100.0,
        )
    }
}

/// Nobody is answered before the wait is over.
#[track_caller]
fn everybody_waits(samples: &[(Class, Sample)], refusal_ms: u32) {
    for (class, sample) in samples {
        let fastest = sample.percentile(0);
        assert!(fastest >= f64::from(refusal_ms), "{class:?} was answered after {fastest} ms");
    }
}

/// Puts a rule in front of monk's that is for bob alone, who is [`Class::NotEnrolled`].
fn keep_bob_waiting(site: &Site, rule: &str) {
    let rules = format!(
        "auth [success=ignore default=1] pam_succeed_if.so quiet user = bob\n\
         auth optional {rule}\n\
         auth required pam_monk.so\n"
    );
    site.world.write("/etc/pam.d/imap", rules, 0o644);
}

const QUICK: How =
    How { form: Form::OneString, programs: 8, rounds: 30, bob_is_asked_twice: false };

#[track_caller]
fn no_class_takes_10_ms_longer_than_another(how: How) {
    let (site, _token) = given_users(Backend::Ldap, LONG_WAIT_MS);
    let samples = measured(&site, how);
    everybody_waits(&samples, LONG_WAIT_MS);
    for comparison in Comparison::all(&samples) {
        assert!(comparison.is_without_a_leak(), "{:?}: {}", comparison.class, comparison.seen());
    }
}

#[test]
fn with_ldap_no_refusal_of_one_string_takes_10_ms_longer_than_another() {
    no_class_takes_10_ms_longer_than_another(QUICK);
}

#[test]
fn with_ldap_no_refusal_after_two_screens_takes_10_ms_longer_than_another() {
    no_class_takes_10_ms_longer_than_another(How { form: Form::TwoScreens, ..QUICK });
}

#[test]
fn with_ldap_10_ms_more_for_one_class_are_seen() {
    let (site, _token) = given_users(Backend::Ldap, LONG_WAIT_MS);
    keep_bob_waiting(&site, &format!("pam_exec.so quiet /usr/bin/sleep {}", LEAK_MS / 1e3));
    for comparison in Comparison::all(&measured(&site, QUICK)) {
        let is_bob = comparison.class == Class::NotEnrolled;
        assert_eq!(comparison.is_without_a_leak(), !is_bob, "{}", comparison.seen());
    }
}

/// Without the wait, or where a check takes longer than it, the work itself shows: it is the same
/// hash for everybody, but not the same to the last microsecond.
const ONE_HASH: How = How { programs: 2, rounds: 20, ..QUICK };

#[test]
fn without_the_wait_no_refusal_costs_a_hash_more_than_another() {
    let (site, _token) = given_users(Backend::Embedded, 0);
    let how = How { rounds: figures::times(ONE_HASH.rounds, 1_000), ..ONE_HASH };
    for comparison in Comparison::all(&measured(&site, how)) {
        comparison.tell("Embedded, no wait", "the limit: a check longer than the wait shows");
        assert!(comparison.is_the_same_work(), "{:?}: {}", comparison.class, comparison.seen());
    }
}

#[test]
fn without_the_wait_a_hash_more_for_one_class_is_seen() {
    let (site, _token) = given_users(Backend::Embedded, 0);
    keep_bob_waiting(&site, "pam_monk.so");
    let how = How { bob_is_asked_twice: true, ..ONE_HASH };
    for comparison in Comparison::all(&measured(&site, how)) {
        let is_bob = comparison.class == Class::NotEnrolled;
        assert_eq!(comparison.is_the_same_work(), !is_bob, "{}", comparison.seen());
    }
}

/// What takes minutes and a machine of its own: `cargo xtask test --all`.
mod thorough {
    use super::*;

    #[track_caller]
    fn no_class_can_be_told_from_another(backend: Backend, refusal_ms: u32, how: How) {
        let (site, _token) = given_users(backend, refusal_ms);
        let samples = measured(&site, how);
        let comparisons = Comparison::all(&samples);
        for comparison in &comparisons {
            let setup = format!("{backend:?}, {:?}, {refusal_ms} ms", how.form);
            comparison.tell(&setup, "|t| < 4.5 or < 1 %");
        }
        everybody_waits(&samples, refusal_ms);
        for comparison in &comparisons {
            let class = comparison.class;
            assert!(comparison.is_alike(), "{class:?} is told apart: {}", comparison.seen());
        }
    }

    #[test]
    fn with_ldap_no_refusal_of_one_string_is_told_from_another_by_its_time() {
        let how = How { rounds: 10_000, ..QUICK };
        no_class_can_be_told_from_another(Backend::Ldap, LDAP_WAIT_MS, how);
    }

    #[test]
    fn with_ldap_no_refusal_after_two_screens_is_told_from_another_by_its_time() {
        let how = How { form: Form::TwoScreens, rounds: 2_000, ..QUICK };
        no_class_can_be_told_from_another(Backend::Ldap, LDAP_WAIT_MS, how);
    }

    #[test]
    fn with_the_embedded_directory_no_refusal_of_one_string_is_told_from_another_by_its_time() {
        let how = How { programs: 3, rounds: 1_000, ..QUICK };
        no_class_can_be_told_from_another(Backend::Embedded, EMBEDDED_WAIT_MS, how);
    }

    #[test]
    fn with_the_embedded_directory_no_refusal_after_two_screens_is_told_from_another_by_its_time() {
        let how = How { form: Form::TwoScreens, programs: 3, rounds: 1_000, ..QUICK };
        no_class_can_be_told_from_another(Backend::Embedded, EMBEDDED_WAIT_MS, how);
    }
}
