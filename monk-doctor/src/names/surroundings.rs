//! What else decides about names: a cache in front of them, the engine's file of answers, home folders.

use std::time::Duration;

use monk_wire::manage::doctor::Kind;
use monk_wire::names;
use monk_wire::names::map::{HEADER, Header, STUCK_AFTER_MS};

use crate::finding::Findings;
use crate::machine::Machine;

/// Where nscd listens, and so does unscd.
const NSCD: [&str; 2] = ["/run/nscd/socket", "/var/run/nscd/socket"];

/// Its settings: nscd.conf(5).
const NSCD_SETTINGS: &str = "/etc/nscd.conf";

/// Modules that make a home folder at the first login.
const HOME_MAKERS: [&str; 2] = ["pam_mkhomedir.so", "pam_oddjob_mkhomedir.so"];

/// Looks at all of it.
pub fn examine(machine: &Machine, findings: &mut Findings) {
    of_nscd(machine, findings);
    of_homes(machine, findings);
    of_map(machine, findings);
}

/// A cache in front of monk says for minutes what was so.
fn of_nscd(machine: &Machine, findings: &mut Findings) {
    let Some(socket) = NSCD.iter().find(|socket| machine.metadata(socket).is_ok()) else { return };
    let settings = machine.read(NSCD_SETTINGS).unwrap_or_default();
    let cached: Vec<&str> =
        ["passwd", "group"].into_iter().filter(|name| caches(&settings, name)).collect();
    if cached.is_empty() {
        findings.ok(Kind::NamesCached, *socket, "nscd runs, and keeps no users or groups");
    } else {
        findings.report(
            Kind::NamesCached,
            *socket,
            format!(
                "nscd keeps {}: it goes on saying what was so, an hour long for groups",
                cached.join(" and ")
            ),
            format!(
                "Write enable-cache passwd no and enable-cache group no in {NSCD_SETTINGS}, and restart nscd. monk \
                 has a cache of its own."
            ),
        );
    }
}

/// Whether nscd keeps this database: it does, unless the last word about it says no.
fn caches(settings: &str, database: &str) -> bool {
    let words = settings.lines().map(|line| line.split('#').next().unwrap_or_default());
    let mut said = words.filter_map(|line| {
        let words: Vec<&str> = line.split_whitespace().collect();
        match words[..] {
            ["enable-cache", name, value] if name == database => Some(value == "yes"),
            _ => None,
        }
    });
    said.next_back().unwrap_or(true)
}

/// Users without a home folder start in `/`, or are turned away.
fn of_homes(machine: &Machine, findings: &mut Findings) {
    const FILE: &str = "/etc/pam.d/common-session";
    let Ok(text) = machine.read(FILE) else { return };
    let makes = text.lines().any(|line| {
        let line = line.split('#').next().unwrap_or_default();
        HOME_MAKERS.iter().any(|module| line.contains(module))
    });
    if makes {
        findings.ok(Kind::NamesNoHome, FILE, "makes home folders at the first login");
    } else {
        findings.report(
            Kind::NamesNoHome,
            FILE,
            "makes no home folder: users of the directory who log in for the first time have none, unless it is on \
             another machine",
            "pam-auth-update --enable mkhomedir",
        );
    }
}

/// Without the file each lookup asks the engine, and with an old one none does.
fn of_map(machine: &Machine, findings: &mut Findings) {
    let report = |findings: &mut Findings, what: String| {
        let remedy =
            "systemctl restart monk, and see what its log says about names: journalctl -u monk";
        findings.report(Kind::NamesMap, names::MAP, what, remedy);
    };
    let bytes = match machine.first_bytes::<HEADER>(names::MAP) {
        Ok(bytes) => bytes,
        Err(error) => return report(findings, format!("cannot be read: {error}")),
    };
    let now = since_boot(machine).unwrap_or_default();
    match Header::of_bytes(&bytes) {
        None => report(findings, "is no file of this monk's answers".to_owned()),
        Some(header) if header.is_alive(now) => {
            findings.ok(Kind::NamesMap, names::MAP, "the engine keeps it");
        }
        Some(Header { heartbeat: 0, .. }) => report(
            findings,
            "says that the engine has ended: only names that were looked up before are found"
                .to_owned(),
        ),
        Some(header) => report(
            findings,
            format!(
                "the engine has not said for {} s that it is alive; after {} s programs ask it no more",
                now.saturating_sub(header.heartbeat) / 1000,
                STUCK_AFTER_MS / 1000
            ),
        ),
    }
}

