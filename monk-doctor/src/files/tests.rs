//! What is found of owners and modes, and what is advised.

use std::fs;
use std::os::unix::fs::{PermissionsExt, chown};

use monk_wire::manage::doctor::Severity;

use super::*;
use crate::finding::Finding;

/// Whom the engine runs as, and somebody else.
const ENGINE: u32 = 4321;
const BOB: u32 = 5432;

struct Host {
    root: tempfile::TempDir,
    machine: Machine,
}

/// Where everything is as the package makes it. Owners can be given by root only.
fn host() -> Option<Host> {
    rustix::process::geteuid().is_root().then_some(())?;
    let root = tempfile::tempdir().unwrap();
    let host = Host { machine: Machine::at(root.path()), root };
    for (path, owner, group, mode) in [
        ("etc/monk/monk.toml", 0, ENGINE, 0o640),
        ("etc/monk/ldap.password", 0, ENGINE, 0o640),
        ("etc/monk/keys/a.key", ENGINE, ENGINE, 0o400),
        ("var/lib/monk/monk.db", ENGINE, ENGINE, 0o600),
        ("var/lib/monk/throttle.db", ENGINE, ENGINE, 0o600),
        ("etc/pam.d/imap", 0, 0, 0o644),
    ] {
        let path = host.root.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, "").unwrap();
        chown(&path, Some(owner), Some(group)).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
    }
    for (folder, mode) in [("etc/monk/keys", 0o700), ("var/lib/monk", 0o700)] {
        host.set(folder, ENGINE, ENGINE, mode);
    }
    Some(host)
}

impl Host {
    fn set(&self, path: &str, owner: u32, group: u32, mode: u32) {
        let path = self.root.path().join(path.trim_start_matches('/'));
        chown(&path, Some(owner), Some(group)).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
    }

    fn found(&self, engine: u32) -> Vec<Finding> {
        let name = if engine == 0 { "root".to_owned() } else { engine.to_string() };
        let known = Known {
            engine: Account { group: name.clone(), name, uid: engine, gid: engine },
            keys: "/etc/monk/keys".into(),
            stores: vec!["/var/lib/monk/monk.db".into(), "/var/lib/monk/throttle.db".into()],
            needs_store: true,
            secret_files: vec!["/etc/monk/ldap.password".into()],
            socket: None,
        };
        let mut findings = Findings::default();
        let config = Path::new("/etc/monk/monk.toml");
        let of_pam = ["/etc/pam.d/imap".into()];
        examine(&self.machine, config, Some(&known), &of_pam, &mut findings);
        findings.0.retain(|finding| finding.severity > Severity::Ok);
        findings.0
    }

    /// Runs the commands of a remedy on the files below the root.
    fn follow(&self, remedy: &str) {
        let root = self.root.path().display();
        let command = remedy.replace(" /", &format!(" {root}/"));
        assert!(
            std::process::Command::new("sh").args(["-c", &command]).status().unwrap().success()
        );
    }
}

#[test]
fn whatever_is_advised_makes_it_right_for_the_engine() {
    let Some(host) = host() else { return };
    assert_eq!(host.found(ENGINE), []);
    let engine = "file-not-for-engine";
    for (path, owner, group, mode, id) in [
        ("/etc/monk/keys", 0, 0, 0o700, engine),
        ("/etc/monk/keys", ENGINE, ENGINE, 0o300, engine),
        ("/etc/monk/keys", BOB, BOB, 0o700, "file-owner"),
        ("/etc/monk/keys", ENGINE, ENGINE, 0o750, "file-open"),
        ("/etc/monk/keys/a.key", 0, 0, 0o400, engine),
        ("/etc/monk/keys/a.key", BOB, BOB, 0o400, "file-owner"),
        ("/etc/monk/keys/a.key", ENGINE, ENGINE, 0o444, "file-open"),
        ("/var/lib/monk", 0, 0, 0o700, engine),
        ("/var/lib/monk", ENGINE, ENGINE, 0o500, engine),
        ("/var/lib/monk/monk.db", 0, 0, 0o600, engine),
        ("/var/lib/monk/monk.db", ENGINE, ENGINE, 0o400, engine),
        ("/var/lib/monk/monk.db", BOB, BOB, 0o600, "file-owner"),
        ("/var/lib/monk/throttle.db", 0, 0, 0o600, engine),
        ("/var/lib/monk/throttle.db", BOB, BOB, 0o600, "file-owner"),
        ("/etc/monk/ldap.password", 0, 0, 0o600, engine),
        ("/etc/monk/ldap.password", 0, ENGINE, 0o600, engine),
        ("/etc/monk/ldap.password", 0, 0, 0o644, "file-open"),
        ("/etc/monk/ldap.password", 0, ENGINE, 0o660, "file-open"),
        ("/etc/monk/ldap.password", BOB, BOB, 0o600, "file-owner"),
        ("/etc/monk/monk.toml", BOB, ENGINE, 0o640, "file-owner"),
        ("/etc/pam.d/imap", ENGINE, ENGINE, 0o644, "file-owner"),
    ] {
        let before = fs::metadata(host.root.path().join(&path[1..])).unwrap();
        host.set(path, owner, group, mode);
        let found = host.found(ENGINE);
        assert!(found.iter().any(|one| one.id == id), "{path} {mode:o}: {found:#?}");
        for one in &found {
            assert_eq!(one.subject, path, "{one:#?}");
            host.follow(&one.remedy);
        }
        assert_eq!(host.found(ENGINE), [], "{path} {mode:o}: {found:#?}");
        host.set(path, before.uid(), before.gid(), before.mode() & 0o7777);
    }
}

#[test]
fn an_engine_of_roots_needs_nothing_but_that_others_cannot_change_it() {
    let Some(host) = host() else { return };
    for path in ["etc/monk/keys", "var/lib/monk"] {
        host.set(path, 0, 0, 0o700);
    }
    for path in ["etc/monk/keys/a.key", "var/lib/monk/monk.db", "var/lib/monk/throttle.db"] {
        host.set(path, 0, 0, 0o400);
    }
    host.set("etc/monk/ldap.password", 0, 0, 0o600);
    assert_eq!(host.found(0), []);
}

#[test]
fn a_folder_that_others_use_as_well_is_not_given_away() {
    let Some(host) = host() else { return };
    fs::write(host.root.path().join("var/lib/monk/somebody-elses"), "").unwrap();
    host.set("var/lib/monk", 0, 0, 0o755);
    let found = host.found(ENGINE);
    assert_eq!(found.len(), 1, "{found:#?}");
    assert!(!found[0].remedy.contains("chown"), "{found:#?}");
}

#[test]
fn nothing_is_said_of_owners_that_are_not_known() {
    let Some(host) = host() else { return };
    host.set("etc/monk/keys", ENGINE, ENGINE, 0o700);
    host.set("etc/pam.d/imap", BOB, BOB, 0o644);
    let mut findings = Findings::default();
    let config = Path::new("/etc/monk/monk.toml");
    let of_pam = ["/etc/pam.d/imap".into()];
    examine(&host.machine, config, None, &of_pam, &mut findings);
    let found: Vec<_> =
        findings.0.iter().map(|one| (one.id.as_str(), one.subject.as_str())).collect();
    assert_eq!(
        found,
        [("file-not-examined", "/etc/monk/monk.toml"), ("file-owner", "/etc/pam.d/imap")]
    );
}
