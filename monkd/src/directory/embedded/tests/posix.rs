//! What users are for hosts.

use monk_wire::manage::{Posix, PrimaryGroup};

use super::*;
use crate::directory::HashedUser;
use crate::directory::names::{Ageing, Key, Names, PosixGroup, PosixUser};
use crate::directory::users::KeysAdded;

async fn add(store: &Embedded, name: &str, posix: PosixWish) -> Result<Posix, Clash> {
    store.add(NewUser { name, posix, ..NewUser::default() }, deadline()).await.unwrap()
}

fn with_uid(uid: u32) -> PosixWish {
    PosixWish { uid: Some(uid), ..PosixWish::default() }
}

#[tokio::test]
async fn a_new_user_has_a_number_of_the_range_and_a_private_group() {
    let (_folder, settings, store, alice) = with_alice().await;
    let user = store.user(Key::Name("alice"), deadline()).await.unwrap().unwrap();
    let expected = PosixUser {
        id: alice.id.clone(),
        name: "alice".into(),
        uid: settings.first_id,
        gid: settings.first_id,
        gecos: String::new(),
        home: None,
        shell: None,
        ageing: Ageing::default(),
        locator: alice.id.clone(),
    };
    assert_eq!(user, expected);
    let group = PosixGroup { name: "alice".into(), gid: user.gid, members: Vec::new() };
    for key in [Key::Name("alice"), Key::Number(user.gid)] {
        assert_eq!(store.group(key, deadline()).await.unwrap().as_ref(), Some(&group));
    }
    assert_eq!(store.user(Key::Number(user.uid), deadline()).await.unwrap(), Some(user.clone()));
    assert_eq!(store.groups_of(&user, deadline()).await.unwrap(), [user.gid]);
    for key in [Key::Name("Alice"), Key::Name("a@example.org"), Key::Name("bob"), Key::Number(7)] {
        assert_eq!(store.user(key, deadline()).await.unwrap(), None, "{key:?}");
        assert_eq!(store.group(key, deadline()).await.unwrap(), None, "{key:?}");
    }
}

#[tokio::test]
async fn everything_that_was_asked_for_is_so_and_can_be_changed() {
    let (_folder, _, store, _) = with_alice().await;
    let some = |text: &str| Some(text.to_owned());
    let wish = PosixWish {
        uid: Some(3_000_000_000),
        group: None,
        full_name: some("Jörg Müller"),
        home: some("/srv/joerg"),
        shell: some("/bin/zsh"),
    };
    let posix = add(&store, "jörg", wish).await.unwrap();
    let expected = Posix {
        uid: 3_000_000_000,
        gid: 3_000_000_000,
        full_name: "Jörg Müller".into(),
        home: some("/srv/joerg"),
        shell: some("/bin/zsh"),
    };
    assert_eq!(posix, expected);
    let id = one(&store, "jörg").await.id;
    let set = async |wish| store.set_posix(&id, &wish, deadline()).await.unwrap();
    assert_eq!(set(PosixWish::default()).await, Ok(expected.clone()), "nothing is wanted");
    let change = PosixWish { home: some(""), shell: some("/bin/sh"), ..with_uid(2000) };
    let changed = Posix { uid: 2000, home: None, shell: some("/bin/sh"), ..expected };
    assert_eq!(set(change).await, Ok(changed.clone()), "the group stays as it is");
    assert_eq!(
        store.posix(vec![id.clone(), "none".into()], deadline()).await.unwrap(),
        [Some(changed), None]
    );
    let clash = Clash::Uid { uid: 65_536, user: "alice".into() };
    assert_eq!(set(with_uid(65_536)).await, Err(clash.clone()));
    assert_eq!(add(&store, "bob", with_uid(65_536)).await, Err(clash));
    assert!(matches!(store.find("bob", deadline()).await.unwrap(), Lookup::None));
    store.remove(&id, deadline()).await.unwrap();
    assert_eq!(set(with_uid(2000)).await, Err(Clash::Gone));
}

