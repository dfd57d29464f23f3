//! `AuthorizedKeysCommand`: whether sshd runs `monk-ssh-keys`, and whether the engine answers it.
//!
//! sshd runs a program only where nobody but root could have changed it (sshd_config(5)). If it does not, it
//! says so in its log alone, and users have no keys.

use std::os::unix::fs::MetadataExt;
use std::path::Path;

use monk_wire::manage::doctor::{Facts, Kind, Severity};

use super::settings::Settings;
use crate::finding::Findings;
use crate::machine::Machine;

/// The program.
const PROGRAM: &str = "monk-ssh-keys";

/// Where the package has it.
const SHIPPED: &str = "/usr/libexec/monk/monk-ssh-keys";

/// The bits of a mode with which others than the owner can write.
const WRITABLE_BY_OTHERS: u32 = 0o022;

/// What the file system says of a file or folder.
#[derive(Clone, Copy)]
struct Node {
    uid: u32,
    mode: u32,
    is_file: bool,
}

/// Looks at the command, if it is monk's.
pub fn examine(
    machine: &Machine,
    settings: &Settings,
    facts: &Facts,
    subject: &str,
    findings: &mut Findings,
) {
    let command = settings.get("authorizedkeyscommand");
    let program = command.split_whitespace().next().unwrap_or_default().trim_matches('"');
    let path = Path::new(program);
    if path.file_name().is_none_or(|name| name != PROGRAM) {
        return;
    }
    let node = |path: &Path| {
        let metadata = machine.metadata(path).ok()?;
        Some(Node { uid: metadata.uid(), mode: metadata.mode(), is_file: metadata.is_file() })
    };
    if let Some((evidence, remedy)) = untrusted(path, &node) {
        findings.report(Kind::SshdKeysCommand, subject, evidence, remedy);
    }
    let accounts = machine.read("/etc/passwd").unwrap_or_default();
    if let Some((severity, evidence, remedy)) =
        unanswered(settings.get("authorizedkeyscommanduser"), &facts.ssh_keys_user, &accounts)
    {
        findings.report_as(Kind::SshdKeysUser, severity, subject, evidence, remedy);
    }
}

/// Why sshd does not run the program, and what to do.
fn untrusted(path: &Path, node: &dyn Fn(&Path) -> Option<Node>) -> Option<(String, String)> {
    let shown = path.display();
    if !path.is_absolute() {
        let remedy = format!("Write: AuthorizedKeysCommand {SHIPPED} %u");
        return Some((format!("sshd takes no program without its whole path: {shown}"), remedy));
    }
    if !node(path).is_some_and(|node| node.is_file) {
        let remedy = format!("Write: AuthorizedKeysCommand {SHIPPED} %u");
        return Some((format!("there is no program {shown}"), remedy));
    }
    path.ancestors().find_map(|place| {
        let Node { uid, mode, .. } = node(place)?;
        let shown = place.display();
        if uid != 0 {
            let evidence =
                format!("{shown} belongs to uid {uid}, and sshd runs only what is root's");
            return Some((evidence, format!("chown root {shown}")));
        }
        (mode & WRITABLE_BY_OTHERS != 0).then(|| {
            let mode = mode & 0o7777;
            let evidence = format!("others than root can write {shown} (mode {mode:o})");
            (evidence, format!("chmod go-w {shown}"))
        })
    })
}

