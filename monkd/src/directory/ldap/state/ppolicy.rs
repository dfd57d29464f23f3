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

/// How far monk's clock may be behind that of the directory, in seconds. A lock that has just been written would
/// else be one that is to begin later.
const CLOCK_TOLERANCE: i64 = 300;

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
        (Some(since), _) if since > reading.now.saturating_add(CLOCK_TOLERANCE) => false,
        (since, duration) => !reading.is_older(since, Some(duration)),
    };
    let is_paused = pause.is_some_and(|end| end > reading.now);
    Ok(if is_locked || is_paused { AccountState::Locked } else { AccountState::Enabled })
}

/// Too long without a login. As in slapd, only a policy that locks accounts has this limit, and only where logins
/// are recorded: an entry without the time of one does not show that they are.
fn is_idle(reading: &Reading<'_>) -> Result<bool, Outage> {
    let locking = reading.policy.filter(|policy| policy.lockout == Some(true));
    let Some(limit @ 1..) = locking.and_then(|policy| policy.max_idle) else {
        return Ok(false);
    };
    let last = reading.time(LAST_SUCCESS)?.max(reading.time(LAST_BIND)?);
    Ok(reading.is_older(last, Some(limit)))
}

fn aged(reading: &Reading<'_>) -> Result<AccountState, Outage> {
    let Some(limit @ 1..) = reading.policy.and_then(|policy| policy.max_age) else {
        return Ok(AccountState::Enabled);
    };
    let is_old = reading.is_older(reading.time(CHANGED)?, Some(limit));
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
            ("pwdAccountLockedTime", "19700101010500Z", Locked),
            ("pwdAccountLockedTime", "19700101010501Z", Enabled),
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
    }

    #[test]
    fn what_cannot_be_read_is_an_outage_and_times_are_read_only_for_a_limit() {
        let limits = |limit| Policy {
            lockout: Some(true),
            max_age: limit,
            max_idle: limit,
            ..Policy::default()
        };
        let (some, zero) = (limits(Some(600)), limits(Some(0)));
        for attribute in ATTRIBUTES.iter().filter(|name| **name != policy::OF_PASSWORDS) {
            assert!(of(attribute, "soon", Some(&some), 0).is_err(), "{attribute}");
            for policy in [None, Some(&zero)] {
                let is_limited = [CHANGED, LAST_SUCCESS, LAST_BIND].contains(attribute);
                assert_eq!(of(attribute, "soon", policy, 0).is_ok(), is_limited, "{attribute}");
            }
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
        let idle = policy(Some(true), None, None, Some(600));
        let idle_without_locks = policy(Some(false), None, None, Some(600));
        let idle_by_default = policy(None, None, None, Some(600));
        for (attribute, value, policy, wanted) in [
            ("pwdAccountLockedTime", "19700101005000Z", &ten, Locked),
            ("pwdAccountLockedTime", "19700101004959Z", &ten, Enabled),
            ("pwdAccountLockedTime", "19700101000000Z", &for_ever, Locked),
            // The clock of the directory is ahead of monk's.
            ("pwdAccountLockedTime", "19700101010500Z", &ten, Locked),
            ("pwdAccountLockedTime", "19700101010501Z", &ten, Enabled),
            ("pwdAccountLockedTime", "19700101010500Z", &for_ever, Locked),
            ("pwdAccountLockedTime", "19700101010501Z", &for_ever, Enabled),
            ("pwdAccountLockedTime", "19700101005959Z", &off, Enabled),
            ("pwdAccountLockedTime", "000001010000Z", &off, Disabled),
            ("pwdAccountTmpLockoutEnd", "19700101020000Z", &off, Enabled),
            ("pwdChangedTime", "19700101004959Z", &aged, PasswordExpired),
            ("pwdChangedTime", "19700101005000Z", &aged, Enabled),
            ("pwdLastSuccess", "19700101004959Z", &idle, Expired),
            ("authTimestamp", "19700101004959Z", &idle, Expired),
            ("pwdLastSuccess", "19700101005000Z", &idle, Enabled),
            ("pwdLastSuccess", "19700101004959Z", &idle_without_locks, Enabled),
            ("pwdLastSuccess", "19700101004959Z", &idle_by_default, Enabled),
            // slapd may record no logins.
            ("pwdChangedTime", "19700101004959Z", &idle, Enabled),
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
        let policy = Policy { lockout: Some(true), max_idle: Some(600), ..Policy::default() };
        let entry = Entry::empty("uid=a,dc=x")
            .with("authTimestamp", &[b"19700101000000Z"])
            .with("pwdChangedTime", &[b"19700101000000Z"])
            .with("pwdLastSuccess", &[b"19700101005500Z"]);
        let reading = Reading { policy: Some(&policy), ..Reading::at(NOW, &entry) };
        assert_eq!(state(&reading), Ok(Enabled));
    }
}
