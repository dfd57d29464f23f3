use std::os::unix::fs::PermissionsExt;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use monk_core::credential::{
    Change, Credential, CredentialId, CredentialSet, Stored, Use, UseSwap,
};
use monk_core::factors::unknown::Unknown;
use monk_core::hash;
use monk_core::keys::{HostKey, Keyring};
use monk_core::mac::Author;
use monk_core::typed::Password;
use monk_wire::manage::{Clash, PosixWish, PrimaryGroup};

mod changes;
mod groups;
mod layouts;
mod passwords;
mod posix;

use super::*;
use crate::clock::SystemRandom;
use crate::directory::{
    Account, Advice, Answer, CredentialStore, Directory, Lookup, NewUser, PAGE, Pages, Rest,
    Swapped, Users,
};

fn deadline() -> Deadline {
    Deadline::after(Duration::from_secs(30))
}

/// The same for everybody who opens a store.
fn keys() -> Arc<Keyring> {
    static KEYS: LazyLock<Arc<Keyring>> =
        LazyLock::new(|| Arc::new(Keyring::new(HostKey::generate(&mut SystemRandom), Vec::new())));
    Arc::clone(&KEYS)
}

/// Adds a text to the uses of somebody who has nothing.
async fn begin(store: &Embedded, account: &Account, text: &str) {
    let change = Change { add_uses: vec![text.to_owned()], ..Change::default() };
    assert_eq!(store.change(account, &change, deadline()).await, Ok(Swapped::Done));
}

fn settings() -> (tempfile::TempDir, EmbeddedSettings) {
    let folder = tempfile::tempdir().unwrap();
    let settings = EmbeddedSettings { path: folder.path().join("monk.db"), ..Default::default() };
    (folder, settings)
}

async fn with_alice() -> (tempfile::TempDir, EmbeddedSettings, Embedded, Account) {
    let (folder, settings) = settings();
    Embedded::create(&settings).unwrap();
    let store = Embedded::open(&settings, keys()).unwrap();
    let password = Password::new("secret").unwrap();
    let (mail, password) = (Some("a@example.org"), Some(&password));
    let alice = NewUser { name: "alice", mail, password, ..NewUser::default() };
    assert!(store.add(alice, deadline()).await.unwrap().is_ok());
    let account = one(&store, "alice").await;
    (folder, settings, store, account)
}

/// Adds somebody who has no password yet.
async fn with_bob(store: &Embedded) -> Account {
    let bob = NewUser { name: "bob", ..NewUser::default() };
    assert!(store.add(bob, deadline()).await.unwrap().is_ok());
    one(store, "bob").await
}

async fn one(store: &Embedded, name: &str) -> Account {
    match store.find(name, deadline()).await.unwrap() {
        Lookup::One(account) => *account,
        other => panic!("{name}: {other:?}"),
    }
}

#[tokio::test]
async fn a_store_that_was_never_made_is_an_outage_with_the_remedy() {
    let (_folder, settings) = settings();
    let error = Embedded::open(&settings, keys()).err().unwrap().to_string();
    assert!(error.contains("monkd --setup"), "{error}");
    Embedded::create(&settings).unwrap();
    Embedded::create(&settings).unwrap();
    assert!(Embedded::open(&settings, keys()).is_ok());
    let mode = std::fs::metadata(&settings.path).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600, "it holds password hashes");
}

#[tokio::test]
async fn users_are_found_by_name_and_mail_whatever_their_case() {
    let (_folder, _, store, alice) = with_alice().await;
    for name in ["ALICE", "a@example.org", "A@Example.org"] {
        assert_eq!(one(&store, name).await.id, alice.id);
    }
    for name in ["bob", "", "alice%", "' OR 1=1 --", "*"] {
        assert!(matches!(store.find(name, deadline()).await.unwrap(), Lookup::None), "{name}");
    }
}

#[tokio::test]
async fn names_and_addresses_belong_to_one_user() {
    let (_folder, _, store, _) = with_alice().await;
    for (name, mail) in [
        ("Alice", None),
        ("bob", Some("A@example.org")),
        ("a@example.org", None),
        ("bob", Some("alice")),
    ] {
        let user = NewUser { name, mail, ..NewUser::default() };
        let added = store.add(user, deadline()).await.unwrap();
        assert_eq!(added, Err(Clash::User), "{name} {mail:?}");
    }
}

#[tokio::test]
async fn only_the_right_password_is_right() {
    let (_folder, _, store, alice) = with_alice().await;
    let bob = with_bob(&store).await;
    for (account, typed, answer) in [
        (Some(&alice), "secret", Answer::Right(Advice::Nothing)),
        (Some(&alice), "Secret", Answer::Wrong),
        (Some(&bob), "secret", Answer::Wrong),
        (None, "secret", Answer::Wrong),
    ] {
        let password = Password::new(typed).unwrap();
        assert_eq!(store.check_password(account, &password, deadline()).await.unwrap(), answer);
    }
}

