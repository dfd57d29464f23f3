//! The reader of lines of fields: the engine's audit writes them, and `docs/audit.md` has the grammar.
//!
//! ```text
//! line   = event *( " " key "=" value )
//! value  = plain / quoted [ "+" left-out ]
//! plain  = 1*( A-Z / a-z / 0-9 / "-" / "_" / "." / "@" / ":" / "/" / "%" / "+" / "…" )
//! quoted = '"' *( character / escape ) '"'      character: any printable one but '"', '=' and '\'
//! escape = "\u{" 1*6( 0-9 / a-f ) "}"
//! ```
//!
//! It takes nothing else: a line that the engine cannot have written is none.

use std::borrow::Cow;

use crate::printable::is_printable;

/// What ends and begins an escape.
const ESCAPE: &str = "\\u{";

/// Most digits of an escape: those of the last character of Unicode.
const MOST_DIGITS: usize = 6;

/// One line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line<'a> {
    /// Its first word.
    pub event: &'a str,
    /// What follows, in its order. No key is there twice.
    pub fields: Vec<Field<'a>>,
}

/// One field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field<'a> {
    /// Its name.
    pub key: &'a str,
    /// Its value, without quotes and escapes. It may hold any character.
    pub value: Cow<'a, str>,
    /// How many characters of the value are missing.
    pub left_out: usize,
}

impl<'a> Line<'a> {
    /// Reads a line. `None` if it is a sentence, or anything else that is no line of fields.
    #[must_use]
    pub fn parse(line: &'a str) -> Option<Self> {
        let (event, mut rest) = match line.split_once(' ') {
            Some((event, rest)) => (event, Some(rest)),
            None => (line, None),
        };
        if !is_word(event) {
            return None;
        }
        let mut fields: Vec<Field<'a>> = Vec::with_capacity(12);
        while let Some(text) = rest {
            let (key, text) = text.split_once('=')?;
            if !is_word(key) || fields.iter().any(|field| field.key == key) {
                return None;
            }
            let (value, left_out, behind) = match text.strip_prefix('"') {
                Some(text) => quoted(text)?,
                None => plain(text)?,
            };
            fields.push(Field { key, value, left_out });
            rest = behind;
        }
        Some(Self { event, fields })
    }

    /// The value of a field.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&str> {
        self.fields.iter().find(|field| field.key == key).map(|field| &*field.value)
    }
}

/// A value, how much of it is missing, and what follows the blank behind it.
type Value<'a> = (Cow<'a, str>, usize, Option<&'a str>);

fn plain(text: &str) -> Option<Value<'_>> {
    let (value, behind) = next(text);
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_.@:/%+…".contains(c);
    (!value.is_empty() && value.chars().all(is_plain)).then_some((value.into(), 0, behind))
}

fn quoted(text: &str) -> Option<Value<'_>> {
    let (value, text) = text.split_once('"')?;
    let (count, behind) = next(text);
    let left_out = match count.strip_prefix('+') {
        Some(digits) if digits.bytes().all(|byte| byte.is_ascii_digit()) => digits.parse().ok()?,
        None if count.is_empty() => 0,
        _ => return None,
    };
    Some((unescaped(value)?, left_out, behind))
}

/// The text up to a blank, and what follows the blank.
fn next(text: &str) -> (&str, Option<&str>) {
    text.split_once(' ').map_or((text, None), |(text, behind)| (text, Some(behind)))
}

fn unescaped(text: &str) -> Option<Cow<'_, str>> {
    let is_shown = |text: &str| text.chars().all(|c| is_printable(c) && !"=\\".contains(c));
    if is_shown(text) {
        return Some(text.into());
    }
    let mut pieces = text.split(ESCAPE);
    let mut plain = pieces.next().filter(|piece| is_shown(piece))?.to_owned();
    for piece in pieces {
        let (digits, shown) = piece.split_once('}')?;
        let is_number = digits.bytes().all(|c| matches!(c, b'0'..=b'9' | b'a'..=b'f'));
        if !is_number || digits.len() > MOST_DIGITS || !is_shown(shown) {
            return None;
        }
        plain.push(char::from_u32(u32::from_str_radix(digits, 16).ok()?)?);
        plain.push_str(shown);
    }
    Some(plain.into())
}

/// Whether it is one of the engine's own words: an event or a key.
fn is_word(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|c| c.is_ascii_lowercase() || c == b'-' || c == b'_')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_line_is_its_event_and_its_fields() {
        let line = "login user=alice@example.org service=\"a b\\u{22}\" address=2001:db8::7 reason=\"x\"+4744";
        let line = Line::parse(line).expect("a line");
        assert_eq!((line.event, line.fields.len()), ("login", 4));
        assert_eq!(line.get("user"), Some("alice@example.org"));
        assert_eq!(line.get("service"), Some("a b\""));
        assert_eq!((line.get("reason"), line.fields[3].left_out), (Some("x"), 4744));
        assert_eq!(line.get("verdict"), None);
    }

    #[test]
    fn what_the_engine_cannot_have_written_is_no_line() {
        for line in [
            "",
            " ",
            "login ",
            "login  user=alice",
            "login user=alice ",
            "login user=",
            "login user",
            "settings read again",
            "login user=alice user=bob",
            "login user=al=ice",
            "login user=al\"ice",
            "login user=jürgen",
            "login user=\"alice",
            "login user=\"a=b\"",
            "login user=\"a\\b\"",
            "login user=\"a\tb\"",
            "login user=\"a\u{202e}b\"",
            "login user=\"a\"x",
            "login user=\"a\"+",
            "login user=\"a\"+x",
            "login user=\"a\"+99999999999999999999999",
            "login user=\"\\u{}\"",
            "login user=\"\\u{A}\"",
            "login user=\"\\u{+a}\"",
            "login user=\"\\u{110000}\"",
            "login user=\"\\u{d800}\"",
            "login user=\"\\u{0000000a}\"",
            "Login user=alice",
            "login User=alice",
            "login =alice",
        ] {
            assert_eq!(Line::parse(line), None, "{line:?}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_harm(text in "(login )?(user=)?[\"\\\\u{}a-f0-9 =+\\PC]{0,40}") {
            if let Some(line) = Line::parse(&text) {
                prop_assert_eq!(text.matches('=').count(), line.fields.len());
            }
        }
    }
}
