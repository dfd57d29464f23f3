//! The same `PASSWORD;CODE` again: mail programs and web mail open many connections with one
//! string.
//!
//! Where the policy says so, a string whose code was accepted goes on working for a while, with the
//! same user, service and address, and while what the user has enrolled stays as it was. Services
//! that name the same group share what they remember. Only the code is remembered: the password is
//! checked every time, so a changed one ends it at once. What is kept are fingerprints under the
//! host key: in a file of the host and, where the policy says so, in the record of the code's use,
//! which other hosts with the same key read.

use data_encoding::BASE64_NOPAD;

use crate::credential::{Credential, CredentialSet, Stored};
use crate::factors::app_password::AppPasswordRecord;
use crate::fingerprint::{FINGERPRINT_BYTES, Fingerprint};
use crate::keys::HostKey;
use monk_terms::verdict::Grant;

pub use crate::opening::MAX_REMEMBER;

/// How far the clock of another host may be ahead, in seconds: as far as that of a device.
pub const MAX_AHEAD: u64 = 30;

/// Tells these fingerprints from those of other strings.
const OCCASION: &[u8] = b"remembered login";
const GROUP_OCCASION: &[u8] = b"remembered login of a group of services";
const ANYWHERE: &[u8] = b"remembered login of a group of services, from anywhere";
const WITNESS: &[u8] = b"enrolled at the time";
const PRINT: &[u8] = b"remembered login in a record of use";

/// What has to be the same again.
#[derive(Clone, Copy)]
pub struct Occasion<'a> {
    /// The user's stable id.
    pub user: &'a str,
    /// Where it was typed, and where it goes on working.
    pub circle: Circle<'a>,
    /// The address that the program states.
    pub address: &'a str,
    /// The user that the program runs as: another's may state any address.
    pub uid: u32,
    /// Exactly what was typed.
    pub typed: &'a [u8],
}

/// The services that share what they remember.
#[derive(Clone, Copy)]
pub enum Circle<'a> {
    /// One PAM service, alone.
    Service(&'a str),
    /// Those that name this group.
    Group(&'a str),
}

impl Occasion<'_> {
    /// What is kept of it.
    #[must_use]
    pub fn fingerprint(&self, key: &HostKey) -> [u8; FINGERPRINT_BYTES] {
        match self.circle {
            Circle::Service(name) => {
                self.of(key, OCCASION, &name.to_ascii_lowercase(), self.address)
            }
            Circle::Group(name) => self.of(key, GROUP_OCCASION, name, self.address),
        }
    }

    /// The same, whatever the address: what web mail repeats at a service that it cannot tell the address of its
    /// user. A single service has none: its web mail has typed nothing elsewhere.
    #[must_use]
    pub fn fingerprint_anywhere(&self, key: &HostKey) -> Option<[u8; FINGERPRINT_BYTES]> {
        match self.circle {
            Circle::Service(_) => None,
            Circle::Group(name) => Some(self.of(key, ANYWHERE, name, "")),
        }
    }

    fn of(
        &self,
        key: &HostKey,
        kind: &[u8],
        circle: &str,
        address: &str,
    ) -> [u8; FINGERPRINT_BYTES] {
        let mut fingerprint = Fingerprint::new(key);
        fingerprint.add(kind);
        fingerprint.add(self.user.as_bytes());
        fingerprint.add(circle.as_bytes());
        fingerprint.add(address.as_bytes());
        fingerprint.add(&self.uid.to_be_bytes());
        fingerprint.add(self.typed);
        fingerprint.finish()
    }
}

/// A fingerprint of the second factors that a user has. App passwords are none: a new one ends
/// nothing.
#[must_use]
pub fn witness(set: &CredentialSet, key: &HostKey) -> [u8; FINGERPRINT_BYTES] {
    let is_app_password =
        |stored: &&Stored<Credential>| stored.value.factor.get::<AppPasswordRecord>().is_some();
    let factors = set.credentials.iter().filter(|stored| !is_app_password(stored));
    let mut records: Vec<&str> = factors.map(|stored| stored.raw.as_str()).collect();
    records.sort_unstable();
    let mut fingerprint = Fingerprint::new(key);
    fingerprint.add(WITNESS);
    fingerprint.add(&(set.unreadable_credentials as u64).to_be_bytes());
    records.iter().for_each(|record| fingerprint.add(record.as_bytes()));
    fingerprint.finish()
}

/// What stands in the record of the code's use, where other hosts look, too: the fingerprint, and that of the second
/// factors. Of other factors it is another one.
#[must_use]
pub fn print(
    fingerprint: [u8; FINGERPRINT_BYTES],
    witness: [u8; FINGERPRINT_BYTES],
    key: &HostKey,
) -> String {
    let mut print = Fingerprint::new(key);
    print.add(PRINT);
    print.add(&fingerprint);
    print.add(&witness);
    BASE64_NOPAD.encode(&print.finish())
}

/// Whether a code with which a login succeeded may be remembered. An enrolment code opens one
/// login, after which the user has to enrol.
#[must_use]
pub fn may_remember(grant: Grant) -> bool {
    matches!(grant, Grant::Totp | Grant::BackupCode | Grant::EmailedCode)
}

