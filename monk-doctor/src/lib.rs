//! The half of `doctor` that only root on this host can see.
//!
//! [`examine`] reads the files of this host and asks its programs for their settings (`sshd -T`,
//! `doveconf -n`, `postconf`), each for a few seconds at most. It gives [`Findings`], whose ids and severities
//! `monk-wire` holds and `docs/doctor.md` lists. What the engine knows comes in as [`Facts`]: this crate
//! asks no engine, opens no key, directory or store, changes nothing, and prints nothing. All that it reads
//! or runs goes through [`Machine`], so that tests give it a host of their own.
//!
//! | file | looks at |
//! |---|---|
//! | `pam/` | the stacks in `/etc/pam.d`, and the policies against them |
//! | `sshd/` | sshd: its ways in, and whether it runs with its settings |
//! | `dovecot/`, `programs/` | the other programs that ask PAM |
//! | `names/` | `nsswitch.conf`, and what stands between programs and monk's names |
//! | `portal/` | monk-web: its settings, certificate and account |
//! | `slapd` | a directory server on this host |
//! | `files` | owners and modes |
//! | `finding` | what a check has found, in words |
//! | `engine` | the engine as a process |
//! | `ignored` | the ids of findings that are as somebody wants them |
//! | `kernel_clock` | whether somebody keeps this host's clock |
//! | `steps` | counting what readers do, for tests of their cost |
//! | `machine` | the rim: all files that are read, all programs that are run |

mod dovecot;
mod engine;
mod files;
mod finding;
mod ignored;
mod kernel_clock;
mod machine;
mod names;
mod pam;
mod portal;
mod programs;
mod slapd;
mod sshd;
mod steps;

use std::path::{Path, PathBuf};

use monk_wire::manage::doctor::{Facts, Kind};

pub use finding::{Finding, Findings};
pub use ignored::{judge_ignored, kind};
pub use machine::Machine;

/// Looks at this host. `facts` is what an engine has told, `config` the settings it was started
/// with, `monkd` its program, and `socket` where a resident one would listen, unless settings of
/// another one were named.
pub fn examine(
    machine: &Machine,
    facts: Option<&Facts>,
    config: &Path,
    socket: Option<&Path>,
    monkd: &Path,
) -> Findings {
    let mut findings = Findings::default();
    kernel_clock::examine(&mut findings);
    let checked = check(machine, monkd, config);
    let files = match (facts, &checked) {
        (Some(facts), _) => Some(files::Known::from_facts(machine, facts, config)),
        // The engine's own words name the file of the settings where it does not accept them.
        (None, Err(why)) if why.contains(&config.display().to_string()) => None,
        (None, _) => files::Known::from_settings(machine, config),
    };
    if facts.is_some() {
        would_start_again(checked, config, &mut findings);
    }
    if facts.is_none() {
        engine::examine_silent(machine, &mut findings);
    }
    let mut resident = None;
    if let (Some(facts), Some(socket)) = (facts, socket) {
        match engine::resident(socket) {
            Ok(pid) => {
                resident = Some(pid.is_some());
                engine::examine(machine, facts, pid, config, &mut findings);
            }
            Err(error) => findings.report(
                Kind::EngineSilent,
                socket.display().to_string(),
                error.to_string(),
                "Look who owns the socket and its folder, and restart monkd.",
            ),
        }
    }
    let unknown = Facts::default();
    let known = facts.unwrap_or(&unknown);
    let sshd = sshd::settings(machine);
    let around = pam::Surroundings {
        files: &machine.pam_files(),
        facts: known,
        is_told: facts.is_some(),
        installed: &|module| machine.pam_module(module).is_some(),
        key_first: sshd.as_ref().is_some_and(|sshd| sshd.as_ref().is_ok_and(|one| one.key_first())),
    };
    let stacks = pam::examine(&around, &mut findings);
    let asks_monk = |service: &str| stacks.services.contains(service);
    sshd::examine(machine, sshd, &asks_monk, known, &mut findings);
    let has_file = |name: &str| around.files.contains_key(name);
    let postfix = programs::Postfix::of(machine);
    let asked = postfix.as_ref().and_then(|postfix| postfix.as_ref().ok());
    let of_dovecot = dovecot::Surroundings {
        monk: &stacks.services,
        has_file: &has_file,
        postfix: &asked.map(programs::Postfix::asks_dovecot_as).unwrap_or_default(),
    };
    look_at_dovecot(machine, &of_dovecot, &mut findings);
    let of_programs = programs::Surroundings {
        machine,
        monk: &stacks.services,
        has_file: &has_file,
        facts: known,
        resident,
    };
    programs::examine(&of_programs, postfix.as_ref(), &mut findings);
    programs::named::examine(machine, around.files, &stacks.services, &mut findings);
    names::examine(machine, &mut findings);
    portal::examine(machine, facts, &mut findings);
    if let Some(ldap) = &known.ldap {
        slapd::examine(machine, ldap, &mut findings);
    }
    // Who can change these decides who gets in.
    let modules = stacks.modules.iter().filter_map(|module| machine.pam_module(module));
    let rules = stacks.services.iter().map(|service| Path::new("/etc/pam.d").join(service));
    let of_pam: Vec<PathBuf> = modules.chain(rules).chain(["/etc/pam.d".into()]).collect();
    files::examine(machine, config, files.as_ref(), &of_pam, &mut findings);
    findings
}

