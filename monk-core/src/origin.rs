//! Where an attempt comes from, as a host program says, and the network that failures are counted under.

use std::net::{IpAddr, Ipv6Addr};

/// Characters of a host's or service's name that tell networks apart: the longest label of a domain
/// name has 63 (RFC 1035 §2.3.4).
const MAX_NETWORK_NAME: usize = 64;

/// Bits of an IPv6 address that name a network: a customer gets no less (RFC 6177).
const IPV6_PREFIX: u8 = 64;

/// Where an attempt comes from, as the host program says.
#[derive(Clone, Copy, Debug)]
pub struct Origin<'a> {
    /// The remote address, or the name of a host.
    pub address: Option<&'a str>,
    /// The uid of the person who has started the program, where it runs for one.
    pub person: Option<u32>,
    /// The PAM service.
    pub service: &'a str,
}

impl Origin<'_> {
    /// The network that it counts as.
    ///
    /// Without an address that is the person on this host (su, sudo), or else the service: strangers
    /// who guess through a mail server that states no addresses must not slow anybody at the console.
    #[must_use]
    pub fn network(self) -> String {
        let address = self.address.map(str::trim).filter(|address| !address.is_empty());
        match (address, self.person) {
            (Some(address), _) => network_of(address),
            (None, Some(uid)) => format!("uid {uid}"),
            (None, None) => format!("service {}", bounded(self.service)),
        }
    }
}

/// The network that an address counts as, in canonical form.
///
/// What a host program states and is no address counts as itself: a name, which the program has
/// looked up.
fn network_of(address: &str) -> String {
    match address.parse::<IpAddr>().map(|address| address.to_canonical()) {
        Ok(IpAddr::V4(address)) => address.to_string(),
        Ok(IpAddr::V6(address)) => {
            let kept = u128::MAX << (128 - u32::from(IPV6_PREFIX));
            format!("{}/{IPV6_PREFIX}", Ipv6Addr::from(u128::from(address) & kept))
        }
        Err(_) => bounded(address),
    }
}

/// A name as it stands in a key.
fn bounded(name: &str) -> String {
    name.to_ascii_lowercase().chars().take(MAX_NETWORK_NAME).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks_are_addresses_and_for_ipv6_what_a_customer_gets() {
        let of = |address| Origin { address: Some(address), person: Some(7), service: "imap" };
        for (address, network) in [
            ("192.0.2.7", "192.0.2.7"),
            ("::ffff:192.0.2.7", "192.0.2.7"),
            ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
            ("2001:db8:1:2::9", "2001:db8:1:2::/64"),
            ("Host.Example.ORG", "host.example.org"),
        ] {
            assert_eq!(of(address).network(), network);
        }
    }

    #[test]
    fn without_an_address_a_person_is_a_network_and_so_is_each_service() {
        for address in [None, Some(" ")] {
            let of = |person, service| Origin { address, person, service }.network();
            assert_eq!(of(Some(1000), "sudo"), "uid 1000");
            assert_eq!(of(Some(1000), "su"), "uid 1000");
            assert_eq!(of(None, "SMTP"), "service smtp");
            assert_ne!(of(None, "smtp"), of(None, "login"));
        }
    }
}
