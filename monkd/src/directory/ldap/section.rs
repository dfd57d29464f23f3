//! What `[ldap]` answers before a server is asked.

use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use monk_core::keys::Keyring;
use monk_core::lockout::USUAL_THRESHOLD;

use super::settings::LdapSettings;
use super::{Ldap, doctor, service_account};
use crate::directory::section::{Circumstances, DirectorySection, Examined, Opened, Section};
use crate::directory::{Directory, is_dn};
use crate::outage::Outage;
use crate::trusted_file::{self, Privacy};

impl LdapSettings {
    /// The directory, of which no server is asked yet.
    fn ldap(&self, keys: &Arc<Keyring>) -> Result<Ldap, Outage> {
        let read = |path| trusted_file::read_secret_line(path, Privacy::Group);
        let password = self.password_file.as_deref().map(read).transpose()?;
        Ldap::new(self, password, Arc::clone(keys))
    }
}

impl Section for LdapSettings {
    fn check(&self, keys: &Arc<Keyring>) -> Result<(), Outage> {
        self.ldap(keys).map(drop)
    }

    fn password_file(&self) -> Option<&Path> {
        self.password_file.as_deref()
    }
}

#[async_trait]
impl DirectorySection for LdapSettings {
    fn title(&self) -> &'static str {
        "LDAP directory"
    }

    fn why_unfindable(&self, group: &str) -> Option<&'static str> {
        (self.group_base.is_none() && !is_dn(group)).then_some(
            "groups names a group without saying where it is: set group_base in [ldap], or write \
             the group's whole DN",
        )
    }

    fn usual_lockout(&self) -> Option<u32> {
        Some(USUAL_THRESHOLD)
    }

    fn open(&self, keys: &Arc<Keyring>) -> Result<Opened, Outage> {
        let ldap = Arc::new(self.ldap(keys)?);
        service_account::forget();
        Ok(Opened { directory: ldap.clone(), store: ldap })
    }

    fn open_without_credentials(&self, keys: &Arc<Keyring>) -> Result<Arc<dyn Directory>, Outage> {
        let ldap = self.ldap(keys)?.without_credentials();
        service_account::forget();
        Ok(Arc::new(ldap))
    }

    async fn examine(&self, circumstances: &Circumstances<'_>) -> Examined {
        let opened = self.ldap(circumstances.keys).map(|ldap| {
            if circumstances.holds_credentials { ldap } else { ldap.without_credentials() }
        });
        doctor::examine(self, opened, circumstances).await
    }
}
