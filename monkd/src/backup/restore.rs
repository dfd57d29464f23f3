//! `monkd --restore`.
//!
//! The store is taken over in one transaction, with what is in the backup and no code that can have been used since:
//! an engine that somebody starts meanwhile sees all of it or nothing.

use std::fs::{self, File};
use std::io::{self, Read};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::os::unix::net::UnixStream;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use monk_core::keys::Keyring;
use nix::unistd::{Gid, Uid, User};
use zeroize::Zeroizing;

use super::contents::{Contents, below};
use super::files::{Passing, Rights, put};
use super::{FIRST_LINE, MARK, failed, need_root, shown};

use crate::directory::embedded::Embedded;
use crate::directory::embedded::settings::EmbeddedSettings;
use crate::manage::parts::{Parts, Progress};
use crate::manage::restored::{self, Swept};
use crate::outage::Outage;
use crate::settings::{KeySettings, Settings};
use crate::trusted_file::{self, Privacy};
use crate::{audit, keys, privileges};

/// The ending that a settings file gets in whose place another one is put.
const ENDING: &str = "before-restore";

/// A file that is to be written.
struct Wanted {
    path: PathBuf,
    content: Zeroizing<Vec<u8>>,
}

/// Puts back everything that is in the folder. Says what has become of it.
///
/// # Errors
/// [`Outage`] says what is wrong. Nothing has changed before settings, keys and the store were looked through.
pub fn restore(config: &Path, folder: &Path) -> Result<String, Outage> {
    need_root()?;
    let folder = &fs::canonicalize(folder).map_err(failed(folder))?;
    refuse_a_place_of_others(folder)?;
    let made = made_at(folder)?;
    let config = &std::path::absolute(config).map_err(failed(config))?;
    let inner = below(folder, config);
    if !inner.is_file() {
        return Err(Outage::Setup(format!(
            "{} has no settings of {}: name those that it has with --config",
            folder.display(),
            config.display()
        )));
    }
    let settings = Settings::load(&inner)?;
    refuse_beside_an_engine(&settings)?;
    if let Ok(of_this_host) = Settings::load(config) {
        refuse_beside_an_engine(&of_this_host)?;
    }
    let contents = Contents::of(&settings, config, folder)?;
    refuse_other_places(&contents, config)?;
    let (of_keys, names) = &contents.keys;
    let held =
        keys::load(&KeySettings { folder: below(folder, of_keys), ..settings.keys.clone() })?;
    let read = |path: &Path| -> Result<Wanted, Outage> {
        let from = below(folder, path);
        let content = Zeroizing::new(read_file(&from).map_err(failed(&from))?);
        Ok(Wanted { path: path.to_owned(), content })
    };
    let all = contents.settings().map(|path| read(path)).collect::<Result<Vec<_>, _>>()?;
    let of_keys_wanted =
        names.iter().map(|name| read(&of_keys.join(name))).collect::<Result<Vec<_>, _>>()?;
    let store = contents.store.as_ref().map(|store| {
        let from = below(folder, store);
        let file = File::open(&from).map_err(failed(&from))?;
        Embedded::check_copy(&from).map(|()| file)
    });
    let store = store.transpose()?;
    let user = User::from_name(&settings.engine.user).ok().flatten();
    put_settings(&all, config, &contents, user.as_ref())?;
    privileges::become_user(&settings.engine.user)?;
    put_keys(&of_keys_wanted, &held, of_keys)?;
    let swept = store.map(|file| put_store(&settings, file)).transpose()?;
    audit::warn(&format!("a backup of {} was restored", shown(made)));
    Ok(words(swept.as_ref()))
}

/// Refuses a folder that somebody else could exchange while it is read. In a folder such as `/tmp`, nobody can.
fn refuse_a_place_of_others(folder: &Path) -> Result<(), Outage> {
    /// Set on folders in which everybody has an own part only.
    const STICKY: u32 = 0o1000;
    for above in folder.ancestors().skip(1) {
        let metadata = fs::metadata(above).map_err(failed(above))?;
        let is_open = metadata.mode() & 0o022 != 0 && metadata.mode() & STICKY == 0;
        if metadata.uid() != 0 || is_open {
            return Err(Outage::Setup(format!(
                "{} is in {}, where others could exchange it: copy it to a folder of root's",
                folder.display(),
                above.display()
            )));
        }
    }
    Ok(())
}

