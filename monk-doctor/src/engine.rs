//! The engine as a process: is it resident, the one that is installed, and up to date with its
//! files?

use std::collections::BTreeSet;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};

use monk_client::peer_of;
use monk_wire::manage::doctor::{Facts, Kind};

use crate::files::Known;
use crate::finding::Findings;
use crate::machine::Machine;

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
            a_user_of_its_own(machine, facts, config),
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
    let service = Unit::of(machine);
    let stopped = service.as_ref().is_some_and(|unit| unit.judge(pid.is_some(), findings));
    let Some(pid) = pid.filter(|_| !stopped) else {
        if stopped {
            return;
        }
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

/// The commands after which the engine is a user who can work with its files: a user alone would find
/// all of them closed.
fn a_user_of_its_own(machine: &Machine, facts: &Facts, config: &Path) -> String {
    let user = &facts.user;
    let mut own = BTreeSet::from([facts.keys.clone()]);
    for store in Known::from_facts(machine, facts, config).stores {
        // A folder that other things are in, too, is not given away.
        let folder = store.parent().filter(|folder| folder.ends_with("monk"));
        own.insert(folder.unwrap_or(&store).display().to_string());
    }
    let mut commands = vec![
        format!("adduser --system --group --no-create-home {user}"),
        format!("chown -R {user}:{user} {}", own.into_iter().collect::<Vec<_>>().join(" ")),
    ];
    let mut read: Vec<String> = facts.secret_files.clone();
    read.push(config.display().to_string());
    commands.push(format!("chown root:{user} {0} && chmod 0640 {0}", read.join(" ")));
    if let Some(folder) = config.parent() {
        let folder = folder.display();
        commands.push(format!("chgrp {user} {folder} && chmod g+rx {folder}"));
    }
    format!("{}; then start the engine again", commands.join(" && "))
}

/// The unit of the engine, as systemd knows it.
#[derive(Debug, Default, PartialEq, Eq)]
struct Unit {
    load: String,
    active: String,
    file: String,
}

/// The name of the unit.
const UNIT: &str = "monk.service";

impl Unit {
    /// Asks systemd, where it manages this host.
    fn of(machine: &Machine) -> Option<Self> {
        machine.metadata("/run/systemd/system").ok()?;
        let systemctl = machine.program("systemctl")?;
        let properties = "LoadState,ActiveState,UnitFileState";
        let text = machine.output(&systemctl, &["show", UNIT, "-p", properties]).ok()?;
        Some(Self::parse(&text))
    }

    fn parse(text: &str) -> Self {
        let value = |name: &str| {
            let mut pairs = text.lines().filter_map(|line| line.split_once('='));
            pairs
                .find(|(key, _)| *key == name)
                .map_or_else(String::new, |(_, value)| value.to_owned())
        };
        Self {
            load: value("LoadState"),
            active: value("ActiveState"),
            file: value("UnitFileState"),
        }
    }

    /// Tells of a service that was installed to run, and does not, or will not when the machine starts
    /// again. Whether there is one, and no engine listens.
    fn judge(&self, listens: bool, findings: &mut Findings) -> bool {
        let Self { load, active, file } = self;
        let masked = load == "masked" || file.starts_with("masked");
        if load != "loaded" && !masked {
            return false;
        }
        let runs = listens || active == "active" || active == "reloading";
        let starts = ["enabled", "enabled-runtime", "static", "generated", "indirect", "alias"];
        let will = starts.contains(&file.as_str()) && !masked;
        if runs && will {
            return false;
        }
        let now = if runs { "runs".to_owned() } else { format!("does not run ({active})") };
        let later = if will { "" } else { ", and is not started with the machine" };
        let unmask = if masked { "systemctl unmask monk && " } else { "" };
        findings.report(
            Kind::EngineStopped,
            UNIT,
            format!(
                "the service {now}{later} ({file}): without it programs that are not root's log nobody in, \
                 and users cannot manage their own account"
            ),
            format!("{unmask}systemctl enable --now monk, and see journalctl -u monk"),
        );
        !runs
    }
}

/// Tells of the service of an engine that does not answer.
pub fn examine_silent(machine: &Machine, findings: &mut Findings) {
    if let Some(unit) = Unit::of(machine) {
        unit.judge(false, findings);
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

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(load: &str, active: &str, file: &str, listens: bool) -> (bool, Option<String>) {
        let text = format!("LoadState={load}\nActiveState={active}\nUnitFileState={file}\n");
        let mut findings = Findings::default();
        let stopped = Unit::parse(&text).judge(listens, &mut findings);
        (stopped, findings.0.pop().map(|one| one.remedy))
    }

    #[test]
    fn a_service_that_is_stopped_or_not_started_with_the_machine_is_told() {
        for (load, active, file, listens) in [
            ("loaded", "active", "enabled", true),
            ("loaded", "active", "enabled-runtime", true),
            // Not installed here, or started by somebody else.
            ("not-found", "inactive", "", false),
            ("not-found", "inactive", "", true),
        ] {
            assert_eq!(
                judged(load, active, file, listens),
                (false, None),
                "{load} {active} {file}"
            );
        }
        for (load, active, file, listens, stopped) in [
            ("loaded", "inactive", "enabled", false, true),
            ("loaded", "failed", "enabled", false, true),
            ("loaded", "inactive", "disabled", false, true),
            ("loaded", "active", "disabled", true, false),
            ("masked", "inactive", "masked", false, true),
        ] {
            let (is_stopped, remedy) = judged(load, active, file, listens);
            assert_eq!(is_stopped, stopped, "{load} {active} {file}");
            let remedy = remedy.unwrap();
            assert!(remedy.contains("systemctl enable --now monk"), "{remedy}");
            assert_eq!(remedy.contains("unmask"), load == "masked", "{remedy}");
        }
    }
}
