//! The map as memory, lent by engines of all kinds.

use std::fs::{self, File};
use std::io::{IoSlice, Read};
use std::os::fd::{AsRawFd, OwnedFd, RawFd};
use std::os::unix::fs::{FileExt, MetadataExt};
use std::os::unix::net::{UnixListener, UnixStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::thread;

use monk_wire::names::map::{Header, PAGE, hash, place};
use monk_wire::names::memory::{BYTE, INODE, LEASE_MS, LENGTH, WRITTEN, bit};
use monk_wire::names::{Answer, Query, User};
use nix::fcntl::{FallocateFlags, FcntlArg, SealFlag, fallocate, fcntl};
use nix::sys::memfd::{MFdFlags, memfd_create};
use nix::sys::socket::{ControlMessage, MsgFlags, sendmsg};
use proptest::prelude::*;

use crate::failure::Failure;
use crate::fixtures::{ALICE, Machine, Sample, USER, encoded, record, user};
use crate::places::Places;

/// Room for any user of these tests.
const ENOUGH: usize = 1024;

const SEEN: &str = "alice:*:5001:5000:Alice Doe:/home/alice:/bin/sh";

/// Look-ups after which the memory was asked for.
const MANY: usize = 16;

/// What the clock of these tests shows, and when what they know ends to be fresh.
const NOW: u64 = 1_000_000;
const LATER: u64 = 2_000_000;

/// Alice after she has changed her shell.
const CHANGED: Sample = Sample {
    query: USER.query,
    answer: Answer::User(User { texts: b"alice\0Alice Doe\0/home/alice\0/bin/zsh\0", ..ALICE }),
};

fn places(machine: &Machine) -> Places<'_> {
    Places { now: || NOW, ..machine.places() }
}

fn seen(machine: &Machine) -> Result<String, Failure> {
    user(&places(machine), "alice", ENOUGH)
}

/// A machine whose map has a fresh alice.
fn with_map() -> Machine {
    let machine = Machine::new();
    machine.write_map(NOW, &[record(&USER, LATER, LATER)]);
    machine
}

/// Whether memory is read.
fn is_lent(machine: &Machine) -> bool {
    let places = places(machine);
    places.lent.header(&places.lender()).is_some()
}

fn unsealed(length: u64) -> File {
    let flags = MFdFlags::MFD_CLOEXEC | MFdFlags::MFD_ALLOW_SEALING;
    let file = File::from(memfd_create("test", flags).unwrap());
    file.set_len(length).unwrap();
    file
}

fn sealed(file: File) -> File {
    let seals = SealFlag::F_SEAL_SHRINK | SealFlag::F_SEAL_GROW;
    fcntl(&file, FcntlArg::F_ADD_SEALS(seals)).unwrap();
    file
}

/// A true copy of the map.
fn copy_of(machine: &Machine) -> File {
    let copy = sealed(unsealed(LENGTH as u64));
    copy_into(&copy, machine);
    copy
}

fn copy_into(copy: &File, machine: &Machine) {
    copy.write_all_at(&fs::read(machine.map()).unwrap(), 0).unwrap();
    let metadata = fs::metadata(machine.map()).unwrap();
    copy.write_all_at(&metadata.ino().to_le_bytes(), INODE as u64).unwrap();
    copy.write_all_at(&metadata.dev().to_le_bytes(), INODE as u64 + 8).unwrap();
    copy.write_all_at(&[0xff; PAGE - WRITTEN], WRITTEN as u64).unwrap();
}

fn beat(copy: &File, heartbeat: u64) {
    let header = Header { generation: 1, heartbeat };
    copy.write_all_at(&header.to_bytes(), 0).unwrap();
}

/// An engine that sends these bytes and descriptors to everybody who connects; how many have.
fn lending(machine: &Machine, bytes: &'static [u8], lent: Vec<OwnedFd>) -> Arc<AtomicUsize> {
    let listener = UnixListener::bind(machine.folder.path().join("names.map.sock")).unwrap();
    let asked = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&asked);
    thread::spawn(move || {
        for stream in listener.incoming() {
            counted.fetch_add(1, SeqCst);
            let descriptors: Vec<RawFd> = lent.iter().map(AsRawFd::as_raw_fd).collect();
            let rights = [ControlMessage::ScmRights(&descriptors)];
            let rights = if descriptors.is_empty() { &[][..] } else { &rights[..] };
            let (stream, part) = (stream.unwrap(), [IoSlice::new(bytes)]);
            sendmsg::<()>(stream.as_raw_fd(), &part, rights, MsgFlags::empty(), None).unwrap();
        }
    });
    asked
}

