//! Active Directory (MS-ADTS).

use monk_terms::account_state::AccountState;

use super::reading::Reading;
use crate::outage::Outage;

/// What is asked for.
pub(super) const ATTRIBUTES: &[&str] = &[CONTROL, COMPUTED, EXPIRES, LAST_SET, LOCKED];

const CONTROL: &str = "userAccountControl";
/// What the server works out at the moment of the search (MS-ADTS §3.1.1.4.5.17).
const COMPUTED: &str = "msDS-User-Account-Control-Computed";
const EXPIRES: &str = "accountExpires";
const LAST_SET: &str = "pwdLastSet";
/// When it was locked, and it stays after the end of that: for servers that do not work it out, such as the
/// global catalogue.
const LOCKED: &str = "lockoutTime";

/// Bits of both (MS-ADTS §2.2.16).
const DISABLED: i64 = 0x2;
const LOCKED_OUT: i64 = 0x10;
const DOES_NOT_EXPIRE: i64 = 0x1_0000;
const SMARTCARD_REQUIRED: i64 = 0x4_0000;
const PASSWORD_EXPIRED: i64 = 0x80_0000;

/// What these attributes say.
pub(super) fn state(reading: &Reading<'_>) -> Result<AccountState, Outage> {
    let control = match reading.integer(CONTROL)? {
        None if reading.is_strict => return Err(reading.hidden(CONTROL)),
        control => control.unwrap_or(0),
    };
    let computed = reading.integer(COMPUTED)?;
    let has = |bit| computed.is_some_and(|computed| computed & bit != 0);
    let is_set_by_others = reading.integer(LAST_SET)? == Some(0);
    let keeps_it = control & (DOES_NOT_EXPIRE | SMARTCARD_REQUIRED) != 0;
    let locked_since = reading.windows_time(LOCKED)?;
    let is_locked = computed.is_none()
        && locked_since.is_some()
        && !reading.is_older(locked_since, Some(reading.lockout));
    let parts = [
        (control & DISABLED != 0 || has(DISABLED), AccountState::Disabled),
        (reading.has_come(reading.windows_time(EXPIRES)?), AccountState::Expired),
        (is_locked || has(LOCKED_OUT), AccountState::Locked),
        (is_set_by_others && !keeps_it, AccountState::MustChange),
        (has(PASSWORD_EXPIRED), AccountState::PasswordExpired),
    ];
    let parts = parts.into_iter().filter_map(|(holds, state)| holds.then_some(state));
    Ok(parts.max().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use AccountState::{Disabled, Enabled, Expired, Locked, MustChange, PasswordExpired};

    use super::*;
    use crate::directory::ldap::entry::Entry;

    /// 1970-01-01 01:00, and a second before and after it.
    const NOW: i64 = 3600;
    const NOW_THERE: &str = "116444772000000000";
    const LATER_THERE: &str = "116444772010000000";

    fn entry(values: &[(&str, &str)]) -> Entry {
        let entry = Entry::empty("CN=A,DC=x");
        values.iter().fold(entry, |entry, (name, value)| entry.with(name, &[value.as_bytes()]))
    }

    #[test]
    fn bits_and_times_say_the_state() {
        for (values, wanted) in [
            (&[("userAccountControl", "512")][..], Enabled),
            (&[("userAccountControl", "514")], Disabled),
            (&[(COMPUTED, "0")], Enabled),
            (&[(COMPUTED, "16")], Locked),
            (&[(COMPUTED, "8388608")], PasswordExpired),
            (&[(COMPUTED, "8388624")], Locked),
            (&[(CONTROL, "514"), (COMPUTED, "16")], Disabled),
            (&[(EXPIRES, "0")], Enabled),
            (&[(EXPIRES, "9223372036854775807")], Enabled),
            (&[(EXPIRES, NOW_THERE)], Expired),
            (&[(EXPIRES, LATER_THERE)], Enabled),
            (&[(LAST_SET, "0")], MustChange),
            (&[(LAST_SET, "0"), (COMPUTED, "8388608")], MustChange),
            (&[(LAST_SET, "0"), (CONTROL, "66048")], Enabled),
            (&[(LAST_SET, "0"), (CONTROL, "262656")], Enabled),
            (&[(LAST_SET, NOW_THERE)], Enabled),
            (&[(LOCKED, "0")], Enabled),
            (&[(LOCKED, NOW_THERE)], Locked),
            // The server knows that the lock is over.
            (&[(LOCKED, NOW_THERE), (COMPUTED, "0")], Enabled),
        ] {
            let entry = entry(values);
            assert_eq!(state(&Reading::at(NOW, &entry)), Ok(wanted), "{values:?}");
        }
        for name in ATTRIBUTES {
            assert!(state(&Reading::at(NOW, &entry(&[(name, "soon")]))).is_err(), "{name}");
        }
    }

    #[test]
    fn a_lock_of_the_global_catalogue_ends_as_the_settings_say() {
        let entry = entry(&[(LOCKED, NOW_THERE)]);
        let at = |now, lockout| state(&Reading { lockout, ..Reading::at(now, &entry) });
        assert_eq!(at(NOW + 600, 600), Ok(Locked));
        assert_eq!(at(NOW + 601, 600), Ok(Enabled));
        assert_eq!(at(NOW + 601, 0), Ok(Locked));
    }

    #[test]
    fn an_account_that_hides_whether_it_is_enabled_is_not() {
        let entry = entry(&[(COMPUTED, "0")]);
        let reading = Reading { is_strict: true, ..Reading::at(NOW, &entry) };
        assert!(matches!(state(&reading), Err(Outage::Refused(why)) if why.contains(CONTROL)));
    }
}
