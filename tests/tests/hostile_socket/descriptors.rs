//! Somebody who passes descriptors along (`SCM_RIGHTS`): whoever takes one has to close it, and a TCP
//! socket can be set to make that take as long as its owner likes (`SO_LINGER`).

use std::io::{IoSlice, Write};
use std::net::{TcpListener, TcpStream};
use std::os::fd::AsRawFd;
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

use monk_tests::site::monk_socket;
use nix::libc::linger;
use nix::sys::socket::{ControlMessage, MsgFlags, sendmsg, setsockopt, sockopt};

use crate::{Attacked, BOB, CAROL};

/// How long closing the socket is to take, in seconds: longer than the test may.
const LINGER: i32 = 600;

/// Logins go on within this, on the busiest machine.
const LIMIT: Duration = Duration::from_secs(120);

/// A connection whose other end does not read, which says so when it is closed.
fn lingering() -> (TcpStream, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let mut ours =
        TcpStream::connect(listener.local_addr().expect("its port")).expect("it listens");
    let (theirs, _) = listener.accept().expect("it was connected");
    ours.set_nonblocking(true).expect("a socket of ours");
    while ours.write(&[0; 65536]).is_ok() {}
    let slow = linger { l_onoff: 1, l_linger: LINGER };
    setsockopt(&ours, sockopt::Linger, &slow).expect("anybody may");
    (ours, theirs)
}

/// Passes such a socket to the engine, with some bytes; `reads` or closes without having been asked.
fn pass_along(bytes: &[u8]) -> (UnixStream, TcpStream) {
    let (ours, theirs) = lingering();
    let connection = UnixStream::connect(monk_socket()).expect("the engine listens");
    let descriptors = [ours.as_raw_fd()];
    let passed = sendmsg::<()>(
        connection.as_raw_fd(),
        &[IoSlice::new(bytes)],
        &[ControlMessage::ScmRights(&descriptors)],
        MsgFlags::empty(),
        None,
    );
    if passed.is_err() {
        // The kernel refuses it, and so it is this thread that closes the socket.
        let quick = linger { l_onoff: 0, l_linger: 0 };
        setsockopt(&ours, sockopt::Linger, &quick).expect("anybody may");
    }
    (connection, theirs)
}

#[test]
fn descriptors_that_are_passed_along_keep_nobody_out() {
    let attacked = Attacked::new();
    let world = &attacked.site.world;
    // A header that is read, bytes that end the conversation, and a connection that says no more.
    for bytes in [&[1, 0, 0, 0, 9][..], b"nonsense", &[1]] {
        let _kept = world.inside_as(BOB, || pass_along(bytes));
        let begin = Instant::now();
        attacked.logins();
        assert!(begin.elapsed() < LIMIT, "{:?}", begin.elapsed());
    }
    // More than there is room for, which are closed unread.
    let kept: Vec<_> =
        world.inside_as(CAROL, || (0..140).map(|_| pass_along(&[1])).collect::<Vec<_>>());
    let meanwhile = attacked.logins();
    drop(kept);
    attacked.is_still_small();
    let seen = "refused, or closed where nobody waits";
    attacked.tell("sockets passed along that take 10 minutes to close", seen, &meanwhile);
}
