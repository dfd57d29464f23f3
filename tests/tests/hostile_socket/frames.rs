//! Bytes that are no request, or not one of a caller who means well.

use std::io::{Read, Write};
use std::net::Shutdown;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use monk_tests::figures;
use monk_tests::site::monk_socket;
use monk_wire::frame::{self, HEADER, MAX_REPLY, MAX_REQUEST};
use monk_wire::{Login, Reply, Request, Secret, VERSION};

use crate::{Attacked, BOB, connections, heard};

/// How long the engine may take to answer or hang up. A hash may stand before it.
const LIMIT: Duration = Duration::from_secs(30);

/// Threads that send.
const SENDERS: usize = 4;

/// What the engine said to bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Heard {
    /// Nothing: it hung up.
    Nothing,
    /// No.
    No,
    /// A question.
    Question,
    /// Anything else.
    Else,
}

impl Heard {
    fn of(said: &[u8]) -> Self {
        let Some((head, rest)) = said.split_first_chunk::<HEADER>() else {
            return if said.is_empty() { Self::Nothing } else { Self::Else };
        };
        let Ok(header) = frame::header(*head, MAX_REPLY) else { return Self::Else };
        match rest.get(..header.length).map(frame::decode::<Reply>) {
            Some(Ok(Reply::Denied(_) | Reply::Unavailable | Reply::Failed(_))) => Self::No,
            Some(Ok(Reply::Ask { .. })) => Self::Question,
            _ => Self::Else,
        }
    }
}

/// Numbers that look random, and are the same in every run (SplitMix64).
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, end: usize) -> usize {
        let end = u64::try_from(end).expect("a small number");
        usize::try_from(self.next() % end).expect("a small number")
    }

    fn bytes(&mut self, count: usize) -> Vec<u8> {
        (0..count).map(|_| self.next().to_be_bytes()[0]).collect()
    }
}

/// A login whose program can show screens.
fn login() -> Vec<u8> {
    login_where(true)
}

fn login_where(can_ask: bool) -> Vec<u8> {
    let login = Request::Login(Login {
        user: "mallory".into(),
        service: "imap".into(),
        address: Some("192.0.2.7".into()),
        terminal: None,
        person: None,
        typed: Some(Secret::new(b"wrong;123456")),
        can_ask,
        publickey: true,
        forward: true,
        budget_ms: 10_000,
    });
    frame::encode(&login, VERSION, MAX_REQUEST).expect("a short request").to_vec()
}

/// One attempt out of several kinds: noise, noise with a right header, a damaged request, a cut one.
fn attempt(numbers: &mut Numbers) -> Vec<u8> {
    let kind = numbers.below(4);
    let length = numbers.below(300);
    match kind {
        0 => numbers.bytes(length),
        1 => {
            let announced = u32::try_from(length).expect("a small number").to_be_bytes();
            [&[VERSION][..], &announced, &numbers.bytes(length)].concat()
        }
        2 => {
            let mut login = login();
            for _ in 0..=numbers.below(3) {
                let at = numbers.below(login.len());
                login[at] = numbers.next().to_be_bytes()[0];
            }
            login
        }
        _ => {
            let login = login();
            let length = numbers.below(login.len());
            login[..length].to_vec()
        }
    }
}

#[test]
fn random_damaged_and_cut_frames_open_nothing() {
    let attacked = Attacked::new();
    let before = attacked.site.enroll(&["status", "alice"]);
    let each = figures::times(4_000, 100_000) / SENDERS;
    let counts: [AtomicUsize; 3] = Default::default();
    let meanwhile = thread::scope(|scope| {
        let world = &attacked.site.world;
        let counts = &counts;
        let send_all = |seed| {
            let mut numbers = Numbers(seed);
            for _ in 0..each {
                let bytes = attempt(&mut numbers);
                let mut connection = std::os::unix::net::UnixStream::connect(monk_socket())
                    .expect("the engine listens");
                // It may have hung up before the end.
                let _ = connection.write_all(&bytes);
                let _ = connection.shutdown(Shutdown::Write);
                let said = Heard::of(&heard(&mut connection, LIMIT));
                assert_ne!(said, Heard::Else, "to {bytes:?}");
                counts[said as usize].fetch_add(1, Ordering::Relaxed);
            }
        };
        let senders = (0..SENDERS as u64)
            .map(|seed| scope.spawn(move || world.inside_as(BOB, || send_all(seed))));
        let senders: Vec<_> = senders.collect();
        let meanwhile = attacked.logins();
        for sender in senders {
            sender.join().expect("only refusals are heard");
        }
        meanwhile
    });
    assert_eq!(
        attacked.site.enroll(&["status", "alice"])["credentials"].as_array().map(Vec::len),
        before["credentials"].as_array().map(Vec::len)
    );
    attacked.is_still_small();
    let [nothing, no, question] = counts.map(AtomicUsize::into_inner);
    assert!(nothing > 0 && no > 0, "both kinds of frames are among them");
    let attack = format!("{} random, damaged and cut frames", each * SENDERS);
    let seen = format!("{nothing} times nothing, {no} no, {question} a prompt");
    attacked.tell(&attack, &seen, &meanwhile);
}

#[test]
fn a_connection_is_good_for_one_login() {
    let attacked = Attacked::new();
    for mut connection in connections(&attacked.site, BOB, 4) {
        connection.set_read_timeout(Some(LIMIT)).expect("a socket of ours");
        connection.write_all(&login_where(false)).expect("the engine listens");
        let mut said = [0; 64];
        let length = connection.read(&mut said).expect("an answer");
        assert_eq!(Heard::of(&said[..length]), Heard::No);
        // It has hung up already, or does so whatever comes.
        let _ = connection.write_all(&login_where(false));
        assert_eq!(heard(&mut connection, LIMIT), b"");
    }
}

#[test]
fn frames_that_announce_too_much_are_not_even_read() {
    let attacked = Attacked::new();
    let lengths = [MAX_REQUEST + 1, MAX_REPLY, 1 << 24, u32::MAX as usize];
    for (uid, max) in [(BOB, MAX_REQUEST), (0, frame::MAX_ROOT_REQUEST)] {
        for length in lengths.into_iter().filter(|&length| length > max) {
            for mut connection in connections(&attacked.site, uid, 16) {
                let announced = u32::try_from(length).expect("32 bits").to_be_bytes();
                let _ = connection.write_all(&[&[VERSION][..], &announced].concat());
                // Nothing is cut off: the engine hangs up though more could come.
                assert_eq!(heard(&mut connection, LIMIT), b"", "{length} bytes as {uid}");
            }
        }
    }
    let meanwhile = attacked.logins();
    let now = attacked.is_still_small();
    assert!(now.rss_kib <= attacked.calm.rss_kib + 8 * 1024, "{:?} {now:?}", attacked.calm);
    attacked.tell("frames that announce up to 4 GiB", "hung up at the header", &meanwhile);
}

/// Root's programs may send 4 MiB: what is announced must not be reserved before it comes.
#[test]
fn frames_of_the_greatest_length_that_never_come_take_no_memory() {
    let attacked = Attacked::new();
    let announced = u32::try_from(frame::MAX_ROOT_REQUEST).expect("32 bits").to_be_bytes();
    let silent = connections(&attacked.site, 0, 256);
    for mut connection in &silent {
        connection.write_all(&[&[VERSION][..], &announced].concat()).expect("the engine listens");
    }
    let meanwhile = attacked.logins();
    attacked.is_still_small();
    attacked.tell("256 frames of 4 MiB that never come", "nothing reserved", &meanwhile);
}
