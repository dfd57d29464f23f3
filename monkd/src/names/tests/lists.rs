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

#[tokio::test]
async fn a_listing_goes_on_in_the_list_that_it_began_in() {
    let scene = Scene::with(0, LONG);
    let first = scene.ask(Query::Users(0)).await;
    let next: u64 = first.split_once(' ').unwrap().0.parse().unwrap();
    scene.directory.listed.store(5, Ordering::Relaxed);
    assert_eq!(all(&scene, 0, Query::Users).await.len(), 6);
    assert_eq!(all(&scene, next, Query::Users).await, ["user2 A  B", "user3 A  B", "not found"]);
    // Two lists later it is gone, and the listing does not go on in another one.
    scene.ask(Query::Users(0)).await;
    assert_eq!(all(&scene, next, Query::Users).await, ["unavailable"]);
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
