use super::*;

/// More descriptors than are ever needed.
const ENOUGH: usize = 65_536;

const BOB: u32 = 1001;
const CAROL: u32 = 1002;

fn places() -> Arc<Places> {
    let nobody = SubordinateUids::of("/nonexistent".as_ref());
    Arc::new(Places { containers: nobody, ..Places::new(ENOUGH) })
}

/// A conversation of a program of root's in which somebody types.
fn waits_for(places: &Arc<Places>, person: Option<u32>, address: Option<&str>) -> Place {
    let place = Places::take(places, 0).expect("root has a place");
    place.serves(person, address).expect("few are at work");
    place.waits().expect("it was ended");
    place
}

fn is_there(place: &Place) -> bool {
    place.places.table().held.contains_key(&place.number)
}

fn left(places: &[Place]) -> usize {
    places.iter().filter(|place| is_there(place)).count()
}

/// Places of a caller that has just connected long ago.
fn are_old(places: &Arc<Places>) {
    for held in places.table().held.values_mut() {
        held.since = held.since.checked_sub(2 * ABOUT_TO_SPEAK).expect("the machine is up longer");
    }
}

#[test]
fn a_person_who_holds_conversations_open_ends_his_own_oldest_ones() {
    let places = places();
    let of_carol = waits_for(&places, Some(CAROL), None);
    let of_bob: Vec<_> = (0..5000).map(|_| waits_for(&places, Some(BOB), None)).collect();
    assert_eq!(left(&of_bob), MAX_WAITING_OF_PERSON);
    assert_eq!(left(&of_bob[5000 - MAX_WAITING_OF_PERSON..]), MAX_WAITING_OF_PERSON);
    assert!(is_there(&of_carol));
    assert!(of_bob[0].computes().is_err() && of_carol.computes().is_ok());
}

#[tokio::test]
async fn the_one_that_is_ended_hears_of_it() {
    let places = places();
    let all: Vec<_> =
        (0..=MAX_WAITING_OF_PERSON).map(|_| waits_for(&places, Some(BOB), None)).collect();
    all[0].evicted().await;
    assert!(tokio::time::timeout(Duration::ZERO, all[1].evicted()).await.is_err());
}

#[test]
fn whatever_waits_or_is_silent_root_s_programs_get_in_and_those_at_work_stay() {
    let places = places();
    let program = waits_for(&places, None, None);
    let at_work = Places::take(&places, 0).unwrap();
    at_work.serves(Some(BOB), None).unwrap();
    let persons: Vec<_> =
        (2000..4500).map(|person| waits_for(&places, Some(person), None)).collect();
    let strangers: Vec<_> = (0..2500_u16)
        .map(|n| waits_for(&places, None, Some(&format!("10.0.{}.{}", n / 256, n % 256))))
        .collect();
    // su that was stopped before it could say anything.
    let silent: Vec<_> = (0..5000).map(|_| Places::take(&places, 0).unwrap()).collect();
    are_old(&places);
    for _ in 0..5000 {
        let place = Places::take(&places, 0).expect("dovecot gets in");
        assert!(place.serves(None, Some("192.0.2.7")).is_ok() && is_there(&place));
    }
    assert!(is_there(&program) && is_there(&at_work));
    assert!(left(&persons) + left(&strangers) + left(&silent) <= MAX_OF_ROOT);
    assert!(at_work.waits().is_ok());
}

#[test]
fn where_room_is_made_it_is_the_one_who_has_the_most_who_makes_it() {
    let places =
        Arc::new(Places { most: Most { root: 40, people: 10, service: 10 }, ..Places::new(0) });
    let of_one = waits_for(&places, None, Some("192.0.2.1"));
    let of_many: Vec<_> = (0..38).map(|_| waits_for(&places, None, Some("198.51.100.1"))).collect();
    let other = waits_for(&places, Some(CAROL), None);
    for round in 1..=20 {
        waits_for(&places, Some(3000 + round), None);
        let next = Places::take(&places, 0).unwrap();
        next.serves(None, Some("203.0.113.9")).unwrap();
        assert!(is_there(&of_one) && is_there(&other), "{round}");
    }
    assert!(left(&of_many) < 38 && is_there(of_many.last().unwrap()));
}

