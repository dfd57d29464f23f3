//! The map as memory that the engine lends to programs which look up many names.
//!
//! It is a sealed memfd(2) that nobody can cut, with the pages of [`super::map`] at the same places. Its first
//! page says two things more:
//!
//! ```text
//! at 128    inode of the file that it is a copy of u64, little-endian; 0 while there is none
//! at 512    a bit for each set, the lowest one first: whether its page was ever written
//! ```
//!
//! Who connects to [`super::MEMORY_SOCKET`] is sent its descriptor, which can only be read, with one byte. The
//! memory is the same as long as the engine runs: what is good for nothing any more is overwritten in it before
//! the change is confirmed. So a reader needs no system call, but three rules:
//!
//! - The memory counts while its heartbeat is younger than [`LEASE_MS`]. An engine that follows one which was
//!   killed waits that long before it confirms a change.
//! - For each new heartbeat, a reader compares the inode with that of the file: it may have another root now.
//! - A page that was never written is not touched. Reading it would take new memory, which may be missing.

use super::map::{PAGE, SETS};

/// What is sent beside the descriptor.
pub const BYTE: u8 = b'm';

/// Bytes of the memory.
pub const LENGTH: usize = (SETS as usize + 1) * PAGE;

/// Where the inode of the file is.
pub const INODE: usize = 128;

/// Where the bits of the sets begin.
pub const WRITTEN: usize = 512;

/// How long a heartbeat is good for, in milliseconds. The engine says one each second; where a busy machine lets
/// it say none in time, readers go back to the file for a while.
pub const LEASE_MS: u64 = 3_000;

/// Whether memory with this heartbeat counts at this time, which has to be read after it. A heartbeat to come is
/// one of another clock.
#[must_use]
pub fn is_leased(heartbeat: u64, now_ms: u64) -> bool {
    heartbeat != 0 && now_ms.checked_sub(heartbeat).is_some_and(|age| age < LEASE_MS)
}

/// The bit of the set whose page is at this place of the map: its byte, and the bit in it.
#[must_use]
pub fn bit(place: u64) -> (usize, u8) {
    let set = (place / PAGE as u64).saturating_sub(1) % u64::from(SETS);
    // Less than `SETS`, so it fits.
    let set = set as usize;
    (WRITTEN + set / 8, 1 << (set % 8))
}

#[cfg(test)]
mod tests {
    use super::super::map::{HEADER, place};
    use super::*;

    #[test]
    fn each_set_has_a_bit_of_its_own_behind_the_header_and_within_the_first_page() {
        let bits: std::collections::BTreeSet<_> = (0..SETS).map(|set| bit(place(set))).collect();
        assert_eq!(bits.len(), SETS as usize);
        assert!(bits.iter().all(|(byte, _)| (INODE + 8..PAGE).contains(byte)));
        assert_eq!((bit(place(0)), bit(place(9))), ((WRITTEN, 1), (WRITTEN + 1, 2)));
        assert!(HEADER <= INODE && LENGTH as u64 == place(SETS - 1) + PAGE as u64);
    }

    #[test]
    fn a_lease_ends_with_its_time_and_with_the_engine() {
        assert!(is_leased(5_000, 5_000) && is_leased(5_000, 5_000 + LEASE_MS - 1));
        for (heartbeat, now) in [(5_000, 5_000 + LEASE_MS), (5_000, 4_999), (0, 1)] {
            assert!(!is_leased(heartbeat, now), "{heartbeat} {now}");
        }
    }
}
