//! Numbers for users and groups. Both are given from one range, so that a user and the private group have the
//! same one; and none is given twice, so that nobody gets the files of somebody who is gone.

use std::ops::RangeInclusive;

use monk_wire::manage::Clash;
use rusqlite::{Connection, OptionalExtension, params};

use super::settings::EmbeddedSettings;
use crate::local_accounts::{self, LocalAccount};
use crate::local_groups::{self, LocalGroup};

type Result<T> = std::result::Result<T, rusqlite::Error>;

/// Where new numbers come from.
#[derive(Clone)]
pub(super) struct Numbers {
    /// The range that the settings give.
    range: RangeInclusive<u32>,
    /// Those of accounts and groups of this host, which nobody gets unasked.
    local: Vec<u32>,
}

impl Numbers {
    pub(super) fn of(settings: &EmbeddedSettings) -> Self {
        Self { range: settings.first_id..=settings.last_id, local: Vec::new() }
    }

    /// As of this moment: accounts and groups of this host come and go. Without a readable list, there are none
    /// to look out for.
    pub(super) fn now(&self) -> Self {
        self.beside(
            &local_accounts::listed().unwrap_or_default(),
            &local_groups::listed().unwrap_or_default(),
        )
    }

    /// The same, without the numbers of these.
    fn beside(&self, accounts: &[LocalAccount], groups: &[LocalGroup]) -> Self {
        // A user has the same number as the private group, so that each has to be free as both.
        let accounts = accounts.iter().flat_map(|account| [account.uid, account.gid]);
        let mut local: Vec<u32> = accounts.chain(groups.iter().map(|group| group.gid)).collect();
        local.sort_unstable();
        Self { range: self.range.clone(), local }
    }

    /// Gives the next number.
    pub(super) fn next(&self, transaction: &Connection) -> Result<std::result::Result<u32, Clash>> {
        let (first, last) = (*self.range.start(), *self.range.end());
        let highest: Option<u32> = transaction
            .prepare_cached(
                "SELECT max(number) FROM given WHERE automatic AND number BETWEEN ?1 AND ?2",
            )?
            .query_row(params![first, last], |row| row.get(0))?;
        let mut was_given = transaction.prepare_cached("SELECT 1 FROM given WHERE number = ?1")?;
        let start = highest.map_or(u64::from(first), |highest| u64::from(highest) + 1);
        for number in start..=u64::from(last) {
            let Ok(number) = u32::try_from(number) else { break };
            if self.local.binary_search(&number).is_err() && !was_given.exists([number])? {
                note(transaction, number, true)?;
                return Ok(Ok(number));
            }
        }
        Ok(Err(Clash::NoneLeft { first, last }))
    }
}

/// Notes that a number is given.
pub(super) fn note(transaction: &Connection, number: u32, automatic: bool) -> Result<()> {
    transaction
        .prepare_cached("INSERT OR IGNORE INTO given (number, automatic) VALUES (?1, ?2)")?
        .execute(params![number, automatic])
        .map(drop)
}

/// Somebody else whose primary group has this number.
pub(super) fn other_with_group(
    connection: &Connection,
    gid: u32,
    user: &str,
) -> Result<Option<String>> {
    connection
        .prepare_cached("SELECT name FROM users WHERE gid = ?1 AND id <> ?2 ORDER BY name LIMIT 1")?
        .query_row(params![gid, user], |row| row.get(0))
        .optional()
}

/// Whoever of the users has this uid.
pub(super) fn user_of(connection: &Connection, uid: u32) -> Result<Option<String>> {
    connection
        .prepare_cached("SELECT name FROM users WHERE uid = ?1")?
        .query_row([uid], |row| row.get(0))
        .optional()
}

#[cfg(test)]
mod tests {
    use super::super::schema;
    use super::*;

    #[test]
    fn numbers_of_accounts_and_groups_of_this_host_are_passed_over() {
        let store = Connection::open_in_memory().unwrap();
        store.execute_batch(&[schema::FIRST, schema::MEMBERS, schema::NUMBERS].concat()).unwrap();
        let numbers = Numbers { range: 2000..=2005, local: Vec::new() };
        let bob = LocalAccount { name: "bob".into(), uid: 2000, gid: 2002 };
        let devs = LocalGroup { name: "devs".into(), gid: 2003 };
        let numbers = numbers.beside(&[bob], &[devs]);
        let given: Vec<_> = (0..3).map(|_| numbers.next(&store).unwrap().ok()).collect();
        assert_eq!(given, [Some(2001), Some(2004), Some(2005)]);
        assert!(numbers.next(&store).unwrap().is_err(), "none is left");
    }
}
