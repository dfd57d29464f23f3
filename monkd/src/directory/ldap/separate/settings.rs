//! The section `[credential_store]` of the settings.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::directory::ldap::chosen::setup;
use crate::directory::ldap::settings::LdapSettings;
use crate::outage::Outage;

/// The LDAP server that keeps what the users of another directory have enrolled.
///
/// The keys mean what they mean in `[ldap]` (see [`LdapSettings`]), apart from `directory_label`.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct CredentialStoreSettings {
    /// The servers, the preferred one first.
    pub uris: Vec<String>,

    /// The one server that decides whether a code has been used; the first of `uris` by default.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub write_uri: Option<String>,

    /// Spend codes on any of `uris` when the one that decides is down.
    #[serde(default)]
    pub write_fail_over: bool,

    /// Upgrade `ldap://` connections to TLS before anything is said (StartTLS).
    #[serde(default)]
    pub starttls: bool,

    /// Let records cross the network in the clear over `ldap://`.
    #[serde(default)]
    pub allow_cleartext: bool,

    /// The certificates of the only authorities to trust, in PEM; the system's by default.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ca_file: Option<PathBuf>,

    /// The account that monk itself uses, together with `password_file`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bind_dn: Option<String>,

    /// The file that holds the password of `bind_dn`, readable by monk alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub password_file: Option<PathBuf>,

    /// Be known by the user that monkd runs as (SASL EXTERNAL), on `ldapi://`, instead of `bind_dn`.
    #[serde(default)]
    pub sasl_external: bool,

    /// The entry immediately below which the entries of users are, and the sentinel.
    pub base: String,

    /// Tells the users of one directory from those of another one that uses the same base: an id means
    /// somebody in one directory only. The same on all hosts of a fleet, and never changed. There is no default:
    /// two fleets that shared it would sweep each other's records.
    #[serde(default)]
    pub directory_label: String,

    /// How long a server may take until it can be talked to, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub connect_timeout_ms: Option<u64>,
}

impl CredentialStoreSettings {
    /// The same servers as a directory whose people are the entries of this store.
    pub(super) fn as_directory(&self) -> Result<LdapSettings, Outage> {
        let directory = || {
            let mut keys = toml::Table::try_from(self).ok()?;
            keys.remove("directory_label");
            keys.extend(super::place::AS_DIRECTORY.map(|(key, value)| (key.into(), value.into())));
            keys.try_into().ok()
        };
        directory().ok_or_else(|| setup("cannot be read as the settings of a directory"))
    }
}
