//! The sshd that runs, against its files.
//!
//! sshd writes its pid file whenever it has read its settings: when it starts, and again after SIGHUP, which
//! leaves the process and its start as they were.

use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use monk_wire::manage::doctor::Kind;

use super::blocks::{Config, FILE};
use super::settings::Settings;
use crate::finding::Findings;
use crate::machine::Machine;

/// What sshd says where only its folder in `/run` is missing, as before its first start.
const NO_FOLDER: &str = "privilege separation directory";

/// Says that sshd refuses its own settings.
pub fn broken(why: &str, findings: &mut Findings) {
    if why.contains(NO_FOLDER) {
        let remedy = "Start sshd once, or make its folder: mkdir -p /run/sshd";
        findings.report(Kind::SshdNotExamined, FILE, why, remedy);
    } else {
        findings.report(
            Kind::SshdSettingsBroken,
            FILE,
            why,
            "Correct it before you restart sshd, and keep a session open until sshd -t says nothing.",
        );
    }
}

/// Compares the time at which sshd has read its settings with those of its files. Where that cannot be
/// learnt, nothing is said.
pub fn examine(machine: &Machine, settings: &Settings, config: &Config, findings: &mut Findings) {
    let Some((pid, read)) = running(machine, settings.get("pidfile")) else { return };
    let changed = |path: &PathBuf| {
        // A file that was moved to its place, and one that was written.
        let metadata = machine.metadata(path).ok()?;
        let written = (metadata.mtime(), metadata.mtime_nsec());
        let last = written.max((metadata.ctime(), metadata.ctime_nsec()));
        (last > read).then(|| path.display().to_string())
    };
    let paths = config.files.iter().chain(&config.folders);
    let changed: Vec<String> = paths.filter_map(changed).collect();
    if !changed.is_empty() {
        findings.report(
            Kind::SshdSettingsOld,
            format!("sshd, process {pid}"),
            format!("changed after sshd has read its settings: {}", changed.join(", ")),
            "sshd -t && systemctl reload ssh (or kill -HUP it), with a session kept open",
        );
    }
}

/// The sshd that listens, and when it has read its settings, in seconds and nanoseconds since 1970.
fn running(machine: &Machine, pid_file: &str) -> Option<(i32, (i64, i64))> {
    let path = Path::new(pid_file);
    let pid: i32 = machine.read(path).ok()?.trim().parse().ok()?;
    let program = machine.link(format!("/proc/{pid}/exe")).ok()?;
    let name = program.file_name()?.to_string_lossy();
    let is_sshd = name.split(' ').next() == Some("sshd");
    is_sshd.then_some(())?;
    let metadata = machine.metadata(path).ok()?;
    Some((pid, (metadata.mtime(), metadata.mtime_nsec())))
}
