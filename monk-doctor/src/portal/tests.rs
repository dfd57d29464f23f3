//! The portal of hosts that are made of files.

use monk_wire::manage::doctor::{PortalFacts, Severity};

use super::*;

const PASSWD: &str =
    "root:x:0:0::/root:/bin/sh\nmonk:x:990:990::/:/bin/false\nmonk-web:x:991:991::/:/bin/false\n";
const GROUP: &str = "root:x:0:\nshadow:x:42:\nmonk:x:990:\nmonk-web:x:991:www-data\n";

fn facts(origin: Option<&str>) -> Facts {
    let origin = origin.map(str::to_owned);
    let portal = PortalFacts { user: "monk-web".into(), origin, sends_mail: true };
    Facts { uid: 990, portal, ..Facts::default() }
}

/// What is worse than a note on a host with these files, and the public address https://login.example.org.
fn told(web: &str, passwd: &str, group: &str) -> Vec<(String, Severity)> {
    told_of(Some("https://login.example.org"), web, passwd, group)
}

fn told_of(origin: Option<&str>, web: &str, passwd: &str, group: &str) -> Vec<(String, Severity)> {
    let files = [("etc/monk-web/web.toml", web), ("etc/passwd", passwd), ("etc/group", group)];
    let (_root, machine) = Machine::with(&files);
    let mut findings = Findings::default();
    examine(&machine, Some(&facts(origin)), &mut findings);
    assert!(findings.0.len() >= 3, "{findings:?}");
    let told = findings.0.into_iter().filter(|one| one.severity > Severity::Ok);
    told.map(|one| (one.id, one.severity)).collect()
}

const SOCKET: &str = "listen = \"unix:/run/monk-web/web.sock\"\n";

fn one(id: &str, severity: Severity) -> Vec<(String, Severity)> {
    vec![(id.to_owned(), severity)]
}

#[test]
fn the_recipe_is_clean_and_a_host_without_a_portal_is_not_looked_at() {
    assert_eq!(told(SOCKET, PASSWD, GROUP), []);
    let named = "trusted_proxies = [\"127.0.0.1/32\", \"::1/128\"]\n";
    assert_eq!(told(named, PASSWD, GROUP), []);
    let (_root, machine) = Machine::with(&[("etc/passwd", PASSWD)]);
    let mut findings = Findings::default();
    examine(&machine, Some(&facts(None)), &mut findings);
    assert!(findings.0.is_empty());
}

#[test]
fn a_public_address_that_nobody_reaches_is_told() {
    let warned = one("portal-origin", Severity::Warning);
    assert_eq!(told_of(None, SOCKET, PASSWD, GROUP), warned);
    assert_eq!(told_of(Some("http://localhost:8080"), SOCKET, PASSWD, GROUP), warned);
    assert_eq!(told_of(Some("http://localhost:8080"), "", PASSWD, GROUP), [], "to try it out");
}

#[test]
fn networks_that_are_believed_are_small() {
    let web = |network: &str| format!("{SOCKET}trusted_proxies = [\"{network}\"]\n");
    for (network, severity) in [
        ("0.0.0.0/0", Severity::Error),
        ("::/0", Severity::Error),
        ("10.0.0.0/8", Severity::Warning),
        ("2001:db8::/32", Severity::Warning),
    ] {
        let found = told(&web(network), PASSWD, GROUP);
        assert_eq!(found, one("portal-proxies-wide", severity), "{network}");
    }
    for network in ["192.0.2.0/24", "192.0.2.7/32", "2001:db8::/64"] {
        assert_eq!(told(&web(network), PASSWD, GROUP), [], "{network}");
    }
}

#[test]
fn a_web_server_that_is_not_named_is_told_where_browsers_come_through_it() {
    let warned = one("portal-proxy-unnamed", Severity::Warning);
    assert_eq!(told("", PASSWD, GROUP), warned);
    assert_eq!(told("trusted_proxies = [\"192.0.2.7/32\"]\n", PASSWD, GROUP), warned);
}

#[test]
fn an_account_with_more_rights_than_a_page_needs_is_told() {
    let wrong = one("portal-user", Severity::Error);
    let without = PASSWD.replace("monk-web:x:991", "www:x:991");
    assert_eq!(told(SOCKET, &without, GROUP), wrong);
    assert_eq!(told(SOCKET, &PASSWD.replace("monk-web:x:991", "monk-web:x:990"), GROUP), wrong);
    assert_eq!(told(SOCKET, &PASSWD.replace("monk-web:x:991", "monk-web:x:0"), GROUP), wrong);
    let open = one("portal-groups", Severity::Error);
    for group in [
        GROUP.replace("shadow:x:42:", "shadow:x:42:www-data,monk-web"),
        GROUP.replace("monk:x:990:", "monk:x:990:monk-web"),
    ] {
        assert_eq!(told(SOCKET, PASSWD, &group), open, "{group}");
    }
    assert_eq!(told(SOCKET, &PASSWD.replace(":991:991:", ":991:0:"), GROUP), open);
    let others = GROUP.replace("shadow:x:42:", "shadow:x:42:monk-web2");
    assert_eq!(told(SOCKET, PASSWD, &others), []);
}
