//! The users file of `pam_oath` (liboath, `usersfile.c`): one device a line.
//!
//! ```text
//! HOTP/T30/6  alice  -  00112233…  [counter  last-code  last-time]
//! type        user  PIN  secret in hex
//! ```

use data_encoding::HEXLOWER_PERMISSIVE;
use monk_wire::Secret;
use monk_wire::manage::TotpParameters;
use zeroize::Zeroizing;

use crate::names::{self, Device, Who};
use crate::parsed::{Entry, Flaw, Kind, Leniency, Parsed, entry, shown};
use crate::values::USUAL;

/// The name of the device.
const LABEL: &str = "OATH token";

/// Fields of a line: the four that are needed, and the state of the old module.
const MOST_FIELDS: usize = 7;

/// Reads a file.
#[must_use]
pub fn parse(text: &str, leniency: Leniency) -> Parsed {
    let mut parsed = Parsed::default();
    for (line, text) in (1..).zip(text.trim_start_matches('\u{feff}').lines()) {
        let text = text.trim();
        if text.is_empty() || text.starts_with('#') {
            continue;
        }
        let (who, device) = device(line, text, leniency);
        parsed.take(line, who, device, leniency);
        if parsed.is_full(line) {
            break;
        }
    }
    parsed
}

/// Whether a line can begin so.
#[must_use]
pub fn is_token_type(word: &str) -> bool {
    word == "HOTP" || word.starts_with("HOTP/")
}

fn device(line: usize, text: &str, leniency: Leniency) -> (Who, Result<Entry, Flaw>) {
    let fields: Vec<&str> = text.split_ascii_whitespace().take(MOST_FIELDS + 1).collect();
    let [_, user, _, _, ..] = &fields[..] else {
        return (Who::default(), Err("a line is: type, user, PIN or -, secret in hex".into()));
    };
    let who = Who { user: names::user(user), device: Device::of(LABEL), serial: None };
    (who, token(line, &fields, leniency))
}

fn token(line: usize, fields: &[&str], leniency: Leniency) -> Result<Entry, Flaw> {
    let &[token, _, pin, secret, ..] = fields else {
        return Err("a line has four fields at least".into());
    };
    if fields.len() > MOST_FIELDS {
        return Err(format!("a line has {MOST_FIELDS} fields at most").into());
    }
    let parameters = token_type(token)?;
    // "+": the old module left the PIN to somebody else.
    if !matches!(pin, "-" | "+") && !leniency.ignore_pins {
        return Err("it has a PIN, whose place the password of the directory takes: tell the user, and import it with --ignore-pins".into());
    }
    let mut seed = Zeroizing::new(vec![0; secret.len() / 2]);
    let decoded = HEXLOWER_PERMISSIVE.decode_len(secret.len()).is_ok()
        && HEXLOWER_PERMISSIVE.decode_mut(secret.as_bytes(), &mut seed).is_ok();
    if !decoded || seed.is_empty() {
        return Err("the secret is not in hex".into());
    }
    entry(line, Secret::new(&seed), parameters)
}

/// `HOTP/T30`, `HOTP/T60/8`; everything else of the name counts.
fn token_type(token: &str) -> Result<TotpParameters, Flaw> {
    let unknown =
        || Flaw::from(format!("{:?} is no type of token, such as HOTP/T30/6", shown(token)));
    let mut parts = token.split('/');
    if parts.next() != Some("HOTP") {
        return Err(unknown());
    }
    let Some(period) = parts.next().and_then(|part| part.strip_prefix('T')) else {
        return Err(Flaw::Kind(Kind::Hotp));
    };
    let period = period.parse().map_err(|_| unknown())?;
    let digits = match parts.next() {
        Some(digits) => digits.parse().map_err(|_| unknown())?,
        None => USUAL.digits,
    };
    match parts.next() {
        None => Ok(TotpParameters { period, digits, ..USUAL }),
        Some(_) => Err(unknown()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "\
# Option User Prefix Seed
HOTP/T30/6\talice\t-\t00112233445566778899AABBccddeeff00112233

HOTP/T60/8 bob + 31323334353637383930 0 12345678 2026-01-01T00:00:00L\r
HOTP/T30 carol - 3132333435363738393031323334353637383930
";

    fn problem(line: &str) -> String {
        let parsed = parse(line, Leniency::default());
        assert!(parsed.entries.is_empty(), "{line}");
        let [problem] = &parsed.problems[..] else { panic!("{:?}", parsed.problems) };
        problem.message.clone()
    }

    #[test]
    fn each_line_is_a_device_of_its_user() {
        let parsed = parse(FILE, Leniency::default());
        assert_eq!(parsed.problems, []);
        let seen: Vec<_> = parsed
            .entries
            .iter()
            .map(|one| (one.line, one.who.user.as_deref().unwrap(), one.parameters))
            .collect();
        let sixty = TotpParameters { digits: 8, period: 60, ..USUAL };
        assert_eq!(seen, [(2, "alice", USUAL), (4, "bob", sixty), (5, "carol", USUAL)]);
        assert_eq!(parsed.entries[0].seed.expose()[..3], [0, 0x11, 0x22]);
        assert_eq!(parsed.entries[1].warnings.len(), 1, "80 bits");
    }

    #[test]
    fn pins_are_told_and_forgotten_only_on_demand() {
        let line = "HOTP/T30 alice 1234 3132333435363738393031323334353637383930";
        assert!(problem(line).contains("--ignore-pins"));
        let lenient = Leniency { ignore_pins: true, ..Leniency::default() };
        assert_eq!(parse(line, lenient).entries.len(), 1);
    }

    #[test]
    fn tokens_that_count_and_unknown_ones_are_refused() {
        let secret = "3132333435363738393031323334353637383930";
        for token in ["HOTP", "HOTP/6", "HOTP/E/8"] {
            assert!(problem(&format!("{token} alice - {secret}")).contains("HOTP"), "{token}");
        }
        for token in ["TOTP", "HOTP/Tx", "HOTP/T30/six", "HOTP/T30/6/7", "hotp/T30"] {
            let message = problem(&format!("{token} alice - {secret}"));
            assert!(message.contains("no type of token"), "{message}");
        }
        assert!(problem(&format!("HOTP/T30/7 alice - {secret}")).contains("7 digits"));
        assert!(problem(&format!("HOTP/T301 alice - {secret}")).contains("301 seconds"));
    }

    #[test]
    fn a_secret_in_another_field_is_shown_nowhere() {
        let secret = "3132333435363738393031323334353637383930";
        for line in [
            format!("{secret} alice - HOTP/T30"),
            format!("HOTP/{secret} alice - x"),
            format!("HOTP {secret} - alice"),
        ] {
            let parsed = parse(&line, Leniency::default());
            let [problem] = &parsed.problems[..] else { panic!("{:?}", parsed.problems) };
            assert!(!format!("{problem:?}").contains(secret), "{problem:?}");
        }
        let swapped = format!("HOTP/T30 {secret} - {secret}");
        assert_eq!(parse(&swapped, Leniency::default()).entries[0].who.user, None);
    }

    #[test]
    fn a_line_has_four_to_seven_fields_and_a_secret_in_hex() {
        for line in
            ["HOTP/T30 alice -", "HOTP/T30 a - 00 1 2 3 4", "HOTP/T30 a - 0g", "HOTP/T30 a - 123"]
        {
            problem(line);
        }
    }
}
