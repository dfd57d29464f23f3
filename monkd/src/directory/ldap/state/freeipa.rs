//! `FreeIPA`: 389 Directory Server, with the accounts of its Kerberos.
//!
//! How many wrong passwords lock an account stands in the entry only as a count of each server, so that lock
//! is seen in the bind alone.

use monk_terms::account_state::AccountState;

use super::netscape;
use super::reading::Reading;
use crate::outage::Outage;

/// What is asked for.
pub(super) const ATTRIBUTES: &[&str] = &[netscape::SWITCHED_OFF, PASSWORD_EXPIRES, EXPIRES];

const PASSWORD_EXPIRES: &str = "krbPasswordExpiration";
const EXPIRES: &str = "krbPrincipalExpiration";

/// What these attributes say.
pub(super) fn state(reading: &Reading<'_>) -> Result<AccountState, Outage> {
    let (password, account) = (reading.time(PASSWORD_EXPIRES)?, reading.time(EXPIRES)?);
    Ok(if reading.booleans(netscape::SWITCHED_OFF)?.0 {
        AccountState::Disabled
    } else if reading.has_come(account) {
        AccountState::Expired
    } else if reading.has_come(password) {
        AccountState::PasswordExpired
    } else {
        AccountState::Enabled
    })
}

#[cfg(test)]
mod tests {
    use AccountState::{Disabled, Enabled, Expired, PasswordExpired};

    use super::*;
    use crate::directory::ldap::entry::Entry;

    #[test]
    fn the_attributes_of_the_entry_say_the_state() {
        for (attribute, value, wanted) in [
            ("nsAccountLock", "TRUE", Disabled),
            ("nsAccountLock", "FALSE", Enabled),
            ("krbPasswordExpiration", "19700101010000Z", PasswordExpired),
            ("krbPasswordExpiration", "19700101010001Z", Enabled),
            ("krbPrincipalExpiration", "19700101010000Z", Expired),
            ("krbPrincipalExpiration", "19010101010000Z", Expired),
            ("krbPrincipalExpiration", "19700101010001Z", Enabled),
        ] {
            let entry = Entry::empty("uid=a,dc=x").with(attribute, &[value.as_bytes()]);
            assert_eq!(state(&Reading::at(3600, &entry)), Ok(wanted), "{attribute} {value}");
        }
        for attribute in ATTRIBUTES {
            let entry = Entry::empty("uid=a,dc=x").with(attribute, &[b"soon"]);
            assert!(state(&Reading::at(3600, &entry)).is_err(), "{attribute}");
        }
    }
}
