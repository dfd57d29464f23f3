//! The LDAP outpost of authentik.

use monk_terms::account_state::AccountState;

use super::reading::Reading;
use crate::outage::Outage;

/// What is asked for: the same under two names, of which versions send one or both.
pub(super) const ATTRIBUTES: &[&str] = &["ak-active", "goauthentik.io/ldap/active"];

/// What these attributes say.
pub(super) fn state(reading: &Reading<'_>) -> Result<AccountState, Outage> {
    let (mut yes, mut no) = (false, false);
    for name in ATTRIBUTES {
        let (is_true, is_false) = reading.booleans(name)?;
        yes |= is_true;
        no |= is_false;
    }
    match (yes, no) {
        (_, true) => Ok(AccountState::Disabled),
        (false, false) if reading.is_strict => Err(reading.hidden(ATTRIBUTES[0])),
        _ => Ok(AccountState::Enabled),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::directory::ldap::entry::Entry;

    #[test]
    fn an_account_that_is_not_active_is_disabled() {
        let user = || Entry::empty("cn=a,dc=x");
        for name in ATTRIBUTES {
            for (value, wanted) in [
                ("TRUE", Ok(AccountState::Enabled)),
                ("true", Ok(AccountState::Enabled)),
                ("false", Ok(AccountState::Disabled)),
                ("FALSE", Ok(AccountState::Disabled)),
            ] {
                let entry = user().with(name, &[value.as_bytes()]);
                assert_eq!(state(&Reading::at(0, &entry)), wanted, "{name} {value}");
            }
            assert!(state(&Reading::at(0, &user().with(name, &[b"maybe"]))).is_err());
        }
        let both = user().with(ATTRIBUTES[0], &[b"TRUE"]).with(ATTRIBUTES[1], &[b"false"]);
        assert_eq!(state(&Reading::at(0, &both)), Ok(AccountState::Disabled));
        let silent = user();
        assert_eq!(state(&Reading::at(0, &silent)), Ok(AccountState::Enabled));
        let strict = Reading { is_strict: true, ..Reading::at(0, &silent) };
        assert!(state(&strict).is_err());
    }
}
