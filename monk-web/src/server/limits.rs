//! What strangers can use up, and how little of it.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::address::Peer;

/// Longest body of a request. The longest form, with backup codes for a download, has less than 1 KiB.
pub const BODY: usize = 16 * 1024;

/// Longest line and headers of a request together: browsers send 1 to 2 KiB, proxies add some more.
pub const HEADERS: usize = 16 * 1024;

/// What may take how long.
#[derive(Clone, Copy, Debug)]
pub struct Times {
    /// The headers of a request, and the wait of a connection for the next request.
    pub headers: Duration,
    /// A request altogether: more than the engine may take, so that people see the page that says so.
    pub request: Duration,
    /// A handshake of TLS.
    pub handshake: Duration,
    /// A connection, until it takes no further requests. An answer that is read slowly has the time of a request then.
    pub connection: Duration,
}

/// The times that hold outside of tests.
pub const TIMES: Times = Times {
    headers: Duration::from_secs(10),
    request: Duration::from_secs(30),
    handshake: Duration::from_secs(10),
    connection: Duration::from_secs(60),
};

/// Connections at once. Each costs up to 100 KiB with TLS, so that all of them fit in 100 MiB.
pub const CONNECTIONS: usize = 1024;

/// Connections at once from one network: a browser opens 6, and an office shares an address. Proxies are exempt.
pub const CONNECTIONS_OF_NETWORK: usize = 64;

/// How many connections there are.
#[derive(Debug, Default)]
pub struct Connections {
    counts: Mutex<Counts>,
}

#[derive(Debug, Default)]
struct Counts {
    all: usize,
    of_networks: HashMap<IpAddr, usize>,
}

/// A connection that is counted until this is dropped.
#[derive(Debug)]
pub struct Counted {
    all: Arc<Connections>,
    network: Option<IpAddr>,
}

impl Connections {
    /// Counts a connection; `None` where there are enough already.
    pub fn enter(self: &Arc<Self>, peer: Peer, is_proxy: bool) -> Option<Counted> {
        let network = match peer {
            Peer::Address(address) if !is_proxy => Some(network_of(address.ip())),
            _ => None,
        };
        let mut counts = self.counts();
        if counts.all >= CONNECTIONS {
            return None;
        }
        if let Some(network) = network {
            let count = counts.of_networks.entry(network).or_default();
            if *count >= CONNECTIONS_OF_NETWORK {
                return None;
            }
            *count += 1;
        }
        counts.all += 1;
        drop(counts);
        Some(Counted { all: Arc::clone(self), network })
    }

    fn counts(&self) -> MutexGuard<'_, Counts> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        let mut counts = self.all.counts();
        counts.all -= 1;
        if let Some(network) = self.network
            && let Some(count) = counts.of_networks.get_mut(&network)
        {
            *count -= 1;
            if *count == 0 {
                counts.of_networks.remove(&network);
            }
        }
    }
}

/// An IPv4 address stands for itself, an IPv6 address for the 64 bits that one household has.
fn network_of(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() & (u128::MAX << 64)).into(),
        address => address,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn peer(address: &str) -> Peer {
        Peer::Address((address.parse::<IpAddr>().unwrap(), 1).into())
    }

    #[test]
    fn a_network_has_a_share_of_the_connections_and_gets_it_back() {
        let all = Arc::new(Connections::default());
        let enter = |n: usize| all.enter(peer(&format!("2001:db8::{n:x}")), false);
        let mut held: Vec<_> = (0..CONNECTIONS_OF_NETWORK).map(enter).collect();
        assert!(held.iter().all(Option::is_some) && enter(999).is_none());
        assert!(all.enter(peer("2001:db8:1::1"), false).is_some(), "another network");
        held.pop();
        assert!(enter(999).is_some());
        held.clear();
        assert!(all.counts().of_networks.is_empty());
    }

    #[test]
    fn a_proxy_may_have_all_connections_and_nobody_more() {
        let all = Arc::new(Connections::default());
        let held: Vec<_> = (0..CONNECTIONS).map(|_| all.enter(Peer::Socket, true)).collect();
        assert!(held.iter().all(Option::is_some));
        assert!(all.enter(peer("192.0.2.7"), false).is_none());
        drop(held);
        assert!(all.enter(peer("192.0.2.7"), false).is_some());
    }
}
