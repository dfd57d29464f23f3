//! In which state an account is, by what the search for the user brings along.
//!
//! | file | what it reads |
//! |---|---|
//! | `ppolicy`, `shadow`, `netscape`, `active_directory`, `freeipa`, `authentik` | the attributes of one kind |
//! | `own`, `matching`, `aliases` | filters and attributes that the administrator names |
//! | `policy`, `policies` | how long a lock or a password lasts, which many users share |
//! | `password_end` | when a password ends, for a warning before it |
//! | `reading` | one attribute as its syntax says |
//!
//! Of several states the greatest counts. docs/account-state.md has the attributes in tables.

mod active_directory;
mod aliases;
mod authentik;
mod freeipa;
mod matching;
mod netscape;
mod own;
mod password_end;
mod policies;
mod policy;
mod ppolicy;
mod reading;
mod shadow;

use monk_terms::account_state::AccountState;

use self::own::Own;
use self::policies::Policies;
use self::policy::Policy;
use self::reading::Reading;
use super::entry::Entry;
use super::servers::Servers;
use super::state_settings::{Means, StateSettings};
use crate::clock;
use crate::deadline::Deadline;
use crate::directory::PasswordEnd;
use crate::outage::Outage;

/// Reads states as the settings say.
pub(super) struct States {
    means: Vec<Means>,
    own: Own,
    policies: Policies,
    lockout: u64,
    is_strict: bool,
}

impl States {
    /// Takes the settings. Where `is_strict`, an entry that does not say whether it is enabled is an outage, if
    /// such a directory always says it.
    ///
    /// # Errors
    /// [`Outage::Setup`] when a filter cannot work.
    pub fn of(settings: &StateSettings, is_strict: bool) -> Result<Self, Outage> {
        let means = settings.means.clone().unwrap_or_else(|| Means::ALL.to_vec());
        let default_policy = match settings.default_policy.as_deref() {
            Some("") => {
                return Err(Outage::Setup("[ldap.state] default_policy is empty".to_owned()));
            }
            other => other.map(str::to_owned),
        };
        Ok(Self {
            own: Own::of(settings)?,
            policies: Policies::new(default_policy),
            lockout: settings.lockout_seconds.unwrap_or(0),
            means,
            is_strict,
        })
    }

    /// The attributes that the search for a user has to bring along, each once.
    pub fn attributes(&self) -> Vec<String> {
        let of_means = |means: &Means| [attributes(*means), password_end::attributes(*means)];
        let means = self.means.iter().flat_map(of_means).flatten().copied();
        let mut names: Vec<String> = Vec::new();
        for name in means.chain(self.own.attributes()) {
            if !names.iter().any(|known| known.eq_ignore_ascii_case(name)) {
                names.push(name.to_owned());
            }
        }
        names
    }

    /// Which means there are.
    pub fn means(&self) -> &[Means] {
        &self.means
    }

    /// The attributes of all means, with the means.
    pub fn attributes_of_means(&self) -> impl Iterator<Item = (Means, &'static str)> {
        let means = self.means.iter().copied();
        means.flat_map(|means| attributes(means).iter().map(move |name| (means, *name)))
    }

    /// The policy of users whose entry names none.
    pub fn default_policy(&self) -> Option<&str> {
        self.policies.default()
    }

    /// The state of a user's account. A policy that it depends on is read once in a few minutes.
    ///
    /// # Errors
    /// [`Outage::Refused`] when an attribute cannot be read; others when a policy cannot.
    pub async fn of_entry(
        &self,
        entry: &Entry,
        servers: &Servers,
        deadline: Deadline,
    ) -> Result<AccountState, Outage> {
        let has_policies =
            self.means.iter().any(|means| matches!(means, Means::Ppolicy | Means::Netscape));
        let policy = match has_policies {
            true => self.policies.of(entry, servers, deadline).await?,
            false => None,
        };
        let now = i64::try_from(clock::now()).unwrap_or(i64::MAX);
        self.judge(entry, policy.as_ref(), now)
    }

    /// When the password ends, as far as the entry and its policy say so.
    pub async fn password_end(
        &self,
        entry: &Entry,
        servers: &Servers,
        deadline: Deadline,
    ) -> Option<PasswordEnd> {
        let policy = match self.means.contains(&Means::Ppolicy) {
            true => self.policies.of(entry, servers, deadline).await.ok().flatten(),
            false => None,
        };
        let now = i64::try_from(clock::now()).unwrap_or(i64::MAX);
        let (lockout, is_strict) = (self.lockout, self.is_strict);
        let reading = Reading { entry, now, policy: policy.as_ref(), lockout, is_strict };
        password_end::of(&self.means, &reading)
    }

    fn judge(
        &self,
        entry: &Entry,
        policy: Option<&Policy>,
        now: i64,
    ) -> Result<AccountState, Outage> {
        let (lockout, is_strict) = (self.lockout, self.is_strict);
        let reading = Reading { entry, now, policy, lockout, is_strict };
        let mut greatest = self.own.state(&reading)?;
        for means in &self.means {
            greatest = greatest.max(state(*means, &reading)?);
        }
        Ok(greatest)
    }
}

