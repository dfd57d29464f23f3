//! The section `[ldap]` of the settings.

use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::change_settings::PasswordChange;
use super::group_settings::NestedGroups;
use super::presets::{GENERIC, Preset, Usual};
use super::state_settings::StateSettings;

/// The LDAP directory: which servers, who monk is there, and how it finds people.
///
/// What is not written has the value of the preset; so a text that is empty counts as not written there.
/// [`Ldap::new`](super::Ldap::new) checks what belongs together.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, remote = "Self")]
pub struct LdapSettings {
    /// The product that the servers run: what its directories look like as a rule. Each key overrides it.
    pub preset: Option<Preset>,

    /// The servers, the preferred one first: `ldaps://ldap.example.org`, `ldap://…`, or
    /// `ldapi://%2Frun%2Fslapd%2Fldapi` for a Unix socket.
    pub uris: Vec<String>,

    /// The one server that decides whether a code has been used; the first of `uris` by default.
    ///
    /// Needed where the first of `uris` is a read-only replica. There is no fail-over for it: two
    /// servers that replicate to each other would both accept the same code.
    pub write_uri: Option<String>,

    /// Spend codes on any of `uris` when the one that decides is down. While the servers cannot reach
    /// each other, each side then takes a code once; and a backup code that was used meanwhile can be
    /// good once more afterwards (docs/replication.md).
    #[serde(default)]
    pub write_fail_over: bool,

    /// Upgrade `ldap://` connections to TLS before anything is said (StartTLS).
    #[serde(default)]
    pub starttls: bool,

    /// Let passwords cross the network in the clear over `ldap://`. Never needed to reach this
    /// machine's own loopback address.
    #[serde(default)]
    pub allow_cleartext: bool,

    /// The certificates of the only authorities to trust, in PEM; the system's by default.
    pub ca_file: Option<PathBuf>,

    /// The account that monk itself uses, together with `password_file`.
    pub bind_dn: Option<String>,

    /// The file that holds the password of `bind_dn`, readable by monk alone.
    pub password_file: Option<PathBuf>,

    /// Be known by the user that monkd runs as (SASL EXTERNAL), on `ldapi://`, instead of `bind_dn`.
    #[serde(default)]
    pub sasl_external: bool,

    /// The entry below which people are.
    pub base: String,

    /// How far below `base`.
    #[serde(default)]
    pub scope: Scope,

    /// Which entry is meant by a login name; `{user}` stands for the name (RFC 4515, escaped). By
    /// default, that with this `uid`.
    pub filter: Option<String>,

    /// The same for names with an `@` in them. By default the `uid` or the mail address; what
    /// `filter` says, where only that is set. It is a filter of its own because few directories have
    /// an index of mail addresses, and a server without one reads all entries for it.
    pub mail_filter: Option<String>,

    /// The attribute that holds the login name in its own spelling.
    #[serde(default)]
    pub name_attribute: String,

    /// The attribute that names a user for ever, whatever becomes of the name: exactly one value.
    /// `nsUniqueId` for 389 Directory Server.
    #[serde(default)]
    pub id_attribute: String,

    /// The attribute that holds the mail address.
    #[serde(default)]
    pub mail_attribute: String,

    /// The attribute that holds what a user has enrolled.
    #[serde(default = "default_credential_attribute")]
    pub credential_attribute: String,

    /// The attribute that holds what has been used of it.
    #[serde(default = "default_use_attribute")]
    pub use_attribute: String,

    /// The auxiliary object class that allows the two. An entry carries it exactly as long as
    /// something is enrolled in it: monk adds and removes it, and nobody else should.
    #[serde(default = "default_object_class")]
    pub object_class: String,

    /// An entry with a password hash like everybody's. The passwords typed for unknown users are
    /// checked there, so that the time of an answer does not tell who exists.
    pub decoy_dn: Option<String>,

    /// The entry below which groups are that a policy names without their DN.
    pub group_base: Option<String>,

    /// Which groups a user is in: `{dn}` stands for the user's entry, `{user}` for the login name in
    /// the directory's own spelling (RFC 4515, escaped).
    #[serde(default)]
    pub group_filter: String,

    /// The attribute that holds the name of a group.
    #[serde(default)]
    pub group_name_attribute: String,

