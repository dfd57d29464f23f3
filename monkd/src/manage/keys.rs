//! The host keys: made, put in charge, put away.
//!
//! The seeds of devices can be sealed anew with another key. The hashes of app passwords, backup
//! codes and enrolment codes cannot: nobody has what they were made from. They go on working as
//! long as the key they were made with is held, and so a key stays until nothing needs it.

use std::collections::BTreeMap;

use monk_core::credential::{Change, Credential, CredentialSet, Factor};
use monk_core::keys::{Keyring, Owner};
use monk_wire::manage::{Failure, FailureKind, KeyCommand, KeyRotation, KeyStatus, Outcome};

use super::{MAX_ROUNDS, Task, failure};
use crate::clock::SystemRandom;
use crate::directory::{Account, Enrolled, Swapped};
use crate::keys;
use crate::outage::Outage;

/// Most users whose records are looked at. With more, nobody could say that a key is not needed.
const MAX_USERS: usize = 1_000_000;

/// Users who are named as not changed. The next run goes on with all of them.
const FAILED_NAMED: usize = 100;

/// Users who are named as needing a key.
const NAMED: usize = 5;

impl Task<'_> {
    /// Carries out a command about keys.
    pub(super) async fn key(&self, command: KeyCommand) -> Result<Outcome, Failure> {
        let folder = &self.engine.settings.keys.folder;
        match command {
            KeyCommand::Create => {
                let id = keys::create(folder)?;
                self.engine.reload.notify_one();
                let status = KeyStatus { held: true, ..needed_by_nobody(&id) };
                Ok(Outcome::Keys(vec![status]))
            }
            KeyCommand::List => Ok(Outcome::Keys(self.key_list().await?)),
            KeyCommand::Rotate { id } => self.rotate(&id).await.map(Outcome::Rotated),
            KeyCommand::Retire { id } => self.retire(&id).await,
        }
    }

    /// The keys as the files say, which may be newer than the engine.
    fn keys_now(&self) -> Result<Keyring, Failure> {
        Ok(keys::load(&self.engine.settings.keys)?)
    }

    async fn key_list(&self) -> Result<Vec<KeyStatus>, Failure> {
        let keyring = self.keys_now()?;
        let mut all = BTreeMap::new();
        for id in keyring.ids() {
            let primary = id == keyring.primary().id();
            let status = KeyStatus { held: true, primary, ..needed_by_nobody(id.as_str()) };
            all.insert(id.to_string(), status);
        }
        for enrolled in self.everybody_enrolled().await? {
            for stored in &enrolled.set.credentials {
                count(&mut all, &enrolled.name, &stored.value);
            }
        }
        Ok(all.into_values().collect())
    }

    /// All who have something enrolled. A part of them would not do.
    async fn everybody_enrolled(&self) -> Result<Vec<Enrolled>, Failure> {
        let listed = self.engine.store.enrolled(MAX_USERS, self.deadline).await?;
        if listed.complete {
            Ok(listed.items)
        } else {
            Err(failure(
                FailureKind::Unavailable,
                "the directory does not list everybody who has something enrolled: raise the size limit of monk's account there",
            ))
        }
    }

    /// Makes a key primary, and seals what is sealed with others anew.
    async fn rotate(&self, id: &str) -> Result<KeyRotation, Failure> {
        let settings = &self.engine.settings.keys;
        if let Some(primary) = settings.primary.as_deref().filter(|&primary| primary != id) {
            return Err(failure(
                FailureKind::Invalid,
                format!(
                    "the settings say that {primary} is primary: remove keys.primary there, or change it, and reload monkd"
                ),
            ));
        }
        // Before anything is written, so that nothing is sealed with a key that others lack.
        let everybody = self.everybody_enrolled().await?;
        keys::set_primary(&settings.folder, id)
            .map_err(|outage| failure(FailureKind::NotFound, outage.to_string()))?;
        let keyring = self.keys_now()?;
        self.engine.reload.notify_one();
        let mut rotation = KeyRotation { sealed: 0, unopened: 0, failed: Vec::new() };
        for enrolled in everybody {
            let name = enrolled.name.clone();
            let result = self.reseal(enrolled, &keyring, &mut rotation).await;
            if result.is_err() && rotation.failed.len() < FAILED_NAMED {
                rotation.failed.push(name);
            }
        }
        Ok(rotation)
    }

    async fn reseal(
        &self,
        enrolled: Enrolled,
        keyring: &Keyring,
        rotation: &mut KeyRotation,
    ) -> Result<(), Outage> {
        let account = Account {
            id: enrolled.id,
            name: enrolled.name,
            mail: None,
            disabled: false,
            created: None,
            locator: enrolled.locator,
            credentials: None,
        };
        let mut set = enrolled.set;
        for _ in 0..MAX_ROUNDS {
            let (change, unopened) = resealing(&account.id, &set, keyring);
            let sealed = u32::try_from(change.add_credentials.len()).unwrap_or(u32::MAX);
            if sealed == 0
                || self.engine.store.change(&account, &change, self.deadline).await?
                    == Swapped::Done
            {
                rotation.sealed += sealed;
                rotation.unopened += unopened;
                return Ok(());
            }
            set = self.engine.store.load(&account, self.deadline).await?;
        }
        Err(Outage::Contention)
    }

    /// Puts a key away, if nothing needs it.
    async fn retire(&self, id: &str) -> Result<Outcome, Failure> {
        let list = self.key_list().await?;
        let Some(key) = list.iter().find(|key| key.id == id && key.held) else {
            return Err(failure(FailureKind::NotFound, format!("this host holds no key {id}")));
        };
        if key.primary {
            return Err(failure(
                FailureKind::Invalid,
                "new values are made with this key: make another one primary first, with monk-enroll key rotate",
            ));
        }
        if key.devices + key.hashes > 0 {
            return Err(failure(
                FailureKind::Invalid,
                format!(
                    "{} seeds and {} hashes need this key, of {}: have their app passwords and backup codes made anew first",
                    key.devices,
                    key.hashes,
                    key.users.join(", ")
                ),
            ));
        }
        keys::retire(&self.engine.settings.keys.folder, id)?;
        self.engine.reload.notify_one();
        Ok(Outcome::Done)
    }
}

