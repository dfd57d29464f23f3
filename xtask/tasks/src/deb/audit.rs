//! What the programs of a package say they are made from (the data of cargo-auditable), held
//! against the list of components.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use miniz_oxide::inflate::decompress_to_vec_zlib_with_limit;
use serde_json::Value;

use super::at;
use super::crates::{Crate, Id};
use crate::cargo::output_of;
use crate::failure::Failure;

/// The section of a program that holds the data: JSON, compressed as zlib does.
const SECTION: &str = ".dep-v0";

/// No program is made from more text than this.
const MOST: usize = 8 * 1024 * 1024;

/// Compares the programs of an unpacked package with the crates that are listed: each must be in one
/// of them. The data may name more. It is made before cargo decides which features of a crate are
/// used, and so has crates that nothing asks for, and some that only the compiler runs.
///
/// # Errors
/// When a program has no such data, or a crate that is listed is in none.
pub fn check(programs: &[PathBuf], crates: &[Crate]) -> Result<(), Failure> {
    let mut found = BTreeSet::new();
    for program in programs {
        found.extend(made_from(program)?);
    }
    let missing = crates.iter().map(|one| &one.id).filter(|id| !found.contains(*id));
    let missing: Vec<String> = missing.map(|(name, version)| format!("{name} {version}")).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let names = missing.join(", ");
    Err(Failure(format!("no program says that it is made from these, which are listed: {names}")))
}

/// The crates that are compiled into a program, as it says itself.
fn made_from(program: &Path) -> Result<BTreeSet<Id>, Failure> {
    let section = program.with_extension("dep-v0");
    let dump = format!("{SECTION}={}", section.display());
    output_of("objcopy", &["--dump-section", &dump, &program.to_string_lossy(), "/dev/null"])?;
    let bytes = fs::read(&section).map_err(|error| at(&section, &error))?;
    let crates =
        decompress_to_vec_zlib_with_limit(&bytes, MOST).ok().and_then(|text| crates_of(&text));
    crates.ok_or_else(|| Failure(format!("{}: its {SECTION} is not understood", program.display())))
}

/// Reads `{"packages": [{"name": …, "version": …, "kind": "build"}, …]}`; without a kind it is part
/// of the program.
fn crates_of(text: &[u8]) -> Option<BTreeSet<Id>> {
    let data: Value = serde_json::from_slice(text).ok()?;
    let is_shipped = |package: &&Value| package.get("kind").is_none_or(|kind| kind == "runtime");
    let packages = data.get("packages")?.as_array()?.iter().filter(is_shipped);
    let text = |package: &Value, key: &str| Some(package.get(key)?.as_str()?.to_owned());
    packages.map(|package| Some((text(package, "name")?, text(package, "version")?))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_only_the_build_used_is_not_part_of_the_program() {
        let text =
            br#"{"packages":[{"name":"monkd","version":"0.1.0","source":"local","root":true},
            {"name":"cc","version":"1.2.0","source":"crates.io","kind":"build"}]}"#;
        let expected = BTreeSet::from([("monkd".to_owned(), "0.1.0".to_owned())]);
        assert_eq!(crates_of(text), Some(expected));
        assert_eq!(crates_of(b"{}"), None);
        assert_eq!(crates_of(b"not JSON"), None);
    }
}
