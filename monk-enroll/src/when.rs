//! Times and durations as people write them. All times are UTC and say so where it matters.

use std::fmt;
use std::time::{SystemTime, UNIX_EPOCH};

use serde::{Serialize, Serializer};

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;
const WEEK: u64 = 7 * DAY;

/// The longest time ahead that is taken: a century. Beyond it, "never" is meant.
const LONGEST: u64 = 36_525 * DAY;

/// A moment: seconds since 1970, UTC.
///
/// Shown as `2026-11-21 18:00`, or with `{:#}` as the day alone; in JSON as RFC 3339 writes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd)]
pub struct Moment(pub u64);

impl Moment {
    /// This moment by the clock of this host.
    #[must_use]
    pub fn now() -> Self {
        Self(SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs()))
    }

    /// The moment `duration` later.
    #[must_use]
    pub fn after(self, duration: Span) -> Self {
        Self(self.0.saturating_add(duration.0))
    }

    /// Year, month and day (Howard Hinnant, "chrono-compatible low-level date algorithms",
    /// `civil_from_days`, for days since 1970 that are not negative).
    fn date(self) -> (u64, u64, u64) {
        let days = self.0 / DAY + 719_468;
        let (era, day_of_era) = (days / 146_097, days % 146_097);
        let year_of_era =
            (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        // Months count from March, so that the leap day is the last of the year.
        let from_march = (5 * day_of_year + 2) / 153;
        let day = day_of_year - (153 * from_march + 2) / 5 + 1;
        let month = if from_march < 10 { from_march + 3 } else { from_march - 9 };
        (era * 400 + year_of_era + u64::from(month <= 2), month, day)
    }

    fn time(self) -> (u64, u64, u64) {
        (self.0 % DAY / HOUR, self.0 % HOUR / MINUTE, self.0 % MINUTE)
    }
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = self.date();
        write!(f, "{year:04}-{month:02}-{day:02}")?;
        if f.alternate() {
            return Ok(());
        }
        let (hour, minute, _) = self.time();
        write!(f, " {hour:02}:{minute:02}")
    }
}

impl Serialize for Moment {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (hour, minute, second) = self.time();
        serializer.collect_str(&format_args!("{self:#}T{hour:02}:{minute:02}:{second:02}Z"))
    }
}

/// A length of time in seconds, typed as `90d`, `12h`, `2w` or `30m`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span(pub u64);

impl std::str::FromStr for Span {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("'{text}' is not a length of time: write 90d, 2w, 12h or 30m");
        let unit = match text.chars().last() {
            Some('w') => WEEK,
            Some('d') => DAY,
            Some('h') => HOUR,
            Some('m') => MINUTE,
            _ => return Err(wrong()),
        };
        let digits = &text[..text.len() - 1];
        if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(wrong());
        }
        match digits.parse::<u64>().ok().and_then(|count| count.checked_mul(unit)) {
            Some(0) => Err("it would have ended already".into()),
            Some(seconds) if seconds <= LONGEST => Ok(Self(seconds)),
            _ => Err("more than a century; leave the option out for no end".into()),
        }
    }
}

/// The last day of something, typed as `2026-12-31`, or `never`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LastDay(pub Option<u64>);

impl LastDay {
    /// The moment after the day, by which everything is over; `None` for never.
    #[must_use]
    pub fn end(self) -> Option<Moment> {
        self.0.map(Moment)
    }
}

impl std::str::FromStr for LastDay {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "never" {
            return Ok(Self(None));
        }
        let end = monk_import::csv::end_of_day(text);
        let wrong = || format!("'{text}' is not a day: write 2026-12-31, or never");
        end.map(|end| Self(Some(end))).ok_or_else(wrong)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_shown_in_utc() {
        // Checked against date -u -d @….
        for (seconds, shown) in [
            (0, "1970-01-01 00:00"),
            (951_782_399, "2000-02-28 23:59"),
            (951_782_400, "2000-02-29 00:00"),
            (1_709_251_199, "2024-02-29 23:59"),
            (1_795_284_000, "2026-11-21 18:00"),
            (4_107_542_400, "2100-03-01 00:00"),
        ] {
            assert_eq!(Moment(seconds).to_string(), shown);
            assert_eq!(format!("{:#}", Moment(seconds)), shown[..10]);
        }
        let json = serde_json::to_string(&Moment(1_795_284_007)).unwrap();
        assert_eq!(json, "\"2026-11-21T18:00:07Z\"");
        let far = Moment(u64::MAX).to_string();
        assert!(far.len() > 16, "no overflow: {far}");
    }

    #[test]
    fn spans_are_read_as_people_write_them() {
        for (text, seconds) in
            [("90d", 7_776_000), ("12h", 43_200), ("2w", 1_209_600), ("30m", 1800)]
        {
            assert_eq!(text.parse(), Ok(Span(seconds)));
        }
        for text in [
            "",
            "d",
            "90",
            "0d",
            "-1d",
            "+1d",
            "1.5d",
            "90 d",
            "90D",
            "1y",
            "99999999999999999999d",
            "36526d",
            "٣d",
            "3é",
        ] {
            assert!(text.parse::<Span>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_last_day_is_a_day_or_never() {
        assert_eq!("never".parse(), Ok(LastDay(None)));
        let day: LastDay = "2026-12-31".parse().unwrap();
        assert_eq!(day.end().unwrap().to_string(), "2027-01-01 00:00");
        for wrong in ["", "tomorrow", "2026-02-30", "30d"] {
            assert!(wrong.parse::<LastDay>().unwrap_err().contains("2026-12-31"), "{wrong}");
        }
    }
}
