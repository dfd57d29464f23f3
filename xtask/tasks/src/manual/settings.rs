//! The page of the settings, from the shipped file: its comments are the explanations.

use super::page::Page;

/// The shipped settings, in which every key stands with its default or an example.
const SHIPPED: &str = include_str!("../../../../config/monk.toml");

/// A line of the shipped file.
enum Line<'a> {
    Comment(&'a str),
    Section(&'a str),
    Key(&'a str, &'a str),
    Blank,
}

impl<'a> Line<'a> {
    fn of(line: &'a str) -> Self {
        let bare = line.strip_prefix('#').unwrap_or(line);
        if line.is_empty() {
            Self::Blank
        } else if let Some(comment) = line.strip_prefix("# ") {
            Self::Comment(comment)
        } else if bare.starts_with('[') {
            Self::Section(bare)
        } else if let Some((key, value)) = bare.split_once(" = ") {
            Self::Key(key, value)
        } else {
            Self::Comment(bare)
        }
    }
}

/// The page.
pub fn page() -> String {
    let mut page = Page::new("monk.toml", "5", "settings of monk");
    page.section("DESCRIPTION");
    let mut comment = Vec::new();
    let mut begun = false;
    for line in SHIPPED.lines().map(Line::of) {
        match line {
            Line::Comment(text) => comment.push(text),
            Line::Blank => {
                if !comment.is_empty() {
                    page.paragraph(&take(&mut comment));
                }
                if !begun {
                    page.section("AT THE TOP");
                    begun = true;
                }
            }
            Line::Section(name) => {
                page.section(name);
                if !comment.is_empty() {
                    page.paragraph(&take(&mut comment));
                }
            }
            Line::Key(key, value) => page.item(key, &format!("= {value}"), &take(&mut comment)),
        }
    }
    page.section("FILES");
    page.item(monk_wire::DEFAULT_CONFIG, "", "The settings.");
    page.see_also(&[("monkd", "8"), ("monk-enroll", "1"), ("pam_monk", "8")]);
    page.finish()
}

fn take(comment: &mut Vec<&str>) -> String {
    std::mem::take(comment).join(" ")
}