#[test]
fn the_decoy_costs_what_every_password_costs() {
    let password = Password::new("secret").unwrap();
    let parameters = |hash: &str| hash.split('$').take(4).collect::<Vec<_>>().join("$");
    let own = hash::hash_password(&password, &mut SystemRandom);
    assert_eq!(parameters(users::DECOY), parameters(&own));
    assert_eq!(hash::verify_password(&password, users::DECOY), Ok(false));
}

#[tokio::test]
async fn a_use_is_swapped_only_while_it_is_what_was_read() {
    let (_folder, _, store, alice) = with_alice().await;
    let swap = |remove: &[&str], add: &str| UseSwap {
        held: Vec::new(),
        remove: remove.iter().map(|s| (*s).to_owned()).collect(),
        add: add.to_owned(),
    };
    let with = |held: &str, add: &str| UseSwap { held: vec![held.to_owned()], ..swap(&[], add) };
    let spend = async |swap| store.spend(&alice, &swap, deadline()).await.unwrap();
    begin(&store, &alice, "held").await;
    assert_eq!(spend(swap(&[], "one")).await, Swapped::Conflict, "it depends on nothing");
    assert_eq!(spend(with("gone", "one")).await, Swapped::Conflict);
    assert_eq!(spend(with("held", "one")).await, Swapped::Done);
    assert_eq!(spend(with("held", "one")).await, Swapped::Conflict, "it is there already");
    assert_eq!(spend(swap(&["one"], "two")).await, Swapped::Done);
    assert_eq!(spend(swap(&["one"], "three")).await, Swapped::Conflict);
    assert_eq!(spend(swap(&["two", "gone"], "four")).await, Swapped::Conflict);
    let set = store.load(&alice, deadline()).await.unwrap();
    assert_eq!(set.unreadable_uses, 2, "\"held\" and \"two\" are left");
}

#[tokio::test]
async fn a_change_happens_as_a_whole_or_not_at_all() {
    let (_folder, _, store, alice) = with_alice().await;
    let change = Change {
        add_credentials: vec!["c".into()],
        remove_uses: vec!["missing".into()],
        ..Change::default()
    };
    assert_eq!(store.change(&alice, &change, deadline()).await.unwrap(), Swapped::Conflict);
    let set = store.load(&alice, deadline()).await.unwrap();
    assert_eq!(set.unreadable_credentials, 0);
}

fn removal_of_all(set: &CredentialSet) -> Change {
    let raw = |stored: &Stored<Credential>| stored.raw.clone();
    let remove_credentials = set.credentials.iter().map(raw).collect();
    Change { remove_credentials, ..Change::default() }
}

