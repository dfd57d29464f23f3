//! What stands in the map for all to read.

use std::os::unix::fs::FileExt;

use monk_wire::names::map::{HEADER, Header, PAGE, find, hash, place};
use monk_wire::names::memory::{INODE, LEASE_MS};

use super::*;
use crate::names::unwritten::ROUNDS_UNTIL_THE_NEXT_MAP;

impl Scene {
    /// What a reader finds, and whether it is fresh.
    fn read(&self, query: Query<'_>) -> Option<(String, bool)> {
        let query = said::query(&query).unwrap();
        let file = std::fs::File::open(self.folder.path().join("names.map")).ok()?;
        let mut page = [0; PAGE];
        file.read_exact_at(&mut page, place(hash(&query))).ok()?;
        let found = find(&page, &query)?;
        Some((shown(found.answer), crate::clock::since_boot() < found.fresh_until))
    }

    /// The same in the memory that was lent.
    fn read_lent(&self, lent: &std::fs::File, query: Query<'_>) -> Option<(String, bool)> {
        let query = said::query(&query).unwrap();
        let mut page = [0; PAGE];
        lent.read_exact_at(&mut page, place(hash(&query))).unwrap();
        let found = find(&page, &query)?;
        Some((shown(found.answer), crate::clock::since_boot() < found.fresh_until))
    }

    fn header(&self) -> Option<Header> {
        let mut bytes = [0; HEADER];
        let file = std::fs::File::open(self.folder.path().join("names.map")).ok()?;
        file.read_exact_at(&mut bytes, 0).unwrap();
        Header::of_bytes(&bytes)
    }

    /// The same directory, as another engine finds it, where callers wait for so long.
    pub(super) fn restarted_with(self, patience: Duration) -> Self {
        let Self { directory, folder, .. } = self;
        let answers = Self::answers(&directory, folder.path().into(), 60, patience);
        Self { directory, answers, folder }
    }
}

const ALICE: Query<'static> = Query::UserByName("alice");

#[tokio::test]
async fn answers_stand_in_the_map_but_what_is_not_for_everybody() {
    let scene = Scene::new();
    scene.answers.publish().await;
    for query in
        [ALICE, Query::GroupsOf("alice"), Query::UserByName("carol"), Query::GroupsOf("root")]
    {
        let said = scene.ask(query).await;
        assert_eq!(scene.read(query), Some((said, true)), "{query:?}");
    }
    scene.ask(Query::Ageing("alice")).await;
    assert_eq!(scene.read(Query::Ageing("alice")), None);
    assert_eq!(scene.read(Query::UserByName("dave")), None);
    assert!(scene.header().unwrap().is_alive(crate::clock::since_boot()));
    scene.answers.end();
    assert_eq!(scene.header().unwrap().heartbeat, 0);
}

#[tokio::test]
async fn a_change_through_monk_takes_everything_out_of_the_map_at_once() {
    let scene = Scene::new();
    scene.answers.publish().await;
    scene.ask(ALICE).await;
    let before = scene.header().unwrap().generation;
    scene.answers.changed().await;
    assert_eq!(scene.read(ALICE), None);
    assert!(scene.header().unwrap().generation > before);
    // The same by another process: seen with the next sign of life.
    scene.ask(ALICE).await;
    scene.answers.look_for_changes().await;
    assert!(scene.read(ALICE).is_some(), "nothing has changed");
    scene.directory.version.store(1, Ordering::Relaxed);
    scene.answers.look_for_changes().await;
    assert_eq!(scene.read(ALICE), None);
}

