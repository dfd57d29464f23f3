//! What was typed wrongly: so that a repetition counts once, and a password that the directory has
//! refused is not sent there again.

use monk_core::fingerprint::FINGERPRINT_BYTES;
use monk_core::lockout::Lockout;
use monk_core::throttle::{Guess, REFUSED_FOR, REMEMBERED_STRINGS};
use rusqlite::{Connection, OptionalExtension, Transaction, params};

use super::subject::Subject;
use super::table::time;

type Result<T> = std::result::Result<T, rusqlite::Error>;

/// What was typed, in a form that can be compared and tells nothing.
pub type Print = [u8; FINGERPRINT_BYTES];

/// Whether this guess of the user's was not counted before, or not in this time step. It is remembered.
///
/// A wrong password that is repeated is the same one wherever it comes from: a phone changes its network
/// often. The same code from two networks counts at both.
pub(super) fn is_new(
    transaction: &Transaction<'_>,
    subject: &Subject,
    guess: &Guess<Print>,
    now: u64,
) -> Result<bool> {
    let user = &match guess.is_final {
        true => subject.user.clone(),
        false => format!("{} at {}", subject.user, subject.network),
    };
    let step = time(guess.step(now));
    let before = transaction
        .prepare_cached("SELECT step FROM wrong WHERE user = ?1 AND fingerprint = ?2")?
        .query_row(params![user, guess.fingerprint], |row| row.get::<_, i64>(0))
        .optional()?;
    transaction
        .prepare_cached("INSERT OR REPLACE INTO wrong VALUES (?1, ?2, ?3, ?4)")?
        .execute(params![user, guess.fingerprint, step, time(now)])?;
    if before.is_none() {
        forget_most(transaction, "wrong", user)?;
    }
    Ok(before != Some(step))
}

/// Remembers that the directory has refused a password of the user's.
pub(super) fn refuse(
    transaction: &Transaction<'_>,
    user: &str,
    print: Print,
    now: u64,
) -> Result<()> {
    transaction
        .prepare_cached("INSERT OR REPLACE INTO refused VALUES (?1, ?2, ?3)")?
        .execute(params![user, print, time(now)])?;
    forget_most(transaction, "refused", user)
}

/// Whether the directory has refused this password a moment ago. A clock that was set back makes that
/// no longer than usual.
pub(super) fn was_refused(
    file: &Connection,
    user: &str,
    print: Print,
    lockout: Option<Lockout>,
    now: u64,
) -> Result<bool> {
    let refused_for = lockout.map_or(REFUSED_FOR, Lockout::refused_for);
    let at = file
        .prepare_cached("SELECT at FROM refused WHERE user = ?1 AND fingerprint = ?2")?
        .query_row(params![user, print], |row| row.get::<_, i64>(0))
        .optional()?;
    let is_recent = |at: i64| u64::try_from(at).unwrap_or_default().abs_diff(now) < refused_for;
    Ok(at.is_some_and(is_recent))
}

/// Forgets which passwords of the user's were refused: it has another one now.
pub(super) fn forget_refused(transaction: &Transaction<'_>, user: &str) -> Result<()> {
    transaction.execute("DELETE FROM refused WHERE user = ?1", [user]).map(drop)
}

/// Keeps the last few strings of the user.
fn forget_most(transaction: &Transaction<'_>, table: &'static str, user: &str) -> Result<()> {
    let kept = i64::try_from(REMEMBERED_STRINGS).unwrap_or(i64::MAX);
    transaction
        .prepare_cached(&format!(
            "DELETE FROM {table} WHERE user = ?1 AND fingerprint NOT IN
             (SELECT fingerprint FROM {table} WHERE user = ?1 ORDER BY at DESC LIMIT ?2)"
        ))?
        .execute(params![user, kept])?;
    Ok(())
}
