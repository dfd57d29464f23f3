//! The page that people look up when something does not work treats everything that monk can say.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

fn read(path: &str) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace");
    fs::read_to_string(root.join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The page, and what stands in it as it is in the log: between backquotes.
fn page() -> (String, BTreeSet<String>) {
    let page = read("docs/troubleshooting.md");
    let words = page.split('`').skip(1).step_by(2).map(str::to_owned).collect();
    (page, words)
}

/// The texts of a function of the source: what stands between quotes from `begin` on, up to the next function.
fn texts(source: &str, begin: &str) -> Vec<String> {
    let (_, rest) = source.split_once(begin).unwrap_or_else(|| panic!("no {begin} any more"));
    let body = rest.split("\n    }\n").next().unwrap_or(rest);
    body.split('"').skip(1).step_by(2).map(str::to_owned).collect()
}

#[test]
fn every_reason_for_a_refusal_is_treated() {
    let verdicts = read("monk-terms/src/verdict.rs");
    let (_, of_refusals) = verdicts.split_once("impl Refusal {").expect("refusals have words");
    let reasons = texts(of_refusals, "pub fn as_str(self)");
    assert!(reasons.len() > 30, "{reasons:?}");
    let (page, words) = page();
    let (before, table) = page.split_once("## Every reason").expect("the table of reasons");
    for reason in reasons {
        assert!(words.contains(&reason), "{reason} is not on the page");
        let word = format!("`{reason}`");
        assert!(before.contains(&word), "{reason} is in the table, and nothing says what to do");
        assert!(table.contains(&word), "{reason} is not in the table");
    }
}

#[test]
fn everything_that_can_be_out_of_order_is_treated_in_the_words_of_the_log() {
    let texts = texts(&read("monk-wire/src/manage/outage.rs"), "impl fmt::Display for Outage");
    assert!(texts.len() > 6, "{texts:?}");
    let (_, words) = page();
    for text in texts {
        let shown = text.replace("{detail}", "…");
        assert!(words.contains(&shown), "{shown:?} is not on the page");
    }
}

#[test]
fn every_command_on_the_page_is_one_of_monk_enroll() {
    let (page, _) = page();
    let commands = read("monk-enroll/JSON.md");
    let headings = commands.lines().filter(|line| line.starts_with("## `"));
    let known: Vec<&str> = headings.flat_map(|line| line.split('`').skip(1).step_by(2)).collect();
    let mut named = 0;
    for (place, _) in page.match_indices("monk-enroll ") {
        let rest = &page[place + "monk-enroll ".len()..];
        let line = rest.split(['`', '\n', '#', ':', ',', '.', '(']).next().unwrap_or(rest).trim();
        if line.is_empty() || line.starts_with("--") {
            continue;
        }
        named += 1;
        let is_known = known.iter().any(|one| line == *one || line.starts_with(&format!("{one} ")));
        assert!(is_known, "monk-enroll {line}");
    }
    assert!(named > 15, "{named}");
}
