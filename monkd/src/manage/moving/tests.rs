//! Two embedded stores, between which the same code moves records as between any others.

use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use monk_core::credential::{Credential, CredentialId, Replacement, Use, UseSwap};
use monk_core::factors::totp::Step;
use monk_core::factors::unknown::Unknown;
use monk_core::keys::{HostKey, Keyring};
use monk_core::mac::Author;

use super::super::parts::Parts;
use super::*;
use crate::clock::{self, SystemRandom};
use crate::directory::embedded::Embedded;
use crate::directory::embedded::settings::EmbeddedSettings;
use crate::directory::pages::Pages;
use crate::directory::watched::in_force;

const USERS: [&str; 4] = ["a", "b", "c", "d"];

/// Two stores; some writes of either are lost, or made without an answer.
struct Scene {
    keys: Arc<Keyring>,
    first: Arc<Failing>,
    second: Arc<Failing>,
    nobody: Parts,
    _folder: tempfile::TempDir,
}

/// How writes fail.
#[derive(Clone, Copy, Debug)]
enum Fault {
    /// They are not made.
    Lost,
    /// They are made, and nobody hears of it.
    Unanswered,
}

/// A store that dies with one write.
struct Failing {
    store: Embedded,
    /// Writes until then, and how it dies.
    left: AtomicUsize,
    fault: Fault,
}

#[async_trait]
impl CredentialStore for Failing {
    async fn load(&self, account: &Account, deadline: Deadline) -> Result<CredentialSet, Outage> {
        self.store.load(account, deadline).await
    }

    async fn spend(&self, a: &Account, swap: &UseSwap, d: Deadline) -> Result<Swapped, Outage> {
        self.store.spend(a, swap, d).await
    }

    async fn change(&self, a: &Account, change: &Change, d: Deadline) -> Result<Swapped, Outage> {
        let left = self.left.fetch_sub(1, Ordering::SeqCst);
        match (left, self.fault) {
            (0, Fault::Lost) => Err(Outage::Timeout("a test")),
            (0, Fault::Unanswered) => {
                self.store.change(a, change, d).await?;
                Err(Outage::Timeout("a test"))
            }
            _ => self.store.change(a, change, d).await,
        }
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

fn deadline() -> Deadline {
    Deadline::after(Duration::from_secs(60))
}

impl Scene {
    /// Everybody has enrolled in the first store.
    async fn new() -> Self {
        Self::failing(usize::MAX, usize::MAX, Fault::Lost).await
    }

    async fn failing(first: usize, second: usize, fault: Fault) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let keys = Arc::new(Keyring::new(HostKey::generate(&mut SystemRandom), Vec::new()));
        let store = |name: &str, left| {
            let settings =
                EmbeddedSettings { path: folder.path().join(name), ..Default::default() };
            Embedded::create(&settings).unwrap();
            let store = Embedded::open(&settings, Arc::clone(&keys)).unwrap();
            Arc::new(Failing { store, left: AtomicUsize::new(left), fault })
        };
        let (first, second) = (store("first.db", first), store("second.db", second));
        let scene = Self { keys, first, second, nobody: Parts::NOBODY, _folder: folder };
        for user in USERS {
            scene.enrol(&scene.first, user).await;
        }
        scene
    }

    fn moving(&self) -> Move {
        let (first, second) = (self.first.clone(), self.second.clone());
        Move { first, second, people: HashMap::new(), needs_entry: false }
    }

    /// The whole move.
    async fn run(&self) -> Result<(), Failure> {
        let moving = self.moving();
        moving.copy_all(&mut self.progress()).await?;
        moving.depart_all(&mut self.progress()).await.map(drop)
    }

    fn progress(&self) -> Progress<'_> {
        Progress::new(&self.nobody)
    }

    fn author<'a>(&'a self, user: &'a str) -> Author<'a> {
        Author { user, keys: &self.keys }
    }

    async fn enrol(&self, store: &Failing, user: &str) {
        let id = self.enrol_unused(store, user).await;
        self.first_use(store, user, &id).await;
    }

