//! Whom a conversation is opened with: the engine that listens, else one that root starts, else nobody.

use std::io::{Read, Write};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::time::{Duration, Instant};

use monk_client::WireError;
use monk_one_shot::Endpoint;
use monk_wire::frame::{self, MAX_REPLY};
use monk_wire::manage::{Command, Manage};
use monk_wire::{Denial, Reply, Request, VERSION};

const BUDGET: Duration = Duration::from_secs(5);

/// A folder that only root can have made: no other is trusted. Everybody else gets one that is not.
fn folder() -> tempfile::TempDir {
    let made = if is_root() { tempfile::tempdir_in("/run") } else { tempfile::tempdir() };
    made.expect("a folder")
}

fn is_root() -> bool {
    std::fs::metadata("/proc/self").expect("a process").uid() == 0
}

/// A program that leaves a mark where it was started, and says nothing.
fn engine_with_a_mark(folder: &Path) -> Endpoint {
    let engine = folder.join("engine");
    let mark = folder.join("mark");
    std::fs::write(&engine, format!("#!/bin/sh\n: >'{}'\n", mark.display())).expect("a file");
    std::fs::set_permissions(&engine, std::fs::Permissions::from_mode(0o755)).expect("its mode");
    Endpoint { socket: folder.join("socket"), engine, config: None }
}

fn was_started(folder: &Path) -> bool {
    folder.join("mark").exists()
}

fn question() -> Request {
    Request::Manage(Manage { user: "alice".into(), command: Command::Status })
}

#[test]
fn an_engine_that_listens_is_the_one_that_is_asked() {
    let folder = folder();
    let endpoint = engine_with_a_mark(folder.path());
    let listener = UnixListener::bind(&endpoint.socket).expect("a socket");
    let engine = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("a conversation");
        let mut some = [0; 256];
        let read = stream.read(&mut some).expect("a request");
        let reply = frame::encode(&Reply::Denied(Denial::Refused), VERSION, MAX_REPLY);
        stream.write_all(&reply.expect("a reply")).expect("it is read");
        read
    });
    let opened = monk_one_shot::open(&endpoint, BUDGET);
    if !is_root() {
        assert!(matches!(opened.err(), Some(WireError::NoEngine(_))), "the folder is not root's");
        return;
    }
    let mut conversation = opened.expect("it listens");
    let reply = conversation.call(&question()).expect("an answer");
    assert_eq!(reply, Reply::Denied(Denial::Refused));
    assert!(engine.join().expect("the engine") > 0);
    assert!(!was_started(folder.path()), "nobody else is needed");
}

#[test]
fn where_none_listens_one_is_started_for_root_and_for_nobody_else() {
    let folder = folder();
    let endpoint = engine_with_a_mark(folder.path());
    let opened = monk_one_shot::open(&endpoint, BUDGET);
    if is_root() {
        // It ends without a word, which is no answer.
        let mut conversation = opened.expect("it is started");
        let broken = conversation.call(&question());
        assert!(matches!(broken, Err(WireError::Broken(_))), "{broken:?}");
        assert!(was_started(folder.path()));
    } else {
        assert!(matches!(opened.err(), Some(WireError::NoEngine(_))));
        assert!(!was_started(folder.path()));
    }
}

#[test]
fn where_there_is_neither_socket_nor_program_there_is_no_engine() {
    let folder = folder();
    let endpoint = Endpoint {
        socket: folder.path().join("socket"),
        engine: folder.path().join("missing"),
        config: None,
    };
    // A program that cannot be started is only noticed by its silence.
    let answer = monk_one_shot::open(&endpoint, BUDGET).and_then(|mut open| open.call(&question()));
    assert!(matches!(answer, Err(WireError::NoEngine(_) | WireError::Broken(_))), "{answer:?}");
}

#[test]
fn an_engine_that_listens_and_says_nothing_takes_no_more_than_the_budget() {
    let folder = folder();
    let endpoint = engine_with_a_mark(folder.path());
    let _listener = UnixListener::bind(&endpoint.socket).expect("a socket");
    let budget = Duration::from_millis(300);
    let started = Instant::now();
    let opened = monk_one_shot::open(&endpoint, budget);
    if !is_root() {
        assert!(matches!(opened.err(), Some(WireError::NoEngine(_))), "the folder is not root's");
        return;
    }
    let mut conversation = opened.expect("it listens");
    let silence = conversation.call(&question());
    assert!(matches!(silence, Err(WireError::Timeout)), "{silence:?}");
    assert!(started.elapsed() >= budget, "{:?}", started.elapsed());
    assert!(started.elapsed() < BUDGET, "{:?}", started.elapsed());
    assert!(!was_started(folder.path()));
}

/// In `/tmp` everybody can make a folder of the engine's name, and listen there.
#[test]
fn what_listens_where_anybody_could_is_not_asked() {
    let folder = tempfile::tempdir_in("/tmp").expect("a folder");
    let endpoint = engine_with_a_mark(folder.path());
    let listener = UnixListener::bind(&endpoint.socket).expect("a socket");
    listener.set_nonblocking(true).expect("it does not wait");
    let answer = monk_one_shot::open(&endpoint, BUDGET).and_then(|mut open| open.call(&question()));
    assert!(matches!(answer, Err(WireError::NoEngine(_) | WireError::Broken(_))), "{answer:?}");
    assert!(listener.accept().is_err(), "nobody has come");
    assert_eq!(was_started(folder.path()), is_root());
}
