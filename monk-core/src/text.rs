//! Text that people see: in tables, prompts, mails and logs.
//!
//! What stands in a record comes from a directory that others can write, and a program's names come
//! from that program. Neither may begin a line of its own, nor turn around what stands beside it.

use monk_terms::label::LONGEST;
use monk_terms::printable::is_steering;
use serde::de::Error;
use serde::{Deserialize, Deserializer};

/// Longest name of a service or of an address that is kept, in bytes. PAM's names are short; a host's
/// name has 253 characters at most (RFC 1035 §2.3.4).
pub const MAX_NAME: usize = 256;

/// Longest mail address, in bytes (RFC 5321 §4.5.3.1.3).
pub const MAX_ADDRESS: usize = 254;

/// Whether a text may stand in a record: see [`is_steering`].
#[must_use]
pub fn is_plain(text: &str) -> bool {
    !text.chars().any(is_steering)
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
    for character in text.chars().filter(|&character| !is_steering(character)) {
        if plain.len() + character.len_utf8() > most {
            break;
        }
        plain.push(character);
    }
    plain
}

/// Whether a record may have this name. New names have to be more than that: see [`label`](monk_terms::label).
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

#[cfg(test)]
mod tests {
    use monk_terms::label;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_is_made_plain_shows_what_it_is_and_is_never_longer_than_allowed() {
        for (text, most, plain) in [
            ("a\nb\u{1b}\u{202e}\u{2028}\u{200b}", 99, "ab"),
            ("Telefon für zu Hause, 電話, هاتف, 👩‍💻", 99, "Telefon für zu Hause, 電話, هاتف, 👩‍💻"),
            ("aü", 2, "a"),
            ("aü", 3, "aü"),
        ] {
            assert_eq!(made_plain(text, most), plain);
            assert_eq!(is_short_and_plain(text, most), text == plain);
        }
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

    #[test]
    fn names_are_short_and_plain() {
        let (longest, longer) = ("ü".repeat(LONGEST), "ü".repeat(LONGEST + 1));
        assert!(is_label("Phone") && is_label(&longest));
        for odd in ["", &longer, "a\nb", "\u{202e}enohP"] {
            assert!(!is_label(odd), "{odd:?}");
        }
    }

    proptest! {
        /// Otherwise a name could be given that no record is read with.
        #[test]
        fn every_name_that_may_be_given_may_stand_in_a_record(text in "\\PC{0,70}|.{0,9}") {
            prop_assert!(label::check(&text).is_err() || is_label(&text));
        }
    }
}