    async fn enrol_unused(&self, store: &Failing, user: &str) -> CredentialId {
        let author = self.author(user);
        let id = CredentialId::generate(&mut SystemRandom);
        let credential = Credential::new(id.clone(), "Phone", 5, Unknown).to_record(author);
        let change = Change { add_credentials: vec![credential], ..Change::default() };
        let set = store.store.load(&account(user), deadline()).await.unwrap();
        let change = set.planned(change, clock::now(), author, &mut SystemRandom).unwrap();
        let changed = store.store.change(&account(user), &change, deadline()).await.unwrap();
        assert_eq!(changed, Swapped::Done);
        id
    }

    async fn first_use(&self, store: &Failing, user: &str, id: &CredentialId) {
        let set = store.store.load(&account(user), deadline()).await.unwrap();
        let used = Use::new(id.clone(), 5, Step::at(1));
        let swap = set.swap(&[], used, self.author(user));
        assert_eq!(store.spend(&account(user), &swap, deadline()).await.unwrap(), Swapped::Done);
    }

    /// What a reset writes.
    async fn reset(&self, store: &Failing, user: &str) -> Swapped {
        let (author, id) = (self.author(user), CredentialId::generate(&mut SystemRandom));
        let credential = Credential::new(id.clone(), "Code", 6, Unknown).to_record(author);
        let used = Use::new(id, 6, Step::at(1)).to_record(author);
        let set = store.store.load(&account(user), deadline()).await.unwrap();
        let with = set.replaced_by(credential, used, clock::now(), author, &mut SystemRandom);
        store.replace(&account(user), &with, deadline()).await.unwrap()
    }

    async fn use_step(&self, store: &Failing, user: &str, step: u64) {
        let set = store.store.load(&account(user), deadline()).await.unwrap();
        let set = in_force(set).unwrap();
        let used: Vec<_> = set.uses.iter().collect();
        let next = Use::new(used[0].value.id.clone(), 9, Step::at(step));
        let swap = set.swap(&used, next, self.author(user));
        assert_eq!(store.spend(&account(user), &swap, deadline()).await.unwrap(), Swapped::Done);
    }

    /// What is in force in a store.
    async fn in_force(&self, store: &Failing, user: &str) -> Option<Texts> {
        let set = store.store.load(&account(user), deadline()).await.unwrap();
        let texts = in_force(set).ok()?.texts().expect("it can be read");
        (texts != Texts::default()).then_some(texts)
    }
}

fn account(user: &str) -> Account {
    let set = CredentialSet::default();
    let (id, name) = (user.to_owned(), user.to_owned());
    account_of(&Enrolled { locator: id.clone(), id, name, set, hidden: false }, user)
}

#[tokio::test]
async fn records_move_as_they_are_and_are_never_in_force_twice() {
    let scene = Scene::new().await;
    let mut before = Vec::new();
    for user in USERS {
        before.push(scene.in_force(&scene.first, user).await.expect("enrolled"));
    }
    scene.moving().copy_all(&mut scene.progress()).await.unwrap();
    for (user, texts) in USERS.iter().zip(&before) {
        assert_eq!(scene.in_force(&scene.first, user).await.as_ref(), Some(texts));
        assert_eq!(scene.in_force(&scene.second, user).await, None);
    }
    // A code that is used now is used in the second store too.
    scene.use_step(&scene.first, "b", 7).await;
    before[1] = scene.in_force(&scene.first, "b").await.expect("enrolled");
    scene.moving().depart_all(&mut scene.progress()).await.unwrap();
    for (user, texts) in USERS.iter().zip(&before) {
        assert_eq!(scene.in_force(&scene.first, user).await, None);
        assert_eq!(scene.in_force(&scene.second, user).await.as_ref(), Some(texts));
        // Who asks the first store still hears of no absence.
        let left = scene.first.load(&account(user), deadline()).await.unwrap();
        assert!(left.has_second_factor() && in_force(left).is_err());
    }
    // And back.
    scene.use_step(&scene.second, "c", 8).await;
    before[2] = scene.in_force(&scene.second, "c").await.expect("enrolled");
    let (first, second) = (scene.second.clone(), scene.first.clone());
    let back = Move { first, second, ..scene.moving() };
    back.copy_all(&mut scene.progress()).await.unwrap();
    back.depart_all(&mut scene.progress()).await.unwrap();
    for (user, texts) in USERS.iter().zip(&before) {
        assert_eq!(scene.in_force(&scene.first, user).await.as_ref(), Some(texts));
        assert_eq!(scene.in_force(&scene.second, user).await, None);
    }
}

