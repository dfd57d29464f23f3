//! Which files belong to a backup, as the settings say.

use std::path::{Path, PathBuf};

use super::failed;
use crate::outage::Outage;
use crate::settings::Settings;

/// The settings of the portal, where that is installed.
const PORTAL: &str = "/etc/monk-web/web.toml";

/// The endings and the name of files in the folder of keys that are read. Keys that were put away are among them: older
/// backups of a directory may need them.
const OF_KEYS: [&str; 2] = ["key", "retired"];

/// The file that names the primary key.
const PRIMARY: &str = "primary";

/// The files, all with absolute paths.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Contents {
    /// The settings.
    pub config: PathBuf,
    /// The portal's settings, where they are there.
    pub portal: Option<PathBuf>,
    /// Passwords of servers.
    pub passwords: Vec<PathBuf>,
    /// The folder of the keys, and the names of its files.
    pub keys: (PathBuf, Vec<String>),
    /// The embedded store.
    pub store: Option<PathBuf>,
}

impl Contents {
    /// What `settings`, read from `config`, name. Files are looked for below `root`: that of this host, or a backup.
    ///
    /// # Errors
    /// [`Outage::Setup`] where the keys cannot be listed.
    pub(super) fn of(settings: &Settings, config: &Path, root: &Path) -> Result<Self, Outage> {
        let chosen = settings.chosen();
        let of_servers = chosen.sections().filter_map(|section| section.password_file());
        let mut passwords: Vec<PathBuf> = of_servers.map(Path::to_owned).collect();
        passwords.extend(settings.mails().filter_map(|mail| mail.password_file));
        passwords.sort_unstable();
        passwords.dedup();
        let portal = PathBuf::from(PORTAL);
        let folder = settings.keys.folder.clone();
        let names = key_files(&below(root, &folder))?;
        Ok(Self {
            config: config.to_owned(),
            portal: Some(portal).filter(|portal| below(root, portal).is_file()),
            passwords,
            keys: (folder, names),
            store: chosen.sections().find_map(|section| section.file().map(Path::to_owned)),
        })
    }

    /// Everything but keys and the store.
    pub(super) fn settings(&self) -> impl Iterator<Item = &PathBuf> {
        std::iter::once(&self.config).chain(&self.portal).chain(&self.passwords)
    }
}

/// The names of the files that make up the keys, sorted.
pub(super) fn key_files(folder: &Path) -> Result<Vec<String>, Outage> {
    let mut names = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(failed(folder))? {
        let path = entry.map_err(failed(folder))?.path();
        let ending = path.extension().and_then(|ending| ending.to_str());
        let name = path.file_name().and_then(|name| name.to_str());
        let is_key = ending.is_some_and(|ending| OF_KEYS.contains(&ending));
        if let Some(name) = name.filter(|name| is_key || *name == PRIMARY) {
            names.push(name.to_owned());
        }
    }
    names.sort_unstable();
    Ok(names)
}

/// Where a file of this host is below another root.
pub(super) fn below(root: &Path, path: &Path) -> PathBuf {
    root.join(path.strip_prefix("/").unwrap_or(path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_that_the_settings_name_belongs_to_it_once() {
        let root = tempfile::tempdir().unwrap();
        let keys = below(root.path(), Path::new("/etc/monk/keys"));
        std::fs::create_dir_all(&keys).unwrap();
        for name in ["0a0a0a0a.key", "0b0b0b0b.retired", "primary", ".primary.1.new", "notes"] {
            std::fs::write(keys.join(name), "").unwrap();
        }
        let of = |text: &str| {
            let settings = Settings::parse(text).unwrap();
            Contents::of(&settings, Path::new("/etc/monk/monk.toml"), root.path()).unwrap()
        };
        let plain = of("");
        assert_eq!(plain.store, Some("/var/lib/monk/monk.db".into()));
        assert_eq!((plain.portal.as_ref(), plain.passwords.len()), (None, 0));
        assert_eq!(plain.keys.1, ["0a0a0a0a.key", "0b0b0b0b.retired", "primary"]);
        let portal = below(root.path(), Path::new(PORTAL));
        std::fs::create_dir_all(portal.parent().unwrap()).unwrap();
        std::fs::write(portal, "").unwrap();
        let ldap = of("directory = \"ldap\"\n[ldap]\nuris = [\"ldaps://ldap.example.org\"]\n\
                       base = \"dc=example,dc=org\"\nbind_dn = \"cn=monk\"\npassword_file = \"/etc/monk/ldap\"\n\
                       [mail]\nfrom = \"monk@example.org\"\nhost = \"ldaps.example.org\"\nssl = true\nusername = \"m\"\n\
                       password_file = \"/etc/monk/mail\"\n");
        assert_eq!(ldap.store, None, "users and records are in LDAP");
        let all: Vec<_> = ldap.settings().map(|path| path.display().to_string()).collect();
        let wanted = ["monk/monk.toml", "monk-web/web.toml", "monk/ldap", "monk/mail"]
            .map(|name| format!("/etc/{name}"));
        assert_eq!(all, wanted);
    }
}
