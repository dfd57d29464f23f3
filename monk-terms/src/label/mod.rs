//! What the name of a credential may be.
//!
//! Names are shown in clear wherever credentials are listed, and are stored in clear in the directory.
//! So a name is never a secret: neither one that was typed in the wrong place nor one that a file of
//! another system carried into it. The engine refuses such a name; the readers of files ask here
//! before they take one over.

mod secrecy;

pub use secrecy::looks_secret;
use serde::{Deserialize, Serialize};

use crate::printable::{is_harmful, is_joiner, is_private};

/// Longest name, in characters: a line of a table has room for it.
pub const LONGEST: usize = 64;

/// Why a text is no name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Fault {
    /// Empty, or longer than [`LONGEST`].
    Length,
    /// Blanks at an end: two such names would look the same.
    Blanks,
    /// Characters that cannot be seen, or that turn the direction of writing.
    Unseen,
    /// It looks like a secret.
    Secret,
}

/// Checks a name.
///
/// # Errors
/// [`Fault`] says why it is none.
pub fn check(text: &str) -> Result<(), Fault> {
    // Not counted to its end: it may be as long as a message.
    if text.is_empty() || text.chars().take(LONGEST + 1).count() > LONGEST {
        Err(Fault::Length)
    } else if text.chars().any(is_unseen) {
        Err(Fault::Unseen)
    } else if text.trim() != text {
        Err(Fault::Blanks)
    } else if looks_secret(text) {
        Err(Fault::Secret)
    } else {
        Ok(())
    }
}

/// Whether a character cannot be seen, or changes how the text around it is shown. In names, joiners have
/// no place either: two names that look the same would be two.
#[must_use]
pub fn is_unseen(character: char) -> bool {
    is_harmful(character) && !is_private(character) || is_joiner(character)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_people_give_are_names() {
        for name in [
            "Phone",
            "x",
            "Télefón 📱",
            "電話",
            "Tablet, old (2019)",
            "\u{f8ff} iPhone",
            &"é".repeat(LONGEST),
        ] {
            assert_eq!(check(name), Ok(()), "{name}");
        }
    }

    #[test]
    fn a_name_is_neither_empty_nor_endless_nor_blank_at_its_ends() {
        for (text, fault) in [
            ("", Fault::Length),
            (&"x".repeat(LONGEST + 1), Fault::Length),
            (" ", Fault::Blanks),
            (" Phone", Fault::Blanks),
            ("Phone\u{a0}", Fault::Blanks),
        ] {
            assert_eq!(check(text), Err(fault), "{text:?}");
        }
    }

    #[test]
    fn nothing_in_a_name_is_unseen_or_turns_the_direction_of_writing() {
        for c in ['\0', '\t', '\u{ad}', '\u{200c}', '\u{200d}', '\u{202e}', '\u{2028}', '\u{e0041}']
        {
            assert_eq!(check(&format!("a{c}b")), Err(Fault::Unseen), "{c:?}");
        }
    }

    #[test]
    fn a_secret_is_no_name() {
        assert_eq!(check("JBSWY3DPEHPK3PXP"), Err(Fault::Secret));
    }
}
