//! Who may read and change the files of monk.

use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use monk_wire::manage::doctor::{Facts, Findings, Kind};

use super::machine::Machine;

/// Mode bits by which others could change a file.
const CHANGE: u32 = 0o022;
/// Mode bits by which others could read or change a secret.
const ANY: u32 = 0o077;

/// The mode bit by which a group reads.
const GROUP_READS: u32 = 0o040;

/// One file or folder, and who may do nothing with it.
struct Guarded {
    path: PathBuf,
    forbidden: u32,
    /// Whether monk cannot work without it.
    needed: bool,
    /// Whether the engine's group may read it.
    for_group: bool,
}

/// What the files are compared with.
struct Engine {
    /// The user that it runs as.
    uid: u32,
    /// The group of that user, which has the folder of the keys.
    gid: Option<u32>,
}

/// Looks at the files that settings and stacks name; `of_pam` are modules and rules.
pub fn examine(
    machine: &Machine,
    config: &Path,
    facts: Option<&Facts>,
    of_pam: &[PathBuf],
    findings: &mut Findings,
) {
    let keys = facts.and_then(|facts| machine.metadata(&facts.keys).ok());
    let engine = Engine {
        uid: facts.map_or(0, |facts| facts.uid),
        gid: keys.map(|folder| folder.gid()).filter(|&gid| gid != 0),
    };
    for file in guarded(machine, config, facts, of_pam) {
        look(machine, &file, &engine, findings);
    }
}

fn guarded(
    machine: &Machine,
    config: &Path,
    facts: Option<&Facts>,
    of_pam: &[PathBuf],
) -> Vec<Guarded> {
    let guarded = |path: &Path, forbidden: u32, needed: bool| Guarded {
        path: path.into(),
        forbidden,
        needed,
        for_group: false,
    };
    let open = |path: &Path| guarded(path, CHANGE, false);
    let secret = |path: &Path| guarded(path, ANY, true);
    let mut files = vec![open(config)];
    files.extend(config.parent().map(open));
    files.extend(of_pam.iter().map(|path| open(path)));
    // Without an engine's word, the usual places.
    let (keys, socket) = match facts {
        Some(facts) => (facts.keys.as_str(), facts.socket.as_str()),
        None => ("/etc/monk/keys", monk_wire::DEFAULT_SOCKET),
    };
    files.push(secret(Path::new(keys)));
    let names = machine.names(keys);
    let of_keys = names.iter().filter(|name| name.ends_with(".key"));
    files.extend(of_keys.map(|name| secret(&Path::new(keys).join(name))));
    if let Some(folder) = Path::new(socket).parent() {
        files.push(open(folder));
    }
    if let Some(facts) = facts {
        let password = |path: &String| Guarded { for_group: true, ..secret(Path::new(path)) };
        files.extend(facts.secret_files.iter().map(password));
        if let Some(store) = &facts.store {
            let store = Path::new(store);
            files.push(secret(store));
            files.extend(store.parent().map(open));
            for ending in ["-wal", "-shm"] {
                let mut beside = store.as_os_str().to_owned();
                beside.push(ending);
                files.push(Guarded { needed: false, ..secret(Path::new(&beside)) });
            }
        }
    }
    files
}

fn look(machine: &Machine, file: &Guarded, engine: &Engine, findings: &mut Findings) {
    let shown = file.path.display().to_string();
    let metadata = match machine.metadata(&file.path) {
        Ok(metadata) => metadata,
        Err(error) if file.needed => {
            let remedy = "Make it with `monkd --setup`, or copy it from a host that has it.";
            findings.report(Kind::FileMissing, &shown, error.to_string(), remedy);
            return;
        }
        Err(_) => return,
    };
    // A folder with the sticky bit lets nobody replace the files of others.
    let sticky = metadata.is_dir() && metadata.mode() & 0o1000 != 0;
    let for_group = file.for_group && engine.gid == Some(metadata.gid());
    let forbidden = if for_group { file.forbidden & !GROUP_READS } else { file.forbidden };
    let open = metadata.mode() & forbidden;
    if open != 0 && !sticky {
        let mode = metadata.mode() & 0o7777;
        let what = if open & CHANGE == 0 { "read" } else { "change" };
        findings.report(
            Kind::FileOpen,
            &shown,
            format!("mode {mode:04o}: others than its owner can {what} it"),
            format!("chmod {:04o} {shown}", mode & !forbidden),
        );
    }
    if metadata.uid() != 0 && metadata.uid() != engine.uid {
        findings.report(
            Kind::FileOwner,
            &shown,
            format!("belongs to uid {}, who is neither root nor monk's own user", metadata.uid()),
            format!("chown root {shown}"),
        );
    } else if open == 0 || sticky {
        findings.ok(Kind::FileOpen, &shown, format!("mode {:04o}", metadata.mode() & 0o7777));
    }
}
