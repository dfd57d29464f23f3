use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use monk_core::fingerprint::FINGERPRINT_BYTES;
use monk_core::throttle::Guess;
use monk_terms::proof::Proof;

use monk_core::throttle::Counter;

use super::table::Keys;
use super::*;

fn deadline() -> Deadline {
    Deadline::after(Duration::from_secs(10))
}

fn throttle() -> (tempfile::TempDir, Throttle) {
    throttle_with(Register::in_memory())
}

fn throttle_with(register: Register) -> (tempfile::TempDir, Throttle) {
    let folder = tempfile::tempdir().unwrap();
    let private = std::fs::Permissions::from_mode(0o700);
    std::fs::set_permissions(folder.path(), private).unwrap();
    let throttle = open(&folder, register);
    (folder, throttle)
}

fn open(folder: &tempfile::TempDir, register: Register) -> Throttle {
    Throttle::open(&file(folder), Limits::default(), register).unwrap()
}

fn file(folder: &tempfile::TempDir) -> std::path::PathBuf {
    folder.path().join("throttle.db")
}

fn both() -> [(tempfile::TempDir, Throttle); 2] {
    [Register::in_memory(), Register::File].map(throttle_with)
}

fn alice(network: &str) -> Subject {
    Subject {
        user: "id-1".into(),
        name: "alice".into(),
        network: network.into(),
        claims: &[Proof::Password, Proof::Code],
        is_stranger: false,
        asks_directory: false,
    }
}

/// Password and code.
const RIGHT: Outcome = Outcome::Right(&[Proof::Password, Proof::Code]);

/// What is typed for the `n`th time.
fn wrong(n: u32) -> Outcome {
    wrong_at(Proof::Password, n)
}

fn wrong_at(at: Proof, n: u32) -> Outcome {
    let mut fingerprint = [0; FINGERPRINT_BYTES];
    fingerprint[..4].copy_from_slice(&n.to_be_bytes());
    let guess = Guess { at, fingerprint, is_final: at != Proof::Code };
    Outcome::Wrong(Wrong { guesses: vec![guess], ..Wrong::default() })
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
    assert!(attempt(&throttle, alice("home"), RIGHT).await);
    let mut looked_at = 0;
    for n in 0..300 {
        let network = format!("192.0.2.{}", n % 100);
        looked_at += u32::from(attempt(&throttle, alice(&network), wrong(n)).await);
        assert!(attempt(&throttle, alice("home"), RIGHT).await, "round {n}");
    }
    // Waits double, so a slow machine sees one or two more.
    assert!((10..20).contains(&looked_at), "{looked_at}");
}

#[tokio::test]
async fn a_thousand_at_the_same_moment_do_not_slip_through_together() {
    for (_folder, throttle) in both() {
        a_thousand_at_the_same_moment(throttle).await;
    }
}

async fn a_thousand_at_the_same_moment(throttle: Throttle) {
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
    for (_folder, throttle) in both() {
        forty_at_once(throttle).await;
    }
}