#[tokio::test]
async fn a_number_is_never_given_twice_and_at_the_end_none_is_left() {
    let (_folder, settings) = settings();
    let settings = EmbeddedSettings { first_id: 2000, last_id: 2003, ..settings };
    Embedded::create(&settings).unwrap();
    let store = Embedded::open(&settings, keys()).unwrap();
    assert_eq!(add(&store, "alice", PosixWish::default()).await.unwrap().uid, 2000);
    assert_eq!(add(&store, "bob", with_uid(2002)).await.unwrap().uid, 2002);
    for name in ["alice", "bob"] {
        let id = one(&store, name).await.id;
        assert!(store.remove(&id, deadline()).await.unwrap());
    }
    assert_eq!(add(&store, "alice", PosixWish::default()).await.unwrap().uid, 2001);
    assert_eq!(
        add(&store, "carol", PosixWish::default()).await.unwrap().uid,
        2003,
        "2002 was bob's"
    );
    let none_left = Clash::NoneLeft { first: 2000, last: 2003 };
    assert_eq!(add(&store, "dave", PosixWish::default()).await, Err(none_left));
    assert_eq!(
        add(&store, "bob", with_uid(2002)).await.unwrap().uid,
        2002,
        "somebody asked for it"
    );
}

#[tokio::test]
async fn numbers_stay_as_they_are_when_the_range_changes() {
    let (_folder, settings, store, alice) = with_alice().await;
    drop(store);
    let settings = EmbeddedSettings { first_id: 2000, last_id: 2003, ..settings };
    let store = Embedded::open(&settings, keys()).unwrap();
    let user = store.user(Key::Name("alice"), deadline()).await.unwrap().unwrap();
    assert_eq!((user.uid, user.gid), (65_536, 65_536));
    assert_eq!(add(&store, "bob", PosixWish::default()).await.unwrap().uid, 2000);
    // As docs/names.md says.
    let group = Some(PrimaryGroup::Numbered(70_000));
    let moved = PosixWish { group, ..with_uid(70_000) };
    let posix = store.set_posix(&alice.id, &moved, deadline()).await.unwrap().unwrap();
    assert_eq!((posix.uid, posix.gid), (70_000, 70_000));
}

#[tokio::test]
async fn of_a_list_all_are_added_or_nobody() {
    let (_folder, _, store, _) = with_alice().await;
    let user = |name: &str, uid| HashedUser {
        name: name.into(),
        posix: PosixWish { uid, ..PosixWish::default() },
        ..HashedUser::default()
    };
    let list = || vec![user("bob", None), user("carol", Some(65_536)), user("Alice", None)];
    let clash = Clash::Uid { uid: 65_536, user: "alice".into() };
    let tried = store.try_all(list(), deadline()).await.unwrap();
    assert_eq!(tried, [Ok(()), Err(clash.clone()), Err(Clash::User)]);
    let added = store.add_all(list(), deadline()).await.unwrap();
    assert_eq!(added, Err(("carol".to_owned(), clash)));
    assert!(matches!(store.find("bob", deadline()).await.unwrap(), Lookup::None));
    assert_eq!(add(&store, "bob", PosixWish::default()).await.unwrap().uid, 65_537);
}

/// A dry run says what the run would: the second of two rows is in the first one's way.
#[tokio::test]
async fn rows_that_are_tried_see_those_before_them() {
    let (_folder, settings, store, _) = with_alice().await;
    let user = |name: &str, posix| HashedUser { name: name.into(), posix, ..HashedUser::default() };
    let list = || {
        vec![
            user("bob", with_uid(70_000)),
            user("carol", with_uid(70_000)),
            user("Bob", PosixWish::default()),
            user("dave", PosixWish::default()),
            user("erin", with_uid(settings.first_id + 1)),
        ]
    };
    let tried = store.try_all(list(), deadline()).await.unwrap();
    let uid = |uid, user: &str| Err(Clash::Uid { uid, user: user.into() });
    let next = settings.first_id + 1;
    assert_eq!(tried, [Ok(()), uid(70_000, "bob"), Err(Clash::User), Ok(()), uid(next, "dave")]);
    let added = store.add_all(list(), deadline()).await.unwrap();
    assert_eq!(added.unwrap_err().0, "carol");
    assert!(matches!(store.find("bob", deadline()).await.unwrap(), Lookup::None));
}

#[tokio::test]
async fn a_long_list_ends_with_its_time() {
    let (_folder, _, store, _) = with_alice().await;
    let user = HashedUser { name: "bob".into(), ..HashedUser::default() };
    let over = Deadline::after(Duration::ZERO);
    assert!(store.try_all(vec![user], over).await.is_err());
    let user = HashedUser { name: "bob".into(), ..HashedUser::default() };
    assert!(store.add_all(vec![user], over).await.is_err());
}

