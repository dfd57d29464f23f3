//! The map that the engine writes.

use std::collections::HashMap;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

use monk_wire::names::MAP;
use monk_wire::names::map::{Header, PAGE, Record, SETS, append, hash, place};

use crate::people::People;

/// How long answers are fresh or kept, in milliseconds: longer than any test takes.
const AN_HOUR_MS: u64 = 3_600_000;

pub(crate) struct Map(pub(crate) File);

impl Map {
    /// Writes all answers, as many as there is room for.
    pub(crate) fn write(people: &People, is_fresh: bool) -> io::Result<Self> {
        let file = File::options().create(true).truncate(true).read(true).write(true).open(MAP)?;
        file.set_len((u64::from(SETS) + 1) * PAGE as u64)?;
        let now = now_ms();
        let fresh_until = if is_fresh { now + AN_HOUR_MS } else { now };
        let mut pages: HashMap<u64, (usize, [u8; PAGE])> = HashMap::new();
        for query in people.questions() {
            let answer = people.answer(query);
            let query = postcard::to_stdvec(&query).map_err(io::Error::other)?;
            let (used, page) = pages.entry(place(hash(&query))).or_insert((0, [0; PAGE]));
            let keep_until = now + AN_HOUR_MS;
            let record = Record { query: &query, fresh_until, keep_until, answer: &answer };
            *used = append(page, *used, &record).unwrap_or(*used);
        }
        for (place, (_, page)) in pages {
            file.write_all_at(&page, place)?;
        }
        let map = Self(file);
        map.beat()?;
        Ok(map)
    }

    /// Shows that the engine is alive; says when.
    pub(crate) fn beat(&self) -> io::Result<u64> {
        let header = Header { generation: 1, heartbeat: now_ms() };
        self.0.write_all_at(&header.to_bytes(), 0)?;
        Ok(header.heartbeat)
    }
}

/// Milliseconds since the boot.
fn now_ms() -> u64 {
    let now = nix::time::clock_gettime(nix::time::ClockId::CLOCK_BOOTTIME);
    let now = std::time::Duration::from(now.expect("the kernel has this clock"));
    u64::try_from(now.as_millis()).expect("less than 500 million years")
}
