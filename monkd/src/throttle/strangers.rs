//! Failures under names that the directory does not know.
//!
//! Another module of the stack may know such a name and let it in: an account of this machine. monk
//! hears of that when it is asked about the account, which a program does after a login, and takes back
//! what it has counted. Somebody who has an account of the machine can take back no failures of others.

use monk_terms::proof::Proof;
use rusqlite::{Transaction, params};

use super::subject::Subject;
use super::table::{self, Keys, time};

type Result<T> = std::result::Result<T, rusqlite::Error>;

/// Seconds between the failure of a login and its account rule, in which other modules may ask
/// questions of their own.
const LOGIN_TIME: u64 = 600;

/// Notes a failure under an unknown name.
pub(super) fn count(
    transaction: &Transaction<'_>,
    subject: &Subject,
    proof: Proof,
    now: u64,
) -> Result<()> {
    transaction
        .prepare_cached(
            "INSERT INTO strangers VALUES (?1, ?2, ?3, 1, ?4)
             ON CONFLICT DO UPDATE SET count = count + 1, at = ?4",
        )?
        .execute(params![subject.user, subject.network, proof.as_str(), time(now)])?;
    Ok(())
}

/// Takes back the failures of the last minutes under an unknown name, because it was let in. The
/// subject claims all that a failure may have been counted for.
pub(super) fn take_back(transaction: &Transaction<'_>, subject: &Subject, now: u64) -> Result<()> {
    let rows = transaction
        .prepare_cached(
            "DELETE FROM strangers WHERE user = ?1 AND network = ?2 AND at > ?3
             RETURNING proof, count",
        )?
        .query_map(
            params![subject.user, subject.network, time(now.saturating_sub(LOGIN_TIME))],
            |row| Ok((Proof::from_word(row.get_ref(0)?.as_str()?), row.get::<_, u32>(1)?)),
        )?
        .collect::<Result<Vec<_>>>()?;
    for (proof, failures) in rows {
        // Strangers are known nowhere.
        for key in Keys::of(subject, &[]).into_iter().filter(|key| Some(key.proof) == proof) {
            let counter = table::read(transaction, &key)?.now(now).without(failures);
            table::write(transaction, &key, &subject.name, counter)?;
        }
    }
    Ok(())
}
