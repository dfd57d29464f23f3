//! An OpenLDAP server on this host: its access rules and its indexes, which only its own root can look at.
//!
//! What an ordinary user may read over the network takes that user's password (`--as`). Where slapd runs here,
//! slapacl(8) says the same of a made-up user, by the very rules that slapd has.

use std::collections::BTreeSet;

use monk_wire::manage::doctor::{Kind, LdapFacts, Severity};

use crate::finding::Findings;
use crate::machine::Machine;
use crate::steps;

/// The folder of Debian's slapd.
const USUAL_FOLDER: &str = "/etc/ldap/slapd.d";

/// Where `-H ldapi:///` goes without a word.
const USUAL_SOCKET: &str = "ldapi:///";

/// A slapd that runs here.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Running {
    /// The folder of its configuration.
    folder: String,
    /// Its local socket.
    socket: String,
}

impl Running {
    /// Reads the arguments of a process: `None` of another program.
    fn of(command: &str) -> Option<Self> {
        let mut words = command.split('\0').filter(|word| !word.is_empty());
        words.next().filter(|program| program.rsplit('/').next() == Some("slapd"))?;
        let words: Vec<&str> = words.collect();
        let after = |option: &str| {
            let at = words.iter().position(|word| word.starts_with(option))?;
            let rest = &words[at][option.len()..];
            if rest.is_empty() { words.get(at + 1).copied() } else { Some(rest) }
        };
        let listeners = after("-h").unwrap_or_default();
        let socket = listeners.split_whitespace().find(|uri| uri.starts_with("ldapi:"));
        Some(Self {
            folder: after("-F").unwrap_or(USUAL_FOLDER).to_owned(),
            socket: socket.unwrap_or(USUAL_SOCKET).to_owned(),
        })
    }
}

/// One database of a configuration.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Database {
    dn: String,
    suffixes: Vec<String>,
    /// What has an index of equality.
    indexed: BTreeSet<String>,
}

/// Looks at every slapd of this host that has monk's users.
pub fn examine(machine: &Machine, facts: &LdapFacts, findings: &mut Findings) {
    let commands = machine.names("/proc").into_iter().filter_map(|id| {
        id.bytes().all(|byte| byte.is_ascii_digit()).then_some(())?;
        machine.read(format!("/proc/{id}/cmdline")).ok()
    });
    let running: BTreeSet<Running> = commands.filter_map(|command| Running::of(&command)).collect();
    for slapd in running {
        let Some(program) = machine.program("slapcat") else { continue };
        let Ok(text) = machine.output(&program, &["-n", "0", "-F", &slapd.folder]) else {
            continue;
        };
        let databases = databases(&text);
        let is_ours = |database: &&Database| {
            database.suffixes.iter().any(|suffix| is_below(&facts.base, suffix))
        };
        for database in databases.iter().filter(is_ours) {
            indexes(&slapd, database, facts, findings);
            rules(machine, &slapd, facts, findings);
        }
    }
}

/// Whether an entry is this one, or below it.
fn is_below(entry: &str, suffix: &str) -> bool {
    let plain = |dn: &str| {
        let parts = dn.split(',').map(|part| part.trim().to_ascii_lowercase());
        parts.collect::<Vec<_>>().join(",")
    };
    let (entry, suffix) = (plain(entry), plain(suffix));
    entry == suffix || entry.ends_with(&format!(",{suffix}"))
}

/// The databases of a configuration in LDIF (RFC 2849).
pub fn databases(text: &str) -> Vec<Database> {
    // Lines that begin with a blank go on with the one before.
    let text = text.replace("\n ", "");
    let entries = text.split("\n\n").map(|entry| {
        let mut database = Database::default();
        for (key, value) in steps::lines(entry).filter_map(|line| line.split_once(": ")) {
            match key.to_ascii_lowercase().as_str() {
                "dn" => value.clone_into(&mut database.dn),
                "olcsuffix" => database.suffixes.push(value.to_owned()),
                "olcdbindex" => database.indexed.extend(indexed(value)),
                _ => {}
            }
        }
        database
    });
    entries.filter(|database| !database.suffixes.is_empty()).collect()
}

/// `uid,mail eq,sub`: the attributes, if they have an index of equality.
fn indexed(value: &str) -> Vec<String> {
    let mut words = value.split_whitespace();
    let attributes = words.next().unwrap_or_default();
    let kinds = words.next().unwrap_or("eq");
    let has_equality = kinds.split(',').any(|kind| kind == "eq");
    let attributes = attributes.split(',').filter(|_| has_equality);
    attributes.map(str::to_ascii_lowercase).collect()
}

fn indexes(slapd: &Running, database: &Database, facts: &LdapFacts, findings: &mut Findings) {
    let lacks = |names: &[String]| -> Vec<String> {
        let lacks = |name: &&String| !database.indexed.contains(&name.to_ascii_lowercase());
        names.iter().filter(lacks).cloned().collect()
    };
    let (always, with_at) = (lacks(&facts.searched), lacks(&facts.searched_with_at));
    let with_at: Vec<String> = with_at.into_iter().filter(|name| !always.contains(name)).collect();
    for (names, severity, when) in [
        (always, Severity::Warning, "each login"),
        (with_at, Severity::Note, "each login by a name with an @"),
    ] {
        if names.is_empty() {
            continue;
        }
        let names = names.join(",");
        findings.report_as(
            Kind::LdapIndexMissing,
            severity,
            &database.dn,
            format!("no index of {names}: slapd reads every entry of the directory for {when}"),
            format!(
                "printf 'dn: {}\\nchangetype: modify\\nadd: olcDbIndex\\nolcDbIndex: {names} eq\\n' | ldapmodify -Q -Y \
                 EXTERNAL -H {}",
                database.dn, slapd.socket
            ),
        );
    }
}

