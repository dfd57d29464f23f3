//! The memory that the engine lends, in the address space of a host: mapped, read, and given back.
//!
//! There is one place for it in the process, and no lock. Who reads counts as a reader for as long as that takes,
//! and memory is only given back while nobody reads. A fork in the middle can leave a child that counts a reader
//! too many: then the child keeps what it has for good, and reads the file once that has become too old.

use std::fs::File;
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::fs::{FileExt, MetadataExt};
use std::ptr;
use std::sync::atomic::{AtomicPtr, AtomicU64, AtomicUsize, Ordering::Relaxed, Ordering::SeqCst};

use libc::c_void;
use monk_wire::names::map::{HEADER, Header, PAGE};
use monk_wire::names::memory::LENGTH;

/// Bytes that are read at once, by everybody without a tear.
const WORD: usize = size_of::<u64>();

/// Where the memory is mapped in this process, if it is.
pub(crate) struct Place {
    start: AtomicPtr<AtomicU64>,
    readers: AtomicUsize,
}

impl Place {
    /// One without memory.
    pub(crate) const fn new() -> Self {
        Self { start: AtomicPtr::new(ptr::null_mut()), readers: AtomicUsize::new(0) }
    }

    /// Reads the memory, if there is any.
    pub(crate) fn read<T>(&self, read: impl FnOnce(&Memory) -> T) -> Option<T> {
        let _reader = Reader::of(&self.readers);
        let start = self.start.load(SeqCst);
        (!start.is_null()).then(|| read(&Memory(start)))
    }

    /// Puts memory into the place of what was there. `false` where somebody reads that now, and it stays.
    pub(crate) fn put(&self, new: Mapping) -> bool {
        let before = self.start.swap(ptr::null_mut(), SeqCst);
        if !before.is_null() {
            // A reader who comes now finds no memory, so that nobody can come to what goes.
            if self.readers.load(SeqCst) != 0 {
                self.start.store(before, SeqCst);
                return false;
            }
            drop(Mapping(before));
        }
        self.start.store(new.keep(), SeqCst);
        true
    }
}

/// One who reads, until this is dropped.
struct Reader<'a>(&'a AtomicUsize);

impl<'a> Reader<'a> {
    fn of(readers: &'a AtomicUsize) -> Self {
        readers.fetch_add(1, SeqCst);
        Self(readers)
    }
}

impl Drop for Reader<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, SeqCst);
    }
}

/// Memory that is mapped for as long as somebody reads it. The engine writes into it meanwhile.
pub(crate) struct Memory(*mut AtomicU64);

impl Memory {
    /// The bytes of the word in which this byte is, as they are there now.
    pub(crate) fn word(&self, at: usize) -> [u8; WORD] {
        self.words::<1>(at / WORD)[0]
    }

    /// Copies what is in a page, from this place of the map on; says how many bytes that is at most. Behind them
    /// are zeros only, which end the records.
    pub(crate) fn copy(&self, place: usize, page: &mut [u8; PAGE]) -> usize {
        const STEP: usize = 32;
        let mut copied = 0;
        for step in page.as_chunks_mut::<WORD>().0.as_chunks_mut::<STEP>().0 {
            *step = self.words((place + copied) / WORD);
            copied += STEP * WORD;
            if step.as_flattened().iter().all(|byte| *byte == 0) {
                break;
            }
        }
        copied
    }

    /// Words from this one on.
    fn words<const COUNT: usize>(&self, first: usize) -> [[u8; WORD]; COUNT] {
        let first = first.min(LENGTH / WORD - COUNT);
        // SAFETY: so many words from there on are within the `LENGTH` bytes of the mapping.
        let start = unsafe { self.0.add(first) };
        // SAFETY: the mapping begins with a page, so the words are aligned, and it lasts as long as this; others
        // write there, for which the words are atomic.
        let words = unsafe { &*start.cast::<[AtomicU64; COUNT]>() };
        words.each_ref().map(|word| word.load(Relaxed).to_ne_bytes())
    }
}

/// Mapped memory that nobody reads yet, or any more.
pub(crate) struct Mapping(*mut AtomicU64);

