//! Those who only take up room.

use std::io::Write;
use std::os::unix::net::UnixStream;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use monk_tests::clients::{WireAnswer, WireLogin};
use monk_tests::site::monk_socket;
use monk_tests::{Footprint, until};

use crate::{Attacked, BOB, CAROL, connections, is_open};

/// As many as one user's conversations at once.
const ONE_USERS: usize = 128;

/// As many as those of all people together.
const ALL_PEOPLES: usize = 1024;

/// How long somebody who says nothing, or too little, is listened to; with time for a busy machine.
const PATIENCE: Duration = Duration::from_secs(40);

/// Descriptors that have nothing to do with the connections: of the store, in other threads.
const FEW: usize = 16;

#[track_caller]
fn are_dropped(connections: &[UnixStream]) -> Duration {
    let begin = Instant::now();
    let gone = || connections.iter().all(|connection| !is_open(connection)).then_some(());
    until(PATIENCE, gone).expect("the engine hangs up on those who say nothing");
    begin.elapsed()
}

fn another_program_logs_in(attacked: &Attacked, uid: u32) -> WireAnswer {
    let login = WireLogin { service: "imap", user: "alice", typed: &attacked.typed };
    let endpoint = attacked.site.endpoint();
    attacked.site.world.inside_as(uid, || login.run(&endpoint))
}

#[test]
fn a_thousand_silent_connections_of_one_user_keep_nobody_out() {
    let attacked = Attacked::new();
    let silent = connections(&attacked.site, BOB, 1000);
    // The engine hangs up on those for whom there is no room.
    let open = || silent.iter().filter(|connection| is_open(connection)).count();
    let settled = until(PATIENCE, || (open() <= ONE_USERS).then_some(()));
    assert_eq!(settled, Some(()), "{} connections of one user", open());
    let meanwhile = attacked.logins();
    assert_eq!(another_program_logs_in(&attacked, CAROL), WireAnswer::Granted);
    let now = attacked.is_still_small();
    assert!(now.descriptors <= attacked.calm.descriptors + ONE_USERS + FEW, "{now:?}");
    attacked.tell("1,000 connections of one user that say nothing", "128 listened to", &meanwhile);

    are_dropped(&silent);
    assert_eq!(another_program_logs_in(&attacked, BOB), WireAnswer::Granted);
    let let_go = || Footprint::of(attacked.site.engine_pid()).descriptors;
    let settled = until(PATIENCE, || (let_go() <= attacked.calm.descriptors + FEW).then_some(()));
    assert_eq!(settled, Some(()), "{} descriptors stay", let_go());
}

/// A person may own many uids, as users of rootless containers do.
#[test]
fn thousands_of_silent_connections_of_many_uids_keep_neither_root_nor_services_out() {
    let attacked = Attacked::new();
    let crowd: Vec<_> =
        (100_000..100_032).flat_map(|uid| connections(&attacked.site, uid, ONE_USERS)).collect();
    let open = || crowd.iter().filter(|connection| is_open(connection)).count();
    let settled = until(PATIENCE, || (open() <= ALL_PEOPLES).then_some(()));
    assert_eq!(settled, Some(()), "{} connections of people", open());
    let meanwhile = attacked.logins();
    // A database server, say.
    assert_eq!(another_program_logs_in(&attacked, 112), WireAnswer::Granted);
    let now = attacked.is_still_small();
    assert!(now.descriptors <= attacked.calm.descriptors + ALL_PEOPLES + FEW, "{now:?}");
    let attack = "4,096 silent connections of 32 uids (subuids of one person)";
    attacked.tell(attack, "1,024 listened to", &meanwhile);
}

#[test]
fn connections_that_trickle_bytes_are_cut_off_and_keep_nobody_out() {
    let attacked = Attacked::new();
    let trickle = connections(&attacked.site, BOB, ONE_USERS);
    for mut connection in &trickle {
        // A request of the greatest length, which is to follow byte by byte.
        connection.write_all(&[1, 0, 0, 0x40, 0]).expect("the engine listens");
    }
    let begin = Instant::now();
    let meanwhile = thread::scope(|scope| {
        let trickling = scope.spawn(|| {
            let send = |mut connection: &UnixStream| connection.write_all(&[0]).is_ok();
            while begin.elapsed() < PATIENCE {
                if trickle.iter().filter(|connection| send(connection)).count() == 0 {
                    return Some(begin.elapsed());
                }
                thread::sleep(Duration::from_secs(1));
            }
            None
        });
        let meanwhile = attacked.logins();
        let end = trickling.join().expect("no thread panics");
        (meanwhile, end.expect("the engine hangs up on those who never finish"))
    });
    let (meanwhile, end) = meanwhile;
    attacked.is_still_small();
    let seen = format!("cut off after {} s", end.as_secs());
    attacked.tell("128 connections that send one byte a second", &seen, &meanwhile);
}

#[test]
fn a_user_who_connects_again_and_again_keeps_nobody_out() {
    let attacked = Attacked::new();
    let stop = AtomicBool::new(false);
    let (meanwhile, connected) = thread::scope(|scope| {
        let world = &attacked.site.world;
        let storm = || {
            let mut connected = 0_usize;
            while !stop.load(Ordering::Relaxed) {
                connected += usize::from(UnixStream::connect(monk_socket()).is_ok());
            }
            connected
        };
        let storm = scope.spawn(move || world.inside_as(BOB, storm));
        let meanwhile = attacked.logins();
        stop.store(true, Ordering::Relaxed);
        (meanwhile, storm.join().expect("no thread panics"))
    });
    attacked.is_still_small();
    let seen = format!("{connected} connections");
    attacked.tell("one user connects and hangs up in a loop", &seen, &meanwhile);
}

#[test]
fn a_user_who_floods_the_engine_with_logins_keeps_nobody_out() {
    let attacked = Attacked::new();
    let endpoint = attacked.site.endpoint();
    let (stop, number) = (AtomicBool::new(false), AtomicUsize::new(0));
    let guess = || {
        let mut answers = Vec::new();
        while !stop.load(Ordering::Relaxed) {
            // Always another name, so that they do not wait for each other.
            let user = format!("mallory{}", number.fetch_add(1, Ordering::Relaxed));
            let login = WireLogin { service: "imap", user: &user, typed: "wrong" };
            answers.push(login.run(&endpoint));
        }
        answers
    };
    let flood = || {
        thread::scope(|scope| {
            let guessers: Vec<_> = (0..ONE_USERS).map(|_| scope.spawn(guess)).collect();
            let answers = guessers.into_iter().map(|guesser| guesser.join().expect("no panic"));
            answers.flatten().collect::<Vec<_>>()
        })
    };
    let (meanwhile, guesses) = thread::scope(|scope| {
        let world = &attacked.site.world;
        let flood = scope.spawn(|| world.inside_as(BOB, flood));
        let meanwhile = attacked.logins();
        stop.store(true, Ordering::Relaxed);
        (meanwhile, flood.join().expect("no thread panics"))
    });
    assert!(!guesses.contains(&WireAnswer::Granted));
    attacked.is_still_small();
    let seen = format!("{} guesses", guesses.len());
    attacked.tell("one user guesses passwords, 128 at a time", &seen, &meanwhile);
}
