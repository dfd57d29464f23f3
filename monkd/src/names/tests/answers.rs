//! One answer after the other.

use super::*;

const ALICE: &str = "alice:A  B:/home/alice:/bin/sh:5001:5000";

#[tokio::test]
async fn each_question_has_its_answer_and_what_is_not_there_is_not_found() {
    let scene = Scene::new();
    for (query, said) in [
        (Query::UserByName("alice"), ALICE),
        (Query::UserByUid(5001), ALICE),
        (Query::GroupByName("staff"), "staff:alice:5000"),
        (Query::GroupByGid(5000), "staff:alice:5000"),
        (Query::GroupsOf("alice"), "[5000, 7000]"),
        (Query::Ageing("alice"), "Some(20000)"),
        (Query::UserByName("carol"), "not found"),
        (Query::UserByUid(5002), "not found"),
        (Query::GroupByName("alice"), "not found"),
        (Query::GroupsOf("carol"), "not found"),
        (Query::Ageing("carol"), "not found"),
    ] {
        assert_eq!(scene.ask(query).await, said, "{query:?}");
    }
}

#[tokio::test]
async fn what_was_answered_is_not_searched_for_again_and_ageing_always_is() {
    let scene = Scene::new();
    for query in [Query::UserByName("alice"), Query::UserByName("carol")] {
        let said = scene.ask(query).await;
        let searches = scene.searches();
        assert_eq!((scene.ask(query).await, scene.searches()), (said, searches), "{query:?}");
    }
    let searches = scene.searches();
    scene.ask(Query::Ageing("alice")).await;
    scene.ask(Query::Ageing("alice")).await;
    assert_eq!(scene.searches(), searches + 2);
}

#[tokio::test]
async fn equal_questions_at_once_are_one_search() {
    let scene = Arc::new(Scene::new());
    scene.says(false);
    let ask = |_| {
        let scene = Arc::clone(&scene);
        tokio::spawn(async move { scene.ask(Query::UserByName("alice")).await })
    };
    let asking: Vec<_> = (0..20).map(ask).collect();
    settle().await;
    scene.says(true);
    for one in asking {
        assert_eq!(one.await.unwrap(), ALICE);
    }
    assert_eq!(scene.searches(), 1);
}

#[tokio::test]
async fn a_person_who_asks_for_many_names_keeps_nobody_else_waiting() {
    let scene = Arc::new(Scene::new());
    scene.says(false);
    let ask = |name: String, uid: u32| {
        let scene = Arc::clone(&scene);
        tokio::spawn(
            async move { scene.ask_as(Query::UserByName(&name), &Who::Service(uid)).await },
        )
    };
    let flood: Vec<_> = (0..50).map(|number| ask(format!("stranger{number}"), 7)).collect();
    // The flood waits for its share with this name, too; the other one does not wait with it.
    let of_flood = ask("alice".into(), 7);
    settle().await;
    let of_other = ask("alice".into(), 8);
    settle().await;
    let begun = scene.searches();
    assert!(begun < 10, "{begun} searches at once");
    scene.says(true);
    assert_eq!(of_other.await.unwrap(), ALICE);
    assert_eq!(of_flood.await.unwrap(), ALICE);
    for one in flood {
        assert_eq!(one.await.unwrap(), "not found");
    }
}

#[tokio::test]
async fn a_directory_that_lies_about_a_name_or_a_number_is_not_believed() {
    let scene = Scene::with(0, LONG);
    let honest = scene.directory.person("alice", 5001);
    let lies = |lie: PosixUser| *scene.directory.lie.lock().unwrap() = Some(lie);
    lies(PosixUser { name: "Alice".into(), ..honest.clone() });
    assert_eq!(scene.ask(Query::UserByName("alice")).await, "not found");
    lies(PosixUser { uid: 0, ..honest.clone() });
    assert_eq!(scene.ask(Query::UserByName("alice")).await, "not found");
    lies(PosixUser { uid: 1500, ..honest.clone() });
    assert_eq!(scene.ask(Query::UserByName("alice")).await, "not found");
    lies(PosixUser { name: "bob".into(), uid: 5009, ..honest.clone() });
    assert_eq!(scene.ask(Query::UserByUid(5009)).await, "not found");
    lies(honest);
    assert_eq!(scene.ask(Query::UserByUid(5009)).await, "not found");
    assert_eq!(scene.answers.owner_of(5009).await, Ok(None));
    assert_eq!(scene.answers.owner_of(5001).await, Ok(Some("alice".into())));
    assert_eq!(scene.answers.owner_of(0).await, Ok(None));
}

#[tokio::test]
async fn this_machines_own_are_not_asked_for_and_a_new_one_counts_at_once() {
    let scene = Scene::new();
    for query in [
        Query::UserByName("root"),
        Query::GroupsOf("root"),
        Query::UserByUid(1500),
        Query::GroupByGid(27),
        Query::Ageing("bob"),
    ] {
        assert_eq!(scene.ask(query).await, "not found");
    }
    assert_eq!(scene.searches(), 0);
    assert_eq!(scene.ask(Query::UserByName("alice")).await, ALICE);
    std::fs::write(scene.folder.path().join("passwd"), "alice:x:1501:1501::/:/bin/sh\n").unwrap();
    assert_eq!(scene.ask(Query::UserByName("alice")).await, "not found");
    // Nobody knows whose a name is where the file cannot be read.
    std::fs::remove_file(scene.folder.path().join("passwd")).unwrap();
    std::fs::create_dir(scene.folder.path().join("passwd")).unwrap();
    assert_eq!(scene.ask(Query::UserByName("alice")).await, "unavailable");
}

