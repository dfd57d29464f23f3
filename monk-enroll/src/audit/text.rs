//! Files of syslog, and of JSON lines.
//!
//! Nobody says who wrote a line of such a file, so it is believed as it is. docs/report.md says so.

use std::fs::File;
use std::io::{self, BufReader, IsTerminal, Read};
use std::path::Path;

use serde::Deserialize;
use serde::de::IgnoredAny;
use time::format_description::BorrowedFormatItem;
use time::format_description::well_known::Rfc3339;
use time::macros::format_description;
use time::{OffsetDateTime, PrimitiveDateTime};

use super::bounded::each_line;
use super::{Extent, Record};

/// The name of standard input.
const STDIN: &str = "-";

/// The program that monk's lines name.
const TAG: &str = "monkd";

/// The time of a line in the old way of syslog (RFC 3164 §4.1.2), which has no year, with a year before it.
const OLD_TIME: &[BorrowedFormatItem<'_>] =
    format_description!("[year] [month repr:short] [day padding:space] [hour]:[minute]:[second]");

/// Characters of such a time.
const OLD_TIME_LENGTH: usize = 15;

/// How much later than now a line may be, in seconds, before it is taken for one of last year: clocks
/// and zones differ.
const AHEAD: i64 = 24 * 60 * 60;

/// The first bytes of a compressed file (RFC 1952 §2.3.1).
const GZIP: [u8; 2] = [0x1f, 0x8b];

/// What makes a JSON line one of monk's, and what rsyslog puts before its fields.
#[derive(Deserialize)]
struct Stamp {
    #[serde(rename = "event")]
    _event: IgnoredAny,
    #[serde(default)]
    time: Option<String>,
}

/// Reads a file, or standard input for `-`. `now` is in seconds since 1970.
///
/// # Errors
/// Why it cannot be read, in words.
pub fn read(
    path: &Path,
    now: u64,
    hear: impl FnMut(Option<u64>, &Record<'_>),
) -> Result<Extent, String> {
    let shown = path.display();
    let result = match path.to_str() {
        Some(STDIN) if io::stdin().is_terminal() => {
            Err(io::Error::other("standard input is a terminal: redirect a file to it"))
        }
        Some(STDIN) => lines(io::stdin().lock(), now, hear),
        _ => File::open(path).and_then(|file| lines(file, now, hear)),
    };
    result.map_err(|error| format!("{shown}: {error}"))
}

fn lines(
    mut from: impl Read,
    now: u64,
    mut hear: impl FnMut(Option<u64>, &Record<'_>),
) -> io::Result<Extent> {
    let mut extent = Extent::default();
    let mut first = Vec::new();
    from.by_ref().take(GZIP.len() as u64).read_to_end(&mut first)?;
    if first == GZIP {
        return Err(io::Error::other(
            "it is compressed: use zcat FILE | monk-enroll report --log -",
        ));
    }
    let whole = first.as_slice().chain(from);
    each_line(BufReader::with_capacity(128 * 1024, whole), |line| {
        let Some((at, message)) = taken_apart(line, now) else { return };
        extent.take(at);
        if let Some(record) = Record::read(message) {
            hear(at, &record);
        }
    })?;
    Ok(extent)
}

/// The time and the message of a line that monk wrote. `None` for lines of other programs.
fn taken_apart(line: &str, now: u64) -> Option<(Option<u64>, &str)> {
    if line.starts_with('{') {
        let stamp: Stamp = serde_json::from_str(line).ok()?;
        return Some((stamp.time.and_then(|time| rfc_3339(&time)), line));
    }
    let (at, rest) = match line.split_once(' ') {
        Some((time, rest)) if rfc_3339(time).is_some() => (rfc_3339(time), rest),
        _ => {
            let (time, rest) = line.split_at_checked(OLD_TIME_LENGTH)?;
            (old_time(time, now), rest.strip_prefix(' ')?)
        }
    };
    // The host's name, the program, and the number of its process.
    let (_, rest) = rest.split_once(' ')?;
    let (program, message) = rest.split_once(": ")?;
    let is_monk = program.strip_prefix(TAG).is_some_and(|process| {
        let number = process.strip_prefix('[').and_then(|process| process.strip_suffix(']'));
        process.is_empty()
            || number.is_some_and(|number| number.bytes().all(|byte| byte.is_ascii_digit()))
    });
    is_monk.then_some((at, message))
}

fn rfc_3339(text: &str) -> Option<u64> {
    // All that begins with letters is something else, and found out fast.
    text.starts_with(|first: char| first.is_ascii_digit()).then_some(())?;
    OffsetDateTime::parse(text, &Rfc3339).ok()?.unix_timestamp().try_into().ok()
}

/// A time without a year is the latest one that is not ahead of now. Without a zone, it is taken for UTC.
fn old_time(text: &str, now: u64) -> Option<u64> {
    let now = i64::try_from(now).ok()?;
    let year = OffsetDateTime::from_unix_timestamp(now).ok()?.year();
    [year + 1, year, year - 1].into_iter().find_map(|year| {
        let time = PrimitiveDateTime::parse(&format!("{year} {text}"), OLD_TIME).ok()?;
        let seconds = time.assume_utc().unix_timestamp();
        (seconds <= now + AHEAD).then_some(seconds)?.try_into().ok()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-11-21 18:00 UTC.
    const NOW: u64 = 1_795_284_000;

    const LOGIN: &str = "login user=alice service=imap address=192.0.2.7 verdict=granted reason=totp credential=- ms=4";

    fn heard(text: &str) -> (Vec<Option<u64>>, Extent) {
        let mut heard = Vec::new();
        let extent = lines(text.as_bytes(), NOW, |at, _| heard.push(at)).unwrap();
        (heard, extent)
    }

    #[test]
    fn the_time_of_a_line_is_read_in_each_format() {
        for (begin, at) in [
            ("2026-11-21T18:00:00Z mail monkd[77]: ", Some(NOW)),
            ("2026-11-21T19:00:00.123456+01:00 mail monkd[77]: ", Some(NOW)),
            ("Nov 21 18:00:00 mail monkd[77]: ", Some(NOW)),
            ("Nov  1 18:00:00 mail monkd: ", Some(NOW - 20 * 86_400)),
            // Of last year, and the day before, in a zone that is ahead.
            ("Nov 23 18:00:00 mail monkd[77]: ", Some(NOW - 363 * 86_400)),
            ("Nov 22 07:00:00 mail monkd[77]: ", Some(NOW + 13 * 3600)),
            ("Nov 41 18:00:00 mail monkd[77]: ", None),
        ] {
            assert_eq!(heard(&format!("{begin}{LOGIN}\n")).0, [at], "{begin}");
        }
        let json = "{\"time\":\"2026-11-21T18:00:00+00:00\",\"host\":\"mail\",\"event\":\"login\",\"user\":\"alice\",\
                    \"service\":\"imap\",\"address\":\"-\",\"verdict\":\"granted\",\"reason\":\"totp\",\"ms\":4}";
        assert_eq!(heard(json).0, [Some(NOW)]);
        assert_eq!(heard(&json.replace("\"time\":\"2026-11-21T18:00:00+00:00\",", "")).0, [None]);
    }

    #[test]
    fn lines_of_other_programs_are_none_whatever_they_say() {
        for line in [
            "",
            "x",
            LOGIN,
            &format!("Nov 21 18:00:00 mail sshd[1]: monkd[77]: {LOGIN}"),
            &format!("Nov 21 18:00:00 mail monkd[7 7]: {LOGIN}"),
            &format!("Nov 21 18:00:00 mail monkd2: {LOGIN}"),
            &format!("Nov 21 18:00:00 mail x monkd[77]: {LOGIN}"),
            &format!("2026-11-21T18:00:00Z mail dovecot: auth: x monkd[77]: {LOGIN}"),
            "éééééééééééééééé monkd[77]: x",
            "{\"event\":",
            "{\"time\":7}",
        ] {
            assert_eq!(heard(line), (vec![], Extent::default()), "{line}");
        }
        let (heard, extent) = heard("Nov 21 18:00:00 mail monkd[7]: settings read again\n");
        assert_eq!((heard.len(), extent.lines, extent.begin), (0, 1, Some(NOW)));
    }

    #[test]
    fn a_compressed_file_is_refused_with_what_to_do() {
        let error = lines(b"\x1f\x8b\x08\0".as_slice(), NOW, |_, _| {}).unwrap_err();
        assert!(error.to_string().contains("zcat"), "{error}");
        assert!(lines(b"\x1f".as_slice(), NOW, |_, _| {}).is_ok());
    }
}
