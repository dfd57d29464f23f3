//! Where a directory server is: the URIs of the settings, checked before anything connects.
//!
//! ldap3 would accept more than it can use (`ldap:///` panics there, an IPv6 address over TLS
//! fails at every login), and it would send passwords in the clear without a word.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr};
use std::path::PathBuf;

use super::settings::LdapSettings;
use crate::outage::Outage;

/// The port of `ldap://` (RFC 4511 §5.2.1).
const LDAP_PORT: u16 = 389;

/// The port of `ldaps://`, by convention.
const LDAPS_PORT: u16 = 636;

/// A server, and how to talk to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Endpoint {
    /// The URI, as the administrator wrote it, for messages.
    text: String,
    /// How it is reached.
    pub transport: Transport,
}

/// How a server is reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Transport {
    /// Over TCP.
    Tcp {
        /// A DNS name or an IP address, without brackets.
        host: String,
        /// The TCP port.
        port: u16,
        /// What protects the connection.
        protection: Protection,
    },
    /// Over a Unix socket, which never leaves the machine.
    Unix(PathBuf),
}

/// What protects a TCP connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Protection {
    /// TLS from the first byte on.
    Tls,
    /// TLS after one request (RFC 4511 §4.14).
    StartTls,
    /// It goes to this machine itself. The address that was resolved is checked once more.
    Loopback,
    /// Nothing, because the settings allow it.
    Cleartext,
}

impl Endpoint {
    /// Reads one URI of the settings.
    pub fn parse(text: &str, settings: &LdapSettings) -> Result<Self, Outage> {
        let wrong = |why: &str| Outage::Setup(format!("the LDAP URI {text:?}: {why}"));
        let (scheme, rest) =
            text.split_once("://").ok_or_else(|| wrong("write it as ldaps://ldap.example.org"))?;
        let authority = rest.strip_suffix('/').unwrap_or(rest);
        if authority.contains(['/', '?', '#', '@']) {
            return Err(wrong("nothing but a host and a port may follow ://"));
        }
        let transport = match scheme.to_ascii_lowercase().as_str() {
            "ldapi" => Transport::Unix(socket(authority).map_err(wrong)?),
            "ldaps" => {
                let (host, port) = host_and_port(authority, LDAPS_PORT).map_err(wrong)?;
                Transport::Tcp { host, port, protection: Protection::Tls }
            }
            "ldap" => {
                let (host, port) = host_and_port(authority, LDAP_PORT).map_err(wrong)?;
                let protection = protection(&host, settings).map_err(wrong)?;
                Transport::Tcp { host, port, protection }
            }
            _ => return Err(wrong("the scheme must be ldaps, ldap or ldapi")),
        };
        let endpoint = Self { text: text.to_owned(), transport };
        if endpoint.uses_tls() && endpoint.host().is_some_and(|host| host.contains(':')) {
            return Err(wrong("TLS to an IPv6 address is not supported: write the server's name"));
        }
        Ok(endpoint)
    }

    /// Whether a certificate will be checked.
    pub fn uses_tls(&self) -> bool {
        matches!(
            self.transport,
            Transport::Tcp { protection: Protection::Tls | Protection::StartTls, .. }
        )
    }

    /// Whether it is a Unix socket.
    pub fn is_local_socket(&self) -> bool {
        matches!(self.transport, Transport::Unix(_))
    }

    /// The URI that ldap3 gets. Its host is what the server's certificate must name.
    pub fn url(&self) -> String {
        match &self.transport {
            Transport::Tcp { host, port, protection } => {
                let scheme = if *protection == Protection::Tls { "ldaps" } else { "ldap" };
                if host.contains(':') {
                    format!("{scheme}://[{host}]:{port}")
                } else {
                    format!("{scheme}://{host}:{port}")
                }
            }
            // The path is that of the stream which comes along.
            Transport::Unix(_) => "ldapi:///".to_owned(),
        }
    }

    fn host(&self) -> Option<&str> {
        match &self.transport {
            Transport::Tcp { host, .. } => Some(host),
            Transport::Unix(_) => None,
        }
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

fn protection(host: &str, settings: &LdapSettings) -> Result<Protection, &'static str> {
    let loopback = match host.parse::<IpAddr>() {
        Ok(address) => address.is_loopback(),
        Err(_) => host == "localhost",
    };
    if settings.starttls {
        Ok(Protection::StartTls)
    } else if loopback {
        Ok(Protection::Loopback)
    } else if settings.allow_cleartext {
        Ok(Protection::Cleartext)
    } else {
        Err(
            "passwords would cross the network in the clear: write ldaps://, or set starttls = true",
        )
    }
}

/// Splits `host:port`, `host`, `[v6]:port` or `[v6]`.
fn host_and_port(authority: &str, default: u16) -> Result<(String, u16), &'static str> {
    const BAD_ADDRESS: &str = "what stands in [ ] must be an IPv6 address";
    let (host, port) = if let Some(rest) = authority.strip_prefix('[') {
        let (address, rest) = rest.split_once(']').ok_or(BAD_ADDRESS)?;
        let address: Ipv6Addr = address.parse().map_err(|_| BAD_ADDRESS)?;
        (address.to_string(), rest.strip_prefix(':').or(rest.is_empty().then_some("")))
    } else {
        let (host, port) = match authority.split_once(':') {
            Some((host, port)) => (host, port),
            None => (authority, ""),
        };
        (host.to_ascii_lowercase(), Some(port))
    };
    if host.is_empty() {
        return Err("the host is missing");
    }
    let known = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_' | ':');
    if !host.chars().all(known) {
        return Err("a host has ASCII letters, digits, dots and dashes (write xn--… for others)");
    }
    let port = match port {
        Some("") => default,
        Some(port) => port
            .parse()
            .ok()
            .filter(|port| *port != 0)
            .ok_or("the port must be a number from 1 to 65535")?,
        None => return Err("nothing but a port may follow ]"),
    };
    Ok((host, port))
}

