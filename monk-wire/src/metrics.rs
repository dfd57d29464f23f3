//! What the engine counts, for `monk-metrics`: numbers, and words of monk's own. No user and no address is in it.
//!
//! All lists are short, whatever strangers send: services have rows of their own only where the settings name
//! them, and there are [`MOST_ROWS`] of those.

use serde::{Deserialize, Serialize};

use crate::portal::Certificates;

use crate::bounded;

/// Upper bounds of the buckets of [`Times`], in milliseconds. What takes longer is in none of them, and in the count.
///
/// A login with an app password takes 1, a hash 20, a directory elsewhere 5 to 50; a refusal is answered after 300, and
/// 5000 is what a login may take altogether.
pub const BOUNDS_MS: [u32; 8] = [1, 5, 20, 50, 100, 300, 1000, 5000];

/// Rows of [`Counts::logins`] with the name of a service. Further ones are counted at [`OTHER`], so that all series
/// together stay below 300.
pub const MOST_ROWS: usize = 70;

/// Most rows of any list: those above, those of [`OTHER`] for every reason that there is, and room for more reasons.
const MOST: usize = 256;

/// The verdicts of logins whose time is kept. Those that end in another way take no time of interest.
pub const TIMED: [&str; 3] = ["granted", "refused", "unavailable"];

/// The service of logins whose own service has no rows.
pub const OTHER: &str = "other";

/// What was counted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Since when, in seconds since 1970.
    pub since: u64,
    /// Logins by how they ended.
    #[serde(deserialize_with = "bounded::list::<MOST, _, _>")]
    pub logins: Vec<LoginCount>,
    /// How long logins took, by verdict, without the time in which people typed.
    #[serde(deserialize_with = "bounded::list::<MOST, _, _>")]
    pub login_times: Vec<Timed>,
    /// How long the directory and the store took, by operation.
    #[serde(deserialize_with = "bounded::list::<MOST, _, _>")]
    pub operations: Vec<Timed>,
    /// Logins for which a record of the user could not be read or used.
    pub unreadable: u64,
    /// How often somebody has set the host's clock.
    pub clock_steps: u64,
}

/// Logins of one service that ended in one way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LoginCount {
    /// The PAM service, or [`OTHER`].
    pub service: String,
    /// The verdict of the audit.
    pub verdict: String,
    /// The reason of the audit; of an outage its kind.
    pub reason: String,
    /// How many.
    pub count: u64,
}

/// Operations of one kind.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Timed {
    /// The kind.
    pub of: String,
    /// How long those took that were answered.
    pub times: Times,
    /// How many brought no clear answer.
    pub unanswered: u64,
}

/// How long things took.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Times {
    /// How many took as long as [`BOUNDS_MS`] says, and longer than the bound before.
    pub buckets: [u64; BOUNDS_MS.len()],
    /// How many there were.
    pub count: u64,
    /// All of them together, in microseconds.
    pub sum_us: u64,
}

/// What the engine's state is at this moment.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gauges {
    /// Conversations with programs of root's, with services and with people.
    pub conversations: [u64; 3],
    /// Password hashes that are being computed, and those that wait for a turn.
    pub hashes: Hashes,
    /// The same for hashes of app passwords and codes.
    pub cheap_hashes: Hashes,
    /// Attempts that wait for others of the same user or network.
    pub throttle_waiting: u64,
    /// Counters of the throttle with failures, of users; none where it is not known.
    pub slowed_users: Option<u64>,
    /// The same of networks.
    pub slowed_networks: Option<u64>,
    /// Sessions of the portal.
    pub sessions: u64,
    /// Open connections to LDAP servers.
    pub connections: u64,
    /// Operations that wait for a connection.
    pub connections_waiting: u64,
    /// When the key was made that makes new values, in seconds since 1970.
    pub key_made: Option<u64>,
    /// When the first of the LDAP servers' certificates ends, in seconds since 1970.
    pub certificate_end: Option<u64>,
    /// By how many seconds the host's clock was set since the engine started, ahead (positive) or back.
    pub clock_moved: i64,
    /// When the portal's certificates end, as it has told lately.
    pub portal_certificates: Certificates,
}

/// Hashes of one kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hashes {
    /// How many are being computed.
    pub running: u64,
    /// How many wait.
    pub waiting: u64,
}

/// Everything, as of one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Snapshot {
    /// The version of the engine.
    pub version: String,
    /// What was counted since the engine started.
    pub counts: Counts,
    /// What its state is.
    pub gauges: Gauges,
}

impl Counts {
    /// Counts one login more.
    pub fn add_login(&mut self, service: &str, verdict: &str, reason: &str) {
        self.add_logins(service, verdict, reason, 1);
    }

    /// Counts how long an operation took; `None` where it brought no clear answer.
    pub fn add_operation(&mut self, of: &str, took_us: Option<u64>) {
        let timed = row(&mut self.operations, of);
        match took_us {
            Some(took_us) => timed.times.add(took_us),
            None => timed.unanswered = timed.unanswered.saturating_add(1),
        }
    }

    /// Counts how long a login took, if its verdict is one of [`TIMED`].
    pub fn add_login_time(&mut self, verdict: &str, took_us: u64) {
        if TIMED.contains(&verdict) {
            row(&mut self.login_times, verdict).times.add(took_us);
        }
    }

