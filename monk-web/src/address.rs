//! Where a browser is.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use hyper::HeaderMap;

use crate::settings::Settings;

/// The other end of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Peer {
    /// An address.
    Address(SocketAddr),
    /// A proxy on this machine, at the portal's own socket.
    Socket,
}

/// Bits of an IPv6 address that one customer of a provider gets at most (RFC 6177, `/48`): as the engine counts.
const CUSTOMER: u128 = u128::MAX << 80;

/// Where browsers are that share what one of them may use up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Network {
    /// An IPv4 address, or the first one of the network of an IPv6 address.
    At(IpAddr),
    /// Behind a proxy that names no address.
    Nowhere,
}

impl Network {
    /// That of a browser's address.
    #[must_use]
    pub fn of(address: Option<IpAddr>) -> Self {
        match address.map(|address| address.to_canonical()) {
            None => Self::Nowhere,
            Some(IpAddr::V6(address)) => {
                Self::At(Ipv6Addr::from_bits(address.to_bits() & CUSTOMER).into())
            }
            Some(address) => Self::At(address),
        }
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::At(address) => write!(f, "the network of {address}"),
            Self::Nowhere => f.write_str("browsers whose address the proxy does not name"),
        }
    }
}

/// The browser's address: the peer's, or if that is a proxy of ours, the last one in the proxy's header that is no proxy
/// of ours. Everything in front of that was written by the browser itself. `None` where a proxy says nothing that is an
/// address.
#[must_use]
pub fn of_browser(peer: Peer, headers: &HeaderMap, settings: &Settings) -> Option<IpAddr> {
    let is_proxy =
        |address: IpAddr| settings.trusted_proxies.iter().any(|network| network.contains(&address));
    if let Peer::Address(address) = peer {
        let address = address.ip().to_canonical();
        if !is_proxy(address) {
            return Some(address);
        }
    }
    let mut nearest = None;
    let lines: Vec<_> = headers.get_all(&settings.forwarded_header).iter().collect();
    // Each part for itself: what a browser has written in front may be any bytes, and must not hide the last hop.
    for part in lines.iter().rev().flat_map(|line| line.as_bytes().rsplit(|byte| *byte == b',')) {
        let address = address_of(str::from_utf8(part).ok()?.trim())?;
        nearest = Some(address);
        if !is_proxy(address) {
            break;
        }
    }
    nearest
}

/// An address as proxies write it: some add the port.
fn address_of(text: &str) -> Option<IpAddr> {
    let address = text.parse().or_else(|_| text.parse().map(|address: SocketAddr| address.ip()));
    Some(address.ok()?.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(peer: &str, headers: &[&str]) -> Option<String> {
        let settings =
            Settings::parse("trusted_proxies = [\"10.0.0.0/8\", \"::1/128\"]").expect("settings");
        let mut map = HeaderMap::new();
        for line in headers {
            let line = hyper::header::HeaderValue::from_bytes(line.as_bytes()).unwrap();
            map.append("x-forwarded-for", line);
        }
        let peer = peer.parse().map_or(Peer::Socket, |ip| Peer::Address(SocketAddr::new(ip, 1)));
        of_browser(peer, &map, &settings).map(|address| address.to_string())
    }

    #[test]
    fn the_networks_of_one_customer_are_one() {
        let same = |one: &str, other: &str| {
            let [one, other] = [one, other].map(|text| Network::of(text.parse().ok()));
            one == other
        };
        assert!(same("192.0.2.7", "::ffff:192.0.2.7"));
        assert!(!same("192.0.2.7", "192.0.2.8"));
        assert!(same("2001:db8:1:2::3", "2001:db8:1:ffff::9"));
        assert!(!same("2001:db8:1::3", "2001:db8:2::3"));
        assert!(same("unknown", "") && !same("unknown", "::"));
    }

    #[test]
    fn only_a_proxy_of_ours_is_believed_and_only_about_the_last_hop() {
        for (peer, headers, address) in [
            ("192.0.2.7", &[][..], Some("192.0.2.7")),
            ("192.0.2.7", &["198.51.100.1"], Some("192.0.2.7")),
            ("::ffff:192.0.2.7", &[], Some("192.0.2.7")),
            ("10.0.0.1", &["198.51.100.1"], Some("198.51.100.1")),
            ("10.0.0.1", &["größe, 198.51.100.1"], Some("198.51.100.1")),
            ("10.0.0.1", &["198.51.100.1, größe"], None),
            ("10.0.0.1", &["203.0.113.9, 198.51.100.1"], Some("198.51.100.1")),
            ("10.0.0.1", &["203.0.113.9", "198.51.100.1, 10.2.3.4"], Some("198.51.100.1")),
            ("::1", &["2001:db8::7"], Some("2001:db8::7")),
            ("socket", &["2001:db8::7"], Some("2001:db8::7")),
            ("socket", &["192.0.2.7:4711"], Some("192.0.2.7")),
            ("socket", &["10.0.0.9"], Some("10.0.0.9")),
            ("socket", &[], None),
            ("socket", &["unknown"], None),
            ("socket", &["192.0.2.7, nonsense"], None),
            ("10.0.0.1", &[""], None),
        ] {
            assert_eq!(of(peer, headers).as_deref(), address, "{peer} {headers:?}");
        }
    }
}
