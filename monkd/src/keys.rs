//! The key files of this host.
//!
//! One file for each key, `ID.key`, with the 32 bytes in base 64 on one line. The id is derived
//! from the key, so a file that was renamed or altered is noticed. To bring a new host into the
//! fleet, copy the folder.

use std::fs::OpenOptions;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use data_encoding::BASE64;
use monk_core::keys::{HostKey, KEY_BYTES, Keyring};
use zeroize::Zeroizing;

use crate::clock::SystemRandom;
use crate::outage::Outage;
use crate::settings::KeySettings;
use crate::trusted_file::{self, Privacy};

/// The ending of key files.
const EXTENSION: &str = "key";

/// Reads all keys of the folder.
///
/// # Errors
/// [`Outage::Setup`] when there is none, one is damaged or readable by others, or it is not clear
/// which one is to make new values.
pub fn load(settings: &KeySettings) -> Result<Keyring, Outage> {
    let mut keys = read_folder(&settings.folder)?;
    let folder = settings.folder.display();
    let index = match (&settings.primary, keys.len()) {
        (_, 0) => {
            return Err(Outage::Setup(format!(
                "{folder} holds no key: make one with `monkd --setup`, or copy the fleet's keys there"
            )));
        }
        (Some(id), _) => keys.iter().position(|key| key.id().as_str() == id).ok_or_else(|| {
            Outage::Setup(format!("keys.primary is {id}, and {folder} holds no such key"))
        })?,
        (None, 1) => 0,
        (None, _) => {
            return Err(Outage::Setup(format!(
                "{folder} holds several keys: say in [keys] which one is primary, for example primary = \"{}\"",
                keys[0].id()
            )));
        }
    };
    let primary = keys.swap_remove(index);
    Ok(Keyring::new(primary, keys))
}

/// Makes the first key, unless there is one. Returns its id if it was made.
///
/// # Errors
/// [`Outage::Setup`] when the folder cannot be read or written.
pub fn create_first(folder: &Path) -> Result<Option<String>, Outage> {
    if !read_folder(folder)?.is_empty() {
        return Ok(None);
    }
    let key = HostKey::generate(&mut SystemRandom);
    let fail = |error: std::io::Error| Outage::Setup(format!("{}: {error}", folder.display()));
    let text = Zeroizing::new(format!("{}\n", BASE64.encode(key.expose())));
    // Under another name first: a key file is whole or not there.
    let partial = folder.join(format!(".{}.new", key.id()));
    let path = folder.join(format!("{}.{EXTENSION}", key.id()));
    let mut file =
        OpenOptions::new().write(true).create_new(true).mode(0o400).open(&partial).map_err(fail)?;
    file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(fail)?;
    std::fs::rename(&partial, &path).map_err(fail)?;
    std::fs::File::open(folder).and_then(|folder| folder.sync_all()).map_err(fail)?;
    Ok(Some(key.id().to_string()))
}

fn read_folder(folder: &Path) -> Result<Vec<HostKey>, Outage> {
    trusted_file::check(folder, Privacy::Secret)?;
    let fail = |error: std::io::Error| Outage::Setup(format!("{}: {error}", folder.display()));
    let mut keys = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(fail)? {
        let path = entry.map_err(fail)?.path();
        if path.extension().is_some_and(|extension| extension == EXTENSION) {
            keys.push(read_key(&path)?);
        }
    }
    keys.sort_by(|one, two| one.id().cmp(two.id()));
    Ok(keys)
}

fn read_key(path: &Path) -> Result<HostKey, Outage> {
    let damaged = || Outage::Setup(format!("{}: not a key of monk, or altered", path.display()));
    let line = trusted_file::read_secret_line(path)?;
    let decoded = Zeroizing::new(BASE64.decode(line.as_bytes()).map_err(|_| damaged())?);
    let bytes: &[u8; KEY_BYTES] = decoded.as_slice().try_into().map_err(|_| damaged())?;
    let key = HostKey::new(Zeroizing::new(*bytes));
    let named = path.file_stem().and_then(|stem| stem.to_str());
    if named != Some(key.id().as_str()) {
        return Err(damaged());
    }
    Ok(key)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn settings() -> (tempfile::TempDir, KeySettings) {
        let folder = tempfile::tempdir().unwrap();
        let private = std::fs::Permissions::from_mode(0o700);
        std::fs::set_permissions(folder.path(), private).unwrap();
        let settings = KeySettings { folder: folder.path().into(), primary: None };
        (folder, settings)
    }

    #[test]
    fn the_first_key_is_made_once() {
        let (folder, settings) = settings();
        assert!(load(&settings).is_err(), "no key yet");
        let id = create_first(folder.path()).unwrap().unwrap();
        assert_eq!(create_first(folder.path()).unwrap(), None);
        assert_eq!(load(&settings).unwrap().primary().id().as_str(), id);
    }

    #[test]
    fn with_several_keys_the_settings_say_which_makes_new_values() {
        let (folder, mut settings) = settings();
        let first = create_first(folder.path()).unwrap().unwrap();
        let other = HostKey::generate(&mut SystemRandom);
        let path = folder.path().join(format!("{}.key", other.id()));
        std::fs::write(&path, BASE64.encode(other.expose())).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o400)).unwrap();
        assert!(load(&settings).is_err());
        settings.primary = Some(first.clone());
        let ring = load(&settings).unwrap();
        assert_eq!((ring.primary().id().as_str(), ring.ids().count()), (first.as_str(), 2));
    }

    #[test]
    fn a_key_that_is_altered_renamed_or_readable_by_others_is_refused() {
        let (folder, settings) = settings();
        let id = create_first(folder.path()).unwrap().unwrap();
        let path = folder.path().join(format!("{id}.key"));
        let renamed = folder.path().join("00000000.key");
        std::fs::rename(&path, &renamed).unwrap();
        assert!(load(&settings).is_err());
        std::fs::rename(&renamed, &path).unwrap();
        assert!(load(&settings).is_ok());
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o444)).unwrap();
        assert!(load(&settings).is_err());
    }
}
