//! When a password ends, for a warning before it.
//!
//! Nothing depends on it: what cannot be read gives no warning, and the state of the account says the rest.

use super::policy::Policy;
use super::reading::Reading;
use crate::directory::PasswordEnd;
use crate::directory::ldap::state_settings::Means;

/// What the server works out at the moment of the search (MS-ADTS §3.1.1.4.5.31).
const ACTIVE_DIRECTORY: &str = "msDS-UserPasswordExpiryTimeComputed";
/// Days before the end in which users are warned (RFC 2307 §3).
const SHADOW_WARNING: &str = "shadowWarning";

const SECONDS_OF_A_DAY: i64 = 24 * 60 * 60;

/// Of 389 Directory Server: an administrator has set the password, or it does not expire.
const MARKS_OF_389: [i64; 2] = [0, 1];

/// What is asked for beside the attributes of the state.
pub(super) fn attributes(means: Means) -> &'static [&'static str] {
    match means {
        Means::ActiveDirectory => &[ACTIVE_DIRECTORY],
        Means::Shadow => &[SHADOW_WARNING],
        Means::Ppolicy | Means::Netscape | Means::FreeIpa | Means::Authentik => &[],
    }
}

/// The earliest end that one of these kinds of attributes says.
pub(super) fn of(means: &[Means], reading: &Reading<'_>) -> Option<PasswordEnd> {
    means.iter().filter_map(|means| one(*means, reading)).min_by_key(|end| end.at)
}

fn one(means: Means, reading: &Reading<'_>) -> Option<PasswordEnd> {
    let (at, warning) = match means {
        Means::Ppolicy => (by_age(reading)?, None),
        Means::Shadow => shadow(reading)?,
        Means::Netscape => {
            let end = time(reading, "passwordExpirationTime")?;
            (Some(end).filter(|end| !MARKS_OF_389.contains(end))?, None)
        }
        Means::ActiveDirectory => (reading.windows_time(ACTIVE_DIRECTORY).ok().flatten()?, None),
        Means::FreeIpa => (time(reading, "krbPasswordExpiration")?, None),
        Means::Authentik => return None,
    };
    Some(PasswordEnd { at: u64::try_from(at).ok()?, warning })
}

fn by_age(reading: &Reading<'_>) -> Option<i64> {
    let Policy { max_age: Some(limit @ 1..), .. } = reading.policy? else { return None };
    time(reading, "pwdChangedTime")?.checked_add(i64::try_from(*limit).ok()?)
}

/// As in [`super::shadow`], the password is still good on its last day.
fn shadow(reading: &Reading<'_>) -> Option<(i64, Option<u64>)> {
    let days = |name| reading.integer(name).ok().flatten().filter(|days| *days >= 0);
    let changed = days("shadowLastChange").filter(|day| *day > 0)?;
    let end = changed.checked_add(days("shadowMax")?)?.checked_add(1)?;
    let seconds = |days: i64| days.checked_mul(SECONDS_OF_A_DAY);
    let warning = days(SHADOW_WARNING).and_then(seconds);
    Some((seconds(end)?, warning.and_then(|seconds| u64::try_from(seconds).ok())))
}

fn time(reading: &Reading<'_>, name: &str) -> Option<i64> {
    reading.time(name).ok().flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::directory::ldap::entry::Entry;

    const DAY: u64 = 24 * 3600;

    fn end(
        means: &[Means],
        values: &[(&str, &str)],
        policy: Option<&Policy>,
    ) -> Option<(u64, Option<u64>)> {
        let entry = Entry::empty("uid=a,dc=x");
        let entry =
            values.iter().fold(entry, |entry, (name, value)| entry.with(name, &[value.as_bytes()]));
        let end = of(means, &Reading { policy, ..Reading::at(3600, &entry) });
        end.map(|end| (end.at, end.warning))
    }

    #[test]
    fn each_kind_of_directory_says_when_a_password_ends() {
        let policy = Policy { max_age: Some(600), ..Policy::default() };
        for (means, values, wanted) in [
            (
                Means::ActiveDirectory,
                &[(ACTIVE_DIRECTORY, "116444772000000000")][..],
                Some((3600, None)),
            ),
            (Means::ActiveDirectory, &[(ACTIVE_DIRECTORY, "9223372036854775807")], None),
            (Means::ActiveDirectory, &[(ACTIVE_DIRECTORY, "0")], None),
            (
                Means::Shadow,
                &[("shadowLastChange", "10"), ("shadowMax", "5")],
                Some((16 * DAY, None)),
            ),
            (
                Means::Shadow,
                &[("shadowLastChange", "10"), ("shadowMax", "5"), (SHADOW_WARNING, "2")],
                Some((16 * DAY, Some(2 * DAY))),
            ),
            (Means::Shadow, &[("shadowLastChange", "10"), ("shadowMax", "-1")], None),
            (Means::Shadow, &[("shadowLastChange", "0"), ("shadowMax", "5")], None),
            (
                Means::Shadow,
                &[("shadowLastChange", "1"), ("shadowMax", "9223372036854775807")],
                None,
            ),
            (Means::Netscape, &[("passwordExpirationTime", "19700101010000Z")], Some((3600, None))),
            (Means::Netscape, &[("passwordExpirationTime", "19700101000001Z")], None),
            (Means::FreeIpa, &[("krbPasswordExpiration", "19700101010000Z")], Some((3600, None))),
            (Means::Ppolicy, &[("pwdChangedTime", "19700101010000Z")], Some((4200, None))),
            (Means::Ppolicy, &[("pwdChangedTime", "soon")], None),
            (Means::Authentik, &[], None),
        ] {
            assert_eq!(end(&[means], values, Some(&policy)), wanted, "{values:?}");
        }
        let both =
            [("krbPasswordExpiration", "19700101010000Z"), ("pwdChangedTime", "19700101000000Z")];
        assert_eq!(
            end(&Means::ALL, &both, Some(&policy)),
            Some((600, None)),
            "the earliest counts"
        );
        assert_eq!(end(&[Means::Ppolicy], &both, None), None, "no policy, no end");
    }

    #[test]
    fn users_are_told_when_the_end_is_near_and_not_after_it() {
        let told =
            |warning, usual, now| PasswordEnd { at: 10 * DAY, warning }.to_be_told(now, usual);
        assert_eq!(told(None, 7 * DAY, 3 * DAY), Some(604_800));
        assert_eq!(told(None, 7 * DAY, 3 * DAY - 1), None);
        assert_eq!(told(Some(DAY), 7 * DAY, 3 * DAY), None, "the directory says less");
        assert_eq!(told(Some(9 * DAY), 7 * DAY, 2 * DAY), Some(691_200), "or more");
        assert_eq!(told(Some(9 * DAY), 0, 9 * DAY), None, "never");
        assert_eq!(told(None, 7 * DAY, 10 * DAY), None, "it is over");
    }
}
