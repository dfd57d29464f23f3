//! Reading the files of other systems.
//!
//! Each format is a pure function from text to [`Parsed`]: what can be imported, and everything that
//! is wrong, with line numbers. Nothing here touches a file or the engine.
//!
//! | module | what it reads |
//! |---|---|
//! | [`google_authenticator`] | the secret file of `pam_google_authenticator` |
//! | [`pam_oath`] | the users file of `pam_oath` and `liboath` |
//! | [`otpauth`] | `otpauth://` addresses, one a line |
//! | [`migration`] | `otpauth-migration://` addresses, as Google Authenticator exports them |
//! | [`pskc`], [`pskc_key`] | PSKC (RFC 6030), plain and with a pre-shared key |
//! | [`csv`] | users for the embedded directory |

pub mod base32;
pub mod csv;
pub mod google_authenticator;
pub mod migration;
pub mod otpauth;
pub mod pam_oath;
pub mod pskc;
pub mod pskc_key;
#[cfg(test)]
mod robustness;

use std::fmt::Write;

use monk_wire::Secret;
use monk_wire::manage::{Algorithm, TotpParameters};

/// Bytes of a secret below which RFC 4226 §4 (R6) calls it too short.
const RECOMMENDED_BYTES: usize = 16;

/// Longest period that monk takes, in seconds.
const LONGEST_PERIOD: u32 = 300;

/// The formats of devices.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// The secret file of `pam_google_authenticator`.
    #[value(help = None)]
    GoogleAuthenticator,
    /// The users file of `pam_oath`.
    #[value(help = None)]
    PamOath,
    /// `otpauth://` and `otpauth-migration://` addresses.
    #[value(help = None)]
    Otpauth,
    /// PSKC (RFC 6030).
    #[value(help = None)]
    Pskc,
}

impl Format {
    /// The name, as it is typed.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::GoogleAuthenticator => "google-authenticator",
            Self::PamOath => "pam-oath",
            Self::Otpauth => "otpauth",
            Self::Pskc => "pskc",
        }
    }

    /// The format of `text`, if there can be no doubt about it.
    #[must_use]
    pub fn of(text: &str) -> Option<Self> {
        let text = text.trim_start_matches('\u{feff}').trim_start();
        if text.starts_with('<') {
            return Some(Self::Pskc);
        }
        let mut lines = text.lines().map(str::trim);
        let first = lines.find(|line| !line.is_empty() && !line.starts_with('#'))?;
        if otpauth::is_address(first) || migration::is_address(first) {
            return Some(Self::Otpauth);
        }
        if pam_oath::is_token_type(first.split_whitespace().next()?) {
            return Some(Self::PamOath);
        }
        // A secret in base 32, and then an option.
        let is_option = |line: &str| line.starts_with("\" ");
        (base32::decode(first).is_some() && lines.next().is_some_and(is_option))
            .then_some(Self::GoogleAuthenticator)
    }
}

/// What may be passed over.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Leniency {
    /// Devices that count (HOTP) are left out.
    pub skip_hotp: bool,
    /// A PIN that goes with a device is forgotten.
    pub ignore_pins: bool,
}

/// One device, as a file describes it.
pub struct Entry {
    /// The line, counted from 1.
    pub line: usize,
    /// Login name of its user, if the file says it.
    pub user: Option<String>,
    /// Name of the device, if the file says one.
    pub label: Option<String>,
    /// The seed.
    pub seed: Secret,
    /// How it makes codes.
    pub parameters: TotpParameters,
    /// Scratch codes of 8 digits.
    pub scratch_codes: Vec<Secret>,
    /// What should be known about it.
    pub warnings: Vec<String>,
}

/// A line that cannot be imported, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The line, counted from 1.
    pub line: usize,
    /// What is wrong with it, and what to do.
    pub message: String,
}

/// What a file holds.
#[derive(Default)]
pub struct Parsed {
    /// What can be imported.
    pub entries: Vec<Entry>,
    /// What is wrong. If there is anything, nothing may be imported.
    pub problems: Vec<Problem>,
    /// What was left out as the options say.
    pub left_out: Vec<Problem>,
}

impl Parsed {
    fn problem(&mut self, line: usize, message: impl Into<String>) {
        self.problems.push(Problem { line, message: message.into() });
    }

