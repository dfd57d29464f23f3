//! The engine says what happened as data, and the terminal names the commands: none of the engine's own
//! sentences does.

use std::fs;
use std::path::{Path, PathBuf};

/// The crates whose sentences would reach a client.
const ENGINE: [&str; 4] = ["monkd", "monk-core", "monk-wire", "monk-terms"];

/// Sentences that no client could write: the file, and how the command goes on.
const RIGHTFUL: [(&str, &str); 2] = [
    // A line of the log.
    ("monkd/src/clock_watch.rs", "doctor"),
    // What the login program shows to a user whose time to enrol runs out.
    ("monkd/src/login/", "totp add"),
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

/// What follows the name of the terminal's program in each place of a source that is no comment, where a
/// command follows.
fn commands(source: &str) -> Vec<String> {
    let is_comment = |line: &&str| line.trim_start().starts_with("//");
    let lines = source.lines().filter(|line| !is_comment(line));
    // A string that goes on in the next line goes on behind its blanks.
    let text = lines.map(|line| line.trim().trim_end_matches('\\')).collect::<Vec<_>>().join(" ");
    let follows = text.split("monk-enroll").skip(1);
    follows
        .filter(|rest| rest.starts_with(' '))
        .map(|rest| rest.trim_start())
        .filter(|rest| rest.starts_with(|first: char| first.is_ascii_lowercase()))
        .map(|rest| rest.chars().take(24).collect())
        .collect()
}

#[test]
fn no_sentence_of_the_engine_names_a_command_of_the_terminal() {
    let top = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace");
    let mut files = Vec::new();
    for name in ENGINE {
        sources(&top.join(name).join("src"), &mut files);
    }
    assert!(files.len() > 100, "only {} files were found", files.len());
    for file in files {
        let source = fs::read_to_string(&file).expect("a source");
        let name = file.strip_prefix(top).expect("below it").display().to_string();
        for command in commands(&source) {
            let is_rightful = RIGHTFUL
                .iter()
                .any(|(place, words)| name.starts_with(place) && command.starts_with(words));
            assert!(is_rightful, "{name}: monk-enroll {command}");
        }
    }
}

#[test]
fn a_command_is_seen_in_strings_alone_and_also_across_lines() {
    let seen =
        "let a = \"see monk-enroll status\";\nlet b = \"run monk-enroll \\\n    key rotate\";";
    assert_eq!(commands(seen), ["status\"; let b = \"run ", "key rotate\";"]);
    for unseen in
        ["// monk-enroll status", "const NAME: &str = \"monk-enroll\";", "monk-enroll (1)"]
    {
        assert_eq!(commands(unseen), Vec::<String>::new(), "{unseen}");
    }
}
