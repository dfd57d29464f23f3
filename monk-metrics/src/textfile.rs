//! The file for node_exporter's textfile collector: whole, or the one from before.

use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

/// Everybody may read it, as the collector does. It has numbers alone.
const MODE: u32 = 0o644;

/// Writes `page` to `path`.
///
/// # Errors
/// Those of the file system; also where the collector would not read a file of that name.
pub fn write(path: &Path, page: &str) -> io::Result<()> {
    if path.extension().is_none_or(|end| end != "prom") {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "the name must end in .prom"));
    }
    // The collector reads no file of this name. The owner of the folder may have made it a link: it is removed, and not
    // followed.
    let new = path.with_extension(format!("{}.new", std::process::id()));
    match fs::remove_file(&new) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = OpenOptions::new().write(true).create_new(true).mode(MODE).open(&new)?;
    let written = file.write_all(page.as_bytes()).and_then(|()| fs::rename(&new, path));
    if written.is_err() {
        // Why the file was not written is what is to be told.
        let _ = fs::remove_file(&new);
    }
    written
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn the_file_is_replaced_at_once_and_a_link_in_its_way_leads_nowhere() {
        let folder = tempfile::tempdir().unwrap();
        let (path, victim) = (folder.path().join("monk.prom"), folder.path().join("victim"));
        fs::write(&victim, "precious").unwrap();
        symlink(&victim, path.with_extension(format!("{}.new", std::process::id()))).unwrap();
        symlink(&victim, &path).unwrap();
        for page in ["monk_up 1\n", "monk_up 0\n"] {
            write(&path, page).unwrap();
            assert_eq!(fs::read_to_string(&path).unwrap(), page);
        }
        assert_eq!(fs::read_to_string(&victim).unwrap(), "precious");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2, "nothing is left behind");
    }

    #[test]
    fn a_name_that_the_collector_passes_over_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["monk", "monk.txt", ".prom"] {
            assert!(write(&folder.path().join(name), "").is_err(), "{name}");
        }
    }
}