/// An engine that lends this file.
fn lending_file(machine: &Machine, file: &File) -> Arc<AtomicUsize> {
    lending(machine, &[BYTE], vec![file.try_clone().unwrap().into()])
}

#[track_caller]
fn look_up_many(machine: &Machine) {
    (0..MANY).for_each(|_| assert_eq!(seen(machine).as_deref(), Ok(SEEN)));
}

#[test]
fn who_looks_up_many_names_reads_memory_in_which_every_change_is_seen() {
    let machine = with_map();
    let copy = copy_of(&machine);
    let asked = lending_file(&machine, &copy);
    (1..MANY).for_each(|_| assert_eq!(seen(&machine).as_deref(), Ok(SEEN)));
    assert_eq!(asked.load(SeqCst), 0, "a program that looks up few names does not ask");
    assert_eq!(seen(&machine).as_deref(), Ok(SEEN));
    assert_eq!(asked.load(SeqCst), 1);
    assert!(is_lent(&machine));
    // No system call: the file would be missed.
    fs::rename(machine.map(), machine.folder.path().join("elsewhere")).unwrap();
    assert_eq!(seen(&machine).as_deref(), Ok(SEEN));
    machine.write_map(NOW, &[record(&CHANGED, LATER, LATER)]);
    copy_into(&copy, &machine);
    assert!(seen(&machine).unwrap().ends_with(":/bin/zsh"));
    let page = [0; PAGE];
    copy.write_all_at(&page, place(hash(&USER.query()))).unwrap();
    assert_eq!(seen(&machine), Err(Failure::Absent), "nothing is known, and nobody there to ask");
    look_up_nobody(&machine);
    assert_eq!(asked.load(SeqCst), 1, "it has the memory");
}

fn look_up_nobody(machine: &Machine) {
    (0..2 * MANY).for_each(|_| assert_eq!(seen(machine), Err(Failure::Absent)));
}

#[test]
fn memory_of_an_engine_that_is_gone_or_of_another_file_counts_no_more() {
    for what in ["it has ended", "it was killed", "another clock", "another file"] {
        let machine = with_map();
        let copy = copy_of(&machine);
        lending_file(&machine, &copy);
        look_up_many(&machine);
        assert!(is_lent(&machine));
        // The next engine knows better, or this is another root by now.
        machine.write_map(0, &[record(&CHANGED, LATER, LATER)]);
        match what {
            "it has ended" => beat(&copy, 0),
            "it was killed" => beat(&copy, NOW - LEASE_MS),
            "another clock" => beat(&copy, NOW + 1),
            _ => {
                let bytes = fs::read(machine.map()).unwrap();
                fs::remove_file(machine.map()).unwrap();
                // While the first is open, no other gets its inode.
                let _kept = File::create(machine.folder.path().join("kept")).unwrap();
                fs::write(machine.map(), bytes).unwrap();
                beat(&copy, NOW - 1);
            }
        }
        assert!(!is_lent(&machine), "{what}");
        assert!(seen(&machine).unwrap().ends_with(":/bin/zsh"), "{what}");
    }
}

#[test]
fn the_next_engines_memory_takes_the_place_of_that_of_one_that_is_gone() {
    let machine = with_map();
    let old = copy_of(&machine);
    lending_file(&machine, &old);
    look_up_many(&machine);
    beat(&old, 0);
    fs::remove_file(machine.folder.path().join("names.map.sock")).unwrap();
    let new = copy_of(&machine);
    let asked = lending_file(&machine, &new);
    look_up_many(&machine);
    assert_eq!(asked.load(SeqCst), 1);
    assert!(is_lent(&machine));
    beat(&new, 0);
    assert!(!is_lent(&machine));
}

