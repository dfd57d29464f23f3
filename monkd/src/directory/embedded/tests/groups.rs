//! Groups of the embedded directory.

use super::*;
use crate::directory::users::Member;

/// Groups and members as they are listed.
async fn listed(store: &Embedded) -> Vec<(String, Option<String>)> {
    let rows = store.members(Default::default(), 99, deadline()).await.unwrap();
    rows.into_iter().map(|Member { group, user, .. }| (group, user)).collect()
}

fn row(group: &str, user: Option<&str>) -> (String, Option<String>) {
    (group.to_owned(), user.map(str::to_owned))
}

#[tokio::test]
async fn users_are_put_into_groups_and_taken_out() {
    let (_folder, _, store, alice) = with_alice().await;
    let bob = with_bob(&store).await;
    let named = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    let is_in = async |account: &Account, groups: &[&str]| {
        store.is_in_group(account, &named(groups), deadline()).await.unwrap()
    };
    let set = async |account: &Account, group, member| {
        store.set_member(&account.id, group, member, deadline()).await.unwrap()
    };
    assert!(!is_in(&alice, &["staff"]).await);
    assert_eq!(set(&alice, "staff", true).await, Ok(true));
    assert_eq!(set(&bob, "Staff", true).await, Ok(true));
    assert_eq!(set(&alice, "STAFF", true).await, Ok(false), "she is in it already");
    assert_eq!(set(&alice, "board", true).await, Ok(true));
    assert!(is_in(&alice, &["guests", "STAFF"]).await && !is_in(&bob, &["board"]).await);
    // A policy that names a group means no user who happens to be called so.
    assert!(!is_in(&alice, &["alice"]).await && !is_in(&bob, &["alice"]).await, "private groups");
    let members = store.members(Default::default(), 9, deadline()).await.unwrap();
    let all = [row("board", Some("alice")), row("staff", Some("alice")), row("staff", Some("bob"))];
    assert_eq!(listed(&store).await, all);
    let after = (members[0].group.clone(), members[0].user.clone().unwrap());
    assert_eq!(store.members(after, 1, deadline()).await.unwrap(), members[1..2]);

    assert_eq!(set(&alice, "board", false).await, Ok(true));
    assert_eq!(set(&alice, "board", false).await, Ok(false));
    assert_eq!(set(&alice, "none", false).await, Ok(false));
    assert!(store.remove(&bob.id, deadline()).await.unwrap());
    assert!(!is_in(&bob, &["staff"]).await);
    assert_eq!(set(&bob, "staff", true).await, Err(Clash::Gone));
    // Files may belong to a group of which nobody is a member for a while.
    assert_eq!(listed(&store).await, [row("board", None), row("staff", Some("alice"))]);
    // A list goes on after a group without members.
    let after = ("board".to_owned(), String::new());
    assert_eq!(store.members(after, 9, deadline()).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_group_has_a_number_and_a_name_of_its_own() {
    let (_folder, _, store, _) = with_alice().await;
    let make = async |name, gid| store.make_group(name, gid, deadline()).await.unwrap();
    assert_eq!(make("staff", Some(70_000)).await, Ok(true));
    assert_eq!(make("Staff", None).await, Ok(false), "it is there");
    assert_eq!(make("staff", Some(70_000)).await, Ok(false));
    let exists = Clash::GroupExists { group: "staff".into(), gid: 70_000 };
    assert_eq!(make("staff", Some(70_001)).await, Err(exists));
    let taken = Clash::Gid { gid: 70_000, group: "staff".into() };
    assert_eq!(make("board", Some(70_000)).await, Err(taken));
    let private = Clash::Private { group: "alice".into() };
    assert_eq!(make("alice", None).await, Err(private.clone()));
    assert_eq!(store.delete_group("alice", deadline()).await.unwrap(), Err(private));
    let bob = NewUser { name: "staff", ..NewUser::default() };
    let clash = Clash::GroupOfThatName { group: "staff".into() };
    assert_eq!(store.add(bob, deadline()).await.unwrap(), Err(clash));
    assert!(matches!(store.find("staff", deadline()).await.unwrap(), Lookup::None));

    assert_eq!(store.delete_group("staff", deadline()).await.unwrap(), Ok(()));
    let gone = Clash::NoSuchGroup { group: "staff".into() };
    assert_eq!(store.delete_group("staff", deadline()).await.unwrap(), Err(gone));
    // The number is not given again, unless somebody asks for it.
    assert_eq!(make("board", None).await, Ok(true));
    let rows = store.members(Default::default(), 9, deadline()).await.unwrap();
    assert_ne!(rows[0].gid, 70_000);
    assert_eq!(make("staff", Some(70_000)).await, Ok(true));
}

#[tokio::test]
async fn nobody_is_taken_out_of_the_primary_group() {
    let (_folder, _, store, _) = with_alice().await;
    let in_staff = |group| PosixWish { group: Some(group), ..PosixWish::default() };
    let named = |name: &str| in_staff(PrimaryGroup::Named(name.to_owned()));
    let add = async |name, posix| {
        store.add(NewUser { name, posix, ..NewUser::default() }, deadline()).await.unwrap()
    };
    let missing = Clash::NoSuchGroup { group: "staff".into() };
    assert_eq!(add("bob", named("staff")).await, Err(missing));
    store.make_group("staff", Some(70_000), deadline()).await.unwrap().unwrap();
    assert_eq!(add("bob", named("staff")).await.unwrap().gid, 70_000);
    assert_eq!(add("carol", in_staff(PrimaryGroup::Numbered(70_000))).await.unwrap().gid, 70_000);
    let private = Clash::Private { group: "alice".into() };
    assert_eq!(add("dave", named("alice")).await, Err(private));
    assert_eq!(listed(&store).await, [row("staff", Some("bob")), row("staff", Some("carol"))]);

    let bob = one(&store, "bob").await;
    let primary = Clash::Primary { group: "staff".into(), user: "bob".into() };
    let leave = store.set_member(&bob.id, "staff", false, deadline()).await.unwrap();
    assert_eq!(leave, Err(primary.clone()));
    assert_eq!(store.delete_group("staff", deadline()).await.unwrap(), Err(primary));
    // The user's own name is the private group.
    let posix = store.set_posix(&bob.id, &named("bob"), deadline()).await.unwrap().unwrap();
    assert_eq!(posix.gid, posix.uid);
    assert_eq!(store.set_member(&bob.id, "staff", false, deadline()).await.unwrap(), Ok(false));
    // And goes where another takes its place.
    store.set_posix(&bob.id, &named("staff"), deadline()).await.unwrap().unwrap();
    assert_eq!(store.make_group("bob", None, deadline()).await.unwrap(), Ok(true));

    // A number of /etc/group is taken as it is, until the directory has a group for it.
    let users = add("erin", in_staff(PrimaryGroup::Numbered(4000))).await.unwrap();
    assert_eq!(users.gid, 4000);
    store.make_group("users", Some(4000), deadline()).await.unwrap().unwrap();
    assert!(listed(&store).await.contains(&row("users", Some("erin"))));
}

#[tokio::test]
async fn who_gets_another_primary_group_leaves_the_old_one_unless_put_into_it() {
    let (_folder, _, store, alice) = with_alice().await;
    for (name, gid) in [("staff", 70_000), ("board", 70_001)] {
        store.make_group(name, Some(gid), deadline()).await.unwrap().unwrap();
    }
    let set = async |group: &str| {
        let group = Some(PrimaryGroup::Named(group.to_owned()));
        let wish = PosixWish { group, ..PosixWish::default() };
        store.set_posix(&alice.id, &wish, deadline()).await.unwrap().unwrap()
    };
    let is_in = async |group: &str| {
        store.is_in_group(&alice, &[group.to_owned()], deadline()).await.unwrap()
    };
    set("staff").await;
    assert!(is_in("staff").await && !is_in("board").await);
    set("board").await;
    assert!(!is_in("staff").await && is_in("board").await);
    assert_eq!(listed(&store).await, [row("board", Some("alice")), row("staff", None)]);
    store.set_member(&alice.id, "board", true, deadline()).await.unwrap().unwrap();
    assert_eq!(listed(&store).await[0], row("board", Some("alice")), "once");
    set("staff").await;
    assert!(is_in("staff").await && is_in("board").await, "she was put into it");
    set("alice").await;
    assert_eq!(listed(&store).await, [row("board", Some("alice")), row("staff", None)]);
}

#[tokio::test]
async fn a_list_of_groups_goes_on_at_any_row() {
    let (_folder, _, store, alice) = with_alice().await;
    let bob = with_bob(&store).await;
    for group in ["a", "b", "d"] {
        store.make_group(group, None, deadline()).await.unwrap().unwrap();
    }
    for user in [&alice, &bob] {
        store.set_member(&user.id, "b", true, deadline()).await.unwrap().unwrap();
    }
    let all = listed(&store).await;
    let expected = [row("a", None), row("b", Some("alice")), row("b", Some("bob")), row("d", None)];
    assert_eq!(all, expected);
    for (place, (group, user)) in all.iter().enumerate() {
        let after = (group.to_uppercase(), user.clone().unwrap_or_default());
        let rest = store.members(after, 1, deadline()).await.unwrap();
        let rest: Vec<_> = rest.into_iter().map(|member| (member.group, member.user)).collect();
        assert_eq!(rest, all.iter().skip(place + 1).take(1).cloned().collect::<Vec<_>>());
    }
}
