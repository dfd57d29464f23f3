//! Text from outside, made safe to show: in logs, and on terminals.
//!
//! Names, addresses and the answers of servers come from strangers. A line end in one of them could
//! forge a second line of a log, an escape sequence could steer the terminal of its reader, and
//! a character that turns the direction of writing could show something else than is there. What is
//! printable is said once, here; all of monk's programs ask this module.

use std::fmt::Write;

/// Longest line of a log in characters. Lines with remedies are a few hundred characters long; the
/// answer of a server may be of any length.
const MAX_LINE: usize = 1000;

/// Joins letters and emoji into other ones, in the names that people give (U+200C, U+200D).
const JOINERS: [char; 2] = ['\u{200c}', '\u{200d}'];

/// Whether a character can be seen and leaves the text around it alone: no control character, no blank
/// but the space, no format character, nothing that Unicode has not assigned.
#[must_use]
pub fn is_printable(character: char) -> bool {
    if character.is_ascii() {
        return !character.is_ascii_control();
    }
    let mut bytes = [b'a'; 5];
    let length = 1 + character.encode_utf8(&mut bytes[1..]).len();
    // Rust's own tables: what a string shows in its Debug form as it is. It escapes combining marks
    // only where nothing stands before them.
    let text = std::str::from_utf8(&bytes[..length]).unwrap_or_default();
    text.escape_debug().nth(1) == Some(character)
}

/// Whether a character could steer a terminal, or mislead a reader of the text. People's names for
/// things may hold more than a log shows as it is: wide blanks, and the joiners of emoji.
#[must_use]
pub fn is_harmful(character: char) -> bool {
    let separates_lines = matches!(character, '\u{2028}' | '\u{2029}');
    let is_blank = character.is_whitespace() && !character.is_control() && !separates_lines;
    !(is_printable(character) || is_blank || is_joiner(character))
}

/// Whether a character steers a terminal, ends a line, turns the direction of writing (Unicode UAX #9), or
/// hides text. Records with one in a name cannot be read, so this list is fixed: what is read must not depend
/// on the Unicode tables of the compiler, or an update could lock users out.
#[must_use]
pub fn is_steering(character: char) -> bool {
    let turns = matches!(
        character,
        '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
    );
    let ends_a_line = matches!(character, '\u{2028}' | '\u{2029}');
    let hides = matches!(character, '\u{200b}' | '\u{feff}' | '\u{e0000}'..='\u{e007f}');
    character.is_control() || turns || ends_a_line || hides
}

/// Whether a character means what a font or a vendor says: Apple's logo, for one, which Macs can type. Names
/// may contain it; a terminal gets a mark in its place.
#[must_use]
pub fn is_private(character: char) -> bool {
    matches!(
        character,
        '\u{e000}'..='\u{f8ff}' | '\u{f0000}'..='\u{ffffd}' | '\u{100000}'..='\u{10fffd}'
    )
}

/// Whether a character only joins the letters or emoji around it: it cannot be seen itself.
#[must_use]
pub fn is_joiner(character: char) -> bool {
    JOINERS.contains(&character)
}

/// Appends a character as `\u{HEX}`, the one escape of monk's logs.
pub fn escape(character: char, to: &mut String) {
    // Writing to a string cannot fail.
    let _ = write!(to, "\\u{{{:x}}}", u32::from(character));
}

/// A line of the engine's log in words, which may hold text from outside. It is one line whatever it holds,
/// and has nothing in it that could be taken for a field of another line, such as `verdict=granted`.
#[must_use]
pub fn line(text: &str) -> String {
    // In sentences of ours, an equals sign has blanks around it, as it has in the settings.
    written(text, |before, character| character == '=' && before != ' ')
}

/// The same for the log of another program, where no line has fields.
#[must_use]
pub fn sentence(text: &str) -> String {
    written(text, |_, _| false)
}

/// The text on one line, without what is not printable, and without what `misleads` after the character
/// before it.
fn written(text: &str, misleads: impl Fn(char, char) -> bool) -> String {
    let mut line = String::with_capacity(text.len().min(MAX_LINE));
    let mut before = ' ';
    for (position, character) in text.chars().enumerate() {
        if position == MAX_LINE {
            line.push('…');
            break;
        }
        match is_printable(character) && !misleads(before, character) {
            true => line.push(character),
            false => escape(character, &mut line),
        }
        before = character;
    }
    line
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_steers_or_misleads_is_harmful_and_names_are_not() {
        // Control characters; formats; directions; ends of lines; unassigned, private and tags.
        let harmful = "\0\n\r\t\x07\x1b\x7f\u{80}\u{85}\u{9b}\u{ad}\u{600}\u{6dd}\u{70f}\u{890}\u{8e2}\
            \u{180e}\u{200b}\u{2060}\u{206a}\u{feff}\u{fff9}\u{110bd}\u{110cd}\u{13430}\u{1bca0}\u{1d173}\
            \u{61c}\u{200e}\u{200f}\u{202a}\u{202e}\u{2066}\u{2069}\u{2028}\u{2029}\
            \u{10ffff}\u{e000}\u{e0001}\u{e0041}\u{e007f}";
        for harmful in harmful.chars() {
            assert!(is_harmful(harmful) && !is_printable(harmful), "{:x}", u32::from(harmful));
        }
        for name in [
            "Jürgens Telefón",
            "a\u{301}",
            "手机　二",
            "👩\u{200d}💻",
            "مثال",
            "x'y\"z\\",
            "📱\u{fe0f}",
        ] {
            assert!(!name.chars().any(is_harmful), "{name}");
        }
        assert!(!is_printable('\u{3000}') && !is_printable('\u{200d}') && is_printable(' '));
    }

    #[test]
    fn a_line_keeps_our_words_and_no_field_of_others() {
        let ours = "line 3: write directory = \"ldap\" at the top of the file";
        assert_eq!(line(ours), ours);
        let forged = line("no answer: x\nlogin user=root verdict=granted\x1b[2K");
        assert_eq!(
            forged,
            "no answer: x\\u{a}login user\\u{3d}root verdict\\u{3d}granted\\u{1b}[2K"
        );
        assert_eq!(line(&"x".repeat(5000)).chars().count(), MAX_LINE + 1);
        let argument = "unknown argument \"prompt=sometimes\"\u{202e}\n";
        assert_eq!(sentence(argument), "unknown argument \"prompt=sometimes\"\\u{202e}\\u{a}");
    }

    /// So every name that may be given can be read again.
    #[test]
    fn what_steers_is_harmful_and_not_private_whatever_the_compiler_knows() {
        for steering in ('\0'..=char::MAX).filter(|&character| is_steering(character)) {
            assert!(is_harmful(steering) && !is_private(steering), "{:x}", u32::from(steering));
        }
        // The last one is not assigned in older tables of Unicode.
        for tolerated in ['\u{f8ff}', '\u{ad}', '\u{200d}', '\u{1fae9}'] {
            assert!(!is_steering(tolerated), "{:x}", u32::from(tolerated));
        }
    }

    proptest! {
        #[test]
        fn a_line_is_one_line_without_a_field(text in any::<String>()) {
            let line = line(&text);
            for written in [&line, &sentence(&text)] {
                prop_assert!(written.chars().all(is_printable), "{written:?}");
            }
            let holds_field = line.split(' ').any(|word| word.split_once('=').is_some_and(|(key, _)| !key.is_empty()));
            prop_assert!(!holds_field, "{line:?}");
        }
    }
}
