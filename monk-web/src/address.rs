//! Where a browser is.

use std::net::{IpAddr, SocketAddr};

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
