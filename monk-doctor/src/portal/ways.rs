//! How browsers come to the portal: its public address, and the web servers that speak for them.

use ipnet::IpNet;
use monk_wire::manage::doctor::{Kind, Severity};

use super::FILE;
use super::settings::Settings;
use crate::finding::Findings;

/// The shortest prefixes of networks that are believed without a word: a network of one room, in IPv4 and IPv6.
/// Everybody in it can choose the address that the audit and the throttle see.
const ROOM: (u8, u8) = (24, 64);

/// Whether the public address is there, and one that browsers elsewhere can reach.
pub fn origin(settings: &Settings, origin: Option<&str>, findings: &mut Findings) {
    const SUBJECT: &str = "[portal] origin";
    const REMEDY: &str = "Write origin = \"https://login.example.org\", with your name, into [portal] of monk.toml, and \
                          systemctl reload monk.";
    let Some(origin) = origin else {
        let evidence = "it is not set: monk-web answers every request with a page that says so";
        findings.report(Kind::PortalOrigin, SUBJECT, evidence, REMEDY);
        return;
    };
    // A socket is for a web server in front, and TLS for browsers elsewhere.
    let is_for_others = settings.address.is_none() || settings.tls.is_some();
    if is_local(origin) && is_for_others {
        let evidence =
            format!("{origin} is each browser's own machine, and monk-web listens for others");
        findings.report(Kind::PortalOrigin, SUBJECT, evidence, REMEDY);
        return;
    }
    findings.ok(Kind::PortalOrigin, SUBJECT, origin);
}

/// Whether those who speak for browsers are named, and nobody else is.
pub fn proxies(settings: &Settings, origin: Option<&str>, findings: &mut Findings) {
    for network in &settings.trusted_proxies {
        judge_network(network, findings);
    }
    let Some(address) = settings.address.map(|address| address.ip()) else { return };
    let is_https = origin.is_some_and(|origin| !is_local(origin));
    let is_behind = address.is_loopback() && settings.tls.is_none() && is_https;
    if !is_behind {
        return;
    }
    if settings.trusted_proxies.iter().any(|network| network.contains(&address)) {
        findings.ok(Kind::PortalProxyUnnamed, FILE, format!("{address} is a web server of ours"));
        return;
    }
    findings.report(
        Kind::PortalProxyUnnamed,
        FILE,
        format!(
            "browsers come through a web server on this machine, which trusted_proxies does not name: all of \
             them have the address {address}, in the audit and for the throttle"
        ),
        "Write listen = \"unix:/run/monk-web/web.sock\", or trusted_proxies = [\"127.0.0.1/32\", \"::1/128\"], and \
         restart monk-web.",
    );
}

fn judge_network(network: &IpNet, findings: &mut Findings) {
    let subject = format!("{FILE} trusted_proxies");
    let room = if matches!(network, IpNet::V4(_)) { ROOM.0 } else { ROOM.1 };
    if network.prefix_len() >= room {
        findings.ok(Kind::PortalProxiesWide, subject, network.to_string());
        return;
    }
    let (severity, who) = match network.prefix_len() {
        0 => (Severity::Error, "everybody"),
        _ => (Severity::Warning, "everybody in it"),
    };
    findings.report_as(
        Kind::PortalProxiesWide,
        severity,
        subject,
        format!(
            "{network}: {who} can send any address in the header for proxies, go round the throttle with it, and \
             stand in the audit with it"
        ),
        "Name the addresses of your web servers instead, such as 192.0.2.7/32.",
    );
}

/// Whether an origin is the browser's own machine.
fn is_local(origin: &str) -> bool {
    origin.starts_with("http://")
}
