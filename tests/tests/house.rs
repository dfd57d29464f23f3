//! The rules of the house that no compiler checks: CONTRIBUTING.md says what they are.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// The most lines of a Rust file: what one reviewer reads in one go.
const MOST_LINES: usize = 400;

/// The parts of a record of a decision, in their order.
const PARTS: [&str; 5] =
    ["**Context.**", "**Decision.**", "**Alternatives.**", "**Consequences.**", "**Held by**"];

/// All crates that a client may depend on, through others of ours as well.
const CLIENTS: [(&str, &str); 7] = [
    ("monk-terms", "serde zeroize"),
    ("monk-wire", "monk-terms postcard serde zeroize"),
    ("monk-client", "libc monk-terms monk-wire postcard serde zeroize"),
    ("monk-one-shot", "libc monk-client monk-terms monk-wire postcard serde zeroize"),
    ("nss_monk", "libc monk-terms monk-wire postcard serde zeroize"),
    ("monk-pam-arguments", "monk-terms monk-wire postcard serde zeroize"),
    ("monk-ssh-keys", "clap libc monk-client monk-terms monk-wire postcard serde zeroize"),
];

/// The only programs that may start an engine.
const STARTERS: [&str; 2] = ["monk-enroll", "pam_monk"];

/// What is not shipped: tests and tools, which may depend on everything.
const TOOLS: [&str; 3] = ["monk-tests", "xtask", "xtask-tasks"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The files of the repository whose names end like this, by their paths in it.
fn files(extension: &str) -> Vec<PathBuf> {
    let mut folders = vec![root()];
    let mut found = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let is_ours = path.file_name().is_some_and(|name| name != "target" && name != ".git");
            if path.is_dir() && is_ours {
                folders.push(path);
            } else if path.extension() == Some(OsStr::new(extension)) {
                found.push(path.strip_prefix(root()).unwrap().to_owned());
            }
        }
    }
    assert!(!found.is_empty(), "no .{extension} files below {}", root().display());
    found.sort();
    found
}

/// The words of Rust text, without comments.
fn words(text: &str) -> impl Iterator<Item = &str> {
    let code = text.lines().map(|line| line.split("//").next().unwrap_or(line));
    code.flat_map(|line| line.split(|c: char| !c.is_alphanumeric() && c != '_'))
}

/// What stands between single backticks, on one line or over two.
fn quoted(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2)
}

/// The records of decisions, without their index.
fn decisions() -> Vec<PathBuf> {
    let records = files("md").into_iter().filter(|path| path.starts_with("docs/decisions"));
    records.filter(|path| !path.ends_with("README.md")).collect()
}

#[test]
fn every_decision_has_its_parts_and_stands_in_the_index() {
    let index = read(&root().join("docs/decisions/README.md"));
    for record in decisions() {
        let text = read(&root().join(&record));
        let places: Vec<_> = PARTS.iter().map(|part| text.find(part)).collect();
        assert!(places.iter().all(Option::is_some) && places.is_sorted(), "{record:?}: {places:?}");
        let name = record.file_name().unwrap().to_str().unwrap();
        let title = text.lines().next().unwrap().trim_start_matches("# ");
        let date = text.lines().nth(2).unwrap();
        let row = format!("| [{}]({name}) | {date} | {title} |", &name[..3]);
        assert!(index.contains(&row), "docs/decisions/README.md lacks {row}");
    }
}

#[test]
fn the_tests_and_files_that_hold_a_decision_exist() {
    let rust: String = files("rs").iter().map(|path| read(&root().join(path))).collect();
    let all: Vec<_> = words(&rust).collect();
    let functions: BTreeSet<_> =
        all.windows(2).filter(|pair| pair[0] == "fn").map(|pair| pair[1]).collect();
    for record in decisions() {
        let text = read(&root().join(&record));
        let (_, holders) = text.split_once("**Held by**").expect("every record has this part");
        for holder in quoted(holders).filter(|holder| !holder.contains(char::is_whitespace)) {
            let is_there = functions.contains(holder) || root().join(holder).exists();
            assert!(is_there, "{record:?} names {holder}, which is neither a test nor a file");
        }
    }
}

#[test]
fn the_places_that_pages_for_contributors_name_exist() {
    let all = ["rs", "md", "toml"].into_iter().flat_map(files).collect::<Vec<_>>();
    let is_there = |name: &str| {
        let is_folder = name.ends_with('/');
        let named = |path: &&Path| path.ends_with(name);
        root().join(name).exists()
            || all
                .iter()
                .any(|file| file.ancestors().skip(usize::from(is_folder)).any(|path| named(&path)))
    };
    for page in ["ARCHITECTURE.md", "CONTRIBUTING.md"] {
        for name in
            quoted(&read(&root().join(page))).filter(|name| !name.contains(char::is_whitespace))
        {
            let is_place = [".rs", ".md", ".toml", "/"].iter().any(|end| name.ends_with(end));
            assert!(!is_place || is_there(name), "{page} names {name}, which is not there");
        }
    }
}

