//! Attempts that are being looked at.
//!
//! Each names the process of its engine. One whose engine was killed is not under way any more.

use std::collections::BTreeSet;

use nix::errno::Errno;
use nix::sys::signal::kill;
use nix::unistd::{Pid, getpid};
use rusqlite::{Transaction, params};

use super::table::{Keys, word};

type Result<T> = std::result::Result<T, rusqlite::Error>;

/// Seconds after which nothing is under way any more, whatever process has the number now. No
/// login takes as long, people's typing included.
const LONGEST: u64 = 600;

/// How many attempts are under way.
pub(super) fn count(transaction: &Transaction<'_>, key: &Keys, now: u64) -> Result<u32> {
    let rows = transaction
        .prepare_cached(
            "SELECT process, begun FROM under_way WHERE scope = ?1 AND user = ?2 AND network = ?3",
        )?
        .query_map(params![word(key.scope), key.user, key.network], |row| {
            Ok((row.get::<_, i32>(0)?, row.get::<_, i64>(1)?))
        })?
        .collect::<Result<Vec<_>>>()?;
    let old = |begun: i64| u64::try_from(begun).unwrap_or_default().abs_diff(now) > LONGEST;
    let processes: BTreeSet<i32> = rows.iter().map(|&(process, _)| process).collect();
    let alive: BTreeSet<i32> = processes.into_iter().filter(|&one| is_alive(one)).collect();
    let count = rows.iter().filter(|(process, begun)| alive.contains(process) && !old(*begun));
    Ok(u32::try_from(count.count()).unwrap_or(u32::MAX))
}

/// Enters an attempt of this process.
pub(super) fn enter(transaction: &Transaction<'_>, key: &Keys, id: u64, now: u64) -> Result<()> {
    transaction.prepare_cached("INSERT INTO under_way VALUES (?1, ?2, ?3, ?4, ?5, ?6)")?.execute(
        params![
            word(key.scope),
            key.user,
            key.network,
            id.cast_signed(),
            getpid().as_raw(),
            i64::try_from(now).unwrap_or(i64::MAX)
        ],
    )?;
    Ok(())
}

/// Removes an attempt.
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