/// Whether others than monk may read or write what monk keeps in the entry of a user.
fn rules(machine: &Machine, slapd: &Running, facts: &LdapFacts, findings: &mut Findings) {
    let (Some(dn), Some([credential, usage]), Some(shell), Some(program)) =
        (&facts.somebody, &facts.records, machine.program("sh"), machine.program("slapacl"))
    else {
        return;
    };
    let another = match dn.split_once(',') {
        Some((_, parent)) => format!("uid=monk-doctor-nobody,{parent}"),
        None => return,
    };
    let mut open = Vec::new();
    for (who, name) in
        [("anybody without a name", None), ("any user", Some(&another)), ("the user", Some(dn))]
    {
        let asked = [
            format!("{credential}/read"),
            format!("{credential}/write"),
            format!("{usage}/read"),
            format!("{usage}/write"),
        ];
        // It answers on standard error.
        let mut arguments = vec!["-c", "exec \"$0\" \"$@\" 2>&1"];
        let program = program.display().to_string();
        arguments.extend([program.as_str(), "-u", "-F", &slapd.folder, "-b", dn]);
        if let Some(name) = name {
            arguments.extend(["-D", name]);
        }
        arguments.extend(asked.iter().map(String::as_str));
        let said = machine.output(&shell, &arguments).unwrap_or_default();
        let allowed = allowed(&said);
        if !allowed.is_empty() {
            open.push(format!("{who} may {}", allowed.join(", ")));
        }
    }
    if open.is_empty() {
        findings.ok(
            Kind::LdapRulesOpen,
            &slapd.folder,
            "nobody but monk has a right to its records",
        );
    } else {
        findings.report(
            Kind::LdapRulesOpen,
            &slapd.folder,
            format!("of {dn}, {}", open.join("; ")),
            "Add the first two rules of /usr/share/monk/ldap/access.ldif in front of those that are there, \
             with the names of monk's accounts.",
        );
    }
}

/// `read access to monkCredential: ALLOWED`: what is allowed.
fn allowed(said: &str) -> Vec<String> {
    let lines = said.lines().filter_map(|line| line.trim().strip_suffix(": ALLOWED"));
    lines
        .filter_map(|line| line.split_once(" access to "))
        .map(|(how, what)| format!("{how} {what}"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slapd_is_known_by_its_arguments() {
        let of = |words: &[&str]| Running::of(&words.join("\0"));
        let running =
            |folder: &str, socket: &str| Running { folder: folder.into(), socket: socket.into() };
        for (words, expected) in [
            (
                &["/usr/sbin/slapd", "-F", "/x", "-h", "ldap:/// ldapi://%2Fr"][..],
                Some(running("/x", "ldapi://%2Fr")),
            ),
            (&["slapd", "-F/x"], Some(running("/x", USUAL_SOCKET))),
            (&["slapd"], Some(running(USUAL_FOLDER, USUAL_SOCKET))),
            (&["slapd", "-F"], Some(running(USUAL_FOLDER, USUAL_SOCKET))),
            (&["vi", "slapd"], None),
            (&[], None),
        ] {
            assert_eq!(of(words), expected, "{words:?}");
        }
    }

    #[test]
    fn databases_are_read_with_their_indexes() {
        let text = "dn: cn=config\nobjectClass: olcGlobal\n\n\
                    dn: olcDatabase={1}mdb,cn=config\nolcSuffix: dc=example,\n dc=org\n\
                    olcDbIndex: objectClass eq\nolcDbIndex: uid,Mail pres,eq\nolcDbIndex: cn sub\n";
        let found = databases(text);
        let [database] = found.as_slice() else { panic!("{found:?}") };
        assert_eq!(database.suffixes, ["dc=example,dc=org"]);
        let indexed: Vec<&str> = database.indexed.iter().map(String::as_str).collect();
        assert_eq!(indexed, ["mail", "objectclass", "uid"]);
    }

    #[test]
    fn the_work_is_bounded_by_the_text() {
        let cost = |times: usize| {
            let text = "dn: olcDatabase={1}mdb,cn=config\nolcSuffix: dc=x\n y\nolcDbIndex: uid,mail eq\n\n".repeat(times);
            steps::of(|| drop(databases(&text)))
        };
        assert!(cost(1_000) <= 11 * cost(100));
    }

    #[test]
    fn an_entry_is_below_its_suffix() {
        assert!(is_below("ou=people,dc=X, dc=org", "dc=x,dc=org"));
        assert!(is_below("dc=x", "DC=x") && !is_below("dc=ax", "dc=x"));
    }

    #[test]
    fn what_slapacl_allows_is_read() {
        let said = "authcDN: \"uid=a\"\nread access to monkCredential: ALLOWED\nwrite access to monkUse: DENIED\n";
        assert_eq!(allowed(said), ["read monkCredential"]);
    }
}