/// Refuses a backup whose settings keep a password elsewhere than beside them: they would say which of root's files is
/// written.
fn refuse_other_places(contents: &Contents, config: &Path) -> Result<(), Outage> {
    let beside = config.parent().unwrap_or(config);
    let is_beside = |path: &Path| {
        let has_steps_up = path.components().any(|part| part == Component::ParentDir);
        path.starts_with(beside) && !has_steps_up
    };
    match contents.passwords.iter().find(|path| !is_beside(path)) {
        Some(path) => Err(Outage::Setup(format!(
            "the backup has a password in {}, which is not in {}: move it there in the backup and in its settings",
            path.display(),
            beside.display()
        ))),
        None => Ok(()),
    }
}

/// What a file holds, if it is one: a link in a backup could lead to any file of root's.
fn read_file(path: &Path) -> io::Result<Vec<u8>> {
    let mut options = File::options();
    let mut file =
        options.read(true).custom_flags(libc::O_NOFOLLOW | libc::O_NONBLOCK).open(path)?;
    if !file.metadata()?.is_file() {
        return Err(io::Error::other("it is no file"));
    }
    let mut content = Vec::new();
    file.read_to_end(&mut content)?;
    Ok(content)
}

/// When the backup was made, in seconds since 1970, if it is whole.
fn made_at(folder: &Path) -> Result<u64, Outage> {
    trusted_file::check(folder, Privacy::Secret)?;
    let mark = folder.join(MARK);
    let text = trusted_file::read(&mark, Privacy::Secret)?;
    let mut lines = text.lines();
    let at = lines.next().filter(|first| *first == FIRST_LINE).and_then(|_| lines.next());
    let at = at.and_then(|line| line.strip_prefix("at ")?.split(' ').next()?.parse().ok());
    at.ok_or_else(|| Outage::Setup(format!("{} is not a whole backup of monk", folder.display())))
}

/// A resident engine holds the keys that it has read, and remembers newer records.
fn refuse_beside_an_engine(settings: &Settings) -> Result<(), Outage> {
    let socket = &settings.engine.socket;
    match UnixStream::connect(socket) {
        Ok(_) => Err(Outage::Setup(format!(
            "an engine listens on {}: stop it first (systemctl stop monk)",
            socket.display()
        ))),
        Err(_) => Ok(()),
    }
}

/// Puts settings and passwords in their places. What was there and is another text stays beside it.
fn put_settings(
    all: &[Wanted],
    config: &Path,
    contents: &Contents,
    user: Option<&User>,
) -> Result<(), Outage> {
    let root = (Uid::from_raw(0), Gid::from_raw(0));
    let engine = user.map_or(root, |user| (user.uid, user.gid));
    let mut changed = Vec::new();
    for wanted in all {
        let old = fs::read(&wanted.path).map(Zeroizing::new).ok();
        if old.as_ref().is_some_and(|old| **old == *wanted.content) {
            continue;
        }
        let kept = kept_as(&wanted.path);
        if old.is_some() && fs::symlink_metadata(&kept).is_ok() {
            return Err(Outage::Setup(format!(
                "{} is there, from an earlier restore: move it away, and try again",
                kept.display()
            )));
        }
        changed.push((wanted, old.is_some()));
    }
    for (wanted, is_there) in changed {
        let path = &wanted.path;
        let rights = if is_there {
            let metadata = fs::metadata(path).map_err(failed(path))?;
            fs::rename(path, kept_as(path)).map_err(failed(path))?;
            let (owner, group) = (Uid::from_raw(metadata.uid()), Gid::from_raw(metadata.gid()));
            Rights { owner, group, mode: metadata.mode() & 0o777 }
        } else if path == config {
            Rights { owner: root.0, group: engine.1, mode: 0o640 }
        } else if contents.portal.as_ref() == Some(path) {
            // It holds no secret, and its reader is another user.
            Rights { owner: root.0, group: root.1, mode: 0o644 }
        } else {
            Rights { owner: engine.0, group: engine.1, mode: 0o600 }
        };
        put(path, &wanted.content, rights)?;
    }
    Ok(())
}

fn kept_as(path: &Path) -> PathBuf {
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    path.with_file_name(format!("{name}.{ENDING}"))
}

/// Adds the keys, and has the same one make new values as before. A key that this host has besides stays.
fn put_keys(all: &[Wanted], held: &Keyring, folder: &Path) -> Result<(), Outage> {
    let (owner, group) = (nix::unistd::geteuid(), nix::unistd::getegid());
    let rights = Rights { owner, group, mode: 0o400 };
    all.iter().try_for_each(|wanted| put(&wanted.path, &wanted.content, rights))?;
    keys::set_primary(folder, held.primary().id().as_str())
}

