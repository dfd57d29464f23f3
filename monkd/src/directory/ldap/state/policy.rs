//! What the entry of a policy says, which many users share.

use crate::directory::ldap::entry::Entry;
use crate::outage::Outage;

/// The attribute of a user's entry that names the entry of the password policy.
pub(super) const OF_PASSWORDS: &str = "pwdPolicySubentry";
/// The attribute of a user's entry that names the entry of 389's account policy.
pub(super) const OF_ACCOUNTS: &str = "acctPolicySubentry";

const LOCKOUT: &str = "pwdLockout";
const LOCKOUT_DURATION: &str = "pwdLockoutDuration";
const MAX_AGE: &str = "pwdMaxAge";
const MAX_IDLE: &str = "pwdMaxIdle";
const INACTIVITY: &str = "accountInactivityLimit";

/// What is asked for.
pub(super) const ATTRIBUTES: [&str; 5] = [LOCKOUT, LOCKOUT_DURATION, MAX_AGE, MAX_IDLE, INACTIVITY];

/// What a policy says, as far as it matters here. All times are in seconds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Policy {
    /// Whether wrong passwords lock accounts.
    pub lockout: Option<bool>,
    /// How long; 0 is for ever.
    pub lockout_duration: Option<u64>,
    /// How long a password is good; 0 is for ever.
    pub max_age: Option<u64>,
    /// How long an account is open without a login; 0 is for ever.
    pub max_idle: Option<u64>,
    /// The same, in the account policy of 389.
    pub inactivity: Option<u64>,
}

impl Policy {
    /// Reads the entry of a policy.
    pub fn of(entry: &Entry) -> Result<Self, Outage> {
        let text = |name| match entry.values(name)[..] {
            [] => Ok(None),
            [value] => std::str::from_utf8(value).map(Some).map_err(|_| unreadable(entry, name)),
            _ => Err(unreadable(entry, name)),
        };
        let seconds = |name| match text(name)? {
            None => Ok(None),
            Some(text) => text.trim().parse().map(Some).map_err(|_| unreadable(entry, name)),
        };
        let lockout = match text(LOCKOUT)? {
            None => None,
            Some(text) if text.eq_ignore_ascii_case("TRUE") => Some(true),
            Some(text) if text.eq_ignore_ascii_case("FALSE") => Some(false),
            Some(_) => return Err(unreadable(entry, LOCKOUT)),
        };
        Ok(Self {
            lockout,
            lockout_duration: seconds(LOCKOUT_DURATION)?,
            max_age: seconds(MAX_AGE)?,
            max_idle: seconds(MAX_IDLE)?,
            inactivity: seconds(INACTIVITY)?,
        })
    }

    /// What one of two policies says: that of passwords, and that of accounts.
    pub fn or(self, other: Self) -> Self {
        Self {
            lockout: self.lockout.or(other.lockout),
            lockout_duration: self.lockout_duration.or(other.lockout_duration),
            max_age: self.max_age.or(other.max_age),
            max_idle: self.max_idle.or(other.max_idle),
            inactivity: self.inactivity.or(other.inactivity),
        }
    }
}

fn unreadable(entry: &Entry, name: &str) -> Outage {
    Outage::Refused(format!("the {name} of the policy {:?} cannot be read: correct it", entry.dn))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_policy_is_read_and_a_malformed_one_is_an_outage() {
        let entry = Entry::empty("cn=p,dc=x")
            .with("pwdLockout", &[b"TRUE"])
            .with("pwdLockoutDuration", &[b"600"])
            .with("pwdMaxAge", &[b"0"]);
        let policy = Policy::of(&entry).expect("a policy");
        let wanted = Policy {
            lockout: Some(true),
            lockout_duration: Some(600),
            max_age: Some(0),
            ..Policy::default()
        };
        assert_eq!(policy, wanted);
        let accounts = Policy { inactivity: Some(5), ..Policy::default() };
        assert_eq!(policy.or(accounts).inactivity, Some(5));
        for name in ATTRIBUTES {
            for values in [&[&b"-1"[..]][..], &[b"1", b"2"], &[b"\xff"]] {
                let entry = Entry::empty("cn=p,dc=x").with(name, values);
                assert!(Policy::of(&entry).is_err(), "{name} {values:?}");
            }
        }
    }
}
