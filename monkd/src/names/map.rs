//! Writing the file of what was answered a moment ago: [`monk_wire::names::map`] says what is in it.
//!
//! ```text
//! page 0, behind the header:   MARK 32 bytes | VERSION u64     whose answers these are
//! ```
//!
//! Readers ignore what stands there. By it, an engine that starts knows whether the answers of the one before
//! are those of the directory that it has itself, so that nobody's name is lost while the directory is away.
//!
//! A file never changes its meaning: answers that are good for nothing any more go with the whole file, and
//! another one takes its place. What is written goes into the copy that is lent as memory, too.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions, Permissions};
use std::io;
use std::os::unix::fs::{FileExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use monk_wire::names::map::{HEADER, Header, PAGE, Record, SETS, append, hash, place, records};
use nix::unistd::geteuid;

use super::cache::Kept;
use super::memory::{Memory, Pages};
use super::said;

/// Whose answers a file has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Origin {
    /// A hash of what the settings say of the directory.
    pub mark: [u8; 32],
    /// The version of its users and groups, where it has one.
    pub version: u64,
}

impl Origin {
    fn to_bytes(self) -> [u8; 40] {
        let mut bytes = [0; 40];
        bytes[..32].copy_from_slice(&self.mark);
        bytes[32..].copy_from_slice(&self.version.to_le_bytes());
        bytes
    }
}

/// The file that readers open now.
pub struct MapFile {
    path: PathBuf,
    file: File,
    generation: u64,
    memory: Option<Memory>,
}

impl MapFile {
    /// Puts a file with these answers into the place of one before, and into the memory that is lent. `generation`
    /// has to be greater than any before it on this machine.
    ///
    /// # Errors
    /// Those of writing it: no room, or no such folder.
    pub fn create<'a>(
        path: &Path,
        origin: Origin,
        generation: u64,
        answers: impl Iterator<Item = (&'a [u8], &'a Kept)>,
        now: u64,
        memory: Option<Memory>,
    ) -> io::Result<Self> {
        // Nobody finds there what is in the file no more, whatever comes.
        let memory = memory.and_then(|mut memory| memory.clear().is_ok().then_some(memory));
        let pages = pages_of(answers);
        let mut name = path.to_owned().into_os_string();
        name.push(".new");
        let new = PathBuf::from(name);
        match fs::remove_file(&new) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let mut options = OpenOptions::new();
        let file = options.read(true).write(true).create_new(true).mode(0o444).open(&new)?;
        let made = fill(&file, origin, generation, &pages, now)
            // Whatever the mask of the process is: everybody may read it.
            .and_then(|()| file.set_permissions(Permissions::from_mode(0o444)))
            .and_then(|()| fs::rename(&new, path));
        if let Err(error) = made {
            let _ = fs::remove_file(&new);
            return Err(error);
        }
        let mut map = Self { path: path.to_owned(), file, generation, memory };
        map.remember(|memory, file| {
            memory.copy(file, generation, &pages)?;
            memory.beat(now.max(1))
        });
        Ok(map)
    }

    /// Where it is, its generation, and the memory that goes on with the next one.
    #[must_use]
    pub fn into_parts(self) -> (PathBuf, u64, Option<Memory>) {
        (self.path, self.generation, self.memory)
    }

    /// The descriptor of the memory that is lent.
    #[must_use]
    pub fn lent(&self) -> Option<Arc<File>> {
        self.memory.as_ref().map(Memory::lent)
    }

    /// Does with the memory what was done with the file. Where that cannot be, nobody reads it any more.
    fn remember(&mut self, with: impl FnOnce(&mut Memory, &File) -> io::Result<()>) {
        if self.memory.as_mut().is_some_and(|memory| with(memory, &self.file).is_err()) {
            self.memory = None;
        }
    }

    /// Says that the engine is alive.
    ///
    /// # Errors
    /// Those of writing.
    pub fn beat(&mut self, now: u64) -> io::Result<()> {
        let now = now.max(1);
        let header = Header { generation: self.generation, heartbeat: now };
        self.file.write_all_at(&header.to_bytes(), 0)?;
        self.remember(|memory, _| memory.beat(now));
        Ok(())
    }

    /// Says that the engine has ended: what is known stays, and nobody is asked.
    pub fn end(self) {
        let header = Header { generation: self.generation, heartbeat: 0 };
        let _ = self.file.write_all_at(&header.to_bytes(), 0);
    }

    /// Takes an answer in the place of one before. Where its page is full, others go: first those that are known
    /// no more, then what nobody has, then what was asked for longest ago. One that is too long is not taken.
    ///
    /// # Errors
    /// Those of writing, above all that there is no room.
    pub fn put(&mut self, query: &[u8], kept: &Kept, now: u64) -> io::Result<()> {
        let place = place(hash(query));
        let mut before = [0; PAGE];
        let mut read = 0;
        while read < PAGE {
            match self.file.read_at(&mut before[read..], place + read as u64)? {
                0 => break,
                more => read += more,
            }
        }
        let mut others: Vec<_> =
            records(&before).filter(|one| one.query != query && now < one.keep_until).collect();
        let no = said::not_found();
        others.sort_by_key(|one| (one.answer == &no[..], std::cmp::Reverse(one.fresh_until)));
        let new = record(query, kept);
        let mut page = [0; PAGE];
        let mut used = 0;
        for one in std::iter::once(new).chain(others) {
            used = append(&mut page, used, &one).unwrap_or(used);
        }
        // A record that did not fit may have left its beginning behind.
        page[used..].fill(0);
        self.file.write_all_at(&page, place)?;
        self.remember(|memory, _| memory.put(place, &page));
        Ok(())
    }
}

