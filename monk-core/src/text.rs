//! Text that people see: in tables, prompts, mails and logs.
//!
//! What stands in a record comes from a directory that others can write, and a program's names come
//! from that program. Neither may begin a line of its own, nor turn around what stands beside it.

use monk_terms::label::LONGEST;
use serde::de::Error;
use serde::{Deserialize, Deserializer};

/// Longest name of a service or of an address that is kept, in bytes. PAM's names are short; a host's
/// name has 253 characters at most (RFC 1035 §2.3.4).
pub const MAX_NAME: usize = 256;

/// Longest mail address, in bytes (RFC 5321 §4.5.3.1.3).
pub const MAX_ADDRESS: usize = 254;

/// Whether a text shows what it is: no control characters, no line ends of any kind, and none that
/// change the direction of what follows (Unicode UAX #9).
#[must_use]
pub fn is_plain(text: &str) -> bool {
    text.chars().all(is_plain_character)
}

/// Whether a text is at most `most` bytes long, and plain.
#[must_use]
pub fn is_short_and_plain(text: &str, most: usize) -> bool {
    text.len() <= most && is_plain(text)
}

/// The text without what is not plain, and not longer than `most` bytes.
#[must_use]
pub fn made_plain(text: &str, most: usize) -> String {
    let mut plain = String::with_capacity(text.len().min(most));
    for character in text.chars().filter(|&character| is_plain_character(character)) {
        if plain.len() + character.len_utf8() > most {
            break;
        }
        plain.push(character);
    }
    plain
}

/// Whether a user may give a credential this name.
#[must_use]
pub fn is_label(text: &str) -> bool {
    (1..=LONGEST).contains(&text.chars().count()) && is_plain(text)
}

/// Reads a name of a service or of an address from a record.
pub(crate) fn name<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    let name = String::deserialize(from)?;
    match is_short_and_plain(&name, MAX_NAME) {
        true => Ok(name),
        false => Err(D::Error::custom("not a name that may be shown")),
    }
}

/// The same where there need not be one.
pub(crate) fn optional_name<'de, D: Deserializer<'de>>(
    from: D,
) -> Result<Option<String>, D::Error> {
    name(from).map(Some)
}

/// Whether a text can be a mail address that is kept: what a mail server takes is looked at elsewhere.
#[must_use]
pub fn is_address(text: &str) -> bool {
    let fits = (3..=MAX_ADDRESS).contains(&text.len()) && text.contains('@');
    fits && text.bytes().all(|byte| byte.is_ascii_graphic())
}

fn is_plain_character(character: char) -> bool {
    let turns = matches!(
        character,
        '\u{061c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
    );
    let ends_a_line = matches!(character, '\u{2028}' | '\u{2029}');
    let is_invisible = matches!(character, '\u{200b}' | '\u{feff}' | '\u{e0000}'..='\u{e007f}');
    !character.is_control() && !turns && !ends_a_line && !is_invisible
}

#[cfg(test)]
mod tests {
    use super::*;

    const ODD: [&str; 9] = [
        "a\nb",
        "a\rb",
        "a\u{1b}[2Jb",
        "a\u{9b}b",
        "a\u{202e}b",
        "a\u{2066}b",
        "a\u{2028}b",
        "a\u{200b}b",
        "a\0b",
    ];

    #[test]
    fn what_would_forge_a_line_or_turn_it_around_is_not_plain() {
        for odd in ODD {
            assert!(!is_plain(odd), "{odd:?}");
            assert_eq!(made_plain(odd, 99).replace("[2J", ""), "ab");
        }
        for plain in ["", "iPhone Mail", "Telefon für zu Hause", "電話", "هاتف", "👩‍💻"]
        {
            assert!(is_plain(plain), "{plain:?}");
            assert_eq!(made_plain(plain, 99), plain);
        }
    }

    #[test]
    fn what_is_made_plain_is_never_longer_than_allowed() {
        assert_eq!(made_plain("aü", 2), "a");
        assert_eq!(made_plain("aü", 3), "aü");
        assert!(is_short_and_plain("aü", 3) && !is_short_and_plain("aü", 2));
    }

    #[test]
    fn an_address_is_one_visible_word_with_an_at_sign() {
        assert!(is_address("a@example.org") && is_address("a@b"));
        let long = format!("{}@example.org", "a".repeat(MAX_ADDRESS));
        for odd in ["", "a@", "alice", "a b@example.org", "a@example.org\n", "ü@example.org", &long]
        {
            assert!(!is_address(odd), "{odd:?}");
        }
    }
}