fn needed_by_nobody(id: &str) -> KeyStatus {
    KeyStatus {
        id: id.to_owned(),
        held: false,
        primary: false,
        devices: 0,
        hashes: 0,
        users: Vec::new(),
    }
}

/// Adds what a credential needs.
fn count(all: &mut BTreeMap<String, KeyStatus>, user: &str, credential: &Credential) {
    let (id, is_device) = match &credential.factor {
        Factor::Totp(record) => (record.seed.key_id(), true),
        Factor::AppPassword(record) => (Some(record.hash.key().clone()), false),
        Factor::BackupCodes(record) => (Some(record.hashes.key().clone()), false),
        Factor::EnrolmentCode(record) => (Some(record.hashes.key().clone()), false),
        // The codes that are sent there live for minutes: a new one is made with the new key.
        Factor::Email(_) | Factor::Unknown => (None, false),
    };
    let Some(id) = id else { return };
    let key = all.entry(id.to_string()).or_insert_with(|| needed_by_nobody(id.as_str()));
    if is_device {
        key.devices += 1;
    } else {
        key.hashes += 1;
    }
    if key.users.len() < NAMED && key.users.last().is_none_or(|last| last != user) {
        key.users.push(user.to_owned());
    }
}

/// The change that seals all seeds of a user with the primary key, and how many do not open.
fn resealing(user: &str, set: &CredentialSet, keyring: &Keyring) -> (Change, u32) {
    let (mut change, mut unopened) = (Change::default(), 0);
    for stored in &set.credentials {
        let Factor::Totp(record) = &stored.value.factor else { continue };
        let owner = Owner { user, credential: stored.value.id.as_str() };
        match record.resealed(owner, keyring, &mut SystemRandom) {
            Ok(None) => {}
            Ok(Some(sealed)) => {
                change.remove_credentials.push(stored.raw.clone());
                let renewed = stored.value.with_factor(Factor::Totp(sealed));
                change.add_credentials.push(renewed.to_record());
            }
            Err(_) => unopened += 1,
        }
    }
    (change, unopened)
}
