//! Which addresses count as one.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Bits of an address of IPv4 that are kept: an office or a provider's neighbourhood.
const V4_BITS: u32 = 24;

/// Bits of an address of IPv6 that are kept: the network of one customer (RFC 6177), in which devices change
/// their addresses every day (RFC 8981).
const V6_BITS: u32 = 64;

/// The network of an address, as `192.0.2.0/24` or `2001:db8::/64`. What is no address, such as a host's
/// name, stays as it is; `-`, where the program stated none, is nothing.
pub fn network(address: &str) -> Option<String> {
    match address.parse::<IpAddr>().map(|address| address.to_canonical()) {
        Ok(IpAddr::V4(address)) => {
            let kept = Ipv4Addr::from_bits(address.to_bits() & (u32::MAX << (32 - V4_BITS)));
            Some(format!("{kept}/{V4_BITS}"))
        }
        Ok(IpAddr::V6(address)) => {
            let kept = Ipv6Addr::from_bits(address.to_bits() & (u128::MAX << (128 - V6_BITS)));
            Some(format!("{kept}/{V6_BITS}"))
        }
        Err(_) if address == "-" || address.is_empty() => None,
        Err(_) => Some(address.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbours_are_one_network() {
        for (address, expected) in [
            ("192.0.2.7", Some("192.0.2.0/24")),
            ("192.0.2.255", Some("192.0.2.0/24")),
            ("::ffff:192.0.2.7", Some("192.0.2.0/24")),
            ("2001:db8:1:2:3:4:5:6", Some("2001:db8:1:2::/64")),
            ("::1", Some("::/64")),
            ("host.example.org", Some("host.example.org")),
            ("-", None),
            ("", None),
        ] {
            assert_eq!(network(address).as_deref(), expected, "{address}");
        }
    }
}