fn record<'a>(query: &'a [u8], kept: &'a Kept) -> Record<'a> {
    let Kept { fresh_until, keep_until, ref body, .. } = *kept;
    Record { query, fresh_until, keep_until, answer: body }
}

fn pages_of<'a>(answers: impl Iterator<Item = (&'a [u8], &'a Kept)>) -> Pages {
    let (mut pages, mut lengths) = (Pages::new(), BTreeMap::new());
    for (query, kept) in answers {
        let place = place(hash(query));
        let page = pages.entry(place).or_insert([0; PAGE]);
        let used = lengths.entry(place).or_insert(0);
        match append(page, *used, &record(query, kept)) {
            Some(more) => *used = more,
            // It did not fit, and may have left its beginning behind.
            None => page[*used..].fill(0),
        }
    }
    pages
}

fn fill(file: &File, origin: Origin, generation: u64, pages: &Pages, now: u64) -> io::Result<()> {
    for (place, page) in pages {
        file.write_all_at(page, *place)?;
    }
    let mut first = [0; PAGE];
    let header = Header { generation, heartbeat: now.max(1) };
    first[..HEADER].copy_from_slice(&header.to_bytes());
    first[HEADER..HEADER + 40].copy_from_slice(&origin.to_bytes());
    file.write_all_at(&first, 0)
}

/// What an engine that has ended, however it did, has left behind.
#[derive(Debug, Default)]
pub struct Left {
    /// The generation of its file.
    pub generation: u64,
    /// When it last said that it is alive; 0 where it has said that it ends.
    pub heartbeat: u64,
    /// Who it knew, where those are users and groups of the same directory. Nothing of it is fresh, and what was
    /// fresh a moment ago stands in for an answer that a new connection makes late.
    pub known: Vec<(Vec<u8>, Kept)>,
}

/// Reads the file that another engine of this user has left behind.
#[must_use]
pub fn left(path: &Path, origin: Origin, now: u64) -> Left {
    read_left(path, origin, now).unwrap_or_default()
}

fn read_left(path: &Path, origin: Origin, now: u64) -> io::Result<Left> {
    let flags = libc::O_NOFOLLOW | libc::O_NONBLOCK;
    let file = OpenOptions::new().read(true).custom_flags(flags).open(path)?;
    let metadata = file.metadata()?;
    if !metadata.is_file() || metadata.uid() != geteuid().as_raw() {
        return Ok(Left::default());
    }
    let mut first = [0; HEADER + 40];
    file.read_exact_at(&mut first, 0)?;
    let Some(header) = first.first_chunk().and_then(Header::of_bytes) else {
        return Ok(Left::default());
    };
    let Header { generation, heartbeat } = header;
    let mut left = Left { generation, heartbeat, known: Vec::new() };
    if first[HEADER..] != origin.to_bytes() {
        return Ok(left);
    }
    let no = said::not_found();
    let mut page = [0; PAGE];
    for set in 0..SETS {
        // The file ends with the last set that was written.
        if file.read_exact_at(&mut page, place(set)).is_err() {
            break;
        }
        for one in records(&page).filter(|one| now < one.keep_until && one.answer != &no[..]) {
            let kept = Kept {
                body: one.answer.into(),
                is_positive: true,
                fresh_until: one.fresh_until.min(now),
                keep_until: one.keep_until,
            };
            left.known.push((one.query.to_owned(), kept));
        }
    }
    Ok(left)
}

/// Removes the file, where an engine that lives for one command has changed what is in it.
pub fn remove(path: &Path) {
    let _ = fs::remove_file(path);
}

#[cfg(test)]
mod tests {
    use monk_wire::names::map::find;

    use super::*;

    const ORIGIN: Origin = Origin { mark: [7; 32], version: 3 };

    fn yes(text: &[u8], fresh_until: u64) -> Kept {
        Kept { body: text.into(), is_positive: true, fresh_until, keep_until: fresh_until + 1000 }
    }

    fn no(fresh_until: u64) -> Kept {
        Kept { body: said::not_found(), is_positive: false, fresh_until, keep_until: fresh_until }
    }

    fn nothing() -> impl Iterator<Item = (&'static [u8], &'static Kept)> {
        std::iter::empty()
    }

