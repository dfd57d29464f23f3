//! Accounts that this machine has in `/etc/passwd`, and that the administrator has said are never the
//! directory's.
//!
//! They are decided without the directory, so its outage does not stop cron or a rescue account. The file
//! itself is read, and no other source of `nsswitch.conf`: those may be the directory, and ask monk.

use std::fs::{self, File};
use std::io::{self, Read};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use crate::audit;

/// Where the accounts of a machine are: passwd(5).
const PASSWD: &str = "/etc/passwd";

/// Largest file that is read: 100,000 lines of the usual length. More is no list of local accounts.
const MAX_BYTES: u64 = 8 * 1024 * 1024;

/// Fields of a line: passwd(5).
const FIELDS: usize = 7;

/// Which names are this machine's own.
pub struct LocalAccounts {
    /// `None` where the setting is off.
    file: Option<Watch>,
}

impl LocalAccounts {
    /// Those of `/etc/passwd`, or none at all.
    #[must_use]
    pub fn new(are_apart: bool) -> Self {
        Self { file: are_apart.then(|| Watch::of(PASSWD.into())) }
    }

    /// Whether this name is decided without the directory. It is not where the file cannot be read: then
    /// the directory is asked, as about everybody.
    #[must_use]
    pub fn contain(&self, name: &str) -> bool {
        self.file.as_ref().is_some_and(|file| file.contains(name))
    }
}

/// A file that is read again when it has changed.
struct Watch {
    path: PathBuf,
    read: Mutex<Content>,
}

/// What was read.
#[derive(Default)]
struct Content {
    version: Option<Version>,
    /// Sorted.
    names: Vec<String>,
}

/// What tells one content of a file from another.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Version {
    device: u64,
    inode: u64,
    size: u64,
    changed: (i64, i64),
}

impl Version {
    fn of(metadata: &fs::Metadata) -> Self {
        Self {
            device: metadata.dev(),
            inode: metadata.ino(),
            size: metadata.size(),
            changed: (metadata.ctime(), metadata.ctime_nsec()),
        }
    }
}

impl Watch {
    fn of(path: PathBuf) -> Self {
        Self { path, read: Mutex::default() }
    }

    fn contains(&self, name: &str) -> bool {
        let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        match fs::metadata(&self.path) {
            Ok(metadata) if read.version == Some(Version::of(&metadata)) => {}
            _ => match names(&self.path) {
                Ok((version, names)) => *read = Content { version: Some(version), names },
                Err(error) => {
                    *read = Content::default();
                    audit::warn(&format!(
                        "the accounts of this machine cannot be read, so the directory is asked about them: {}: {error}",
                        self.path.display()
                    ));
                }
            },
        }
        read.names.binary_search_by(|one| one.as_str().cmp(name)).is_ok()
    }
}

/// An account of this machine.
pub struct LocalAccount {
    /// Its name.
    pub name: String,
    /// Its uid.
    pub uid: u32,
}

/// The accounts of `/etc/passwd`, in its order.
///
/// # Errors
/// Those of reading the file.
pub fn listed() -> io::Result<Vec<LocalAccount>> {
    accounts(Path::new(PASSWD)).map(|(_, accounts)| accounts)
}

/// The names in a file like passwd(5), and which version of it that is.
fn names(path: &Path) -> io::Result<(Version, Vec<String>)> {
    let (version, accounts) = accounts(path)?;
    let mut names: Vec<_> = accounts.into_iter().map(|account| account.name).collect();
    names.sort_unstable();
    Ok((version, names))
}

/// The accounts in a file like passwd(5), and which version of it that is.
fn accounts(path: &Path) -> io::Result<(Version, Vec<LocalAccount>)> {
    let file = File::open(path)?;
    let version = Version::of(&file.metadata()?);
    let mut text = Vec::new();
    file.take(MAX_BYTES + 1).read_to_end(&mut text)?;
    if text.len() as u64 > MAX_BYTES {
        return Err(io::Error::other("too large"));
    }
    Ok((version, text.split(|&byte| byte == b'\n').filter_map(account).collect()))
}

/// The account in a line of passwd(5). Lines that the C library would not take for an account name nobody.
fn account(line: &[u8]) -> Option<LocalAccount> {
    let fields: Vec<_> = line.split(|&byte| byte == b':').collect();
    let [name, _, uid, gid, ..] = fields[..] else { return None };
    let number = |field: &[u8]| std::str::from_utf8(field).ok()?.parse::<u32>().ok();
    let (uid, _gid) = (number(uid)?, number(gid)?);
    // `+` and `-` stand for other sources (nss_compat).
    let is_account =
        fields.len() == FIELDS && !name.is_empty() && !matches!(name[0], b'+' | b'-' | b'#');
    let name = is_account.then(|| String::from_utf8(name.to_vec()).ok())??;
    Some(LocalAccount { name, uid })
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "root:x:0:0:root:/root:/bin/bash\n\
        daemon:*:1:1::/:/usr/sbin/nologin\n\
        # carol:x:1000:1000::/:/bin/sh\n\
        +bob:x:1001:1001::/:/bin/sh\n\
        -dave:x:1001:1001::/:/bin/sh\n\
        erin:x:1002\n\
        fred:x:many:1::/:/bin/sh\n\
        :x:1003:1003::/:/bin/sh\n\
        alice:x:1004:1004:A, B:/home/alice:/bin/sh";

    fn given(text: &str) -> (tempfile::TempDir, Watch) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("passwd");
        fs::write(&path, text).unwrap();
        (folder, Watch::of(path))
    }

    #[test]
    fn whole_lines_name_accounts_and_nothing_else_does() {
        let (_folder, file) = given(FILE);
        for name in ["root", "daemon", "alice"] {
            assert!(file.contains(name), "{name}");
        }
        let others = ["carol", "# carol", "+bob", "bob", "-dave", "erin", "fred", "", "Alice", "x"];
        for name in others {
            assert!(!file.contains(name), "{name}");
        }
    }

    #[test]
    fn a_change_of_the_file_counts_at_once() {
        let (_folder, file) = given(FILE);
        assert!(!file.contains("grace"));
        fs::write(&file.path, format!("{FILE}\ngrace:x:1005:1005::/:/bin/sh\n")).unwrap();
        assert!(file.contains("grace"));
        // As useradd(8) does: another file takes its place.
        let new = file.path.with_extension("new");
        fs::write(&new, FILE).unwrap();
        fs::rename(&new, &file.path).unwrap();
        assert!(!file.contains("grace"));
    }

    #[test]
    fn a_file_that_cannot_be_read_makes_nobody_local() {
        let (_folder, file) = given(FILE);
        assert!(file.contains("alice"));
        fs::remove_file(&file.path).unwrap();
        assert!(!file.contains("alice"));
        let huge = vec![b'\n'; usize::try_from(MAX_BYTES).unwrap() + 1];
        fs::write(&file.path, [FILE.as_bytes(), &huge].concat()).unwrap();
        assert!(!file.contains("alice"));
    }

    #[test]
    fn nobody_is_local_where_the_setting_is_off() {
        assert!(LocalAccounts::new(true).contain("root"));
        assert!(!LocalAccounts::new(false).contain("root"));
    }
}
