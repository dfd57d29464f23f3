//! What `doctor` tells a directory, and what it hears from it.

use std::sync::Arc;

use monk_core::keys::Keyring;
use monk_wire::manage::doctor::{Examination, Findings, LdapFacts};

use super::{CredentialStore, Directory};
use crate::deadline::Deadline;

/// What an examination has to know of the engine.
pub struct Circumstances<'a> {
    /// What was asked for.
    pub examination: &'a Examination,
    /// The host keys.
    pub keys: &'a Arc<Keyring>,
    /// The directory as logins use it.
    pub directory: &'a dyn Directory,
    /// The credential store as logins use it.
    pub store: &'a dyn CredentialStore,
    /// Whether the credentials are kept beside the users.
    pub holds_credentials: bool,
    /// Whether codes are mailed to addresses of the directory.
    pub mails_its_addresses: bool,
    /// The groups that policies name, with the section that names them.
    pub groups: Vec<(Vec<String>, String)>,
    /// When the answer is due.
    pub deadline: Deadline,
}

/// What an examination found.
#[derive(Default)]
pub struct Examined {
    /// What is to be told.
    pub findings: Findings,
    /// Users cannot be looked up, so no list of them is complete, and no limit of a server is to blame.
    pub keeps_users_out: bool,
    /// What the half of `doctor` on this host compares a directory server here with.
    pub ldap: Option<LdapFacts>,
}
