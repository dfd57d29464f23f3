//! What the settings of a directory or a credential store can be asked before it is open.
//!
//! Each folder of a directory implements these traits for its section of the settings, so that the engine,
//! `monkd --check`, `monkd --setup` and `doctor` never ask which kind it is.

use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use monk_core::keys::Keyring;
use monk_wire::manage::doctor::{Examination, LdapFacts};

use super::{CredentialStore, Directory};
use crate::deadline::Deadline;
use crate::observations::Observations;
use crate::outage::Outage;

/// A directory, and the store with the credentials of its users.
pub struct Opened {
    /// Who users are.
    pub directory: Arc<dyn Directory>,
    /// What users have enrolled and used.
    pub store: Arc<dyn CredentialStore>,
}

/// A section that describes a place of data.
pub trait Section: Send + Sync {
    /// Whether it could be opened. Changes nothing, and asks no server.
    ///
    /// # Errors
    /// [`Outage`] says what is missing and how to mend it.
    fn check(&self, keys: &Arc<Keyring>) -> Result<(), Outage>;

    /// Makes what must exist before it can be opened, unless it exists.
    ///
    /// # Errors
    /// [`Outage::Storage`] when it can neither be made nor opened.
    fn create(&self) -> Result<(), Outage> {
        Ok(())
    }

    /// The file on this host that holds the data.
    fn file(&self) -> Option<&Path> {
        None
    }

    /// The file on this host that holds a password.
    fn password_file(&self) -> Option<&Path> {
        None
    }
}

/// A section that describes a directory.
#[async_trait]
pub trait DirectorySection: Section {
    /// What `systemctl status` calls it.
    fn title(&self) -> &'static str;

    /// Why a group of this name can never be found; `None` where it can.
    fn why_unfindable(&self, _group: &str) -> Option<&'static str> {
        None
    }

    /// After how many wrong passwords such a directory usually locks an account; `None` where it never does.
    fn usual_lockout(&self) -> Option<u32> {
        None
    }

    /// Opens it, with the credentials kept beside the users. A server need not answer yet.
    ///
    /// # Errors
    /// [`Outage`] says what is missing and how to mend it.
    fn open(&self, keys: &Arc<Keyring>) -> Result<Opened, Outage>;

    /// Opens it where the credentials are kept elsewhere.
    ///
    /// # Errors
    /// As [`DirectorySection::open`].
    fn open_without_credentials(&self, keys: &Arc<Keyring>) -> Result<Arc<dyn Directory>, Outage>;

    /// Looks, for `doctor`, for what keeps users out or lets others in. Changes nothing.
    async fn examine(&self, circumstances: &Circumstances<'_>) -> Examined;
}

/// A section that describes a credential store apart from the directory.
#[async_trait]
pub trait StoreSection: Section {
    /// What `systemctl status` calls it.
    fn title(&self) -> &'static str;

    /// Opens it.
    ///
    /// # Errors
    /// [`Outage`] says what is missing and how to mend it.
    fn open_store(&self, keys: &Arc<Keyring>) -> Result<Arc<dyn CredentialStore>, Outage>;

    /// Looks, for `doctor`, for what keeps records from being read and written. Changes nothing.
    async fn examine_store(&self, circumstances: &Circumstances<'_>) -> Examined;
}

/// The lockout of a directory that the throttle stays below.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AssumedLockout {
    /// After how many wrong passwords it locks an account.
    pub failures: u32,
    /// How long it counts them, in seconds.
    pub window: u64,
}

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
    /// Whether this host has its users and groups from the directory.
    pub serves_names: bool,
    /// The groups that policies name, with the section that names them.
    pub groups: Vec<(Vec<String>, String)>,
    /// The lockout that the throttle stays below; `None` where it believes that there is none.
    pub lockout: Option<AssumedLockout>,
    /// When the answer is due.
    pub deadline: Deadline,
}

/// What an examination found.
#[derive(Default)]
pub struct Examined {
    /// What is to be told.
    pub findings: Observations,
    /// Users cannot be looked up, so no list of them is complete, and no limit of a server is to blame.
    pub keeps_users_out: bool,
    /// What the half of `doctor` on this host compares a directory server here with.
    pub ldap: Option<LdapFacts>,
}
