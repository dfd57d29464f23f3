//! Which files the engine needs, and who it is: from its own word, or from settings that it accepts.
//!
//! What is known by neither is not assumed: with an owner that is only the usual one, an engine may never
//! start again.

use std::path::{Path, PathBuf};

use monk_wire::manage::doctor::Facts;

use crate::machine::Machine;

/// The user of an engine whose settings name none, and its usual files (`monkd/src/settings`).
const USER: &str = "monk";
const KEYS: &str = "/etc/monk/keys";
const STORE: &str = "/var/lib/monk/monk.db";

/// Somebody of this machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    pub name: String,
    pub uid: u32,
    pub gid: u32,
    /// The name of its group, or its number.
    pub group: String,
}

impl Account {
    /// root, as whom an engine runs whose user does not exist.
    pub fn root() -> Self {
        Self { name: "root".to_owned(), uid: 0, gid: 0, group: "root".to_owned() }
    }

    /// A line of `/etc/passwd`.
    fn parse(line: &str) -> Option<Self> {
        let fields: Vec<&str> = line.split(':').collect();
        let [name, _, uid, gid, ..] = fields[..] else { return None };
        let group = gid.to_owned();
        Some(Self { name: name.to_owned(), uid: uid.parse().ok()?, gid: gid.parse().ok()?, group })
    }

    /// The first account of `/etc/passwd` that fits.
    pub fn find(machine: &Machine, fits: impl Fn(&Self) -> bool) -> Option<Self> {
        let text = machine.read("/etc/passwd").ok()?;
        let mut found = text.lines().filter_map(Self::parse).find(fits)?;
        let groups = machine.read("/etc/group").unwrap_or_default();
        let mut names = groups.lines().filter_map(|line| {
            let fields: Vec<&str> = line.split(':').collect();
            (fields.get(2) == Some(&found.group.as_str())).then(|| fields[0].to_owned())
        });
        found.group = names.next().unwrap_or_else(|| found.gid.to_string());
        Some(found)
    }

    /// As chown(1) wants it.
    pub fn with_group(&self) -> String {
        if self.uid == 0 { "root".to_owned() } else { format!("{}:{}", self.name, self.group) }
    }
}

/// The engine and its files.
#[derive(Debug, PartialEq, Eq)]
pub struct Known {
    /// Whom it runs as.
    pub engine: Account,
    /// The folder of the keys.
    pub keys: PathBuf,
    /// Databases that it writes; the first is the store, where one is used.
    pub stores: Vec<PathBuf>,
    /// Whether the first of them must be there.
    pub needs_store: bool,
    /// Files with passwords of servers, which it reads.
    pub secret_files: Vec<PathBuf>,
    /// The socket, where it said so.
    pub socket: Option<PathBuf>,
}

impl Known {
    /// From the engine's word; what it does not say from its settings.
    pub fn from_facts(machine: &Machine, facts: &Facts, config: &Path) -> Self {
        let engine = Account::find(machine, |user| user.uid == facts.uid);
        let unnamed = || {
            let name = facts.uid.to_string();
            Account { group: name.clone(), name, uid: facts.uid, gid: facts.uid }
        };
        let counters = settings(machine, config).map(|settings| counters(&settings));
        Self {
            engine: engine.unwrap_or_else(unnamed),
            keys: PathBuf::from(&facts.keys),
            stores: facts
                .store
                .iter()
                .map(PathBuf::from)
                .chain(counters.into_iter().flatten())
                .collect(),
            needs_store: facts.store.is_some(),
            secret_files: facts.secret_files.iter().map(PathBuf::from).collect(),
            socket: Some(PathBuf::from(&facts.socket)),
        }
    }

    /// From settings that `monkd --check` accepts, of an engine that does not answer.
    pub fn from_settings(machine: &Machine, config: &Path) -> Option<Self> {
        let settings = settings(machine, config)?;
        let name = text(&settings, &["engine", "user"]).unwrap_or(USER);
        // Without the folder of users nothing is known of any.
        machine.read("/etc/passwd").ok()?;
        let engine = Account::find(machine, |user| user.name == name);
        let is_embedded = |key: &str, usual: bool| {
            text(&settings, &[key]).map_or(usual, |kind| kind == "embedded")
        };
        let in_directory = !is_embedded("directory", true);
        let needs_store = !in_directory || is_embedded("credentials", false);
        let store = PathBuf::from(text(&settings, &["embedded", "path"]).unwrap_or(STORE));
        let stores = needs_store.then_some(store).into_iter().chain(counters(&settings));
        let mut secret_files = Vec::new();
        passwords(&toml::Value::Table(settings.clone()), &mut secret_files);
        Some(Self {
            engine: engine.unwrap_or_else(Account::root),
            keys: PathBuf::from(text(&settings, &["keys", "folder"]).unwrap_or(KEYS)),
            stores: stores.collect(),
            needs_store,
            secret_files,
            socket: None,
        })
    }
}

