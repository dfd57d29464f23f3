//! Files that the engine believes: settings, keys, passwords.
//!
//! Nobody but root and the engine's own user may be able to change them, and nobody else may read
//! those that are secret.

use std::fs::File;
use std::io::Read;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use nix::unistd::{Uid, getegid, geteuid};
use zeroize::Zeroizing;

use crate::outage::Outage;

/// Longest file that is read: settings are some kilobytes, keys and passwords one line.
const MAX_BYTES: u64 = 1024 * 1024;

/// Who may read the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Privacy {
    /// Others may read it, not change it.
    Public,
    /// Only its owner may read it, and the group that the engine runs as.
    Group,
    /// Only its owner may read it.
    Secret,
}

impl Privacy {
    /// Mode bits that must not be set; `own`: the file has the engine's group.
    fn forbidden(self, own: bool) -> u32 {
        match self {
            Self::Public => 0o022,
            Self::Group if own => 0o037,
            Self::Group | Self::Secret => 0o077,
        }
    }
}

/// Reads a file after checking that it can be trusted.
///
/// # Errors
/// [`Outage::Setup`] says which file, what is wrong and the command that mends it.
pub fn read(path: &Path, privacy: Privacy) -> Result<Zeroizing<String>, Outage> {
    let shown = path.display();
    let fail = |why: String| Outage::Setup(format!("{shown}: {why}"));
    let mut file = File::open(path).map_err(|error| fail(error.to_string()))?;
    let metadata = file.metadata().map_err(|error| fail(error.to_string()))?;
    objection(&metadata, privacy).map_err(|why| fail(format!("{why} {shown}")))?;
    if metadata.len() > MAX_BYTES {
        return Err(fail("longer than 1 MiB".into()));
    }
    let mut text = Zeroizing::new(String::with_capacity(metadata.len() as usize + 1));
    file.read_to_string(&mut text).map_err(|_| fail("not text".into()))?;
    Ok(text)
}

/// Reads a file with one secret in its first line.
///
/// # Errors
/// As [`read`], or when the line is empty.
pub fn read_secret_line(path: &Path, privacy: Privacy) -> Result<Zeroizing<String>, Outage> {
    let text = read(path, privacy)?;
    let line = text.lines().next().unwrap_or_default();
    if line.is_empty() {
        return Err(Outage::Setup(format!("{}: the first line is empty", path.display())));
    }
    Ok(Zeroizing::new(line.to_owned()))
}

/// Checks the owner and mode of a file or folder.
///
/// # Errors
/// As [`read`].
pub fn check(path: &Path, privacy: Privacy) -> Result<(), Outage> {
    let shown = path.display();
    let metadata =
        std::fs::metadata(path).map_err(|error| Outage::Setup(format!("{shown}: {error}")))?;
    objection(&metadata, privacy).map_err(|why| Outage::Setup(format!("{shown}: {why} {shown}")))
}

/// Who is to have the file, as chown(1) wants it. What nobody else may read must belong to the user who
/// reads it: given to root, an engine of another user would never start again.
fn right_owner(privacy: Privacy, own: Uid) -> String {
    match privacy {
        Privacy::Secret if !own.is_root() => own.to_string(),
        Privacy::Secret | Privacy::Public | Privacy::Group => "root".to_owned(),
    }
}

/// What is wrong with the file, ending in the command that mends it.
fn objection(metadata: &std::fs::Metadata, privacy: Privacy) -> Result<(), String> {
    objection_to(metadata.uid(), metadata.gid(), metadata.mode(), privacy)
}

fn objection_to(owner: u32, group: u32, mode: u32, privacy: Privacy) -> Result<(), String> {
    if owner != 0 && owner != geteuid().as_raw() {
        let right = right_owner(privacy, geteuid());
        return Err(format!(
            "belongs to uid {owner}, who could change it; mend with: chown {right}"
        ));
    }
    let too_much = mode & privacy.forbidden(group == getegid().as_raw());
    if too_much != 0 {
        let allowed = mode & 0o777 & !too_much;
        return Err(format!(
            "its mode {:04o} lets others in; mend with: chmod {allowed:04o}",
            mode & 0o7777
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn modes_that_let_others_in_are_refused_with_the_remedy() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secret");
        std::fs::write(&path, "hunter2\n").unwrap();
        for (mode, privacy, fine) in [
            (0o600, Privacy::Secret, true),
            (0o400, Privacy::Secret, true),
            (0o640, Privacy::Secret, false),
            (0o604, Privacy::Secret, false),
            (0o640, Privacy::Group, true),
            (0o644, Privacy::Group, false),
            (0o644, Privacy::Public, true),
            (0o664, Privacy::Public, false),
        ] {
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
            let result = read(&path, privacy);
            assert_eq!(result.is_ok(), fine, "{mode:o} {privacy:?}");
            if let Err(error) = result {
                let message = error.to_string();
                assert!(message.contains("chmod") && !message.contains("hunter2"), "{message}");
            }
        }
    }

    #[test]
    fn a_secret_is_given_to_the_engine_and_not_to_root() {
        let monk = Uid::from_raw(998);
        for (privacy, own, expected) in [
            (Privacy::Secret, monk, "998"),
            (Privacy::Secret, Uid::from_raw(0), "root"),
            (Privacy::Group, monk, "root"),
            (Privacy::Public, monk, "root"),
        ] {
            assert_eq!(right_owner(privacy, own), expected, "{privacy:?} {own}");
        }
    }

    #[test]
    fn the_engines_own_group_may_read_a_password_and_no_other() {
        let (user, own) = (geteuid().as_raw(), getegid().as_raw());
        for (mode, group, fine) in
            [(0o640, own, true), (0o640, own + 1, false), (0o660, own, false), (0o644, own, false)]
        {
            let result = objection_to(user, group, mode, Privacy::Group);
            assert_eq!(result.is_ok(), fine, "{mode:o} {group}");
        }
    }

    #[test]
    fn a_secret_is_the_first_line_and_not_empty() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secret");
        for (text, fine) in [("hunter2\nmore\n", true), ("\n", false), ("", false)] {
            std::fs::write(&path, text).unwrap();
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
            let secret = read_secret_line(&path, Privacy::Secret);
            match secret {
                Ok(secret) => assert!(fine && secret.as_str() == "hunter2"),
                Err(error) => assert!(!fine && error.to_string().contains("is empty"), "{error}"),
            }
        }
        let missing = read_secret_line(&folder.path().join("missing"), Privacy::Secret);
        assert!(missing.unwrap_err().to_string().contains("No such file"));
    }
}
