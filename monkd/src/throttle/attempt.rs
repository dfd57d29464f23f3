//! One attempt, and what is written down when it turns out to be right or wrong.

use monk_core::random::Random;
use monk_core::throttle::{Guess, Limits, Scope};
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
}

impl Attempt {
    pub(super) fn new(subject: Subject, keys: Vec<Keys>, quiet: Vec<Proof>) -> Self {
        Self { subject, keys, quiet, id: u64::from_ne_bytes(SystemRandom.bytes()) }
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
        now: u64,
    ) -> Result<(), rusqlite::Error> {
        let subject = &self.subject;
        if let Some(print) = wrong.refused {
            strings::refuse(transaction, &subject.user, print, now)?;
        }
        for guess in &wrong.guesses {
            if !strings::is_new(transaction, subject, guess, now)? {
                continue;
            }
            for key in self.keys.iter().filter(|key| key.proof == guess.at) {
                let counter = table::read(transaction, key)?.now(now);
                let counter = counter.failed(key.scope, limits, now);
                table::write(transaction, key, &subject.name, counter)?;
            }
            if subject.is_stranger {
                strangers::count(transaction, subject, guess.at, now)?;
            }
        }
        Ok(())
    }
}
