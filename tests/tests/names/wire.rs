//! What anybody asks of the engine's socket for names, and reads in its map.

use std::fs::File;
use std::io::{self, IoSliceMut, Read, Write};
use std::os::fd::{AsRawFd, FromRawFd, RawFd};
use std::os::unix::fs::FileExt;
use std::os::unix::net::UnixStream;
use std::time::Duration;

use monk_tests::World;
use monk_wire::VERSION;
use monk_wire::frame::{self, HEADER};
use monk_wire::names::map::{self, Header, PAGE, place};
use monk_wire::names::{
    Answer, Entry, MAP, MAX_QUERY, MEMORY_SOCKET, Query, SOCKET, decode, texts,
};
use nix::sys::socket::{ControlMessageOwned, MsgFlags, recvmsg};

/// Longest wait for an answer that should come at once, on the busiest machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// The answer to a question, in words.
pub(crate) fn ask(world: &World, query: Query<'_>) -> String {
    world.inside(|| asked(query)).expect("the engine answers everybody")
}

/// The same, asked by somebody.
pub(crate) fn ask_as(world: &World, uid: u32, query: Query<'_>) -> String {
    world.inside_as(uid, || asked(query)).expect("the engine answers everybody")
}

/// The same from within the world.
pub(crate) fn asked(query: Query<'_>) -> io::Result<String> {
    let mut stream = UnixStream::connect(SOCKET)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.write_all(&frame::encode(&query, VERSION, MAX_QUERY).expect("every query fits"))?;
    let mut frame = Vec::new();
    stream.read_to_end(&mut frame)?;
    match frame.split_first_chunk::<HEADER>() {
        Some((_, body)) => Ok(in_words(body)),
        None => Err(io::ErrorKind::UnexpectedEof.into()),
    }
}

/// What the map says to a question, and until when that is fresh.
pub(crate) fn in_map(world: &World, query: Query<'_>) -> Option<(String, u64)> {
    let query = frame::encode(&query, VERSION, MAX_QUERY).unwrap()[HEADER..].to_vec();
    world.inside(|| {
        let mut page = [0; PAGE];
        File::open(MAP).ok()?.read_exact_at(&mut page, place(map::hash(&query))).ok()?;
        let found = map::find(&page, &query)?;
        Some((in_words(found.answer), found.fresh_until))
    })
}

/// The descriptor of the memory that the engine lends to whoever connects.
pub(crate) fn lent() -> io::Result<File> {
    let stream = UnixStream::connect(MEMORY_SOCKET)?;
    let mut byte = [0];
    let mut parts = [IoSliceMut::new(&mut byte)];
    let mut room = nix::cmsg_space!(RawFd);
    let flags = MsgFlags::MSG_CMSG_CLOEXEC;
    let message = recvmsg::<()>(stream.as_raw_fd(), &mut parts, Some(&mut room), flags)?;
    let Some(ControlMessageOwned::ScmRights(descriptors)) = message.cmsgs()?.next() else {
        return Err(io::ErrorKind::UnexpectedEof.into());
    };
    // SAFETY: the kernel has just opened it for this process, and nobody else owns it.
    Ok(unsafe { File::from_raw_fd(descriptors[0]) })
}

/// What memory that was lent says to a question.
pub(crate) fn in_memory(lent: &File, query: Query<'_>) -> Option<String> {
    let query = frame::encode(&query, VERSION, MAX_QUERY).unwrap()[HEADER..].to_vec();
    let mut page = [0; PAGE];
    lent.read_exact_at(&mut page, place(map::hash(&query))).unwrap();
    map::find(&page, &query).map(|found| in_words(found.answer))
}

/// The header of the map; `None` where there is none.
pub(crate) fn header(world: &World) -> Option<Header> {
    world.inside(|| {
        let mut bytes = [0; map::HEADER];
        File::open(MAP).ok()?.read_exact_at(&mut bytes, 0).ok()?;
        Header::of_bytes(&bytes)
    })
}

fn in_words(body: &[u8]) -> String {
    let joined = |bytes| {
        let all = texts(bytes).expect("whole texts").map(|text| String::from_utf8_lossy(text));
        all.collect::<Vec<_>>().join(":")
    };
    let entry = |entry| match entry {
        Entry::User(user) => format!("{}:{}:{}", joined(user.texts), user.uid, user.gid),
        Entry::Group(group) => format!("{}:{}", joined(group.texts), group.gid),
    };
    match decode::<Answer<'_>>(body).expect("an answer") {
        Answer::NotFound => "not found".into(),
        Answer::Unavailable => "unavailable".into(),
        Answer::User(user) => entry(Entry::User(user)),
        Answer::Group(group) => entry(Entry::Group(group)),
        Answer::GroupsOf(bytes) => {
            let gids = bytes.as_chunks::<4>().0.iter().map(|gid| u32::from_le_bytes(*gid));
            format!("{:?}", gids.collect::<Vec<_>>())
        }
        Answer::Ageing(ageing) => format!("{:?}", ageing.expires),
        Answer::Listed { next, entry: one } => format!("{next} {}", entry(one)),
    }
}
