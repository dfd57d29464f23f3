//! App passwords: generated, never chosen; one per program; no second factor is asked with them.
//!
//! 20 symbols in 5 groups of 4. The first group is a public identifier, the other 16 symbols are
//! 80 secret bits: however many a user has, one hash is checked.

use std::net::IpAddr;

use ipnet::IpNet;
use serde::Serialize;
use zeroize::Zeroizing;

use crate::credential::{Credential, CredentialId, CredentialSet, Factor, Stored};
use crate::hash::{Cost, HashError, Hashes};
use crate::keys::{Keyring, Owner};
use crate::random::Random;
use crate::symbols;

/// Symbols of a whole app password.
pub const SYMBOLS: usize = 20;
/// Symbols of the public identifier.
const PUBLIC_SYMBOLS: usize = 4;
/// The scope that opens every service.
pub const ANY_SERVICE: &str = "*";

/// An app password as typed, in canonical form. No `Debug`; wiped when dropped.
#[derive(Clone)]
pub struct AppPassword(Zeroizing<String>);

impl AppPassword {
    /// What was typed, if it has the shape of an app password.
    #[must_use]
    pub fn from_typed(text: &str) -> Option<Self> {
        symbols::canonical(text, SYMBOLS).map(Self)
    }

    /// In groups of four, as it is shown once.
    #[must_use]
    pub fn shown(&self) -> Zeroizing<String> {
        symbols::grouped(&self.0)
    }

    /// In canonical form, to be compared with what was typed before.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    fn public(&self) -> &str {
        &self.0[..PUBLIC_SYMBOLS]
    }

    fn secret(&self) -> &str {
        &self.0[PUBLIC_SYMBOLS..]
    }
}

/// Which services and networks an app password opens.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Scope {
    /// PAM service names, or [`ANY_SERVICE`].
    pub services: Vec<String>,
    /// Networks the login must come from; empty means from anywhere.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub networks: Vec<IpNet>,
}

/// An app password, as it is stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AppPasswordRecord {
    /// The public identifier: the first group.
    pub public: String,
    /// The hash of the secret part.
    #[serde(flatten)]
    pub hash: Hashes,
    /// What it opens.
    #[serde(flatten)]
    pub scope: Scope,
    /// When it ends, in seconds since 1970.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires: Option<u64>,
}

/// What a new app password is made from.
pub struct NewAppPassword<'a> {
    /// The stable id of its user.
    pub user: &'a str,
    /// The name that the user gives it.
    pub label: &'a str,
    /// What it opens.
    pub scope: Scope,
    /// When it ends, in seconds since 1970.
    pub expires: Option<u64>,
    /// Seconds since 1970.
    pub now: u64,
}

/// A new app password, with a public identifier that no other of `set` has.
#[must_use]
pub fn create(
    new: NewAppPassword<'_>,
    set: &CredentialSet,
    keys: &Keyring,
    random: &mut dyn Random,
) -> (Credential, AppPassword) {
    let password = loop {
        let candidate = AppPassword(symbols::random(SYMBOLS, random));
        if find(&candidate, set).is_none() {
            break candidate;
        }
    };
    let id = CredentialId::generate(random);
    let owner = Owner { user: new.user, credential: id.as_str() };
    let record = AppPasswordRecord {
        public: password.public().to_owned(),
        hash: Hashes::new(&[password.secret()], owner, Cost::LOW, keys, random),
        scope: new.scope,
        expires: new.expires,
    };
    (Credential::new(id, new.label, new.now, Factor::AppPassword(record)), password)
}

/// The app password that `typed` names by its public identifier.
#[must_use]
pub fn find<'a>(
    typed: &AppPassword,
    set: &'a CredentialSet,
) -> Option<(&'a Stored<Credential>, &'a AppPasswordRecord)> {
    set.credentials.iter().find_map(|stored| match &stored.value.factor {
        Factor::AppPassword(record) if record.public == typed.public() => Some((stored, record)),
        _ => None,
    })
}

impl AppPasswordRecord {
    /// Whether `typed` is this app password. Computes one hash.
    ///
    /// # Errors
    /// [`HashError`] when nothing could be compared.
    pub fn verify(
        &self,
        typed: &AppPassword,
        owner: Owner<'_>,
        keys: &Keyring,
    ) -> Result<bool, HashError> {
        Ok(self.hash.position(typed.secret(), owner, keys)?.is_some())
    }