    /// A device that counts.
    fn hotp(&mut self, line: usize, leniency: Leniency) {
        let counts = "counts codes (HOTP), which monk does not support";
        if leniency.skip_hotp {
            self.left_out.push(Problem { line, message: format!("{counts}: left out") });
        } else {
            self.problem(
                line,
                format!("{counts}: enrol another, and leave it out with --skip-hotp"),
            );
        }
    }

    /// What came of one line.
    fn take(&mut self, line: usize, result: Result<Entry, Flaw>, leniency: Leniency) {
        match result {
            Ok(entry) => self.entries.push(entry),
            Err(Flaw::Hotp) => self.hotp(line, leniency),
            Err(Flaw::Message(message)) => self.problem(line, message),
        }
    }
}

/// Why there is no [`Entry`].
enum Flaw {
    /// It counts.
    Hotp,
    /// For people.
    Message(String),
}

impl<T: Into<String>> From<T> for Flaw {
    fn from(message: T) -> Self {
        Self::Message(message.into())
    }
}

/// A device that is found to make sense, with a warning about a short secret.
fn entry(line: usize, seed: Secret, parameters: TotpParameters) -> Result<Entry, Flaw> {
    let bytes = seed.expose().len();
    // Those that would be refused are left to the engine, which says the limits.
    let mut warnings = Vec::new();
    if bytes < RECOMMENDED_BYTES {
        let mut text = String::new();
        let _ = write!(text, "its secret has {} bits only; RFC 4226 wants 128", bytes * 8);
        warnings.push(text);
    }
    if !matches!(parameters.digits, 6 | 8) {
        return Err(format!("codes of {} digits: monk knows 6 and 8", parameters.digits).into());
    }
    if !(1..=LONGEST_PERIOD).contains(&parameters.period) {
        let period = parameters.period;
        return Err(format!("codes of {period} seconds: monk knows 1 to {LONGEST_PERIOD}").into());
    }
    let (user, label, scratch_codes) = (None, None, Vec::new());
    Ok(Entry { line, user, label, seed, parameters, scratch_codes, warnings })
}

/// What everybody assumes where a file says nothing else.
const USUAL: TotpParameters = TotpParameters { algorithm: Algorithm::Sha1, digits: 6, period: 30 };

/// The HMAC of this name: `SHA1`, `HMAC-SHA-256`, `hmacsha512`.
fn algorithm(name: &str) -> Option<Algorithm> {
    let plain: String =
        name.chars().filter(|c| *c != '-').map(|c| c.to_ascii_lowercase()).collect();
    match plain.strip_prefix("hmac").unwrap_or(&plain) {
        "sha1" => Some(Algorithm::Sha1),
        "sha256" => Some(Algorithm::Sha256),
        "sha512" => Some(Algorithm::Sha512),
        _ => None,
    }
}

/// A text that may be empty, as an option.
fn filled(text: &str) -> Option<String> {
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_format_is_recognised_or_nothing_is_assumed() {
        for (text, format) in [
            ("XRWYRHZFUWQF55DG47O7WI4QPI\n\" TOTP_AUTH\n", Some(Format::GoogleAuthenticator)),
            ("# users\n\nHOTP/T30 alice - 00\n", Some(Format::PamOath)),
            ("\u{feff}OTPAUTH://totp/x?secret=AA\n", Some(Format::Otpauth)),
            ("otpauth-migration://offline?data=x\n", Some(Format::Otpauth)),
            ("\n <?xml version=\"1.0\"?>", Some(Format::Pskc)),
            ("XRWYRHZFUWQF55DG47O7WI4QPI\n", None),
            ("name,mail\n", None),
            ("# nothing\n", None),
            ("", None),
        ] {
            assert_eq!(Format::of(text), format, "{text:?}");
        }
    }

    #[test]
    fn hmacs_have_many_spellings() {
        for (name, expected) in [
            ("SHA1", Some(Algorithm::Sha1)),
            ("HMAC-SHA-256", Some(Algorithm::Sha256)),
            ("HmacSHA512", Some(Algorithm::Sha512)),
            ("MD5", None),
            ("", None),
        ] {
            assert_eq!(algorithm(name), expected, "{name}");
        }
    }
}
