//! The section `[app_passwords]` of the settings.

use std::fmt;
use std::str::FromStr;

use serde::de::{self, Deserializer};
use serde::{Deserialize, Serialize, Serializer};

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

/// The longest interval: with a longer one nobody would learn from it which app passwords are in use.
const LONGEST: u64 = 365 * DAY;

/// What app passwords leave behind.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct AppPasswordSettings {
    /// How exactly the last use of an app password is kept.
    pub last_use_interval: LastUseInterval,
}

/// How much time lies between two records of an app password's last use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LastUseInterval {
    /// At least so many seconds.
    Seconds(u64),
    /// It is never recorded.
    Never,
}

impl LastUseInterval {
    /// Whether a use `now` is recorded, after one that was recorded `at` some time, in seconds since 1970.
    #[must_use]
    pub fn is_over(self, at: u64, now: u64) -> bool {
        match self {
            Self::Seconds(seconds) => now.abs_diff(at) >= seconds,
            Self::Never => false,
        }
    }
}

impl Default for LastUseInterval {
    /// A phone logs in every minute, and nobody needs to know more exactly.
    fn default() -> Self {
        Self::Seconds(5 * MINUTE)
    }
}

impl FromStr for LastUseInterval {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text == "never" {
            return Ok(Self::Never);
        }
        let unit = match text.chars().last() {
            Some('m') => MINUTE,
            Some('h') => HOUR,
            Some('d') => DAY,
            _ => {
                return Err("expected minutes, hours or days, like \"5m\" or \"1d\", or \"never\"");
            }
        };
        let count = text[..text.len() - 1].parse().ok().and_then(|n: u64| n.checked_mul(unit));
        match count.filter(|seconds| (MINUTE..=LONGEST).contains(seconds)) {
            Some(seconds) => Ok(Self::Seconds(seconds)),
            None => Err("expected between \"1m\" and \"365d\""),
        }
    }
}

impl fmt::Display for LastUseInterval {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Never => f.write_str("never"),
            Self::Seconds(seconds) if seconds % DAY == 0 => write!(f, "{}d", seconds / DAY),
            Self::Seconds(seconds) if seconds % HOUR == 0 => write!(f, "{}h", seconds / HOUR),
            Self::Seconds(seconds) => write!(f, "{}m", seconds / MINUTE),
        }
    }
}

impl<'de> Deserialize<'de> for LastUseInterval {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

impl Serialize for LastUseInterval {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intervals_are_read_as_they_are_written() {
        for (text, seconds) in [("1m", 60), ("5m", 300), ("12h", 43_200), ("1d", 86_400)] {
            let interval: LastUseInterval = text.parse().expect(text);
            assert_eq!(
                (interval, interval.to_string().as_str()),
                (LastUseInterval::Seconds(seconds), text)
            );
            assert!(interval.is_over(1_000, 1_000 + seconds));
            assert!(!interval.is_over(1_000, 999 + seconds));
        }
        assert_eq!("never".parse(), Ok(LastUseInterval::Never));
        assert!(!LastUseInterval::Never.is_over(0, u64::MAX));
        for text in ["", "5", "m", "0m", "366d", "1w", "-1d", "+5 m", "99999999999999999999d", "ä"]
        {
            assert!(text.parse::<LastUseInterval>().is_err(), "{text}");
        }
    }
}
