//! A folder with a map, and engines that say what a test wants.

use std::ffi::{CStr, CString};
use std::fs::File;
use std::io::{Read, Write};
use std::os::unix::fs::FileExt;
use std::os::unix::net::{UnixListener, UnixStream};
use std::ptr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::thread;
use std::time::Duration;

use libc::{c_char, c_long, gid_t};
use monk_wire::VERSION;
use monk_wire::frame::HEADER;
use monk_wire::names::map::{self, PAGE, Record};
use monk_wire::names::{Answer, Query, User, decode};
use tempfile::TempDir;

use crate::failure::Failure;
use crate::host_groups::{HostGroups, Pointers};
use crate::memory::Lent;
use crate::places::Places;
use crate::room::Room;
use crate::silence::Silence;
use crate::socket::now_ms;
use crate::{group, passwd};

/// A question and its answer.
#[derive(Clone, Copy)]
pub(crate) struct Sample {
    pub(crate) query: Query<'static>,
    pub(crate) answer: Answer<'static>,
}

pub(crate) const ALICE: User<'static> =
    User { uid: 5001, gid: 5000, texts: b"alice\0Alice Doe\0/home/alice\0/bin/sh\0" };

/// That for alice.
pub(crate) const USER: Sample =
    Sample { query: Query::UserByName("alice"), answer: Answer::User(ALICE) };

impl Sample {
    pub(crate) fn query(&self) -> Vec<u8> {
        encoded(&self.query)
    }

    pub(crate) fn answer(&self) -> Vec<u8> {
        encoded(&self.answer)
    }
}

pub(crate) fn encoded(message: &impl serde::Serialize) -> Vec<u8> {
    postcard::to_stdvec(message).unwrap()
}

/// A record of the map.
pub(crate) struct Stored {
    query: Vec<u8>,
    answer: Vec<u8>,
    fresh_until: u64,
    keep_until: u64,
}

pub(crate) fn record(sample: &Sample, fresh_until: u64, keep_until: u64) -> Stored {
    Stored { query: sample.query(), answer: sample.answer(), fresh_until, keep_until }
}

/// A place for a map and a socket.
pub(crate) struct Machine {
    pub(crate) folder: TempDir,
    map: String,
    socket: String,
    memory: String,
    pub(crate) lent: Lent,
    pub(crate) silence: Silence,
}

impl Machine {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = |name| folder.path().join(name).to_str().unwrap().to_owned();
        let [map, socket, memory] = ["names.map", "names.sock", "names.map.sock"].map(path);
        Self { folder, map, socket, memory, lent: Lent::new(), silence: Silence::new() }
    }

    pub(crate) fn map(&self) -> &str {
        &self.map
    }

    /// As another process than that of the engine, which has all the time that a busy machine may take.
    pub(crate) fn places(&self) -> Places<'_> {
        Places {
            map: &self.map,
            socket: &self.socket,
            memory: &self.memory,
            lent: &self.lent,
            silence: &self.silence,
            own_pid: || -1,
            now: now_ms,
            patience: Duration::from_secs(60),
            patience_for_lists: Duration::from_secs(60),
            patience_for_memory: Duration::from_secs(60),
        }
    }

    /// A map with these records, and a heartbeat.
    pub(crate) fn write_map(&self, heartbeat: u64, records: &[Stored]) {
        let file = File::create(&self.map).unwrap();
        file.set_len((u64::from(map::SETS) + 1) * PAGE as u64).unwrap();
        let header = map::Header { generation: 1, heartbeat };
        file.write_all_at(&header.to_bytes(), 0).unwrap();
        for stored in records {
            let mut page = [0; PAGE];
            let record = Record {
                query: &stored.query,
                fresh_until: stored.fresh_until,
                keep_until: stored.keep_until,
                answer: &stored.answer,
            };
            map::append(&mut page, 0, &record).unwrap();
            file.write_all_at(&page, map::place(map::hash(&stored.query))).unwrap();
        }
    }

    /// A map of an engine that is alive, with one answer that was fresh until a second ago, and is kept.
    pub(crate) fn write_stale(&self, sample: &Sample) {
        let now = now_ms();
        // Beats to come are no reason to doubt, and this test may be interrupted for long.
        self.write_map(now + 1_000_000, &[record(sample, now - 1000, now + 1_000_000)]);
    }

    pub(crate) fn make_pipe(&self, path: &str) {
        let path = CString::new(path).unwrap();
        // SAFETY: `path` is a text that outlives the call.
        assert_eq!(unsafe { libc::mkfifo(path.as_ptr(), 0o644) }, 0);
    }

    /// An engine that takes no connection: they wait in its backlog, as for one that was stopped.
    pub(crate) fn stuck_engine(&self) -> UnixListener {
        UnixListener::bind(&self.socket).unwrap()
    }

    /// An engine that does this with every connection, and with the body of its query.
    pub(crate) fn engine(
        &self,
        mut script: impl FnMut(&[u8], &mut UnixStream) + Send + 'static,
    ) -> Engine {
        let listener = self.stuck_engine();
        let asked = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&asked);
        // It ends with the process of the test.
        thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let mut header = [0; HEADER];
                if stream.read_exact(&mut header).is_err() {
                    continue;
                }
                assert_eq!(header[0], VERSION);
                let length = u32::from_be_bytes(header[1..].try_into().unwrap());
                let mut body = vec![0; length as usize];
                stream.read_exact(&mut body).unwrap();
                counted.fetch_add(1, SeqCst);
                script(&body, &mut stream);
            }
        });
        Engine { asked }
    }

    /// An engine that answers.
    pub(crate) fn answering(
        &self,
        answer: impl Fn(Query<'_>) -> Vec<u8> + Send + 'static,
    ) -> Engine {
        self.engine(move |query, stream| {
            let body = answer(decode(query).unwrap());
            // Whoever has too little room does not read it.
            let _ = stream.write_all(&framed(&body));
        })
    }
}

