//! What `[credential_store]` answers before a server is asked.

use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use monk_core::keys::Keyring;

use super::settings::CredentialStoreSettings;
use super::{SeparateStore, doctor};
use crate::directory::CredentialStore;
use crate::directory::section::{Circumstances, Examined, Section, StoreSection};
use crate::outage::Outage;
use crate::trusted_file::{self, Privacy};

impl CredentialStoreSettings {
    /// The store, of which no server is asked yet.
    fn store(&self, keys: &Arc<Keyring>) -> Result<SeparateStore, Outage> {
        let read = |path| trusted_file::read_secret_line(path, Privacy::Group);
        let password = self.password_file.as_deref().map(read).transpose()?;
        SeparateStore::new(self, password, Arc::clone(keys))
    }
}

impl Section for CredentialStoreSettings {
    fn check(&self, keys: &Arc<Keyring>) -> Result<(), Outage> {
        self.store(keys).map(drop)
    }

    fn password_file(&self) -> Option<&Path> {
        self.password_file.as_deref()
    }
}

#[async_trait]
impl StoreSection for CredentialStoreSettings {
    fn title(&self) -> &'static str {
        "credentials in LDAP"
    }

    fn open_store(&self, keys: &Arc<Keyring>) -> Result<Arc<dyn CredentialStore>, Outage> {
        Ok(Arc::new(self.store(keys)?))
    }

    async fn examine_store(&self, circumstances: &Circumstances<'_>) -> Examined {
        doctor::examine(self, self.store(circumstances.keys), circumstances).await
    }
}