#[test]
fn those_at_work_are_never_ended_and_too_many_of_one_person_are_refused() {
    let places = places();
    let at_work = |person| {
        let place = Places::take(&places, 0).unwrap();
        place.serves(Some(person), None).map(|()| place)
    };
    let of_bob: Vec<_> = (0..MAX_OF_PERSON).map(|_| at_work(BOB).unwrap()).collect();
    assert!(at_work(BOB).is_err());
    assert!(at_work(CAROL).is_ok());
    assert_eq!(left(&of_bob), MAX_OF_PERSON);
    // However many people there are.
    let crowd: Vec<_> = (2000..9000).filter_map(|person| at_work(person).ok()).collect();
    assert!(crowd.len() < MAX_OF_ROOT / 2);
    assert!(Places::take(&places, 0).unwrap().serves(None, None).is_ok());
}

#[test]
fn a_person_s_own_connections_make_room_for_his_own_only() {
    let places = places();
    let of_carol = Places::take(&places, CAROL).unwrap();
    let take = || (0..1000).filter_map(|_| Places::take(&places, BOB)).collect::<Vec<_>>();
    let of_bob = take();
    assert_eq!(of_bob.len(), MAX_OF_PERSON, "who connects in a loop is turned away");
    are_old(&places);
    let next = take();
    assert_eq!((left(&of_bob), left(&next)), (0, MAX_OF_PERSON));
    assert!(is_there(&of_carol));
    // What bob says of others is not believed.
    next[0].serves(Some(CAROL), Some("192.0.2.1")).unwrap();
    assert_eq!(places.table().count(Kind::People, &Holder::Person(BOB)), MAX_OF_PERSON);
}

#[test]
fn people_with_many_uids_stop_neither_root_nor_services_nor_each_other() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("subuid");
    std::fs::write(&path, "bob:100000:65536\n").unwrap();
    let containers = SubordinateUids::of(&path);
    let places = Arc::new(Places { containers, ..Places::new(ENOUGH) });
    let of_carol = Places::take(&places, CAROL).unwrap();
    let crowd: Vec<_> = (100_000..140_000).filter_map(|uid| Places::take(&places, uid)).collect();
    assert_eq!(left(&crowd), MAX_OF_PERSON);
    let by_su: Vec<_> = (100_000..100_200).map(|uid| waits_for(&places, Some(uid), None)).collect();
    assert_eq!(left(&by_su), MAX_WAITING_OF_PERSON);
    // As it is where nobody says whose they are.
    let crowd: Vec<_> = (200_000..240_000).filter_map(|uid| Places::take(&places, uid)).collect();
    assert!(left(&crowd) <= MAX_OF_PEOPLE);
    for uid in [0, 33, FIRST_PERSON] {
        assert!(Places::take(&places, uid).is_some(), "{uid}");
    }
    drop((crowd, by_su, of_carol));
    assert!(places.table().held.values().all(|held| held.holder == Holder::Containers(100_000)));
}

#[test]
fn few_descriptors_are_shared_too() {
    let places = Arc::new(Places::new(1024));
    let root: Vec<_> = (0..3000).filter_map(|_| Places::take(&places, 0)).collect();
    let people: Vec<_> = (2000..9000).filter_map(|uid| Places::take(&places, uid)).collect();
    let all = left(&root) + left(&people);
    assert!(left(&root) > 100 && left(&people) > 50);
    assert!(FOR_ONE * all + OTHER_DESCRIPTORS <= 1024, "{all}");
    places.make_room();
    assert_eq!(left(&root) + left(&people), all - 1);
}
