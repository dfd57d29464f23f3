//! `monkd --backup`.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use zeroize::Zeroizing;

use super::contents::{self, Contents, below};
use super::files::{Passing, fill, new_file, new_folder};
use super::{FIRST_LINE, MARK, failed, need_root, shown};
use crate::clock;
use crate::directory::embedded::Embedded;
use crate::outage::Outage;
use crate::settings::Settings;
use crate::{audit, keys, privileges};

/// What anybody who finds a backup has to know.
const WORDS: &str = "\
This folder holds the host keys of monk, the second factors of its users, and passwords of servers. Keep it as you
keep the keys: anybody who reads it can make everybody's codes. backup.md in the documentation says how to put it back.
";

/// Writes everything into a new folder. Says what is in it.
///
/// # Errors
/// [`Outage`] says what is missing. Then the folder is not a whole backup, and no restore takes it.
pub fn save(config: &Path, folder: &Path) -> Result<String, Outage> {
    need_root()?;
    let config = std::path::absolute(config).map_err(failed(config))?;
    let settings = Settings::load(&config)?;
    let contents = Contents::of(&settings, &config, Path::new("/"))?;
    new_folder(folder)?;
    let incomplete = |outage| {
        let shown = folder.display();
        Outage::Setup(format!("{outage}; {shown} is no whole backup: remove it, and try again"))
    };
    let done = fill_folder(&settings, &contents, folder).map_err(incomplete)?;
    audit::info(&format!("a backup with the host keys was written to {}", folder.display()));
    Ok(done)
}

fn fill_folder(settings: &Settings, contents: &Contents, folder: &Path) -> Result<String, Outage> {
    for path in contents.settings() {
        // Read as root: the portal's may be another user's.
        let text = Zeroizing::new(fs::read(path).map_err(failed(path))?);
        let to = below(folder, path);
        fill(&to, new_file(&to)?, &text)?;
    }
    let (of_keys, names) = &contents.keys;
    let pairs = names.iter().map(|name| of_keys.join(name)).chain(contents.store.clone());
    let files = pairs.map(|from| {
        let to = below(folder, &from);
        Ok((from, new_file(&to)?, to))
    });
    let mut files: Vec<(PathBuf, File, PathBuf)> = files.collect::<Result<_, Outage>>()?;
    let mark = folder.join(MARK);
    let mark_file = new_file(&mark)?;
    // From here on the folder is out of reach, but for the files that are open.
    privileges::become_user(&settings.engine.user)?;
    if let Some(store) = &contents.store {
        let (from, mut file, to) = files.pop().expect("the store is the last of them");
        debug_assert_eq!(&from, store);
        copy_store(settings, &mut file)
            .map_err(|error| failed(&to)(io::Error::other(error.to_string())))?;
        file.sync_all().map_err(failed(&to))?;
    }
    for (from, file, to) in files {
        let text = Zeroizing::new(fs::read(&from).map_err(failed(&from))?);
        fill(&to, file, &text)?;
    }
    // Read after the store: a key that has come meanwhile would be missing.
    if contents::key_files(of_keys)? != *names {
        return Err(Outage::Setup("the keys have changed meanwhile".to_owned()));
    }
    let now = clock::now();
    let text = format!("{FIRST_LINE}\nat {now} ({})\n\n{WORDS}", shown(now));
    fill(&mark, mark_file, text.as_bytes())?;
    let keys = names.iter().filter(|name| name.ends_with(".key")).count();
    let store = match &contents.store {
        Some(store) => format!("the store {}", store.display()),
        None => "no store: users and second factors are in LDAP, back them up there (slapcat)"
            .to_owned(),
    };
    Ok(format!("{}: the settings, {keys} host keys, {store}", folder.display()))
}

/// Copies one consistent moment of the store, while others write to it.
fn copy_store(settings: &Settings, to: &mut File) -> Result<(), Outage> {
    let path = &settings.embedded.path;
    let keys = Arc::new(keys::load(&settings.keys)?);
    let (copy, _) = Passing::beside(path)?;
    Embedded::open(&settings.embedded, keys)?.copy_to(copy.path())?;
    let mut from = File::open(copy.path()).map_err(failed(copy.path()))?;
    io::copy(&mut from, to).map(drop).map_err(failed(copy.path()))
}