fn settings(machine: &Machine, config: &Path) -> Option<toml::Table> {
    machine.read(config).ok()?.parse().ok()
}

fn text<'a>(settings: &'a toml::Table, path: &[&str]) -> Option<&'a str> {
    let (last, sections) = path.split_last()?;
    let mut table = settings;
    for section in sections {
        table = table.get(*section)?.as_table()?;
    }
    table.get(*last)?.as_str()
}

/// The counters of failures, beside the store unless they are elsewhere, and what the host remembers.
fn counters(settings: &toml::Table) -> [PathBuf; 2] {
    let store = Path::new(text(settings, &["embedded", "path"]).unwrap_or(STORE));
    let set = text(settings, &["throttle", "path"]).map(PathBuf::from);
    let throttle = set.unwrap_or_else(|| store.with_file_name("throttle.db"));
    [throttle, store.with_file_name("remembered.db")]
}

/// Every `password_file`, in whatever section.
fn passwords(value: &toml::Value, found: &mut Vec<PathBuf>) {
    let Some(table) = value.as_table() else { return };
    for (key, value) in table {
        match value.as_str() {
            Some(path) if key == "password_file" => found.push(path.into()),
            _ => passwords(value, found),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn machine(settings: &str, users: &str) -> (tempfile::TempDir, Machine) {
        Machine::with(&[(CONFIG, settings), ("etc/passwd", users)])
    }

    const CONFIG: &str = "/etc/monk/monk.toml";
    const USERS: &str = "root:x:0:0::/root:/bin/sh\nmonk:x:998:997::/:/bin/false\n";

    #[test]
    fn settings_tell_which_files_there_are_and_whose() {
        let (_root, machine) = machine("", USERS);
        let known = Known::from_settings(&machine, Path::new(CONFIG)).unwrap();
        let name = "monk".to_owned();
        let monk = Account { name, uid: 998, gid: 997, group: "997".to_owned() };
        let usual = ["monk.db", "throttle.db", "remembered.db"];
        let usual = usual.map(|name| Path::new("/var/lib/monk").join(name));
        assert_eq!((known.engine, known.keys), (monk, PathBuf::from(KEYS)));
        assert_eq!((known.stores, known.secret_files), (usual.to_vec(), vec![]));
    }

    #[test]
    fn settings_that_say_otherwise_are_heeded() {
        let settings = "directory = \"ldap\"\n[engine]\nuser = \"nobody-yet\"\n\
                        [keys]\nfolder = \"/srv/keys\"\n[throttle]\npath = \"/srv/t.db\"\n\
                        [ldap]\npassword_file = \"/srv/ldap\"\n[mail]\npassword_file = \"/srv/mail\"\n";
        let (_root, machine) = machine(settings, USERS);
        let known = Known::from_settings(&machine, Path::new(CONFIG)).unwrap();
        assert_eq!((known.engine.uid, known.needs_store), (0, false));
        assert_eq!(known.stores, ["/srv/t.db", "/var/lib/monk/remembered.db"].map(PathBuf::from));
        assert_eq!(known.secret_files, ["/srv/ldap", "/srv/mail"].map(PathBuf::from));
        assert_eq!(known.keys, PathBuf::from("/srv/keys"));
    }

    #[test]
    fn what_cannot_be_read_is_not_known() {
        let (root, machine) = machine("[", USERS);
        assert_eq!(Known::from_settings(&machine, Path::new(CONFIG)), None);
        std::fs::write(root.path().join("etc/monk/monk.toml"), "").unwrap();
        std::fs::remove_file(root.path().join("etc/passwd")).unwrap();
        assert_eq!(Known::from_settings(&machine, Path::new(CONFIG)), None);
    }
}
