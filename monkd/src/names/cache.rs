//! What was answered a moment ago, in the engine's memory.
//!
//! An answer is *fresh* for one refresh interval: then it is as good as the directory's. A positive one is
//! *kept* for longer, and given where the directory does not answer. Times are milliseconds of
//! `CLOCK_BOOTTIME`, as in the map.

use std::collections::HashMap;

use super::said::Body;

/// Most answers that are kept: all users and groups of a large host, and room for names that nobody has.
const MOST_ENTRIES: usize = 65_536;

/// Most bytes of them: eight of the longest answers, or all of the usual ones.
const MOST_BYTES: usize = 32 * 1024 * 1024;

/// Bytes of an entry beside what it holds, roughly.
const OVERHEAD: usize = 128;

/// An answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// The body.
    pub body: Body,
    /// Whether it says that there is somebody.
    pub is_positive: bool,
    /// Until when it is as good as the directory's.
    pub fresh_until: u64,
    /// Until when it is better than none.
    pub keep_until: u64,
}

impl Kept {
    /// Whether it is as good as the directory's.
    #[must_use]
    pub fn is_fresh(&self, now: u64) -> bool {
        now < self.fresh_until
    }

    /// Whether it was as good not longer ago than this: it stands in for one that is on its way.
    #[must_use]
    pub fn was_fresh(&self, now: u64, ago: std::time::Duration) -> bool {
        let ago = u64::try_from(ago.as_millis()).unwrap_or(u64::MAX);
        now < self.fresh_until.saturating_add(ago)
    }

    /// Whether it is better than none: a no from a while ago is not.
    #[must_use]
    pub fn is_known(&self, now: u64) -> bool {
        self.is_fresh(now) || (self.is_positive && now < self.keep_until)
    }
}

/// Answers by their queries, as these are encoded.
pub struct Cache {
    entries: HashMap<Vec<u8>, Kept>,
    bytes: usize,
    most_entries: usize,
    most_bytes: usize,
}

impl Default for Cache {
    fn default() -> Self {
        Self::with_limits(MOST_ENTRIES, MOST_BYTES)
    }
}

impl Cache {
    fn with_limits(most_entries: usize, most_bytes: usize) -> Self {
        Self { entries: HashMap::new(), bytes: 0, most_entries, most_bytes }
    }

    /// What is known at this time.
    #[must_use]
    pub fn get(&self, query: &[u8], now: u64) -> Option<&Kept> {
        self.entries.get(query).filter(|kept| kept.is_known(now))
    }

    /// Takes an answer in the place of one before.
    pub fn put(&mut self, query: &[u8], kept: Kept, now: u64) {
        let size = size(query, &kept);
        if size > self.most_bytes / 2 {
            self.remove(query);
            return;
        }
        if self.entries.len() >= self.most_entries || self.bytes + size > self.most_bytes {
            self.make_room(now, size);
        }
        self.bytes += size;
        if let Some(before) = self.entries.insert(query.to_owned(), kept) {
            self.bytes -= self::size(query, &before);
        }
    }

    /// Whether nothing was answered yet.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Every positive answer that is known at this time.
    pub fn known(&self, now: u64) -> impl Iterator<Item = (&[u8], &Kept)> {
        let known =
            self.entries.iter().filter(move |(_, kept)| kept.is_positive && kept.is_known(now));
        known.map(|(query, kept)| (&query[..], kept))
    }

    /// From now on nothing is as good as the directory's any more; a no is not even better than none.
    pub fn expire(&mut self, now: u64) {
        self.entries.retain(|_, kept| kept.is_positive);
        self.bytes = self.entries.iter().map(|(query, kept)| size(query, kept)).sum();
        for kept in self.entries.values_mut() {
            kept.fresh_until = kept.fresh_until.min(now);
        }
    }

    fn remove(&mut self, query: &[u8]) {
        if let Some(kept) = self.entries.remove(query) {
            self.bytes -= size(query, &kept);
        }
    }

    /// Makes room for `size` bytes and an eighth of all: what is known no more goes first, then what nobody has,
    /// then what was asked for longest ago. So whoever asks for thousands of names that nobody has displaces no
    /// user.
    fn make_room(&mut self, now: u64, size: usize) {
        let (entries, bytes) =
            (self.most_entries / 8 * 7, (self.most_bytes / 8 * 7).saturating_sub(size));
        let mut order: Vec<_> = self
            .entries
            .iter()
            .map(|(query, kept)| {
                ((kept.is_known(now), kept.is_positive, kept.fresh_until), query.clone())
            })
            .collect();
        order.sort_unstable();
        for (_, query) in order {
            if self.entries.len() <= entries && self.bytes <= bytes {
                return;
            }
            self.remove(&query);
        }
    }
}

fn size(query: &[u8], kept: &Kept) -> usize {
    query.len() + kept.body.len() + OVERHEAD
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(is_positive: bool, fresh_until: u64, length: usize) -> Kept {
        let keep_until = if is_positive { fresh_until + 10_000 } else { fresh_until };
        Kept { body: vec![0; length].into(), is_positive, fresh_until, keep_until }
    }

    #[test]
    fn a_yes_is_known_for_longer_than_it_is_fresh_and_a_no_is_not() {
        let mut cache = Cache::default();
        cache.put(b"alice", kept(true, 1000, 1), 0);
        cache.put(b"nobody", kept(false, 1000, 1), 0);
        let known = |query: &[u8], now| cache.get(query, now).map(|kept| kept.is_fresh(now));
        assert_eq!((known(b"alice", 999), known(b"nobody", 999)), (Some(true), Some(true)));
        assert_eq!((known(b"alice", 1000), known(b"nobody", 1000)), (Some(false), None));
        assert_eq!((known(b"alice", 10_999), known(b"alice", 11_000)), (Some(false), None));
        cache.expire(5);
        let known = |query: &[u8], now| cache.get(query, now).map(|kept| kept.is_fresh(now));
        assert_eq!((known(b"alice", 5), known(b"nobody", 5)), (Some(false), None));
    }

    #[test]
    fn names_that_nobody_has_displace_no_user() {
        let mut cache = Cache::with_limits(100, 1_000_000);
        for user in 0..50_u8 {
            cache.put(&[user], kept(true, 1000, 10), 0);
        }
        for name in 0..10_000_u32 {
            cache.put(&name.to_le_bytes(), kept(false, 2000, 10), 0);
        }
        assert!(cache.entries.len() <= 100);
        assert!((0..50_u8).all(|user| cache.get(&[user], 0).is_some()));
        let counted: usize = cache.entries.iter().map(|(query, kept)| size(query, kept)).sum();
        assert_eq!(cache.bytes, counted);
    }

    #[test]
    fn long_answers_take_no_more_than_there_is_room_for() {
        let mut cache = Cache::with_limits(1000, 10_000);
        for name in 0..100_u8 {
            cache.put(&[name], kept(true, u64::from(name), 1000), 0);
            assert!(cache.bytes <= 10_000);
        }
        assert!(cache.get(&[99], 0).is_some() && cache.get(&[0], 0).is_none());
        cache.put(&[99], kept(true, 1, 9000), 0);
        assert!(
            cache.get(&[99], 0).is_none(),
            "one that is too long is not kept, and the one before goes"
        );
    }
}
