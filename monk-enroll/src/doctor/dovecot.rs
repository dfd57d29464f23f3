//! Dovecot's configuration, as `doveconf -n` prints it: 2.3, and what 2.4 has changed of it.

use std::collections::BTreeSet;

use monk_wire::manage::doctor::{Findings, Kind};

/// The protocols by which people log in, whose names `%s` stands for.
const PROTOCOLS: [&str; 5] = ["imap", "pop3", "sieve", "submission", "smtp"];

/// Mechanisms that bring a password, which PAM can be asked about.
const PASSWORD_MECHANISMS: [&str; 2] = ["plain", "login"];

/// Mechanisms with tokens or names of their own, which never reach a PAM passdb.
const TOKEN_MECHANISMS: [&str; 4] = ["oauthbearer", "xoauth2", "external", "anonymous"];

/// A block of the configuration: `passdb { … }`, and the file itself.
#[derive(Debug, Default)]
pub struct Block {
    /// What stands before the brace.
    head: String,
    settings: Vec<(String, String)>,
    blocks: Vec<Block>,
}

impl Block {
    /// Reads what doveconf prints. It prints nothing that this would not read.
    pub fn parse(text: &str) -> Self {
        let mut open = vec![Self::default()];
        for line in text.lines().map(str::trim) {
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            if line == "}" {
                if open.len() > 1
                    && let (Some(done), Some(parent)) = (open.pop(), open.last_mut())
                {
                    parent.blocks.push(done);
                }
            } else if let Some(head) = line.strip_suffix('{') {
                open.push(Self { head: head.trim().to_owned(), ..Self::default() });
            } else if let (Some((key, value)), Some(block)) =
                (line.split_once('='), open.last_mut())
            {
                block.settings.push((key.trim().to_owned(), unquoted(value.trim()).to_owned()));
            }
        }
        // A text that ends inside a block still has told that much.
        while open.len() > 1 {
            if let (Some(done), Some(parent)) = (open.pop(), open.last_mut()) {
                parent.blocks.push(done);
            }
        }
        open.pop().unwrap_or_default()
    }

    fn get(&self, key: &str) -> Option<&str> {
        self.settings.iter().rev().find(|(name, _)| name == key).map(|(_, value)| value.as_str())
    }

    fn is(&self, key: &str) -> bool {
        self.get(key).is_some_and(|value| value == "yes")
    }

    /// The words of a list: 2.3 prints them in one line, 2.4 each as `WORD = yes` in a block.
    fn words(&self, key: &str) -> Option<Vec<&str>> {
        let block = self.blocks.iter().rev().find(|block| block.head == key);
        block.map_or_else(
            || Some(self.get(key)?.split_whitespace().collect()),
            |block| {
                let on = block.settings.iter().filter(|(_, value)| value == "yes");
                Some(on.map(|(word, _)| word.as_str()).collect())
            },
        )
    }
}

/// A value without the quotes in which doveconf puts it where it begins with a blank, as Debian's
/// `protocols = " imap pop3"`.
fn unquoted(value: &str) -> &str {
    value.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).map_or(value, str::trim)
}

/// One passdb.
struct Passdb<'a> {
    block: &'a Block,
    driver: &'a str,
}

impl<'a> Passdb<'a> {
    fn all(root: &'a Block) -> impl Iterator<Item = Self> {
        let blocks = root.blocks.iter();
        blocks.filter_map(|block| {
            let mut words = block.head.split_whitespace();
            (words.next()? == "passdb").then_some(())?;
            // 2.4: `passdb NAME {`, where the name is the driver unless another is set.
            let driver = block.get("driver").or_else(|| block.get("passdb_driver"));
            Some(Self { block, driver: driver.or_else(|| words.next()).unwrap_or_default() })
        })
    }

    /// The words of `args`: options, and for PAM the service at the end.
    fn arguments(&self) -> impl Iterator<Item = &'a str> {
        self.block.get("args").unwrap_or_default().split_whitespace()
    }

    /// The PAM service, which may be a pattern.
    fn service(&self) -> &'a str {
        let set = ["service_name", "passdb_pam_service_name"];
        let set = set.iter().find_map(|key| self.block.get(key));
        let last = self.arguments().filter(|word| !word.contains('=')).last();
        set.or(last).unwrap_or("dovecot")
    }

    /// The PAM services that it may ask.
    fn services(&self, protocols: &[&'a str]) -> Vec<String> {
        let service = self.service();
        match service.contains('%') || service == "*" {
            false => vec![service.to_owned()],
            true => protocols.iter().map(|protocol| fill(service, protocol)).collect(),
        }
    }
}

fn fill(pattern: &str, protocol: &str) -> String {
    if pattern == "*" {
        return protocol.to_owned();
    }
    ["%{service}", "%{protocol}", "%Ls", "%s"]
        .iter()
        .fold(pattern.to_owned(), |text, variable| text.replace(variable, protocol))
}