    /// The attribute of a user's entry that holds the DNs of groups.
    #[serde(default)]
    pub member_of_attribute: String,

    /// How groups in groups count: `"server"` asks the server, which knows by its own rule; a number says how
    /// many levels monk goes up itself. By default, what the preset says, else direct members only.
    pub nested_groups: Option<NestedGroups>,

    /// The NetBIOS name of an Active Directory domain: who types `EXAMPLE\alice` is then alice, if this is
    /// `EXAMPLE`. Without it, and with any other domain before it, the name is looked for as it was typed.
    pub domain: Option<String>,

    /// How users change their passwords: `"rfc3062"`, by the operation that most servers know;
    /// `"unicode-pwd"`, as Active Directory wants it; or `"none"`, not through monk. By default, what the preset
    /// says, else `"rfc3062"`.
    pub password_change: Option<PasswordChange>,

    /// How long a server may take until it can be talked to, in milliseconds; three quarters of that
    /// where there is a next one to be tried.
    #[serde(default = "default_connect_timeout_ms")]
    pub connect_timeout_ms: u64,

    /// Where the state of an account is read from.
    #[serde(default)]
    pub state: StateSettings,
}

impl<'de> Deserialize<'de> for LdapSettings {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::deserialize(deserializer).map(Self::with_usual)
    }
}

impl Serialize for LdapSettings {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Self::serialize(self, serializer)
    }
}

/// How far below the base people are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Scope {
    /// Anywhere below it.
    #[default]
    Subtree,
    /// Immediately below it.
    One,
}

impl LdapSettings {
    /// What directories of the preset look like.
    fn usual(&self) -> &'static Usual {
        self.preset.map_or(&GENERIC, Preset::usual)
    }

    /// Fills in what is not written.
    fn with_usual(mut self) -> Self {
        let usual = self.usual();
        for (value, usual) in [
            (&mut self.name_attribute, usual.name_attribute),
            (&mut self.id_attribute, usual.id_attribute),
            (&mut self.mail_attribute, usual.mail_attribute),
            (&mut self.group_filter, usual.group_filter),
            (&mut self.group_name_attribute, usual.group_name_attribute),
            (&mut self.member_of_attribute, usual.member_of_attribute),
        ] {
            if value.is_empty() {
                usual.clone_into(value);
            }
        }
        self.nested_groups = self.nested_groups.or(usual.nested_groups);
        self.password_change.get_or_insert(usual.password_change);
        self.state.means.get_or_insert_with(|| usual.means.to_vec());
        self
    }

    /// The filter for login names, and that for those with an `@` in them.
    #[must_use]
    pub fn filters(&self) -> (&str, &str) {
        let (filter, usual) = (self.filter.as_deref(), self.usual());
        let with_at = self.mail_filter.as_deref().or(filter);
        (filter.unwrap_or(usual.filter), with_at.unwrap_or(usual.mail_filter))
    }

    /// How users change their passwords.
    #[must_use]
    pub fn password_change(&self) -> PasswordChange {
        self.password_change.unwrap_or(self.usual().password_change)
    }

    /// Why what users enrol cannot be kept in their entries, if so.
    #[must_use]
    pub fn why_no_credentials(&self) -> Option<&'static str> {
        self.usual().why_no_credentials
    }

    /// The attributes of entries that are named one by one.
    pub fn attributes(&self) -> impl Iterator<Item = &str> {
        let named = [
            &self.name_attribute,
            &self.id_attribute,
            &self.mail_attribute,
            &self.credential_attribute,
            &self.use_attribute,
        ];
        named.into_iter().map(String::as_str)
    }

    /// How long a server may take until it can be talked to.
    #[must_use]
    pub fn connect_timeout(&self) -> Duration {
        Duration::from_millis(self.connect_timeout_ms)
    }
}

/// The functions in which serde looks for defaults.
macro_rules! defaults {
    ($($name:ident: $value:literal,)*) => {
        $(fn $name() -> String {
            $value.to_owned()
        })*
    };
}

defaults! {
    default_credential_attribute: "monkCredential",
    default_use_attribute: "monkUse",
    default_object_class: "monkUser",
}

/// Three servers can be tried within the 10 s of a login, and nobody waits 2 s for a healthy one.
fn default_connect_timeout_ms() -> u64 {
    2000
}
