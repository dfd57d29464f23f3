//! What the file says of somebody who tries to log in, as of one moment.

use monk_core::lockout::{Lockout, Place};
use monk_core::throttle::{Admission, Counter, Limits, Scope};
use monk_terms::proof::Proof;
use rusqlite::{Connection, Transaction};

use super::attempt::Attempt;
use super::subject::Subject;
use super::table::{self, Keys};
use super::under_way;

type Result<T> = std::result::Result<T, rusqlite::Error>;

/// Seconds for which a network that has become known is not written down again: it stays known for
/// months, and a mail program logs in every minute.
const REFRESH: u64 = 24 * 3600;

/// What the file says.
pub(super) struct Look {
    /// What the user is known to have proved at the network, and when that was last written down.
    known: Vec<(Proof, u64)>,
    /// The counters that the attempt falls under.
    counters: Vec<Seen>,
    /// What the directory was sent of the user.
    sent: Counter,
    /// Where it comes from, as far as the password is concerned.
    place: Place,
    now: u64,
}

struct Seen {
    key: Keys,
    counter: Counter,
    /// Attempts under way in engines that live for one login.
    others: u32,
}

impl Look {
    /// Reads it.
    pub fn at(file: &Connection, subject: &Subject, now: u64) -> Result<Self> {
        let known = table::known_since(file, subject, now)?;
        let see = |key: Keys| {
            let counter = table::read(file, &key)?;
            let others = under_way::count(file, &key, now)?;
            Ok(Seen { key, counter, others })
        };
        let proofs: Vec<_> = known.iter().map(|&(proof, _)| proof).collect();
        let counters =
            Keys::of(subject, &proofs).into_iter().map(see).collect::<Result<Vec<_>>>()?;
        let place = match proofs.contains(&Proof::Password) {
            true => Place::Known,
            false if subject.asks_directory && table::has_known(file, subject, now)? => {
                Place::Unknown
            }
            false => Place::NoneKnown,
        };
        // Also where nothing is sent any more: a right login takes it back.
        let sent = match subject.claims.contains(&Proof::Password) && !subject.is_stranger {
            true => table::read(file, &Keys::directory(subject))?,
            false => Counter::default(),
        };
        Ok(Self { known, counters, sent, place, now })
    }

    /// What may be proved without any change in the file: there are no failures of it, and that the
    /// network is known was written down not long ago.
    fn quiet(&self) -> Vec<Proof> {
        let is_recent = |since: u64| self.now.abs_diff(since) < REFRESH;
        let known = self.known.iter().filter(|&&(_, since)| is_recent(since));
        let fails = |proof| {
            self.counters.iter().any(|seen| seen.key.proof == proof && seen.counter.failures > 0)
        };
        known.map(|&(proof, _)| proof).filter(|&proof| !fails(proof)).collect()
    }

    /// The attempt, once it is admitted.
    pub fn attempt(&self, subject: Subject) -> Attempt {
        Attempt::new(subject, self.keys(), self.quiet(), self.sent)
    }

    /// The names of the counters.
    fn keys(&self) -> Vec<Keys> {
        self.counters.iter().map(|seen| seen.key.clone()).collect()
    }

    /// Takes counters from before the clock was set back as of now, and writes them down so that
    /// their waits end. Whether there were any.
    pub fn set_right(&mut self, transaction: &Transaction<'_>, subject: &Subject) -> Result<bool> {
        let mut any = false;
        for seen in &mut self.counters {
            let right = seen.counter.not_ahead(seen.key.scope, self.now);
            if right != seen.counter {
                table::write(transaction, &seen.key, &subject.name, right)?;
                seen.counter = right;
                any = true;
            }
        }
        Ok(any)
    }

    /// Whether a counter is from before the clock was set back.
    pub fn is_ahead(&self) -> bool {
        self.counters.iter().any(|seen| seen.counter.at > self.now)
    }

    /// Whether the attempt is looked at, where `here` says how many more are under way.
    pub fn admission(
        &self,
        limits: Limits,
        lockout: Option<Lockout>,
        here: impl Fn(&Keys) -> u32,
    ) -> Admission {
        let each = self.counters.iter().map(|Seen { key, counter, others }| {
            let others = others.saturating_add(here(key));
            if key.scope == Scope::Directory {
                return lockout.map_or(Admission::Now, |lockout| {
                    lockout.admission(*counter, self.place, others, self.now)
                });
            }
            counter.now(self.now).admission(key.scope, others, limits, self.now)
        });
        each.into_iter().find(|&one| one != Admission::Now).unwrap_or(Admission::Now)
    }
}
