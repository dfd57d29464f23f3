//! The password policy of OpenLDAP's overlay (draft-behera-ldap-password-policy-10 §5.3).

use monk_terms::account_state::AccountState;

use super::policy;
use super::reading::Reading;
use crate::outage::Outage;

/// What is asked for.
pub(super) const ATTRIBUTES: &[&str] =
    &[LOCKED, PAUSED, STARTS, ENDS, RESET, CHANGED, LAST_SUCCESS, LAST_BIND, policy::OF_PASSWORDS];

const LOCKED: &str = "pwdAccountLockedTime";
/// Until when slapd waits after a wrong password (`pwdMinDelay`).
const PAUSED: &str = "pwdAccountTmpLockoutEnd";
const STARTS: &str = "pwdStartTime";
const ENDS: &str = "pwdEndTime";
const RESET: &str = "pwdReset";
const CHANGED: &str = "pwdChangedTime";
/// Written by `olcLastBind` since OpenLDAP 2.5.
const LAST_SUCCESS: &str = "pwdLastSuccess";
/// Written by the overlay lastbind before.
const LAST_BIND: &str = "authTimestamp";

/// What these attributes say.
pub(super) fn state(reading: &Reading<'_>) -> Result<AccountState, Outage> {
    let (starts, ends) = (reading.time(STARTS)?, reading.time(ENDS)?);
    let is_over = reading.has_come(ends) || starts.is_some_and(|starts| starts > reading.now);
    let parts = [
        locked(reading)?,
        if is_over || is_idle(reading)? { AccountState::Expired } else { AccountState::Enabled },
        if reading.booleans(RESET)?.0 { AccountState::MustChange } else { AccountState::Enabled },
        aged(reading)?,
    ];
    Ok(parts.into_iter().max().unwrap_or_default())
}

/// slapd keeps the time of a lock until the next good bind, so it may stand there when the lock is over.
fn locked(reading: &Reading<'_>) -> Result<AccountState, Outage> {
    // The year 0 is the administrator's lock, for ever.
    if reading.only(LOCKED)?.is_some_and(|time| time.starts_with("0000")) {
        return Ok(AccountState::Disabled);
    }
    let (since, pause) = (reading.time(LOCKED)?, reading.time(PAUSED)?);
    if reading.policy.is_some_and(|policy| policy.lockout == Some(false)) {
        return Ok(AccountState::Enabled);
    }
    let duration = reading.policy.and_then(|policy| policy.lockout_duration);
    let is_locked = match (since, duration.unwrap_or(reading.lockout)) {
        (None, _) => false,
        // One that is to begin later is not in effect yet.
        (Some(since), 0) => since <= reading.now,
        (Some(since), duration) => {
            since <= reading.now && !reading.is_older(Some(since), Some(duration))
        }
    };
    let is_paused = pause.is_some_and(|end| end > reading.now);
    Ok(if is_locked || is_paused { AccountState::Locked } else { AccountState::Enabled })
}

/// Too long without a login; since the last password, where there was none yet.
fn is_idle(reading: &Reading<'_>) -> Result<bool, Outage> {
    let last = reading.time(LAST_SUCCESS)?.max(reading.time(LAST_BIND)?);
    let last = last.or(reading.time(CHANGED)?);
    Ok(reading.is_older(last, reading.policy.and_then(|policy| policy.max_idle)))
}

fn aged(reading: &Reading<'_>) -> Result<AccountState, Outage> {
    let max_age = reading.policy.and_then(|policy| policy.max_age);
    let is_old = reading.is_older(reading.time(CHANGED)?, max_age);
    Ok(if is_old { AccountState::PasswordExpired } else { AccountState::Enabled })
}

#[cfg(test)]
mod tests {
    use AccountState::{Disabled, Enabled, Expired, Locked, MustChange, PasswordExpired};

    use super::super::policy::Policy;
    use super::*;
    use crate::directory::ldap::entry::Entry;

    /// 1970-01-01 01:00.
    const NOW: i64 = 3600;

    fn of(
        attribute: &str,
        value: &str,
        policy: Option<&Policy>,
        lockout: u64,
    ) -> Result<AccountState, Outage> {
        let entry = Entry::empty("uid=a,dc=x").with(attribute, &[value.as_bytes()]);
        state(&Reading { policy, lockout, ..Reading::at(NOW, &entry) })
    }

