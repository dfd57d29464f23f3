//! By how much the clock of a device is off, told from a code that is right at another time.
//!
//! Only people who may see it anyway are told: whoever confirms a device of his own, and an administrator
//! who tries a login. A login never says so, and nothing is spent here.

use monk_core::credential::CredentialSet;
use monk_core::factors::totp::{Parameters, Seed, TotpRecord};
use monk_core::keys::{Keyring, Owner};

/// Seconds that are searched on both sides. A phone whose clock was set by hand in another time zone is off
/// by up to 14 hours.
const SEARCH: u64 = 14 * 60 * 60;

/// Most steps that are searched on each side: 14 hours of 30 seconds. A device with shorter steps is searched
/// less far, so that a search is some milliseconds of work whatever its period is.
const MAX_STEPS: u64 = SEARCH / 30;

/// Longest difference that is told in seconds.
const IN_SECONDS: u64 = 600;

/// What the clock of a device says beside this host's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Off {
    seconds: u64,
    ahead: bool,
}

impl Off {
    /// The smallest difference at which `digits` would be right, if there is one.
    pub(super) fn of(seed: &Seed, parameters: Parameters, digits: &str, now: u64) -> Option<Self> {
        let window = (SEARCH / parameters.period).min(MAX_STEPS);
        let step = now / parameters.period;
        let found = seed
            .matching_steps_within(parameters, digits, now, window)
            .into_iter()
            .min_by_key(|found| found.abs_diff(step))?;
        Some(Self { seconds: found.abs_diff(step) * parameters.period, ahead: found > step })
    }

    /// In words, before the name of the other clock: `about 25 minutes ahead of`.
    pub(super) fn words_before(self) -> String {
        format!("{}{}", self.words(), if self.ahead { " of" } else { "" })
    }

    /// In words: `about 25 minutes behind`.
    pub(super) fn words(self) -> String {
        let Self { seconds, ahead } = self;
        let direction = if ahead { "ahead" } else { "behind" };
        let (hours, minutes) = (seconds / 3600, seconds % 3600 / 60);
        let span = match (seconds, hours, minutes) {
            (0..=IN_SECONDS, ..) => format!("{seconds} seconds"),
            (_, 0, minutes) => format!("{minutes} minutes"),
            (_, 1, minutes) => format!("1 hour and {minutes} minutes"),
            (_, hours, minutes) => format!("{hours} hours and {minutes} minutes"),
        };
        format!("about {span} {direction}")
    }
}

/// Which of the user's devices shows the code in `typed` at another time, and how far away that is.
pub(super) fn find(
    typed: &str,
    user: &str,
    set: &CredentialSet,
    keys: &Keyring,
    now: u64,
) -> Option<(String, Off)> {
    let devices = set.all_of::<TotpRecord>().filter(|(_, record)| !record.pending);
    devices
        .filter_map(|(stored, record)| {
            let device = &stored.value;
            let code = last_digits(typed, record.parameters.digits.into())?;
            let owner = Owner { user, credential: device.id.as_str() };
            let seed = record.open(owner, keys).ok()?;
            let off = Off::of(&seed, record.parameters, &code, now)?;
            Some((device.label.clone(), off))
        })
        .min_by_key(|(_, off)| off.seconds)
}

/// The code at the end of what was typed: behind the last semicolon, or, where there is none, the last
/// digits.
fn last_digits(typed: &str, count: usize) -> Option<String> {
    let (has_separator, tail) =
        typed.rsplit_once(';').map_or((false, typed), |(_, tail)| (true, tail));
    let bare: String = tail.chars().filter(|c| !c.is_whitespace()).collect();
    let start = bare.len().checked_sub(count)?;
    let code = bare.get(start..)?;
    let is_whole = start == 0 || !has_separator;
    (is_whole && code.bytes().all(|byte| byte.is_ascii_digit())).then(|| code.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_code_stands_at_the_end() {
        assert_eq!(last_digits("secret;123 456", 6).as_deref(), Some("123456"));
        assert_eq!(last_digits("secret123456", 6).as_deref(), Some("123456"));
        assert_eq!(last_digits("123456", 6).as_deref(), Some("123456"));
        for none in ["secret;1234567", "secret;12345", "secret", "é", "", "x;", "secret;12345x"] {
            assert_eq!(last_digits(none, 6), None, "{none}");
        }
    }

    #[test]
    fn a_difference_is_told_in_words_that_fit_it() {
        let words = |seconds, ahead| Off { seconds, ahead }.words();
        assert_eq!(words(180, false), "about 180 seconds behind");
        assert_eq!(words(1500, true), "about 25 minutes ahead");
        assert_eq!(words(3600, false), "about 1 hour and 0 minutes behind");
        assert_eq!(words(7290, true), "about 2 hours and 1 minutes ahead");
    }
}
