//! `cargo xtask bench size`: how big what is shipped is, and what it brings along.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use super::{conclude, machine};
use crate::cargo::{output_of, output_of_cargo, own_programs, release_programs};
use crate::failure::{Failure, Outcome};
use crate::prepare;

/// The module may not be bigger.
const GOAL_BYTES: u64 = 500_000;

/// What the module may link to: libpam and libc, whose loader is part of it and named after the
/// architecture.
const GOAL_LIBRARIES: [&str; 3] = ["libpam.so.", "libc.so.", "ld-linux"];

/// The module, as cargo names it.
const MODULE: &str = "libpam_monk.so";

/// What is measured, with the crates they are made from.
const SHIPPED: [(&str, &str); 3] =
    [(MODULE, "pam_monk"), ("monkd", "monkd"), ("monk-enroll", "monk-enroll")];

/// Measures, and prints the tables. True where the goals are met.
pub fn run(dev: bool) -> Outcome {
    let folder = if dev {
        own_programs()?
    } else {
        prepare::build_release()?;
        release_programs()?
    };
    let mut text = "\n### Size of what is shipped\n\n\
                    Release build, stripped.\n\n\
                    | file | bytes | linked to | crates in its tree |\n|---|---|---|---|\n"
        .to_owned();
    for (file, package) in SHIPPED {
        let path = folder.join(file);
        let (bytes, libraries) = (size(&path)?, libraries(&path)?);
        let libraries = libraries.into_iter().collect::<Vec<_>>().join(", ");
        text.push_str(&format!(
            "| {file} | {} | {libraries} | {} |\n",
            grouped(bytes),
            crates(package)?
        ));
    }
    let module = folder.join(MODULE);
    let goals = goals(&module)?;
    println!("{text}\nMeasured on {}.", machine::description());
    Ok(conclude(&[], &goals))
}

/// The goals of the module, and what there is.
fn goals(module: &Path) -> Result<Vec<(bool, String)>, Failure> {
    let bytes = size(module)?;
    let libraries = libraries(module)?;
    let others: Vec<&str> = libraries
        .iter()
        .map(String::as_str)
        .filter(|library| !GOAL_LIBRARIES.iter().any(|goal| library.starts_with(goal)))
        .collect();
    let symbols = exported(module)?;
    let only_pam = symbols.iter().all(|symbol| symbol.starts_with("pam_sm_"));
    let links = match others.as_slice() {
        [] => "it links to libpam and libc only".to_owned(),
        others => format!("it links to {} besides libpam and libc", others.join(", ")),
    };
    Ok(vec![
        (
            bytes < GOAL_BYTES,
            format!(
                "the module has {} bytes; the goal is less than {}",
                grouped(bytes),
                grouped(GOAL_BYTES)
            ),
        ),
        (others.is_empty(), links),
        (
            only_pam && !symbols.is_empty(),
            format!("it exports {}", symbols.into_iter().collect::<Vec<_>>().join(", ")),
        ),
    ])
}

fn size(file: &Path) -> Result<u64, Failure> {
    let metadata = fs::metadata(file);
    let metadata = metadata.map_err(|error| Failure::new(file.display(), error))?;
    Ok(metadata.len())
}

/// The libraries that a file names itself.
fn libraries(file: &Path) -> Result<BTreeSet<String>, Failure> {
    let dynamic = output_of("readelf", &["--dynamic", "--wide", &file.to_string_lossy()])?;
    let named = dynamic.lines().filter(|line| line.contains("(NEEDED)"));
    let names = named.filter_map(|line| line.split_once('[')?.1.split_once(']'));
    Ok(names.map(|(name, _)| name.to_owned()).collect())
}

/// The symbols that a library offers to others.
fn exported(file: &Path) -> Result<BTreeSet<String>, Failure> {
    let arguments = ["--dynamic", "--defined-only", "--format=posix", &file.to_string_lossy()];
    let symbols = output_of("nm", &arguments)?;
    let names = symbols.lines().filter_map(|line| line.split_whitespace().next());
    Ok(names.map(str::to_owned).collect())
}

/// How many crates a program is made from, besides its own.
fn crates(package: &str) -> Result<usize, Failure> {
    let arguments =
        ["tree", "--package", package, "--edges", "normal", "--prefix", "none", "--no-dedupe"];
    let tree = output_of_cargo(&arguments)?;
    // A proc macro runs in the compiler and is not shipped.
    let shipped = tree.lines().filter(|line| !line.is_empty() && !line.contains("(proc-macro)"));
    let names: BTreeSet<&str> =
        shipped.map(|line| line.split(" (").next().unwrap_or(line)).collect();
    Ok(names.len().saturating_sub(1))
}

/// A number with a blank between thousands.
pub(super) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (position, digit) in digits.chars().enumerate() {
        if position > 0 && (digits.len() - position).is_multiple_of(3) {
            text.push(' ');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::grouped;

    #[test]
    fn thousands_stand_apart() {
        assert_eq!([0, 999, 1000, 1_234_567].map(grouped), ["0", "999", "1 000", "1 234 567"]);
    }
}
