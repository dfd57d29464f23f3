//! The kinds of directories and credential stores: the one place that knows them all.

use std::sync::Arc;

use monk_core::keys::Keyring;
use monk_wire::manage::{Detected, Detection};
use serde::{Deserialize, Serialize};

use super::embedded::settings::EmbeddedSettings;

use super::CredentialStore;
use super::ldap;
use super::ldap::separate::settings::CredentialStoreSettings;
use super::ldap::settings::LdapSettings;
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
    /// On another LDAP server, which monk may write; `[credential_store]` says where.
    Ldap,
}

/// The sections that describe places of data.
#[derive(Clone, Copy)]
pub struct Sections<'a> {
    /// The embedded directory and store.
    pub embedded: &'a EmbeddedSettings,
    /// The LDAP directory.
    pub ldap: Option<&'a LdapSettings>,
    /// The credential store on another LDAP server.
    pub credential_store: Option<&'a CredentialStoreSettings>,
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
    pub fn of(directory: DirectoryKind, store: StoreKind, sections: Sections<'a>) -> Self {
        let (DirectoryKind::Ldap, Some(ldap)) = (directory, sections.ldap) else {
            // The credentials of its users are in the same file anyway.
            return Self { directory: sections.embedded, store: None };
        };
        Self { directory: ldap, store: store_section(store, sections) }
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

/// Opens a store by its kind, whether or not the settings choose it; makes it first, where it is a file.
///
/// # Errors
/// [`Outage`] says what is missing and how to mend it.
pub fn open_store(
    kind: StoreKind,
    sections: Sections<'_>,
    keys: &Arc<Keyring>,
) -> Result<Arc<dyn CredentialStore>, Outage> {
    let missing = |what: &str| Outage::Setup(format!("the settings have no section {what}"));
    if kind == StoreKind::Directory {
        let ldap = sections.ldap.ok_or_else(|| missing("[ldap]"))?;
        return Ok(ldap.open(keys)?.store);
    }
    let section = store_section(kind, sections).ok_or_else(|| missing("[credential_store]"))?;
    section.create()?;
    section.open_store(keys)
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

/// The section of a store, unless credentials are beside the users.
fn store_section(store: StoreKind, sections: Sections<'_>) -> Option<&dyn StoreSection> {
    match store {
        StoreKind::Directory => None,
        StoreKind::Embedded => Some(sections.embedded),
        StoreKind::Ldap => {
            sections.credential_store.map(|section| -> &dyn StoreSection { section })
        }
    }
}

/// What is wrong with the choice of a directory and a store, and what to do.
#[must_use]
pub fn contradiction(
    directory: DirectoryKind,
    store: StoreKind,
    sections: Sections<'_>,
) -> Option<&'static str> {
    match (store, sections.credential_store) {
        (StoreKind::Ldap, _) if directory == DirectoryKind::Embedded => {
            return Some(
                "credentials = \"ldap\" is for the users of an LDAP directory; those of the embedded directory are \
                 in the same file as the users",
            );
        }
        (StoreKind::Ldap, None) => {
            return Some(
                "credentials = \"ldap\" needs a section [credential_store] with uris and base",
            );
        }
        _ => {}
    }
    match (directory, sections.ldap) {
        (DirectoryKind::Ldap, None) => {
            Some("directory = \"ldap\" needs a section [ldap] with uris and base")
        }
        (DirectoryKind::Embedded, Some(_)) => Some(
            "there is a section [ldap], but it is not used: write directory = \"ldap\" at the top of the file",
        ),
        (DirectoryKind::Ldap, Some(ldap)) if store == StoreKind::Directory => {
            ldap.why_no_credentials()
        }
        (DirectoryKind::Ldap, Some(_)) | (DirectoryKind::Embedded, None) => None,
    }
}