/// What a heading is called in links: `## Add a factor` is `add-a-factor`.
fn anchors(page: &str) -> BTreeSet<String> {
    let headings = page.lines().filter(|line| line.starts_with('#'));
    let letters = |line: &str| line.trim_start_matches('#').trim().to_lowercase();
    let kept = |c: &char| c.is_alphanumeric() || [' ', '-', '_'].contains(c);
    headings
        .map(|line| letters(line).chars().filter(kept).collect::<String>().replace(' ', "-"))
        .collect()
}

#[test]
fn links_between_pages_lead_somewhere() {
    for page in files("md") {
        let text = read(&root().join(&page));
        for link in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            if link.contains("://") {
                continue;
            }
            let (file, anchor) = link.split_once('#').unwrap_or((link, ""));
            let target = if file.is_empty() { page.clone() } else { page.with_file_name(file) };
            let path = root().join(target);
            let is_there =
                path.exists() && (anchor.is_empty() || anchors(&read(&path)).contains(anchor));
            assert!(is_there, "{page:?} links to {link}, which is not there");
        }
    }
}

#[test]
fn no_file_is_longer_than_one_idea_needs() {
    let lines = |path: &PathBuf| read(&root().join(path)).lines().count();
    let long: Vec<_> = files("rs").into_iter().filter(|path| lines(path) > MOST_LINES).collect();
    assert!(long.is_empty(), "more than {MOST_LINES} lines: {long:?}");
}

#[test]
fn unsafe_code_stands_only_where_the_architecture_says() {
    let architecture = read(&root().join("ARCHITECTURE.md"));
    let named: BTreeSet<PathBuf> =
        quoted(&architecture).filter(|name| name.ends_with(".rs")).map(PathBuf::from).collect();
    let shipped = files("rs").into_iter().filter(|path| !path.starts_with("tests"));
    for path in shipped.filter(|path| words(&read(&root().join(path))).any(|word| word == "unsafe"))
    {
        assert!(named.contains(&path), "{path:?} has unsafe code and is not in ARCHITECTURE.md");
    }
}

#[test]
fn one_file_alone_tells_the_factors_apart() {
    let is_for_tests = |path: &&PathBuf| path.to_str().is_some_and(|name| name.contains("test"));
    let all = files("rs");
    let telling = all.iter().filter(|path| !is_for_tests(path)).filter(|path| {
        let text = read(&root().join(path));
        let named = ["Factor::", "Spent::"].into_iter().flat_map(|name| text.match_indices(name));
        let whole = named.filter(|(at, _)| !text[..*at].ends_with(char::is_alphanumeric));
        let variants = whole.filter_map(|(at, name)| words(&text[at + name.len()..]).next());
        let is_known = |name: &&str| name.starts_with(char::is_uppercase) && *name != "Unknown";
        variants.filter(is_known).collect::<BTreeSet<_>>().len() > 1
    });
    let telling: Vec<_> = telling.map(|path| path.to_str().unwrap()).collect();
    assert_eq!(telling, ["monk-core/src/factors/mod.rs"], "files that match over factors");
}

/// The crates that each of ours names as dependencies, outside of its tests: in every table of its manifest,
/// by their own names where they are renamed.
fn dependencies() -> BTreeMap<String, BTreeSet<String>> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.args(["metadata", "--no-deps", "--offline", "--format-version", "1"]);
    let output = command.current_dir(root()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    let packages = metadata["packages"].as_array().unwrap();
    let name = |of: &Value| of["name"].as_str().unwrap().to_owned();
    let named = |package: &Value| {
        let all = package["dependencies"].as_array().unwrap().iter();
        all.filter(|one| one["kind"] != "dev").map(name).collect()
    };
    packages.iter().map(|package| (name(package), named(package))).collect()
}

/// The crates that one of ours depends on, through others of ours as well.
fn reached(from: &str, all: &BTreeMap<String, BTreeSet<String>>) -> BTreeSet<String> {
    let mut reached = BTreeSet::new();
    let mut open = vec![from];
    while let Some(name) = open.pop() {
        for next in all.get(name).into_iter().flatten() {
            if reached.insert(next.clone()) {
                open.push(next);
            }
        }
    }
    reached
}

#[test]
fn a_client_depends_on_no_more_than_it_may() {
    let all = dependencies();
    for (client, allowed) in CLIENTS {
        assert!(all.contains_key(client), "{client} is not there");
        let allowed = allowed.split(' ').map(str::to_owned).collect();
        let reached = reached(client, &all);
        let more: Vec<_> = reached.difference(&allowed).collect();
        assert!(more.is_empty(), "{client} depends on {more:?}");
    }
    let shipped = all.keys().filter(|name| !TOOLS.contains(&name.as_str()));
    let starters: Vec<_> =
        shipped.filter(|name| reached(name, &all).contains("monk-one-shot")).collect();
    assert_eq!(starters, STARTERS, "the crates that can start an engine");
}