fn attributes(means: Means) -> &'static [&'static str] {
    match means {
        Means::Ppolicy => ppolicy::ATTRIBUTES,
        Means::Shadow => shadow::ATTRIBUTES,
        Means::Netscape => netscape::ATTRIBUTES,
        Means::ActiveDirectory => active_directory::ATTRIBUTES,
        Means::FreeIpa => freeipa::ATTRIBUTES,
        Means::Authentik => authentik::ATTRIBUTES,
    }
}

fn state(means: Means, reading: &Reading<'_>) -> Result<AccountState, Outage> {
    match means {
        Means::Ppolicy => ppolicy::state(reading),
        Means::Shadow => shadow::state(reading),
        Means::Netscape => netscape::state(reading),
        Means::ActiveDirectory => active_directory::state(reading),
        Means::FreeIpa => freeipa::state(reading),
        Means::Authentik => authentik::state(reading),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn states(settings: &str, is_strict: bool) -> States {
        States::of(&toml::from_str(settings).expect("settings"), is_strict).expect("states")
    }

    #[test]
    fn without_settings_all_means_are_read_and_the_greatest_state_counts() {
        let states = states("", false);
        let entry = || {
            Entry::empty("uid=a,dc=x")
                .with("shadowLastChange", &[b"0"])
                .with("pwdAccountLockedTime", &[b"19700101000000Z"])
        };
        assert_eq!(states.judge(&entry(), None, 3600), Ok(AccountState::Locked));
        for (name, value, wanted) in [
            ("nsAccountLock", "TRUE", AccountState::Disabled),
            ("userAccountControl", "514", AccountState::Disabled),
            ("krbPrincipalExpiration", "19700101000000Z", AccountState::Expired),
            ("ak-active", "FALSE", AccountState::Disabled),
        ] {
            let entry = entry().with(name, &[value.as_bytes()]);
            assert_eq!(states.judge(&entry, None, 3600), Ok(wanted), "{name}");
        }
        assert_eq!(
            states.judge(&Entry::empty("uid=a,dc=x"), None, 3600),
            Ok(AccountState::Enabled)
        );
    }

    #[test]
    fn times_of_another_form_stop_nobody_where_no_limit_needs_them() {
        // lldap writes the time of creation so.
        let entry = Entry::empty("uid=a,dc=x")
            .with("createTimestamp", &[b"2026-11-27T02:51:48.123456789+00:00"])
            .with("pwdChangedTime", &[b"2026-11-27T02:51:48.123456789+00:00"]);
        assert_eq!(states("", false).judge(&entry, None, 3600), Ok(AccountState::Enabled));
    }

    #[test]
    fn only_the_means_of_the_settings_are_asked_for_and_read() {
        let states = states(
            "means = [\"freeipa\", \"389ds\"]\nexpired = \"(&(left=*)(NSACCOUNTLOCK=x))\"",
            false,
        );
        let names = states.attributes();
        assert!(!names.iter().any(|name| name.starts_with("shadow")), "{names:?}");
        for name in ["krbPasswordExpiration", "accountUnlockTime", "left"] {
            assert!(names.iter().any(|known| known == name), "{name} of {names:?}");
        }
        let locks = names.iter().filter(|name| name.eq_ignore_ascii_case("nsAccountLock"));
        assert_eq!(locks.count(), 1, "{names:?}");
        let entry = Entry::empty("uid=a,dc=x").with("shadowExpire", &[b"1"]);
        assert_eq!(states.judge(&entry, None, 1_000_000), Ok(AccountState::Enabled));
    }

    #[test]
    fn means_have_the_names_of_the_settings() {
        for means in Means::ALL {
            let settings = format!("means = [\"{}\"]", means.as_str());
            assert_eq!(states(&settings, false).means, [means]);
        }
        let passwords = |names: Vec<String>| names.iter().any(|name| name == "userPassword");
        assert!(!passwords(states("", false).attributes()), "hashes are nobody's by default");
        let asked = states("disabled = \"(userPassword={CRYPT}!*)\"", false);
        assert!(passwords(asked.attributes()));
    }

    #[test]
    fn the_shipped_rules_for_389_show_every_attribute_of_its_states() {
        let rules = include_str!("../../../../../config/ldap/389ds/access.ldif");
        let allows = |rule: &str| -> Vec<String> {
            let rule = rules.lines().find(|line| line.contains(&format!("acl \"{rule}\"")));
            let (names, _) = rule.and_then(|rule| rule.split_once("\")(")).expect("a rule");
            let (_, names) = names.split_once("(targetattr=\"").expect("attributes");
            names.split(" || ").map(str::to_owned).collect()
        };
        let (people, groups) =
            (allows("monk finds people and their state"), allows("monk finds groups"));
        let both = [people.clone(), allows("monk reads what FreeIPA adds")].concat();
        for (means, shown) in
            [(Means::Netscape, &people), (Means::Shadow, &people), (Means::FreeIpa, &both)]
        {
            for name in attributes(means) {
                assert!(shown.iter().any(|shown| shown == name), "{name}");
            }
        }
        assert!(both.contains(&"ipaUniqueID".to_owned()));
        // What primary groups, and groups in groups, are found by.
        assert!(people.contains(&"gidNumber".to_owned()));
        for name in ["gidNumber", "memberOf"] {
            assert!(groups.contains(&name.to_owned()), "{name}");
        }
    }

    #[test]
    fn an_empty_policy_is_refused() {
        let settings = toml::from_str("default_policy = \"\"").expect("settings");
        assert!(States::of(&settings, false).is_err());
    }
}
