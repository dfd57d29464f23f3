//! The kinds of directories and credential stores: the one place that knows them all.

use std::sync::Arc;

use monk_core::keys::Keyring;
use monk_wire::manage::{Detected, Detection};
use serde::{Deserialize, Serialize};

use super::embedded::settings::EmbeddedSettings;

use super::ldap::{self, settings::LdapSettings};
use super::section::{Circumstances, DirectorySection, Examined, Opened, Section, StoreSection};
use crate::deadline::Deadline;
use crate::outage::Outage;

/// Where users and their passwords are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum DirectoryKind {
    /// In our own SQLite file.
    #[default]
    Embedded,
    /// In an LDAP directory; `[ldap]` says where.
    Ldap,
}

/// Where enrolled credentials and their use are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum StoreKind {
    /// Beside the users.
    #[default]
    Directory,
    /// In our own SQLite file, for directories that monk may not write.
    Embedded,
}

/// The sections of the settings that are in force.
pub struct Chosen<'a> {
    /// Where users are.
    pub directory: &'a dyn DirectorySection,
    /// Where credentials are, unless they are beside the users.
    pub store: Option<&'a dyn StoreSection>,
}

impl<'a> Chosen<'a> {
    /// Those that the settings choose. Settings that were read from a file have no [`contradiction`].
    #[must_use]
    pub fn of(
        directory: DirectoryKind,
        store: StoreKind,
        embedded: &'a EmbeddedSettings,
        ldap: Option<&'a LdapSettings>,
    ) -> Self {
        let (DirectoryKind::Ldap, Some(ldap)) = (directory, ldap) else {
            // The credentials of its users are in the same file anyway.
            return Self { directory: embedded, store: None };
        };
        let store: Option<&dyn StoreSection> = match store {
            StoreKind::Directory => None,
            StoreKind::Embedded => Some(embedded),
        };
        Self { directory: ldap, store }
    }

    /// Each section once.
    pub fn sections(&self) -> impl Iterator<Item = &'a dyn Section> {
        let directory: &dyn Section = self.directory;
        std::iter::once(directory).chain(self.store.map(|store| -> &dyn Section { store }))
    }

    /// What `systemctl status` shows.
    #[must_use]
    pub fn title(&self) -> String {
        match self.store {
            Some(store) => format!("{}, {}", self.directory.title(), store.title()),
            None => self.directory.title().to_owned(),
        }
    }

    /// Opens the directory and the store. A server need not answer yet.
    ///
    /// # Errors
    /// [`Outage`] says what is missing and how to mend it.
    pub fn open(&self, keys: &Arc<Keyring>) -> Result<Opened, Outage> {
        let Some(store) = self.store else { return self.directory.open(keys) };
        let directory = self.directory.open_without_credentials(keys)?;
        Ok(Opened { directory, store: store.open_store(keys)? })
    }

    /// Examines both, for `doctor`.
    pub async fn examine(&self, circumstances: &Circumstances<'_>) -> (Examined, Examined) {
        let store = async {
            match self.store {
                Some(store) => store.examine_store(circumstances).await,
                None => Examined::default(),
            }
        };
        tokio::join!(self.directory.examine(circumstances), store)
    }
}

/// Asks a server that is to be used what it is, and tries the settings that fit.
///
/// # Errors
/// [`Outage`] where it cannot be asked at all.
pub async fn detect(
    asked: &Detection,
    keys: &Arc<Keyring>,
    deadline: Deadline,
) -> Result<Detected, Outage> {
    ldap::detect::detect(asked, keys, deadline).await
}

/// What is wrong with the choice of a directory, and what to do.
#[must_use]
pub fn contradiction(
    directory: DirectoryKind,
    ldap: Option<&LdapSettings>,
) -> Option<&'static str> {
    match (directory, ldap) {
        (DirectoryKind::Ldap, None) => {
            Some("directory = \"ldap\" needs a section [ldap] with uris and base")
        }
        (DirectoryKind::Embedded, Some(_)) => Some(
            "there is a section [ldap], but it is not used: write directory = \"ldap\" at the top of the file",
        ),
        (DirectoryKind::Ldap, Some(_)) | (DirectoryKind::Embedded, None) => None,
    }
}
