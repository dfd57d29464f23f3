//! The alphabet of generated secrets: Crockford's base 32, as people type it.
//!
//! 32 symbols of 5 bits, none of which is mistaken for another: `I` and `L` read as 1, `O` as 0,
//! `U` does not exist. Case, white space and dashes carry no meaning, including the no-break
//! space a paste leaves at the end and the long dashes a phone's keyboard puts in.

use zeroize::Zeroizing;

use crate::random::Random;

/// The symbols in the order of their values. Lower case, because that is what phones offer first.
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// Bits that one symbol carries.
pub const BITS_PER_SYMBOL: usize = 5;

/// Exactly `count` symbols in canonical form, or nothing when `text` is anything else.
///
/// Canonical is lower case without separators: `"ABCD-eF0o "` with `count` 8 gives `"abcdef00"`.
#[must_use]
pub fn canonical(text: &str, count: usize) -> Option<Zeroizing<String>> {
    // Reserved in full beforehand, so that no reallocation leaves a copy behind.
    let mut symbols = Zeroizing::new(String::with_capacity(count));
    for character in text.chars().filter(|&c| !is_separator(c)) {
        if symbols.len() == count {
            return None;
        }
        symbols.push(symbol(character)?);
    }
    (symbols.len() == count).then_some(symbols)
}

/// `count` random symbols, canonical.
#[must_use]
pub fn random(count: usize, random: &mut dyn Random) -> Zeroizing<String> {
    let mut values = Zeroizing::new(vec![0; count]);
    random.fill(&mut values);
    // 256 is a multiple of 32, so the low bits of a random byte are uniform.
    let mut symbols = Zeroizing::new(String::with_capacity(count));
    symbols.extend(values.iter().map(|&byte| char::from(ALPHABET[usize::from(byte & 31)])));
    symbols
}

/// Symbols in groups of four with dashes between, as they are shown to people.
#[must_use]
pub fn grouped(symbols: &str) -> Zeroizing<String> {
    let mut shown = Zeroizing::new(String::with_capacity(symbols.len() * 5 / 4 + 1));
    for (position, character) in symbols.chars().enumerate() {
        if position > 0 && position % 4 == 0 {
            shown.push('-');
        }
        shown.push(character);
    }
    shown
}

/// White space, dashes and the invisible characters that a paste brings along.
pub(crate) fn is_separator(character: char) -> bool {
    character.is_whitespace()
        || matches!(character, '-' | '\u{2010}'..='\u{2015}' | '\u{2212}')
        || is_invisible(character)
}

/// Zero-width space and byte order mark, which some programs copy along with a text.
pub(crate) fn is_invisible(character: char) -> bool {
    matches!(character, '\u{200b}' | '\u{feff}')
}

fn symbol(character: char) -> Option<char> {
    let lower = match character.to_ascii_lowercase() {
        'o' => '0',
        'i' | 'l' => '1',
        other => other,
    };
    u8::try_from(lower).is_ok_and(|byte| ALPHABET.contains(&byte)).then_some(lower)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Counter;

    #[test]
    fn people_type_secrets_in_many_ways() {
        for typed in [
            "abcd-efgh-jkmn",
            "ABCD EFGH JKMN",
            "abcdefghjkmn",
            "abcd\u{2013}efgh\u{2011}jkmn\n",
            " abcd-efgh-jkmn\u{a0}",
            "\u{feff}abcdefghjkmn\u{200b}\r\n",
        ] {
            assert_eq!(canonical(typed, 12).as_deref().map(String::as_str), Some("abcdefghjkmn"));
        }
    }

    #[test]
    fn look_alikes_are_read_as_what_was_meant() {
        assert_eq!(canonical("OoIiLl", 6).as_deref().map(String::as_str), Some("001111"));
        assert!(canonical("u", 1).is_none());
    }

    #[test]
    fn the_count_is_exact_and_other_characters_refuse() {
        for typed in ["abc", "abcde", "abc!", "abcé", "", "abc;"] {
            assert!(canonical(typed, 4).is_none(), "{typed:?}");
        }
    }

    #[test]
    fn random_symbols_are_canonical_and_shown_in_fours() {
        let symbols = random(20, &mut Counter(7));
        assert_eq!(canonical(&symbols, 20).as_ref(), Some(&symbols));
        assert_eq!(grouped("abcdefghjk").as_str(), "abcd-efgh-jk");
        assert_eq!(canonical(&grouped(&symbols), 20).as_ref(), Some(&symbols));
    }
}
