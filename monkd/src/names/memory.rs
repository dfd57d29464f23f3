//! The map as memory, lent to programs that look up many names: [`monk_wire::names::memory`] says what is in it.
//!
//! It is a copy of the file and lives as long as the engine: a reader who was lent it once sees every change. Only
//! this process can write into it. What is lent is another descriptor, for reading, and the file behind it belongs
//! to the engine's user.

use std::collections::BTreeMap;
use std::fs::{File, Permissions};
use std::io;
use std::os::fd::AsRawFd;
use std::os::unix::fs::{FileExt, MetadataExt, PermissionsExt};
use std::sync::Arc;

use monk_wire::names::map::{Header, PAGE, SETS};
use monk_wire::names::memory::{INODE, LENGTH, WRITTEN, bit};
use nix::fcntl::{FcntlArg, SealFlag, fcntl};
use nix::sys::memfd::{MFdFlags, memfd_create};

/// Pages by their places in the map.
pub type Pages = BTreeMap<u64, [u8; PAGE]>;

/// What the memory is called in `/proc/PID/maps` of those to whom it was lent.
const NAME: &str = "monk-names";

/// `MFD_NOEXEC_SEAL` (memfd_create(2), Linux 6.3): nobody can make a program of it. Some hosts insist on that.
const NOEXEC: MFdFlags = MFdFlags::from_bits_retain(8);

/// Memory that is lent. When this is dropped, it counts no more for anybody.
pub struct Memory {
    file: File,
    lent: Arc<File>,
    written: [u8; SETS as usize / 8],
    generation: u64,
}

impl Memory {
    /// Memory of which nothing counts yet.
    ///
    /// # Errors
    /// Where the kernel has none, or no `/proc` to open it for reading.
    pub fn create() -> io::Result<Self> {
        let flags = MFdFlags::MFD_CLOEXEC | MFdFlags::MFD_ALLOW_SEALING;
        let file = File::from(memfd_create(NAME, flags | NOEXEC).or_else(|error| match error {
            // An older kernel.
            nix::errno::Errno::EINVAL => memfd_create(NAME, flags),
            error => Err(error),
        })?);
        file.set_len(LENGTH as u64)?;
        file.set_permissions(Permissions::from_mode(0o444))?;
        let seals = SealFlag::F_SEAL_SHRINK | SealFlag::F_SEAL_GROW | SealFlag::F_SEAL_SEAL;
        fcntl(&file, FcntlArg::F_ADD_SEALS(seals))?;
        let lent = Arc::new(File::open(format!("/proc/self/fd/{}", file.as_raw_fd()))?);
        Ok(Self { file, lent, written: [0; SETS as usize / 8], generation: 0 })
    }

    /// The descriptor for readers.
    #[must_use]
    pub fn lent(&self) -> Arc<File> {
        Arc::clone(&self.lent)
    }

    /// Has it be a copy of another file: nothing of what was in it before counts any more, for anybody.
    ///
    /// # Errors
    /// Those of writing, above all that there is no memory left. Then it has to be dropped.
    pub fn copy(&mut self, file: &File, generation: u64, pages: &Pages) -> io::Result<()> {
        for set in 0..u64::from(SETS) {
            let place = (set + 1) * PAGE as u64;
            match pages.get(&place) {
                Some(page) => self.put(place, page)?,
                None if self.is_written(place) => self.put(place, &[0; PAGE])?,
                None => {}
            }
        }
        let metadata = file.metadata()?;
        let mut identity = [0; 16];
        identity[..8].copy_from_slice(&metadata.ino().to_le_bytes());
        identity[8..].copy_from_slice(&metadata.dev().to_le_bytes());
        self.generation = generation;
        self.file.write_all_at(&identity, INODE as u64)
    }

    /// Nothing of what is in it counts any more, for anybody.
    ///
    /// # Errors
    /// As [`Memory::copy`].
    pub fn clear(&mut self) -> io::Result<()> {
        let written = (1..=u64::from(SETS)).map(|number| number * PAGE as u64);
        let written: Vec<_> = written.filter(|place| self.is_written(*place)).collect();
        written.into_iter().try_for_each(|place| self.put(place, &[0; PAGE]))
    }

    /// Puts a page into the place of one before.
    ///
    /// # Errors
    /// As [`Memory::copy`].
    pub fn put(&mut self, place: u64, page: &[u8; PAGE]) -> io::Result<()> {
        self.file.write_all_at(page, place)?;
        let (byte, mask) = bit(place);
        let bits = &mut self.written[byte - WRITTEN];
        if *bits & mask == 0 {
            *bits |= mask;
            self.file.write_all_at(&[*bits], byte as u64)?;
        }
        Ok(())
    }

    /// Says that the engine is alive, which has to stand in the file already.
    ///
    /// # Errors
    /// As [`Memory::copy`].
    pub fn beat(&self, now: u64) -> io::Result<()> {
        let header = Header { generation: self.generation, heartbeat: now };
        self.file.write_all_at(&header.to_bytes(), 0)
    }

    fn is_written(&self, place: u64) -> bool {
        let (byte, mask) = bit(place);
        self.written[byte - WRITTEN] & mask != 0
    }
}

impl Drop for Memory {
    fn drop(&mut self) {
        let _ = self.beat(0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_was_lent_the_memory_can_neither_cut_nor_write_it() {
        let memory = Memory::create().unwrap();
        let lent = memory.lent();
        let seals = fcntl(&*lent, FcntlArg::F_GET_SEALS).unwrap();
        let expected = SealFlag::F_SEAL_SHRINK | SealFlag::F_SEAL_GROW | SealFlag::F_SEAL_SEAL;
        assert!(SealFlag::from_bits_retain(seals).contains(expected));
        assert!(memory.file.set_len(0).is_err(), "not even the engine");
        assert!(lent.write_at(b"x", 0).is_err());
        let metadata = lent.metadata().unwrap();
        assert_eq!((metadata.len(), metadata.mode() & 0o7777), (LENGTH as u64, 0o444));
    }

    #[test]
    fn another_user_cannot_open_it_once_more_to_write() {
        let memory = Memory::create().unwrap();
        let path = format!("/proc/{}/fd/{}", std::process::id(), memory.file.as_raw_fd());
        // The rights of root are taken from this thread alone.
        let opened = std::thread::spawn(move || {
            nix::unistd::setfsuid(nix::unistd::Uid::from_raw(65_534));
            [File::open(&path).is_ok(), File::options().write(true).open(&path).is_ok()]
        });
        assert_eq!(opened.join().unwrap(), [true, false]);
    }

    #[test]
    fn only_pages_that_were_written_are_there() {
        let mut memory = Memory::create().unwrap();
        let blocks = |memory: &Memory| memory.file.metadata().unwrap().blocks();
        memory.put(3 * PAGE as u64, &[7; PAGE]).unwrap();
        let few = blocks(&memory);
        memory.clear().unwrap();
        assert_eq!(blocks(&memory), few);
        let mut page = [1; PAGE];
        memory.lent.read_exact_at(&mut page, 3 * PAGE as u64).unwrap();
        assert_eq!(page, [0; PAGE]);
        let mut bits = [0; SETS as usize / 8];
        memory.lent.read_exact_at(&mut bits, WRITTEN as u64).unwrap();
        assert_eq!((bits[0], bits.iter().filter(|byte| **byte != 0).count()), (0b100, 1));
    }
}
