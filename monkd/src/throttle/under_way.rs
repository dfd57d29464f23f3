//! Attempts that are being looked at.
//!
//! The resident engine keeps its own in memory: it makes nearly all of them, and a login must not
//! cost two writes to a file only to be seen by nobody. Engines that live for one login share a
//! table, in which each names its process; one whose engine was killed is not under way any more.
//! The resident engine looks into the table, too. Should both be at work at the same moment, which
//! takes an engine that has just been started, a user has the free guesses of one moment twice,
//! and waits the longer for it.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use nix::errno::Errno;
use nix::sys::signal::kill;
use nix::unistd::{Pid, getpid};
use rusqlite::{Connection, Transaction, params};

use super::attempt::{Attempt, Wrong};
use super::table::{Keys, word};

type Result<T> = std::result::Result<T, rusqlite::Error>;

/// Seconds after which nothing is under way any more, whatever process has the number now. No
/// login takes as long, people's typing included.
const LONGEST: u64 = 600;

/// Where an engine notes the attempts that it looks at.
#[derive(Clone)]
pub enum Register {
    /// In its memory: for the one that is resident. Copies are the same one.
    Memory(Memory),
    /// In the file that all engines share: for those that live for one login.
    File,
}

impl Register {
    /// One in memory, with nothing under way.
    #[must_use]
    pub fn in_memory() -> Self {
        Self::Memory(Memory::default())
    }
}

/// The attempts of one engine.
#[derive(Clone, Default)]
pub struct Memory {
    attempts: Arc<Mutex<Attempts>>,
    uncounted: Arc<Mutex<Vec<Uncounted>>>,
}

/// For each key, the numbers of the attempts and when they began.
pub(super) type Attempts = HashMap<Keys, Vec<(u64, u64)>>;

/// A wrong guess that could not be written down. It stays under way until it is.
pub(super) type Uncounted = (Attempt, Wrong);

impl Memory {
    /// The attempts; nobody else begins or ends one until they are given back.
    pub(super) fn lock(&self) -> MutexGuard<'_, Attempts> {
        self.attempts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps a guess until it can be written down.
    pub(super) fn keep(&self, guess: Uncounted) {
        self.guesses().push(guess);
    }

    /// A guess that is to be written down still.
    pub(super) fn uncounted(&self) -> Option<Uncounted> {
        self.guesses().last().cloned()
    }

    /// Forgets a guess, which is written down.
    pub(super) fn counted(&self, attempt: &Attempt) {
        self.guesses().retain(|(other, _)| other.id != attempt.id);
        self.leave(&attempt.keys, attempt.id);
    }

    fn guesses(&self) -> MutexGuard<'_, Vec<Uncounted>> {
        self.uncounted.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Removes an attempt.
    pub(super) fn leave(&self, keys: &[Keys], id: u64) {
        let mut attempts = self.lock();
        for key in keys {
            if let Some(those) = attempts.get_mut(key) {
                those.retain(|&(other, _)| other != id);
                if those.is_empty() {
                    attempts.remove(key);
                }
            }
        }
    }
}

/// How many attempts are under way in memory.
pub(super) fn count_in(attempts: &Attempts, key: &Keys, now: u64) -> u32 {
    let those = attempts.get(key).map_or(&[][..], Vec::as_slice);
    let count = those.iter().filter(|&&(_, begun)| begun.abs_diff(now) <= LONGEST).count();
    u32::try_from(count).unwrap_or(u32::MAX)
}

/// Enters an attempt into memory.
pub(super) fn enter_in(attempts: &mut Attempts, keys: &[Keys], id: u64, now: u64) {
    for key in keys {
        let those = attempts.entry(key.clone()).or_default();
        those.retain(|&(_, begun)| begun.abs_diff(now) <= LONGEST);
        those.push((id, now));
    }
}

/// How many attempts are under way in the file.
pub(super) fn count(file: &Connection, key: &Keys, now: u64) -> Result<u32> {
    let rows = file
        .prepare_cached(
            "SELECT process, begun FROM under_way
             WHERE scope = ?1 AND user = ?2 AND network = ?3 AND proof = ?4",
        )?
        .query_map(params![word(key.scope), key.user, key.network, key.proof.as_str()], |row| {
            Ok((row.get::<_, i32>(0)?, row.get::<_, i64>(1)?))
        })?
        .collect::<Result<Vec<_>>>()?;
    let old = |begun: i64| u64::try_from(begun).unwrap_or_default().abs_diff(now) > LONGEST;
    let processes: BTreeSet<i32> = rows.iter().map(|&(process, _)| process).collect();
    let alive: BTreeSet<i32> = processes.into_iter().filter(|&one| is_alive(one)).collect();
    let count = rows.iter().filter(|(process, begun)| alive.contains(process) && !old(*begun));
    Ok(u32::try_from(count.count()).unwrap_or(u32::MAX))
}

/// Enters an attempt of this process into the file.
pub(super) fn enter(transaction: &Transaction<'_>, key: &Keys, id: u64, now: u64) -> Result<()> {
    transaction
        .prepare_cached("INSERT INTO under_way VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)")?
        .execute(params![
            word(key.scope),
            key.user,
            key.network,
            key.proof.as_str(),
            id.cast_signed(),
            getpid().as_raw(),
            i64::try_from(now).unwrap_or(i64::MAX)
        ])?;
    Ok(())
}

/// Removes an attempt from the file.
pub(super) fn leave(transaction: &Transaction<'_>, id: u64) -> Result<()> {
    transaction
        .prepare_cached("DELETE FROM under_way WHERE id = ?1")?
        .execute([id.cast_signed()])?;
    Ok(())
}

/// Removes what engines that have died have left behind.
pub(super) fn tidy(transaction: &Transaction<'_>) -> Result<()> {
    let processes = transaction
        .prepare("SELECT DISTINCT process FROM under_way")?
        .query_map([], |row| row.get::<_, i32>(0))?
        .collect::<Result<Vec<_>>>()?;
    for process in processes.into_iter().filter(|&one| !is_alive(one)) {
        transaction.execute("DELETE FROM under_way WHERE process = ?1", [process])?;
    }
    Ok(())
}

/// Whether there is such a process; one that is not ours to signal is there, too.
fn is_alive(process: i32) -> bool {
    process > 0 && kill(Pid::from_raw(process), None) != Err(Errno::ESRCH)
}