/// What Dovecot's configuration is compared with.
pub struct Surroundings<'a> {
    /// The services of `/etc/pam.d` that ask monk.
    pub monk: &'a BTreeSet<String>,
    /// Whether there is a file in `/etc/pam.d`.
    pub has_file: &'a dyn Fn(&str) -> bool,
}

/// Judges the configuration, if Dovecot has to do with monk at all.
pub fn examine(root: &Block, around: &Surroundings<'_>, findings: &mut Findings) {
    let enabled = root.words("protocols").unwrap_or_else(|| vec!["imap", "pop3"]);
    let protocols: Vec<&str> =
        PROTOCOLS.into_iter().filter(|protocol| enabled.contains(protocol)).collect();
    let of_pam = |passdb: &Passdb<'_>| passdb.driver == "pam";
    let asks_monk = |passdb: &Passdb<'_>| {
        passdb.services(&PROTOCOLS).iter().any(|service| around.monk.contains(service))
    };
    let mail = PROTOCOLS.iter().any(|name| around.monk.contains(*name));
    if !mail && !Passdb::all(root).filter(of_pam).any(|passdb| asks_monk(&passdb)) {
        return;
    }
    let before = findings.0.len();
    for passdb in Passdb::all(root) {
        if passdb.driver == "pam" {
            services(&passdb, &protocols, around, findings);
            cache(root, &passdb, findings);
            if passdb.arguments().any(|word| word == "failure_show_msg=yes")
                || passdb.block.is("failure_show_msg")
            {
                findings.report(
                    Kind::DovecotFailureMessages,
                    "passdb pam",
                    "failure_show_msg = yes: clients see what the modules say",
                    "Nothing, if that is meant: monk's own words tell nothing.",
                );
            }
        } else {
            others(&passdb, findings);
        }
    }
    mechanisms(root, findings);
    if findings.0.len() == before {
        findings.ok(Kind::DovecotAuthCache, "dovecot", "asks monk alone, and keeps no answers");
    }
}

fn services(
    passdb: &Passdb<'_>,
    protocols: &[&str],
    around: &Surroundings<'_>,
    findings: &mut Findings,
) {
    for service in passdb.services(protocols) {
        let subject = format!("passdb pam, service {service}");
        if !(around.has_file)(&service) {
            findings.report(
                Kind::DovecotServiceMissing,
                subject,
                format!("/etc/pam.d/{service} is not there, and libpam takes /etc/pam.d/other"),
                format!("Write it: cp config/pam.d/imap /etc/pam.d/{service}"),
            );
        } else if !around.monk.contains(&service) {
            findings.report(
                Kind::DovecotServiceWithoutMonk,
                subject,
                format!("/etc/pam.d/{service} has no pam_monk.so: no second factor is asked"),
                format!("cp config/pam.d/imap /etc/pam.d/{service}, or let `args` name a service that asks monk."),
            );
        }
    }
}

/// Dovecot 2.3 keeps answers of PAM where both settings are on; 2.4 where there is a size.
fn cache(root: &Block, passdb: &Passdb<'_>, findings: &mut Findings) {
    let size = root
        .get("auth_cache_size")
        .filter(|size| size.chars().any(|char| matches!(char, '1'..='9')) || *size == "unlimited");
    let key = passdb.arguments().find(|word| word.starts_with("cache_key="));
    let is_new = passdb.block.head != "passdb";
    let used = match is_new {
        true => passdb.block.get("use_cache") != Some("no"),
        false => key.is_some(),
    };
    let remedy = "Take auth_cache_size and cache_key out of the configuration.";
    match (size, used) {
        (Some(size), true) => findings.report(
            Kind::DovecotAuthCache,
            "passdb pam",
            format!(
                "auth_cache_size = {size}{}: PASSWORD;CODE is accepted again for as long as the \
                 cache keeps it",
                key.map_or_else(String::new, |key| format!(", {key}"))
            ),
            remedy,
        ),
        (Some(size), false) => findings.report(
            Kind::DovecotCacheSetting,
            "passdb pam",
            format!("auth_cache_size = {size}, without cache_key: nothing of PAM is kept yet"),
            remedy,
        ),
        (None, true) if !is_new => findings.report(
            Kind::DovecotCacheSetting,
            "passdb pam",
            format!("{}, without auth_cache_size: nothing is kept yet", key.unwrap_or_default()),
            remedy,
        ),
        (None, _) => {}
    }
}

/// A passdb other than PAM.
fn others(passdb: &Passdb<'_>, findings: &mut Findings) {
    let Passdb { block, driver } = passdb;
    let subject = format!("passdb {driver}");
    if block.is("deny") {
        return;
    }
    if block.is("master") {
        findings.report(
            Kind::DovecotMasterUsers,
            subject,
            "master = yes: its users open every mailbox, and monk is not asked for them",
            "Nothing, if that is meant; the passwords should be long and random.",
        );
    } else {
        findings.report(
            Kind::DovecotPasswordAlone,
            subject,
            format!("a password that driver {driver} accepts opens the mailbox without monk"),
            "Remove this passdb, or leave its users out of monk's.",
        );
    }
}

