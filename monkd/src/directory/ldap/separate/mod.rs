//! A credential store of its own on another LDAP server, for users of a directory that monk may not write.
//!
//! Every user who has enrolled has an entry there, named after the label of the directory and the stable id
//! (`place`). It is made with the first credential. When nothing is enrolled any more, it stays, and is empty:
//! LDAP has no way to remove an entry on the condition that nobody has just put something into it. What stands
//! in it, and the compare-and-swap, are those of an entry in the directory itself (`super::store`).
//!
//! `reading` tells a user without credentials from one whose entry is hidden.

mod doctor;
mod owners;
mod place;
mod reading;
mod section;
pub mod settings;

use std::collections::HashSet;
use std::sync::Arc;

use async_trait::async_trait;
use monk_core::credential::{Change, CredentialSet, UseSwap};
use monk_core::keys::Keyring;
use zeroize::Zeroizing;

use self::owners::Owners;
use self::place::{DIRECTORY, First, LOGIN_NAME, OWNER, Place};
use self::reading::{Adding, Reading};
use self::settings::CredentialStoreSettings;
use super::entry::Entry;
use super::servers::Servers;
use super::store::{Modify, is_overtaken};
use super::{Ldap, codes};
use crate::deadline::Deadline;
use crate::directory::{Account, CredentialStore, Enrolled, Pages, Replacement, Swapped};
use crate::outage::Outage;

/// How the section is called in messages of the code that it shares with `[ldap]`.
const SECTION: &str = "[credential_store]";

/// The credential store on another LDAP server, and the connections to it.
pub struct SeparateStore {
    /// The servers, and what records are called there.
    ldap: Ldap,
    place: Place,
    /// What is asked for of an entry.
    wanted: Vec<String>,
}

impl SeparateStore {
    /// Takes the settings, the password of `bind_dn` if there is one, and the keys without which records
    /// are unusable. Nothing is connected yet.
    ///
    /// # Errors
    /// [`Outage::Setup`] says which setting cannot work.
    pub fn new(
        settings: &CredentialStoreSettings,
        bind_password: Option<Zeroizing<String>>,
        keys: Arc<Keyring>,
    ) -> Result<Self, Outage> {
        let new = || {
            let ldap = Ldap::new(&settings.as_directory()?, bind_password, keys)?;
            let place = Place::new(&settings.base, &settings.directory_label)?;
            let mut wanted = ldap.of_credentials.clone();
            wanted.extend([OWNER, DIRECTORY, LOGIN_NAME].map(str::to_owned));
            Ok(Self { ldap, place, wanted })
        };
        new().map_err(|outage| match outage {
            Outage::Setup(what) => Outage::Setup(what.replacen("[ldap]", SECTION, 1)),
            other => other,
        })
    }

    /// The entry of a user as these servers have it; `None` where it is certain that there is none.
    async fn read(
        &self,
        servers: &Servers,
        account: &Account,
        deadline: Deadline,
    ) -> Result<Option<Entry>, Outage> {
        let (dn, attributes) = (self.place.dn(&account.id), &self.ldap.attributes);
        let sentinel = &self.place.sentinel;
        let reading = Reading { dn: &dn, sentinel, attributes, wanted: &self.wanted };
        let answer = servers.run(&reading, deadline).await?;
        reading::entry_of(&self.place, attributes, (&account.id, &dn), answer)
    }

    fn set_of(&self, entry: Option<&Entry>, id: &str) -> Result<CredentialSet, Outage> {
        match entry {
            Some(entry) => self.ldap.attributes.credentials_of(entry, id),
            None => Ok(CredentialSet::default()),
        }
    }

    /// Makes the entry of a user, who has none. Of two who do so at once, one is told that it is there.
    async fn add(
        &self,
        account: &Account,
        first: First<'_>,
        deadline: Deadline,
    ) -> Result<Swapped, Outage> {
        let attributes = &self.ldap.attributes;
        let all = |texts: &[String]| -> HashSet<_> {
            texts.iter().map(|text| text.clone().into_bytes()).collect()
        };
        let mut entry = self.place.entry_of(account, &attributes.class);
        entry.push((attributes.credential.clone().into_bytes(), all(first.credentials)));
        // An attribute without a value is none (RFC 4511 §4.7).
        if !first.uses.is_empty() {
            entry.push((attributes.usage.as_bytes().to_vec(), all(first.uses)));
        }
        let dn = self.place.dn(&account.id);
        let result = self.ldap.writers.run(&Adding { dn: &dn, entry }, deadline).await?;
        if result.rc != codes::ENTRY_ALREADY_EXISTS {
            return attributes.swapped(&dn, &result);
        }
        match self.read(&self.ldap.writers, account, deadline).await? {
            Some(_) => Ok(Swapped::Conflict),
            None => Err(Outage::Refused(format!(
                "{dn:?} exists, and monk's account does not see it: correct the access rules"
            ))),
        }
    }

