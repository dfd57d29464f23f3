//! App passwords: generated, never chosen; one per program; no second factor is asked with them.
//!
//! 20 symbols in 5 groups of 4. The first group is a public identifier, the other 16 symbols are
//! 80 secret bits: however many a user has, one hash is checked.

use std::net::IpAddr;

use ipnet::IpNet;
use monk_terms::kind::Kind;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::questions::{Case, Defect, Details, NeededKey, Questions, Used};
use crate::hash::{Cost, HashError, Hashes};
use crate::keys::{Keyring, Owner};
use crate::random::Random;
use crate::{symbols, text};

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
    /// A new random one.
    #[must_use]
    pub fn generate(random: &mut dyn Random) -> Self {
        Self(symbols::random(SYMBOLS, random))
    }

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

    /// The public identifier: the first group.
    #[must_use]
    pub fn public(&self) -> &str {
        &self.0[..PUBLIC_SYMBOLS]
    }

    pub(super) fn secret(&self) -> &str {
        &self.0[PUBLIC_SYMBOLS..]
    }
}

/// Which services and networks an app password opens.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scope {
    /// PAM service names, or [`ANY_SERVICE`].
    pub services: Vec<String>,
    /// Networks the login must come from; empty means from anywhere.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub networks: Vec<IpNet>,
}

/// An app password, as it is stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AppPasswordRecord {
    /// The public identifier: the first group.
    pub public: String,
    /// The hash of the secret part.
    pub hash: Hashes,
    /// What it opens.
    pub scope: Scope,
    /// When it ends, in seconds since 1970.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires: Option<u64>,
}

/// Where an app password was last used. It is only shown and decides nothing, so a field that this version
/// does not know is ignored: an unreadable use would make the user's other factors unusable.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LastUse {
    /// The PAM service.
    #[serde(deserialize_with = "text::name")]
    pub service: String,
    /// The address, as the host program stated it.
    #[serde(
        default,
        deserialize_with = "text::optional_name",
        skip_serializing_if = "Option::is_none"
    )]
    pub from: Option<String>,
}

impl LastUse {
    /// Both names come from the program; what would not be read back from a record is left out of them.
    #[must_use]
    pub fn new(service: &str, from: Option<&str>) -> Self {
        let made_plain = |name| text::made_plain(name, text::MAX_NAME);
        Self { service: made_plain(service), from: from.map(made_plain) }
    }
}

impl AppPasswordRecord {
    /// The record of this app password.
    #[must_use]
    pub fn new(
        password: &AppPassword,
        scope: Scope,
        expires: Option<u64>,
        owner: Owner<'_>,
        keys: &Keyring,
        random: &mut dyn Random,
    ) -> Self {
        let hash = Hashes::new(&[password.secret()], owner, Cost::LOW, keys, random);
        Self { public: password.public().to_owned(), hash, scope, expires }
    }

    /// Whether `typed` names it by its public identifier.
    #[must_use]
    pub fn is_named_by(&self, typed: &AppPassword) -> bool {
        self.public == typed.public()
    }

    /// Whether `typed` names it but for one mistake: another symbol, or two neighbours exchanged.
    #[must_use]
    pub fn is_nearly_named_by(&self, typed: &AppPassword) -> bool {
        let (own, other) = (self.public.as_bytes(), typed.public().as_bytes());
        let pairs = own.iter().zip(other).enumerate();
        let wrong: Vec<usize> = pairs.filter(|(_, (a, b))| a != b).map(|(n, _)| n).collect();
        own.len() == other.len()
            && match *wrong {
                [_] => true,
                [one, next] => {
                    next == one + 1 && (own[one], own[next]) == (other[next], other[one])
                }
                _ => false,
            }
    }

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

/// It is no code: what was typed is compared with it before anything else is done.
impl Questions for AppPasswordRecord {
    type Spent = LastUse;

    const KIND: Kind = Kind::AppPassword;

    fn may_be_shown(&self, label: &str) -> bool {
        let fits = |name: &String| text::is_short_and_plain(name, text::MAX_NAME);
        text::is_label(label)
            && text::is_plain(&self.public)
            && self.scope.services.iter().all(fits)
    }