/// A frame with this body.
pub(crate) fn framed(body: &[u8]) -> Vec<u8> {
    let length = u32::try_from(body.len()).unwrap().to_be_bytes();
    [&[VERSION][..], &length, body].concat()
}

/// An engine of a test.
pub(crate) struct Engine {
    asked: Arc<AtomicUsize>,
}

impl Engine {
    /// How many questions it was asked.
    pub(crate) fn asked(&self) -> usize {
        self.asked.load(SeqCst)
    }
}

/// A user as a C program sees one.
pub(crate) fn seen_user(user: &libc::passwd) -> String {
    let text = |text| text_at(text);
    let (name, password) = (text(user.pw_name), text(user.pw_passwd));
    let (gecos, home, shell) = (text(user.pw_gecos), text(user.pw_dir), text(user.pw_shell));
    format!("{name}:{password}:{}:{}:{gecos}:{home}:{shell}", user.pw_uid, user.pw_gid)
}

/// A group as a C program sees one.
pub(crate) fn seen_group(group: &libc::group) -> String {
    let mut members = Vec::new();
    assert!(group.gr_mem.is_aligned());
    for number in 0.. {
        // SAFETY: the list ends with a null pointer.
        let place = unsafe { group.gr_mem.add(number) };
        // SAFETY: it is aligned.
        let member = unsafe { place.read() };
        if member.is_null() {
            break;
        }
        members.push(text_at(member));
    }
    let (name, password) = (text_at(group.gr_name), text_at(group.gr_passwd));
    format!("{name}:{password}:{}:{}", group.gr_gid, members.join(","))
}

pub(crate) fn text_at(text: *const c_char) -> String {
    // SAFETY: the module ends each text with a NUL.
    unsafe { CStr::from_ptr(text) }.to_str().unwrap().to_owned()
}

/// A room in this memory.
pub(crate) fn room(memory: &mut [u8]) -> Room<'_> {
    // SAFETY: the memory is borrowed as long as the room lasts.
    unsafe { Room::new(memory.as_mut_ptr().cast(), memory.len()) }
}

/// Finds a user in memory of this size.
pub(crate) fn user(places: &Places<'_>, name: &str, size: usize) -> Result<String, Failure> {
    let mut memory = vec![0xaa; size];
    let mut room = room(&mut memory);
    let laid = passwd::by_name(places, name, &mut room)?;
    Ok(seen_user(&passwd::for_c(&laid, &room)))
}

/// Finds a group in memory of this size.
pub(crate) fn group(places: &Places<'_>, name: &str, size: usize) -> Result<String, Failure> {
    let mut memory = vec![0xaa; size];
    let mut room = room(&mut memory);
    let laid = group::by_name(places, name, &mut room)?;
    Ok(seen_group(&group::for_c(&laid, &room)))
}

/// A list of gids as the C library has one.
pub(crate) struct GroupList {
    pub(crate) count: c_long,
    pub(crate) size: c_long,
    pub(crate) gids: *mut gid_t,
}

impl GroupList {
    pub(crate) fn with(gids: &[gid_t], size: usize) -> Self {
        // SAFETY: malloc has no preconditions.
        let memory: *mut gid_t = unsafe { libc::malloc(size * size_of::<gid_t>()) }.cast();
        assert!(gids.len() <= size && !memory.is_null());
        // SAFETY: there is memory for them, and it is another one.
        unsafe { ptr::copy_nonoverlapping(gids.as_ptr(), memory, gids.len()) };
        Self {
            count: c_long::try_from(gids.len()).unwrap(),
            size: c_long::try_from(size).unwrap(),
            gids: memory,
        }
    }

    pub(crate) fn groups(&mut self, primary: gid_t, limit: c_long) -> HostGroups<'_> {
        let (count, size, gids) = (&raw mut self.count, &raw mut self.size, &raw mut self.gids);
        // SAFETY: they are borrowed as long as the list is used.
        unsafe { HostGroups::new(Pointers { primary, count, size, gids, limit }) }
    }

    pub(crate) fn fill(&mut self, primary: gid_t, limit: c_long, gids: &[gid_t]) {
        let mut groups = self.groups(primary, limit);
        gids.iter().for_each(|gid| groups.add(*gid).unwrap());
    }

    pub(crate) fn gids(&self) -> Vec<gid_t> {
        let count = usize::try_from(self.count).unwrap();
        // SAFETY: so many are there.
        unsafe { std::slice::from_raw_parts(self.gids, count) }.to_vec()
    }
}

impl Drop for GroupList {
    fn drop(&mut self) {
        // SAFETY: it is malloc's, and nobody uses it any more.
        unsafe { libc::free(self.gids.cast()) };
    }
}
