//! The class `shadowAccount` of RFC 2307, as shadow(5) and pam_unix understand it.

use monk_terms::account_state::AccountState;

use super::reading::Reading;
use crate::outage::Outage;

/// What is asked for.
pub(super) const ATTRIBUTES: &[&str] = &[EXPIRE, LAST_CHANGE, MAX, INACTIVE];

/// The day from which the account has ended; less than 0 is never. 0 is 1 January 1970, as for pam_unix.
const EXPIRE: &str = "shadowExpire";
/// The day of the last change of the password; 0 is that it has to be changed now.
const LAST_CHANGE: &str = "shadowLastChange";
/// Days after which a password has expired; less than 0 is never.
const MAX: &str = "shadowMax";
/// Days after that in which the password can still be changed; less than 0 is for ever.
const INACTIVE: &str = "shadowInactive";

const SECONDS_OF_A_DAY: i64 = 24 * 60 * 60;

/// What these attributes say.
pub(super) fn state(reading: &Reading<'_>) -> Result<AccountState, Outage> {
    let today = reading.now.div_euclid(SECONDS_OF_A_DAY);
    let days = |name| Ok(reading.integer(name)?.filter(|days| *days >= 0));
    let (expire, changed) = (days(EXPIRE)?, days(LAST_CHANGE)?);
    let (max, inactive) = (days(MAX)?, days(INACTIVE)?);
    if expire.is_some_and(|day| day <= today) {
        return Ok(AccountState::Expired);
    }
    let (changed, max) = match (changed, max) {
        (Some(0), _) => return Ok(AccountState::MustChange),
        (Some(changed), Some(max)) => (changed, max),
        _ => return Ok(AccountState::Enabled),
    };
    let age = today.saturating_sub(changed);
    Ok(match inactive {
        _ if age <= max => AccountState::Enabled,
        Some(inactive) if age > max.saturating_add(inactive) => AccountState::Expired,
        _ => AccountState::PasswordExpired,
    })
}

#[cfg(test)]
mod tests {
    use AccountState::{Enabled, Expired, MustChange, PasswordExpired};

    use super::*;
    use crate::directory::ldap::entry::Entry;

    #[test]
    fn days_say_the_state() {
        let of = |values: [&str; 4]| {
            let mut entry = Entry::empty("uid=a,dc=x");
            for (name, value) in ATTRIBUTES.iter().zip(values) {
                if !value.is_empty() {
                    entry = entry.with(name, &[value.as_bytes()]);
                }
            }
            // The last second of day 100.
            state(&Reading::at(101 * SECONDS_OF_A_DAY - 1, &entry))
        };
        for (expire, changed, max, inactive, wanted) in [
            ("", "", "", "", Enabled),
            ("-1", "", "", "", Enabled),
            ("101", "", "", "", Enabled),
            ("100", "", "", "", Expired),
            ("0", "", "", "", Expired),
            ("", "0", "", "", MustChange),
            ("100", "0", "", "", Expired),
            ("", "90", "10", "", Enabled),
            ("", "89", "10", "", PasswordExpired),
            ("", "89", "10", "0", Expired),
            ("", "89", "10", "1", PasswordExpired),
            ("", "88", "10", "1", Expired),
            ("", "88", "10", "-1", PasswordExpired),
            ("", "1", "-1", "", Enabled),
            ("", "1", "99999", "", Enabled),
            ("", "-1", "10", "", Enabled),
            ("", "200", "10", "", Enabled),
            ("", "1", "9223372036854775807", "9223372036854775807", Enabled),
        ] {
            let values = [expire, changed, max, inactive];
            assert_eq!(of(values), Ok(wanted), "{values:?}");
        }
        assert!(of(["never", "", "", ""]).is_err());
        assert!(of(["", "", "x", ""]).is_err());
    }
}