    /// What a reader finds.
    fn found(path: &Path, query: &[u8]) -> Option<(Vec<u8>, u64, u64)> {
        let file = File::open(path).unwrap();
        let mut page = [0; PAGE];
        file.read_exact_at(&mut page, place(hash(query))).ok()?;
        find(&page, query).map(|one| (one.answer.to_owned(), one.fresh_until, one.keep_until))
    }

    fn header(path: &Path) -> Header {
        let mut bytes = [0; HEADER];
        File::open(path).unwrap().read_exact_at(&mut bytes, 0).unwrap();
        Header::of_bytes(&bytes).unwrap()
    }

    #[test]
    fn readers_find_what_was_put_and_nobody_may_write() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("names.map");
        let mut map = MapFile::create(&path, ORIGIN, 5, nothing(), 100, None).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().mode() & 0o7777, 0o444);
        assert_eq!(header(&path), Header { generation: 5, heartbeat: 100 });
        assert_eq!(found(&path, b"alice"), None);
        map.put(b"alice", &yes(b"first", 200), 100).unwrap();
        map.put(b"alice", &yes(b"second", 300), 150).unwrap();
        assert_eq!(found(&path, b"alice"), Some((b"second".to_vec(), 300, 1300)));
        map.put(b"alice", &yes(&[0; PAGE], 400), 150).unwrap();
        assert_eq!(found(&path, b"alice"), None, "too long for the file, and the old one is gone");
        map.beat(1100).unwrap();
        assert_eq!(header(&path).heartbeat, 1100);
        map.end();
        assert_eq!(header(&path), Header { generation: 5, heartbeat: 0 });
    }

    /// Queries of one set.
    fn of_one_set() -> impl Iterator<Item = Vec<u8>> {
        let all = (0..u32::MAX).map(|number| number.to_le_bytes().to_vec());
        all.filter(|query| place(hash(query)) == place(0))
    }

    #[test]
    fn a_full_page_gives_up_what_is_old_and_what_nobody_has() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("names.map");
        let mut map = MapFile::create(&path, ORIGIN, 1, nothing(), 0, None).unwrap();
        let queries: Vec<_> = of_one_set().take(60).collect();
        // Of these a page holds some ten; the later ones were asked for later.
        for (number, query) in queries[..30].iter().enumerate() {
            map.put(query, &yes(&[1; 400], 1000 + number as u64), 0).unwrap();
        }
        let is_held = |number: &usize| found(&path, &queries[*number]).is_some();
        let held: Vec<_> = (0..30).filter(is_held).collect();
        assert!((5..15).contains(&held.len()), "{}", held.len());
        assert_eq!(held, (30 - held.len()..30).collect::<Vec<_>>(), "the last ones");
        for query in &queries[30..] {
            map.put(query, &no(5000), 0).unwrap();
        }
        let after = (0..30).filter(is_held).count();
        assert!(
            after + 1 >= held.len(),
            "names that nobody has took {} places",
            held.len() - after
        );
        map.put(&queries[0], &yes(b"x", 50_000), 40_000).unwrap();
        assert!(queries[1..].iter().all(|query| found(&path, query).is_none()), "known no more");
    }

    #[test]
    fn the_next_engine_takes_over_who_is_known_but_only_of_its_own_directory() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("names.map");
        let mut map = MapFile::create(&path, ORIGIN, 9, nothing(), 0, None).unwrap();
        map.put(b"alice", &yes(b"a", 100), 0).unwrap();
        map.put(b"old", &yes(b"o", 10), 0).unwrap();
        map.put(b"nobody", &no(5000), 0).unwrap();
        let early = left(&path, ORIGIN, 50);
        let alice = (b"alice".to_vec(), Kept { fresh_until: 50, ..yes(b"a", 100) });
        assert!(early.known.contains(&alice), "not fresh, and it was until now");
        let left = left(&path, ORIGIN, 1050);
        assert_eq!(left.generation, 9);
        assert_eq!(left.known, [(b"alice".to_vec(), yes(b"a", 100))]);
        for other in [Origin { version: 4, ..ORIGIN }, Origin { mark: [8; 32], ..ORIGIN }] {
            let left = super::left(&path, other, 1050);
            assert_eq!((left.generation, left.known.len()), (9, 0));
        }
        let known = left.known.iter().map(|(query, kept)| (&query[..], kept));
        MapFile::create(&path, ORIGIN, 10, known, 1050, None).unwrap();
        assert_eq!(found(&path, b"alice"), Some((b"a".to_vec(), 100, 1100)));
        assert_eq!(header(&path).generation, 10);
    }

    #[test]
    fn rubbish_and_nothing_leave_nothing_behind_and_a_missing_folder_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("names.map");
        assert_eq!(left(&path, ORIGIN, 0).known.len(), 0);
        fs::write(&path, [0xaa; 3 * PAGE]).unwrap();
        assert_eq!(left(&path, ORIGIN, 0).generation, 0);
        let nowhere = folder.path().join("missing/names.map");
        assert!(MapFile::create(&nowhere, ORIGIN, 1, nothing(), 0, None).is_err());
    }
}