fn mechanisms(root: &Block, findings: &mut Findings) {
    let offered = root.words("auth_mechanisms").unwrap_or_else(|| vec!["plain"]);
    let offered = offered.into_iter().map(str::to_ascii_lowercase);
    let known =
        |name: &str| PASSWORD_MECHANISMS.contains(&name) || TOKEN_MECHANISMS.contains(&name);
    let odd: Vec<String> = offered.filter(|name| !known(name)).collect();
    if !odd.is_empty() {
        findings.report(
            Kind::DovecotMechanism,
            "auth_mechanisms",
            format!("{}: these need a stored password, and never come to PAM", odd.join(", ")),
            "Write: auth_mechanisms = plain login",
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(text: &str) -> Vec<String> {
        let monk = BTreeSet::from(["imap".to_owned(), "dovecot".to_owned()]);
        let has_file = |name: &str| ["imap", "dovecot", "pop3"].contains(&name);
        let mut findings = Findings::default();
        let around = Surroundings { monk: &monk, has_file: &has_file };
        examine(&Block::parse(text), &around, &mut findings);
        let worse = |finding: &monk_wire::manage::doctor::Finding| {
            finding.severity > monk_wire::manage::doctor::Severity::Ok
        };
        findings.0.into_iter().filter(worse).map(|finding| finding.id).collect()
    }

    fn pam(args: &str, more: &str) -> String {
        format!(
            "# 2.3\nprotocols = imap lmtp\npassdb {{\n  args = {args}\n  driver = pam\n}}\n{more}\n"
        )
    }

    #[test]
    fn a_configuration_that_asks_monk_alone_is_clean() {
        for text in [
            pam("%s", ""),
            pam("session=yes imap", "auth_mechanisms = plain login xoauth2"),
            pam("*", "auth_cache_size = 0"),
            "passdb {\n  driver = pam\n}\nservice auth {\n  unix_listener x {\n    mode = 0\n  }\n}".to_owned(),
            "passdb pam {\n  service_name = imap\n}\n".to_owned(),
            pam("imap", "passdb {\n  args = /etc/denied\n  deny = yes\n  driver = passwd-file\n}"),
        ] {
            let protocols = text.replace("passdb {\n  driver", "protocols = imap\npassdb {\n  driver");
            assert_eq!(ids(&protocols), Vec::<String>::new(), "{text}");
        }
    }

    #[test]
    fn what_makes_a_code_good_twice_or_useless_is_found() {
        for (text, id) in [
            (pam("cache_key=%u%s imap", "auth_cache_size = 10 M"), "dovecot-auth-cache"),
            (pam("imap", "auth_cache_size = 10 M"), "dovecot-cache-setting"),
            (pam("cache_key=%u imap", ""), "dovecot-cache-setting"),
            (
                "passdb pam {\n  service_name = imap\n}\nauth_cache_size = 1M\n".into(),
                "dovecot-auth-cache",
            ),
            (
                pam("imap", "passdb {\n  args = /etc/users\n  driver = passwd-file\n}"),
                "dovecot-password-alone",
            ),
            (
                pam("imap", "passdb {\n  driver = passwd-file\n  master = yes\n}"),
                "dovecot-master-users",
            ),
            (pam("imap", "auth_mechanisms = plain CRAM-MD5"), "dovecot-mechanism"),
            (
                pam("imap", "auth_mechanisms {\n  plain = yes\n  cram-md5 = yes\n}"),
                "dovecot-mechanism",
            ),
            (pam("webmail", ""), "dovecot-service-missing"),
            (pam("pop3", ""), "dovecot-service-without-monk"),
            (pam("failure_show_msg=yes imap", ""), "dovecot-failure-messages"),
        ] {
            assert_eq!(ids(&text), [id], "{text}");
        }
    }

    #[test]
    fn the_protocols_of_debian_are_read_though_they_are_quoted() {
        let passdb = "passdb {\n  args = %s\n  driver = pam\n}\n";
        let found = ids(&format!("protocols = \" imap sieve pop3\"\n{passdb}"));
        assert_eq!(found, ["dovecot-service-without-monk", "dovecot-service-missing"]);
    }

    #[test]
    fn the_shipped_examples_are_clean() {
        for (protocols, example) in [
            (
                "protocols = imap\n",
                include_str!("../../../config/examples/dovecot-2.3/auth-monk.conf.ext"),
            ),
            (
                "protocols {\n  imap = yes\n  pop3 = no\n}\n",
                include_str!("../../../config/examples/dovecot-2.4/auth-monk.conf.ext"),
            ),
        ] {
            assert_eq!(ids(&format!("{protocols}{example}")), Vec::<String>::new(), "{example}");
        }
    }

    #[test]
    fn nonsense_is_no_panic() {
        for text in ["}", "}\n}\n{", "passdb {", "=", "passdb {\n}\n"] {
            Block::parse(text);
            ids(text);
        }
    }
}
