//! The commands that pages tell somebody to type who has cloned the source, one by one. They take from minutes to
//! hours, so nothing carries them out here; `.ci/run` carries out those of README.md.
//!
//! The tasks are read by their own parser. Of a run of tests, all packages, the file, and the tests have to be there.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use clap::Parser;
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
        let mut words = words.iter();
        while let Some(word) = words.next() {
            if !WITH_VALUE.contains(word) {
                assert!(SWITCHES.contains(word) || filter.is_none(), "{place}: {word}");
                filter = (!SWITCHES.contains(word)).then_some(*word).or(filter);
                continue;
            }
            let value = words.next().unwrap_or_else(|| panic!("{place}: {word} without a value"));
            match *word {
                "-p" => assert!(packages.contains(*value), "{place}: no package {value}"),
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
        } else {
            assert_eq!(filter, None, "{place}");
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
    let mut left = vec![workspace().join(package)];
    while let Some(folder) = left.pop() {
        for path in fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()) {
            if path.file_stem().is_some_and(|stem| stem == name) {
                return true;
            }
            if path.is_dir() && path.file_name().is_some_and(|name| name != "target") {
                left.push(path);
            }
        }
    }
    false
}
