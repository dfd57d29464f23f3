//! Whether the packages are reproducible: a second build, whose source, cargo home, locale, time zone
//! and number of threads are others, must give the same bytes.

use std::env;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::at;
use super::build::{Build, Prepared};
use crate::failure::Failure;
use crate::prepare;

/// What shows in what two packages differ.
const DIFFOSCOPE: &str = "diffoscope-minimal";

/// What else is not as in the first build.
const OTHERWISE: [(&str, &str); 3] =
    [("TZ", "Pacific/Chatham"), ("LC_ALL", "C"), ("DEB_BUILD_OPTIONS", "parallel=1")];

/// Builds `first`, and the same once more. Returns its packages, and whether both builds are the same.
///
/// # Errors
/// When one of them does not build.
pub fn packages(first: &Prepared<'_>, work: &Path) -> Result<(Vec<PathBuf>, bool), Failure> {
    let folder = work.join("again/in-a-place-of-another-name");
    if folder.exists() {
        fs::remove_dir_all(&folder).map_err(|error| at(&folder, &error))?;
    }
    let home = folder.join("cargo");
    fs::create_dir_all(&home).map_err(|error| at(&home, &error))?;
    borrow(&cargo_home()?, &home)?;
    let mut environment: Vec<(&str, String)> =
        OTHERWISE.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
    environment.push(("CARGO_HOME", home.to_string_lossy().into_owned()));
    let build = Build { folder: &folder, quick: false, environment };
    // Exported before the first is built: somebody may go on working in the workspace.
    let second = build.prepare()?;
    let (packages, others) = (first.packages()?, second.packages()?);
    let mut is_same = true;
    for (package, other) in packages.iter().zip(&others) {
        is_same &= compare(package, other)?;
    }
    if is_same {
        fs::remove_dir_all(&folder).map_err(|error| at(&folder, &error))?;
    }
    Ok((packages, is_same))
}

/// Compares two packages, and shows what differs. True where nothing does.
fn compare(first: &Path, second: &Path) -> Result<bool, Failure> {
    let read = |path: &Path| fs::read(path).map_err(|error| at(path, &error));
    if read(first)? == read(second)? {
        println!("{}: both builds are the same, bit by bit", first.display());
        return Ok(true);
    }
    println!("the builds differ: {} and {}", first.display(), second.display());
    prepare::ensure(&[DIFFOSCOPE])?;
    let status = Command::new("diffoscope").arg(first).arg(second).status();
    status.map_err(|error| Failure::new("cannot run diffoscope", error))?;
    Ok(false)
}

/// The folder of what cargo has fetched.
fn cargo_home() -> Result<PathBuf, Failure> {
    let usual = || env::var_os("HOME").map(|home| PathBuf::from(home).join(".cargo"));
    let home = env::var_os("CARGO_HOME").map(PathBuf::from).or_else(usual);
    home.ok_or_else(|| Failure("neither CARGO_HOME nor HOME is set".to_owned()))
}

/// Makes `other` a home with the same content under another name, so that nothing is fetched twice.
fn borrow(home: &Path, other: &Path) -> Result<(), Failure> {
    for entry in fs::read_dir(home).map_err(|error| at(home, &error))? {
        let entry = entry.map_err(|error| at(home, &error))?;
        let link = other.join(entry.file_name());
        symlink(entry.path(), &link).map_err(|error| at(&link, &error))?;
    }
    Ok(())
}
