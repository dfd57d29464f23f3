//! Imports form no circles.
//!
//! A folder with its files is a unit to the modules beside it, and a file may use what the module around it
//! defines. Between modules that stand side by side, arrows point one way: a reader can understand one of them
//! without the other. Code for tests does not count.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::{fs, mem, slice};

/// The names of a module, from the root of its crate.
type Module = Vec<String>;

/// What a file's modules are called that exist for tests only.
fn is_for_tests(name: &str) -> bool {
    name == "tests" || name == "fixtures" || name.ends_with("_tests")
}

/// The modules below a folder, with their files.
fn modules(folder: &Path, name: &[String], found: &mut BTreeMap<Module, PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let stem = path.file_stem().unwrap().to_str().unwrap().to_owned();
        if is_for_tests(&stem) {
            continue;
        }
        let inner = [name, slice::from_ref(&stem)].concat();
        if path.is_dir() {
            modules(&path, &inner, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let is_of_folder = ["lib", "main", "mod"].contains(&stem.as_str());
            found.insert(if is_of_folder { name.to_vec() } else { inner }, path);
        }
    }
}

/// The text without comments, and without the module of tests at its end.
fn code(text: &str) -> String {
    let lines = text.lines().map(|line| line.split("//").next().unwrap_or(line));
    let text = lines.collect::<Vec<_>>().join("\n");
    let end = text.match_indices("#[cfg(test)]\n").map(|(place, _)| place).find(|place| {
        let mut module = text[*place..].lines().skip(1).take_while(|line| !line.ends_with(';'));
        module.any(|line| line.contains("mod ") && line.ends_with('{'))
    });
    text[..end.unwrap_or(text.len())].to_owned()
}

/// Every path of names in Rust code, with the trees of `use` taken apart.
fn paths(code: &str) -> BTreeSet<Vec<&str>> {
    let mut found = BTreeSet::new();
    let mut prefixes: Vec<Vec<&str>> = Vec::new();
    let mut path: Vec<&str> = Vec::new();
    let mut goes_on = false;
    let mut rest = code;
    while let Some(first) = rest.chars().next() {
        let is_name = |c: char| c.is_alphanumeric() || c == '_';
        let length = rest.find(|c| !is_name(c)).unwrap_or(rest.len());
        if length > 0 {
            if !goes_on {
                found.insert(mem::take(&mut path));
                path = prefixes.last().cloned().unwrap_or_default();
            }
            path.push(&rest[..length]);
            goes_on = false;
            rest = &rest[length..];
        } else if let Some(behind) = rest.strip_prefix("::") {
            goes_on = true;
            rest = behind;
        } else {
            match first {
                '{' => prefixes.push(if goes_on { path.clone() } else { Vec::new() }),
                '}' => drop(prefixes.pop()),
                _ => {}
            }
            goes_on = goes_on && first.is_whitespace();
            rest = &rest[first.len_utf8()..];
        }
    }
    found.insert(path);
    found
}

/// The module that a path in `own` leads to, where it is one of this crate.
fn target(own: &[String], path: &[&str], all: &BTreeMap<Module, PathBuf>) -> Option<Module> {
    let ups = path.iter().take_while(|name| **name == "super").count();
    let begin: &[String] = match *path.first()? {
        "crate" => &[],
        "super" => &own[..own.len().checked_sub(ups)?],
        _ => own,
    };
    let names = path.iter().filter(|name| !["crate", "super", "self"].contains(name));
    let full: Module = begin.iter().cloned().chain(names.map(|name| (*name).to_owned())).collect();
    let known = (1..=full.len()).rev().map(|length| full[..length].to_vec());
    known.into_iter().find(|module| all.contains_key(module)).filter(|module| module != own)
}

/// Who uses whom among the modules that stand side by side in a folder, with an example.
type Arrows = BTreeMap<Module, BTreeMap<(String, String), String>>;

fn arrows(crate_folder: &Path) -> Arrows {
    let mut all = BTreeMap::new();
    modules(&crate_folder.join("src"), &[], &mut all);
    let mut found = Arrows::new();
    for (own, file) in &all {
        let text = code(&fs::read_to_string(file).unwrap());
        for other in paths(&text).iter().filter_map(|path| target(own, path, &all)) {
            let shared = own.iter().zip(&other).take_while(|(a, b)| a == b).count();
            if let (Some(from), Some(to)) = (own.get(shared), other.get(shared)) {
                let example = format!("{} uses {}", file.display(), other.join("::"));
                let folder = found.entry(own[..shared].to_vec()).or_default();
                folder.entry((from.clone(), to.clone())).or_insert(example);
            }
        }
    }
    found
}

/// Whether arrows lead from one module to another.
fn leads(arrows: &BTreeMap<(String, String), String>, from: &str, to: &str) -> bool {
    let mut seen = BTreeSet::new();
    let mut next = vec![from];
    while let Some(module) = next.pop() {
        if module == to {
            return true;
        }
        if seen.insert(module) {
            next.extend(arrows.keys().filter(|(a, _)| a == module).map(|(_, b)| b.as_str()));
        }
    }
    false
}

/// The arrows of a crate that are a part of a circle.
fn circles(crate_folder: &Path) -> Vec<String> {
    let of_folder = |arrows: BTreeMap<(String, String), String>| {
        let closed = arrows.iter().filter(|((from, to), _)| leads(&arrows, to, from));
        closed.map(|(_, example)| example.clone()).collect::<Vec<_>>()
    };
    arrows(crate_folder).into_values().flat_map(of_folder).collect()
}

#[test]
fn imports_form_no_circles() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let tops = fs::read_dir(root).unwrap().map(|entry| entry.unwrap().path());
    let crates = tops.chain([root.join("xtask/tasks")]).filter(|path| path.join("src").is_dir());
    let found: Vec<_> = crates.flat_map(|path| circles(&path)).collect();
    assert!(found.is_empty(), "circles of imports:\n{}", found.join("\n"));
}

#[test]
fn a_circle_is_found_and_what_only_looks_like_one_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let write = |file: &str, text: &str| {
        let path = folder.path().join("src").join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    write("lib.rs", "mod a;\nmod b;\nmod part;\n");
    write("a.rs", "use crate::{b::{self, B}, part};\n");
    write("b.rs", "// use crate::a;\n#[cfg(test)]\nmod tests {\n    use crate::a::A;\n}\n");
    write("part/mod.rs", "mod inner;\nuse inner::Inner;\n");
    write("part/inner.rs", "use super::Outer;\n");
    assert_eq!(circles(folder.path()), [""; 0]);

    write("part/inner.rs", "fn f() { crate::a::f() }\n");
    let found = circles(folder.path());
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(found[1].ends_with("src/part/inner.rs uses a"), "{found:?}");
}