/// Why the engine does not answer the program when this user runs it, or why another one should.
fn unanswered(user: &str, asker: &str, accounts: &str) -> Option<(Severity, String, String)> {
    let write = format!("Write: AuthorizedKeysCommandUser {asker}");
    if user == "root" {
        let evidence = "sshd runs monk-ssh-keys as root, which it has no need of".to_owned();
        return Some((Severity::Warning, evidence, write));
    }
    if user != asker {
        let evidence = format!(
            "sshd runs monk-ssh-keys as {user}, and the engine answers {asker} ([ssh_keys] user in monk.toml)"
        );
        return Some((Severity::Error, evidence, write));
    }
    let has_account = accounts.lines().any(|line| line.split(':').next() == Some(user));
    (!has_account).then(|| {
        let evidence =
            format!("/etc/passwd has no user {user}, as whom sshd is to run monk-ssh-keys");
        (Severity::Error, evidence, format!("useradd --system --shell /usr/sbin/nologin {user}"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROOTS: Node = Node { uid: 0, mode: 0o100_755, is_file: true };

    /// What sshd says of the program where one of these places is different.
    fn told(program: &str, odd: &str, node: Option<Node>) -> Option<(String, String)> {
        untrusted(Path::new(program), &|path| {
            if path == Path::new(odd) { node } else { Some(ROOTS) }
        })
    }

    #[test]
    fn sshd_runs_what_nobody_but_root_can_change() {
        assert_eq!(told(SHIPPED, "", None), None);
        for place in [SHIPPED, "/usr/libexec/monk", "/usr/libexec", "/usr", "/"] {
            let (evidence, remedy) = told(SHIPPED, place, Some(Node { uid: 7, ..ROOTS })).unwrap();
            assert!(evidence.starts_with(&format!("{place} belongs to uid 7")), "{evidence}");
            assert_eq!(remedy, format!("chown root {place}"));
            for mode in [0o775, 0o757, 0o1777] {
                let (evidence, remedy) =
                    told(SHIPPED, place, Some(Node { mode, ..ROOTS })).unwrap();
                assert!(evidence.contains(&format!("write {place} (mode {mode:o})")), "{evidence}");
                assert_eq!(remedy, format!("chmod go-w {place}"));
            }
        }
    }

    #[test]
    fn a_program_that_is_not_there_is_found() {
        for (program, node, words) in [
            ("monk-ssh-keys", Some(ROOTS), "without its whole path"),
            (SHIPPED, None, "there is no program"),
            (SHIPPED, Some(Node { is_file: false, ..ROOTS }), "there is no program"),
        ] {
            let (evidence, remedy) = told(program, SHIPPED, node).unwrap();
            assert!(evidence.contains(words), "{evidence}");
            assert!(remedy.contains(SHIPPED), "{remedy}");
        }
    }

    #[test]
    fn the_user_is_there_and_is_the_one_that_the_engine_answers() {
        let accounts = "root:x:0:0::/root:/bin/sh\nmonk-keys:x:990:990::/:/usr/sbin/nologin\n";
        assert_eq!(unanswered("monk-keys", "monk-keys", accounts), None);
        for (user, asker, severity, words) in [
            ("root", "monk-keys", Severity::Warning, "as root"),
            ("nobody", "monk-keys", Severity::Error, "the engine answers monk-keys"),
            ("monk-keys", "keys", Severity::Error, "the engine answers keys"),
            ("keys", "keys", Severity::Error, "/etc/passwd has no user keys"),
        ] {
            let (found, evidence, remedy) = unanswered(user, asker, accounts).unwrap();
            assert_eq!(found, severity, "{evidence}");
            assert!(evidence.contains(words), "{evidence}");
            assert!(remedy.contains(asker), "{remedy}");
        }
    }

    #[test]
    fn only_the_command_of_monk_is_looked_at() {
        let (_root, machine) = Machine::with(&[("etc/passwd", "root:x:0:0::/root:/bin/sh\n")]);
        let facts = Facts { ssh_keys_user: "monk-keys".into(), ..Facts::default() };
        for (command, expected) in [
            ("none", 0),
            ("/usr/bin/sss_ssh_authorizedkeys", 0),
            (SHIPPED, 2),
            ("\"/opt/monk-ssh-keys\" %u", 2),
        ] {
            let text =
                format!("authorizedkeyscommand {command}\nauthorizedkeyscommanduser nobody\n");
            let mut findings = Findings::default();
            examine(&machine, &Settings::parse(&text), &facts, "a file", &mut findings);
            assert_eq!(findings.0.len(), expected, "{command}: {findings:?}");
        }
    }
}