/// What the engine says of the settings as they are now.
fn check(machine: &Machine, monkd: &Path, config: &Path) -> Result<String, String> {
    let config = config.display().to_string();
    machine.output(monkd, &["--check", "--config", &config])
}

/// Whether the settings are in order now: a resident engine may have read them long ago.
fn would_start_again(checked: Result<String, String>, config: &Path, findings: &mut Findings) {
    let config = config.display().to_string();
    match checked {
        Ok(_) => findings.ok(Kind::EngineSettingsBroken, config, "in order"),
        Err(why) => {
            let remedy =
                "Mend what it says; the engine that runs goes on with what it has read before.";
            findings.report(Kind::EngineSettingsBroken, config, why, remedy);
        }
    }
}

fn look_at_dovecot(machine: &Machine, around: &dovecot::Surroundings<'_>, findings: &mut Findings) {
    const FILE: &str = "/etc/dovecot/dovecot.conf";
    let Some(program) = machine.program("doveconf") else { return };
    let printed = machine.output(&program, &["-n"]);
    match printed.and_then(|text| dovecot::Block::parse(&text)) {
        Ok(root) => dovecot::examine(&root, around, findings),
        // What it says of a file that it refuses.
        Err(why) if why.contains("Fatal") && around.guards_mail() => findings.report(
            Kind::DovecotBroken,
            FILE,
            format!(
                "{why}: Dovecot does not start with it, and a running one starts no new process"
            ),
            "Correct the line that doveconf -n names, and restart Dovecot.",
        ),
        Err(why) => {
            let remedy = "Run doveconf -n as root and see what it says.";
            findings.report(Kind::DovecotNotExamined, FILE, why, remedy);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn ids(machine: &Machine) -> Vec<String> {
        let monkd = Path::new("/usr/sbin/monkd");
        let found = examine(machine, None, Path::new("/etc/monk/monk.toml"), None, monkd);
        found
            .0
            .into_iter()
            .map(|finding| format!("{}: {}", finding.severity.word(), finding.id))
            .collect()
    }

    #[test]
    fn a_host_is_judged_by_its_files_alone() {
        let stack = "auth sufficient pam_unix.so\nauth required pam_monk.so\n";
        let (root, machine) = Machine::with(&[
            ("etc/pam.d/webmail", stack),
            ("etc/monk/monk.toml", ""),
            ("usr/lib/x86_64-linux-gnu/security/pam_unix.so", ""),
            ("usr/lib/x86_64-linux-gnu/security/pam_monk.so", ""),
        ]);
        let found = ids(&machine);
        assert!(found.contains(&"error: pam-password-alone".to_owned()), "{found:?}");
        // No engine has told where its keys are, and there is nobody whom it could be.
        assert!(found.contains(&"note: file-not-examined".to_owned()), "{found:?}");
        let module = root.path().join("usr/lib/x86_64-linux-gnu/security/pam_monk.so");
        fs::set_permissions(&module, fs::Permissions::from_mode(0o666)).unwrap();
        assert!(ids(&machine).contains(&"error: file-open".to_owned()));
        fs::remove_file(&module).unwrap();
        assert!(ids(&machine).contains(&"error: pam-module-missing".to_owned()));
    }

    #[test]
    fn a_host_without_anything_is_no_panic() {
        let (_root, machine) = Machine::with(&[]);
        assert!(ids(&machine).contains(&"note: pam-unused".to_owned()));
    }
}