/// Takes over the store, and spends every code that can have been used since.
fn put_store(settings: &Settings, mut file: File) -> Result<Swept, Outage> {
    let live = &settings.embedded;
    // As it is for logins from now on.
    let keyring = Arc::new(keys::load(&settings.keys)?);
    let (copy, mut into) = Passing::beside(&live.path)?;
    io::copy(&mut file, &mut into).and_then(|_| into.sync_all()).map_err(failed(copy.path()))?;
    drop(into);
    let of_copy = EmbeddedSettings { path: copy.path().to_owned(), ..live.clone() };
    let copied = Embedded::open(&of_copy, Arc::clone(&keyring)).map_err(|outage| {
        Outage::Storage(format!("the store in the backup cannot be read: {outage}"))
    })?;
    Embedded::create(live)?;
    let into = Embedded::open(live, Arc::clone(&keyring))?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Outage::Setup(error.to_string()))?;
    let nobody = Parts::NOBODY;
    into.take_over(&copied, || {
        let mut progress = Progress::new(&nobody);
        let swept = runtime.block_on(restored::sweep(&copied, &keyring, &mut progress))?;
        match swept.left.is_empty() {
            true => Ok(swept),
            false => Err(Outage::Storage(format!(
                "the codes of these users cannot be spent: {}",
                swept.left.join(", ")
            ))),
        }
    })
}

fn words(swept: Option<&Swept>) -> String {
    match swept {
        Some(Swept { users, foreign, .. }) => {
            let mut words = format!(
                "restored the settings, the keys and the store. Of {users} users, every code that can have been used \
                 by now is spent: phones work again in a minute, backup codes have to be made again"
            );
            if !foreign.is_empty() {
                let names = foreign.join(", ");
                words +=
                    &format!(". Not in force here, and left as they are: the records of {names}");
            }
            words
        }
        None => {
            "restored the settings and the keys. Users and second factors are in LDAP".to_owned()
        }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn passwords_are_put_back_beside_the_settings_and_nowhere_else() {
        let config = Path::new("/etc/monk/monk.toml");
        let with = |password: &str| Contents {
            config: config.to_owned(),
            portal: None,
            passwords: vec![PathBuf::from(password)],
            keys: (PathBuf::from("/etc/monk/keys"), Vec::new()),
            store: None,
        };
        for good in ["/etc/monk/ldap.password", "/etc/monk/secrets/mail"] {
            assert!(refuse_other_places(&with(good), config).is_ok(), "{good}");
        }
        for bad in
            ["/etc/passwd", "/etc/monk/../passwd", "/root/.ssh/authorized_keys", "/etc/monk2/a"]
        {
            assert!(refuse_other_places(&with(bad), config).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_link_in_a_backup_leads_nowhere() {
        let folder = tempfile::tempdir().unwrap();
        let (file, link) = (folder.path().join("file"), folder.path().join("link"));
        fs::write(&file, "content").unwrap();
        std::os::unix::fs::symlink(&file, &link).unwrap();
        assert_eq!(read_file(&file).unwrap(), b"content");
        assert!(read_file(&link).is_err() && read_file(folder.path()).is_err());
    }

    #[test]
    fn what_is_not_whole_private_and_of_this_layout_is_no_backup() {
        let folder = tempfile::tempdir().unwrap();
        let private = |mode| {
            fs::set_permissions(folder.path(), fs::Permissions::from_mode(mode)).unwrap();
        };
        private(0o700);
        assert!(made_at(folder.path()).is_err(), "no mark");
        let mark = folder.path().join(MARK);
        for (text, at) in [
            ("monk backup 1\nat 1700000000\n\nwords\n", Some(1_700_000_000)),
            ("monk backup 2\nat 1700000000\n", None),
            ("monk backup 1\nat noon\n", None),
            ("monk backup 1\n", None),
            ("", None),
        ] {
            fs::write(&mark, text).unwrap();
            fs::set_permissions(&mark, fs::Permissions::from_mode(0o600)).unwrap();
            assert_eq!(made_at(folder.path()).ok(), at, "{text:?}");
        }
        fs::write(&mark, "monk backup 1\nat 1700000000\n").unwrap();
        assert!(made_at(folder.path()).is_ok());
        private(0o750);
        assert!(made_at(folder.path()).is_err(), "others could have put something there");
    }
}
