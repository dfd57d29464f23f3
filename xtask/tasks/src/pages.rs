//! The commands that pages tell somebody to type who has cloned the source, one by one. They take from minutes to
//! hours, so nothing carries them out here; `.ci/run` carries out those of README.md.
//!
//! The tasks are read by their own parser. Of a run of tests, all packages, the file, and the tests have to be there.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use clap::Parser;
use clap::error::ErrorKind;
use monk_enroll::cli::Cli;
use monk_tests::page;
use serde_json::Value;

use crate::Options;
use crate::cargo::{cargo, workspace};

/// Options of `cargo test` and `cargo nextest run` that pages use and that have a value.
const WITH_VALUE: [&str; 4] = ["-p", "--test", "--success-output", "--skip"];

/// Those without.
const SWITCHES: [&str; 5] = ["--ignore-default-filter", "--workspace", "--lib", "--bins", "--"];

/// Every command that a page has for somebody with a clone, and where it stands.
fn commands() -> Vec<(String, String)> {
    let blocks = page::blocks().into_iter().filter(|block| block.language == "sh");
    let commands = blocks.flat_map(|block| {
        let place = format!("{}:{}", block.page, block.line);
        block.commands().into_iter().map(move |line| (place.clone(), line))
    });
    commands.filter(|(_, line)| line.starts_with("cargo ") || line == ".ci/run").collect()
}

#[test]
fn the_tasks_on_the_pages_and_their_options_exist() {
    let mut seen = 0;
    for (place, line) in commands() {
        let Some(task) = line.strip_prefix("cargo xtask") else { continue };
        seen += 1;
        // Without a task it lists them.
        if !task.is_empty() {
            let words = ["cargo xtask"].into_iter().chain(task.split_whitespace());
            if let Err(error) = Options::try_parse_from(words) {
                panic!("{place}: {line}\n{error}");
            }
        }
    }
    assert!(seen > 9, "{seen}");
}

/// What is no mistake: a page may leave out who and what in a sentence, and may name the help.
const LEFT_OUT: [ErrorKind; 3] = [
    ErrorKind::MissingRequiredArgument,
    ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand,
    ErrorKind::DisplayHelp,
];

