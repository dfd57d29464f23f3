//! The file of what was answered a moment ago.
//!
//! ```text
//! page 0        header: MAGIC u64 | SETS u32 | 0 u32 | generation u64 | heartbeat u64, all little-endian
//! page 1 + s    the records of set s, one behind the other; a length of 0 ends them
//!
//! record        length of the body u16 | hash of the key u32 | checksum of the body u64 | body
//! body          a Record in postcard's encoding
//! ```
//!
//! A key belongs to the set that its hash names, so an answer is found with one read of one page. Readers
//! open the file, read the header and a page, and close it, as the C library does with `/etc/passwd`: they
//! keep neither a descriptor nor a mapping of it, so nothing can be closed, inherited, truncated or replaced
//! under them. Those who look up many names have the same pages lent as memory ([`super::memory`]). The engine
//! writes a page while others read it; a record that was read half old and half new has a wrong checksum and
//! counts as none.
//!
//! Times are those of `CLOCK_BOOTTIME`: they end with the boot, as the file does, and no clock is set.

use serde::{Deserialize, Serialize};

/// The first bytes of the file, with the version of its layout.
pub const MAGIC: u64 = u64::from_le_bytes(*b"monkNSS\x01");

/// Bytes of the header and of each set: what the kernel reads in one piece.
pub const PAGE: usize = 4096;

/// Sets of a file: at most 16 MiB, of which only those exist that were written.
pub const SETS: u32 = 4096;

/// Bytes of a record in front of its body.
pub const RECORD_HEADER: usize = 14;

/// Longest body of a record. What is longer is asked of the engine each time.
pub const MAX_RECORD: usize = PAGE / 2;

/// How long after the last heartbeat the engine counts as stuck, in milliseconds: it says one each second, and
/// may have to wait for a processor. Then nobody asks it any more.
pub const STUCK_AFTER_MS: u64 = 10_000;

/// The header of the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// Another one for each file that takes the place of one before.
    pub generation: u64,
    /// When the engine has last said that it is alive, in milliseconds; 0 after it has ended.
    pub heartbeat: u64,
}

/// Bytes of the header.
pub const HEADER: usize = 32;

impl Header {
    /// As it stands in the file.
    #[must_use]
    pub fn to_bytes(self) -> [u8; HEADER] {
        let mut bytes = [0; HEADER];
        bytes[..8].copy_from_slice(&MAGIC.to_le_bytes());
        bytes[8..12].copy_from_slice(&SETS.to_le_bytes());
        bytes[16..24].copy_from_slice(&self.generation.to_le_bytes());
        bytes[24..].copy_from_slice(&self.heartbeat.to_le_bytes());
        bytes
    }

    /// Reads it; `None` if the file is not a map of this layout.
    #[must_use]
    pub fn of_bytes(bytes: &[u8; HEADER]) -> Option<Self> {
        let number = |at: usize| bytes[at..].first_chunk().map(|eight| u64::from_le_bytes(*eight));
        let sets = bytes[8..].first_chunk().map(|four| u32::from_le_bytes(*four))?;
        (number(0)? == MAGIC && sets == SETS)
            .then_some(Self { generation: number(16)?, heartbeat: number(24)? })
    }

    /// Whether the engine is there at this time, and not stuck.
    #[must_use]
    pub fn is_alive(self, now_ms: u64) -> bool {
        self.heartbeat != 0 && now_ms.saturating_sub(self.heartbeat) < STUCK_AFTER_MS
    }
}

/// What was answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record<'a> {
    /// The query, as it was encoded.
    #[serde(borrow)]
    pub query: &'a [u8],
    /// Until when the answer is as good as the engine's, in milliseconds.
    pub fresh_until: u64,
    /// Until when it is better than none, where the engine is gone.
    pub keep_until: u64,
    /// The answer, as it was encoded.
    #[serde(borrow)]
    pub answer: &'a [u8],
}

/// The hash of a query, as it was encoded: FNV-1a (draft-eastlake-fnv). Somebody who chooses names can fill
/// a set; then the engine is asked.
#[must_use]
pub fn hash(query: &[u8]) -> u32 {
    let mix = |hash: u32, &byte: &u8| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193);
    let hash = query.iter().fold(0x811c_9dc5, mix);
    // The low bits choose the set, and should depend on all of it.
    hash ^ (hash >> 15)
}

/// Where the set of a hash begins in the file.
#[must_use]
pub fn place(hash: u32) -> u64 {
    (u64::from(hash % SETS) + 1) * PAGE as u64
}

/// A checksum that tells a whole body from one that was read while it was written. It is no protection from
/// who may write the file.
#[must_use]
pub fn checksum(body: &[u8]) -> u64 {
    const FACTOR: u64 = 0x9e37_79b9_7f4a_7c15;
    let (words, rest) = body.as_chunks::<8>();
    let mut last = [0; 8];
    last[..rest.len()].copy_from_slice(rest);
    let mut sum = body.len() as u64 ^ FACTOR;
    for word in words.iter().chain([&last]) {
        sum = (sum ^ u64::from_le_bytes(*word)).wrapping_mul(FACTOR).rotate_left(29);
    }
    sum
}