/// Each write in its turn is the last one that the engine makes; then the command is given again.
#[tokio::test]
async fn a_move_that_was_broken_off_anywhere_loses_nothing_and_goes_on() {
    for fault in [Fault::Lost, Fault::Unanswered] {
        for (of_first, of_second) in
            (0..5).map(|n| (n, usize::MAX)).chain((0..9).map(|n| (usize::MAX, n)))
        {
            let scene = Scene::failing(of_first, of_second, fault).await;
            let when = format!("{fault:?} {of_first} {of_second}");
            let mut before = Vec::new();
            for user in USERS {
                before.push(scene.in_force(&scene.first, user).await.expect("enrolled"));
            }
            let broke = scene.run().await.is_err();
            let writes = if of_first == usize::MAX { 2 * USERS.len() } else { USERS.len() };
            assert_eq!(broke, of_first.min(of_second) < writes, "{when}");
            let mut moved = 0;
            for (user, texts) in USERS.iter().zip(&before) {
                let places = [
                    scene.in_force(&scene.first, user).await,
                    scene.in_force(&scene.second, user).await,
                ];
                assert!(places.iter().flatten().count() <= 1, "{when}: {user} twice");
                assert!(places.iter().flatten().all(|found| found == texts), "{when}: {user}");
                moved += usize::from(places[0].is_none());
            }
            if of_second < USERS.len() {
                assert_eq!(moved, 0, "{when}: before the last copy nothing has changed");
            }
            scene.run().await.unwrap_or_else(|failure| panic!("{when}: {failure:?}"));
            for (user, texts) in USERS.iter().zip(&before) {
                assert_eq!(scene.in_force(&scene.first, user).await, None, "{when}");
                assert_eq!(
                    scene.in_force(&scene.second, user).await.as_ref(),
                    Some(texts),
                    "{when}"
                );
            }
        }
    }
}

#[tokio::test]
async fn what_is_used_between_reading_and_taking_away_is_copied_again() {
    let scene = Scene::new().await;
    let moving = scene.moving();
    moving.copy_all(&mut scene.progress()).await.unwrap();
    let read = moving.with_records(&mut scene.progress()).await.unwrap();
    scene.use_step(&scene.first, "a", 9).await;
    let used = scene.in_force(&scene.first, "a").await.expect("enrolled");
    moving.depart(&read["a"], deadline()).await.unwrap();
    assert_eq!(scene.in_force(&scene.second, "a").await, Some(used));
}

#[tokio::test]
async fn what_was_removed_before_it_could_move_does_not_come_back() {
    let scene = Scene::new().await;
    let moving = scene.moving();
    moving.copy_all(&mut scene.progress()).await.unwrap();
    let read = moving.with_records(&mut scene.progress()).await.unwrap();
    for user in ["a", "b"] {
        let set = scene.first.load(&account(user), deadline()).await.unwrap();
        let texts = set.texts().unwrap();
        let all = Change {
            remove_credentials: texts.credentials,
            remove_uses: texts.uses,
            ..Change::default()
        };
        assert_eq!(
            scene.first.change(&account(user), &all, deadline()).await.unwrap(),
            Swapped::Done
        );
    }
    // One of them after the list was made.
    moving.depart(&read["b"], deadline()).await.unwrap();
    moving.depart_all(&mut scene.progress()).await.unwrap();
    for user in ["a", "b"] {
        assert!(scene.second.load(&account(user), deadline()).await.unwrap().is_blank(), "{user}");
    }
    assert!(scene.in_force(&scene.second, "c").await.is_some());
}

