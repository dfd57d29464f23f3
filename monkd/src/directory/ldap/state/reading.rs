//! One attribute of an entry, read as what its syntax says.
//!
//! An attribute that is there and cannot be read never means that all is well: it is an [`Outage`] that
//! names it.

use super::policy::Policy;
use crate::clock;
use crate::directory::ldap::entry::Entry;
use crate::outage::Outage;

/// Seconds from 1601, where the times of Windows begin, to 1970.
const WINDOWS_EPOCH: i64 = 11_644_473_600;

/// Ticks of 100 ns in a second (MS-DTYP §2.3.3).
const TICKS: i64 = 10_000_000;

/// An entry, and what it is judged by.
#[derive(Clone, Copy)]
pub(super) struct Reading<'a> {
    /// The entry.
    pub entry: &'a Entry,
    /// Seconds since 1970.
    pub now: i64,
    /// What the policies of the entry say, where monk may read them.
    pub policy: Option<&'a Policy>,
    /// How long a lock lasts that does not say so, in seconds; 0 is for ever.
    pub lockout: u64,
    /// The directory always says whether an account is enabled, so that one which does not is hidden.
    pub is_strict: bool,
}

impl<'a> Reading<'a> {
    /// The value of an attribute that has at most one.
    pub fn only(&self, name: &str) -> Result<Option<&'a str>, Outage> {
        match self.entry.values(name)[..] {
            [] => Ok(None),
            [value] => match std::str::from_utf8(value) {
                Ok(text) if !text.trim().is_empty() => Ok(Some(text.trim())),
                _ => Err(self.unreadable(name, "no text")),
            },
            _ => Err(self.unreadable(name, "several values")),
        }
    }

    /// A time in seconds since 1970 (`GeneralizedTime`, RFC 4517 §3.3.13).
    pub fn time(&self, name: &str) -> Result<Option<i64>, Outage> {
        let Some(text) = self.only(name)? else { return Ok(None) };
        let time = clock::of_directory_since(text);
        time.map(Some).ok_or_else(|| self.unreadable(name, "no GeneralizedTime"))
    }

    /// A whole number.
    pub fn integer(&self, name: &str) -> Result<Option<i64>, Outage> {
        let Some(text) = self.only(name)? else { return Ok(None) };
        text.parse().map(Some).map_err(|_| self.unreadable(name, "no number"))
    }

    /// Whole numbers that stand under the name with an option.
    pub fn integers_with_options(&self, name: &str) -> Result<Vec<i64>, Outage> {
        let values = self.entry.with_options(name).flat_map(|(_, values)| values);
        let number = |value: &Vec<u8>| {
            let text = std::str::from_utf8(value).ok();
            let number = text.and_then(|text| text.trim().parse().ok());
            number.ok_or_else(|| self.unreadable(name, "no number"))
        };
        values.map(number).collect()
    }

    /// A time of Windows in seconds since 1970. `None` is never: 0, and the greatest number.
    pub fn windows_time(&self, name: &str) -> Result<Option<i64>, Outage> {
        Ok(match self.integer(name)? {
            None | Some(0 | i64::MAX) => None,
            Some(ticks) => Some(ticks.div_euclid(TICKS) - WINDOWS_EPOCH),
        })
    }

    /// Whether one of the values is `TRUE`, and whether one is `FALSE`.
    pub fn booleans(&self, name: &str) -> Result<(bool, bool), Outage> {
        let (mut yes, mut no) = (false, false);
        for value in self.entry.values(name) {
            match value.to_ascii_uppercase().as_slice() {
                b"TRUE" => yes = true,
                b"FALSE" => no = true,
                _ => return Err(self.unreadable(name, "neither TRUE nor FALSE")),
            }
        }
        Ok((yes, no))
    }

    /// Whether a time has come. No time never comes.
    pub fn has_come(&self, time: Option<i64>) -> bool {
        time.is_some_and(|time| time <= self.now)
    }

    /// Whether so many seconds have passed since a time; 0 seconds are no limit.
    pub fn is_older(&self, since: Option<i64>, seconds: Option<u64>) -> bool {
        match (since, seconds) {
            (Some(since), Some(seconds @ 1..)) => {
                self.now > since.saturating_add(i64::try_from(seconds).unwrap_or(i64::MAX))
            }
            _ => false,
        }
    }

    /// Why an attribute says nothing. Its value is not shown.
    pub fn unreadable(&self, name: &str, why: &str) -> Outage {
        Outage::Refused(format!(
            "the {name} of {:?} says nothing of the account's state ({why}): correct it, or leave its kind out \
             of means in [ldap.state]",
            self.entry.dn
        ))
    }

    /// Why an attribute that must be there is not.
    pub fn hidden(&self, name: &str) -> Outage {
        Outage::Refused(format!(
            "{:?} shows no {name}, which says whether an account is enabled: let monk's account read it",
            self.entry.dn
        ))
    }
}

#[cfg(test)]
impl<'a> Reading<'a> {
    /// An entry without policies, judged at that moment.
    pub fn at(now: i64, entry: &'a Entry) -> Self {
        Self { entry, now, policy: None, lockout: 0, is_strict: false }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_attribute_that_is_there_and_cannot_be_read_is_an_outage_that_names_it() {
        let entry = |value: &[u8]| Entry::empty("uid=a,dc=x").with("secret", &[value]);
        for value in [&b""[..], b" ", b"\xff", b"tomorrow", b"20261301000000Z", b"hunter2"] {
            let entry = entry(value);
            let reading = Reading::at(0, &entry);
            for outcome in [
                reading.time("secret").map(drop),
                reading.integer("secret").map(drop),
                reading.windows_time("secret").map(drop),
                reading.booleans("secret").map(drop),
            ] {
                let Err(Outage::Refused(message)) = outcome else {
                    panic!("{value:?}: {outcome:?}")
                };
                assert!(message.contains("the secret of"), "{message}");
                assert!(!message.contains("hunter2"), "{message}");
            }
        }
        let twice = Entry::empty("uid=a,dc=x").with("secret", &[b"1", b"2"]);
        assert!(Reading::at(0, &twice).integer("secret").is_err());
        assert_eq!(Reading::at(0, &twice).integer("other"), Ok(None));
    }

    #[test]
    fn times_and_truths_are_read() {
        let entry = Entry::empty("uid=a,dc=x")
            .with("time", &[b"19700101000200Z"])
            .with("windows", &[b"116444736600000000"])
            .with("never", &[b"9223372036854775807"])
            .with("flag", &[b"true"])
            .with("both", &[b"FALSE", b"True"]);
        let reading = Reading::at(0, &entry);
        assert_eq!(reading.time("time"), Ok(Some(120)));
        assert_eq!(reading.windows_time("windows"), Ok(Some(60)));
        assert_eq!(reading.windows_time("never"), Ok(None));
        assert_eq!(reading.booleans("flag"), Ok((true, false)));
        assert_eq!(reading.booleans("both"), Ok((true, true)));
        assert_eq!(reading.booleans("none"), Ok((false, false)));
    }

    #[test]
    fn a_limit_of_nothing_is_no_limit() {
        let entry = Entry::empty("uid=a,dc=x");
        let reading = Reading::at(100, &entry);
        assert!(reading.is_older(Some(0), Some(99)));
        assert!(!reading.is_older(Some(0), Some(100)));
        assert!(!reading.is_older(Some(0), Some(0)));
        assert!(!reading.is_older(Some(0), Some(u64::MAX)));
        assert!(!reading.is_older(None, Some(1)) && !reading.is_older(Some(0), None));
    }
}
