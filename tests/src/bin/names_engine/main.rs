//! An engine that knows names and nothing else, and finds them in two files: for tests of `libnss_monk.so.2`
//! that need an engine which does what the test says.
//!
//! The files are like `/etc/passwd` and `/etc/group`, without their passwords' meaning. It says `ready` when it
//! listens.

mod lent;
mod people;
mod written;

use std::io::{self, Read, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::process::ExitCode;
use std::thread;
use std::time::Duration;

use monk_client::peer_of;
use monk_tests::program;
use monk_wire::VERSION;
use monk_wire::frame::HEADER;
use monk_wire::names::{Answer, MAX_QUERY, Query, SOCKET, decode};

use crate::lent::Memory;
use crate::people::People;
use crate::written::Map;

const USAGE: &str = "usage: names_engine --passwd FILE --group FILE [--map fresh|stale|lent]";

/// How often the map shows that the engine is alive.
const HEARTBEAT: Duration = Duration::from_secs(1);

struct Options {
    passwd: String,
    group: String,
    map: Option<KnownMap>,
}

/// What the map says.
#[derive(Clone, Copy, PartialEq, Eq)]
enum KnownMap {
    Fresh,
    Stale,
    /// Fresh, and lent as memory.
    Lent,
}

impl Options {
    fn parse(mut arguments: impl Iterator<Item = String>) -> Option<Self> {
        let (mut passwd, mut group, mut map) = (None, None, None);
        while let Some(argument) = arguments.next() {
            let value = arguments.next()?;
            match (argument.as_str(), value.as_str()) {
                ("--passwd", _) => passwd = Some(value),
                ("--group", _) => group = Some(value),
                ("--map", "fresh") => map = Some(KnownMap::Fresh),
                ("--map", "stale") => map = Some(KnownMap::Stale),
                ("--map", "lent") => map = Some(KnownMap::Lent),
                _ => return None,
            }
        }
        Some(Self { passwd: passwd?, group: group?, map })
    }
}

fn main() -> ExitCode {
    program::run("names_engine", USAGE, Options::parse(std::env::args().skip(1)), run)
}

fn run(options: &Options) -> io::Result<()> {
    let people = People::read(&options.passwd, &options.group)?;
    if let Some(known) = options.map {
        let map = Map::write(&people, known != KnownMap::Stale)?;
        let memory = if known == KnownMap::Lent { Some(Memory::lend(&map)?) } else { None };
        thread::spawn(move || {
            loop {
                let heartbeat = map.beat().expect("the map can be written");
                if let Some(memory) = &memory {
                    memory.beat(heartbeat).expect("the memory can be written");
                }
                thread::sleep(HEARTBEAT);
            }
        });
    }
    let listener = UnixListener::bind(SOCKET)?;
    std::fs::set_permissions(SOCKET, std::os::unix::fs::PermissionsExt::from_mode(0o666))?;
    say_ready()?;
    thread::scope(|scope| {
        for stream in listener.incoming() {
            let (people, stream) = (&people, stream?);
            // Whoever has enough closes.
            scope.spawn(|| drop(answer(people, stream)));
        }
        Ok(())
    })
}

fn say_ready() -> io::Result<()> {
    let mut output = io::stdout();
    output.write_all(b"ready\n")?;
    output.flush()
}

/// Answers one question.
fn answer(people: &People, mut stream: UnixStream) -> io::Result<()> {
    let mut header = [0; HEADER];
    stream.read_exact(&mut header)?;
    let length = u32::from_be_bytes([header[1], header[2], header[3], header[4]]) as usize;
    let mut body = [0; MAX_QUERY];
    let body = body.get_mut(..length).ok_or(io::ErrorKind::InvalidData)?;
    stream.read_exact(body)?;
    let query: Query<'_> = decode(body).map_err(|_| io::ErrorKind::InvalidData)?;
    let is_root = peer_of(&stream)?.uid == 0;
    let reply = match query {
        Query::Ageing(_) if !is_root => encoded(&Answer::Unavailable),
        query => people.answer(query),
    };
    let length = u32::try_from(reply.len()).map_err(io::Error::other)?.to_be_bytes();
    stream.write_all(&[&[VERSION][..], &length, &reply].concat())
}

/// A message in the encoding of the wire.
pub(crate) fn encoded(message: &Answer<'_>) -> Vec<u8> {
    postcard::to_stdvec(message).expect("an answer can be encoded")
}
