//! The pages of results: each table stands between two marks, so that it can be measured again.
//!
//! ```text
//! <!-- bench login -->
//! …
//! <!-- /bench login -->
//! ```

use std::fs;

use crate::cargo::workspace;
use crate::failure::Failure;

/// The folder of the pages.
const FOLDER: &str = "docs/results";

/// Puts a table on a page, in the place of the one that has the same name.
///
/// # Errors
/// When the page cannot be rewritten, or has one mark without the other.
pub fn write(page: &str, name: &str, table: &str) -> Result<(), Failure> {
    let file = workspace().join(FOLDER).join(page);
    let failed = |error| Failure::new(format!("cannot rewrite {}", file.display()), error);
    let text = fs::read_to_string(&file).map_err(failed)?;
    fs::write(&file, put(&text, name, table)?).map_err(failed)
}

/// Puts a table in the place of the one that stands on the page, or at the page's end where there is
/// none yet.
fn put(page: &str, name: &str, table: &str) -> Result<String, Failure> {
    let (begin, end) = (format!("<!-- {name} -->"), format!("<!-- /{name} -->"));
    let section = format!("{begin}\n\n{}\n\n{end}", table.trim());
    let place = |mark: &str| page.match_indices(mark).map(|(place, _)| place).collect::<Vec<_>>();
    match (place(&begin).as_slice(), place(&end).as_slice()) {
        ([], []) => Ok(format!("{}\n\n{section}\n", page.trim_end())),
        ([from], [to]) if from < to => {
            Ok(format!("{}{section}{}", &page[..*from], &page[to + end.len()..]))
        }
        _ => Err(Failure(format!("the page must have {begin} once, and {end} once behind it"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str =
        "# Figures\n\n<!-- bench login -->\nold\n<!-- /bench login -->\n\nThe end.\n";

    #[test]
    fn a_table_takes_the_place_of_the_old_one() {
        let page = put(PAGE, "bench login", "\n| new |\n").unwrap();
        let expected =
            "# Figures\n\n<!-- bench login -->\n\n| new |\n\n<!-- /bench login -->\n\nThe end.\n";
        assert_eq!(page, expected);
        assert_eq!(put(&page, "bench login", "| new |").unwrap(), expected, "and again");
    }

    #[test]
    fn a_new_table_comes_to_the_end() {
        let page = put(PAGE, "bench mail", "| new |").unwrap();
        let expected = "\n\n<!-- bench mail -->\n\n| new |\n\n<!-- /bench mail -->\n";
        assert_eq!(page, format!("{}{expected}", PAGE.trim_end()));
    }

    #[test]
    fn marks_that_are_no_pair_are_an_error() {
        let (begin, end) = ("<!-- bench x -->", "<!-- /bench x -->");
        for page in [
            begin.to_owned(),
            end.to_owned(),
            format!("{end} {begin}"),
            format!("{begin} {begin} {end}"),
        ] {
            assert!(put(&page, "bench x", "table").is_err(), "{page}");
        }
    }

    #[test]
    fn the_pages_have_a_place_for_every_table() {
        let pages = [
            (
                "performance.md",
                "bench",
                &[
                    "login",
                    "growth",
                    "argon2",
                    "memory",
                    "mail",
                    "module",
                    "names",
                    "boots",
                    "enrolment",
                    "portal",
                    "size",
                ][..],
            ),
            ("conformance.md", "conformance", &["programs", "hostile", "guessing", "package"]),
        ];
        for (page, command, names) in pages {
            let text = fs::read_to_string(workspace().join(FOLDER).join(page)).unwrap();
            for name in names.iter().map(|name| format!("{command} {name}")) {
                assert!(text.contains(&format!("<!-- {name} -->")), "{page}: {name}");
                assert!(put(&text, &name, "| new |").is_ok(), "{page}: {name}");
            }
        }
    }
}
