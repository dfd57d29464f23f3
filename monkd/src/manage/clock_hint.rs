//! By how much the clock of a device is off, told from a code that is right at another time.
//!
//! Only people who may see it anyway are told: users who confirm their own device, and an administrator who
//! tries a login. A login never says so, and nothing is spent here.

use monk_core::credential::CredentialSet;
use monk_core::factors::totp::{Parameters, Seed, TotpRecord};
use monk_core::keys::{Keyring, Owner};
use monk_wire::manage::ClockOffset;

/// Seconds that are searched on both sides. A phone whose clock was set by hand in another time zone is off
/// by up to 14 hours.
const SEARCH: u64 = 14 * 60 * 60;

/// Most steps that are searched on each side: 14 hours of 30 seconds. A device with shorter steps is searched
/// less far, so that a search is some milliseconds of work whatever its period is.
const MAX_STEPS: u64 = SEARCH / 30;

/// The smallest difference of clocks at which `digits` would be right, if there is one.
pub(super) fn offset(
    seed: &Seed,
    parameters: Parameters,
    digits: &str,
    now: u64,
) -> Option<ClockOffset> {
    let window = (SEARCH / parameters.period).min(MAX_STEPS);
    let step = now / parameters.period;
    let found = seed
        .matching_steps_within(parameters, digits, now, window)
        .into_iter()
        .min_by_key(|found| found.abs_diff(step))?;
    let seconds = found.abs_diff(step) * parameters.period;
    Some(ClockOffset { seconds, ahead: found > step })
}

/// Which of the user's devices shows the code in `typed` at another time, and how far away that is.
pub(super) fn find(
    typed: &str,
    user: &str,
    set: &CredentialSet,
    keys: &Keyring,
    now: u64,
) -> Option<(String, ClockOffset)> {
    let devices = set.all_of::<TotpRecord>().filter(|(_, record)| !record.pending);
    devices
        .filter_map(|(stored, record)| {
            let device = &stored.value;
            let code = last_digits(typed, record.parameters.digits.into())?;
            let owner = Owner { user, credential: device.id.as_str() };
            let seed = record.open(owner, keys).ok()?;
            let off = offset(&seed, record.parameters, &code, now)?;
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
}