    /// Whether it has ended.
    #[must_use]
    pub fn has_expired(&self, now: u64) -> bool {
        self.expires.is_some_and(|end| now >= end)
    }
}

impl Scope {
    /// Whether a login to `service` from `address` is within the scope.
    ///
    /// An address that is unknown or a host's name is in no network.
    #[must_use]
    pub fn opens(&self, service: &str, address: Option<&str>) -> bool {
        let service_fits =
            self.services.iter().any(|s| s == ANY_SERVICE || s.eq_ignore_ascii_case(service));
        let network_fits = self.networks.is_empty()
            || address
                .and_then(|text| text.parse::<IpAddr>().ok())
                .map(|address| address.to_canonical())
                .is_some_and(|address| self.networks.iter().any(|net| net.contains(&address)));
        service_fits && network_fits
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::{alice, enrolled, ring};
    use crate::random::Counter;

    fn new(expires: Option<u64>) -> NewAppPassword<'static> {
        let scope = Scope { services: vec!["imap".into()], networks: Vec::new() };
        NewAppPassword { user: "u1", label: "Mail", scope, expires, now: 5 }
    }

    fn stored(credentials: &[&Credential]) -> CredentialSet {
        let keys = ring();
        let records: Vec<_> = credentials.iter().map(|one| one.to_record(alice(&keys))).collect();
        enrolled(alice(&keys), &records, &[])
    }

    #[test]
    fn it_is_found_by_its_first_group_and_verified_by_one_hash() {
        let (keys, mut random) = (ring(), Counter(1));
        let (one, first) = create(new(None), &CredentialSet::default(), &keys, &mut random);
        let (two, second) = create(new(None), &stored(&[&one]), &keys, &mut random);
        let set = stored(&[&one, &two]);
        for (credential, password) in [(&one, &first), (&two, &second)] {
            let typed = AppPassword::from_typed(&password.shown().to_uppercase()).unwrap();
            let (found, record) = find(&typed, &set).unwrap();
            assert_eq!(found.value.id, credential.id);
            let owner = Owner { user: "u1", credential: found.value.id.as_str() };
            assert_eq!(record.verify(&typed, owner, &keys), Ok(true));
            assert_eq!(record.verify(&typed, Owner { user: "u2", ..owner }, &keys), Ok(false));
        }
        let mixed = format!("{}{}", first.public(), second.secret());
        let typed = AppPassword::from_typed(&mixed).unwrap();
        let (found, record) = find(&typed, &set).unwrap();
        let owner = Owner { user: "u1", credential: found.value.id.as_str() };
        assert_eq!(record.verify(&typed, owner, &keys), Ok(false));
    }

    #[test]
    fn the_secret_stands_nowhere_in_the_record() {
        let (credential, password) =
            create(new(None), &CredentialSet::default(), &ring(), &mut Counter(1));
        let record = credential.to_record(alice(&ring()));
        assert!(record.contains(password.public()) && !record.contains(password.secret()));
    }

    #[test]
    fn scopes_name_services_and_networks() {
        let scope = |services: &[&str], networks: &[&str]| Scope {
            services: services.iter().map(|s| (*s).to_owned()).collect(),
            networks: networks.iter().map(|n| n.parse().unwrap()).collect(),
        };
        let home = Some("192.0.2.7");
        assert!(scope(&["imap", "smtp"], &[]).opens("imap", None));
        assert!(scope(&["IMAP"], &[]).opens("imap", None));
        assert!(!scope(&["imap"], &[]).opens("sshd", home));
        assert!(!scope(&[], &[]).opens("imap", home), "no service named opens none");
        assert!(scope(&["*"], &[]).opens("sshd", home));
        assert!(scope(&["*"], &["192.0.2.0/24"]).opens("imap", home));
        assert!(scope(&["*"], &["192.0.2.0/24"]).opens("imap", Some("::ffff:192.0.2.7")));
        for elsewhere in [None, Some("198.51.100.1"), Some("mail.example.org"), Some("")] {
            assert!(!scope(&["*"], &["192.0.2.0/24"]).opens("imap", elsewhere));
        }
    }

    #[test]
    fn it_ends_at_the_second_it_expires() {
        let (credential, _) =
            create(new(Some(100)), &CredentialSet::default(), &ring(), &mut Counter(1));
        let Factor::AppPassword(record) = credential.factor else { panic!("an app password") };
        assert!(!record.has_expired(99) && record.has_expired(100));
    }
}