#[tokio::test]
async fn ageing_is_for_roots_programs_alone() {
    let scene = Scene::new();
    for query in [Query::Ageing("alice"), Query::Ageing("carol")] {
        assert_eq!(scene.ask_as(query, &Who::Service(33)).await, "unavailable");
    }
    assert_eq!(scene.searches(), 0);
}

#[tokio::test]
async fn a_search_that_takes_too_long_goes_on_and_the_next_one_who_asks_has_its_answer() {
    let scene = Scene::with(60, Duration::ZERO);
    scene.says(false);
    assert_eq!(scene.ask(Query::UserByName("alice")).await, "unavailable");
    scene.says(true);
    settle().await;
    assert_eq!(scene.ask(Query::UserByName("alice")).await, ALICE);
    assert_eq!(scene.searches(), 1);
}

#[tokio::test]
async fn what_was_known_is_given_while_the_directory_is_away_and_not_where_it_is_only_slow() {
    let scene = Scene::with(0, Duration::ZERO);
    for query in [Query::UserByName("alice"), Query::UserByName("carol")] {
        scene.ask(query).await;
        settle().await;
    }
    scene.says(false);
    assert_eq!(scene.ask(Query::UserByName("alice")).await, "unavailable");
    assert_eq!(scene.ask(Query::UserByName("carol")).await, "unavailable");
    scene.is_away(true);
    scene.says(true);
    settle().await;
    assert_eq!(scene.ask(Query::UserByName("alice")).await, ALICE);
    assert_eq!(scene.ask(Query::UserByName("carol")).await, "unavailable");
}

#[tokio::test]
async fn what_was_fresh_a_moment_ago_is_given_where_the_directory_is_slow() {
    let scene = Scene::with(60, LONG);
    assert_eq!(scene.ask(Query::UserByName("alice")).await, ALICE);
    let slow = Scene::answers(&scene.directory, scene.folder.path().into(), 60, Duration::ZERO);
    slow.follow(&scene.answers);
    scene.says(false);
    let scene = Scene { answers: slow, ..scene };
    assert_eq!(scene.ask(Query::UserByName("alice")).await, ALICE);
}

#[tokio::test]
async fn a_directory_that_answers_is_waited_for_whatever_was_known() {
    let scene = Scene::with(0, LONG);
    assert_eq!(scene.ask(Query::UserByName("alice")).await, ALICE);
    *scene.directory.shell.lock().unwrap() = "/bin/zsh".into();
    assert!(scene.ask(Query::UserByName("alice")).await.contains("/bin/zsh"));
}

#[tokio::test]
async fn a_directory_that_is_away_is_not_asked_again_but_by_a_probe() {
    let scene = Scene::new();
    scene.is_away(true);
    assert_eq!(scene.ask(Query::UserByName("alice")).await, "unavailable");
    let searches = scene.searches();
    for name in ["alice", "carol", "dave"] {
        assert_eq!(scene.ask(Query::UserByName(name)).await, "unavailable");
    }
    assert_eq!(scene.searches(), searches);
    scene.answers.tend();
    settle().await;
    assert!(scene.searches() > searches);
    assert_eq!(scene.ask(Query::UserByName("alice")).await, "unavailable");
    scene.is_away(false);
    scene.answers.tend();
    settle().await;
    assert_eq!(scene.ask(Query::UserByName("alice")).await, ALICE);
}

#[tokio::test]
async fn what_was_searched_for_before_a_change_is_not_kept() {
    let scene = Arc::new(Scene::new());
    scene.says(false);
    let other = Arc::clone(&scene);
    let before = tokio::spawn(async move { other.ask(Query::UserByName("alice")).await });
    settle().await;
    scene.answers.changed().await;
    let other = Arc::clone(&scene);
    let after = tokio::spawn(async move { other.ask(Query::UserByName("alice")).await });
    settle().await;
    scene.says(true);
    assert_eq!((before.await.unwrap(), after.await.unwrap()), (ALICE.into(), ALICE.into()));
    // Both have searched, and only the second answer is kept.
    assert_eq!(scene.searches(), 2);
    assert_eq!(scene.ask(Query::UserByName("alice")).await, ALICE);
    assert_eq!(scene.searches(), 2);
    scene.answers.changed().await;
    scene.ask(Query::UserByName("alice")).await;
    assert_eq!(scene.searches(), 3);
}

#[tokio::test]
async fn who_is_about_to_come_in_is_looked_up_where_names_are_in_use() {
    let scene = Scene::new();
    scene.answers.expect("alice");
    settle().await;
    assert_eq!(scene.searches(), 0, "nobody asks for names here");
    scene.answers.note_use();
    scene.answers.expect("alice");
    settle().await;
    let searches = scene.searches();
    assert!(searches > 0);
    assert_eq!(scene.ask(Query::GroupsOf("alice")).await, "[5000, 7000]");
    assert_eq!(scene.ask(Query::UserByName("alice")).await, ALICE);
    assert_eq!(scene.searches(), searches, "both are known already");
}

/// The directory is there, and says something of this user: what it said a day ago does not stand in for it.
#[tokio::test]
async fn an_answer_that_cannot_be_read_leaves_no_old_one() {
    let scene = Scene::with(0, LONG);
    assert_eq!(scene.ask(Query::UserByName("alice")).await, ALICE);
    scene.directory.is_unclear.store(true, Ordering::Relaxed);
    assert_eq!(scene.ask(Query::UserByName("alice")).await, "unavailable");
    scene.directory.is_unclear.store(false, Ordering::Relaxed);
    scene.is_away(true);
    assert_eq!(scene.ask(Query::UserByName("alice")).await, ALICE, "that is an outage");
}
