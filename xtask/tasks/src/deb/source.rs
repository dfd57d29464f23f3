//! The source tree as it is exported.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use super::at;
use crate::cargo::{output_of, workspace};
use crate::failure::Failure;

/// What is no source where there is no repository to say so.
const NO_SOURCE: [&str; 2] = ["target", ".git"];

/// Copies the sources of the workspace into the folder `to`, as they are now: the files that git
/// knows, with the changes that are not committed yet.
///
/// # Errors
/// When git does not work, or a file cannot be copied.
pub fn export(to: &Path) -> Result<(), Failure> {
    for file in files(workspace())? {
        copy(&workspace().join(&file), &to.join(&file))?;
    }
    Ok(())
}

/// The files of a source tree, relative to it.
fn files(tree: &Path) -> Result<Vec<PathBuf>, Failure> {
    if tree.join(".git").exists() {
        let tree = tree.to_string_lossy();
        // Root builds what belongs to somebody else, which git refuses unless it is told.
        let git = ["-c", "safe.directory=*", "-C", &tree, "ls-files", "-z", "--cached"];
        let list = output_of("git", &git)?;
        return Ok(list.split_terminator('\0').map(PathBuf::from).collect());
    }
    let mut files = Vec::new();
    walk(tree, Path::new(""), &mut files)?;
    Ok(files)
}

/// Every file below `folder` of a tree that is no repository, such as an unpacked archive.
fn walk(tree: &Path, folder: &Path, files: &mut Vec<PathBuf>) -> Result<(), Failure> {
    let here = tree.join(folder);
    for entry in fs::read_dir(&here).map_err(|error| at(&here, &error))? {
        let entry = entry.map_err(|error| at(&here, &error))?;
        let path = folder.join(entry.file_name());
        let is_top = folder.as_os_str().is_empty();
        if is_top && NO_SOURCE.iter().any(|name| path == Path::new(name)) {
            continue;
        }
        let kind = entry.file_type().map_err(|error| at(&path, &error))?;
        if kind.is_dir() { walk(tree, &path, files)? } else { files.push(path) }
    }
    Ok(())
}

/// Copies one file. Its mode is one of two, whatever the umask of whoever checked it out.
pub fn copy(from: &Path, to: &Path) -> Result<(), Failure> {
    // Known to git, and removed since.
    let Ok(metadata) = fs::symlink_metadata(from) else { return Ok(()) };
    if !metadata.is_file() {
        return Err(Failure(format!("{}: neither file nor folder", from.display())));
    }
    if let Some(folder) = to.parent() {
        fs::create_dir_all(folder).map_err(|error| at(folder, &error))?;
    }
    fs::copy(from, to).map_err(|error| at(to, &error))?;
    let mode = if metadata.permissions().mode() & 0o100 == 0 { 0o644 } else { 0o755 };
    fs::set_permissions(to, Permissions::from_mode(mode)).map_err(|error| at(to, &error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tree_that_is_no_repository_is_exported_without_what_was_built() {
        let tree = tempfile::tempdir().unwrap();
        for file in ["Cargo.toml", "target/debug/monkd", "monkd/src/target/mod.rs"] {
            let file = tree.path().join(file);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, "").unwrap();
        }
        let mut found = files(tree.path()).unwrap();
        found.sort();
        assert_eq!(found, ["Cargo.toml", "monkd/src/target/mod.rs"].map(PathBuf::from));
    }

    #[test]
    fn the_repository_says_what_is_exported() {
        let found = files(workspace()).unwrap();
        assert!(found.contains(&PathBuf::from("packaging/debian/rules")));
        assert!(!found.iter().any(|file| file.starts_with("target")));
    }
}
