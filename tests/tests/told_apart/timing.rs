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

/// What they may differ by in the usual run, whose samples are small and whose machine is busy.
const MAX_USUAL_DIFFERENCE: f64 = 0.25;

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
        if let Some((_, class)) = all.get(number) {
            let attempt = class.attempt(number + 1, how.form);
            programs[number % how.programs].begin(&attempt.user, &attempt.answers());
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
    /// In milliseconds, and as a part of the other's.
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

    fn tell(&self, setup: &str, goal: &str) {
        let (class, count) = (self.class.name(), self.count);
        let what = format!("timing, {class} against wrong password ({setup}, n = {count})");
        let seen = format!(
            "t = {:.1}; p50 {:+.3} ms ({:+.2} %), p95 {:+.3} ms ({:+.2} %)",
            self.t,
            self.median.0,
            self.median.1 * 100.0,
            self.high.0,
            self.high.1 * 100.0,
        );
        figures::row("hostile", &[&what, &seen, goal]);
    }
}

#[track_caller]
fn no_class_can_be_told_from_another(backend: Backend, refusal_ms: u32, how: How) {
    let (site, _token) = given_users(backend, refusal_ms);
    let samples = measured(&site, how);
    let comparisons = Comparison::all(&samples);
    for comparison in &comparisons {
        let setup = format!("{backend:?}, {:?}, {refusal_ms} ms", how.form);
        comparison.tell(&setup, "|t| < 4.5 or < 1 %");
    }
    for (class, sample) in &samples {
        let fastest = sample.percentile(0);
        assert!(fastest >= f64::from(refusal_ms), "{class:?} was answered after {fastest} ms");
    }
    let thorough = figures::times(0, 1) == 1;
    for comparison in &comparisons {
        let alike = match thorough {
            true => comparison.is_alike(),
            false => comparison.is_alike() || comparison.median.1.abs() < MAX_USUAL_DIFFERENCE,
        };
        assert!(alike, "{:?} is told from a wrong password", comparison.class);
    }
}

/// slapd computes hardly anything for a password here, so that the wait is all there is.
#[test]
fn with_ldap_no_refusal_of_one_string_is_told_from_another_by_its_time() {
    let how = How { form: Form::OneString, programs: 8, rounds: figures::times(60, 10_000) };
    no_class_can_be_told_from_another(Backend::Ldap, 20, how);
}

#[test]
fn with_ldap_no_refusal_after_two_screens_is_told_from_another_by_its_time() {
    let how = How { form: Form::TwoScreens, programs: 8, rounds: figures::times(60, 2_000) };
    no_class_can_be_told_from_another(Backend::Ldap, 20, how);
}

/// Each attempt costs an Argon2id hash, of which one for each core is computed at a time.
#[test]
fn with_the_embedded_directory_no_refusal_of_one_string_is_told_from_another_by_its_time() {
    let how = How { form: Form::OneString, programs: 3, rounds: figures::times(12, 1_000) };
    no_class_can_be_told_from_another(Backend::Embedded, 150, how);
}

#[test]
fn with_the_embedded_directory_no_refusal_after_two_screens_is_told_from_another_by_its_time() {
    let how = How { form: Form::TwoScreens, programs: 3, rounds: figures::times(12, 1_000) };
    no_class_can_be_told_from_another(Backend::Embedded, 150, how);
}

/// Without the wait, or where a check takes longer than it, the work itself shows: it is the same
/// hash for everybody, but not the same to the last microsecond.
#[test]
fn without_the_wait_unknown_users_still_cost_the_same_hash() {
    let (site, _token) = given_users(Backend::Embedded, 0);
    let how = How { form: Form::OneString, programs: 2, rounds: figures::times(20, 1_000) };
    for comparison in Comparison::all(&measured(&site, how)) {
        comparison.tell("Embedded, no wait", "the limit: a check longer than the wait shows");
        if comparison.class == Class::UnknownUser {
            // A hash more or less would be half or double.
            let alike = comparison.is_alike() || comparison.median.1.abs() < 0.4;
            assert!(alike, "{}", comparison.median.1);
        }
    }
}