/// Milliseconds since the boot, as `CLOCK_BOOTTIME` counts them: proc_uptime(5).
fn since_boot(machine: &Machine) -> Option<u64> {
    let text = machine.read("/proc/uptime").ok()?;
    let seconds: f64 = text.split_whitespace().next()?.parse().ok()?;
    u64::try_from(Duration::try_from_secs_f64(seconds).ok()?.as_millis()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(files: &[(&str, &str)], look: fn(&Machine, &mut Findings)) -> Vec<String> {
        let (_root, machine) = Machine::with(files);
        let mut findings = Findings::default();
        look(&machine, &mut findings);
        let told = findings.0.into_iter();
        told.map(|one| format!("{}: {}", one.severity.word(), one.id)).collect()
    }

    #[test]
    fn a_cache_in_front_of_monk_is_told_where_it_keeps_names() {
        let running = ("run/nscd/socket", "");
        let told = ["warning: names-cached"];
        assert_eq!(found(&[running], of_nscd), told);
        let off = "enable-cache passwd no\nenable-cache group no # not here\n";
        assert_eq!(found(&[running, ("etc/nscd.conf", off)], of_nscd), ["ok: names-cached"]);
        let half = "enable-cache passwd no\n# enable-cache group no\n\tenable-cache  hosts no\n";
        assert_eq!(found(&[running, ("etc/nscd.conf", half)], of_nscd), told);
        assert!(found(&[("etc/nscd.conf", "")], of_nscd).is_empty());
    }

    #[test]
    fn somebody_has_to_make_home_folders() {
        let with = |text| found(&[("etc/pam.d/common-session", text)], of_homes);
        assert_eq!(with("session optional pam_mkhomedir.so umask=0077\n"), ["ok: names-no-home"]);
        assert_eq!(with("# session optional pam_mkhomedir.so\n"), ["note: names-no-home"]);
        assert!(found(&[], of_homes).is_empty());
    }

    #[test]
    fn the_file_of_answers_has_to_be_there_and_of_a_living_engine() {
        let judged = |bytes: Option<&[u8]>, now: &str| {
            let uptime = format!("{now} 1.00\n");
            let (root, machine) =
                Machine::with(&[("run/monk/other", ""), ("proc/uptime", &uptime)]);
            if let Some(bytes) = bytes {
                std::fs::write(root.path().join("run/monk/names.map"), bytes).unwrap();
            }
            let mut findings = Findings::default();
            of_map(&machine, &mut findings);
            findings.0.remove(0)
        };
        let header = |heartbeat| Header { generation: 1, heartbeat }.to_bytes();
        assert_eq!(judged(Some(&header(5000)), "6.25").severity.word(), "ok");
        let stuck = judged(Some(&header(5000)), "25.00");
        assert!(stuck.severity.word() == "warning" && stuck.evidence.contains("20 s"), "{stuck:?}");
        assert!(judged(Some(&header(0)), "25.00").evidence.contains("has ended"));
        assert!(judged(Some(&[0; HEADER]), "0.10").evidence.contains("no file of this monk's"));
        assert!(judged(Some(b"short"), "0.10").evidence.contains("cannot be read"));
        assert!(judged(None, "0.10").evidence.contains("cannot be read"));
    }
}
