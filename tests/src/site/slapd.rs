//! The slapd that a site has of its own.

use super::programs::shipped;
use crate::{Slapd, SlapdOptions, World};

/// Below which entry credentials are that have entries of their own.
pub const STORE_BASE: &str = "ou=monk,dc=example,dc=org";

/// The password of the accounts that monk itself uses in slapd.
pub(super) const SERVICE_PASSWORD: &str = "service;secret";

/// A slapd with monk's schema, and an account for monk.
#[track_caller]
pub(super) fn start_slapd(world: &World, options: SlapdOptions) -> Slapd {
    let slapd = Slapd::start(world, options);
    let suffix = Slapd::SUFFIX;
    for name in ["monk", "monk-store"] {
        slapd.add(&format!(
            "dn: cn={name},{suffix}\nobjectClass: applicationProcess\nobjectClass: simpleSecurityObject\ncn: {name}\nuserPassword: {SERVICE_PASSWORD}\n"
        ));
    }
    slapd.add(&shipped("config/ldap/store.ldif"));
    slapd
}

/// A server with monk's schema, and access rules by which monk's account may `write`, so enrol and
/// check, or only `read`. Credentials with entries of their own are another account's.
pub(super) fn slapd_options(right: &str) -> SlapdOptions {
    let suffix = Slapd::SUFFIX;
    let access = vec![
        format!(
            "to dn.subtree=\"{STORE_BASE}\" by dn.exact=\"cn=monk-store,{suffix}\" write by * none"
        ),
        format!(
            "to attrs=monkCredential,monkUse by dn.exact=\"cn=monk,{suffix}\" {right} by * none"
        ),
        "to attrs=userPassword by anonymous auth by * none".to_owned(),
        format!("to * by dn.exact=\"cn=monk,{suffix}\" {right} by * none"),
    ];
    SlapdOptions {
        schemas: vec![shipped("config/ldap/monk.ldif")],
        access,
        ..SlapdOptions::default()
    }
}