    /// Adds what another engine has counted.
    pub fn add(&mut self, other: &Self) {
        for LoginCount { service, verdict, reason, count } in &other.logins {
            self.add_logins(service, verdict, reason, *count);
        }
        for (rows, others) in
            [(&mut self.login_times, &other.login_times), (&mut self.operations, &other.operations)]
        {
            for other in others {
                let timed = row(rows, &other.of);
                timed.times.add_all(&other.times);
                timed.unanswered = timed.unanswered.saturating_add(other.unanswered);
            }
        }
        self.unreadable = self.unreadable.saturating_add(other.unreadable);
        self.clock_steps = self.clock_steps.saturating_add(other.clock_steps);
    }

    fn add_logins(&mut self, service: &str, verdict: &str, reason: &str, more: u64) {
        let place = |rows: &[LoginCount], service: &str| {
            rows.binary_search_by(|row| {
                (row.service.as_str(), row.verdict.as_str(), row.reason.as_str())
                    .cmp(&(service, verdict, reason))
            })
        };
        let mut found = place(&self.logins, service);
        let mut of = service;
        if found.is_err()
            && service != OTHER
            && self.logins.iter().filter(|row| row.service != OTHER).count() >= MOST_ROWS
        {
            of = OTHER;
            found = place(&self.logins, of);
        }
        match found {
            Ok(at) => self.logins[at].count = self.logins[at].count.saturating_add(more),
            Err(at) if self.logins.len() < MOST => {
                let [service, verdict, reason] = [of, verdict, reason].map(str::to_owned);
                self.logins.insert(at, LoginCount { service, verdict, reason, count: more });
            }
            // There are not as many words for the end of a login.
            Err(_) => {}
        }
    }
}

/// The row of this name. The names are words of the engine's own, and few.
fn row<'a>(rows: &'a mut Vec<Timed>, of: &str) -> &'a mut Timed {
    let at = rows.iter().position(|row| row.of == of).unwrap_or_else(|| {
        rows.push(Timed { of: of.to_owned(), ..Timed::default() });
        rows.len() - 1
    });
    &mut rows[at]
}

impl Times {
    /// Counts something that took so many microseconds.
    pub fn add(&mut self, took_us: u64) {
        if let Some(at) = BOUNDS_MS.iter().position(|bound| took_us <= u64::from(*bound) * 1000) {
            self.buckets[at] = self.buckets[at].saturating_add(1);
        }
        self.count = self.count.saturating_add(1);
        self.sum_us = self.sum_us.saturating_add(took_us);
    }

    fn add_all(&mut self, other: &Self) {
        for (bucket, more) in self.buckets.iter_mut().zip(other.buckets) {
            *bucket = bucket.saturating_add(more);
        }
        self.count = self.count.saturating_add(other.count);
        self.sum_us = self.sum_us.saturating_add(other.sum_us);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::{self, HEADER, MAX_REPLY};

    #[test]
    fn a_time_is_in_the_first_bucket_that_has_room_for_it() {
        let mut times = Times::default();
        for took_us in [0, 1000, 1001, 300_000, 5_000_000, 5_000_001] {
            times.add(took_us);
        }
        assert_eq!(times.buckets, [2, 1, 0, 0, 0, 1, 0, 1]);
        assert_eq!((times.count, times.sum_us), (6, 10_302_002));
    }

    #[test]
    fn however_many_services_and_reasons_there_are_the_rows_have_a_bound_and_no_login_is_lost() {
        let mut counts = Counts::default();
        for service in 0..30 {
            for reason in 0..20 {
                counts.add_login(&format!("s{service}"), "refused", &format!("r{reason}"));
            }
        }
        let named = counts.logins.iter().filter(|row| row.service != OTHER).count();
        assert_eq!((named, counts.logins.len()), (MOST_ROWS, MOST_ROWS + 20));
        assert_eq!(counts.logins.iter().map(|row| row.count).sum::<u64>(), 600);
        let before = counts.clone();
        counts.add_login("s0", "refused", "r0");
        assert_eq!(counts.logins.len(), before.logins.len(), "a row that is there goes on");
        assert_ne!(counts, before);
    }

    #[test]
    fn what_two_engines_have_counted_is_as_if_one_had_counted_it() {
        let count = |counts: &mut Counts, n: u64| {
            counts.add_login(
                "imap",
                "granted",
                if n.is_multiple_of(2) { "totp" } else { "app-password" },
            );
            counts.add_login_time("granted", n * 700);
            counts.add_operation("find", (!n.is_multiple_of(3)).then_some(n * 900));
            counts.unreadable += n % 2;
        };
        let (mut one, mut first, mut second) = <(Counts, Counts, Counts)>::default();
        for n in 0..20 {
            count(&mut one, n);
            count(if n < 7 { &mut first } else { &mut second }, n);
        }
        first.add(&second);
        assert_eq!(first, one);
    }

    #[test]
    fn a_snapshot_at_its_largest_fits_into_a_reply() {
        let mut counts = Counts::default();
        for service in 0..MOST {
            for reason in 0..80 {
                let long = "x".repeat(64);
                counts.add_login(
                    &format!("{service}{long}"),
                    "unavailable",
                    &format!("{reason}{long}"),
                );
            }
        }
        let snapshot = Snapshot { counts, ..Snapshot::default() };
        let frame = frame::encode(&snapshot, 1, MAX_REPLY).unwrap();
        assert_eq!(frame::decode::<Snapshot>(&frame[HEADER..]), Ok(snapshot));
    }
}