/// The path of a Unix socket, which stands percent-encoded in the place of the host.
fn socket(encoded: &str) -> Result<PathBuf, &'static str> {
    const EXAMPLE: &str = "write the socket's path like this: ldapi://%2Frun%2Fslapd%2Fldapi";
    let mut path = Vec::new();
    let mut rest = encoded.bytes();
    while let Some(byte) = rest.next() {
        path.push(match byte {
            b'%' => {
                let digit = |byte: Option<u8>| char::from(byte?).to_digit(16);
                let (high, low) = (digit(rest.next()), digit(rest.next()));
                let (high, low) = (high.ok_or(EXAMPLE)?, low.ok_or(EXAMPLE)?);
                u8::try_from(high << 4 | low).map_err(|_| EXAMPLE)?
            }
            byte => byte,
        });
    }
    let path = String::from_utf8(path).map_err(|_| EXAMPLE)?;
    if path.starts_with('/') && !path.contains('\0') { Ok(path.into()) } else { Err(EXAMPLE) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(more: &str) -> LdapSettings {
        toml::from_str(&format!("uris = []\nbase = \"dc=example\"\n{more}"))
            .expect("valid settings")
    }

    fn parse(text: &str, more: &str) -> Result<Transport, String> {
        Endpoint::parse(text, &settings(more))
            .map(|endpoint| endpoint.transport)
            .map_err(|outage| outage.to_string())
    }

    fn tcp(host: &str, port: u16, protection: Protection) -> Result<Transport, String> {
        Ok(Transport::Tcp { host: host.to_owned(), port, protection })
    }

    #[test]
    fn hosts_ports_and_sockets_are_read() {
        for (text, wanted) in [
            ("ldaps://ldap.example.org", tcp("ldap.example.org", 636, Protection::Tls)),
            ("LDAPS://LDAP.example.org:1636/", tcp("ldap.example.org", 1636, Protection::Tls)),
            ("ldap://localhost", tcp("localhost", 389, Protection::Loopback)),
            ("ldap://127.0.0.1:1389", tcp("127.0.0.1", 1389, Protection::Loopback)),
            ("ldap://[::1]:1389", tcp("::1", 1389, Protection::Loopback)),
            ("ldap://[::1]", tcp("::1", 389, Protection::Loopback)),
            ("ldaps://192.0.2.1", tcp("192.0.2.1", 636, Protection::Tls)),
            ("ldapi://%2Frun%2fslapd%2Fldapi", Ok(Transport::Unix("/run/slapd/ldapi".into()))),
        ] {
            assert_eq!(parse(text, ""), wanted, "{text}");
        }
        let wanted = tcp("ldap.example.org", 389, Protection::StartTls);
        assert_eq!(parse("ldap://ldap.example.org", "starttls = true"), wanted);
    }

    #[test]
    fn passwords_cross_a_network_in_the_clear_only_when_the_settings_say_so() {
        for text in ["ldap://ldap.example.org", "ldap://192.0.2.1", "ldap://localhost.example.org"]
        {
            assert!(parse(text, "").unwrap_err().contains("in the clear"), "{text}");
        }
        let wanted = tcp("ldap.example.org", 389, Protection::Cleartext);
        assert_eq!(parse("ldap://ldap.example.org", "allow_cleartext = true"), wanted);
    }

    #[test]
    fn what_cannot_work_is_refused_at_the_start_with_the_reason() {
        for (text, why) in [
            ("", "ldaps://ldap.example.org"),
            ("ldap.example.org", "ldaps://ldap.example.org"),
            ("http://ldap.example.org", "scheme"),
            ("ldap://", "host is missing"),
            ("ldap:///", "host is missing"),
            ("ldaps://:636", "host is missing"),
            ("ldaps://a/dc=example", "nothing but a host"),
            ("ldaps://me@a", "nothing but a host"),
            ("ldaps://a:", ""), /* the default port, as in any URI */
            ("ldaps://a:0", "port"),
            ("ldaps://a:65536", "port"),
            ("ldaps://a:b", "port"),
            ("ldaps://ä.example.org", "xn--"),
            ("ldaps://a b", "xn--"),
            ("ldap://[::1", "IPv6"),
            ("ldap://[a]", "IPv6"),
            ("ldap://[::1]389", "follow ]"),
            ("ldaps://[2001:db8::1]", "name"),
            ("ldapi://", "socket"),
            ("ldapi:///", "socket"),
            ("ldapi://run", "socket"),
            ("ldapi://%2", "socket"),
            ("ldapi://%2Frun%00", "socket"),
        ] {
            match parse(text, "") {
                Ok(_) => assert_eq!(why, "", "{text}"),
                Err(message) => {
                    assert!(!why.is_empty() && message.contains(why), "{text}: {message}");
                }
            }
        }
    }
}
