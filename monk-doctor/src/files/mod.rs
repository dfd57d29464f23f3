//! Who may read and change the files of monk, and whether the engine itself can.
//!
//! A remedy names the owner and the mode that the file is to have: both at once, so that nobody who
//! needs the file is shut out by following it.

mod known;

use std::fs::Metadata;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use monk_wire::manage::doctor::Kind;

use crate::finding::Findings;
use crate::machine::Machine;
pub use known::{Account, Known};

/// Mode bits by which others could change a file.
const CHANGE: u32 = 0o022;
/// Mode bits by which others could read or change a secret.
const ANY: u32 = 0o077;
/// Mode bits by which others could read or change a secret of which the group of the engine may know.
const ANY_BUT_GROUP_READS: u32 = 0o037;
/// The mode bit by which a group reads.
const GROUP_READS: u32 = 0o040;

/// A new key opens nothing that was sealed with the old one, and a new store knows nobody.
const KEYS_BACK: &str = "Copy it from a backup or a host that has it; only where nobody has enrolled yet, \
                         make it with `monkd --setup`.";

/// Whose a file is, and who needs it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Class {
    /// Rules and modules: root's alone.
    Root,
    /// Settings, and the folders that others may look into: root's or the engine's.
    Public,
    /// What the engine reads and writes itself, and nobody else: keys and stores.
    Own,
    /// The folder of a store, in which the engine makes files.
    Folder,
    /// What the engine has to read: passwords, which may be root's with the engine's group.
    Password,
}

/// One file or folder.
struct Guarded {
    path: PathBuf,
    class: Class,
    /// Whether monk cannot work without it.
    needed: bool,
    /// What its owner must be able to do, as mode bits.
    wanted: u32,
}

/// Looks at the files that settings and stacks name; `of_pam` are modules and rules. `known`: what has
/// been learnt of the engine.
pub fn examine(
    machine: &Machine,
    config: &Path,
    known: Option<&Known>,
    of_pam: &[PathBuf],
    findings: &mut Findings,
) {
    let files = |paths: &[&Path], class, wanted| -> Vec<Guarded> {
        let guarded = |path: &&Path| Guarded { path: path.into(), class, needed: false, wanted };
        paths.iter().map(guarded).collect()
    };
    let of_pam: Vec<&Path> = of_pam.iter().map(PathBuf::as_path).collect();
    let mut guarded = files(&of_pam, Class::Root, 0);
    let Some(known) = known else {
        findings.report(
            Kind::FileNotExamined,
            config.display().to_string(),
            "the engine did not say which files it needs and as whom it runs, so that owners and modes of \
             settings, keys, stores and passwords were not looked at",
            "Mend first what keeps the engine from answering, and run doctor again.",
        );
        for file in guarded {
            look(machine, &file, None, findings);
        }
        return;
    };
    guarded.extend(files(&[config], Class::Public, 0));
    guarded.extend(
        config.parent().map(|folder| files(&[folder], Class::Public, 0)).into_iter().flatten(),
    );
    guarded.extend(of_engine(machine, known));
    let is_key = |name: &String| name.ends_with(".key");
    // Of an engine that runs, others look at its keys.
    if known.socket.is_none() && !machine.names(&known.keys).iter().any(is_key) {
        findings.report(
            Kind::FileMissing,
            known.keys.display().to_string(),
            "holds no key (a file that ends in .key): the engine does not start without one",
            KEYS_BACK,
        );
    }
    for file in guarded {
        look(machine, &file, Some(&known.engine), findings);
    }
}

/// The files that the engine itself needs.
fn of_engine(machine: &Machine, known: &Known) -> Vec<Guarded> {
    let guarded =
        |path: &Path, class, needed, wanted| Guarded { path: path.into(), class, needed, wanted };
    let mut files = vec![guarded(&known.keys, Class::Own, true, 0o500)];
    let names = machine.names(&known.keys);
    let of_keys = names.iter().filter(|name| name.ends_with(".key"));
    files.extend(of_keys.map(|name| guarded(&known.keys.join(name), Class::Own, true, 0o400)));
    if let Some(folder) = known.socket.as_deref().and_then(Path::parent) {
        files.push(guarded(folder, Class::Public, false, 0));
    }
    files.extend(known.secret_files.iter().map(|path| guarded(path, Class::Password, true, 0o400)));
    for (index, store) in known.stores.iter().enumerate() {
        files.push(guarded(store, Class::Own, index == 0 && known.needs_store, 0o600));
        for ending in ["-wal", "-shm"] {
            let mut beside = store.as_os_str().to_owned();
            beside.push(ending);
            files.push(guarded(Path::new(&beside), Class::Own, false, 0o600));
        }
        if let Some(folder) =
            store.parent().filter(|_| index == 0 || known.stores[0].parent() != store.parent())
        {
            files.push(guarded(folder, Class::Folder, false, 0o700));
        }
    }
    files
}

