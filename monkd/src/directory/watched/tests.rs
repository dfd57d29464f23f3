//! Somebody puts older records back, whose MACs are right.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use monk_core::code::Context;
use monk_core::credential::{Credential, CredentialId, Use};
use monk_core::emailed;
use monk_core::factors::Door;
use monk_core::factors::email::{Aim, Limits};
use monk_core::factors::totp::Step;
use monk_core::factors::unknown::Unknown;
use monk_core::keys::{HostKey, Keyring};
use monk_core::mac::Author;
use monk_terms::account_state::AccountState;
use rusqlite::{Connection, params};
use tokio::sync::Notify;

use super::*;
use crate::clock::{self, SystemRandom};
use crate::directory::embedded::Embedded;
use crate::directory::embedded::settings::EmbeddedSettings;

/// A watched store with one user in it, of whom the directory knows nothing but the id.
struct Scene {
    store: Watched,
    keys: Arc<Keyring>,
    file: Connection,
    _folder: tempfile::TempDir,
}

/// All records as they were at some moment.
struct Backup(Vec<(&'static str, String)>);

const USER: &str = "u1";
const TABLES: [&str; 2] = ["credentials", "uses"];

fn deadline() -> Deadline {
    Deadline::after(Duration::from_secs(30))
}

fn account() -> Account {
    Account {
        id: USER.into(),
        name: "alice".into(),
        mail: None,
        state: AccountState::Enabled,
        created: None,
        password_end: None,
        locator: USER.into(),
        credentials: None,
    }
}

impl Scene {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let settings =
            EmbeddedSettings { path: folder.path().join("monk.db"), ..Default::default() };
        Embedded::create(&settings).unwrap();
        let keys = Arc::new(Keyring::new(HostKey::generate(&mut SystemRandom), Vec::new()));
        let embedded = Embedded::open(&settings, Arc::clone(&keys)).unwrap();
        let file = Connection::open(&settings.path).unwrap();
        Self { store: Watched::new(Arc::new(embedded)), keys, file, _folder: folder }
    }

    fn author(&self) -> Author<'_> {
        Author { user: USER, keys: &self.keys }
    }

    async fn load(&self) -> CredentialSet {
        self.store.load(&account(), deadline()).await.unwrap()
    }

    /// Enrols something that is used step by step.
    async fn enrol(&self) -> CredentialId {
        let id = CredentialId::generate(&mut SystemRandom);
        let credential = Credential::new(id.clone(), "Eye", 5, Unknown);
        let used = Use::new(id.clone(), 5, Step::at(1));
        let change = Change {
            add_credentials: vec![credential.to_record(self.author())],
            add_uses: vec![used.to_record(self.author())],
            ..Change::default()
        };
        self.change(change).await;
        id
    }

    async fn change(&self, change: Change) {
        let set = self.load().await;
        let planned = set.planned(change, clock::now(), self.author(), &mut SystemRandom).unwrap();
        let changed = self.store.change(&account(), &planned, deadline()).await.unwrap();
        assert_eq!(changed, Swapped::Done);
    }

    async fn spend(&self, id: &CredentialId, step: u64) {
        let set = self.load().await;
        let before: Vec<_> = set.uses_of(id).collect();
        let swap = set.swap(&before, Use::new(id.clone(), 9, Step::at(step)), self.author());
        assert_eq!(self.store.spend(&account(), &swap, deadline()).await.unwrap(), Swapped::Done);
    }

    fn backup(&self) -> Backup {
        let of = |table: &'static str| -> Vec<(&'static str, String)> {
            let mut query = self.file.prepare(&format!("SELECT value FROM {table}")).unwrap();
            let rows = query.query_map([], |row| row.get(0)).unwrap();
            rows.map(|value| (table, value.unwrap())).collect()
        };
        Backup(TABLES.into_iter().flat_map(of).collect())
    }

    /// Does what somebody can who writes entries and has no key.
    fn restore(&self, backup: &Backup) {
        for table in TABLES {
            self.file.execute(&format!("DELETE FROM {table}"), []).unwrap();
        }
        for (table, value) in &backup.0 {
            let insert = format!("INSERT INTO {table} (user, value) VALUES (?1, ?2)");
            self.file.execute(&insert, params![USER, value]).unwrap();
        }
    }

    /// Whether everything that is there is refused.
    async fn is_refused(&self) -> bool {
        let set = self.load().await;
        set.credentials.is_empty() && set.uses.is_empty() && set.has_second_factor()
    }
}

#[tokio::test]
async fn a_step_that_is_set_back_is_refused() {
    let scene = Scene::new();
    let phone = scene.enrol().await;
    assert!(!scene.is_refused().await);
    let before = scene.backup();
    scene.spend(&phone, 2).await;
    // At once, before anybody has read the new one.
    scene.restore(&before);
    assert!(scene.is_refused().await);
    // A fresh engine does not know better, and the one that follows this one does.
    let fresh = Seen::default();
    let unwatched = scene.store.store.load(&account(), deadline()).await.unwrap();
    assert!(fresh.takes(USER, &unwatched));
    let following = Seen::default();
    following.follow(&scene.store.seen);
    assert!(!following.takes(USER, &unwatched));
}

