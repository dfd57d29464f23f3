//! docs/audit.md has every reason, and none that there is not.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

fn read(name: &str) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace");
    fs::read_to_string(root.join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// The words of every function `as_str` of a file.
fn words_of(file: &str) -> BTreeSet<String> {
    let text = read(file);
    let functions =
        text.split("fn as_str(").skip(1).filter_map(|rest| rest.split("\n    }\n").next());
    let arms = functions.flat_map(|body| body.split("=> \"").skip(1));
    arms.filter_map(|rest| rest.split('"').next()).map(str::to_owned).collect()
}

/// What stands in backticks in the first column of the tables of the section about reasons.
fn documented() -> BTreeSet<String> {
    let text = read("docs/audit.md");
    let (_, rest) = text.split_once("\n## Reasons\n").expect("the section");
    let section = rest.split("\n## ").next().unwrap_or_default();
    let rows = section.lines().filter(|line| line.starts_with("| `"));
    let first = rows.filter_map(|row| row.split('|').nth(1));
    first.flat_map(|cell| cell.split('`').skip(1).step_by(2)).map(str::to_owned).collect()
}

#[test]
fn every_reason_of_the_code_is_in_the_table_and_every_row_is_a_reason() {
    let mut wanted = words_of("monk-terms/src/verdict.rs");
    assert!(
        wanted.contains("totp") && wanted.contains("not-trusted") && wanted.len() > 40,
        "{wanted:?}"
    );
    wanted.extend(words_of("monk-wire/src/manage/failure_kind.rs"));
    // A failure of a mail has its words beside the kinds of outages, which have sentences here.
    let mails = read("monk-wire/src/manage/outage.rs");
    let (kinds, mails) = mails.split_once("impl MailFailure").expect("both kinds are there");
    let mails = mails.split("fn as_str(").nth(1).and_then(|rest| rest.split("\n    }\n").next());
    wanted.extend(
        mails
            .into_iter()
            .flat_map(|body| body.split("=> \"").skip(1))
            .filter_map(|rest| rest.split('"').next())
            .map(str::to_owned),
    );
    for sentence in
        kinds.split("write!(f, \"").skip(1).filter_map(|rest| rest.split("{detail}").next())
    {
        wanted.insert(sentence.trim().to_owned());
    }
    for (constant, file) in [
        ("hung-up", "monkd/src/audit/mod.rs"),
        ("place-needed", "monkd/src/audit/mod.rs"),
        ("accepted", "monkd/src/audit/mod.rs"),
        ("the same record is being changed by too many", "monk-wire/src/manage/outage.rs"),
    ] {
        assert!(read(file).contains(&format!("\"{constant}\"")), "{constant}");
        wanted.insert(constant.to_owned());
    }
    wanted.insert("-".to_owned());
    // A command that cannot be asked about has the words of an outage.
    wanted.remove("unavailable");
    let documented = documented();
    let missing: Vec<_> = wanted.difference(&documented).collect();
    let unknown: Vec<_> = documented.difference(&wanted).collect();
    assert!(missing.is_empty() && unknown.is_empty(), "missing: {missing:?}, unknown: {unknown:?}");
}

#[test]
fn every_row_says_what_to_do() {
    let text = read("docs/audit.md");
    let (_, rest) = text.split_once("\n## Reasons\n").expect("the section");
    let section = rest.split("\n## ").next().unwrap_or_default();
    for row in section.lines().filter(|line| line.starts_with("| `")) {
        let cells: Vec<_> = row.split('|').map(str::trim).collect();
        assert!(cells.len() == 5 && !cells[2].is_empty() && !cells[3].is_empty(), "{row}");
    }
}
