//! What a reader makes of a file: devices, what is wrong, and what is left out.

use std::collections::BTreeSet;

use monk_terms::label;
use monk_wire::Secret;
use monk_wire::manage::TotpParameters;

use crate::names::{Device, Who};
use crate::systems::System;

/// Bytes of a secret below which RFC 4226 §4 (R6) calls it too short.
const RECOMMENDED_BYTES: usize = 16;

/// Bytes of the longest secret that is sent to the engine, which takes no longer ones: twice the
/// block of SHA-512.
const LONGEST_SECRET: usize = 128;

/// Longest period that monk takes, in seconds.
const LONGEST_PERIOD: u32 = 300;

/// Problems of one file after which the rest is not read: nobody works through more of them, and a
/// file that is something else altogether has one in each line.
pub const MOST_PROBLEMS: usize = 1_000;

/// Devices of one file: each takes some 400 bytes here, and a moment of the engine and the directory.
const MOST_DEVICES: usize = 100_000;

/// What may be passed over.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Leniency {
    /// Devices that count (HOTP) are left out.
    pub skip_hotp: bool,
    /// Devices of Steam are left out.
    pub skip_steam: bool,
    /// Tokens whose policy has ended are left out.
    pub skip_expired: bool,
    /// A PIN that goes with a device is forgotten.
    pub ignore_pins: bool,
    /// The day in the future on which a token's policy ends is forgotten.
    pub ignore_expiry: bool,
}

/// One device, as a file describes it.
pub struct Entry {
    /// The line, counted from 1.
    pub line: usize,
    /// Whose it is and what it is called, as far as the file says.
    pub who: Who,
    /// The seed.
    pub seed: Secret,
    /// How it makes codes.
    pub parameters: TotpParameters,
    /// Scratch codes of 8 digits.
    pub scratch_codes: Vec<Secret>,
    /// What should be known about it.
    pub warnings: Vec<String>,
}

/// Something that cannot be imported, and why.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Problem {
    /// The line, counted from 1.
    pub line: usize,
    /// The user whom it concerns, where that is known.
    pub user: Option<String>,
    /// The device.
    pub device: Option<String>,
    /// The serial number of the token: it is there, although it is not imported.
    pub serial: Option<String>,
    /// What is wrong with it, and what to do.
    pub message: String,
}

impl Problem {
    /// A problem of a line.
    #[must_use]
    pub fn new(line: usize, message: impl Into<String>) -> Self {
        Self { line, message: message.into(), ..Self::default() }
    }

    /// A problem of a device.
    #[must_use]
    pub fn of(line: usize, who: &Who, message: impl Into<String>) -> Self {
        let user = who.user.as_deref().map(shown);
        let device = match &who.device {
            Device::Called(name) => Some(name.clone()),
            Device::Unsaid | Device::Hidden => None,
        };
        Self { user, device, serial: who.serial.clone(), ..Self::new(line, message) }
    }
}

/// What a file holds.
#[derive(Default)]
pub struct Parsed {
    /// What can be imported.
    pub entries: Vec<Entry>,
    /// What is wrong. If there is anything, nothing may be imported.
    pub problems: Vec<Problem>,
    /// What was left out: as the options say, or because the old system does not take it either.
    pub left_out: Vec<Problem>,
    /// The systems that its devices are of and that check codes themselves.
    pub systems: BTreeSet<System>,
}

impl Parsed {
    /// Notes a problem of a line.
    pub(super) fn problem(&mut self, line: usize, message: impl Into<String>) {
        self.problems.push(Problem::new(line, message));
    }

    /// What came of one device.
    pub(super) fn take(
        &mut self,
        line: usize,
        who: Who,
        result: Result<Entry, Flaw>,
        leniency: Leniency,
    ) {
        match result {
            Ok(entry) => self.entries.push(Entry { who, ..entry }),
            Err(Flaw::Message(message)) => {
                self.problems.push(Problem::of(line, &who, message));
            }
            Err(Flaw::LeftOut(message)) => {
                self.left_out.push(Problem::of(line, &who, message));
            }
            Err(Flaw::Kind(kind)) if kind.is_left_out(leniency) => {
                let message = format!("{}: left out", kind.fault());
                self.left_out.push(Problem::of(line, &who, message));
            }
            Err(Flaw::Kind(kind)) => {
                let message = format!(
                    "{}: enrol another, and leave it out with {}",
                    kind.fault(),
                    kind.option()
                );
                self.problems.push(Problem::of(line, &who, message));
            }
        }
    }

