//! PostgreSQL's `pg_hba.conf`: lines that ask PAM. Only a running server could print what it has
//! read, and that to somebody who is in; the file has one rule a line.

use monk_wire::manage::doctor::Kind;

use super::surroundings::Surroundings;
use crate::finding::Findings;
use crate::machine::Machine;
use crate::steps;

/// Debian has a folder for each version and cluster.
const CLUSTERS: &str = "/etc/postgresql";

/// Where others have the one file.
const OTHERS: [&str; 2] = ["/var/lib/pgsql/data/pg_hba.conf", "/var/lib/postgres/data/pg_hba.conf"];

/// One line that asks PAM.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Rule<'a> {
    pub(super) line: usize,
    /// The PAM service.
    pub(super) service: &'a str,
    /// Passwords may come in the clear from other machines.
    pub(super) in_clear: bool,
}

/// The lines with the method `pam`.
pub(super) fn rules(text: &str) -> Vec<Rule<'_>> {
    let lines = steps::lines(text).enumerate();
    let rules = lines.filter_map(|(index, line)| {
        let line = line.split('#').next().unwrap_or_default();
        let fields: Vec<&str> = line.split_whitespace().collect();
        // TYPE DATABASE USER [ADDRESS [MASK]] METHOD [OPTIONS]
        let method = fields.iter().skip(3).position(|field| *field == "pam")? + 3;
        let mut options = fields[method + 1..].iter().rev();
        let named = options.find_map(|option| option.strip_prefix("pamservice="));
        let any_tls = ["host", "hostnossl", "hostnogssenc"].contains(&fields[0]);
        let at_home = fields[3].starts_with("127.") || fields[3].starts_with("::1");
        Some(Rule {
            line: index + 1,
            service: named.unwrap_or("postgresql").trim_matches('"'),
            in_clear: any_tls && !at_home,
        })
    });
    rules.collect()
}

/// The files of all clusters, with their texts.
pub(super) fn files(machine: &Machine) -> Vec<(String, String)> {
    let names = |folder: &str| machine.names(folder);
    let clusters = names(CLUSTERS).into_iter().flat_map(|version| {
        let folder = format!("{CLUSTERS}/{version}");
        let clusters = names(&folder).into_iter();
        clusters.map(|cluster| format!("{folder}/{cluster}/pg_hba.conf")).collect::<Vec<_>>()
    });
    let paths = clusters.chain(OTHERS.map(str::to_owned));
    paths.filter_map(|path| machine.read(&path).ok().map(|text| (path, text))).collect()
}

/// Looks at all clusters.
pub(super) fn examine(around: &Surroundings<'_>, findings: &mut Findings) {
    for (path, text) in files(around.machine) {
        let rules: Vec<Rule<'_>> =
            rules(&text).into_iter().filter(|rule| around.asks_monk(rule.service)).collect();
        if rules.is_empty() {
            continue;
        }
        around.needs_engine("PostgreSQL", "postgres", findings);
        let before = findings.0.len();
        for rule in rules.iter().filter(|rule| rule.in_clear) {
            findings.report(
                Kind::PostgresqlCleartext,
                format!("{path}:{}", rule.line),
                "this line fits connections without TLS, too, on which the password is sent as it is",
                "Write hostssl in place of host.",
            );
        }
        if findings.0.len() == before {
            findings.ok(Kind::PostgresqlCleartext, path, "passwords for PAM come over TLS only");
        }
    }
}
