//! Days and times, in words.

use jiff::tz::TimeZone;
use jiff::{Timestamp, ZonedDateTime};
use maud::{Markup, html};

use crate::texts::Methods;
use crate::texts::phrase::say;

/// Seconds of a minute, an hour and a day.
const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// Now, where the server is, in a language.
#[derive(Clone, Debug)]
pub struct When {
    now: ZonedDateTime,
    texts: &'static Methods,
}

impl When {
    /// Now, in the time zone of the machine.
    #[must_use]
    pub fn now(texts: &'static Methods) -> Self {
        Self::at(ZonedDateTime::now(), texts)
    }

    /// A moment that counts as now.
    #[must_use]
    pub fn at(now: ZonedDateTime, texts: &'static Methods) -> Self {
        Self { now, texts }
    }

    /// Now, in seconds since 1970.
    #[must_use]
    pub fn seconds(&self) -> u64 {
        u64::try_from(self.now.timestamp().as_second()).unwrap_or_default()
    }

    /// Days since a moment; negative for one that is to come.
    #[must_use]
    pub fn days_since(&self, seconds: u64) -> i64 {
        (self.now.timestamp().as_second() - signed(seconds)) / DAY
    }

    /// Whether a moment is of today.
    #[must_use]
    pub fn is_today(&self, seconds: u64) -> bool {
        self.zoned(seconds).date() == self.now.date()
    }

    /// `3 March 2026`.
    #[must_use]
    pub fn day(&self, seconds: u64) -> Markup {
        let at = self.zoned(seconds);
        time(&at, &self.day_of(&at))
    }

    /// `3 March 2026`, as text.
    #[must_use]
    pub fn date(&self, seconds: u64) -> String {
        self.day_of(&self.zoned(seconds))
    }

    /// `3 March 2026`, of today.
    #[must_use]
    pub fn today(&self) -> String {
        self.day_of(&self.now)
    }

    /// `14:22`.
    #[must_use]
    pub fn clock(&self, seconds: u64) -> String {
        self.time_of(&self.zoned(seconds))
    }

    /// `March`.
    #[must_use]
    pub fn month(&self, seconds: u64) -> &'static str {
        self.month_of(&self.zoned(seconds))
    }

    /// `14:22`, as far from now as that.
    #[must_use]
    pub fn time_apart(&self, seconds: i64) -> String {
        let at = self.now.timestamp().as_second().saturating_add(seconds);
        self.time_of(&self.zoned(u64::try_from(at).unwrap_or_default()))
    }

    /// `4 minutes ago`, `today at 14:22`, or `on 3 March 2026` for a day that has passed.
    #[must_use]
    pub fn moment(&self, seconds: u64) -> Markup {
        let at = self.zoned(seconds);
        let ago = self.now.timestamp().as_second() - signed(seconds);
        let texts = self.texts;
        let words = if (0..MINUTE).contains(&ago) {
            texts.just_now.to_owned()
        } else if (MINUTE..2 * MINUTE).contains(&ago) {
            texts.minute_ago.to_owned()
        } else if (MINUTE..HOUR).contains(&ago) {
            say(texts.minutes_ago, &[("minutes", &(ago / MINUTE).to_string())])
        } else {
            let time = self.time_of(&at);
            let is_yesterday = self.now.date().yesterday().is_ok_and(|day| day == at.date());
            if at.date() == self.now.date() {
                say(texts.today, &[("time", &time)])
            } else if is_yesterday {
                say(texts.yesterday, &[("time", &time)])
            } else {
                say(texts.on_day, &[("date", &self.day_of(&at))])
            }
        };
        time(&at, &words)
    }

    /// `4 minutes`.
    #[must_use]
    pub fn span(&self, seconds: u64) -> String {
        let texts = self.texts;
        match seconds {
            0..90 => say(texts.seconds, &[("seconds", &seconds.to_string())]),
            90..7200 => say(texts.minutes, &[("minutes", &((seconds + 30) / 60).to_string())]),
            _ => say(texts.hours, &[("hours", &((seconds + 1800) / 3600).to_string())]),
        }
    }

    fn zoned(&self, seconds: u64) -> ZonedDateTime {
        let at = Timestamp::from_second(signed(seconds)).unwrap_or(Timestamp::UNIX_EPOCH);
        at.to_zoned_datetime(self.zone())
    }

    fn zone(&self) -> TimeZone {
        self.now.time_zone().clone()
    }

    fn day_of(&self, at: &ZonedDateTime) -> String {
        let (day, year) = (at.day().to_string(), at.year().to_string());
        let values = [("day", &*day), ("month", self.month_of(at)), ("year", &*year)];
        say(self.texts.day, &values)
    }

    fn month_of(&self, at: &ZonedDateTime) -> &'static str {
        let nth = usize::try_from(at.month() - 1).unwrap_or_default();
        self.texts.months.split(' ').nth(nth).unwrap_or_default()
    }

    fn time_of(&self, at: &ZonedDateTime) -> String {
        let time = format!("{:02}:{:02}", at.hour(), at.minute());
        say(self.texts.time, &[("time", &time)])
    }
}

fn signed(seconds: u64) -> i64 {
    i64::try_from(seconds).unwrap_or(i64::MAX)
}

/// A moment as a program reads it, behind the words.
fn time(at: &ZonedDateTime, words: &str) -> Markup {
    html! { time datetime=(at.timestamp().to_string()) { (words) } }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::texts::{Language, Texts};

    fn words(language: Language, seconds_ago: i64) -> String {
        let now: ZonedDateTime = "2026-11-26T14:22:10[Europe/Berlin]".parse().expect("a moment");
        let when = When::at(now.clone(), &Texts::of(language).methods);
        let at = u64::try_from(now.timestamp().as_second() - seconds_ago).expect("a moment");
        let text = when.moment(at).into_string();
        text.split_once('>').and_then(|(_, rest)| rest.split_once('<')).expect("a tag").0.to_owned()
    }

    #[test]
    fn moments_are_told_as_people_do() {
        for (ago, english, german) in [
            (10, "just now", "gerade eben"),
            (90, "a minute ago", "vor einer Minute"),
            (4 * MINUTE, "4 minutes ago", "vor 4 Minuten"),
            (6 * HOUR + 8 * MINUTE, "today at 08:14", "heute um 08:14 Uhr"),
            (DAY, "yesterday at 14:22", "gestern um 14:22 Uhr"),
            (6 * DAY, "on 20 November 2026", "am 20. November 2026"),
            (250 * DAY, "on 21 March 2026", "am 21. März 2026"),
        ] {
            assert_eq!(words(Language::English, ago), english);
            assert_eq!(words(Language::German, ago), german);
        }
    }
}
