//! nginx with auth_pam, as `nginx -T` prints its configuration.

use std::collections::BTreeSet;

use monk_wire::manage::doctor::Kind;

use super::surroundings::Surroundings;
use crate::finding::Findings;
use crate::machine::Machine;
use crate::steps;

/// Where the word must stand before nginx is asked: printing makes it open its logs.
const FOLDERS: [&str; 4] =
    ["/etc/nginx", "/etc/nginx/conf.d", "/etc/nginx/sites-enabled", "/etc/nginx/snippets"];

/// The service that is asked where none is named.
const DEFAULT_SERVICE: &str = "nginx";

/// The PAM services that are asked.
pub(super) fn services(text: &str) -> BTreeSet<String> {
    let directives = steps::lines(text).filter_map(|line| {
        let line = line.split('#').next().unwrap_or_default().trim();
        let (name, value) = line.strip_suffix(';')?.split_once(char::is_whitespace)?;
        Some((name, value.trim().trim_matches(['"', '\''])))
    });
    let directives: Vec<_> = directives.collect();
    let of = |wanted: &str| -> Vec<&str> {
        directives.iter().filter(|(name, _)| *name == wanted).map(|(_, value)| *value).collect()
    };
    if of("auth_pam").iter().all(|value| *value == "off") {
        return BTreeSet::new();
    }
    let named = of("auth_pam_service_name");
    let named = if named.is_empty() { vec![DEFAULT_SERVICE] } else { named };
    named.into_iter().map(str::to_owned).collect()
}

/// The PAM services that the nginx of this host asks; none where it cannot be asked.
pub(super) fn asked(machine: &Machine) -> BTreeSet<String> {
    let program = machine.program("nginx").filter(|_| is_used(machine));
    let text = program.and_then(|program| machine.output(&program, &["-T", "-q"]).ok());
    text.map(|text| services(&text)).unwrap_or_default()
}

/// Looks at nginx.
pub(super) fn examine(around: &Surroundings<'_>, findings: &mut Findings) {
    let Some(program) = around.machine.program("nginx").filter(|_| is_used(around.machine)) else {
        return;
    };
    let text = match around.machine.output(&program, &["-T", "-q"]) {
        Ok(text) => text,
        Err(why) => {
            let remedy = "Run nginx -T as root and see what it says.";
            findings.report(Kind::NginxNotExamined, "/etc/nginx/nginx.conf", why, remedy);
            return;
        }
    };
    let services = services(&text);
    let services: Vec<_> = services.iter().filter(|name| around.asks_monk(name)).collect();
    if !services.is_empty() {
        around.needs_engine("nginx", "the user of its workers", findings);
    }
    for service in services {
        if around.facts.policy_of(service).always {
            findings.report(
                Kind::NginxEachRequest,
                format!("nginx, service {service}"),
                "browsers send the password with each request, and a code is good for the first",
                format!(
                    "Nothing, if people use app passwords here, or remember_minutes is set in \
                     [service.{service}]."
                ),
            );
        } else {
            findings.ok(Kind::NginxEachRequest, format!("nginx, service {service}"), "asks monk");
        }
    }
}

fn is_used(machine: &Machine) -> bool {
    FOLDERS.iter().any(|folder| {
        let names = machine.names(folder).into_iter();
        let mut texts = names.filter_map(|name| machine.read(format!("{folder}/{name}")).ok());
        texts.any(|text| text.contains("auth_pam"))
    })
}