impl Mapping {
    /// Maps what was lent, and closes the descriptor. Only memory of the right size that nobody can cut counts: a
    /// program that read behind its end would be killed (SIGBUS). `None` also in a program whose address space is
    /// limited, as it may need all of that itself.
    pub(crate) fn of(lent: OwnedFd) -> Option<Self> {
        let lent = File::from(lent);
        if !is_sealed(&lent) || !is_of_the_page_cache(&lent) || is_space_limited() {
            return None;
        }
        let metadata = lent.metadata().ok()?;
        if !metadata.is_file() || metadata.size() != LENGTH as u64 || !is_map(&lent) {
            return None;
        }
        // SAFETY: a new mapping of a descriptor that is open, at a place that the kernel chooses.
        let start = unsafe {
            libc::mmap(
                ptr::null_mut(),
                LENGTH,
                libc::PROT_READ,
                libc::MAP_SHARED,
                lent.as_raw_fd(),
                0,
            )
        };
        if start == libc::MAP_FAILED {
            return None;
        }
        // It would be a part of each core dump of the host.
        // SAFETY: these bytes were just mapped. Where the kernel refuses, nothing has changed.
        let _ = unsafe { libc::madvise(start, LENGTH, libc::MADV_DONTDUMP) };
        Some(Self(start.cast()))
    }

    /// It stays mapped, and whoever has its beginning looks after it.
    fn keep(self) -> *mut AtomicU64 {
        let start = self.0;
        std::mem::forget(self);
        start
    }
}

impl Drop for Mapping {
    fn drop(&mut self) {
        // SAFETY: these bytes are mapped, nobody reads them, and nobody else gives them back.
        let _ = unsafe { libc::munmap(self.0.cast::<c_void>(), LENGTH) };
    }
}

/// Whether nobody can cut it, the engine included.
fn is_sealed(lent: &File) -> bool {
    // SAFETY: F_GET_SEALS takes no argument, and has no other preconditions.
    let seals = unsafe { libc::fcntl(lent.as_raw_fd(), libc::F_GET_SEALS) };
    seals != -1 && seals & libc::F_SEAL_SHRINK != 0
}

/// Whether it begins as a map. This is read before it is mapped, so that its first page is known to be there.
fn is_map(lent: &File) -> bool {
    let mut header = [0; HEADER];
    lent.read_exact_at(&mut header, 0).is_ok() && Header::of_bytes(&header).is_some()
}

/// Whether it is memory of the usual kind. Huge pages are of a store that can be empty, which also ends in SIGBUS.
fn is_of_the_page_cache(lent: &File) -> bool {
    // SAFETY: all-zero bytes are a valid `statfs` of integers.
    let mut told: libc::statfs = unsafe { std::mem::zeroed() };
    // SAFETY: `told` is writable during the call.
    let result = unsafe { libc::fstatfs(lent.as_raw_fd(), &raw mut told) };
    result == 0 && told.f_type == libc::TMPFS_MAGIC
}

/// Whether the host has a limit for its address space (`RLIMIT_AS`).
fn is_space_limited() -> bool {
    let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: `limit` is writable during the call.
    let result = unsafe { libc::getrlimit(libc::RLIMIT_AS, &raw mut limit) };
    result != 0 || limit.rlim_cur != libc::RLIM_INFINITY
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mapping() -> Mapping {
        use nix::fcntl::{FcntlArg, SealFlag, fcntl};
        use nix::sys::memfd::{MFdFlags, memfd_create};

        let memory = File::from(memfd_create("test", MFdFlags::MFD_ALLOW_SEALING).unwrap());
        memory.set_len(LENGTH as u64).unwrap();
        let header = Header { generation: 1, heartbeat: 1 };
        memory.write_all_at(&header.to_bytes(), 0).unwrap();
        fcntl(&memory, FcntlArg::F_ADD_SEALS(SealFlag::F_SEAL_SHRINK)).unwrap();
        Mapping::of(memory.into()).unwrap()
    }

    #[test]
    fn memory_is_given_back_only_while_nobody_reads_it() {
        let place = Place::new();
        assert!(place.read(|_| ()).is_none());
        assert!(place.put(mapping()));
        let is_put = place.read(|memory| {
            let is_put = place.put(mapping());
            assert_eq!(&memory.word(0), b"monkNSS\x01", "it is still there");
            is_put
        });
        assert_eq!(is_put, Some(false));
        assert!(place.put(mapping()), "nobody reads any more");
        // As in a child of a process that forked while somebody else read.
        place.readers.fetch_add(1, SeqCst);
        assert!(!place.put(mapping()));
        assert!(place.read(|_| ()).is_some());
    }
}
