//! What shipped files say about where things are is so.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

use monk_tests::fresh::{metrics_package, names_package, package};

/// Where the source has its examples, as documents name them, and where the package has them.
const EXAMPLES: [(&str, &str); 4] = [
    ("config/examples", "/usr/share/monk/examples"),
    ("config/ldap", "/usr/share/monk/ldap"),
    ("config/pam.d", "/usr/share/monk/pam.d"),
    ("config/monk.toml", "/etc/monk/monk.toml"),
];

/// Files and folders that are made on the machine, or belong to other packages.
const MADE: [&str; 4] = [
    "/usr/share/common-licenses",
    "/usr/share/doc/monk/changelog",
    "/usr/lib/x86_64",
    "/usr/share/dpkg",
];

/// Both packages, unpacked.
fn unpacked() -> (tempfile::TempDir, Vec<PathBuf>) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for package in [package(), names_package(), metrics_package()] {
        let mut unpack = Command::new("dpkg-deb");
        let done = unpack.arg("-x").arg(package.current).arg(folder.path()).status();
        assert!(done.expect("dpkg-deb is there").success());
    }
    let mut files = Vec::new();
    let mut folders = vec![folder.path().to_owned()];
    while let Some(folder) = folders.pop() {
        for path in fs::read_dir(folder).expect("a folder").flatten().map(|entry| entry.path()) {
            files.push(path.clone());
            if path.is_dir() {
                folders.push(path);
            }
        }
    }
    (folder, files)
}

/// The words of a text that begin so and look like a path.
fn paths<'a>(text: &'a str, begin: &'a str) -> impl Iterator<Item = &'a str> {
    text.match_indices(begin).filter_map(|(at, _)| {
        let before = text[..at].chars().next_back();
        if before.is_some_and(|char| char.is_alphanumeric() || "/._-".contains(char)) {
            return None;
        }
        let end = |char: char| !(char.is_ascii_alphanumeric() || "/._-+".contains(char));
        let path = text[at..].split(end).next().unwrap_or_default();
        Some(path.trim_end_matches(['.', '-', '/']))
    })
}

#[test]
fn every_path_that_shipped_files_name_is_in_the_packages() {
    let (root, files) = unpacked();
    let there: BTreeSet<String> = files
        .iter()
        .filter_map(|path| Some(format!("/{}", path.strip_prefix(root.path()).ok()?.display())))
        .collect();
    let exists = |path: &str| there.contains(path);
    let begins_with_one = |text: &str| {
        let rest = |path: &String| {
            path.contains("monk").then(|| text.strip_prefix(path.as_str()))?.map(str::to_owned)
        };
        there.iter().filter_map(rest).any(|rest| !rest.starts_with('/'))
    };
    let is_ours =
        |path: &str| path.contains("monk") && !MADE.iter().any(|made| path.starts_with(made));
    let mut missing = BTreeSet::new();
    let mut looked_at = 0;
    for file in files.iter().filter(|path| path.is_file()) {
        let bytes = fs::read(file).expect("a file");
        let text = String::from_utf8_lossy(&bytes);
        // Texts of programs stand one behind the other, without a gap.
        let is_program = bytes.starts_with(b"\x7fELF");
        let name = file.strip_prefix(root.path()).unwrap_or(file).display().to_string();
        for path in paths(&text, "/usr/")
            .filter(|path| is_ours(path) && (!is_program || path.contains("/share/")))
        {
            looked_at += 1;
            let is_there = if is_program { begins_with_one(path) } else { exists(path) };
            if !is_there {
                missing.insert(format!("{name}: {path}"));
            }
        }
        // Documents name places of the source; what an administrator reads on the machine does not.
        let is_document = name.ends_with(".md");
        for (source, shipped) in EXAMPLES {
            for path in paths(&text, source) {
                looked_at += 1;
                let path = path.replacen(source, shipped, 1);
                if !is_document || !exists(path.trim_end_matches('/')) {
                    missing.insert(format!("{name}: {path}"));
                }
            }
        }
    }
    assert!(missing.is_empty(), "{missing:#?}");
    assert!(looked_at > 20, "only {looked_at} paths");
}

#[test]
fn a_path_is_told_from_the_text_around_it() {
    let found = |text| paths(text, "/usr/").collect::<Vec<_>>();
    assert_eq!(found("include /usr/share/monk/x.schema."), ["/usr/share/monk/x.schema"]);
    assert_eq!(
        found("a/usr/share `/usr/sbin/monkd`, (/usr/bin/x)"),
        ["/usr/sbin/monkd", "/usr/bin/x"]
    );
}
