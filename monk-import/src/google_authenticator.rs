//! The secret file of `pam_google_authenticator`: one device of one user, whose name it does not say.
//!
//! ```text
//! XRWYRHZFUWQF55DG47O7WI4QPI      the secret in base 32
//! " RATE_LIMIT 3 30               options
//! " TOTP_AUTH
//! 26216815                        scratch codes that are left
//! ```

use monk_wire::Secret;
use monk_wire::manage::TotpParameters;

use crate::base32;
use crate::names::{Device, Who};
use crate::parsed::{Entry, Flaw, Kind, Leniency, Parsed, entry, shown};
use crate::values::USUAL;

/// Options that concern the old module alone.
const IGNORED: [&str; 6] =
    ["RATE_LIMIT", "WINDOW_SIZE", "DISALLOW_REUSE", "RESETTING_TIME_SKEW", "LAST", "TOTP_AUTH"];

/// Digits of a scratch code.
const SCRATCH_DIGITS: usize = 8;

/// Scratch codes of one file: the program makes no more, and the engine takes no more.
const MOST_SCRATCH_CODES: usize = 10;

/// Options that are named in a warning.
const MOST_UNKNOWN: usize = 10;

/// The name of the device.
const LABEL: &str = "Google Authenticator";

/// Reads a file.
#[must_use]
pub fn parse(text: &str, leniency: Leniency) -> Parsed {
    let mut parsed = Parsed::default();
    let Some(secret) = text.lines().next().filter(|line| !line.trim().is_empty()) else {
        parsed.problem(1, "the file is empty: its first line is the secret");
        return parsed;
    };
    let Some(seed) = base32::decode(secret) else {
        parsed.problem(1, "the first line is no secret in base 32");
        return parsed;
    };
    let mut options = Options::default();
    let mut scratch_codes = Vec::new();
    for (line, text) in (2..).zip(text.lines().skip(1)) {
        let text = text.trim_end();
        if let Some(option) = text.strip_prefix("\" ") {
            if let Err(message) = options.read(option) {
                parsed.problem(line, message);
            }
        } else if is_scratch_code(text) {
            scratch_codes.push(Secret::new(text.as_bytes()));
        } else if !text.is_empty() {
            parsed.problem(line, "neither an option nor a scratch code of 8 digits");
        }
        if scratch_codes.len() > MOST_SCRATCH_CODES {
            parsed.problem(line, format!("more than {MOST_SCRATCH_CODES} scratch codes"));
            return parsed;
        }
        if parsed.is_full(line) {
            return parsed;
        }
    }
    if parsed.problems.is_empty() {
        let device = options.device(seed).map(|one| Entry { scratch_codes, ..one });
        let who = Who { user: None, device: Device::of(LABEL), serial: None };
        parsed.take(1, who, device, leniency);
    }
    parsed
}

