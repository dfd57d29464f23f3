//! What this machine's own files name: never served from a directory, whatever the settings say of logins.

use std::collections::HashSet;
use std::io;
use std::path::Path;
use std::sync::Arc;

use crate::local_accounts::{PASSWD, accounts};
use crate::local_groups::{self, GROUP};
use crate::watched_file::{Version, WatchedFile};

/// The names and numbers of one file.
#[derive(Default)]
pub struct Own {
    names: HashSet<String>,
    numbers: HashSet<u32>,
}

impl Own {
    /// Whether a name is this machine's.
    #[must_use]
    pub fn has_name(&self, name: &str) -> bool {
        self.names.contains(name)
    }

    /// Whether a number is.
    #[must_use]
    pub fn has_number(&self, number: u32) -> bool {
        self.numbers.contains(&number)
    }
}

/// What both files name.
pub struct Owned {
    /// Those of `/etc/passwd`.
    pub users: Arc<Own>,
    /// Those of `/etc/group`.
    pub groups: Arc<Own>,
}

/// The two files.
pub struct LocalFiles {
    passwd: WatchedFile<Own>,
    group: WatchedFile<Own>,
}

impl Default for LocalFiles {
    fn default() -> Self {
        Self::at(Path::new(PASSWD), Path::new(GROUP))
    }
}

impl LocalFiles {
    /// Files like these at other places.
    #[must_use]
    pub fn at(passwd: &Path, group: &Path) -> Self {
        Self { passwd: WatchedFile::of(passwd, users), group: WatchedFile::of(group, groups) }
    }

    /// What they name now. A file that is not there names nothing.
    ///
    /// # Errors
    /// Those of reading a file that is there: then nobody knows whose a name is.
    pub fn read(&self) -> io::Result<Owned> {
        Ok(Owned { users: content(&self.passwd)?, groups: content(&self.group)? })
    }

    /// Another value after each change.
    #[must_use]
    pub fn version(&self) -> [Option<Version>; 2] {
        [self.passwd.version(), self.group.version()]
    }
}

fn content(file: &WatchedFile<Own>) -> io::Result<Arc<Own>> {
    match file.content() {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Arc::default()),
        read => read.map_err(|error| {
            io::Error::new(error.kind(), format!("{}: {error}", file.path().display()))
        }),
    }
}

fn users(bytes: &[u8]) -> Own {
    let mut own = Own::default();
    for account in accounts(bytes) {
        own.numbers.insert(account.uid);
        own.names.insert(account.name);
    }
    own
}

fn groups(bytes: &[u8]) -> Own {
    let mut own = Own::default();
    for group in local_groups::groups(bytes) {
        own.numbers.insert(group.gid);
        own.names.insert(group.name);
    }
    own
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn both_files_are_read_again_when_they_change_and_a_missing_one_names_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let (passwd, group) = (folder.path().join("passwd"), folder.path().join("group"));
        let files = LocalFiles::at(&passwd, &group);
        let before = files.version();
        assert!(!files.read().unwrap().users.has_name("root"));
        fs::write(&passwd, "root:x:0:0:root:/root:/bin/sh\nbob:x:1000:1000::/:/bin/sh\n").unwrap();
        fs::write(&group, "root:x:0:\ndevs:x:1500:bob,carol\n+nis\n-x:x:7:\nbad:x:y:\n").unwrap();
        let own = files.read().unwrap();
        assert_ne!(files.version(), before);
        assert!(own.users.has_name("bob") && own.users.has_number(1000));
        assert!(!own.users.has_name("carol") && !own.users.has_name("devs"));
        assert!(own.groups.has_name("devs") && own.groups.has_number(1500));
        assert!(
            !own.groups.has_number(7)
                && !own.groups.has_name("bad")
                && !own.groups.has_name("+nis")
        );
    }

    #[test]
    fn a_file_that_cannot_be_read_is_not_taken_for_an_empty_one() {
        let folder = tempfile::tempdir().unwrap();
        let files = LocalFiles::at(folder.path(), &folder.path().join("group"));
        assert!(files.read().is_err());
    }
}
