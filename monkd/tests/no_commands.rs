//! The engine says what happened as data, and the terminal names its commands and options: none of the
//! engine's own sentences does.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// The crates whose sentences would reach a client.
const ENGINE: [&str; 4] = ["monkd", "monk-core", "monk-wire", "monk-terms"];

/// What only the terminal says: its options, and the command that engine and terminal carry out together.
const OF_THE_TERMINAL: [&str; 4] = ["--as", "--role", "--json", "run doctor"];

/// Sentences that no client could write: the file, and the words in it.
const RIGHTFUL: [(&str, &str); 3] = [
    // A line of the log.
    ("monkd/src/clock_watch.rs", "monk-enroll doctor"),
    // What the ids of doctor mean, as `docs/doctor.md` lists them.
    ("monk-wire/src/manage/doctor/kinds.rs", "--as"),
    ("monk-wire/src/manage/doctor/kinds.rs", "--role"),
];

/// All Rust files below a folder.
fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder of sources") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// The code of a source on one line, without comments.
fn code(source: &str) -> String {
    let is_comment = |line: &&str| line.trim_start().starts_with("//");
    let lines = source.lines().filter(|line| !is_comment(line));
    // A string that goes on in the next line goes on behind its blanks.
    lines.map(|line| line.trim().trim_end_matches('\\')).collect::<Vec<_>>().join(" ")
}

/// Whether a command or an option follows, where the name of the terminal's program ends.
fn goes_on(rest: &str) -> bool {
    let next = rest.strip_prefix(' ').and_then(|rest| rest.trim_start().chars().next());
    next.is_some_and(|next| next.is_ascii_lowercase() || next == '{' || next == '-')
}

/// Whether a word is over here. One that goes on is another option.
fn is_over(rest: &str) -> bool {
    !rest.starts_with(|next: char| next.is_ascii_alphanumeric() || next == '-')
}

/// The commands and options of the terminal that stand in a source, each with a few characters more.
fn commands(source: &str) -> Vec<String> {
    let text = code(source);
    let lower = text.to_ascii_lowercase();
    let mut found = Vec::new();
    for program in ["monk-enroll", "{SERVICE}"] {
        let all = text.match_indices(program);
        found.extend(all.map(|(at, _)| at).filter(|at| goes_on(&text[at + program.len()..])));
    }
    for option in OF_THE_TERMINAL {
        let all = lower.match_indices(option);
        found.extend(all.map(|(at, _)| at).filter(|at| is_over(&text[at + option.len()..])));
    }
    found.sort_unstable();
    found.into_iter().map(|at| text[at..].chars().take(28).collect()).collect()
}

#[test]
fn no_sentence_of_the_engine_names_a_command_of_the_terminal() {
    let top = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace");
    let mut files = Vec::new();
    for name in ENGINE {
        sources(&top.join(name).join("src"), &mut files);
    }
    assert!(files.len() > 100, "only {} files were found", files.len());
    let mut used = BTreeSet::new();
    for file in files {
        let source = fs::read_to_string(&file).expect("a source");
        let name = file.strip_prefix(top).expect("below it").display().to_string();
        for command in commands(&source) {
            let rightful =
                RIGHTFUL.iter().find(|(place, words)| name == *place && command.starts_with(words));
            used.insert(rightful.unwrap_or_else(|| panic!("{name}: {command}")));
        }
    }
    assert_eq!(used.len(), RIGHTFUL.len(), "only these exemptions are needed: {used:?}");
}

#[test]
fn a_command_is_seen_in_strings_alone_and_also_across_lines() {
    for (seen, named) in [
        ("\"see monk-enroll status\"", "monk-enroll status\""),
        ("\"run monk-enroll \\\n    key rotate\"", "monk-enroll  key rotate\""),
        ("\"run `monk-enroll status`\"", "monk-enroll status`\""),
        ("format!(\"monk-enroll {verb}\")", "monk-enroll {verb}\")"),
        ("format!(\"{SERVICE} status\")", "{SERVICE} status\")"),
        ("\"monk-enroll --json\"", "monk-enroll --json\""),
        ("\"Leave --as away\"", "--as away\""),
        ("\"with --role check\"", "--role check\""),
        ("\"Run doctor again\"", "Run doctor again\""),
    ] {
        assert_eq!(commands(seen).first().map(String::as_str), Some(named), "{seen}");
    }
    for unseen in [
        "// monk-enroll status",
        "const NAME: &str = \"monk-enroll\";",
        "monk-enroll (1)",
        "format!(\"{SERVICE}: {why}\")",
        "\"--assert\"",
    ] {
        assert_eq!(commands(unseen), Vec::<String>::new(), "{unseen}");
    }
}