    async fn modify(
        &self,
        account: &Account,
        modifications: Vec<ldap3::Mod<Vec<u8>>>,
        deadline: Deadline,
    ) -> Result<Swapped, Outage> {
        let dn = self.place.dn(&account.id);
        let modify = Modify { dn: &dn, modifications };
        let result = self.ldap.writers.run(&modify, deadline).await?;
        // 389 Directory Server says so, too, to one in thousands who was overtaken in the middle of it.
        if result.rc == codes::INSUFFICIENT_ACCESS_RIGHTS {
            let entry = self.read(&self.ldap.writers, account, deadline).await?;
            if entry.is_some_and(|entry| is_overtaken(&entry, &modify.modifications)) {
                return Ok(Swapped::Conflict);
            }
        }
        self.ldap.attributes.swapped(&dn, &result)
    }
}

#[async_trait]
impl CredentialStore for SeparateStore {
    async fn look(
        &self,
        account: &Account,
        deadline: Deadline,
    ) -> Result<Option<CredentialSet>, Outage> {
        let (readers, writers) = (&self.ldap.readers.0, &self.ldap.writers.0);
        if readers.iter().all(|reader| Arc::ptr_eq(reader, &writers[0])) {
            return Ok(None);
        }
        let entry = self.read(&self.ldap.readers, account, deadline).await?;
        let set = self.set_of(entry.as_ref(), &account.id)?;
        // Only the server that decides is believed that somebody has nothing: a replica may be late.
        Ok((!set.is_blank()).then_some(set))
    }

    async fn load(&self, account: &Account, deadline: Deadline) -> Result<CredentialSet, Outage> {
        let entry = self.read(&self.ldap.writers, account, deadline).await?;
        self.set_of(entry.as_ref(), &account.id)
    }

    async fn spend(
        &self,
        account: &Account,
        swap: &UseSwap,
        deadline: Deadline,
    ) -> Result<Swapped, Outage> {
        if swap.depends_on_nothing() {
            return Ok(Swapped::Conflict);
        }
        self.modify(account, self.ldap.attributes.spend(swap), deadline).await
    }

    async fn change(
        &self,
        account: &Account,
        change: &Change,
        deadline: Deadline,
    ) -> Result<Swapped, Outage> {
        if *change == Change::default() {
            return Ok(Swapped::Done);
        }
        let Some(entry) = self.read(&self.ldap.writers, account, deadline).await? else {
            return match First::of_change(change) {
                Some(first) if change.begins() => self.add(account, first, deadline).await,
                // Uses of nothing mean nothing, there as well as in an entry.
                None if change.begins() => Ok(Swapped::Done),
                _ => Ok(Swapped::Conflict),
            };
        };
        let Some(modifications) = self.ldap.attributes.change(&entry, change)? else {
            return Ok(Swapped::Conflict);
        };
        self.modify(account, modifications, deadline).await
    }

    async fn replace(
        &self,
        account: &Account,
        with: &Replacement,
        deadline: Deadline,
    ) -> Result<Swapped, Outage> {
        match self.read(&self.ldap.writers, account, deadline).await? {
            Some(entry) => match self.ldap.attributes.replace(&entry, with)? {
                Some(modifications) => self.modify(account, modifications, deadline).await,
                None => Ok(Swapped::Conflict),
            },
            None => self.add(account, First::of_replacement(with), deadline).await,
        }
    }

    fn enrolled(&self) -> Box<dyn Pages<Enrolled> + '_> {
        Box::new(Owners::of(&self.ldap, &self.place, &self.wanted))
    }

    async fn forget(&self, gone: &Enrolled, deadline: Deadline) -> Result<Swapped, Outage> {
        let attributes = &self.ldap.attributes;
        let account = gone.account();
        let Some(entry) = self.read(&self.ldap.writers, &account, deadline).await? else {
            return Ok(Swapped::Conflict);
        };
        if attributes.credentials_of(&entry, &gone.id)? != gone.set {
            return Ok(Swapped::Conflict);
        }
        let mut modifications = attributes.emptied(&entry)?;
        // Nobody's name stays there for no reason. To replace it with nothing also works where there is none.
        modifications.push(ldap3::Mod::Replace(LOGIN_NAME.into(), HashSet::new()));
        self.modify(&account, modifications, deadline).await
    }
}
