//! The addresses of one line: programs write one a line, or several with something between.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;
use zeroize::Zeroizing;

/// How addresses begin, in any case of letters.
const SCHEMES: [&str; 3] = [OTPAUTH, "otpauth-migration://", STEAM];

/// The usual addresses.
pub const OTPAUTH: &str = "otpauth://";

/// Addresses of Steam's own, with a secret and nothing else.
pub const STEAM: &str = "steam://";

/// What stands around addresses, and between them: commas, quotation marks, the brackets of lists.
const AROUND: [char; 15] =
    [',', ';', '|', '"', '\'', '`', '<', '>', '[', ']', '(', ')', '{', '}', '\\'];

/// Why a line is refused whole: with a wrong guess where one address ends, a secret would become the
/// name of another device.
#[derive(Debug, PartialEq, Eq)]
pub enum Refusal {
    /// There is none.
    None,
    /// Words before the first one.
    TextBefore,
    /// An address begins in the middle of another.
    Within,
}

impl Refusal {
    /// In words for people.
    pub fn words(&self) -> &'static str {
        match self {
            Self::None => "no otpauth:// address: write one a line",
            Self::TextBefore => "there is text before the address: write the address alone",
            Self::Within => {
                "a second address begins in the middle of the first: write each on a line of its own"
            }
        }
    }
}

/// The addresses of a line, without what stands between them.
///
/// # Errors
/// If it cannot be told where each begins and ends.
pub fn split(line: &str) -> Result<Vec<&str>, Refusal> {
    let starts = starts(line);
    let first = *starts.first().ok_or(Refusal::None)?;
    // Also the sign of a list.
    if !line[..first].chars().all(|c| is_around(c) || matches!(c, '-' | '*')) {
        return Err(Refusal::TextBefore);
    }
    let ends = starts.iter().skip(1).copied().chain([line.len()]);
    let mut addresses = Vec::with_capacity(starts.len());
    for (&start, end) in starts.iter().zip(ends) {
        let piece = &line[start..end];
        if end < line.len() && !piece.ends_with(is_around) {
            return Err(Refusal::Within);
        }
        addresses.push(piece.trim_end_matches(is_around));
    }
    Ok(addresses)
}

/// Whether a line has an address at its front.
#[must_use]
pub fn begins_with_one(line: &str) -> bool {
    matches!(split(line), Ok(_) | Err(Refusal::Within))
}

/// Whether `text` begins with `scheme`.
#[must_use]
pub fn is_of(scheme: &str, text: &str) -> bool {
    text.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme))
}

/// A label that was encoded once, twice or not at all.
pub fn decoded(label: &str) -> Option<Zeroizing<String>> {
    let once = percent_decode_str(label).decode_utf8().ok()?;
    let twice = percent_decode_str(&once).decode_utf8().ok();
    let twice = twice.map(Cow::into_owned);
    Some(Zeroizing::new(twice.unwrap_or_else(|| once.into_owned())))
}

fn is_around(c: char) -> bool {
    c.is_whitespace() || AROUND.contains(&c)
}

/// Where addresses begin.
fn starts(line: &str) -> Vec<usize> {
    let colons = line.match_indices("://").map(|(place, _)| place);
    colons
        .filter_map(|colon| {
            // The longest one: the end of another scheme is none.
            let start = |scheme: &&str| {
                let start = (colon + "://".len()).checked_sub(scheme.len())?;
                line.get(start..).is_some_and(|rest| is_of(scheme, rest)).then_some(start)
            };
            SCHEMES.iter().filter_map(start).min()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_told_apart_whatever_stands_between_them() {
        let (one, two) =
            ("otpauth://totp/a?secret=A&issuer=Shop", "OTPAUTH-Migration://offline?data=B%3D");
        for between in [",", ", ", ";", " ", "\t", " | ", "\",\"", "' '", "> <", ",;,", "\u{a0}"] {
            let line = format!("{one}{between}{two}");
            assert_eq!(split(&line), Ok(vec![one, two]), "{line}");
        }
        for (before, behind) in [
            ("", ","),
            ("- ", ""),
            ("* \"", "\","),
            ("[\"", "\"]"),
            ("", ";  "),
            (",", ""),
            ("<", ">"),
        ] {
            let line = format!("{before}{one}{behind}");
            assert_eq!(split(&line), Ok(vec![one]), "{line}");
        }
        let three = format!("{one},{two},steam://ABC");
        assert_eq!(split(&three), Ok(vec![one, two, "steam://ABC"]));
    }

    #[test]
    fn a_line_that_can_be_read_in_two_ways_is_refused() {
        for (line, refusal) in [
            ("", Refusal::None),
            ("alice", Refusal::None),
            ("https://totp/x", Refusal::None),
            ("alice: otpauth://totp/x", Refusal::TextBefore),
            ("Xotpauth://totp/x", Refusal::TextBefore),
            ("otpauth://totp/x?secret=A&issuer=otpauth://totp/y", Refusal::Within),
            ("otpauth://totp/x\\notpauth://totp/y", Refusal::Within),
            ("otpauth://totp/x.steam://B", Refusal::Within),
        ] {
            assert_eq!(split(line), Err(refusal), "{line}");
        }
    }
}
