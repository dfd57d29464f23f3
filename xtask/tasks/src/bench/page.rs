//! The page of figures: each table stands between two marks, so that it can be measured again.
//!
//! ```text
//! <!-- bench login -->
//! …
//! <!-- /bench login -->
//! ```

use crate::failure::Failure;

/// Puts a table in the place of the one that stands on the page, or at the page's end where there is
/// none yet.
///
/// # Errors
/// When the page has one mark without the other.
pub fn put(page: &str, name: &str, table: &str) -> Result<String, Failure> {
    let (begin, end) = (format!("<!-- bench {name} -->"), format!("<!-- /bench {name} -->"));
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
        let page = put(PAGE, "login", "\n| new |\n").unwrap();
        let expected =
            "# Figures\n\n<!-- bench login -->\n\n| new |\n\n<!-- /bench login -->\n\nThe end.\n";
        assert_eq!(page, expected);
        assert_eq!(put(&page, "login", "| new |").unwrap(), expected, "and again");
    }

    #[test]
    fn a_new_table_comes_to_the_end() {
        let page = put(PAGE, "mail", "| new |").unwrap();
        assert!(page.starts_with(PAGE.trim_end()), "{page}");
        assert!(
            page.ends_with("\n\n<!-- bench mail -->\n\n| new |\n\n<!-- /bench mail -->\n"),
            "{page}"
        );
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
            assert!(put(&page, "x", "table").is_err(), "{page}");
        }
    }
}