#[tokio::test]
async fn everybody_and_every_group_is_listed_and_who_is_in_it() {
    let (_folder, _, store, alice) = with_alice().await;
    for number in 0..=PAGE {
        add(&store, &format!("u{number:04}"), PosixWish::default()).await.unwrap();
    }
    store.make_group("empty", None, deadline()).await.unwrap().unwrap();
    store.set_member(&alice.id, "staff", true, deadline()).await.unwrap().unwrap();
    assert_eq!(all(store.all_users()).await.len(), PAGE + 2);
    let groups = all(store.all_groups()).await;
    assert_eq!(groups.len(), PAGE + 4);
    let staff = groups.iter().find(|group| group.name == "staff").unwrap();
    assert_eq!(staff.members, ["alice"]);
    assert_eq!(store.group(Key::Name("staff"), deadline()).await.unwrap().as_ref(), Some(staff));
    let user = store.user(Key::Name("alice"), deadline()).await.unwrap().unwrap();
    assert_eq!(store.groups_of(&user, deadline()).await.unwrap(), [user.gid, staff.gid]);
}

#[tokio::test]
async fn the_ageing_tells_of_an_end_and_of_a_password_to_change() {
    let (_folder, _, store, alice) = with_alice().await;
    store.set_expiry(&alice.id, Some(20_000 * 86_400 + 5), deadline()).await.unwrap();
    store.set_must_change(&alice.id, true, deadline()).await.unwrap();
    let user = store.user(Key::Name("alice"), deadline()).await.unwrap().unwrap();
    let ageing = Ageing { last_change: Some(0), expires: Some(20_000), ..Ageing::default() };
    assert_eq!(user.ageing, ageing);
}

#[tokio::test]
async fn ssh_keys_are_kept_in_their_order_and_go_with_the_user() {
    let (_folder, _, store, alice) = with_alice().await;
    let put = async |lines: &[&str]| {
        let lines = lines.iter().map(|line| (*line).to_owned()).collect();
        store.add_ssh_keys(&alice.id, lines, 3, deadline()).await.unwrap()
    };
    let done = |are_new: &[bool]| Ok(KeysAdded::Done(are_new.to_vec()));
    assert_eq!(put(&["two"]).await, done(&[true]));
    assert_eq!(put(&["one", "two", "one"]).await, done(&[true, false, false]), "once");
    assert_eq!(put(&["three", "four"]).await, Ok(KeysAdded::TooMany), "none of them");
    assert_eq!(store.ssh_keys(&alice, deadline()).await.unwrap(), ["two", "one"]);
    let bob = with_bob(&store).await;
    assert!(store.ssh_keys(&bob, deadline()).await.unwrap().is_empty());
    let take = async |line| store.remove_ssh_key(&alice.id, line, deadline()).await.unwrap();
    assert!(take("two").await && !take("two").await);
    store.remove(&alice.id, deadline()).await.unwrap();
    assert!(store.ssh_keys(&alice, deadline()).await.unwrap().is_empty());
    assert_eq!(put(&["three"]).await, Err(Clash::Gone));
}

/// Whoever has a number as primary group shares the files of everybody else who gets it.
#[tokio::test]
async fn a_number_that_is_somebodys_primary_group_is_given_to_nobody_else() {
    let (_folder, settings, store, _) = with_alice().await;
    let next = settings.first_id + 2;
    let wish = PosixWish { group: Some(PrimaryGroup::Numbered(next)), ..PosixWish::default() };
    let bob = add(&store, "bob", wish).await.unwrap();
    assert_eq!((bob.uid, bob.gid), (settings.first_id + 1, next));
    assert_eq!(store.make_group("admins", None, deadline()).await.unwrap(), Ok(true));
    let admins = store.group(Key::Name("admins"), deadline()).await.unwrap().unwrap();
    assert_eq!((admins.gid, admins.members), (next + 1, Vec::new()));
    let carol = add(&store, "carol", PosixWish::default()).await.unwrap();
    assert_eq!((carol.uid, carol.gid), (next + 2, next + 2));
    let clash = Clash::PrimaryGid { gid: next, user: "bob".into() };
    assert_eq!(add(&store, "dave", with_uid(next)).await, Err(clash));
}
