//! Those who ask too much, say nothing, or pass something along: names and logins of others go on.

use std::io::{IoSlice, Write};
use std::net::{TcpListener, TcpStream};
use std::os::fd::AsRawFd;
use std::os::unix::net::UnixStream;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use monk_tests::Footprint;
use monk_tests::site::{Backend, PamHost, Running, Site};
use monk_wire::names::{MEMORY_SOCKET, Query, SOCKET};
use nix::sys::socket::{ControlMessage, MsgFlags, sendmsg, setsockopt, sockopt};

use crate::wire::{ask, ask_as, asked};

/// Uids of people who have nothing to do with monk.
const BOB: u32 = 5001;
const CAROL: u32 = 5002;

/// Logins by which is seen that they go on.
const LOGINS: usize = 50;

/// They go on within this, on the busiest machine.
const LIMIT: Duration = Duration::from_secs(120);

/// What the engine's memory may grow by, in KiB.
const MAX_GROWTH: u64 = 96 * 1024;

/// A resident engine with alice, and a program of root's through which she logs in.
struct Attacked {
    site: Site,
    program: PamHost,
    typed: String,
    calm: Footprint,
}

impl Attacked {
    fn new() -> Self {
        let site = Site::new(Backend::Embedded, Running::Resident);
        site.add_user("alice", "secret");
        let typed = site.app_password("alice", "Mail", &[]);
        let program = site.pam_host("imap");
        let calm = Footprint::of(site.engine_pid());
        let mut attacked = Self { site, program, typed, calm };
        attacked.logins();
        attacked.calm = Footprint::of(attacked.site.engine_pid());
        attacked
    }

    #[track_caller]
    fn logins(&mut self) {
        let begun = Instant::now();
        for number in 0..LOGINS {
            let outcome = self.program.login("alice", &[&self.typed]);
            assert!(outcome.is_success(), "login {number}: {outcome:?}");
        }
        assert!(begun.elapsed() < LIMIT, "{:?}", begun.elapsed());
    }

    /// Root's programs and another person have their answers.
    #[track_caller]
    fn names_are_answered(&self) {
        let alice = Query::UserByName("alice");
        assert!(ask(&self.site.world, alice).starts_with("alice:"));
        assert!(ask_as(&self.site.world, CAROL, alice).starts_with("alice:"));
    }

    #[track_caller]
    fn is_still_small(&self) {
        let now = Footprint::of(self.site.engine_pid());
        assert!(now.peak_kib <= self.calm.peak_kib + MAX_GROWTH, "{:?} {now:?}", self.calm);
    }
}

#[test]
fn connections_of_one_user_that_say_nothing_keep_nobody_elses_names_or_logins_out() {
    let mut attacked = Attacked::new();
    let open = |_| UnixStream::connect(SOCKET).expect("the engine listens to everybody");
    let silent: Vec<_> = attacked.site.world.inside_as(BOB, || (0..1000).map(open).collect());
    attacked.names_are_answered();
    attacked.logins();
    attacked.is_still_small();
    drop(silent);
}

#[test]
fn a_flood_of_names_that_nobody_has_keeps_no_login_waiting_and_no_user_unknown() {
    let mut attacked = Attacked::new();
    let (is_over, answered) = (AtomicBool::new(false), AtomicUsize::new(0));
    let world = &attacked.site.world.clone();
    thread::scope(|scope| {
        for flood in 0..4 {
            let (is_over, answered) = (&is_over, &answered);
            scope.spawn(move || {
                world.inside_as(BOB, || {
                    for number in 0_u64.. {
                        if is_over.load(Ordering::Relaxed) {
                            return;
                        }
                        let name = format!("nobody-{flood}-{number}");
                        // Those for whom there is no place hear nothing.
                        if asked(Query::UserByName(&name)).is_ok() {
                            answered.fetch_add(1, Ordering::Relaxed);
                        }
                    }
                });
            });
        }
        attacked.logins();
        attacked.names_are_answered();
        is_over.store(true, Ordering::Relaxed);
    });
    assert!(answered.load(Ordering::Relaxed) > 100, "there was no flood");
    attacked.names_are_answered();
    attacked.is_still_small();
}

/// Passes a socket that takes ten minutes to close, with some bytes of a question.
fn pass_along(socket: &str, bytes: &[u8]) -> (UnixStream, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let mut ours =
        TcpStream::connect(listener.local_addr().expect("its port")).expect("it listens");
    let (theirs, _) = listener.accept().expect("it was connected");
    ours.set_nonblocking(true).expect("a socket of ours");
    while ours.write(&[0; 65536]).is_ok() {}
    let linger = |l_onoff| libc::linger { l_onoff, l_linger: 600 };
    setsockopt(&ours, sockopt::Linger, &linger(1)).expect("anybody may");
    let connection = UnixStream::connect(socket).expect("the engine listens");
    let descriptors = [ours.as_raw_fd()];
    let message = [ControlMessage::ScmRights(&descriptors)];
    let passed = sendmsg::<()>(
        connection.as_raw_fd(),
        &[IoSlice::new(bytes)],
        &message,
        MsgFlags::empty(),
        None,
    );
    if passed.is_err() {
        // The kernel refuses it, and so it is this thread that closes the socket.
        setsockopt(&ours, sockopt::Linger, &linger(0)).expect("anybody may");
    }
    (connection, theirs)
}

#[test]
fn descriptors_that_are_passed_along_with_a_question_keep_nobody_out() {
    let mut attacked = Attacked::new();
    let world = attacked.site.world.clone();
    for bytes in [&[1, 0, 0, 0, 9][..], b"nonsense", &[1]] {
        let _kept = world
            .inside_as(BOB, || [SOCKET, MEMORY_SOCKET].map(|socket| pass_along(socket, bytes)));
        attacked.names_are_answered();
        attacked.logins();
    }
    // More than there is room for, which are closed unread.
    let _kept: Vec<_> =
        world.inside_as(CAROL, || (0..140).map(|_| pass_along(SOCKET, &[1])).collect::<Vec<_>>());
    assert!(ask_as(&world, BOB, Query::UserByName("alice")).starts_with("alice:"));
    attacked.logins();
    attacked.is_still_small();
}

#[test]
fn rubbish_is_answered_with_nothing() {
    let attacked = Attacked::new();
    for bytes in [
        &b"nonsense and more of it"[..],
        &[1, 0, 0, 0, 2, 250, 250],
        &[9, 0, 0, 0, 1, 0],
        &[1, 255, 255, 255, 255],
    ] {
        let heard = attacked.site.world.inside_as(BOB, || {
            let mut stream = UnixStream::connect(SOCKET).expect("the engine listens");
            stream.write_all(bytes).expect("it reads");
            stream.set_read_timeout(Some(LIMIT)).expect("a socket of ours");
            let mut heard = Vec::new();
            let _ = std::io::Read::read_to_end(&mut stream, &mut heard);
            heard
        });
        assert!(heard.is_empty(), "{bytes:?}: {heard:?}");
    }
    attacked.names_are_answered();
}
