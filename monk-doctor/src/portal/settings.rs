//! `/etc/monk-web/web.toml`, as far as doctor judges it. monk-web itself says what is wrong with the rest.

use std::net::SocketAddr;

use ipnet::IpNet;
use toml::{Table, Value};

/// Where monk-web listens if its settings do not say.
const LISTEN: &str = "127.0.0.1:8080";

/// The settings.
#[derive(Debug)]
pub struct Settings {
    /// The address; none for a Unix socket.
    pub address: Option<SocketAddr>,
    /// Whose word about browsers is believed.
    pub trusted_proxies: Vec<IpNet>,
    /// TLS without a web server in front.
    pub tls: Option<Tls>,
    /// What profiles are signed with.
    pub profile_signature: Option<Tls>,
}

/// A certificate and its key.
#[derive(Debug, PartialEq, Eq)]
pub struct Tls {
    pub certificate: String,
    pub key: String,
}

impl Settings {
    /// The settings of a file; none where it is no TOML.
    pub fn parse(text: &str) -> Option<Self> {
        let table: Table = text.parse().ok()?;
        let listen = table.get("listen").and_then(Value::as_str).unwrap_or(LISTEN);
        let proxies = table.get("trusted_proxies").and_then(Value::as_array);
        let networks = proxies.into_iter().flatten().filter_map(Value::as_str);
        let files = |section: &str| {
            let section = table.get(section)?.as_table()?;
            let file = |key: &str| section.get(key)?.as_str().map(str::to_owned);
            Some(Tls { certificate: file("certificate")?, key: file("key")? })
        };
        Some(Self {
            address: listen.parse().ok(),
            trusted_proxies: networks.filter_map(|text| text.parse().ok()).collect(),
            tls: files("tls"),
            profile_signature: files("profile_signature"),
        })
    }
}
