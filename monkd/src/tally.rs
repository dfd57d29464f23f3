//! What this process counts while it works, for metrics: nothing unless the settings say so.
//!
//! The numbers are the process's and not an [`Engine`](crate::engine::Engine)'s, because they go on when settings are
//! read again. Nothing is decided by them. No name of a user and no address ever comes here.

use std::collections::BTreeMap;
use std::future::Future;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use monk_wire::metrics::Counts;
use monk_wire::portal::Certificates;

use crate::clock;
use crate::outage::Outage;

/// How long the certificate of a server is remembered that was not met again. Connections are opened for
/// every minute without a login, so a server of the settings is met several times a day.
const CERTIFICATE_KEPT: Duration = Duration::from_secs(24 * 60 * 60);

/// Servers whose certificates are remembered: more than settings name.
const MOST_CERTIFICATES: usize = 64;

static IS_ON: AtomicBool = AtomicBool::new(false);

static COUNTS: LazyLock<Mutex<Counts>> =
    LazyLock::new(|| Mutex::new(Counts { since: clock::now(), ..Counts::default() }));

static CERTIFICATES: Mutex<BTreeMap<String, (i64, Instant)>> = Mutex::new(BTreeMap::new());

/// How long what the portal tells of its certificates is believed: it tells it every five minutes, and a portal that is
/// gone has none.
const PORTAL_KEPT: Duration = Duration::from_secs(60 * 60);

static PORTAL: Mutex<Option<(Certificates, Instant)>> = Mutex::new(None);

static CLOCK_MOVED: AtomicI64 = AtomicI64::new(0);

/// Open connections to LDAP servers.
pub static CONNECTIONS: Gauge = Gauge::new();

/// Operations that wait for a connection to an LDAP server.
pub static CONNECTIONS_WAITING: Gauge = Gauge::new();

/// How many of something there are at this moment.
#[derive(Debug)]
pub struct Gauge(AtomicU64);

/// One of them, until it is dropped.
#[derive(Debug)]
pub struct Held(&'static Gauge);

impl Gauge {
    /// Of something of which there is nothing yet.
    #[must_use]
    pub const fn new() -> Self {
        Self(AtomicU64::new(0))
    }

    /// One more.
    #[must_use]
    pub fn hold(&'static self) -> Held {
        self.0.fetch_add(1, Ordering::Relaxed);
        Held(self)
    }

    /// How many there are.
    pub fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

impl Default for Gauge {
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.0.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// A kind of operation of the directory or the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    /// The search for a user, which may bring the records along.
    Find,
    /// The check of a password.
    Password,
    /// Whether a user is in a group.
    Groups,
    /// Reading the records of a user.
    Read,
    /// Writing records: each login with a code, and each change.
    Write,
    /// The change of a password.
    ChangePassword,
    /// The public keys of a user.
    SshKeys,
}

impl Operation {
    /// The word in metrics.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Find => "find",
            Self::Password => "password",
            Self::Groups => "groups",
            Self::Read => "read",
            Self::Write => "write",
            Self::ChangePassword => "change-password",
            Self::SshKeys => "ssh-keys",
        }
    }
}

/// Says whether anything is counted from now on.
pub fn switch(on: bool) {
    IS_ON.store(on, Ordering::Relaxed);
    if on {
        // Counting begins now, and not with the first login.
        drop(counted());
    }
}

/// Whether anything is counted.
#[must_use]
pub fn is_on() -> bool {
    IS_ON.load(Ordering::Relaxed)
}

/// Counts a login by how it ended, and how long the engine took for it.
pub fn login(service: &str, (verdict, reason): (&str, &str), took: Duration) {
    if is_on() {
        let mut counts = counted();
        counts.add_login(service, verdict, reason);
        counts.add_login_time(verdict, microseconds(took));
    }
}

/// Waits for an operation, and counts how long it took.
///
/// # Errors
/// Those of the operation.
pub async fn timed<T>(
    operation: Operation,
    work: impl Future<Output = Result<T, Outage>> + Send,
) -> Result<T, Outage> {
    if !is_on() {
        return work.await;
    }
    let started = Instant::now();
    let result = work.await;
    let took = result.is_ok().then(|| microseconds(started.elapsed()));
    counted().add_operation(operation.as_str(), took);
    result
}

