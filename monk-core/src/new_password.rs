//! What a password may be that somebody sets: one that monk reads as nothing else.

use crate::factors::app_password::AppPassword;
use crate::factors::shapes::{Code, Shapes};
use crate::typed::Typed;

/// The shapes that users of any kind may have codes of, with the word that asks for one by mail.
const EVERY_SHAPE: Shapes = Shapes { portal: false, ..Shapes::ALL };

/// Whether the text has the shape of an app password. As a password it opens nothing: what has that
/// shape is never sent to a directory, and never compared with a password.
#[must_use]
pub fn reads_as_app_password(typed: &Typed) -> bool {
    AppPassword::from_typed(typed.as_str()).is_some()
}

/// Whether the text ends as a password with a code behind it does. It opens what a password opens, and
/// where a code is typed on the same line, the code stands behind all of it.
#[must_use]
pub fn ends_like_a_code(typed: &Typed) -> bool {
    let Some((_, tail)) = typed.as_str().rsplit_once(';') else { return false };
    Code::of_shape(tail, EVERY_SHAPE).is_some() || crate::reading::asks_for_email(tail, EVERY_SHAPE)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(text: &str) -> Typed {
        Typed::new(text.as_bytes()).expect("text")
    }

    #[test]
    fn what_has_the_shape_of_an_app_password_is_found_however_it_is_typed() {
        for text in ["k3tn-p7wq-2mzx-c9dh-v4ra", "K3TNP7WQ2MZXC9DHV4RA", "my cat sees a brown fox"]
        {
            assert_eq!(
                reads_as_app_password(&typed(text)),
                text != "my cat sees a brown fox",
                "{text}"
            );
        }
        assert!(
            reads_as_app_password(&typed("cats hate wet snacks and")),
            "20 letters of the alphabet"
        );
        assert!(!reads_as_app_password(&typed("cats hate wet snacks!")));
    }

    #[test]
    fn what_ends_like_a_code_is_found() {
        for text in
            ["geheim;123456", "x; 123 456", "x;12345678", "x;k3tn-p7wq-2mzx", "x;EMAIL", ";123456"]
        {
            assert!(ends_like_a_code(&typed(text)), "{text}");
        }
        for text in ["geheim", "pass;word", "x;12345", "123456", "x;123456;", "x;mail"] {
            assert!(!ends_like_a_code(&typed(text)), "{text}");
        }
    }
}
