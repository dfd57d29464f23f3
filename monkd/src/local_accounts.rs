//! Accounts that this machine has in `/etc/passwd`, and that the administrator has said are never the
//! directory's.
//!
//! They are decided without the directory, so its outage does not stop cron or a rescue account. The file
//! itself is read, and no other source of `nsswitch.conf`: those may be the directory, and ask monk.

use std::io;
use std::path::Path;

use crate::audit;
use crate::watched_file::{self, WatchedFile};

/// Where the accounts of a machine are: passwd(5).
pub const PASSWD: &str = "/etc/passwd";

/// Fields of a line: passwd(5).
const FIELDS: usize = 7;

/// Which names are this machine's own.
pub struct LocalAccounts {
    /// `None` where the setting is off. Names, sorted.
    file: Option<WatchedFile<Vec<String>>>,
}

impl LocalAccounts {
    /// Those of `/etc/passwd`, or none at all.
    #[must_use]
    pub fn new(are_apart: bool) -> Self {
        Self { file: are_apart.then(|| WatchedFile::of(PASSWD, names)) }
    }

    /// Whether this name is decided without the directory. It is not where the file cannot be read: then
    /// the directory is asked, as about everybody.
    #[must_use]
    pub fn contain(&self, name: &str) -> bool {
        self.file.as_ref().is_some_and(|file| contains(file, name))
    }
}

fn contains(file: &WatchedFile<Vec<String>>, name: &str) -> bool {
    match file.content() {
        Ok(names) => names.binary_search_by(|one| one.as_str().cmp(name)).is_ok(),
        Err(error) => {
            audit::warn(&format!(
                "the accounts of this machine cannot be read, so the directory is asked about them: {}: {error}",
                file.path().display()
            ));
            false
        }
    }
}

/// An account of this machine.
pub struct LocalAccount {
    /// Its name.
    pub name: String,
    /// Its uid.
    pub uid: u32,
    /// The number of its primary group.
    pub gid: u32,
}

/// The name of the first account of `/etc/passwd` with this uid; none where the file cannot be read.
#[must_use]
pub fn name_of(uid: u32) -> Option<String> {
    let mut accounts = listed().ok()?.into_iter();
    accounts.find(|account| account.uid == uid).map(|account| account.name)
}

/// Whether `uid` is the account `user` of this machine, so that nobody in the directory becomes it by its name.
/// Nobody is where the file cannot be read.
#[must_use]
pub fn is_account(user: &str, uid: u32) -> bool {
    let accounts = listed().unwrap_or_default();
    let mut named = accounts.iter().filter(|account| account.name == user);
    // The first line of a name is the one that counts (getpwnam(3)).
    named.next().is_some_and(|account| account.uid == uid)
}

/// The accounts of `/etc/passwd`, in its order.
///
/// # Errors
/// Those of reading the file.
pub fn listed() -> io::Result<Vec<LocalAccount>> {
    watched_file::bytes(Path::new(PASSWD)).map(|(_, bytes)| accounts(&bytes).collect())
}

/// The names in a file like passwd(5), sorted.
fn names(bytes: &[u8]) -> Vec<String> {
    let mut names: Vec<_> = accounts(bytes).map(|account| account.name).collect();
    names.sort_unstable();
    names
}

/// The accounts in a file like passwd(5).
pub fn accounts(bytes: &[u8]) -> impl Iterator<Item = LocalAccount> {
    bytes.split(|&byte| byte == b'\n').filter_map(account)
}

/// The account in a line of passwd(5). Lines that the C library would not take for an account name nobody.
fn account(line: &[u8]) -> Option<LocalAccount> {
    let fields: Vec<_> = line.split(|&byte| byte == b':').collect();
    let [name, _, uid, gid, ..] = fields[..] else { return None };
    let number = |field: &[u8]| std::str::from_utf8(field).ok()?.parse::<u32>().ok();
    let (uid, gid) = (number(uid)?, number(gid)?);
    // `+` and `-` stand for other sources (nss_compat).
    let is_account =
        fields.len() == FIELDS && !name.is_empty() && !matches!(name[0], b'+' | b'-' | b'#');
    let name = is_account.then(|| String::from_utf8(name.to_vec()).ok())??;
    Some(LocalAccount { name, uid, gid })
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::watched_file::MAX_BYTES;

    const FILE: &str = "root:x:0:0:root:/root:/bin/bash\n\
        daemon:*:1:1::/:/usr/sbin/nologin\n\
        # carol:x:1000:1000::/:/bin/sh\n\
        +bob:x:1001:1001::/:/bin/sh\n\
        -dave:x:1001:1001::/:/bin/sh\n\
        erin:x:1002\n\
        fred:x:many:1::/:/bin/sh\n\
        :x:1003:1003::/:/bin/sh\n\
        alice:x:1004:1004:A, B:/home/alice:/bin/sh";

    fn given(text: &str) -> (tempfile::TempDir, WatchedFile<Vec<String>>) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("passwd");
        fs::write(&path, text).unwrap();
        (folder, WatchedFile::of(path, names))
    }

    #[test]
    fn whole_lines_name_accounts_and_nothing_else_does() {
        let (_folder, file) = given(FILE);
        for name in ["root", "daemon", "alice"] {
            assert!(contains(&file, name), "{name}");
        }
        let others = ["carol", "# carol", "+bob", "bob", "-dave", "erin", "fred", "", "Alice", "x"];
        for name in others {
            assert!(!contains(&file, name), "{name}");
        }
    }

    #[test]
    fn a_change_of_the_file_counts_at_once() {
        let (_folder, file) = given(FILE);
        assert!(!contains(&file, "grace"));
        fs::write(file.path(), format!("{FILE}\ngrace:x:1005:1005::/:/bin/sh\n")).unwrap();
        assert!(contains(&file, "grace"));
        // As useradd(8) does: another file takes its place.
        let new = file.path().with_extension("new");
        fs::write(&new, FILE).unwrap();
        fs::rename(&new, file.path()).unwrap();
        assert!(!contains(&file, "grace"));
    }

    #[test]
    fn a_file_that_cannot_be_read_makes_nobody_local() {
        let (_folder, file) = given(FILE);
        assert!(contains(&file, "alice"));
        fs::remove_file(file.path()).unwrap();
        assert!(!contains(&file, "alice"));
        let huge = vec![b'\n'; usize::try_from(MAX_BYTES).unwrap() + 1];
        fs::write(file.path(), [FILE.as_bytes(), &huge].concat()).unwrap();
        assert!(!contains(&file, "alice"));
    }

    #[test]
    fn nobody_is_local_where_the_setting_is_off() {
        assert!(LocalAccounts::new(true).contain("root"));
        assert!(!LocalAccounts::new(false).contain("root"));
    }
}