#[test]
fn memory_that_somebody_could_cut_and_whatever_else_is_lent_is_not_read() {
    let machine = with_map();
    let bytes = fs::read(machine.map()).unwrap();
    let filled = |file: File| {
        copy_into(&file, &machine);
        file
    };
    let without_header = copy_of(&machine);
    without_header.write_all_at(&[0; 8], 0).unwrap();
    let file = |path: &str| File::open(path).unwrap();
    let huge = MFdFlags::MFD_HUGETLB | MFdFlags::MFD_ALLOW_SEALING;
    // Where the kernel has huge pages.
    let huge = memfd_create("huge", huge)
        .map(File::from)
        .ok()
        .filter(|file| file.set_len(LENGTH as u64).is_ok());
    let mut lies = vec![
        ("unsealed", filled(unsealed(LENGTH as u64))),
        ("short", sealed(unsealed(LENGTH as u64 - 1))),
        ("empty", sealed(unsealed(0))),
        ("long", sealed(filled(unsealed(LENGTH as u64 + 1)))),
        ("without header", without_header),
        ("all zeros", sealed(unsealed(LENGTH as u64))),
        ("the file", file(machine.map())),
        ("a folder", file("/")),
        ("a device", file("/dev/zero")),
    ];
    lies.extend(huge.map(|huge| ("huge pages", sealed(huge))));
    for (what, lie) in lies {
        let machine = Machine::new();
        fs::write(machine.map(), &bytes).unwrap();
        let asked = lending_file(&machine, &lie);
        look_up_many(&machine);
        look_up_many(&machine);
        assert_eq!(asked.load(SeqCst), 1, "{what}");
        assert!(!is_lent(&machine), "{what}");
    }
}

#[test]
fn a_byte_without_a_descriptor_and_a_descriptor_without_the_byte_are_nothing() {
    for (bytes, count) in [(&[BYTE][..], 0), (b"x", 1), (b"", 0)] {
        let machine = with_map();
        let copy = copy_of(&machine);
        let lent = (0..count).map(|_| copy.try_clone().unwrap().into()).collect();
        let asked = lending(&machine, bytes, lent);
        look_up_many(&machine);
        assert_eq!((asked.load(SeqCst), is_lent(&machine)), (1, false), "{bytes:?}");
    }
}

#[test]
fn of_more_descriptors_than_one_none_stays_open() {
    let machine = with_map();
    let (mut ours, theirs) = UnixStream::pair().unwrap();
    let copy = copy_of(&machine);
    let lent: Vec<OwnedFd> = vec![copy.into(), theirs.try_clone().unwrap().into(), theirs.into()];
    let listener = UnixListener::bind(machine.folder.path().join("names.map.sock")).unwrap();
    thread::spawn(move || {
        let (stream, _) = listener.accept().unwrap();
        let descriptors: Vec<RawFd> = lent.iter().map(AsRawFd::as_raw_fd).collect();
        let rights = [ControlMessage::ScmRights(&descriptors)];
        let part = [IoSlice::new(&[BYTE])];
        sendmsg::<()>(stream.as_raw_fd(), &part, &rights, MsgFlags::empty(), None).unwrap();
    });
    look_up_many(&machine);
    assert!(is_lent(&machine), "the first one is right");
    assert_eq!(ours.read(&mut [0]).unwrap(), 0, "nobody has the other end any more");
}

#[test]
fn an_engine_that_lends_nothing_in_time_is_not_asked_again_for_long() {
    let machine = with_map();
    let stuck = UnixListener::bind(machine.folder.path().join("names.map.sock")).unwrap();
    stuck.set_nonblocking(true).unwrap();
    let patience = std::time::Duration::from_millis(1);
    let places = Places { patience_for_memory: patience, ..places(&machine) };
    (0..10 * MANY).for_each(|_| assert!(user(&places, "alice", ENOUGH).is_ok()));
    assert_eq!(std::iter::from_fn(|| stuck.accept().ok()).count(), 1);
}

#[test]
fn the_engine_lends_nothing_to_itself_and_others_behind_its_socket_nothing_to_anybody() {
    use std::os::unix::fs::PermissionsExt;

    let machine = with_map();
    let copy = copy_of(&machine);
    lending_file(&machine, &copy);
    let own = Places { own_pid: crate::socket::own_pid, ..places(&machine) };
    (0..MANY).for_each(|_| assert!(user(&own, "alice", ENOUGH).is_ok()));
    assert!(!is_lent(&machine));
    let machine = with_map();
    let asked = lending_file(&machine, &copy);
    fs::set_permissions(&machine.folder, fs::Permissions::from_mode(0o777)).unwrap();
    look_up_many(&machine);
    assert_eq!((asked.load(SeqCst), is_lent(&machine)), (0, false));
}

