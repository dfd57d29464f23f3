//! What the linker needs: a file `libpam.so`, which Debian has in `libpam0g-dev` only.
//!
//! That package wants the libpam of its own version, so that installing it can upgrade the library with which this
//! machine checks logins. A link to the library that is installed does as well: no header is needed.

use std::env::consts::ARCH;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

/// The library, under the name that programs load it by.
const LIBRARY: &str = "libpam.so.0";

/// The library, under the name that linkers look for.
const TO_LINK: &str = "libpam.so";

/// Where a compiler looks for further libraries.
pub const VARIABLE: &str = "LIBRARY_PATH";

/// A folder for [`VARIABLE`] with a link to the libpam of this machine; none where a linker finds one by itself.
///
/// # Errors
/// When there is no libpam, or the link cannot be made in `folder`.
pub fn folder(folder: PathBuf) -> Result<Option<PathBuf>, String> {
    folder_of(&places(), folder)
}

fn folder_of(places: &[PathBuf], folder: PathBuf) -> Result<Option<PathBuf>, String> {
    let find = |name: &str| places.iter().map(|place| place.join(name)).find(|path| path.exists());
    if find(TO_LINK).is_some() {
        return Ok(None);
    }
    let library = find(LIBRARY).ok_or("this machine has no libpam: install PAM, as in libpam0g")?;
    link(&library, &folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    Ok(Some(folder))
}

fn link(library: &Path, folder: &Path) -> std::io::Result<()> {
    fs::create_dir_all(folder)?;
    let link = folder.join(TO_LINK);
    if fs::read_link(&link).is_ok_and(|target| target == library) {
        return Ok(());
    }
    if fs::symlink_metadata(&link).is_ok() {
        fs::remove_file(&link)?;
    }
    symlink(library, &link)
}

/// Where libraries of this architecture are: on Debian a folder such as `/usr/lib/x86_64-linux-gnu`.
fn places() -> Vec<PathBuf> {
    let mut places = Vec::new();
    for top in ["/usr/lib", "/lib"] {
        let folders = fs::read_dir(top).into_iter().flatten().flatten();
        let is_own = |name: &str| name.starts_with(ARCH) && name.contains("-linux-");
        places.extend(
            folders
                .filter(|entry| entry.file_name().to_str().is_some_and(is_own))
                .map(|entry| entry.path()),
        );
    }
    places.extend(["/usr/lib64", "/lib64", "/usr/lib", "/lib"].map(PathBuf::from));
    places
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_installed_libpam_is_linked_with_and_a_developers_one_is_left_alone() {
        let top = std::env::temp_dir().join(format!("monk-linking-{}", std::process::id()));
        let (libraries, made) = (top.join("lib"), top.join("link"));
        fs::create_dir_all(&libraries).unwrap();
        let look = || folder_of(std::slice::from_ref(&libraries), made.clone());
        assert!(look().unwrap_err().contains("no libpam"));
        fs::write(libraries.join(LIBRARY), "").unwrap();
        // The second time it is there already; one that leads elsewhere is replaced.
        for _ in 0..2 {
            assert_eq!(look().unwrap().as_ref(), Some(&made));
        }
        fs::remove_file(made.join(TO_LINK)).unwrap();
        symlink("/nowhere", made.join(TO_LINK)).unwrap();
        look().unwrap();
        assert_eq!(fs::read_link(made.join(TO_LINK)).unwrap(), libraries.join(LIBRARY));
        fs::write(libraries.join(TO_LINK), "").unwrap();
        assert_eq!(look().unwrap(), None);
        fs::remove_dir_all(&top).unwrap();
    }

    #[test]
    fn this_machine_has_a_libpam_in_one_of_the_places() {
        assert!(places().iter().any(|place| place.join(LIBRARY).exists()), "{:?}", places());
    }
}