async fn forty_at_once(throttle: Throttle) {
    let logins: Vec<_> = (0..40)
        .map(|_| {
            let throttle = throttle.clone();
            tokio::spawn(async move {
                let attempt = throttle.begin(&alice("192.0.2.1"), deadline()).await.unwrap()?;
                tokio::time::sleep(Duration::from_millis(30)).await;
                throttle.end(attempt, RIGHT, deadline()).await.unwrap();
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
    for (_folder, throttle) in both() {
        for _ in 0..100 {
            assert!(attempt(&throttle, alice("192.0.2.1"), Outcome::Neither).await);
        }
        assert_eq!(throttle.list(deadline()).await.unwrap(), []);
    }
}

/// How often a file was written to by others than `connection`.
fn version(connection: &rusqlite::Connection) -> i64 {
    connection.pragma_query_value(None, "data_version", |row| row.get(0)).unwrap()
}

#[tokio::test]
async fn a_login_like_the_one_before_writes_nothing() {
    let (folder, throttle) = throttle();
    let connection = rusqlite::Connection::open(file(&folder)).unwrap();
    let before = version(&connection);
    assert!(attempt(&throttle, alice("home"), RIGHT).await);
    assert_ne!(version(&connection), before, "the network becomes known");
    // Or else the same would be written within the same second, which SQLite leaves out.
    connection.execute("UPDATE known SET at = at - 60", []).unwrap();
    let known = version(&connection);
    for _ in 0..20 {
        assert!(attempt(&throttle, alice("home"), RIGHT).await);
        assert!(attempt(&throttle, alice("elsewhere"), Outcome::Neither).await);
    }
    assert_eq!(version(&connection), known);
    assert!(attempt(&throttle, alice("home"), wrong(1)).await);
    assert_ne!(version(&connection), known, "a guess is written down");
    assert!(attempt(&throttle, alice("home"), RIGHT).await);
    assert_eq!(throttle.list(deadline()).await.unwrap(), [], "and taken back by its owner");
    // The next day, that it is still known.
    let yesterday = i64::try_from(clock::now()).unwrap() - 24 * 3600;
    connection.execute("UPDATE known SET at = ?1", [yesterday]).unwrap();
    assert!(attempt(&throttle, alice("home"), RIGHT).await);
    let at: i64 = connection.query_row("SELECT at FROM known", [], |row| row.get(0)).unwrap();
    assert!(at > yesterday);
}

#[tokio::test]
async fn while_a_guess_cannot_be_written_down_nobody_is_looked_at() {
    let (folder, throttle) = throttle();
    assert!(attempt(&throttle, alice("home"), RIGHT).await);
    let other = rusqlite::Connection::open(file(&folder)).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let soon = || Deadline::after(Duration::from_millis(50));
    let guess = throttle.begin(&alice("192.0.2.1"), deadline()).await.unwrap().expect("the first");
    assert!(throttle.end(guess, wrong(1), soon()).await.is_err());
    for network in ["home", "192.0.2.1"] {
        assert!(throttle.begin(&alice(network), soon()).await.is_err(), "{network}");
    }
    // Nor is anybody while somebody else is trying to write it down.
    let (one, other_one) = (alice("home"), alice("192.0.2.9"));
    let both = tokio::join!(throttle.begin(&one, soon()), throttle.begin(&other_one, soon()));
    assert!(both.0.is_err() && both.1.is_err());
    // Not even by an engine that has read its settings again.
    let again = open(&folder, throttle.register());
    assert!(again.begin(&alice("home"), soon()).await.is_err());
    other.execute_batch("ROLLBACK").unwrap();
    assert!(attempt(&again, alice("home"), RIGHT).await);
    let list = again.list(deadline()).await.unwrap();
    assert!(list.iter().any(|slowed| slowed.failures == 1), "{list:?}");
}

#[tokio::test]
async fn a_clock_that_was_set_back_makes_nobody_wait_for_ever() {
    for (folder, throttle) in both() {
        for n in 0..10 {
            assert!(attempt(&throttle, alice("192.0.2.1"), wrong(n)).await);
        }
        let connection = rusqlite::Connection::open(file(&folder)).unwrap();
        let ahead = 400 * 86_400;
        let sql = "UPDATE counters SET at = at + ?1, next = at + ?1 + 60";
        connection.execute(sql, [ahead]).unwrap();
        assert!(throttle.begin(&alice("192.0.2.1"), deadline()).await.unwrap().is_none());
        let sql = "SELECT max(at) FROM counters";
        let at: i64 = connection.query_row(sql, [], |row| row.get(0)).unwrap();
        assert!(u64::try_from(at).unwrap() <= clock::now());
    }
}

#[tokio::test]
async fn the_resident_engine_sees_those_that_live_for_one_login() {
    let (folder, throttle) = throttle();
    let short = open(&folder, Register::File);
    for _ in 0..10 {
        short.begin(&alice("192.0.2.1"), deadline()).await.unwrap().expect("it is free");
    }
    let soon = Deadline::after(Duration::from_millis(200));
    assert!(throttle.begin(&alice("192.0.2.1"), soon).await.unwrap().is_none());
}

#[tokio::test]
async fn attempts_of_an_engine_that_was_killed_are_not_under_way() {
    let (folder, throttle) = throttle_with(Register::File);
    let mut dead = std::process::Command::new("true").spawn().unwrap();
    dead.wait().unwrap();
    for _ in 0..10 {
        throttle.begin(&alice("192.0.2.1"), deadline()).await.unwrap().expect("it is free");
    }
    let soon = Deadline::after(Duration::from_millis(200));
    assert!(throttle.begin(&alice("192.0.2.1"), soon).await.unwrap_or(None).is_none());
    let connection = rusqlite::Connection::open(file(&folder)).unwrap();
    connection.execute("UPDATE under_way SET process = ?1", [dead.id()]).unwrap();
    assert!(throttle.begin(&alice("192.0.2.1"), deadline()).await.unwrap().is_some());
}

#[test]
fn what_is_old_or_too_much_is_forgotten() {
    let (folder, _throttle) = throttle();
    let mut connection = rusqlite::Connection::open(file(&folder)).unwrap();
    let transaction = connection.transaction().unwrap();
    let now = clock::now();
    let week = 7 * 24 * 3600;
    for (network, at) in [("old", now - week - 1), ("new", now - week + 60)] {
        let subject = alice(network);
        let key = &Keys::of(&subject, &[Proof::Password])[0];
        let counter = Counter::default().failed(key.scope, Limits::default(), at);
        table::write(&transaction, key, &subject.name, counter).unwrap();
        table::make_known(&transaction, &subject, Proof::Password, at).unwrap();
        strings::refuse(&transaction, &subject.user, [at as u8; FINGERPRINT_BYTES], at).unwrap();
    }
    table::forget_old(&transaction, now).unwrap();
    let count = |table: &str| -> u32 {
        let sql = format!("SELECT count(*) FROM {table}");
        transaction.query_row(&sql, [], |row| row.get(0)).unwrap()
    };
    assert_eq!((count("counters"), count("known"), count("refused")), (1, 2, 1));
}

#[tokio::test]
async fn counters_outlive_the_engine_and_can_be_cleared() {
    let (folder, throttle) = throttle();
    for n in 0..50 {
        attempt(&throttle, alice("192.0.2.1"), wrong(n)).await;
    }
    let again = open(&folder, Register::in_memory());
    let list = again.list(deadline()).await.unwrap();
    let slowed = list.iter().find(|slowed| slowed.scope == "user").unwrap();
    assert_eq!((slowed.user.as_deref(), slowed.network.as_deref()), (Some("alice"), None));
    assert!(slowed.wait > 0);
    assert_eq!(again.clear(Some("ALICE".into()), deadline()).await.unwrap(), 1);
    assert!(attempt(&throttle, alice("192.0.2.2"), wrong(99)).await);
    assert!(again.clear(None, deadline()).await.unwrap() >= 2);
    assert_eq!(again.list(deadline()).await.unwrap(), []);
}

#[tokio::test]
async fn a_success_takes_back_only_what_it_proved_and_only_at_home() {
    for (_folder, throttle) in both() {
        assert!(attempt(&throttle, alice("home"), RIGHT).await);
        for proof in [Proof::Password, Proof::Code] {
            assert!(attempt(&throttle, alice("home"), wrong_at(proof, 1)).await);
            assert!(attempt(&throttle, alice("away"), wrong_at(proof, 2)).await);
        }
        assert!(attempt(&throttle, alice("home"), Outcome::Right(&[Proof::Password])).await);
        let list = throttle.list(deadline()).await.unwrap();
        let rows = list.iter().map(|one| (one.scope, one.proof.as_str()));
        let mut rows: Vec<_> = rows.collect();
        rows.sort_unstable();
        assert_eq!(
            rows,
            [
                ("known", "code"),
                ("network", "code"),
                ("network", "password"),
                ("user", "code"),
                ("user", "password")
            ]
        );
    }
}

#[tokio::test]
async fn a_network_is_known_only_for_what_was_proved_there() {
    let (_folder, throttle) = throttle();
    let mail = Subject { claims: &[Proof::AppPassword], ..alice("home") };
    assert!(attempt(&throttle, mail.clone(), Outcome::Right(&[Proof::AppPassword])).await);
    for n in 0..40 {
        attempt(&throttle, alice(&format!("192.0.2.{n}")), wrong(n)).await;
        let junk = Subject { network: format!("192.0.2.{n}"), ..mail.clone() };
        attempt(&throttle, junk, wrong_at(Proof::AppPassword, n)).await;
    }
    assert!(throttle.begin(&mail, deadline()).await.unwrap().is_some());
    assert!(throttle.begin(&alice("home"), deadline()).await.unwrap().is_none());
}

#[tokio::test]
async fn failures_under_an_unknown_name_are_taken_back_when_another_module_lets_it_in() {
    for (_folder, throttle) in both() {
        let stranger = |name: &str| Subject {
            user: format!("name:{name}"),
            name: name.into(),
            is_stranger: true,
            ..alice("home")
        };
        for n in 0..3 {
            assert!(attempt(&throttle, stranger("local"), wrong(n)).await);
            assert!(attempt(&throttle, stranger("guessed"), wrong(10 + n)).await);
        }
        let all = Subject { claims: &Proof::ALL, ..stranger("local") };
        for _ in 0..2 {
            // Twice: nobody can take back more than was counted for just that name.
            throttle.take_back(all.clone(), deadline()).await.unwrap();
            let list = throttle.list(deadline()).await.unwrap();
            let failures: Vec<_> =
                list.iter().map(|one| (one.user.as_deref(), one.failures)).collect();
            assert!(failures.contains(&(None, 3)), "{failures:?}");
            assert!(failures.contains(&(Some("guessed"), 3)), "{failures:?}");
            assert!(!failures.iter().any(|one| one.0 == Some("local")), "{failures:?}");
        }
    }
}

#[test]
fn somebody_who_makes_many_counters_pushes_out_his_own() {
    let (folder, _throttle) = throttle();
    let mut connection = rusqlite::Connection::open(file(&folder)).unwrap();
    let transaction = connection.transaction().unwrap();
    let now = clock::now();
    transaction
        .execute(
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200100)
             INSERT INTO counters SELECT 'network', '', i, 'code', '', 1, 0, ?1, 0 FROM n",
            [table::time(now)],
        )
        .unwrap();
    let victim = &Keys::of(&alice("away"), &[])[0];
    let counter = Counter { failures: 20, forgiven: 0, at: now - 1000, next: now + 24 };
    table::write(&transaction, victim, "alice", counter).unwrap();
    table::forget_old(&transaction, now).unwrap();
    assert_eq!(table::read(&transaction, victim).unwrap(), counter);
}