#[tokio::test]
async fn memory_that_is_lent_says_what_the_file_says_until_the_engine_ends() {
    use std::os::unix::fs::MetadataExt;

    let scene = Scene::new();
    scene.answers.publish().await;
    let lent = scene.answers.lent().unwrap();
    let header = || {
        let mut bytes = [0; HEADER];
        lent.read_exact_at(&mut bytes, 0).unwrap();
        Header::of_bytes(&bytes).unwrap()
    };
    let is_of_the_file = || {
        let mut bytes = [0; 16];
        lent.read_exact_at(&mut bytes, INODE as u64).unwrap();
        let file = std::fs::metadata(scene.folder.path().join("names.map")).unwrap();
        bytes == *[file.ino().to_le_bytes(), file.dev().to_le_bytes()].concat()
    };
    let said = scene.ask(ALICE).await;
    assert_eq!(scene.read_lent(&lent, ALICE), Some((said.clone(), true)));
    assert!(is_of_the_file() && header() == scene.header().unwrap());
    scene.answers.own_files_changed();
    assert_eq!(scene.read_lent(&lent, ALICE), Some((said, false)), "in the same memory");
    assert!(is_of_the_file() && header() == scene.header().unwrap());
    scene.answers.changed().await;
    assert_eq!(scene.read_lent(&lent, ALICE), None);
    assert!(is_of_the_file());
    scene.ask(ALICE).await;
    let fresh = Scene::answers(&scene.directory, scene.folder.path().into(), 60, LONG);
    fresh.follow(&scene.answers);
    assert!(header().is_alive(crate::clock::since_boot()) && is_of_the_file());
    fresh.beat();
    assert_eq!(header(), scene.header().unwrap());
    fresh.end();
    assert_eq!((header().heartbeat, fresh.lent().is_none()), (0, true));
}

/// The engine may die at the next moment: what it has told somebody must stand somewhere.
#[tokio::test]
async fn who_was_told_of_while_this_machines_files_changed_is_known_and_after_a_change_is_not() {
    for is_change in [false, true] {
        let scene = Scene::new();
        scene.answers.publish().await;
        scene.says(false);
        let ask = {
            let answers = Arc::clone(&scene.answers);
            tokio::spawn(async move {
                shown(&answers.answer(&said::query(&ALICE).unwrap(), &Who::Root).await)
            })
        };
        settle().await;
        match is_change {
            true => scene.answers.changed().await,
            false => scene.answers.own_files_changed(),
        }
        scene.says(true);
        let said = ask.await.unwrap();
        assert!(said.starts_with("alice:"), "{said}");
        // It is asked for again, and until then better than nothing; what was changed is not.
        let known = (!is_change).then_some((said, false));
        assert_eq!(scene.read(ALICE), known);
    }
}

#[tokio::test]
async fn a_change_is_confirmed_once_nobody_reads_memory_of_an_engine_that_was_killed() {
    for is_for_one_command in [false, true] {
        let scene = Scene::new();
        scene.answers.publish().await;
        let killed = scene.header().unwrap().heartbeat;
        let scene = scene.restarted();
        match is_for_one_command {
            true => scene.answers.are_for_one_command(),
            false => scene.answers.publish().await,
        }
        scene.answers.changed().await;
        assert!(crate::clock::since_boot() >= killed + LEASE_MS, "{is_for_one_command}");
    }
}

#[tokio::test]
async fn a_change_by_an_engine_for_one_command_removes_what_one_before_has_left_behind() {
    let scene = Scene::new();
    scene.answers.publish().await;
    scene.ask(ALICE).await;
    scene.answers.end();
    let scene = scene.restarted();
    scene.answers.changed().await;
    assert!(scene.header().is_some(), "who knows of no such engine leaves its file alone");
    scene.answers.are_for_one_command();
    scene.answers.changed().await;
    assert_eq!(scene.header(), None);
}

