//! The key files of this host.
//!
//! One file for each key, `ID.key`, with the 32 bytes in base 64 on one line. The id is derived
//! from the key, so a file that was renamed or altered is noticed. Where there are several, the
//! file `primary` holds the id of the one that makes new values, unless the settings say it. To
//! bring a new host into the fleet, copy the folder.

use std::fs::OpenOptions;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::time::SystemTime;

use data_encoding::BASE64;
use monk_core::keys::{HostKey, KEY_BYTES, KeyId, Keyring};
use monk_core::random::Random;
use zeroize::Zeroizing;

use crate::clock::SystemRandom;
use crate::outage::Outage;
use crate::settings::KeySettings;
use crate::trusted_file::{self, Privacy};

/// The ending of key files.
const EXTENSION: &str = "key";

/// The ending of files of keys that were put away. They are not read.
const RETIRED: &str = "retired";

/// The file that holds the id of the primary key.
const PRIMARY: &str = "primary";

/// Reads all keys of the folder.
///
/// # Errors
/// [`Outage::Setup`] when there is none, one is damaged or readable by others, or it is not clear
/// which one is to make new values.
pub fn load(settings: &KeySettings) -> Result<Keyring, Outage> {
    let mut keys = read_folder(&settings.folder)?;
    let folder = settings.folder.display();
    let chosen = match &settings.primary {
        Some(id) => Some((id.clone(), "keys.primary")),
        None => read_primary(&settings.folder)?.map(|id| (id, "its file `primary`")),
    };
    let index = match (chosen, keys.len()) {
        (_, 0) => {
            return Err(Outage::Setup(format!(
                "{folder} holds no key: make one with `monkd --setup`, or copy the fleet's keys there"
            )));
        }
        (Some((id, said)), _) => {
            keys.iter().position(|key| key.id().as_str() == id).ok_or_else(|| {
                Outage::Setup(format!("{said} names {id}, and {folder} holds no such key"))
            })?
        }
        (None, 1) => 0,
        (None, _) => {
            return Err(Outage::Setup(format!(
                "{folder} holds several keys: write the id of the one that makes new values into {folder}/{PRIMARY} \
                 (that of the other hosts, if the folder was copied): {}",
                keys.iter().map(|key| key.id().to_string()).collect::<Vec<_>>().join(" or ")
            )));
        }
    };
    let primary = keys.swap_remove(index);
    Ok(Keyring::new(primary, keys))
}

/// The ids of the keys that are in the folder now.
///
/// # Errors
/// [`Outage::Setup`] when the folder or a key cannot be read.
pub fn ids_in(folder: &Path) -> Result<Vec<KeyId>, Outage> {
    Ok(read_folder(folder)?.iter().map(|key| key.id().clone()).collect())
}

/// When the file of a key was written; `None` where that cannot be seen.
#[must_use]
pub fn made(folder: &Path, id: &KeyId) -> Option<SystemTime> {
    std::fs::metadata(folder.join(format!("{id}.{EXTENSION}"))).ok()?.modified().ok()
}

/// Makes the first key, unless there is one. Returns its id if it was made.
///
/// # Errors
/// [`Outage::Setup`] when the folder cannot be read or written.
pub fn create_first(folder: &Path) -> Result<Option<String>, Outage> {
    if !read_folder(folder)?.is_empty() {
        return Ok(None);
    }
    create(folder).map(Some)
}

/// Makes one more key, which makes no new values yet. Returns its id.
///
/// # Errors
/// [`Outage::Setup`] when the folder cannot be written, or it would not be clear afterwards which
/// key makes new values.
pub fn create(folder: &Path) -> Result<String, Outage> {
    let held = read_folder(folder)?;
    if let ([only], None) = (held.as_slice(), read_primary(folder)?) {
        // With a second one beside it, it has to be said.
        set_primary(folder, only.id().as_str())?;
    }
    let key = HostKey::generate(&mut SystemRandom);
    let text = Zeroizing::new(format!("{}\n", BASE64.encode(key.expose())));
    write_whole(folder, &format!("{}.{EXTENSION}", key.id()), text.as_bytes())?;
    Ok(key.id().to_string())
}

/// Has the key of that id make new values from now on.
///
/// # Errors
/// [`Outage::Setup`] when the folder holds no such key, or cannot be written.
pub fn set_primary(folder: &Path, id: &str) -> Result<(), Outage> {
    if !read_folder(folder)?.iter().any(|key| key.id().as_str() == id) {
        return Err(Outage::Setup(format!("{} holds no key {id}", folder.display())));
    }
    write_whole(folder, PRIMARY, format!("{id}\n").as_bytes())
}

