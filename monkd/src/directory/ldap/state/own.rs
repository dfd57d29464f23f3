//! What the administrator says of the state: filters, and attributes with a time.

use monk_terms::account_state::AccountState;

use super::matching::Matcher;
use super::reading::Reading;
use crate::directory::ldap::state_settings::StateSettings;
use crate::outage::Outage;

/// The filters and attributes of the settings.
pub(super) struct Own {
    filters: Vec<(AccountState, Matcher)>,
    valid_from: Vec<String>,
    valid_until: Vec<String>,
}

impl Own {
    /// Takes the settings.
    ///
    /// # Errors
    /// [`Outage::Setup`] when a filter or a name cannot work.
    pub fn of(settings: &StateSettings) -> Result<Self, Outage> {
        let mut filters = Vec::new();
        for (key, filter, state) in [
            ("disabled", &settings.disabled, AccountState::Disabled),
            ("expired", &settings.expired, AccountState::Expired),
            ("locked", &settings.locked, AccountState::Locked),
            ("must_change", &settings.must_change, AccountState::MustChange),
            ("password_expired", &settings.password_expired, AccountState::PasswordExpired),
        ] {
            if let Some(filter) = filter {
                filters.push((state, Matcher::parse(key, filter)?));
            }
        }
        for (key, names) in
            [("valid_from", &settings.valid_from), ("valid_until", &settings.valid_until)]
        {
            for name in names {
                // Only the name of an attribute makes a filter of this.
                let as_filter = Matcher::parse(key, &format!("({name}=*)"))?;
                if as_filter != Matcher::Present(name.clone()) {
                    let why = "name attributes with a time";
                    return Err(Outage::Setup(format!("[ldap.state] {key}: {why}")));
                }
            }
        }
        let (valid_from, valid_until) = (settings.valid_from.clone(), settings.valid_until.clone());
        Ok(Self { filters, valid_from, valid_until })
    }

    /// The attributes that it looks at.
    pub fn attributes(&self) -> impl Iterator<Item = &str> {
        let filters = self.filters.iter().flat_map(|(_, filter)| filter.attributes());
        filters.chain(self.valid_from.iter().chain(&self.valid_until).map(String::as_str))
    }

    /// What the entry says by these.
    pub fn state(&self, reading: &Reading<'_>) -> Result<AccountState, Outage> {
        let mut state = AccountState::Enabled;
        for (meant, filter) in &self.filters {
            if filter.matches(reading)? {
                state = state.max(*meant);
            }
        }
        for name in &self.valid_from {
            if reading.time(name)?.is_some_and(|begins| begins > reading.now) {
                state = state.max(AccountState::Expired);
            }
        }
        for name in &self.valid_until {
            if reading.has_come(reading.time(name)?) {
                state = state.max(AccountState::Expired);
            }
        }
        Ok(state)
    }
}

#[cfg(test)]
mod tests {
    use AccountState::{Disabled, Enabled, Expired, Locked, MustChange, PasswordExpired};

    use super::*;
    use crate::directory::ldap::entry::Entry;

    fn own(settings: &str) -> Result<Own, Outage> {
        Own::of(&toml::from_str(settings).expect("settings"))
    }

    #[test]
    fn each_setting_means_its_state_and_the_greatest_counts() {
        let settings = "disabled = \"(a=1)\"\nexpired = \"(b=1)\"\nlocked = \"(c=1)\"\n\
                        must_change = \"(d=1)\"\npassword_expired = \"(e=1)\"\n\
                        valid_from = [\"from\"]\nvalid_until = [\"until\", \"end\"]";
        let own = own(settings).expect("settings");
        let names: Vec<&str> = own.attributes().collect();
        assert_eq!(names, ["a", "b", "c", "d", "e", "from", "until", "end"]);
        for (values, wanted) in [
            (&[("a", "1")][..], Ok(Disabled)),
            (&[("b", "1")], Ok(Expired)),
            (&[("c", "1")], Ok(Locked)),
            (&[("d", "1")], Ok(MustChange)),
            (&[("e", "1")], Ok(PasswordExpired)),
            (&[("e", "1"), ("c", "1")], Ok(Locked)),
            (&[("c", "1"), ("a", "1"), ("end", "19700101000000Z")], Ok(Disabled)),
            (&[("a", "2")], Ok(Enabled)),
            (&[("from", "19700101010000Z")], Ok(Enabled)),
            (&[("from", "19700101010001Z")], Ok(Expired)),
            (&[("until", "19700101010000Z")], Ok(Expired)),
            (&[("until", "19700101010001Z")], Ok(Enabled)),
            (&[("end", "19700101010000Z")], Ok(Expired)),
        ] {
            let entry = Entry::empty("uid=x,dc=x");
            let entry = values
                .iter()
                .fold(entry, |entry, (name, value)| entry.with(name, &[value.as_bytes()]));
            assert_eq!(own.state(&Reading::at(3600, &entry)), wanted, "{values:?}");
        }
        let entry = Entry::empty("uid=x,dc=x").with("until", &[b"soon"]);
        assert!(own.state(&Reading::at(3600, &entry)).is_err());
    }

    #[test]
    fn what_is_no_attribute_is_refused() {
        for settings in [
            "valid_until = [\"\"]",
            "valid_until = [\"a=b)(c\"]",
            "valid_until = [\"a;b\"]",
            "valid_from = [\"a=b\"]",
            "disabled = \"nonsense\"",
        ] {
            assert!(matches!(own(settings), Err(Outage::Setup(_))), "{settings}");
        }
    }
}