    /// Whether reading should end at this line: there are too many problems, or devices.
    pub(super) fn is_full(&mut self, line: usize) -> bool {
        if self.entries.len() > MOST_DEVICES {
            self.problem(
                line,
                format!("more than {MOST_DEVICES} devices: cut the file into several"),
            );
            return true;
        }
        let full = self.problems.len() >= MOST_PROBLEMS;
        if full {
            self.problem(line, "too many problems: the file was not read any further");
        }
        full
    }
}

/// Why there is no [`Entry`].
pub(super) enum Flaw {
    /// It is of a kind that an option leaves out.
    Kind(Kind),
    /// The old system takes no code of it now: it is left out, and this is why.
    LeftOut(String),
    /// For people.
    Message(String),
}

/// The kinds of devices that an option leaves out.
pub(super) enum Kind {
    /// It counts.
    Hotp,
    /// Its codes are five letters.
    Steam,
    /// Its policy ended on this day.
    Expired(String),
}

impl Kind {
    fn fault(&self) -> String {
        match self {
            Self::Hotp => "counts codes (HOTP), which monk does not support".to_owned(),
            Self::Steam => {
                "makes Steam's codes of five letters, which monk does not support".to_owned()
            }
            Self::Expired(day) => {
                format!(
                    "its policy ended on {day} (ExpiryDate), so that it may not be used any more"
                )
            }
        }
    }

    fn option(&self) -> &'static str {
        match self {
            Self::Hotp => "--skip-hotp",
            Self::Steam => "--skip-steam",
            Self::Expired(_) => "--skip-expired",
        }
    }

    fn is_left_out(&self, leniency: Leniency) -> bool {
        match self {
            Self::Hotp => leniency.skip_hotp,
            Self::Steam => leniency.skip_steam,
            Self::Expired(_) => leniency.skip_expired,
        }
    }
}

impl<T: Into<String>> From<T> for Flaw {
    fn from(message: T) -> Self {
        Self::Message(message.into())
    }
}

/// A device that is found to make sense, with a warning about a short secret.
pub(super) fn entry(line: usize, seed: Secret, parameters: TotpParameters) -> Result<Entry, Flaw> {
    let bytes = seed.expose().len();
    if bytes > LONGEST_SECRET {
        return Err(
            format!("its secret has {bytes} bytes, and must have 10 to {LONGEST_SECRET}").into()
        );
    }
    // Those that are too short are left to the engine, which says the limit.
    let mut warnings = Vec::new();
    if bytes < RECOMMENDED_BYTES {
        warnings.push(format!("its secret has {} bits only; RFC 4226 wants 128", bytes * 8));
    }
    if !matches!(parameters.digits, 6 | 8) {
        return Err(format!("codes of {} digits: monk knows 6 and 8", parameters.digits).into());
    }
    if !(1..=LONGEST_PERIOD).contains(&parameters.period) {
        let period = parameters.period;
        return Err(format!("codes of {period} seconds: monk knows 1 to {LONGEST_PERIOD}").into());
    }
    let (who, scratch_codes) = (Who::default(), Vec::new());
    Ok(Entry { line, who, seed, parameters, scratch_codes, warnings })
}

/// Longest piece of a file that is repeated in a message, in characters.
const LONGEST_QUOTE: usize = 60;

/// A piece of a file as it may be repeated in a message: never a secret that stands in the wrong
/// place, and never a whole file.
pub fn shown(text: &str) -> String {
    if label::looks_secret(text) {
        return "(not shown: it looks like a secret)".to_owned();
    }
    let mut shown: String = text.chars().take(LONGEST_QUOTE).collect();
    if shown.len() < text.len() {
        shown.push('…');
    }
    shown
}