#[tokio::test]
async fn one_user_who_cannot_be_moved_keeps_all_where_they_are() {
    let scene = Scene::new().await;
    // Somebody has enrolled at another host, whose store is the second one.
    scene.enrol(&scene.second, "c").await;
    let elsewhere = scene.in_force(&scene.second, "c").await;
    let failure = scene.run().await.expect_err("c is in both");
    assert_eq!(failure, Failure::CannotMove { user: "c".into(), why: MoveFault::Occupied });
    for user in USERS {
        assert!(scene.in_force(&scene.first, user).await.is_some(), "{user}");
    }
    assert_eq!(scene.in_force(&scene.second, "c").await, elsewhere);

    let scene = Scene::new().await;
    let damage = Change {
        add_credentials: vec!["damaged".to_owned()],
        remove_uses: Vec::new(),
        ..Change::default()
    };
    let texts = scene.in_force(&scene.first, "d").await.expect("enrolled");
    let damage = Change { remove_credentials: texts.credentials, ..damage };
    scene.first.change(&account("d"), &damage, deadline()).await.unwrap();
    let failure = scene.run().await.expect_err("d cannot be read");
    assert_eq!(failure, Failure::CannotMove { user: "d".into(), why: MoveFault::Unreadable });
    assert!(scene.in_force(&scene.first, "a").await.is_some());

    // Where records belong into entries, a user without one has no place for them.
    let scene = Scene::new().await;
    let failure =
        Move { needs_entry: true, ..scene.moving() }.copy_all(&mut scene.progress()).await;
    assert_eq!(failure, Err(Failure::CannotMove { user: "a".into(), why: MoveFault::Gone }));
}

#[tokio::test]
async fn a_reset_between_copy_and_departure_moves_too_and_none_comes_after_it() {
    let scene = Scene::new().await;
    scene.moving().copy_all(&mut scene.progress()).await.unwrap();
    assert_eq!(scene.reset(&scene.first, "b").await, Swapped::Done);
    let reset = scene.in_force(&scene.first, "b").await;
    scene.moving().depart_all(&mut scene.progress()).await.unwrap();
    assert_eq!(scene.in_force(&scene.second, "b").await, reset);
    assert_eq!(scene.in_force(&scene.first, "b").await, None);
    assert_eq!(scene.moving().left(&mut scene.progress()).await, Ok(0));
    // Whoever has found the user before the departure puts nothing in its place.
    assert_eq!(scene.reset(&scene.first, "b").await, Swapped::Conflict);
    assert_eq!(scene.in_force(&scene.second, "b").await, reset);
}

#[tokio::test]
async fn a_first_use_that_comes_before_the_departure_moves_too() {
    let scene = Scene::new().await;
    let id = scene.enrol_unused(&scene.first, "e").await;
    let moving = scene.moving();
    moving.copy_all(&mut scene.progress()).await.unwrap();
    let read = moving.with_records(&mut scene.progress()).await.unwrap();
    scene.first_use(&scene.first, "e", &id).await;
    let used = scene.in_force(&scene.first, "e").await.expect("enrolled");
    moving.depart(&read["e"], deadline()).await.unwrap();
    assert_eq!(scene.in_force(&scene.second, "e").await, Some(used));
    let left = scene.first.load(&account("e"), deadline()).await.unwrap();
    assert_eq!((left.transit, left.texts()), (Some(Transit::Departed), Some(Texts::default())));
}

#[tokio::test]
async fn records_that_have_left_without_their_copy_being_there_are_told_of() {
    let scene = Scene::new().await;
    let moving = scene.moving();
    let read = moving.with_records(&mut scene.progress()).await.unwrap();
    let gone = read["a"].set.texts();
    let no_copy = Err(Failure::CannotMove { user: "a".into(), why: MoveFault::NoCopy });
    assert_eq!(moving.arrive(&read["a"], gone.as_ref(), deadline()).await, no_copy);
    // The copy of something else.
    scene.use_step(&scene.first, "a", 4).await;
    moving.copy_all(&mut scene.progress()).await.unwrap();
    assert_eq!(moving.arrive(&read["a"], gone.as_ref(), deadline()).await, no_copy);
    assert_eq!(scene.in_force(&scene.second, "a").await, None);
}
