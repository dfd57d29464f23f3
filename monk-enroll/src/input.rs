//! Files that hold secrets: read once, of limited size, wiped from memory.

use std::fs::{File, OpenOptions};
use std::io::{self, IsTerminal, Read};
use std::os::fd::AsFd;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use rustix::fs::OFlags;
use zeroize::Zeroizing;

use crate::error::Error;
use crate::exit::Exit;
use crate::output::Plain;

/// Longest file, in bytes: 100,000 tokens with their users in LDIF, which cannot be cut where users point to
/// tokens.
const LONGEST: usize = 40 * 1024 * 1024;

/// The name of standard input.
pub const STDIN: &str = "-";

/// Whether the last step of a path may be a symbolic link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Links {
    /// It may: root has chosen the path.
    Followed,
    /// It may not: the file lies in the home of the user whom it concerns, who could have made it a
    /// link to another user's.
    Refused,
}

/// The text of a file, or of standard input for `-`.
///
/// # Errors
/// When it cannot be read, is no plain file, is too long, or is not text.
pub fn read(path: &Path, links: Links) -> Result<Zeroizing<String>, Error> {
    let bytes = match path.to_str() {
        Some(STDIN) => standard_input(),
        _ => open(path, links).and_then(|(file, length)| read_all(file, length)),
    };
    let fault = |what: String| {
        let path = path.display().to_string();
        Error::new(Exit::Usage, format!("{}: {what}", Plain(&path)))
    };
    let bytes = bytes.map_err(|error| fault(words(&error)))?;
    String::from_utf8(bytes).map(Zeroizing::new).map_err(|error| {
        drop(Zeroizing::new(error.into_bytes()));
        fault("this is not UTF-8 text".to_owned())
    })
}

fn words(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::FileTooLarge => format!("longer than {} MB", LONGEST / 1024 / 1024),
        _ if error.raw_os_error() == Some(rustix::io::Errno::LOOP.raw_os_error()) => {
            "a symbolic link: name the file itself".to_owned()
        }
        _ => error.to_string(),
    }
}

fn open(path: &Path, links: Links) -> io::Result<(File, usize)> {
    // Without NONBLOCK, opening somebody's pipe would never end.
    let mut flags = OFlags::NONBLOCK | OFlags::NOCTTY;
    if links == Links::Refused {
        flags |= OFlags::NOFOLLOW;
    }
    let file = OpenOptions::new().read(true).custom_flags(flags.bits().cast_signed()).open(path)?;
    let metadata = file.metadata()?;
    if !metadata.is_file() {
        return Err(io::Error::other("not a file; \"-\" reads standard input"));
    }
    Ok((file, usize::try_from(metadata.len()).unwrap_or(usize::MAX)))
}

fn standard_input() -> io::Result<Vec<u8>> {
    let stdin = io::stdin();
    if stdin.is_terminal() {
        return Err(io::Error::other("standard input is a terminal: redirect a file to it"));
    }
    // Around std's own buffer, which is never wiped.
    read_all(File::from(stdin.as_fd().try_clone_to_owned()?), LONGEST)
}

/// Everything. The buffer does not grow, because growing would leave copies behind.
fn read_all(mut from: impl Read, length: usize) -> io::Result<Vec<u8>> {
    if length > LONGEST {
        return Err(io::ErrorKind::FileTooLarge.into());
    }
    let mut bytes = Zeroizing::new(vec![0; length + 1]);
    let mut filled = 0;
    while filled < bytes.len() {
        match from.read(&mut bytes[filled..]) {
            Ok(0) => {
                bytes.truncate(filled);
                return Ok(std::mem::take(&mut *bytes));
            }
            Ok(count) => filled += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    match length {
        LONGEST => Err(io::ErrorKind::FileTooLarge.into()),
        _ => Err(io::Error::other("it changes while it is read")),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    fn message(path: &Path, links: Links) -> String {
        read(path, links).expect_err("it cannot be read").message
    }

    #[test]
    fn a_file_is_read_whole() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secrets");
        for text in ["", "one\ntwo", &"x".repeat(100_000)] {
            std::fs::write(&path, text).unwrap();
            assert_eq!(read(&path, Links::Refused).ok().unwrap().as_str(), text);
        }
        std::fs::write(&path, b"\xff").unwrap();
        assert!(message(&path, Links::Followed).contains("UTF-8"));
    }

    #[test]
    fn what_is_no_file_is_refused_at_once() {
        let folder = tempfile::tempdir().unwrap();
        assert!(message(folder.path(), Links::Followed).contains("not a file"));
        assert!(message(&folder.path().join("none"), Links::Followed).contains("No such file"));
        assert!(message(Path::new("/dev/zero"), Links::Followed).contains("not a file"));
        let (real, link) = (folder.path().join("real"), folder.path().join("link"));
        std::fs::write(&real, "text").unwrap();
        symlink(&real, &link).unwrap();
        assert!(read(&link, Links::Followed).is_ok());
        assert!(message(&link, Links::Refused).contains("symbolic link"));
    }

    #[test]
    fn there_is_a_limit() {
        assert!(read_all(&b"x"[..], LONGEST + 1).is_err());
        assert!(read_all(&vec![b'x'; LONGEST + 1][..], LONGEST).is_err());
        assert!(read_all(&b"longer than it said"[..], 3).is_err());
    }
}