#[test]
fn the_commands_in_sentences_and_tables_are_commands() {
    let (mut seen, mut wrong) = (0, Vec::new());
    for (page, code) in page::spans() {
        let words = words(&code);
        let words: Vec<_> = words.iter().map(String::as_str).collect();
        let error = match &words[..] {
            ["monk-enroll", _, ..] => Cli::try_parse_from(&words).err(),
            ["cargo", "xtask", _, ..] => {
                Options::try_parse_from(["cargo xtask"].iter().chain(&words[2..])).err()
            }
            _ => continue,
        };
        seen += 1;
        let error = error.filter(|error| !LEFT_OUT.contains(&error.kind()));
        wrong.extend(error.map(|error| format!("{page}: {code}\n{error}")));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(seen > 99, "{seen}");
}

/// The words of a command. What stands in quotes is one; what a pipe or a file gives is none.
fn words(code: &str) -> Vec<String> {
    let (mut words, mut parts) = (Vec::new(), code.split(['\'', '"']));
    while let Some(bare) = parts.next() {
        let command = bare.split(['|', '<', '>', ';']).next().unwrap_or_default();
        words.extend(command.split_whitespace().map(str::to_owned));
        if command.len() < bare.len() {
            break;
        }
        words.extend(parts.next().map(str::to_owned));
    }
    words
}

#[test]
fn the_tests_on_the_pages_exist() {
    let packages = packages();
    let mut seen = 0;
    for (place, line) in commands() {
        let words: Vec<_> = line.split_whitespace().collect();
        let words = match &words[..] {
            ["cargo", "test", words @ ..] | ["cargo", "nextest", "run", words @ ..] => words,
            ["cargo", "build", words @ ..] => words,
            ["cargo", "xtask", ..] | [".ci/run"] => continue,
            _ => panic!("{place}: nothing knows {line}"),
        };
        seen += 1;
        let (mut file, mut filter, mut skipped) = (None, None, Vec::new());
        let mut package = None;
        let mut words = words.iter();
        while let Some(word) = words.next() {
            if !WITH_VALUE.contains(word) {
                assert!(SWITCHES.contains(word) || filter.is_none(), "{place}: {word}");
                filter = (!SWITCHES.contains(word)).then_some(*word).or(filter);
                continue;
            }
            let value = words.next().unwrap_or_else(|| panic!("{place}: {word} without a value"));
            match *word {
                "-p" => {
                    assert!(packages.contains(*value), "{place}: no package {value}");
                    package = Some(*value);
                }
                "--test" => file = Some(*value),
                "--skip" => skipped.push(*value),
                _ => {}
            }
        }
        if let Some(file) = file {
            let names =
                names_in(file).unwrap_or_else(|| panic!("{place}: no file of tests {file}"));
            let filter = filter.unwrap_or_default();
            assert!(names.iter().any(|name| name.contains(filter)), "{place}: no test {filter}");
        } else if let Some(filter) = filter {
            let package = package.unwrap_or_else(|| panic!("{place}: {filter} of which package?"));
            assert!(has_test(package, filter), "{place}: no test {filter}");
        }
        for name in skipped {
            assert!(packages.iter().any(|package| has_module(package, name)), "{place}: {name}");
        }
    }
    assert!(seen > 9, "{seen}");
}

/// The packages of the workspace.
fn packages() -> BTreeSet<String> {
    let mut metadata = cargo(&["metadata", "--no-deps", "--format-version=1", "--offline"]);
    let output = metadata.output().expect("cargo runs");
    let metadata: Value = serde_json::from_slice(&output.stdout).expect("metadata");
    let packages = metadata["packages"].as_array().expect("a list of packages").iter();
    packages.map(|package| package["name"].as_str().expect("a name").to_owned()).collect()
}

/// The functions in a file or folder of whole-system tests, as nextest names them: with their modules.
fn names_in(test: &str) -> Option<Vec<String>> {
    let folder = workspace().join("tests/tests");
    let single = folder.join(format!("{test}.rs"));
    if single.exists() {
        return Some(functions(&single, ""));
    }
    let mut names = Vec::new();
    let mut left = vec![folder.join(test)];
    left[0].join("main.rs").exists().then_some(())?;
    let top = left[0].clone();
    while let Some(folder) = left.pop() {
        for path in fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("one").path())
        {
            if path.is_dir() {
                left.push(path);
            } else {
                names.extend(functions(&path, &modules(path.strip_prefix(&top).expect("inside"))));
            }
        }
    }
    Some(names)
}

/// The modules that a file is.
fn modules(file: &Path) -> String {
    let mut path = PathBuf::from(file);
    path.set_extension("");
    let names = path.iter().map(|part| part.to_string_lossy());
    names.filter(|name| name != "main" && name != "mod").map(|name| format!("{name}::")).collect()
}

/// The functions of a file, with its modules before their names.
fn functions(file: &Path, modules: &str) -> Vec<String> {
    let text = fs::read_to_string(file).expect("a file of tests");
    let names = text.lines().filter_map(|line| line.trim_start().strip_prefix("fn "));
    let names = names.filter_map(|rest| rest.split(['(', '<']).next());
    names.map(|name| format!("{modules}{name}")).collect()
}

/// Whether a package has a module with this name somewhere.
fn has_module(package: &str, name: &str) -> bool {
    any_file(package, |path| path.file_stem().is_some_and(|stem| stem == name))
}

/// Whether a package has a function with these words in its name.
fn has_test(package: &str, words: &str) -> bool {
    any_file(package, |path| {
        path.extension().is_some_and(|kind| kind == "rs") && {
            let text = fs::read_to_string(path).expect("a file of sources");
            let mut names = text.lines().filter_map(|line| line.trim_start().split_once("fn "));
            names.any(|(_, rest)| {
                rest.split(['(', '<']).next().is_some_and(|name| name.contains(words))
            })
        }
    })
}

/// Whether a file or folder of a package is one that is looked for.
fn any_file(package: &str, is_it: impl Fn(&Path) -> bool) -> bool {
    let mut left = vec![workspace().join(package)];
    while let Some(folder) = left.pop() {
        for path in fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()) {
            if is_it(&path) {
                return true;
            }
            if path.is_dir() && path.file_name().is_some_and(|name| name != "target") {
                left.push(path);
            }
        }
    }
    false
}
