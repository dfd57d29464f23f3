//! Reading the map of what was answered a moment ago: in memory that was lent, or else in the file.
//!
//! The file is opened, read and closed for each look-up, as the C library does with `/etc/passwd`. So no descriptor
//! can be closed, inherited or confused by the host, and no mapping of it can fault when it is replaced or
//! truncated. Whatever goes wrong, it is as if there was no map: then the engine is asked.

use std::fs::File;
use std::os::fd::OwnedFd;
use std::os::unix::fs::{FileExt, OpenOptionsExt};

use monk_wire::names::map::{HEADER, Header, PAGE, Record, find, hash, place};

use crate::places::Places;
use crate::socket::above_standard;

/// The part of the map that answers one query.
pub(crate) struct Page {
    bytes: [u8; PAGE],
    length: usize,
}

impl Page {
    /// One that says nothing.
    pub(crate) const fn new() -> Self {
        Self { bytes: [0; PAGE], length: 0 }
    }

    /// What it says to an encoded query.
    pub(crate) fn answer(&self, query: &[u8]) -> Option<Record<'_>> {
        find(&self.bytes[..self.length], query)
    }
}

/// Reads the header, and the page where the answer to an encoded query would stand.
pub(crate) fn read(places: &Places<'_>, query: &[u8], page: &mut Page) -> Option<Header> {
    let place = place(hash(query));
    if let Some((header, length)) = places.lent.read(&places.lender(), place, &mut page.bytes) {
        page.length = length;
        return Some(header);
    }
    let (file, header) = open(places.map)?;
    page.length = read_at(&file, &mut page.bytes, place);
    drop(file);
    places.lent.file_was_read(header.heartbeat, &places.lender());
    Some(header)
}

/// Reads only the header: for what is never kept in the map.
pub(crate) fn header(places: &Places<'_>) -> Option<Header> {
    let lent = places.lent.header(&places.lender());
    lent.or_else(|| open(places.map).map(|(_, header)| header))
}

fn open(path: &str) -> Option<(File, Header)> {
    // The standard library adds O_CLOEXEC, and tries again where a signal came.
    let flags = libc::O_NOFOLLOW | libc::O_NOCTTY | libc::O_NONBLOCK;
    let file = File::options().read(true).custom_flags(flags).open(path).ok()?;
    let file = File::from(above_standard(OwnedFd::from(file)).ok()?);
    if !file.metadata().ok()?.is_file() {
        return None;
    }
    let mut header = [0; HEADER];
    let read = read_at(&file, &mut header, 0);
    let header = Header::of_bytes(&header).filter(|_| read == HEADER)?;
    Some((file, header))
}

/// Reads as much as there is; how much that was. What cannot be read is not there.
fn read_at(file: &File, room: &mut [u8], place: u64) -> usize {
    let mut read = 0;
    while read < room.len() {
        match file.read_at(&mut room[read..], place + read as u64) {
            Ok(0) => break,
            Ok(more) => read += more,
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(_) => return 0,
        }
    }
    read
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;

    use super::*;
    use crate::fixtures::{Machine, USER, record};

    #[test]
    fn what_the_engine_has_written_is_read() {
        let machine = Machine::new();
        machine.write_map(5_000, &[record(&USER, 9_000, 90_000)]);
        let mut page = Page::new();
        let query = USER.query();
        let header = read(&machine.places(), &query, &mut page).unwrap();
        assert_eq!(header.heartbeat, 5_000);
        let found = page.answer(&query).unwrap();
        assert_eq!((found.fresh_until, found.keep_until), (9_000, 90_000));
        assert_eq!(found.answer, USER.answer());
    }

    #[test]
    fn what_is_no_map_counts_as_none_and_stops_nobody() {
        let machine = Machine::new();
        let map = machine.map();
        let is_none = || {
            let mut page = Page::new();
            let places = machine.places();
            read(&places, &USER.query(), &mut page).is_none() && header(&places).is_none()
        };
        assert!(is_none(), "no file");
        for rubbish in [&b""[..], b"monkNSS\x01", &[0; 4 * PAGE], &[0xff; 2 * PAGE]] {
            fs::write(map, rubbish).unwrap();
            assert!(is_none(), "{} bytes", rubbish.len());
        }
        let elsewhere = machine.folder.path().join("elsewhere");
        machine.write_map(5_000, &[record(&USER, 9_000, 90_000)]);
        assert!(!is_none());
        fs::rename(map, &elsewhere).unwrap();
        symlink(&elsewhere, map).unwrap();
        assert!(is_none(), "a link");
        fs::remove_file(map).unwrap();
        fs::create_dir(map).unwrap();
        assert!(is_none(), "a folder");
        fs::remove_dir(map).unwrap();
        machine.make_pipe(map);
        assert!(is_none(), "a pipe that nobody writes into");
    }

    #[test]
    fn a_file_that_was_cut_has_a_header_and_no_answers() {
        let machine = Machine::new();
        machine.write_map(5_000, &[record(&USER, 9_000, 90_000)]);
        let place = place(hash(&USER.query()));
        for length in [place, place + 1, place + 20, HEADER as u64] {
            File::options().write(true).open(machine.map()).unwrap().set_len(length).unwrap();
            let mut page = Page::new();
            assert!(read(&machine.places(), &USER.query(), &mut page).is_some());
            assert!(page.answer(&USER.query()).is_none(), "{length}");
        }
    }
}
