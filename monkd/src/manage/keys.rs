//! The host keys: made, put in charge, put away.
//!
//! Records can be made again with another key, and so can the seals of seeds. The hashes of app
//! passwords, backup codes and enrolment codes cannot: nobody has what they were made from. They go on
//! working as long as the key they were made with is held, and so a key stays until nothing needs it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use monk_core::credential::{Change, Credential, CredentialSet};
use monk_core::factors::NeededKey;
use monk_core::keys::{KeyId, Keyring, Owner};
use monk_core::mac::Author;
use monk_wire::manage::{Failure, KeyCommand, KeyRotation, KeyStatus, KeyUse, Outcome};

use super::parts::{PAGE_TIME, Progress};
use super::{MAX_ROUNDS, Task};
use crate::clock::{self, SystemRandom};
use crate::deadline::Deadline;
use crate::directory::{CredentialStore, Enrolled, Rest, Swapped};
use crate::keys;
use crate::outage::Outage;

/// Longest time that the records of one user may take.
const CHANGE_TIME: Duration = Duration::from_secs(10);

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
            KeyCommand::List => Ok(Outcome::Keys(self.key_list().await?.0)),
            KeyCommand::Rotate { id } => self.rotate(&id).await.map(Outcome::Rotated),
            KeyCommand::Retire { id } => self.retire(&id).await,
        }
    }

    /// The keys as the files say, which may be newer than the engine.
    fn keys_now(&self) -> Result<Keyring, Failure> {
        Ok(keys::load(&self.engine.settings.keys)?)
    }

    /// All keys, and somebody whose records are on their way to another store.
    async fn key_list(&self) -> Result<(Vec<KeyStatus>, Option<String>), Failure> {
        let keyring = self.keys_now()?;
        let mut all = BTreeMap::new();
        for id in keyring.ids() {
            let primary = id == keyring.primary().id();
            let status = KeyStatus { held: true, primary, ..needed_by_nobody(id.as_str()) };
            all.insert(id.to_string(), status);
        }
        let store = self.engine.settings.chosen().open(&Arc::new(keyring))?.store;
        let mut moving = None;
        let look = |enrolled: &Enrolled| {
            note_moving(&mut moving, enrolled);
            for key in enrolled.set.keys() {
                needs(&mut all, &enrolled.name, &key, |status| status.records += 1);
            }
            for stored in &enrolled.set.credentials {
                count(&mut all, &enrolled.name, &stored.value);
            }
        };
        self.look_at_all(&*store, look).await?;
        Ok((all.into_values().collect(), moving))
    }

    /// Looks at all who have something enrolled. A part of them would not do.
    async fn look_at_all(
        &self,
        store: &dyn CredentialStore,
        mut look: impl FnMut(&Enrolled) + Send,
    ) -> Result<(), Failure> {
        let mut progress = Progress::new(self.parts);
        let mut pages = store.enrolled();
        loop {
            let page = pages.next(Deadline::after(PAGE_TIME)).await?;
            for enrolled in &page.items {
                look(enrolled);
                progress.step().await;
            }
            match page.rest {
                Rest::More => {}
                Rest::Nothing => return Ok(()),
                Rest::Withheld => return Err(Failure::ListIncomplete),
            }
        }
    }

    /// Makes a key primary, and makes all records with it, and the seals of seeds.
    async fn rotate(&self, id: &str) -> Result<KeyRotation, Failure> {
        let settings = &self.engine.settings.keys;
        if let Some(primary) = settings.primary.as_deref().filter(|&primary| primary != id) {
            return Err(Failure::PrimaryInSettings { primary: primary.to_owned() });
        }
        // Before anything is written, so that nothing is sealed with a key that others lack.
        let mut moving = None;
        self.look_at_all(&*self.engine.store, |enrolled| note_moving(&mut moving, enrolled))
            .await?;
        refuse_while(moving)?;
        if !keys::ids_in(&settings.folder)?.iter().any(|held| held.as_str() == id) {
            return Err(Failure::NoSuchKey { key: id.to_owned() });
        }
        keys::set_primary(&settings.folder, id)?;
        let keyring = Arc::new(self.keys_now()?);
        // What is read again must be read with the new key as well.
        let store = self.engine.settings.chosen().open(&keyring)?.store;
        self.engine.reload.notify_one();
        let mut rotation = KeyRotation { sealed: 0, records: 0, unopened: 0, failed: Vec::new() };
        let mut progress = Progress::new(self.parts);
        let mut pages = store.enrolled();
        loop {
            let page = pages.next(Deadline::after(PAGE_TIME)).await?;
            for enrolled in page.items {
                let name = enrolled.name.clone();
                let result = self.renew(enrolled, &*store, &keyring, &mut rotation).await;
                if result.is_err() && rotation.failed.len() < FAILED_NAMED {
                    rotation.failed.push(name);
                }
                progress.step().await;
            }
            match page.rest {
                Rest::More => {}
                Rest::Nothing => return Ok(rotation),
                Rest::Withheld => return Err(Failure::ListIncomplete),
            }
        }
    }

    async fn renew(
        &self,
        enrolled: Enrolled,
        store: &dyn CredentialStore,
        keyring: &Keyring,
        rotation: &mut KeyRotation,
    ) -> Result<(), Outage> {
        let account = enrolled.account();
        let (mut set, deadline) = (enrolled.set, Deadline::after(CHANGE_TIME));
        for _ in 0..MAX_ROUNDS {
            let author = Author { user: &account.id, keys: keyring };
            let Renewal { change, sealed, unopened } = renewal(&set, author);
            if store.change(&account, &change, deadline).await? == Swapped::Done {
                let records = change.add_credentials.len() + change.add_uses.len();
                rotation.records += u32::try_from(records).unwrap_or(u32::MAX);
                rotation.sealed += sealed;
                rotation.unopened += unopened;
                return Ok(());
            }
            set = store.load(&account, deadline).await?;
        }
        Err(Outage::Contention)
    }

    /// Puts a key away, if nothing needs it.
    async fn retire(&self, id: &str) -> Result<Outcome, Failure> {
        let (list, moving) = self.key_list().await?;
        let Some(key) = list.iter().find(|key| key.id == id && key.held) else {
            return Err(Failure::NoSuchKey { key: id.to_owned() });
        };
        if key.primary {
            return Err(Failure::KeyIsPrimary);
        }
        // What is in the other store may need it.
        refuse_while(moving)?;
        if key.devices + key.hashes + key.records > 0 {
            return Err(Failure::KeyInUse(Box::new(KeyUse {
                records: key.records,
                seeds: key.devices,
                hashes: key.hashes,
                users: key.users.clone(),
                primary: self.engine.keys.primary().id().to_string(),
            })));
        }
        keys::retire(&self.engine.settings.keys.folder, id)?;
        self.engine.reload.notify_one();
        Ok(Outcome::Done)
    }
}