#[tokio::test]
async fn what_is_as_it_was_or_newer_is_not() {
    let scene = Scene::new();
    let (phone, tablet) = (scene.enrol().await, scene.enrol().await);
    for step in 2..5 {
        scene.spend(&phone, step).await;
        scene.spend(&tablet, step).await;
        assert!(!scene.is_refused().await);
    }
    // Another host has used it, and removed the other one.
    let elsewhere = Watched::new(Arc::clone(&scene.store.store));
    let set = elsewhere.load(&account(), deadline()).await.unwrap();
    let removal = set.removal(set.get(&tablet).unwrap());
    let removal = set.planned(removal, clock::now(), scene.author(), &mut SystemRandom).unwrap();
    elsewhere.change(&account(), &removal, deadline()).await.unwrap();
    assert!(!scene.is_refused().await);
    assert_eq!(scene.load().await.credentials.len(), 1);
}

/// A store in which a reader is overtaken, once: what it has read is old by the time that it is returned.
struct Overtaken {
    store: Arc<dyn CredentialStore>,
    is_next: AtomicBool,
    has_read: Notify,
    may_return: Notify,
}

#[async_trait]
impl CredentialStore for Overtaken {
    async fn load(&self, account: &Account, deadline: Deadline) -> Result<CredentialSet, Outage> {
        let set = self.store.load(account, deadline).await?;
        if self.is_next.swap(false, Ordering::SeqCst) {
            self.has_read.notify_one();
            self.may_return.notified().await;
        }
        Ok(set)
    }

    async fn spend(&self, a: &Account, swap: &UseSwap, d: Deadline) -> Result<Swapped, Outage> {
        self.store.spend(a, swap, d).await
    }

    async fn change(&self, a: &Account, change: &Change, d: Deadline) -> Result<Swapped, Outage> {
        self.store.change(a, change, d).await
    }

    fn enrolled(&self) -> Box<dyn Pages<Enrolled> + '_> {
        self.store.enrolled()
    }

    async fn forget(&self, gone: &Enrolled, d: Deadline) -> Result<Swapped, Outage> {
        self.store.forget(gone, d).await
    }

    async fn replace(&self, a: &Account, w: &Replacement, d: Deadline) -> Result<Swapped, Outage> {
        self.store.replace(a, w, d).await
    }
}

/// Of two who log in at the same moment, the later one still holds what the earlier one has replaced. That
/// is no attack: it is told that the code was used.
#[tokio::test]
async fn what_was_replaced_while_it_was_being_read_was_not_set_back() {
    let mut scene = Scene::new();
    let overtaken = Arc::new(Overtaken {
        store: Arc::clone(&scene.store.store),
        is_next: AtomicBool::new(false),
        has_read: Notify::new(),
        may_return: Notify::new(),
    });
    scene.store = Watched::new(overtaken.clone());
    let phone = scene.enrol().await;
    scene.spend(&phone, 2).await;
    let before = scene.backup();
    overtaken.is_next.store(true, Ordering::SeqCst);
    let (read, ()) = tokio::join!(scene.load(), async {
        overtaken.has_read.notified().await;
        scene.spend(&phone, 3).await;
        overtaken.may_return.notify_one();
    });
    assert_eq!((read.credentials.len(), read.altered), (1, 0));
    // What is read from now on must have it.
    scene.restore(&before);
    assert!(scene.is_refused().await);
}

#[tokio::test]
async fn all_records_of_a_time_before_a_reset_are_refused() {
    let scene = Scene::new();
    scene.enrol().await;
    let before = scene.backup();
    for revoked in [false, true] {
        let set = scene.load().await;
        if revoked {
            // Also where nothing but one credential was removed since.
            scene.change(set.removal(&set.credentials[0])).await;
        } else {
            let id = CredentialId::generate(&mut SystemRandom);
            let credential = Credential::new(id.clone(), "Code", 5, Unknown);
            let used = Use::new(id, 5, Step::at(1)).to_record(scene.author());
            let credential = credential.to_record(scene.author());
            let author = scene.author();
            let with = set.replaced_by(credential, used, clock::now(), author, &mut SystemRandom);
            scene.store.replace(&account(), &with, deadline()).await.unwrap();
        }
        let after = scene.backup();
        assert!(!scene.is_refused().await);
        scene.restore(&before);
        assert!(scene.is_refused().await);
        scene.restore(&after);
        assert!(!scene.is_refused().await, "the records are what they have to be again");
    }
}

/// Without it, the tries and sends of the hour would be forgotten.
#[tokio::test]
async fn the_record_of_emailed_codes_neither_goes_back_nor_goes() {
    let scene = Scene::new();
    scene.enrol().await;
    while let Some(swap) =
        emailed::beginning(&scene.load().await, scene.author(), &mut SystemRandom)
    {
        scene.store.spend(&account(), &swap, deadline()).await.unwrap();
    }
    let before = scene.backup();
    let set = scene.load().await;
    let (keys, now) = (&scene.keys, clock::now());
    let context =
        Context { user: USER, set: &set, keys, now, door: Door::Login, may_confirm: false };
    let limits = Limits { valid: 600, sends_per_hour: 5 };
    let plan = emailed::plan(Aim::Login, limits, context, &mut SystemRandom).ok().unwrap();
    scene.store.spend(&account(), &plan.swap, deadline()).await.unwrap();
    let after = scene.backup();
    scene.restore(&before);
    assert!(scene.is_refused().await);
    let without = |(_, value): &&(&str, String)| !value.contains("\"id\":\"email\"");
    scene.restore(&Backup(after.0.iter().filter(without).cloned().collect()));
    assert!(scene.is_refused().await);
    scene.restore(&after);
    assert!(!scene.is_refused().await);
}
