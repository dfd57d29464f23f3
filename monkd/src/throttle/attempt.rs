//! One attempt, and what is written down when it turns out to be right or wrong.

use monk_core::lockout::Lockout;
use monk_core::random::Random;
use monk_core::throttle::{Counter, Guess, Limits, Scope};
use monk_terms::proof::Proof;
use rusqlite::Transaction;

use super::strings::Print;
use super::subject::Subject;
use super::table::{self, Keys};
use super::{strangers, strings};
use crate::clock::SystemRandom;

/// An attempt that is looked at. It is under way until it is said what it was, or its engine dies.
#[derive(Clone, Debug)]
pub struct Attempt {
    pub(super) subject: Subject,
    /// The counters that it falls under.
    pub(super) keys: Vec<Keys>,
    /// What can be proved with nothing to be written.
    pub(super) quiet: Vec<Proof>,
    /// What the directory had been sent of the user when the login began.
    sent: Counter,
    /// Names it among those that are under way.
    pub(super) id: u64,
}

/// What an attempt turned out to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Right: the network is known to the user for what was proved from now on, and failures of that
    /// are forgiven there.
    Right(&'static [Proof]),
    /// Something was checked and missed: it is counted.
    Wrong(Wrong),
    /// Neither: nothing is counted.
    Neither,
}

/// What was checked and missed in one attempt.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wrong {
    /// Each thing that was guessed.
    pub guesses: Vec<Guess<Print>>,
    /// The password, if the directory has said that it is wrong.
    pub refused: Option<Print>,
    /// Whether the directory was sent a password of the user's, and has not said that it is right.
    pub is_sent: bool,
}

impl Attempt {
    pub(super) fn new(subject: Subject, keys: Vec<Keys>, quiet: Vec<Proof>, sent: Counter) -> Self {
        Self { subject, keys, quiet, sent, id: u64::from_ne_bytes(SystemRandom.bytes()) }
    }

    /// What the directory had been sent of the user when the login began.
    #[must_use]
    pub fn sent_before(&self) -> Counter {
        self.sent
    }

    /// The attempt as a part of a login that began when the directory had been sent so much.
    #[must_use]
    pub fn of_a_login_after(self, sent: Counter) -> Self {
        Self { sent, ..self }
    }

    /// Whether anything is to be written where it has proved this.
    pub(super) fn writes(&self, proofs: &[Proof]) -> bool {
        let clears = self.sent != Counter::default() && proofs.contains(&Proof::Password);
        clears || proofs.iter().any(|proof| !self.quiet.contains(proof))
    }

    pub(super) fn was_right(
        &self,
        transaction: &Transaction<'_>,
        proofs: &[Proof],
        now: u64,
    ) -> Result<(), rusqlite::Error> {
        // What a right login proves at home, the owner's own fingers have missed before.
        let at_home = |key: &&Keys| key.scope == Scope::Known && proofs.contains(&key.proof);
        for key in self.keys.iter().filter(at_home) {
            let counter = table::read(transaction, key)?.now(now).forgiven();
            table::write(transaction, key, &self.subject.name, counter)?;
        }
        // So does the directory: with a right password, it begins to count again. What was sent since the login
        // began may have come after the password, also while a person typed the code: the directory counts it.
        if proofs.contains(&Proof::Password) {
            let key = Keys::directory(&self.subject);
            if table::read(transaction, &key)? == self.sent {
                table::write(transaction, &key, &self.subject.name, Counter::default())?;
            }
        }
        for &proof in proofs {
            table::make_known(transaction, &self.subject, proof, now)?;
        }
        Ok(())
    }

    pub(super) fn was_wrong(
        &self,
        transaction: &Transaction<'_>,
        wrong: &Wrong,
        limits: Limits,
        lockout: Option<Lockout>,
        now: u64,
    ) -> Result<(), rusqlite::Error> {
        let subject = &self.subject;
        let mut is_sent_first = false;
        if let Some(print) = wrong.refused {
            strings::refuse(transaction, &subject.user, print, now)?;
        }
        for guess in &wrong.guesses {
            if !strings::is_new(transaction, subject, guess, now)? {
                continue;
            }
            is_sent_first |= guess.at == Proof::Password;
            let counted = |key: &&Keys| key.proof == guess.at && key.scope != Scope::Directory;
            for key in self.keys.iter().filter(counted) {
                let counter = table::read(transaction, key)?.now(now);
                let counter = counter.failed(key.scope, limits, now);
                table::write(transaction, key, &subject.name, counter)?;
            }
            if subject.is_stranger {
                strangers::count(transaction, subject, guess.at, now)?;
            }
        }
        // What was refused was counted there, each time. What was not answered may have been; a program that
        // repeats it while the server is away does no more harm.
        let is_counted_there = wrong.is_sent && (wrong.refused.is_some() || is_sent_first);
        if let Some(lockout) = lockout.filter(|_| is_counted_there) {
            for key in self.keys.iter().filter(|key| key.scope == Scope::Directory) {
                let counter = lockout.sent(table::read(transaction, key)?, now);
                table::write(transaction, key, &subject.name, counter)?;
            }
        }
        Ok(())
    }
}
