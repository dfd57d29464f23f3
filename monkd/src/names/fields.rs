//! What the fields of passwd(5) and group(5) may hold.
//!
//! Programs take these files apart at colons, commas and line ends, and read what stands in front of a name as
//! a sign: `+` and `-` (nss_compat), `#` (sudo takes `#0` for a uid), `%` and `@` (groups). So a name that could
//! be read as something else is nobody's, whatever the directory says.

use monk_terms::printable::{is_printable, is_steering};
use monk_wire::names::MAX_NAME;

/// Characters of names beside letters and digits of whatever script: what the directories in use have in
/// theirs. Spaces are those of `Domain Users`.
const SIGNS: &str = "._@$()~+&'\\- ";

/// The first number that may be a name. A name such as `0` or `33` would be taken for the system's own number
/// by whoever writes `chown 33`; student numbers are longer.
const FIRST_NUMBER: u128 = 1000;

/// Whether a user or a group may have this name on a host.
#[must_use]
pub fn is_name(name: &str) -> bool {
    let may_begin = |c: char| !matches!(c, '-' | '+' | '@' | '~' | ' ');
    let may_be = |c: char| match c.is_ascii() {
        true => c.is_ascii_alphanumeric() || SIGNS.contains(c),
        false => is_printable(c) && !c.is_whitespace(),
    };
    name.len() <= MAX_NAME
        && name.chars().next().is_some_and(may_begin)
        && !name.ends_with(' ')
        && !matches!(name, "." | "..")
        && name.chars().all(may_be)
        && !name.parse::<u128>().is_ok_and(|number| number < FIRST_NUMBER)
}

/// Whether this may stand for a home folder or a shell.
#[must_use]
pub fn is_path(path: &str) -> bool {
    path.starts_with('/') && !path.chars().any(|c| c == ':' || is_steering(c))
}

/// A full name as passwd(5) can hold it: what would end the field becomes a space.
#[must_use]
pub fn gecos(text: &str) -> String {
    let shown = |c: char| if c == ':' || is_steering(c) { ' ' } else { c };
    text.chars().map(shown).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_programs_would_read_as_something_else_are_nobodys() {
        for name in [
            "alice",
            "Alice",
            "müller",
            "mu\u{308}ller",
            "alice@example.org",
            "host$",
            "a",
            "20261234",
            "1000",
            "Domain Users",
            "o'neil",
            "r&d",
            "x-y_z",
            "山田",
            "_apt",
        ] {
            assert!(is_name(name), "{name}");
        }
        for name in [
            "",
            "-alice",
            "+alice",
            "+",
            "@staff",
            "~alice",
            "#0",
            "%wheel",
            "al:ice",
            "al/ice",
            "al,ice",
            "al\nice",
            "al\tice",
            "al\0ice",
            " alice",
            "alice ",
            ".",
            "..",
            "*",
            "a*",
            "a?",
            "!alice",
            "0",
            "00",
            "33",
            "0999",
            "\u{202e}alice",
            "al\u{200b}ice",
            "al\u{a0}ice",
            "a\"b",
            "a;b",
            "$(x)|y",
            "a`b",
            "a=b",
        ] {
            assert!(!is_name(name), "{name:?}");
        }
        assert!(is_name(&"x".repeat(MAX_NAME)) && !is_name(&"x".repeat(MAX_NAME + 1)));
    }

    #[test]
    fn paths_are_absolute_and_full_names_hold_no_further_field() {
        assert!(is_path("/") && is_path("/home/müller") && is_path("/srv/a b"));
        for path in ["", "home", "bash", "/home/a:b", "/home/a\nb", "/home/a\0b", "~/x"] {
            assert!(!is_path(path), "{path:?}");
        }
        assert_eq!(gecos("Müller, Anna:0:\nroot"), "Müller, Anna 0  root");
    }
}
