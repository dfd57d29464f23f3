//! The engine as a process: is it resident, the one that is installed, and up to date with its
//! files?

use std::io;
use std::os::unix::fs::MetadataExt;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};

use monk_wire::manage::doctor::{Facts, Findings, Kind};
use monk_wire::peer_of;

use super::machine::Machine;

/// The process that listens on a socket, if one does.
///
/// # Errors
/// Those of connecting, other than that nobody listens.
pub fn resident(socket: &Path) -> io::Result<Option<i32>> {
    match UnixStream::connect(socket) {
        Ok(stream) => peer_of(&stream).map(|peer| Some(peer.pid)),
        Err(error) => match error.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused => Ok(None),
            _ => Err(error),
        },
    }
}

/// Compares the engine that answered with what is installed. `pid`: of the resident one.
pub fn examine(
    machine: &Machine,
    facts: &Facts,
    pid: Option<i32>,
    config: &Path,
    findings: &mut Findings,
) {
    let own = env!("CARGO_PKG_VERSION");
    let restart = "systemctl restart monk, or start it again by hand";
    if facts.uid == 0 {
        findings.report(
            Kind::EngineAsRoot,
            &facts.user,
            format!("there is no user {}, so the engine keeps all rights of root", facts.user),
            "adduser --system --group --no-create-home monk, and give it the store and the keys",
        );
    }
    if facts.version != own {
        findings.report(
            Kind::EngineOld,
            "monkd",
            format!("the engine has version {}, monk-enroll {own}", facts.version),
            format!("Install both from one package; {restart}"),
        );
    }
    let Some(pid) = pid else {
        findings.report(
            Kind::EngineOneShot,
            &facts.socket,
            "no engine listens: each login starts its own, which only root's programs can",
            "Have a service manager run monkd, if programs that are not root's log people in.",
        );
        return;
    };
    let subject = format!("monkd, process {pid}");
    let before = findings.0.len();
    if is_replaced(machine, pid) {
        let evidence = "the program was replaced on disk after this process was started";
        findings.report(Kind::EngineOld, &subject, evidence, restart);
    }
    settings(machine, facts, config, &subject, findings);
    if let Some(store) = facts.store.as_deref().filter(|store| !has_open(machine, pid, store)) {
        findings.report(
            Kind::EngineStoreReplaced,
            store,
            format!(
                "process {pid} has another file open: this one was put in its place, and codes \
                     that are spent now are not recorded in it"
            ),
            restart,
        );
    }
    if findings.0.len() == before {
        findings.ok(Kind::EngineOneShot, subject, format!("resident, version {}", facts.version));
    }
}

fn settings(
    machine: &Machine,
    facts: &Facts,
    config: &Path,
    subject: &str,
    findings: &mut Findings,
) {
    let read = i64::try_from(facts.settings_read).unwrap_or(i64::MAX);
    let files = facts.secret_files.iter().map(PathBuf::from).chain([config.to_owned()]);
    for file in files {
        let Ok(metadata) = machine.metadata(&file) else { continue };
        if metadata.mtime() > read {
            findings.report(
                Kind::EngineSettingsOld,
                subject,
                format!("{} was changed after the engine has read it", file.display()),
                "systemctl reload monk (or send it SIGHUP), and see journalctl -t monkd",
            );
        }
    }
}

/// Whether the program of a process is not the file of its name any more.
fn is_replaced(machine: &Machine, pid: i32) -> bool {
    let program = machine.link(format!("/proc/{pid}/exe"));
    program.is_ok_and(|path| path.to_string_lossy().ends_with(" (deleted)"))
}

/// Whether a process has this very file open. Where that cannot be seen, it is believed.
fn has_open(machine: &Machine, pid: i32, store: &str) -> bool {
    let Ok(wanted) = machine.metadata(store) else { return true };
    let folder = format!("/proc/{pid}/fd");
    let open = machine.names(&folder);
    let mut seen = open.iter().filter_map(|name| {
        let link = machine.link(format!("{folder}/{name}")).ok()?;
        let metadata = machine.metadata(format!("{folder}/{name}")).ok()?;
        Some((link, metadata.dev() == wanted.dev() && metadata.ino() == wanted.ino()))
    });
    let (mut any, mut same) = (false, false);
    for (link, is_same) in &mut seen {
        same |= is_same;
        any |= is_same || link.to_string_lossy().starts_with(store);
    }
    same || !any
}
