//! The account policies of 389 Directory Server.

use monk_terms::account_state::AccountState;

use super::policy;
use super::reading::Reading;
use crate::outage::Outage;

/// What is asked for. Roles compute `nsAccountLock`, and the server sends it only by name.
pub(super) const ATTRIBUTES: &[&str] =
    &[SWITCHED_OFF, EXPIRES, UNLOCKS, RESET, LAST_LOGIN, CREATED, policy::OF_ACCOUNTS];

pub(super) const SWITCHED_OFF: &str = "nsAccountLock";
const EXPIRES: &str = "passwordExpirationTime";
const UNLOCKS: &str = "accountUnlockTime";
const RESET: &str = "pwdReset";
/// Written by the account policy plugin.
const LAST_LOGIN: &str = "lastLoginTime";
const CREATED: &str = "createTimestamp";

/// 1 January 1970: an administrator has set the password, or the lock has no end.
const BEGINNING: i64 = 0;
/// A second later: the password does not expire.
const NO_END: i64 = 1;

/// What these attributes say.
pub(super) fn state(reading: &Reading<'_>) -> Result<AccountState, Outage> {
    let unlocks = reading.time(UNLOCKS)?;
    let password = match reading.time(EXPIRES)? {
        Some(BEGINNING) => AccountState::MustChange,
        Some(NO_END) => AccountState::Enabled,
        expires if reading.has_come(expires) => AccountState::PasswordExpired,
        _ => AccountState::Enabled,
    };
    let is_locked = unlocks.is_some_and(|end| end == BEGINNING || end > reading.now);
    let parts = [
        (reading.booleans(SWITCHED_OFF)?.0, AccountState::Disabled),
        (is_inactive(reading)?, AccountState::Expired),
        (is_locked, AccountState::Locked),
        (reading.booleans(RESET)?.0, AccountState::MustChange),
    ];
    let parts = parts.into_iter().filter_map(|(holds, state)| holds.then_some(state));
    Ok(parts.max().unwrap_or_default().max(password))
}

/// Too long without a login, for a user whose entry names its account policy.
fn is_inactive(reading: &Reading<'_>) -> Result<bool, Outage> {
    // Other servers write other times there: they are not read for nothing.
    let Some(limit @ 1..) = reading.policy.and_then(|policy| policy.inactivity) else {
        return Ok(false);
    };
    let last = match reading.time(LAST_LOGIN)? {
        Some(last) => Some(last),
        None => reading.time(CREATED)?,
    };
    Ok(reading.is_older(last, Some(limit)))
}

#[cfg(test)]
mod tests {
    use AccountState::{Disabled, Enabled, Expired, Locked, MustChange, PasswordExpired};

    use super::super::policy::Policy;
    use super::*;
    use crate::directory::ldap::entry::Entry;

    #[test]
    fn the_attributes_of_the_entry_say_the_state() {
        for (attribute, values, wanted) in [
            ("nsAccountLock", &["true"][..], Disabled),
            ("nsAccountLock", &["FALSE"], Enabled),
            ("nsAccountLock", &["false", "true"], Disabled),
            ("passwordExpirationTime", &["19700101000000Z"], MustChange),
            ("passwordExpirationTime", &["19700101000001Z"], Enabled),
            ("passwordExpirationTime", &["19700101010000Z"], PasswordExpired),
            ("passwordExpirationTime", &["19700101010001Z"], Enabled),
            ("passwordExpirationTime", &["20380119031407Z"], Enabled),
            ("accountUnlockTime", &["19700101000000Z"], Locked),
            ("accountUnlockTime", &["19700101010000Z"], Enabled),
            ("accountUnlockTime", &["19700101010001Z"], Locked),
            ("pwdReset", &["TRUE"], MustChange),
            ("lastLoginTime", &["19690101000000Z"], Enabled),
        ] {
            let values: Vec<&[u8]> = values.iter().map(|value| value.as_bytes()).collect();
            let entry = Entry::empty("uid=a,dc=x").with(attribute, &values);
            assert_eq!(state(&Reading::at(3600, &entry)), Ok(wanted), "{attribute} {values:?}");
        }
    }

    #[test]
    fn what_cannot_be_read_is_an_outage_and_times_are_read_only_for_a_limit() {
        let limit = |inactivity| Policy { inactivity, ..Policy::default() };
        let (some, zero) = (limit(Some(600)), limit(Some(0)));
        for attribute in ATTRIBUTES.iter().filter(|name| **name != policy::OF_ACCOUNTS) {
            let entry = Entry::empty("uid=a,dc=x").with(attribute, &[b"2026-11-27T02:51:48Z"]);
            let of = |policy| state(&Reading { policy, ..Reading::at(3600, &entry) });
            assert!(of(Some(&some)).is_err(), "{attribute}");
            for policy in [None, Some(&zero)] {
                let is_time = [LAST_LOGIN, CREATED].contains(attribute);
                assert_eq!(of(policy).is_ok(), is_time, "{attribute}");
            }
        }
    }

    #[test]
    fn the_account_policy_says_who_was_away_too_long() {
        let policy = Policy { inactivity: Some(600), ..Policy::default() };
        for (last, created, wanted) in [
            ("19700101004959Z", "19690101000000Z", Expired),
            ("19700101005000Z", "19690101000000Z", Enabled),
            ("", "19700101004959Z", Expired),
            ("", "19700101005000Z", Enabled),
        ] {
            let mut entry = Entry::empty("uid=a,dc=x").with(CREATED, &[created.as_bytes()]);
            if !last.is_empty() {
                entry = entry.with(LAST_LOGIN, &[last.as_bytes()]);
            }
            let reading = Reading { policy: Some(&policy), ..Reading::at(3600, &entry) };
            assert_eq!(state(&reading), Ok(wanted), "{last} {created}");
        }
    }
}