fn look(machine: &Machine, file: &Guarded, engine: Option<&Account>, findings: &mut Findings) {
    let shown = file.path.display().to_string();
    let metadata = match machine.metadata(&file.path) {
        Ok(metadata) => metadata,
        Err(error) if file.needed => {
            let remedy = match file.class {
                Class::Password => {
                    "Write the password into its first line, or correct the settings."
                }
                _ => {
                    "Copy it from a host or a backup that has it; only where nobody has enrolled yet, make \
                      it with `monkd --setup`."
                }
            };
            findings.report(Kind::FileMissing, &shown, error.to_string(), remedy);
            return;
        }
        Err(_) => return,
    };
    let mode = metadata.mode() & 0o7777;
    let open = mode & forbidden(file.class, &metadata, engine);
    // A folder with the sticky bit lets nobody replace the files of others.
    let sticky = metadata.is_dir() && mode & 0o1000 != 0;
    let is_open = open != 0 && !sticky;
    let owner = objection(file, &metadata, engine);
    let remedy = remedy(machine, file, &metadata, engine, owner.is_some());
    if is_open {
        let what = if open & CHANGE == 0 { "read" } else { "change" };
        let evidence = format!("mode {mode:04o}: others than its owner can {what} it");
        findings.report(Kind::FileOpen, &shown, evidence, &remedy);
    }
    match owner {
        Some((kind, evidence)) => findings.report(kind, &shown, evidence, remedy),
        None if !is_open => findings.ok(Kind::FileOpen, &shown, format!("mode {mode:04o}")),
        None => {}
    }
}

/// Mode bits that a file must not have.
fn forbidden(class: Class, metadata: &Metadata, engine: Option<&Account>) -> u32 {
    let for_group = engine.is_some_and(|engine| engine.uid != 0 && engine.gid == metadata.gid());
    match class {
        Class::Root | Class::Public | Class::Folder => CHANGE,
        Class::Own => ANY,
        Class::Password if for_group => ANY_BUT_GROUP_READS,
        Class::Password => ANY,
    }
}

/// What is wrong with whose a file is, if something is.
fn objection(
    file: &Guarded,
    metadata: &Metadata,
    engine: Option<&Account>,
) -> Option<(Kind, String)> {
    let owner = metadata.uid();
    let engine_uid = engine.map_or(0, |engine| engine.uid);
    let name = engine.map_or("", |engine| engine.name.as_str());
    if owner != 0 && (owner != engine_uid || file.class == Class::Root) {
        let who = match file.class {
            Class::Root => "root",
            _ => "root or the engine's user",
        };
        return Some((Kind::FileOwner, format!("belongs to uid {owner}, who is not {who}")));
    }
    let verb = if file.wanted & 0o200 == 0 { "read" } else { "write" };
    let cannot = |why: String| {
        Some((
            Kind::FileNotForEngine,
            format!("{why}: the engine, which runs as {name}, cannot {verb} it"),
        ))
    };
    // root reads and writes whatever the mode says.
    if engine_uid == 0 {
        return None;
    }
    match file.class {
        Class::Own | Class::Folder if owner != engine_uid => cannot("belongs to root".to_owned()),
        Class::Password if owner != engine_uid => {
            let readable = metadata.mode() & GROUP_READS != 0
                && engine.is_some_and(|engine| engine.gid == metadata.gid());
            if readable { None } else { cannot("belongs to root".to_owned()) }
        }
        Class::Own | Class::Folder | Class::Password
            if metadata.mode() & file.wanted != file.wanted =>
        {
            cannot(format!("has mode {:04o}", metadata.mode() & 0o7777))
        }
        _ => None,
    }
}

/// The command after which the file is right in every respect.
fn remedy(
    machine: &Machine,
    file: &Guarded,
    metadata: &Metadata,
    engine: Option<&Account>,
    change_owner: bool,
) -> String {
    let shown = file.path.display();
    let now = metadata.mode() & 0o7777;
    let root = Account::root();
    let engine = engine.unwrap_or(&root);
    let (owner, mode) = match file.class {
        Class::Root | Class::Public => ("root".to_owned(), now & !CHANGE),
        Class::Folder if change_owner && is_shared(machine, file, engine) => {
            return format!(
                "Give the store a folder of its own that belongs to {0}, and name it in the settings: \
                 other things than monk's are in {shown}.",
                engine.name
            );
        }
        Class::Folder => (engine.with_group(), (now | file.wanted) & !CHANGE),
        Class::Own => (engine.with_group(), (now | file.wanted) & !ANY),
        // The engine may read it by its group, and not change it.
        Class::Password if engine.uid != 0 && metadata.uid() != engine.uid => {
            return format!("chown root:{} {shown} && chmod 0640 {shown}", engine.group);
        }
        Class::Password => (engine.with_group(), (now | file.wanted) & !ANY),
    };
    let chown = change_owner.then(|| format!("chown {owner} {shown}"));
    let chmod = (mode != now).then(|| format!("chmod {mode:04o} {shown}"));
    [chown, chmod].into_iter().flatten().collect::<Vec<_>>().join(" && ")
}

/// Whether a folder holds things that are not the engine's.
fn is_shared(machine: &Machine, file: &Guarded, engine: &Account) -> bool {
    let names = machine.names(&file.path);
    let others = names.iter().filter(|name| {
        let of_engine = |metadata: Metadata| metadata.uid() == engine.uid;
        let is_store = [".db", ".db-wal", ".db-shm"].iter().any(|end| name.ends_with(end));
        !is_store && !machine.metadata(file.path.join(name)).is_ok_and(of_engine)
    });
    others.count() > 0
}

#[cfg(test)]
mod tests;