/// Notes the first user whose records are on their way to another store.
fn note_moving(moving: &mut Option<String>, enrolled: &Enrolled) {
    if moving.is_none() && enrolled.set.transit.is_some() {
        *moving = Some(enrolled.name.clone());
    }
}

/// The store in the settings does not show what such a user has.
fn refuse_while(moving: Option<String>) -> Result<(), Failure> {
    match moving {
        Some(user) => Err(Failure::RecordsMoving { user }),
        None => Ok(()),
    }
}

fn needed_by_nobody(id: &str) -> KeyStatus {
    KeyStatus {
        id: id.to_owned(),
        held: false,
        primary: false,
        devices: 0,
        hashes: 0,
        records: 0,
        users: Vec::new(),
    }
}

/// Adds what a credential needs.
fn count(all: &mut BTreeMap<String, KeyStatus>, user: &str, credential: &Credential) {
    let Some(needed) = credential.factor.key() else { return };
    needs(all, user, needed.id(), |key| match needed {
        NeededKey::Seal(_) => key.devices += 1,
        NeededKey::Hash(_) => key.hashes += 1,
    });
}

/// Notes that something of a user's needs a key.
fn needs(
    all: &mut BTreeMap<String, KeyStatus>,
    user: &str,
    id: &KeyId,
    count: impl FnOnce(&mut KeyStatus),
) {
    let key = all.entry(id.to_string()).or_insert_with(|| needed_by_nobody(id.as_str()));
    count(key);
    if key.users.len() < NAMED && !key.users.iter().any(|one| one == user) {
        key.users.push(user.to_owned());
    }
}

/// What there is to do for one user.
struct Renewal {
    change: Change,
    /// Seeds that are sealed again.
    sealed: u32,
    /// Seeds that do not open, and records that this host cannot make again.
    unopened: u32,
}

/// Makes all records of a user with the primary key, and the seals of seeds.
fn renewal(set: &CredentialSet, author: Author<'_>) -> Renewal {
    let (mut sealed, mut unopened) = (0, 0);
    let resealed = |credential: &Credential| {
        let owner = Owner { user: author.user, credential: credential.id.as_str() };
        match credential.factor.resealed(owner, author.keys, &mut SystemRandom) {
            Ok(renewed) => {
                sealed += u32::from(renewed.is_some());
                renewed.map(|renewed| credential.with_factor(renewed))
            }
            Err(_) => {
                unopened += 1;
                None
            }
        }
    };
    let change = set.with_primary_key(author, resealed);
    let is_needed = change != Change::default() || set.is_registered_with_another_key(author.keys);
    let change = match is_needed {
        // Where nothing says what counts, nobody can make it good: the records stay as they are.
        true => set.registered(change, clock::now(), author, &mut SystemRandom).unwrap_or_default(),
        false => Change::default(),
    };
    let left = set.unknown_keys.len() + set.left_with_another_key(author.keys);
    unopened += u32::try_from(left).unwrap_or(u32::MAX);
    Renewal { change, sealed, unopened }
}