/// Puts a key away: its file gets another name, and nobody reads it any more.
///
/// # Errors
/// [`Outage::Setup`] when there is no such file, or the folder cannot be written.
pub fn retire(folder: &Path, id: &str) -> Result<(), Outage> {
    let from = folder.join(format!("{id}.{EXTENSION}"));
    let to = folder.join(format!("{id}.{RETIRED}"));
    let fail = |error: std::io::Error| Outage::Setup(format!("{}: {error}", from.display()));
    std::fs::rename(&from, to).map_err(fail)?;
    std::fs::File::open(folder).and_then(|folder| folder.sync_all()).map_err(fail)
}

/// Writes a file that is whole or not there, also after a loss of power.
fn write_whole(folder: &Path, name: &str, text: &[u8]) -> Result<(), Outage> {
    let fail = |error: std::io::Error| Outage::Setup(format!("{}: {error}", folder.display()));
    // Not named by the process: one that was killed half-way may have had the same number.
    let chance = u64::from_ne_bytes(SystemRandom.bytes());
    let partial = folder.join(format!(".{name}.{chance:016x}.new"));
    let mut file =
        OpenOptions::new().write(true).create_new(true).mode(0o400).open(&partial).map_err(fail)?;
    file.write_all(text).and_then(|()| file.sync_all()).map_err(fail)?;
    std::fs::rename(&partial, folder.join(name)).map_err(fail)?;
    std::fs::File::open(folder).and_then(|folder| folder.sync_all()).map_err(fail)
}

/// What the file `primary` says, where there is one.
fn read_primary(folder: &Path) -> Result<Option<String>, Outage> {
    let path = folder.join(PRIMARY);
    if !path.exists() {
        return Ok(None);
    }
    let text = trusted_file::read(&path, Privacy::Public)?;
    Ok(Some(text.trim().to_owned()))
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
    let line = trusted_file::read_secret_line(path, Privacy::Secret)?;
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

    /// What keeps the keys from being used.
    #[track_caller]
    fn refusal(settings: &KeySettings) -> String {
        load(settings).map(drop).expect_err("they are not used").to_string()
    }

    #[test]
    fn the_first_key_is_made_once() {
        let (folder, settings) = settings();
        assert!(refusal(&settings).contains("holds no key"));
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
        assert!(refusal(&settings).contains("holds several keys"));
        settings.primary = Some("00000000".to_owned());
        assert!(refusal(&settings).contains("keys.primary names 00000000"));
        settings.primary = Some(first.clone());
        let ring = load(&settings).unwrap();
        assert_eq!((ring.primary().id().as_str(), ring.ids().count()), (first.as_str(), 2));
    }

    #[test]
    fn a_new_key_makes_no_new_values_until_it_is_primary_and_an_old_one_can_be_put_away() {
        let (folder, settings) = settings();
        let first = create_first(folder.path()).unwrap().unwrap();
        let second = create(folder.path()).unwrap();
        let primary = || load(&settings).unwrap().primary().id().to_string();
        assert_eq!(primary(), first);
        set_primary(folder.path(), &second).unwrap();
        assert_eq!(primary(), second);
        let unknown = set_primary(folder.path(), "00000000").unwrap_err().to_string();
        assert!(unknown.contains("holds no key 00000000"), "{unknown}");
        retire(folder.path(), &first).unwrap();
        assert_eq!(load(&settings).unwrap().ids().count(), 1);
        let gone = retire(folder.path(), &first).unwrap_err().to_string();
        assert!(gone.contains("No such file"), "{gone}");
        retire(folder.path(), &second).unwrap();
        assert!(refusal(&settings).contains("holds no key"), "none is left");
    }

    #[test]
    fn what_a_killed_engine_has_left_half_written_stops_nobody() {
        let (folder, settings) = settings();
        let id = create_first(folder.path()).unwrap().unwrap();
        let partial = format!(".{PRIMARY}.{}.new", std::process::id());
        std::fs::write(folder.path().join(partial), "half an i").unwrap();
        set_primary(folder.path(), &id).unwrap();
        assert_eq!(load(&settings).unwrap().primary().id().as_str(), id);
    }

    #[test]
    fn a_key_that_is_altered_renamed_or_readable_by_others_is_refused() {
        let (folder, settings) = settings();
        let id = create_first(folder.path()).unwrap().unwrap();
        let path = folder.path().join(format!("{id}.key"));
        let renamed = folder.path().join("00000000.key");
        std::fs::rename(&path, &renamed).unwrap();
        assert!(refusal(&settings).contains("not a key of monk, or altered"));
        std::fs::rename(&renamed, &path).unwrap();
        assert!(load(&settings).is_ok());
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o444)).unwrap();
        assert!(refusal(&settings).contains("its mode 0444 lets others in"));
    }
}
