//! Who may read and change the files of monk.

use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use monk_wire::manage::doctor::{Facts, Findings, Kind};

use super::machine::Machine;

/// Mode bits by which others could change a file.
const CHANGE: u32 = 0o022;
/// Mode bits by which others could read or change a secret.
const ANY: u32 = 0o077;

/// One file or folder, and who may do nothing with it.
struct Guarded {
    path: PathBuf,
    forbidden: u32,
    /// Whether monk cannot work without it.
    needed: bool,
}

/// Looks at the files that settings and stacks name; `of_pam` are modules and rules.
pub fn examine(
    machine: &Machine,
    config: &Path,
    facts: Option<&Facts>,
    of_pam: &[PathBuf],
    findings: &mut Findings,
) {
    let owner = facts.map_or(0, |facts| facts.uid);
    for file in guarded(machine, config, facts, of_pam) {
        look(machine, &file, owner, findings);
    }
}

fn guarded(
    machine: &Machine,
    config: &Path,
    facts: Option<&Facts>,
    of_pam: &[PathBuf],
) -> Vec<Guarded> {
    let open = |path: &Path| Guarded { path: path.into(), forbidden: CHANGE, needed: false };
    let secret = |path: &Path| Guarded { path: path.into(), forbidden: ANY, needed: true };
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
        files.extend(facts.secret_files.iter().map(|path| secret(Path::new(path))));
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

fn look(machine: &Machine, file: &Guarded, owner: u32, findings: &mut Findings) {
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
    let open = metadata.mode() & file.forbidden;
    if open != 0 && !sticky {
        let mode = metadata.mode() & 0o7777;
        let what = if open & CHANGE == 0 { "read" } else { "change" };
        findings.report(
            Kind::FileOpen,
            &shown,
            format!("mode {mode:04o}: others than its owner can {what} it"),
            format!("chmod {:04o} {shown}", mode & !file.forbidden),
        );
    }
    if metadata.uid() != 0 && metadata.uid() != owner {
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