    fn is_second_factor(&self) -> bool {
        false
    }

    fn key(&self) -> Option<NeededKey> {
        Some(NeededKey::Hash(self.hash.key().clone()))
    }

    fn is_usable(&self, case: Case<'_>, _: &Used<'_, LastUse>) -> bool {
        case.keys.get(self.hash.key()).is_some()
    }

    fn all_spent(&self, _: &Used<'_, LastUse>, _: u64) -> Option<LastUse> {
        None
    }

    fn details(&self, _: u64, used: &Used<'_, LastUse>) -> Details {
        let last = used.last();
        Details {
            expires: self.expires,
            services: self.scope.services.clone(),
            networks: self.scope.networks.clone(),
            last_used: last.map(|(at, _)| at),
            last_service: last.map(|(_, last)| last.service.clone()),
            last_address: last.and_then(|(_, last)| last.from.clone()),
            ..Details::default()
        }
    }

    fn defects(&self, case: Case<'_>, _: &Used<'_, LastUse>) -> Vec<Defect> {
        self.has_expired(case.now).then_some(Defect::Expired).into_iter().collect()
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
    use crate::fixtures::ring;
    use crate::random::Counter;

    const OWNER: Owner<'static> = Owner { user: "u1", credential: "1" };

    fn new(expires: Option<u64>, random: &mut Counter) -> (AppPasswordRecord, AppPassword) {
        let scope = Scope { services: vec!["imap".into()], networks: Vec::new() };
        let password = AppPassword::generate(random);
        let record =
            AppPasswordRecord::new(&password, scope, expires, OWNER, &ring(), &mut Counter(7));
        (record, password)
    }

    #[test]
    fn it_is_named_by_its_first_group_and_verified_by_one_hash() {
        let (keys, mut random) = (ring(), Counter(1));
        let ((one, first), (two, second)) = (new(None, &mut random), new(None, &mut random));
        for (record, other, password) in [(&one, &two, &first), (&two, &one, &second)] {
            let typed = AppPassword::from_typed(&password.shown().to_uppercase()).unwrap();
            assert!(record.is_named_by(&typed) && !other.is_named_by(&typed));
            assert_eq!(record.verify(&typed, OWNER, &keys), Ok(true));
            assert_eq!(record.verify(&typed, Owner { user: "u2", ..OWNER }, &keys), Ok(false));
        }
        let mixed = format!("{}{}", first.public(), second.secret());
        let typed = AppPassword::from_typed(&mixed).unwrap();
        assert!(one.is_named_by(&typed));
        assert_eq!(one.verify(&typed, OWNER, &keys), Ok(false));
    }

    #[test]
    fn one_mistake_in_the_first_group_is_recognised_as_one() {
        let (mut record, _) = new(None, &mut Counter(1));
        record.public = "h7kq".to_owned();
        let is_near = |first: &str| {
            let typed = AppPassword::from_typed(&format!("{first}-m3vd-9xpr-t2wn-6fbz")).unwrap();
            record.is_nearly_named_by(&typed)
        };
        for near in ["h7kr", "x7kq", "7hkq", "h7qk"] {
            assert!(is_near(near), "{near}");
        }
        for other in ["h7kq", "h7mr", "k7hq", "kq7h", "aaaa"] {
            assert!(!is_near(other), "{other}");
        }
    }

    #[test]
    fn the_secret_stands_nowhere_in_the_record() {
        let (record, password) = new(None, &mut Counter(1));
        let record = serde_json::to_string(&record).unwrap();
        assert!(record.contains(password.public()) && !record.contains(password.secret()));
    }

    #[test]
    fn where_it_was_used_can_always_be_read_again() {
        let long = "x".repeat(1000);
        for odd in ["imap\nlogin user=root", "\u{202e}imap", &long] {
            let LastUse { service, from } = LastUse::new(odd, Some(odd));
            assert!(text::is_short_and_plain(&service, text::MAX_NAME), "{service:?}");
            assert_eq!(from, Some(service));
        }
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
        let (record, _) = new(Some(100), &mut Counter(1));
        assert!(!record.has_expired(99) && record.has_expired(100));
    }
}