/// Whether what was accepted `at` still counts. After a clock that was set back it does not.
#[must_use]
pub fn still_counts(at: u64, now: u64, seconds: u64) -> bool {
    now.checked_sub(at).is_some_and(|age| age < seconds)
}

/// Whether what another host accepted `at` still counts.
#[must_use]
pub fn still_counts_here(at: u64, now: u64, seconds: u64) -> bool {
    at <= now.saturating_add(MAX_AHEAD) && now.saturating_sub(at) < seconds
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::credential::{Credential, CredentialId};
    use crate::enrol::{self, NewAppPassword};
    use crate::factors::app_password::{ANY_SERVICE, Scope};
    use crate::factors::unknown::Unknown;
    use crate::fixtures::{enrolled, key, ring};
    use crate::mac::Author;
    use crate::random::Counter;

    #[test]
    fn it_is_the_same_only_where_everything_is() {
        let same = Occasion {
            user: "u1",
            circle: Circle::Service("imap"),
            address: "192.0.2.7",
            uid: 0,
            typed: b"secret;123456",
        };
        let first = same.fingerprint(&key(1));
        assert_eq!(
            Occasion { circle: Circle::Service("IMAP"), ..same }.fingerprint(&key(1)),
            first
        );
        for other in [
            Occasion { user: "u2", ..same },
            Occasion { circle: Circle::Service("smtp"), ..same },
            Occasion { circle: Circle::Group("imap"), ..same },
            Occasion { address: "192.0.2.8", ..same },
            Occasion { uid: 33, ..same },
            Occasion { typed: b"secret; 123456", ..same },
        ] {
            assert_ne!(other.fingerprint(&key(1)), first);
        }
        assert_ne!(same.fingerprint(&key(2)), first);
    }

    #[test]
    fn a_group_remembers_what_was_typed_from_anywhere_and_a_single_service_does_not() {
        let alone = Occasion {
            user: "u1",
            circle: Circle::Service("imap"),
            address: "192.0.2.7",
            uid: 0,
            typed: b"secret;123456",
        };
        assert_eq!(alone.fingerprint_anywhere(&key(1)), None);
        let shared = Occasion { circle: Circle::Group("web mail"), ..alone };
        let anywhere = shared.fingerprint_anywhere(&key(1)).expect("a group");
        let nowhere = Occasion { address: "", ..shared };
        assert_ne!(
            nowhere.fingerprint(&key(1)),
            anywhere,
            "no stated address is that of everybody"
        );
        let elsewhere = Occasion { address: "192.0.2.8", ..shared };
        assert_eq!(elsewhere.fingerprint_anywhere(&key(1)), Some(anywhere));
        for other in [
            Occasion { user: "u2", ..shared },
            Occasion { circle: Circle::Group("other"), ..shared },
            Occasion { uid: 33, ..shared },
            Occasion { typed: b"secret;123457", ..shared },
        ] {
            assert_ne!(other.fingerprint_anywhere(&key(1)), Some(anywhere));
        }
    }

    #[test]
    fn another_factor_is_another_witness_and_another_app_password_is_not() {
        let ring = ring();
        let author = Author { user: "u1", keys: &ring };
        let of = |records: &[&str]| {
            let records: Vec<_> = records.iter().map(|&record| record.to_owned()).collect();
            let set = enrolled(author, &records, &[]);
            (set.credentials.len(), witness(&set, &key(1)))
        };
        let id = CredentialId::generate(&mut Counter(3));
        let device = Credential::new(id, "x", 5, Unknown).to_record(author);
        let (nothing, with_device) = (of(&[]), of(&[&device]));
        assert_eq!((nothing.0, with_device.0), (0, 1));
        assert_ne!(nothing.1, with_device.1);
        assert_ne!(of(&["unreadable"]).1, nothing.1);
        let scope = Scope { services: vec![ANY_SERVICE.into()], networks: Vec::new() };
        let new = NewAppPassword { user: "u1", label: "Mail", scope, expires: None, now: 5 };
        let (app_password, _) =
            enrol::app_password(new, &CredentialSet::default(), &ring, &mut Counter(9));
        assert_eq!(of(&[&device, &app_password.to_record(author)]), (2, with_device.1));
        let set = CredentialSet::default();
        assert_ne!(witness(&set, &key(1)), witness(&set, &key(2)));
    }

    #[test]
    fn it_ends_and_never_begins_in_the_future() {
        assert!(still_counts(100, 100, 60) && still_counts(100, 159, 60));
        assert!(!still_counts(100, 160, 60) && !still_counts(100, 99, 60));
        assert!(!still_counts(100, 100, 0));
        assert!(still_counts_here(130, 100, 60) && still_counts_here(100, 159, 60));
        assert!(!still_counts_here(131, 100, 60), "that clock is too far ahead");
        assert!(!still_counts_here(100, 160, 60) && !still_counts_here(130, 100, 0));
    }

    #[test]
    fn a_print_is_another_one_of_other_factors_and_under_another_key() {
        let first = print([1; 16], [2; 16], &key(1));
        assert_eq!(print([1; 16], [2; 16], &key(1)), first);
        let others = [([2; 16], [2; 16], 1), ([1; 16], [1; 16], 1), ([1; 16], [2; 16], 2)];
        for (fingerprint, witness, byte) in others {
            assert_ne!(print(fingerprint, witness, &key(byte)), first);
        }
    }
}
