//! Reading the map as memory, in programs that look up many names.
//!
//! A look-up through the file takes five system calls, and one through this memory none. Programs that look up a
//! few names and end never have it. What is read here is what the file says: `monk_wire::names::memory` has the
//! three rules. Whatever is wrong, it is as if there was no memory, and the file is read.

use std::os::unix::fs::MetadataExt;
use std::sync::atomic::{AtomicI32, AtomicU32, AtomicU64, Ordering::Relaxed, Ordering::SeqCst};
use std::time::{Duration, Instant};

use monk_wire::names::map::{HEADER, Header, PAGE};
use monk_wire::names::memory::{BYTE, INODE, bit, is_leased};

use crate::connection::connect_to_engine;
use crate::mapping::{Mapping, Memory, Place};
use crate::socket::receive_descriptor;

/// Look-ups through the file before the memory is asked for: together they take as long as that.
const FIRST: u32 = 16;

/// Look-ups before it is asked for again, where that was in vain: what it can cost is a small part of theirs.
const AGAIN: u32 = 4096;

/// The memory of a process, and what it knows of it.
pub(crate) struct Lent {
    place: Place,
    /// The heartbeat at which the memory was last found to belong to the file.
    confirmed: AtomicU64,
    /// Look-ups until it is asked for.
    left: AtomicU32,
    /// The process in which a thread asks for it now. In a child of such a process, nobody does.
    asking: AtomicI32,
}

impl Lent {
    /// Nothing was lent yet.
    pub(crate) const fn new() -> Self {
        Self {
            place: Place::new(),
            confirmed: AtomicU64::new(0),
            left: AtomicU32::new(FIRST),
            asking: AtomicI32::new(0),
        }
    }

    /// The header, and the page at this place of the map, of which so many bytes are there.
    pub(crate) fn read(
        &self,
        lender: &Lender<'_>,
        place: u64,
        page: &mut [u8; PAGE],
    ) -> Option<(Header, usize)> {
        self.place.read(|memory| {
            let header = self.header_of(memory, lender)?;
            let (byte, mask) = bit(place);
            let is_written = memory.word(byte)[byte % 8] & mask != 0;
            if !is_written {
                return Some((header, 0));
            }
            Some((header, memory.copy(usize::try_from(place).ok()?, page)))
        })?
    }

    /// The header alone.
    pub(crate) fn header(&self, lender: &Lender<'_>) -> Option<Header> {
        self.place.read(|memory| self.header_of(memory, lender))?
    }

    /// The header, if the memory counts now.
    fn header_of(&self, memory: &Memory, lender: &Lender<'_>) -> Option<Header> {
        let header = header(memory)?;
        // After the heartbeat was read, so that it is not one to come.
        if !is_leased(header.heartbeat, (lender.now)()) {
            return None;
        }
        if self.confirmed.load(Relaxed) != header.heartbeat {
            let file = std::fs::symlink_metadata(lender.file).ok()?;
            let [device, inode] = [INODE + 8, INODE].map(|at| u64::from_le_bytes(memory.word(at)));
            if (file.dev(), file.ino()) != (device, inode) {
                return None;
            }
            self.confirmed.store(header.heartbeat, Relaxed);
        }
        Some(header)
    }

    /// A look-up has read the file of an engine with this heartbeat: after some of them, the memory is asked for.
    pub(crate) fn file_was_read(&self, heartbeat: u64, lender: &Lender<'_>) {
        if !is_leased(heartbeat, (lender.now)()) {
            return;
        }
        let left = self.left.load(Relaxed).saturating_sub(1);
        self.left.store(left, Relaxed);
        if left > 0 {
            return;
        }
        let (own, asking) = ((lender.own_pid)(), self.asking.load(SeqCst));
        // Another thread does, or this one did before a signal came.
        if asking == own || self.asking.compare_exchange(asking, own, SeqCst, SeqCst).is_err() {
            return;
        }
        let is_lent = borrow(lender, own).is_some_and(|new| self.place.put(new));
        self.confirmed.store(0, Relaxed);
        self.left.store(if is_lent { FIRST } else { AGAIN }, Relaxed);
        self.asking.store(0, SeqCst);
    }
}

/// Who lends it.
pub(crate) struct Lender<'a> {
    /// The file of which it is a copy.
    pub(crate) file: &'a str,
    /// Where it is lent.
    pub(crate) socket: &'a str,
    /// How long it may take.
    pub(crate) patience: Duration,
    /// The number of this process.
    pub(crate) own_pid: fn() -> i32,
    /// Milliseconds since the boot.
    pub(crate) now: fn() -> u64,
}

fn header(memory: &Memory) -> Option<Header> {
    let mut bytes = [0; HEADER];
    for (at, word) in bytes.as_chunks_mut::<8>().0.iter_mut().enumerate() {
        *word = memory.word(at * 8);
    }
    Header::of_bytes(&bytes)
}

/// Has the engine lend its memory.
fn borrow(lender: &Lender<'_>, own_pid: i32) -> Option<Mapping> {
    let deadline = Instant::now() + lender.patience;
    let connection = connect_to_engine(lender.socket, own_pid, deadline).ok()?;
    let (byte, lent) = receive_descriptor(&connection, deadline).ok()?;
    if byte == BYTE { Mapping::of(lent) } else { None }
}
