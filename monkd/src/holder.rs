//! Who holds a conversation, and whose other conversations it is counted with.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;

/// The lowest uid of people; below are root and services (`UID_MIN`, login.defs(5)).
pub const FIRST_PERSON: u32 = 1000;

/// Bits of an IPv6 address that one customer of a provider gets at most (RFC 6177, `/48`): whoever
/// has that many networks is still one guest.
const CUSTOMER: u128 = u128::MAX << 80;

/// Where the uids stand that a person was given for containers (subuid(5)).
const SUBUID: &str = "/etc/subuid";

/// Longest `/etc/subuid` that is read: some 40,000 people. It is root's file.
const MAX_SUBUID: u64 = 1024 * 1024;

/// Somebody who is counted as one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Holder {
    /// A program of root's that has not said yet whom it serves.
    Unknown,
    /// A program of root's, or of a service, with nobody behind it who could be told apart.
    Program,
    /// A person on this host.
    Person(u32),
    /// All uids that a person was given for containers, by the first of them.
    Containers(u32),
    /// Somebody at an address.
    Network(IpAddr),
    /// Somebody at a host of which the program knows the name only.
    Host(String),
}

impl Holder {
    /// Somebody elsewhere, by the address that the program states.
    #[must_use]
    pub fn at(address: &str) -> Self {
        match address.parse::<IpAddr>().map(|address| address.to_canonical()) {
            Ok(IpAddr::V6(address)) => {
                Self::Network(Ipv6Addr::from_bits(address.to_bits() & CUSTOMER).into())
            }
            Ok(address) => Self::Network(address),
            Err(_) => Self::Host(address.to_ascii_lowercase()),
        }
    }

    /// Whether it is a person on this host.
    #[must_use]
    pub fn is_person(&self) -> bool {
        matches!(self, Self::Person(_) | Self::Containers(_))
    }
}

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown => f.write_str("a program of root's that has said nothing yet"),
            Self::Program => f.write_str("a program"),
            Self::Person(uid) => write!(f, "uid {uid}"),
            Self::Containers(uid) => write!(f, "the owner of the subordinate uids from {uid}"),
            Self::Network(address) => write!(f, "the network of {address}"),
            Self::Host(name) => write!(f, "the host {name:?}"),
        }
    }
}

/// Which uids belong to the containers of one person.
///
/// Such a person can run `su` as each of some 65,000 uids, each of which is somebody else to the
/// kernel.
pub struct SubordinateUids {
    path: PathBuf,
    known: Mutex<Known>,
}

#[derive(Default)]
struct Known {
    modified: Option<SystemTime>,
    ranges: Vec<Range>,
}

struct Range {
    first: u32,
    count: u32,
    /// The first uid of the same owner, in whatever range.
    owner: u32,
}

impl Default for SubordinateUids {
    fn default() -> Self {
        Self::of(SUBUID.as_ref())
    }
}

impl SubordinateUids {
    /// Those that a file names. It is read again when it has changed.
    #[must_use]
    pub fn of(path: &Path) -> Self {
        Self { path: path.to_owned(), known: Mutex::default() }
    }

    /// Who is counted for a uid of a person.
    #[must_use]
    pub fn holder(&self, uid: u32) -> Holder {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let metadata = std::fs::metadata(&self.path).ok().filter(|file| file.len() <= MAX_SUBUID);
        let modified = metadata.and_then(|file| file.modified().ok());
        if modified != known.modified {
            let text = std::fs::read_to_string(&self.path).unwrap_or_default();
            *known = Known { modified, ranges: ranges(&text) };
        }
        let contains =
            |range: &&Range| uid.checked_sub(range.first).is_some_and(|n| n < range.count);
        match known.ranges.iter().find(contains) {
            Some(range) => Holder::Containers(range.owner),
            None => Holder::Person(uid),
        }
    }
}

/// Reads lines of `OWNER:FIRST:COUNT`. What is none of these gives nobody anything.
fn ranges(text: &str) -> Vec<Range> {
    let mut owners = std::collections::HashMap::new();
    let lines = text.lines().filter_map(|line| {
        let mut fields = line.split(':');
        let owner = fields.next()?;
        let first = fields.next()?.trim().parse().ok()?;
        let count = fields.next()?.trim().parse().ok()?;
        Some((owner, first, count))
    });
    lines
        .map(|(owner, first, count)| {
            let owner = *owners.entry(owner.to_owned()).or_insert(first);
            Range { first, count, owner }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_networks_of_one_customer_are_one_guest() {
        let same = |one, other| Holder::at(one) == Holder::at(other);
        assert!(same("192.0.2.7", "::ffff:192.0.2.7"));
        assert!(!same("192.0.2.7", "192.0.2.8"));
        assert!(same("2001:db8:1:2::3", "2001:db8:1:ffff::9"));
        assert!(!same("2001:db8:1::3", "2001:db8:2::3"));
        assert!(same("Mail.example.org", "mail.example.org"));
        assert!(!same("mail.example.org", "web.example.org"));
    }

    #[test]
    fn the_uids_of_one_persons_containers_are_one_person() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("subuid");
        let uids = SubordinateUids::of(&path);
        assert_eq!(uids.holder(100_000), Holder::Person(100_000), "there is no such file");
        std::fs::write(&path, "bob:100000:65536\ncarol:165536:65536\nnonsense\nbob:900000:10\n")
            .unwrap();
        assert_eq!(uids.holder(100_000), Holder::Containers(100_000));
        assert_eq!(uids.holder(165_535), Holder::Containers(100_000));
        assert_eq!(uids.holder(900_009), Holder::Containers(100_000));
        assert_eq!(uids.holder(165_536), Holder::Containers(165_536));
        assert_eq!(uids.holder(1000), Holder::Person(1000));
        assert_eq!(uids.holder(900_010), Holder::Person(900_010));
    }
}
