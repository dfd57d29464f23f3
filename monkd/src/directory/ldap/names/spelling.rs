//! Names of users and groups, exactly as the directory spells them.
//!
//! Directories ignore case and blanks where they compare names; hosts do not. If `Alice` could be asked for as
//! `alice`, one user would have two names, and rules about one of them would not hold for the other.

use monk_terms::printable::is_harmful;
use monk_wire::names::MAX_NAME;

/// Whether a name can stand in passwd(5) and group(5), and be told from options, paths and lists of names.
pub(super) fn is_name(name: &str) -> bool {
    let is_odd = |character: char| matches!(character, ':' | ',' | '/') || is_harmful(character);
    (1..=MAX_NAME).contains(&name.len())
        && !name.starts_with(['-', '+', '~'])
        && name.trim() == name
        && !matches!(name, "." | "..")
        && !name.contains(is_odd)
}

/// The value that is meant by `asked`; without it, always the same one, which is the least.
pub(super) fn chosen<'a>(values: Vec<&'a str>, asked: Option<&str>) -> Option<&'a str> {
    let mut names = values.into_iter().filter(|name| is_name(name));
    match asked {
        Some(asked) => names.find(|name| *name == asked),
        None => names.min(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_one_that_files_could_hold() {
        for name in ["alice", "Zoë", "1000", "domain users", "a.b", "DC1$", "a@b", "..."] {
            assert!(is_name(name), "{name}");
        }
        let long = "a".repeat(MAX_NAME + 1);
        for name in [
            "",
            "a:b",
            "a,b",
            "a/b",
            "-a",
            "+a",
            "~a",
            " a",
            "a ",
            ".",
            "..",
            "a\nb",
            "a\0",
            "a\u{202e}b",
            &long,
        ] {
            assert!(!is_name(name), "{name:?}");
        }
        assert!(is_name(&long[1..]));
    }

    #[test]
    fn of_several_names_it_is_the_one_that_is_asked_for_else_the_least() {
        let values = || vec!["b", "a:c", "B", "c"];
        assert_eq!(chosen(values(), Some("c")), Some("c"));
        assert_eq!(chosen(values(), Some("C")), None);
        assert_eq!(chosen(values(), Some("a:c")), None);
        assert_eq!(chosen(values(), None), Some("B"));
        assert_eq!(chosen(vec!["a:c"], None), None);
    }
}