/// A change that only adds was planned where nothing was, and is not made where something is.
#[tokio::test]
async fn what_was_planned_before_a_reset_is_not_carried_out_after_it() {
    let (_folder, _, store, alice) = with_alice().await;
    let keys = keys();
    let author = Author { user: &alice.id, keys: &keys };
    let phone = |label: &str| {
        let id = CredentialId::generate(&mut SystemRandom);
        Credential::new(id, label, 5, Unknown).to_record(author)
    };
    let add = |label| Change { add_credentials: vec![phone(label)], ..Change::default() };
    let plan =
        |set: &CredentialSet, change| set.planned(change, 9, author, &mut SystemRandom).unwrap();
    for enrolled_before in [false, true] {
        let set = store.load(&alice, deadline()).await.unwrap();
        if enrolled_before {
            let change = plan(&set, add("Before"));
            assert_eq!(store.change(&alice, &change, deadline()).await.unwrap(), Swapped::Done);
        }
        let set = store.load(&alice, deadline()).await.unwrap();
        // Also one that somebody has forgotten to plan.
        let changes = [plan(&set, add("New")), add("Newer"), plan(&set, removal_of_all(&set))];
        let uses_alone = Change { add_uses: vec!["use".into()], ..Change::default() };
        let with = set.replaced_by(phone("Code"), "used".into(), 9, author, &mut SystemRandom);
        assert_eq!(store.replace(&alice, &with, deadline()).await.unwrap(), Swapped::Done);
        let after = store.load(&alice, deadline()).await.unwrap();
        for change in changes.iter().chain([&uses_alone]).filter(|one| **one != Change::default()) {
            let changed = store.change(&alice, change, deadline()).await.unwrap();
            assert_eq!(changed, Swapped::Conflict, "{change:?}");
        }
        let first = Use::new(CredentialId::emailed(), 9, Unknown);
        let swap = set.swap(&[], first, author);
        assert_eq!(store.spend(&alice, &swap, deadline()).await.unwrap(), Swapped::Conflict);
        let set = store.load(&alice, deadline()).await.unwrap();
        assert_eq!((&set.credentials, set.uses.len()), (&after.credentials, after.uses.len()));
        assert_eq!(set.credentials.len(), 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_who_swap_the_same_use_one_wins() {
    let (_folder, settings, store, alice) = with_alice().await;
    let alice = Arc::new(alice);
    for round in 0..20 {
        let start = format!("start {round}");
        if round == 0 {
            begin(&store, &alice, "held").await;
        }
        let held = vec!["held".to_owned()];
        let first = UseSwap { held, remove: Vec::new(), add: start.clone() };
        assert_eq!(store.spend(&alice, &first, deadline()).await.unwrap(), Swapped::Done);
        let racers: Vec<_> = (0..16)
            .map(|racer| {
                // Each with a store of its own, as separate processes have.
                let (store, alice) =
                    (Embedded::open(&settings, keys()).unwrap(), Arc::clone(&alice));
                let swap = UseSwap {
                    held: Vec::new(),
                    remove: vec![start.clone()],
                    add: format!("{round} {racer}"),
                };
                tokio::spawn(async move { store.spend(&alice, &swap, deadline()).await.unwrap() })
            })
            .collect();
        let mut won = 0;
        for racer in racers {
            won += usize::from(racer.await.unwrap() == Swapped::Done);
        }
        assert_eq!(won, 1, "round {round}");
    }
}

#[tokio::test]
async fn a_store_that_somebody_holds_locked_is_an_outage_within_the_deadline() {
    let (_folder, settings, store, alice) = with_alice().await;
    begin(&store, &alice, "held").await;
    let other = Connection::open(&settings.path).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let swap = UseSwap { held: Vec::new(), remove: vec!["held".into()], add: "x".into() };
    let soon = Deadline::after(Duration::from_millis(200));
    let error = store.spend(&alice, &swap, soon).await.unwrap_err();
    assert!(matches!(error, Outage::Timeout(_)), "{error}");
    other.execute_batch("ROLLBACK").unwrap();
    // What was reported as an outage does not happen after all, now that the lock is free.
    assert_eq!(store.spend(&alice, &swap, deadline()).await.unwrap(), Swapped::Done);
}

/// All pages of a list.
async fn all<T>(mut pages: Box<dyn Pages<T> + '_>) -> Vec<T> {
    let mut items = Vec::new();
    loop {
        let page = pages.next(deadline()).await.unwrap();
        items.extend(page.items);
        match page.rest {
            Rest::More => {}
            Rest::Nothing => return items,
            Rest::Withheld => panic!("nothing is withheld"),
        }
    }
}

#[tokio::test]
async fn everybody_is_listed_and_so_is_who_has_records() {
    let (_folder, _, store, alice) = with_alice().await;
    assert!(all(store.enrolled()).await.is_empty());
    with_bob(&store).await;
    assert_eq!(all(store.everybody()).await.len(), 2);
    assert!(store.has(&alice.id, deadline()).await.unwrap());

    // A user of another directory, of whom nothing but the id is known here.
    let stranger = Account { id: "other".into(), ..alice.clone() };
    let change = Change { add_credentials: vec!["c".into()], ..Change::default() };
    for account in [&alice, &stranger] {
        assert_eq!(store.change(account, &change, deadline()).await.unwrap(), Swapped::Done);
    }
    let enrolled = all(store.enrolled()).await;
    let mut names: Vec<_> = enrolled.iter().map(|one| one.name.as_str()).collect();
    names.sort_unstable();
    assert_eq!(names, ["alice", "other"]);
    assert!(enrolled.iter().all(|one| one.set.unreadable_credentials == 1));
    assert!(!store.has("other", deadline()).await.unwrap());

    let unknown = |account: &Account| Account { credentials: None, ..account.clone() };
    let mut accounts = [unknown(&alice), unknown(&stranger)];
    store.load_all(&mut accounts, deadline()).await.unwrap();
    let count = |account: &Account| account.credentials.as_ref().unwrap().unreadable_credentials;
    assert_eq!(accounts.each_ref().map(count), [1, 1]);

    // What has changed since it was read is not removed.
    let gone = enrolled.into_iter().find(|one| one.id == "other").unwrap();
    let more = Change { add_credentials: vec!["c".into(), "d".into()], ..Change::default() };
    assert_eq!(store.forget(&gone, deadline()).await.unwrap(), Swapped::Done);
    assert_eq!(store.change(&stranger, &more, deadline()).await.unwrap(), Swapped::Done);
    assert_eq!(store.forget(&gone, deadline()).await.unwrap(), Swapped::Conflict);
    assert_eq!(all(store.enrolled()).await.len(), 2);
}

#[tokio::test]
async fn lists_have_any_number_of_pages_and_name_everybody_once() {
    let (_folder, _, store, alice) = with_alice().await;
    let change = Change { add_credentials: vec!["c".into()], ..Change::default() };
    // Two pages, and one more row.
    for number in 0..2 * PAGE + 1 {
        let stranger = Account { id: format!("{number:05}"), ..alice.clone() };
        assert_eq!(store.change(&stranger, &change, deadline()).await.unwrap(), Swapped::Done);
    }
    let ids: Vec<String> = all(store.enrolled()).await.into_iter().map(|one| one.id).collect();
    let expected: Vec<String> = (0..2 * PAGE + 1).map(|number| format!("{number:05}")).collect();
    assert_eq!(ids, expected);
}