fn is_scratch_code(text: &str) -> bool {
    text.len() == SCRATCH_DIGITS && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// What the options say.
#[derive(Default)]
struct Options {
    totp: bool,
    hotp: bool,
    period: Option<u32>,
    skew: i64,
    unknown: Vec<String>,
}

impl Options {
    fn read(&mut self, option: &str) -> Result<(), String> {
        let (name, value) = option.trim().split_once(' ').unwrap_or((option.trim(), ""));
        let number = || format!("{} wants a number", shown(name));
        match name {
            "TOTP_AUTH" => self.totp = true,
            "HOTP_COUNTER" => self.hotp = true,
            "STEP_SIZE" => self.period = Some(value.trim().parse().map_err(|_| number())?),
            "TIME_SKEW" => self.skew = value.trim().parse().map_err(|_| number())?,
            // LAST0, LAST1, …: when the last logins were.
            _ if IGNORED.contains(&name.trim_end_matches(|c: char| c.is_ascii_digit())) => {}
            _ if self.unknown.len() < MOST_UNKNOWN => self.unknown.push(shown(name)),
            _ => {}
        }
        Ok(())
    }

    fn device(self, seed: Secret) -> Result<Entry, Flaw> {
        if self.hotp {
            return Err(Flaw::Kind(Kind::Hotp));
        }
        if !self.totp {
            return Err(
                "neither TOTP_AUTH nor HOTP_COUNTER: the old module took no code from it".into()
            );
        }
        let period = self.period.unwrap_or(USUAL.period);
        let mut device = entry(1, seed, TotpParameters { period, ..USUAL })?;
        if self.skew != 0 {
            let seconds = self.skew.unsigned_abs().saturating_mul(period.into());
            device.warnings.push(format!(
                "the old module made up for a clock that is {seconds} seconds off: set it right"
            ));
        }
        for name in self.unknown {
            device.warnings.push(format!("the option {name:?} is not known, and ignored"));
        }
        Ok(device)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What google-authenticator 20191231 of Debian 12 wrote for `-t -d -f -r3 -R30 -w3 -C -q`.
    const TOTP: &str = "XRWYRHZFUWQF55DG47O7WI4QPI\n\" RATE_LIMIT 3 30\n\" WINDOW_SIZE 3\n\" DISALLOW_REUSE\n\" TOTP_AUTH\n26216815\n17170214\n63107963\n26690803\n77595990\n";
    /// For `-c … --emergency-codes=2`.
    const HOTP: &str = "2WCGS4EVTCMBWJX4FHDQ6MZUBY\n\" RATE_LIMIT 3 30\n\" WINDOW_SIZE 3\n\" HOTP_COUNTER 1\n73061335\n95565879\n";
    /// For `-t -D -f -u -W -C -q -S 60 -e 0`.
    const SIXTY: &str =
        "2O6L7MDEVRC2OBO54ETIL2FIQI\n\" WINDOW_SIZE 3\n\" STEP_SIZE 60\n\" TOTP_AUTH\n";

    fn problems(text: &str) -> Vec<(usize, String)> {
        let parsed = parse(text, Leniency::default());
        assert!(parsed.entries.is_empty());
        parsed.problems.into_iter().map(|one| (one.line, one.message)).collect()
    }

    #[test]
    fn a_file_of_the_real_program_is_one_device_with_its_scratch_codes() {
        let parsed = parse(TOTP, Leniency::default());
        let [device] = &parsed.entries[..] else { panic!("{:?}", parsed.problems) };
        assert_eq!((device.line, device.parameters), (1, USUAL));
        assert_eq!((device.who.user.as_ref(), device.seed.expose().len()), (None, 16));
        let codes: Vec<_> = device.scratch_codes.iter().filter_map(Secret::expose_str).collect();
        assert_eq!(codes, ["26216815", "17170214", "63107963", "26690803", "77595990"]);
        assert!(device.warnings.is_empty());
    }

    #[test]
    fn the_step_size_is_kept_and_a_used_file_reads_the_same() {
        let parsed = parse(SIXTY, Leniency::default());
        assert_eq!(parsed.entries[0].parameters.period, 60);
        let used = TOTP.replace(
            "\" TOTP_AUTH",
            "\" LAST0 1795284000\n\" RESETTING_TIME_SKEW 5+1\n\" TIME_SKEW -2\n\" TOTP_AUTH",
        );
        let parsed = parse(&used, Leniency::default());
        let [warning] = &parsed.entries[0].warnings[..] else { panic!("one warning") };
        assert!(warning.contains("60 seconds off"), "{warning}");
    }

    #[test]
    fn what_counts_is_refused_or_left_out() {
        let [(1, message)] = &problems(HOTP)[..] else { panic!("one problem") };
        assert!(message.contains("--skip-hotp"), "{message}");
        let parsed = parse(HOTP, Leniency { skip_hotp: true, ..Leniency::default() });
        assert_eq!((parsed.entries.len(), parsed.left_out.len()), (0, 1));
    }

    #[test]
    fn every_bad_line_is_told() {
        let bad =
            "XRWYRHZFUWQF55DG47O7WI4QPI\n\" STEP_SIZE x\n\" TOTP_AUTH\n1234567\n26216815\n?\n";
        let lines: Vec<_> = problems(bad).into_iter().map(|(line, _)| line).collect();
        assert_eq!(lines, [2, 4, 6]);
        for (text, says) in [
            ("", "empty"),
            ("hello world!\n", "base 32"),
            ("XRWYRHZFUWQF55DG47O7WI4QPI\n", "neither TOTP_AUTH"),
            ("XRWYRHZFUWQF55DG47O7WI4QPI\n\" STEP_SIZE 3000\n\" TOTP_AUTH\n", "3000 seconds"),
        ] {
            assert!(problems(text)[0].1.contains(says), "{text:?}: {:?}", problems(text));
        }
    }
}
