//! Lists of everybody.

use super::*;

/// All of a list from a place on, and what ends it.
async fn all(scene: &Scene, from: u64, query: fn(u64) -> Query<'static>) -> Vec<String> {
    let (mut all, mut at) = (Vec::new(), from);
    loop {
        let said = scene.ask(query(at)).await;
        let Some((next, entry)) =
            said.split_once(' ').filter(|(next, _)| next.parse::<u64>().is_ok())
        else {
            all.push(said);
            return all;
        };
        assert!(next.parse::<u64>().unwrap() > at);
        at = next.parse().unwrap();
        all.push(entry.split(':').take(2).collect::<Vec<_>>().join(" "));
    }
}

#[tokio::test]
async fn everybody_who_is_served_is_listed_once_and_by_name() {
    let scene = Scene::new();
    let users = ["user1 A  B", "user2 A  B", "user3 A  B", "not found"];
    assert_eq!(all(&scene, 0, Query::Users).await, users);
    assert_eq!(all(&scene, 0, Query::Groups).await, ["staff alice", "not found"]);
    let searches = scene.searches();
    assert_eq!(all(&scene, 0, Query::Users).await, users, "the list is fresh");
    assert_eq!(scene.searches(), searches);
}

#[tokio::test]
async fn a_list_that_is_not_complete_is_none() {
    let scene = Scene::new();
    *scene.directory.rest.lock().unwrap() = Rest::Withheld;
    assert_eq!(all(&scene, 0, Query::Users).await, ["unavailable"]);
    scene.is_away(true);
    assert_eq!(all(&scene, 0, Query::Groups).await, ["unavailable"]);
}

/// The place of the second entry.
async fn second(scene: &Scene, query: fn(u64) -> Query<'static>) -> u64 {
    let first = scene.ask(query(0)).await;
    first.split_once(' ').unwrap().0.parse().unwrap()
}

#[tokio::test]
async fn a_listing_goes_on_however_often_the_list_is_read_again() {
    let scene = Scene::with(0, LONG);
    let next = second(&scene, Query::Users).await;
    scene.directory.listed.store(5, Ordering::Relaxed);
    let rest = ["user2 A  B", "user3 A  B", "user4 A  B", "user5 A  B", "not found"];
    for _ in 0..3 {
        assert_eq!(all(&scene, 0, Query::Users).await.len(), 6);
        assert_eq!(all(&scene, next, Query::Users).await, rest);
    }
    scene.answers.changed().await;
    scene.says(false);
    assert_eq!(all(&scene, next, Query::Users).await, rest, "nobody waits in the middle of a list");
}

#[tokio::test]
async fn a_listing_goes_on_after_a_restart_or_says_that_it_is_not_at_its_end() {
    let scene = Scene::new();
    let (users, groups) = (second(&scene, Query::Users).await, second(&scene, Query::Groups).await);
    let scene = scene.restarted();
    scene.is_away(true);
    assert_eq!(all(&scene, users, Query::Users).await, ["unavailable"]);
    scene.is_away(false);
    assert_eq!(all(&scene, users, Query::Users).await, ["user2 A  B", "user3 A  B", "not found"]);
    assert_eq!(all(&scene, groups, Query::Groups).await, ["not found"]);
}

#[tokio::test]
async fn lists_are_read_again_after_each_kind_of_change() {
    let scene = Scene::new();
    let users = async || all(&scene, 0, Query::Users).await.len() - 1;
    assert_eq!(users().await, 3);

    scene.directory.listed.store(4, Ordering::Relaxed);
    scene.answers.look_for_changes().await;
    assert_eq!(users().await, 3, "the directory has the same version");
    scene.directory.version.store(1, Ordering::Relaxed);
    scene.answers.look_for_changes().await;
    assert_eq!(users().await, 4, "another process has changed users");

    scene.directory.listed.store(5, Ordering::Relaxed);
    scene.answers.changed().await;
    assert_eq!(users().await, 5, "this one has");

    std::fs::write(scene.folder.path().join("passwd"), "user2:x:5002:5000::/:/bin/sh\n").unwrap();
    assert_eq!(users().await, 5, "nobody has looked at the file");
    scene.answers.own_files_changed();
    let now = all(&scene, 0, Query::Users).await;
    assert!(!now.contains(&"user2 A  B".to_owned()), "a user of this machine by now: {now:?}");
    let searches = scene.searches();
    scene.answers.own_files_changed();
    all(&scene, 0, Query::Groups).await;
    assert_eq!(scene.searches(), searches + 1, "groups, too");
}

#[tokio::test]
async fn the_list_before_has_to_do_while_the_directory_is_slow_but_not_after_a_change() {
    let scene = Scene::with(0, Duration::ZERO);
    scene.says(false);
    assert_eq!(scene.ask(Query::Users(0)).await, "unavailable");
    scene.says(true);
    settle().await;
    scene.says(false);
    assert_eq!(all(&scene, 0, Query::Users).await.len(), 4);
    scene.answers.changed().await;
    assert_eq!(all(&scene, 0, Query::Users).await, ["unavailable"]);
}

#[tokio::test]
async fn a_list_is_read_again_only_where_somebody_has_asked_for_it() {
    let scene = Scene::with(0, LONG);
    scene.answers.tend();
    settle().await;
    let searches = scene.searches();
    assert!(searches > 0, "the first one is read before anybody asks");
    scene.answers.tend();
    settle().await;
    assert_eq!(scene.searches(), searches);
    scene.ask(Query::Users(0)).await;
    let searches = scene.searches();
    scene.answers.tend();
    settle().await;
    assert!(scene.searches() > searches);
}