    #[test]
    fn the_attributes_of_the_entry_say_the_state() {
        for (attribute, value, wanted) in [
            ("pwdAccountLockedTime", "000001010000Z", Disabled),
            ("pwdAccountLockedTime", "00000101000000Z", Disabled),
            ("pwdAccountLockedTime", "19700101000000Z", Locked),
            ("pwdAccountLockedTime", "19700101010000Z", Locked),
            ("pwdAccountLockedTime", "19700101010001Z", Enabled),
            ("pwdAccountTmpLockoutEnd", "19700101010001Z", Locked),
            ("pwdAccountTmpLockoutEnd", "19700101010000Z", Enabled),
            ("pwdEndTime", "19700101010000Z", Expired),
            ("pwdEndTime", "19700101010001Z", Enabled),
            ("pwdStartTime", "19700101010001Z", Expired),
            ("pwdStartTime", "19700101010000Z", Enabled),
            ("pwdReset", "TRUE", MustChange),
            ("pwdReset", "FALSE", Enabled),
            ("pwdChangedTime", "19690101000000Z", Enabled),
            ("pwdLastSuccess", "19690101000000Z", Enabled),
        ] {
            assert_eq!(of(attribute, value, None, 0), Ok(wanted), "{attribute} {value}");
        }
        for attribute in ATTRIBUTES.iter().filter(|name| **name != policy::OF_PASSWORDS) {
            assert!(of(attribute, "soon", None, 0).is_err(), "{attribute}");
        }
    }

    #[test]
    fn the_policy_says_how_long() {
        let policy = |lockout, lockout_duration, max_age, max_idle| Policy {
            lockout,
            lockout_duration,
            max_age,
            max_idle,
            ..Policy::default()
        };
        let ten = policy(Some(true), Some(600), None, None);
        let for_ever = policy(Some(true), Some(0), None, None);
        let off = policy(Some(false), None, None, None);
        let aged = policy(None, None, Some(600), None);
        let idle = policy(None, None, None, Some(600));
        for (attribute, value, policy, wanted) in [
            ("pwdAccountLockedTime", "19700101005000Z", &ten, Locked),
            ("pwdAccountLockedTime", "19700101004959Z", &ten, Enabled),
            ("pwdAccountLockedTime", "19700101000000Z", &for_ever, Locked),
            ("pwdAccountLockedTime", "19700101005959Z", &off, Enabled),
            ("pwdAccountLockedTime", "000001010000Z", &off, Disabled),
            ("pwdAccountTmpLockoutEnd", "19700101020000Z", &off, Enabled),
            ("pwdChangedTime", "19700101004959Z", &aged, PasswordExpired),
            ("pwdChangedTime", "19700101005000Z", &aged, Enabled),
            ("pwdLastSuccess", "19700101004959Z", &idle, Expired),
            ("authTimestamp", "19700101004959Z", &idle, Expired),
            ("pwdLastSuccess", "19700101005000Z", &idle, Enabled),
            ("pwdChangedTime", "19700101004959Z", &idle, Expired),
            ("pwdChangedTime", "19700101005000Z", &idle, Enabled),
        ] {
            assert_eq!(of(attribute, value, Some(policy), 0), Ok(wanted), "{attribute} {value}");
        }
    }

    #[test]
    fn a_lock_that_says_no_end_has_the_end_of_the_settings_and_else_none() {
        let since = "19700101004959Z";
        assert_eq!(of("pwdAccountLockedTime", since, None, 600), Ok(Enabled));
        assert_eq!(of("pwdAccountLockedTime", since, None, 601), Ok(Locked));
        assert_eq!(of("pwdAccountLockedTime", since, None, 0), Ok(Locked));
        let policy = Policy { lockout_duration: Some(601), ..Policy::default() };
        assert_eq!(of("pwdAccountLockedTime", since, Some(&policy), 1), Ok(Locked));
    }

    #[test]
    fn the_last_login_is_the_later_of_two() {
        let policy = Policy { max_idle: Some(600), ..Policy::default() };
        let entry = Entry::empty("uid=a,dc=x")
            .with("authTimestamp", &[b"19700101000000Z"])
            .with("pwdChangedTime", &[b"19700101000000Z"])
            .with("pwdLastSuccess", &[b"19700101005500Z"]);
        let reading = Reading { policy: Some(&policy), ..Reading::at(NOW, &entry) };
        assert_eq!(state(&reading), Ok(Enabled));
    }
}