#[test]
fn memory_that_is_lent_cannot_be_cut_and_emptied_pages_say_nothing() {
    let machine = with_map();
    let copy = copy_of(&machine);
    lending_file(&machine, &copy);
    look_up_many(&machine);
    assert!(copy.set_len(0).is_err() && copy.set_len(PAGE as u64).is_err());
    let mode = FallocateFlags::FALLOC_FL_PUNCH_HOLE | FallocateFlags::FALLOC_FL_KEEP_SIZE;
    fallocate(&copy, mode, PAGE as i64, (LENGTH - PAGE) as i64).unwrap();
    assert_eq!(seen(&machine), Err(Failure::Absent));
}

#[test]
fn a_page_that_was_never_written_is_not_touched() {
    let machine = with_map();
    let copy = copy_of(&machine);
    lending_file(&machine, &copy);
    look_up_many(&machine);
    let (byte, mask) = bit(place(hash(&USER.query())));
    copy.write_all_at(&[!mask], byte as u64).unwrap();
    assert_eq!(seen(&machine), Err(Failure::Absent));
}

#[test]
fn neither_asking_for_the_memory_nor_reading_it_allocates() {
    let machine = with_map();
    let copy = copy_of(&machine);
    lending_file(&machine, &copy);
    let places = places(&machine);
    let mut memory = [0; ENOUGH];
    let allocated = allocation_counter::measure(|| {
        for _ in 0..2 * MANY {
            let mut room = crate::fixtures::room(&mut memory);
            assert!(crate::passwd::by_name(&places, "alice", &mut room).is_ok());
        }
    });
    assert_eq!(allocated.count_total, 0);
    assert!(is_lent(&machine));
}

#[test]
fn threads_find_what_is_there_while_memory_is_lent_written_and_replaced() {
    let machine = with_map();
    let copy = copy_of(&machine);
    lending_file(&machine, &copy);
    let page = {
        let mut page = vec![0; PAGE];
        copy.read_exact_at(&mut page, place(hash(&USER.query()))).unwrap();
        page
    };
    thread::scope(|scope| {
        let look_up = || (0..2000).for_each(|_| drop(seen(&machine).unwrap()));
        let threads: Vec<_> = (0..4).map(|_| scope.spawn(look_up)).collect();
        while threads.iter().any(|thread| !thread.is_finished()) {
            // Gone and back again: then the file is read, and the memory asked for once more.
            beat(&copy, 0);
            copy.write_all_at(&page, place(hash(&USER.query()))).unwrap();
            beat(&copy, NOW);
        }
    });
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn whatever_stands_in_the_memory_nothing_else_than_the_truth_is_taken(
        first in proptest::collection::vec(any::<u8>(), 0..600), at in 0_u64..700,
        page in proptest::collection::vec(any::<u8>(), 1..400), offset in 0_u64..400,
    ) {
        let machine = with_map();
        let copy = copy_of(&machine);
        lending_file(&machine, &copy);
        look_up_many(&machine);
        copy.write_all_at(&page, place(hash(&USER.query())) + offset).unwrap();
        copy.write_all_at(&first, at).unwrap();
        if let Ok(seen) = seen(&machine) {
            prop_assert_eq!(seen, SEEN);
        }
    }
}

#[test]
fn a_name_that_nobody_has_is_known_from_the_memory_too() {
    let machine = Machine::new();
    let nobody = Sample { query: Query::UserByName("bob"), answer: Answer::NotFound };
    machine.write_map(NOW, &[record(&nobody, LATER, LATER)]);
    let copy = copy_of(&machine);
    lending_file(&machine, &copy);
    let engine = machine.answering(|_| encoded(&USER.answer));
    for _ in 0..2 * MANY {
        assert_eq!(user(&places(&machine), "bob", ENOUGH), Err(Failure::NotFound));
    }
    assert!(is_lent(&machine));
    assert_eq!(engine.asked(), 0);
}
