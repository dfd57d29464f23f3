//! What `[embedded]` answers before the store is open, and what `doctor` tries with the store.

use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use monk_core::keys::Keyring;
use monk_wire::manage::doctor::{Kind, Remedy};

use super::settings::EmbeddedSettings;
use super::{Embedded, KIND};
use crate::deadline::Deadline;
use crate::directory::section::{
    Circumstances, DirectorySection, Examined, Opened, Section, StoreSection,
};
use crate::directory::{CredentialStore, Directory};
use crate::observations::Observations;
use crate::outage::Outage;
use crate::sqlite::Database;

impl Section for EmbeddedSettings {
    fn check(&self, _keys: &Arc<Keyring>) -> Result<(), Outage> {
        Database::check(&self.path, KIND, false)
    }

    fn create(&self) -> Result<(), Outage> {
        Embedded::create(self)
    }

    fn file(&self) -> Option<&Path> {
        Some(&self.path)
    }
}

#[async_trait]
impl DirectorySection for EmbeddedSettings {
    fn title(&self) -> &'static str {
        "embedded directory"
    }

    fn open(&self, keys: &Arc<Keyring>) -> Result<Opened, Outage> {
        let embedded = Arc::new(Embedded::open(self, Arc::clone(keys))?);
        Ok(Opened { directory: embedded.clone(), store: embedded })
    }

    fn open_without_credentials(&self, keys: &Arc<Keyring>) -> Result<Arc<dyn Directory>, Outage> {
        Ok(self.open(keys)?.directory)
    }

    async fn examine(&self, circumstances: &Circumstances<'_>) -> Examined {
        let mut findings = Observations::default();
        if circumstances.examination.as_user.is_some() {
            let evidence = "the users are not in LDAP";
            let title = DirectorySection::title(self);
            findings.report(Kind::LdapUserNotTried, title, evidence, Remedy::TryNoUser);
        }
        try_file(self, circumstances.keys, circumstances.deadline, &mut findings).await;
        Examined { findings, ..Examined::default() }
    }
}

#[async_trait]
impl StoreSection for EmbeddedSettings {
    fn title(&self) -> &'static str {
        "embedded credentials"
    }

    fn open_store(&self, keys: &Arc<Keyring>) -> Result<Arc<dyn CredentialStore>, Outage> {
        Ok(self.open(keys)?.store)
    }

    async fn examine_store(&self, circumstances: &Circumstances<'_>) -> Examined {
        let mut findings = Observations::default();
        try_file(self, circumstances.keys, circumstances.deadline, &mut findings).await;
        findings.report(
            Kind::StoreOfThisHost,
            self.path.display().to_string(),
            "what is enrolled and used stands in a file of this host: where other hosts check logins of the same \
             users, each has a store of its own, and a code opens one login on each of them",
            "Where several hosts check logins, keep credentials on an LDAP server that monk may write: \
             credentials = \"ldap\" (docs/replication.md).",
        );
        Examined { findings, ..Examined::default() }
    }
}

/// Whether the file can be written: a record of nobody comes and goes, in one transaction. It is opened
/// afresh: the engine's own may be another file by now.
async fn try_file(
    settings: &EmbeddedSettings,
    keys: &Arc<Keyring>,
    deadline: Deadline,
    findings: &mut Observations,
) {
    let path = settings.path.display().to_string();
    let tried = match Embedded::open(settings, Arc::clone(keys)) {
        Ok(store) => match store.damage(deadline).await {
            Ok(Some(damage)) => {
                let remedy =
                    "Stop monkd, and restore the store from a backup (or sqlite3 FILE .recover).";
                findings.report(Kind::StoreDamaged, &path, damage, remedy);
                return;
            }
            Ok(None) => {
                findings.ok(Kind::StoreDamaged, &path, "SQLite's quick_check is content");
                store.try_writing(deadline).await
            }
            Err(outage) => Err(outage),
        },
        Err(outage) => Err(outage),
    };
    match tried {
        Ok(()) => findings.ok(Kind::StoreNotWritable, path, "a record came and went"),
        Err(outage) => findings.report(
            Kind::StoreNotWritable,
            path,
            &outage,
            "Mend owner, mode and room on the disk; codes cannot be spent until then.",
        ),
    }
}