/// Counts a login for which a record could not be read.
pub fn unreadable() {
    if is_on() {
        counted().unreadable += 1;
    }
}

/// Counts that somebody has set the clock by so many seconds.
pub fn clock_stepped(seconds: i64) {
    CLOCK_MOVED.fetch_add(seconds, Ordering::Relaxed);
    if is_on() {
        counted().clock_steps += 1;
    }
}

/// By how many seconds the clock was set since this process started.
pub fn clock_moved() -> i64 {
    CLOCK_MOVED.load(Ordering::Relaxed)
}

/// Notes when the certificate ends that a server has shown just now, in seconds since 1970.
pub fn certificate(server: &str, end: i64) {
    let mut all = CERTIFICATES.lock().unwrap_or_else(PoisonError::into_inner);
    if all.len() < MOST_CERTIFICATES || all.contains_key(server) {
        all.insert(server.to_owned(), (end, Instant::now()));
    }
}

/// When the first of the servers' certificates ends.
pub fn certificate_end() -> Option<u64> {
    let mut all = CERTIFICATES.lock().unwrap_or_else(PoisonError::into_inner);
    all.retain(|_, (_, seen)| seen.elapsed() < CERTIFICATE_KEPT);
    let first = all.values().map(|(end, _)| *end).min()?;
    Some(u64::try_from(first).unwrap_or(0))
}

/// Notes when the portal's certificates end.
pub fn portal_certificates(ends: Certificates) {
    *PORTAL.lock().unwrap_or_else(PoisonError::into_inner) = Some((ends, Instant::now()));
}

/// When they end, as the portal has told lately.
pub fn portal_certificate_ends() -> Certificates {
    let told = *PORTAL.lock().unwrap_or_else(PoisonError::into_inner);
    told.filter(|(_, at)| at.elapsed() < PORTAL_KEPT).map(|(ends, _)| ends).unwrap_or_default()
}

/// What was counted so far.
#[must_use]
pub fn counts() -> Counts {
    counted().clone()
}

fn counted() -> MutexGuard<'static, Counts> {
    COUNTS.lock().unwrap_or_else(PoisonError::into_inner)
}

fn microseconds(took: Duration) -> u64 {
    u64::try_from(took.as_micros()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One test, because what is counted is the process's.
    #[tokio::test]
    async fn what_is_off_counts_nothing_and_what_is_on_counts_answers_apart_from_outages() {
        let work = async |ok: bool| {
            let result = if ok { Ok(7) } else { Err(Outage::Timeout("a test")) };
            timed(Operation::Find, async { result }).await
        };
        assert_eq!(work(true).await, Ok(7));
        login("imap", ("granted", "totp"), Duration::from_millis(3));
        assert_eq!((counts().logins, counts().operations), (vec![], vec![]));
        switch(true);
        assert_eq!(work(true).await, Ok(7));
        assert_eq!(work(false).await, Err(Outage::Timeout("a test")));
        login("imap", ("granted", "totp"), Duration::from_millis(3));
        unreadable();
        let counts = counts();
        let find = &counts.operations[0];
        assert_eq!((find.of.as_str(), find.times.count, find.unanswered), ("find", 1, 1));
        assert_eq!((counts.logins[0].count, counts.login_times[0].times.sum_us), (1, 3000));
        assert_eq!((counts.unreadable, counts.since > 0), (1, true));
    }

    #[test]
    fn the_certificate_that_ends_first_is_told_and_a_new_one_takes_its_place() {
        certificate("ldaps://a", 2000);
        certificate("ldaps://b", 1000);
        assert_eq!(certificate_end(), Some(1000));
        certificate("ldaps://b", 3000);
        assert_eq!(certificate_end(), Some(2000));
    }

    #[test]
    fn a_gauge_goes_down_when_what_it_counts_is_dropped() {
        static GAUGE: Gauge = Gauge::new();
        let (one, two) = (GAUGE.hold(), GAUGE.hold());
        assert_eq!(GAUGE.get(), 2);
        drop((one, two));
        assert_eq!(GAUGE.get(), 0);
    }
}
