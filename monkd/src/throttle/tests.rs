use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use monk_core::fingerprint::FINGERPRINT_BYTES;

use super::*;

fn deadline() -> Deadline {
    Deadline::after(Duration::from_secs(10))
}

fn throttle() -> (tempfile::TempDir, Throttle) {
    let folder = tempfile::tempdir().unwrap();
    let private = std::fs::Permissions::from_mode(0o700);
    std::fs::set_permissions(folder.path(), private).unwrap();
    let throttle = Throttle::open(&folder.path().join("throttle.db"), Limits::default()).unwrap();
    (folder, throttle)
}

fn alice(network: &str) -> Subject {
    Subject { user: "id-1".into(), name: "alice".into(), network: network.into() }
}

/// What is typed for the `n`th time.
fn wrong(n: u32) -> Outcome {
    let mut fingerprint = [0; FINGERPRINT_BYTES];
    fingerprint[..4].copy_from_slice(&n.to_be_bytes());
    Outcome::Wrong(fingerprint)
}

async fn attempt(throttle: &Throttle, subject: Subject, outcome: Outcome) -> bool {
    match throttle.begin(&subject, deadline()).await.unwrap() {
        Some(attempt) => {
            throttle.end(attempt, outcome, deadline()).await.unwrap();
            true
        }
        None => false,
    }
}

#[tokio::test]
async fn guesses_from_everywhere_are_slowed_and_the_owner_at_home_never_is() {
    let (_folder, throttle) = throttle();
    assert!(attempt(&throttle, alice("home"), Outcome::Right).await);
    let mut looked_at = 0;
    for n in 0..300 {
        let network = format!("192.0.2.{}", n % 100);
        looked_at += u32::from(attempt(&throttle, alice(&network), wrong(n)).await);
        assert!(attempt(&throttle, alice("home"), Outcome::Right).await, "round {n}");
    }
    // Waits double, so a slow machine sees one or two more.
    assert!((10..20).contains(&looked_at), "{looked_at}");
}

#[tokio::test]
async fn a_thousand_at_the_same_moment_do_not_slip_through_together() {
    let (_folder, throttle) = throttle();
    let subject = alice("192.0.2.1");
    let guess = |n| {
        let (throttle, subject) = (throttle.clone(), subject.clone());
        tokio::spawn(async move {
            let Some(attempt) = throttle.begin(&subject, deadline()).await.unwrap() else {
                return 0;
            };
            tokio::time::sleep(Duration::from_millis(30)).await;
            throttle.end(attempt, wrong(n), deadline()).await.unwrap();
            1
        })
    };
    let guesses: Vec<_> = (0..1000).map(guess).collect();
    let mut looked_at = 0;
    for guess in guesses {
        looked_at += guess.await.unwrap();
    }
    assert!((10..20).contains(&looked_at), "{looked_at}");
}

#[tokio::test]
async fn a_mail_program_that_opens_many_connections_at_once_gets_them_all() {
    let (_folder, throttle) = throttle();
    let logins: Vec<_> = (0..40)
        .map(|_| {
            let throttle = throttle.clone();
            tokio::spawn(async move {
                let attempt = throttle.begin(&alice("192.0.2.1"), deadline()).await.unwrap()?;
                tokio::time::sleep(Duration::from_millis(30)).await;
                throttle.end(attempt, Outcome::Right, deadline()).await.unwrap();
                Some(())
            })
        })
        .collect();
    for login in logins {
        assert!(login.await.unwrap().is_some());
    }
}

#[tokio::test]
async fn a_program_that_repeats_one_wrong_string_counts_once() {
    let (_folder, throttle) = throttle();
    for _ in 0..100 {
        assert!(attempt(&throttle, alice("192.0.2.1"), wrong(7)).await);
    }
    let list = throttle.list(deadline()).await.unwrap();
    assert!(list.iter().all(|slowed| slowed.failures == 1), "{list:?}");
}

#[tokio::test]
async fn what_was_neither_right_nor_wrong_is_not_counted() {
    let (_folder, throttle) = throttle();
    for _ in 0..100 {
        assert!(attempt(&throttle, alice("192.0.2.1"), Outcome::Neither).await);
    }
    assert_eq!(throttle.list(deadline()).await.unwrap(), []);
}

#[tokio::test]
async fn attempts_of_an_engine_that_was_killed_are_not_under_way() {
    let (folder, throttle) = throttle();
    let mut dead = std::process::Command::new("true").spawn().unwrap();
    dead.wait().unwrap();
    for _ in 0..10 {
        throttle.begin(&alice("192.0.2.1"), deadline()).await.unwrap().expect("it is free");
    }
    let soon = Deadline::after(Duration::from_millis(200));
    assert!(throttle.begin(&alice("192.0.2.1"), soon).await.unwrap_or(None).is_none());
    let connection = rusqlite::Connection::open(folder.path().join("throttle.db")).unwrap();
    connection.execute("UPDATE under_way SET process = ?1", [dead.id()]).unwrap();
    assert!(throttle.begin(&alice("192.0.2.1"), deadline()).await.unwrap().is_some());
}

#[test]
fn what_is_old_or_too_much_is_forgotten() {
    let (folder, _throttle) = throttle();
    let mut connection = rusqlite::Connection::open(folder.path().join("throttle.db")).unwrap();
    let transaction = connection.transaction().unwrap();
    let now = clock::now();
    let week = 7 * 24 * 3600;
    for (network, at) in [("old", now - week - 1), ("new", now - week + 60)] {
        let subject = alice(network);
        let key = &Keys::of(&subject, true)[0];
        let counter = Counter::default().failed(key.scope, Limits::default(), at);
        table::write(&transaction, key, &subject, counter).unwrap();
        table::make_known(&transaction, &subject, at).unwrap();
        table::is_new(&transaction, &subject, [network.len() as u8; FINGERPRINT_BYTES], at)
            .unwrap();
    }
    table::forget_old(&transaction, now).unwrap();
    let count = |table: &str| -> u32 {
        let sql = format!("SELECT count(*) FROM {table}");
        transaction.query_row(&sql, [], |row| row.get(0)).unwrap()
    };
    assert_eq!((count("counters"), count("known")), (1, 2));
}

#[tokio::test]
async fn counters_outlive_the_engine_and_can_be_cleared() {
    let (folder, throttle) = throttle();
    for n in 0..50 {
        attempt(&throttle, alice("192.0.2.1"), wrong(n)).await;
    }
    let again = Throttle::open(&folder.path().join("throttle.db"), Limits::default()).unwrap();
    let list = again.list(deadline()).await.unwrap();
    let slowed = list.iter().find(|slowed| slowed.scope == "user").unwrap();
    assert_eq!((slowed.user.as_deref(), slowed.network.as_deref()), (Some("alice"), None));
    assert!(slowed.wait > 0);
    assert_eq!(again.clear(Some("ALICE".into()), deadline()).await.unwrap(), 1);
    assert!(attempt(&throttle, alice("192.0.2.2"), wrong(99)).await);
    assert!(again.clear(None, deadline()).await.unwrap() >= 2);
    assert_eq!(again.list(deadline()).await.unwrap(), []);
}