/// A record as it lies in a page.
#[derive(Clone, Copy)]
struct Raw<'a> {
    hash: u32,
    sum: u64,
    body: &'a [u8],
}

impl<'a> Raw<'a> {
    /// What it says, if it is whole.
    fn read(self) -> Option<Record<'a>> {
        (checksum(self.body) == self.sum).then(|| super::decode(self.body).ok())?
    }
}

/// The records of a page, however much of it is rubbish.
fn raw(page: &[u8]) -> impl Iterator<Item = Raw<'_>> {
    let mut rest = page;
    std::iter::from_fn(move || {
        let header = rest.get(..RECORD_HEADER)?;
        let length = usize::from(u16::from_le_bytes(*header.first_chunk()?));
        let hash = u32::from_le_bytes(*header[2..].first_chunk()?);
        let sum = u64::from_le_bytes(*header[6..].first_chunk()?);
        if length == 0 {
            return None;
        }
        let body = rest.get(RECORD_HEADER..RECORD_HEADER + length)?;
        rest = &rest[RECORD_HEADER + length..];
        Some(Raw { hash, sum, body })
    })
}

/// The whole records of a page.
pub fn records(page: &[u8]) -> impl Iterator<Item = Record<'_>> {
    raw(page).filter_map(Raw::read)
}

/// What a page says to a query.
#[must_use]
pub fn find<'a>(page: &'a [u8], query: &[u8]) -> Option<Record<'a>> {
    let wanted = hash(query);
    let mut of_hash = raw(page).filter(|raw| raw.hash == wanted).filter_map(Raw::read);
    of_hash.find(|record| record.query == query)
}

/// Puts a record behind those of a page, of which `used` bytes are taken; says how many are then. `None`
/// where there is no room for it, or the body would be longer than [`MAX_RECORD`].
#[must_use]
pub fn append(page: &mut [u8], used: usize, record: &Record<'_>) -> Option<usize> {
    let room = page.get_mut(used..)?;
    let (header, room) = room.split_at_mut_checked(RECORD_HEADER)?;
    let limit = room.len().min(MAX_RECORD);
    let body = postcard::to_slice(record, &mut room[..limit]).ok()?;
    let length = u16::try_from(body.len()).ok()?;
    header[..2].copy_from_slice(&length.to_le_bytes());
    header[2..6].copy_from_slice(&hash(record.query).to_le_bytes());
    header[6..].copy_from_slice(&checksum(body).to_le_bytes());
    Some(used + RECORD_HEADER + usize::from(length))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn record<'a>(query: &'a [u8], answer: &'a [u8]) -> Record<'a> {
        Record { query, fresh_until: 1000, keep_until: 5000, answer }
    }

    #[test]
    fn what_was_put_into_a_page_is_found_there_and_nothing_else_is() {
        let mut page = [0; PAGE];
        let mut used = 0;
        for name in [&b"alice"[..], b"bob", b"carol"] {
            used = append(&mut page, used, &record(name, b"yes")).unwrap();
        }
        assert_eq!(find(&page, b"bob"), Some(record(b"bob", b"yes")));
        assert_eq!(find(&page, b"dave"), None);
        assert_eq!(records(&page).count(), 3);
        assert!(append(&mut page, used, &record(b"x", &[1; MAX_RECORD])).is_none());
        assert!(
            append(&mut page, PAGE - 20, &record(b"x", b"too long for what is left")).is_none()
        );
    }

    #[test]
    fn a_record_that_was_read_while_it_was_written_counts_as_none() {
        let mut page = [0; PAGE];
        let used = append(&mut page, 0, &record(b"alice", b"the old answer")).unwrap();
        append(&mut page, used, &record(b"bob", b"yes")).unwrap();
        for byte in RECORD_HEADER..used {
            let mut torn = page;
            torn[byte] ^= 0x55;
            assert_eq!(find(&torn, b"alice"), None, "{byte}");
            assert!(find(&torn, b"bob").is_some());
        }
    }

    #[test]
    fn a_header_is_read_as_it_was_written_and_rubbish_is_none() {
        let header = Header { generation: 7, heartbeat: 20_000 };
        assert_eq!(Header::of_bytes(&header.to_bytes()), Some(header));
        assert_eq!(Header::of_bytes(&[0; HEADER]), None);
        assert!(header.is_alive(20_000) && header.is_alive(29_999) && header.is_alive(0));
        assert!(!header.is_alive(30_000));
        assert!(!Header { heartbeat: 0, ..header }.is_alive(5));
    }

    #[test]
    fn the_sets_are_behind_the_header_and_within_the_file() {
        for hash in [0, 1, SETS - 1, SETS, u32::MAX] {
            let place = place(hash);
            assert!(place >= PAGE as u64 && place <= u64::from(SETS) * PAGE as u64);
        }
    }

    proptest! {
        #[test]
        fn whatever_stands_in_a_page_reading_it_ends(page in proptest::collection::vec(any::<u8>(), 0..PAGE)) {
            let _ = find(&page, b"alice");
            prop_assert!(records(&page).count() <= PAGE / RECORD_HEADER);
        }
    }
}
