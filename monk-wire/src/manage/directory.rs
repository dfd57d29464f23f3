//! A directory server that is to be used: what it is, and which settings fit.

use monk_terms::account_state::AccountState;
use serde::{Deserialize, Serialize};

use super::Outage;
use crate::Secret;

/// About directories.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum DirectoryCommand {
    /// Asks a server what it is, and tries the settings that fit.
    Detect(Box<Detection>),
}

/// Which server is asked, and as whom.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Detection {
    /// `ldaps://ldap.example.org`, as in the settings.
    pub uri: String,
    /// Whether to upgrade `ldap://` to TLS.
    pub starttls: bool,
    /// The certificates of the only authorities to trust, a file on this host.
    pub ca_file: Option<String>,
    /// Where people are; `None` for the server's own suffix.
    pub base: Option<String>,
    /// The account to log in with, and its password.
    pub account: Option<(String, Secret)>,
    /// A login name to try.
    pub user: Option<String>,
}

/// A product that monk has a preset for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Product {
    /// Microsoft's Active Directory, or Samba as a domain controller.
    ActiveDirectory,
    /// 389 Directory Server.
    Ds389,
    /// FreeIPA.
    FreeIpa,
    /// OpenLDAP.
    OpenLdap,
    /// lldap.
    Lldap,
    /// The LDAP outpost of authentik.
    Authentik,
}

impl Product {
    /// The value of `preset` in the settings.
    #[must_use]
    pub fn preset(self) -> &'static str {
        match self {
            Self::ActiveDirectory => "active-directory",
            Self::Ds389 => "389ds",
            Self::FreeIpa => "freeipa",
            Self::OpenLdap => "openldap",
            Self::Lldap => "lldap",
            Self::Authentik => "authentik",
        }
    }
}

/// What came of a command about directories.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum DirectoryOutcome {
    /// What the server is.
    Detected(Detected),
}

/// What a server is, and what fits it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Detected {
    /// Who made it, in its own words.
    pub vendor: Option<String>,
    /// Which product it is, where that can be told.
    pub product: Option<Product>,
    /// The suffixes that hold data.
    pub bases: Vec<String>,
    /// Settings to paste, as TOML. They are those that were tried.
    pub settings: String,
    /// What the settings find; `None` where nothing was to be tried.
    pub tried: Option<Tried>,
}

/// What a search for one user found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Tried {
    /// Exactly one.
    Found(FoundUser),
    /// Nobody.
    Nobody,
    /// Several entries, so the name says nobody.
    Several,
    /// The search could not be made, or its answer cannot be used.
    Failed(Outage),
}

/// A user as the settings find it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FoundUser {
    /// The login name in the directory's own spelling.
    pub name: String,
    /// The stable id.
    pub id: String,
    /// The mail address.
    pub mail: Option<String>,
    /// The entry.
    pub locator: String,
    /// The state of the account.
    pub state: AccountState,
    /// What hosts that have their users from the directory know; `None` where the user has no uid.
    pub on_hosts: Option<OnHosts>,
}

/// A user of hosts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OnHosts {
    /// The uid.
    pub uid: u32,
    /// The primary group.
    pub gid: u32,
    /// How many further groups with a gid there are.
    pub groups: u32,
}