#[tokio::test]
async fn an_engine_that_starts_while_the_directory_is_away_knows_who_was_known() {
    let scene = Scene::new();
    scene.answers.publish().await;
    let said = scene.ask(ALICE).await;
    scene.ask(Query::UserByName("carol")).await;
    let before = scene.header().unwrap().generation;
    let scene = scene.restarted();
    scene.is_away(true);
    scene.answers.publish().await;
    assert!(scene.header().unwrap().generation > before);
    assert_eq!(scene.read(ALICE), Some((said.clone(), false)));
    assert_eq!(scene.read(Query::UserByName("carol")), None);
    assert_eq!(scene.ask(ALICE).await, said);
    assert_eq!(scene.ask(Query::UserByName("carol")).await, "unavailable");
    // After a change meanwhile, nothing is known.
    scene.directory.version.store(7, Ordering::Relaxed);
    let scene = scene.restarted();
    scene.answers.publish().await;
    assert_eq!((scene.read(ALICE), scene.ask(ALICE).await), (None, "unavailable".into()));
}

#[tokio::test]
async fn an_engine_whose_first_search_is_slow_knows_who_was_known_a_moment_ago() {
    let scene = Scene::new();
    scene.answers.publish().await;
    let said = scene.ask(ALICE).await;
    let scene = scene.restarted_with(Duration::ZERO);
    scene.says(false);
    scene.answers.publish().await;
    assert_eq!(scene.read(ALICE), Some((said.clone(), false)), "it is asked for again");
    assert_eq!(scene.ask(ALICE).await, said);
}

#[tokio::test]
async fn after_the_settings_were_read_again_known_users_are_asked_for_again() {
    let scene = Scene::new();
    scene.answers.publish().await;
    let said = scene.ask(ALICE).await;
    let fresh = Scene::answers(&scene.directory, scene.folder.path().into(), 60, LONG);
    fresh.follow(&scene.answers);
    let scene = Scene { answers: fresh, ..scene };
    assert_eq!(scene.read(ALICE), Some((said.clone(), false)));
    let searches = scene.searches();
    assert_eq!((scene.ask(ALICE).await, scene.searches()), (said.clone(), searches + 1));
    assert_eq!(scene.read(ALICE), Some((said, true)));
}

#[tokio::test]
async fn a_new_user_of_this_machine_makes_everything_be_asked_for_again() {
    let scene = Scene::new();
    scene.answers.publish().await;
    let said = scene.ask(ALICE).await;
    scene.answers.own_files_changed();
    assert_eq!(scene.read(ALICE), Some((said, false)));
}

#[tokio::test]
async fn a_map_that_could_not_be_written_is_written_as_soon_as_it_can_be() {
    let scene = Scene::new();
    scene.answers.publish().await;
    let said = scene.ask(ALICE).await;
    let before = scene.header().unwrap().generation;
    let away = scene.folder.path().join("away");
    let in_the_way = scene.folder.path().join("names.map.new");
    std::fs::create_dir(&in_the_way).unwrap();
    scene.answers.own_files_changed();
    assert_eq!(scene.header(), None);
    // The settings are read again meanwhile.
    let answers = Scene::answers(&scene.directory, scene.folder.path().into(), 60, LONG);
    answers.follow(&scene.answers);
    let scene = Scene { answers, ..scene };
    let look_long = || (0..ROUNDS_UNTIL_THE_NEXT_MAP).for_each(|_| scene.answers.tend());
    look_long();
    assert_eq!(scene.header(), None, "there is still no place for it");
    std::fs::rename(&in_the_way, &away).unwrap();
    look_long();
    assert!(scene.header().unwrap().generation > before);
    assert_eq!(scene.read(ALICE), Some((said, false)));
}

#[tokio::test]
async fn names_are_answered_where_there_is_no_place_for_the_map() {
    let scene = Scene::new();
    scene.answers.publish().await;
    std::fs::remove_file(scene.folder.path().join("names.map")).unwrap();
    std::fs::create_dir(scene.folder.path().join("names.map")).unwrap();
    let lent = scene.answers.lent().unwrap();
    scene.answers.changed().await;
    assert!(scene.ask(ALICE).await.starts_with("alice"));
    assert_eq!(scene.read_lent(&lent, ALICE), None);
    assert!(scene.answers.lent().is_none());
}
