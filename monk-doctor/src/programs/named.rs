//! The PAM services that the programs of this host name. Where one has no file, libpam takes `other`, and
//! Debian's opens with the password alone.

use std::collections::BTreeSet;

use monk_wire::manage::doctor::Kind;

use super::postfix::Postfix;
use super::{freeradius, nginx, postgresql, vsftpd};
use crate::finding::Findings;
use crate::machine::Machine;
use crate::pam::{Door, Files, Library, door};

/// Services of mail, which are meant to be alike.
const MAIL: [&str; 7] = ["imap", "pop3", "sieve", "submission", "smtp", "lmtp", "dovecot"];

/// Programs that ask services of their own, and which.
const SHELLS: [(&str, &[&str]); 4] = [
    ("sshd", &["sshd"]),
    ("sudo", &["sudo", "sudo-i"]),
    ("su", &["su", "su-l"]),
    ("login", &["login"]),
];

/// One service, and who asks it.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Named {
    service: String,
    program: String,
}

/// Whether it was told already what is wrong with this file: Dovecot's and Postfix's settings are read more
/// closely elsewhere.
fn is_told(findings: &Findings, file: &str) -> bool {
    let kinds = [
        Kind::DovecotServiceMissing,
        Kind::DovecotServiceWithoutMonk,
        Kind::PostfixServiceMissing,
        Kind::PostfixServiceWithoutMonk,
    ];
    let says = format!("{file} ");
    findings.0.iter().any(|found| {
        kinds.iter().any(|kind| kind.id() == found.id) && found.evidence.starts_with(&says)
    })
}

/// Looks at all of them. `monk`: the services that ask monk; where there is none, nothing is said.
pub fn examine(machine: &Machine, files: &Files, monk: &BTreeSet<String>, findings: &mut Findings) {
    if monk.is_empty() {
        return;
    }
    let library = Library::of(files);
    let installed = |module: &str| machine.pam_module(module).is_some();
    let mail_asks = MAIL.iter().any(|service| monk.contains(*service));
    let shells_ask =
        SHELLS.iter().flat_map(|(_, services)| *services).any(|one| monk.contains(*one));
    for Named { service, program } in all(machine) {
        let is_shell = SHELLS.iter().any(|(_, services)| services.contains(&service.as_str()));
        if is_shell && !shells_ask {
            continue;
        }
        // libpam writes names in lower case.
        let service = service.to_ascii_lowercase();
        if monk.contains(&service) {
            continue;
        }
        let file = format!("/etc/pam.d/{service}");
        if files.contains_key(&service) {
            if mail_asks && MAIL.contains(&service.as_str()) && !is_told(findings, &file) {
                findings.report(
                    Kind::PamServiceWithoutMonk,
                    &file,
                    format!("{program} asks service {service}, which has no pam_monk.so: no second factor is asked"),
                    format!("cp /usr/share/monk/pam.d/{service} {file}"),
                );
            }
            continue;
        }
        if is_told(findings, &file) {
            continue;
        }
        let what = match door(&library, &service, &installed) {
            Door::Monk => continue,
            Door::Opens(way) => format!("which opens without monk: {way}"),
            Door::Refuses => "which lets nobody in".to_owned(),
        };
        findings.report(
            Kind::PamServiceMissing,
            &file,
            format!("{program} asks service {service}, which has no file: libpam takes /etc/pam.d/other, {what}"),
            format!("Write it: cp /usr/share/monk/pam.d/{} {file}", pattern(&program, &service)),
        );
    }
}

/// The shipped file after which a service is written, whatever its name.
fn pattern<'a>(program: &str, service: &'a str) -> &'a str {
    match program {
        "PostgreSQL" => "postgresql",
        "nginx" => "nginx",
        "FreeRADIUS" => "radiusd",
        "vsftpd" => "vsftpd",
        _ => service,
    }
}

fn all(machine: &Machine) -> BTreeSet<Named> {
    let mut all = BTreeSet::new();
    let mut add = |program: &str, service: &str| {
        all.insert(Named { service: service.to_owned(), program: program.to_owned() });
    };
    for (program, services) in SHELLS {
        // sudo and su have a service for login shells where Debian has built them.
        let debian = machine.metadata("/etc/debian_version").is_ok();
        let services = services.iter().take(if debian { services.len() } else { 1 });
        if machine.program(program).is_some() {
            services.for_each(|service| add(program, service));
        }
    }
    // Passwords are checked as service `smtp` by saslauthd, or by a Dovecot that names each service as its
    // client does.
    if let Some(Ok(postfix)) = Postfix::of(machine)
        && (postfix.asks_cyrus() || postfix.asks_dovecot() && dovecot_names_each(machine))
    {
        add("Postfix", "smtp");
    }
    for service in nginx::asked(machine) {
        add("nginx", &service);
    }
    if let Some(service) = freeradius::asked(machine) {
        add("FreeRADIUS", &service);
    }
    for (_, text) in postgresql::files(machine) {
        for rule in postgresql::rules(&text) {
            add("PostgreSQL", rule.service);
        }
    }
    if machine.program("vsftpd").is_some() {
        for text in vsftpd::files(machine) {
            // The settings name it, whether or not it asks monk.
            let mut named = None;
            let _ = vsftpd::in_clear(&text, |service| {
                named = Some(service.to_owned());
                false
            });
            if let Some(service) = named {
                add("vsftpd", &service);
            }
        }
    }
    all
}

/// Whether Dovecot's PAM service is a pattern (`%s`, `*`), for which the client's name stands.
fn dovecot_names_each(machine: &Machine) -> bool {
    let Some(doveconf) = machine.program("doveconf") else { return false };
    let text = machine.output(&doveconf, &["-n"]).unwrap_or_default();
    names_each(&text)
}

fn names_each(text: &str) -> bool {
    let pairs = text.lines().filter_map(|line| line.split_once('='));
    let mut services = pairs.filter(|(key, _)| {
        ["args", "service_name", "passdb_pam_service_name"].contains(&key.trim())
    });
    let patterns = ["%s", "%Ls", "%{service}", "%{protocol}", "*"];
    services.any(|(_, value)| {
        let last = value.split_whitespace().last().unwrap_or_default();
        patterns.iter().any(|pattern| last.contains(pattern))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dovecot_that_names_each_service_is_told_from_one_that_names_one() {
        for (text, each) in [
            ("passdb {\n  args = %s\n  driver = pam\n}\n", true),
            ("passdb {\n  args = session=yes *\n  driver = pam\n}\n", true),
            ("passdb pam {\n  service_name = %{protocol}\n}\n", true),
            ("passdb {\n  args = dovecot\n  driver = pam\n}\n", false),
            ("passdb {\n  driver = pam\n}\n", false),
        ] {
            assert_eq!(names_each(text), each, "{text}");
        }
    }
}
