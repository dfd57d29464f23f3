//! The client's end: one conversation, blocking, within a budget of time.

use std::cmp::Ordering;
use std::fmt;
use std::io::{self, Read};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::{Duration, Instant};

use zeroize::Zeroizing;

use monk_wire::frame::{self, Body, FrameError};
use monk_wire::{Reply, Request, VERSION};

use crate::socket;

/// Why there is no answer.
#[derive(Debug)]
pub enum WireError {
    /// No engine listens.
    NoEngine(io::Error),
    /// The conversation broke off.
    Broken(io::Error),
    /// The engine did not answer within the budget.
    Timeout,
    /// The engine said something that is no answer.
    Frame(FrameError),
}

impl fmt::Display for WireError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoEngine(error) => write!(f, "no engine listens: {error}"),
            Self::Broken(error) => write!(f, "the engine broke off the conversation: {error}"),
            Self::Timeout => f.write_str("the engine did not answer in time"),
            Self::Frame(error) => write!(f, "the engine does not speak our language: {error}"),
        }
    }
}

impl std::error::Error for WireError {}

/// Room for a whole reply to a login, so that one system call brings it. Longer ones take more.
const USUAL_REPLY: usize = 64;

/// How much later than its budget a conversation may end: as long as the time limit of the socket is
/// no further off, it is left as it is.
const SLACK: Duration = Duration::from_millis(100);

/// One conversation with an engine.
pub struct Conversation {
    stream: UnixStream,
    left: Duration,
    /// The time limits that the socket has now, for sending and for reading.
    limits: [Option<Duration>; 2],
}

/// Index in [`Conversation::limits`].
const SENDING: usize = 0;
const READING: usize = 1;

impl Conversation {
    /// Opens a conversation with the engine that listens at `socket`.
    ///
    /// `budget` is the time that the engine may take altogether; the time between a reply and
    /// the next request, when people type, does not count.
    ///
    /// # Errors
    /// [`WireError::NoEngine`] and [`WireError::Timeout`].
    pub fn open(socket: &Path, budget: Duration) -> Result<Self, WireError> {
        let started = Instant::now();
        let stream = socket::connect(socket, budget).map_err(|error| match is_timeout(&error) {
            true => WireError::Timeout,
            false => WireError::NoEngine(error),
        })?;
        let left = budget.saturating_sub(started.elapsed());
        // What has limited the time of connecting also limits that of sending.
        Ok(Self { stream, left, limits: [Some(socket::at_least_a_moment(budget)), None] })
    }

    /// A conversation with the other end of `stream`. That it is the engine, the caller
    /// knows.
    #[must_use]
    pub fn over(stream: UnixStream, budget: Duration) -> Self {
        Self { stream, left: budget, limits: [None; 2] }
    }

    /// Says something and waits for the reply.
    ///
    /// # Errors
    /// [`WireError`]; the conversation is over then, and nothing may be taken for granted.
    pub fn call(&mut self, request: &Request) -> Result<Reply, WireError> {
        let started = Instant::now();
        let frame = encoded(request).map_err(WireError::Frame)?;
        self.limit(SENDING, self.left)?;
        socket::send_all(&self.stream, &frame).map_err(broken)?;
        let reply = self.reply(started)?;
        self.left = self.left.saturating_sub(started.elapsed());
        Ok(reply)
    }

    /// The one frame that answers a request. Whatever else comes with it is no answer.
    fn reply(&mut self, started: Instant) -> Result<Reply, WireError> {
        let mut room = Zeroizing::new([0; USUAL_REPLY]);
        let mut read = 0;
        while read < frame::HEADER {
            read += self.receive(&mut room[read..], started)?;
        }
        let (head, begun) = room[..read].split_first_chunk().ok_or_else(malformed)?;
        let header = frame::header(*head, frame::MAX_REPLY).map_err(WireError::Frame)?;
        if header.version != VERSION {
            return Err(WireError::Frame(FrameError::Version(header.version)));
        }
        match begun.len().cmp(&header.length) {
            Ordering::Equal => frame::decode(begun).map_err(WireError::Frame),
            Ordering::Greater => Err(malformed()),
            Ordering::Less => {
                let mut begun = begun;
                let mut body = Body::new(header);
                while let Some(part) = body.next_part() {
                    let mut filled = begun.len().min(part.len());
                    let (now, later) = begun.split_at(filled);
                    part[..filled].copy_from_slice(now);
                    begun = later;
                    while filled < part.len() {
                        filled += self.receive(&mut part[filled..], started)?;
                    }
                }
                frame::decode(body.bytes()).map_err(WireError::Frame)
            }
        }
    }

    /// Gives the engine more time, for commands that are not logins.
    pub fn renew(&mut self, budget: Duration) {
        self.left = budget;
    }

    /// Waits for some bytes, and puts them into `room`.
    fn receive(&mut self, room: &mut [u8], started: Instant) -> Result<usize, WireError> {
        loop {
            let left = self.left.checked_sub(started.elapsed()).ok_or(WireError::Timeout)?;
            self.limit(READING, left)?;
            match self.stream.read(room) {
                Ok(0) => return Err(WireError::Broken(io::ErrorKind::UnexpectedEof.into())),
                Ok(count) => return Ok(count),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(broken(error)),
            }
        }
    }

    /// Limits the time of sending or reading, where the limit of the socket is another one.
    fn limit(&mut self, what: usize, left: Duration) -> Result<(), WireError> {
        let fits = |limit: Duration| limit >= left && limit - left <= SLACK;
        if self.limits[what].is_some_and(fits) {
            return Ok(());
        }
        let limit = socket::at_least_a_moment(left);
        let set = match what {
            SENDING => self.stream.set_write_timeout(Some(limit)),
            _ => self.stream.set_read_timeout(Some(limit)),
        };
        set.map_err(WireError::Broken)?;
        self.limits[what] = Some(limit);
        Ok(())
    }
}

/// A frame with `request`. Only root's may be long.
fn encoded(request: &Request) -> Result<Zeroizing<Vec<u8>>, FrameError> {
    match frame::encode(request, VERSION, frame::MAX_REQUEST) {
        Err(FrameError::TooLong) if socket::effective_uid() == 0 => {
            frame::encode(request, VERSION, frame::MAX_ROOT_REQUEST)
        }
        usual => usual,
    }
}

fn malformed() -> WireError {
    WireError::Frame(FrameError::Malformed)
}

fn broken(error: io::Error) -> WireError {
    if is_timeout(&error) { WireError::Timeout } else { WireError::Broken(error) }
}

fn is_timeout(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut)
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::thread;

    use super::*;
    use monk_wire::Denial;

    fn conversation(budget: Duration) -> (Conversation, UnixStream) {
        let (ours, theirs) = UnixStream::pair().unwrap();
        (Conversation::over(ours, budget), theirs)
    }

    fn answer(mut engine: UnixStream, bytes: Vec<u8>) {
        thread::spawn(move || {
            let mut some = [0; 64];
            let _ = engine.read(&mut some);
            let _ = engine.write_all(&bytes);
        });
    }

    #[test]
    fn a_reply_is_returned_as_it_was_said() {
        let (mut client, engine) = conversation(Duration::from_secs(5));
        let reply = Reply::Denied(Denial::Refused);
        answer(engine, frame::encode(&reply, VERSION, frame::MAX_REPLY).unwrap().to_vec());
        assert_eq!(client.call(&Request::Answer(None)).unwrap(), reply);
    }

    #[test]
    fn a_reply_is_read_in_however_many_pieces_it_comes() {
        for length in [1, USUAL_REPLY - 20, USUAL_REPLY, 5 * USUAL_REPLY] {
            let reply = Reply::Ask { text: "x".repeat(length), echo: false };
            let bytes = frame::encode(&reply, VERSION, frame::MAX_REPLY).unwrap().to_vec();
            for piece in [1, 3, frame::HEADER, frame::HEADER + 1, bytes.len()] {
                let (mut client, mut engine) = conversation(Duration::from_secs(5));
                let bytes = bytes.clone();
                let talk = thread::spawn(move || {
                    let _ = engine.read(&mut [0; 64]);
                    bytes.chunks(piece).for_each(|piece| engine.write_all(piece).unwrap());
                    engine
                });
                assert_eq!(client.call(&Request::Answer(None)).unwrap(), reply);
                drop(talk.join().unwrap());
            }
        }
    }

    #[test]
    fn a_second_reply_behind_the_first_is_no_answer_to_anything() {
        let (mut client, engine) = conversation(Duration::from_secs(5));
        let denied = frame::encode(&Reply::Denied(Denial::Refused), VERSION, 100).unwrap();
        answer(engine, [&denied[..], &denied[..]].concat());
        assert!(matches!(
            client.call(&Request::Answer(None)),
            Err(WireError::Frame(FrameError::Malformed))
        ));
    }

    #[test]
    fn the_time_limit_of_the_socket_is_set_again_where_it_is_not_the_budget_s() {
        let (mut client, _engine) = conversation(Duration::from_secs(5));
        let set = |client: &Conversation| client.stream.read_timeout().unwrap().unwrap();
        for (left, expected) in [(5000, 5000), (4950, 5000), (4800, 4800), (9000, 9000), (0, 1)] {
            client.limit(READING, Duration::from_millis(left)).unwrap();
            // The kernel counts in ticks.
            let off = set(&client).abs_diff(Duration::from_millis(expected));
            assert!(off < Duration::from_millis(20), "{left}: {off:?}");
        }
    }

    #[test]
    fn an_engine_that_says_nothing_is_a_timeout_within_the_budget() {
        let (mut client, _engine) = conversation(Duration::from_millis(50));
        let started = Instant::now();
        assert!(matches!(client.call(&Request::Answer(None)), Err(WireError::Timeout)));
        assert!(started.elapsed() < Duration::from_secs(5));
    }

    #[test]
    fn an_engine_that_trickles_bytes_does_not_extend_the_budget() {
        let (mut client, mut engine) = conversation(Duration::from_millis(100));
        thread::spawn(move || {
            let _ = engine.write_all(&[VERSION, 0, 0, 1, 0]);
            while engine.write_all(&[0]).is_ok() {
                thread::sleep(Duration::from_millis(10));
            }
        });
        assert!(matches!(client.call(&Request::Answer(None)), Err(WireError::Timeout)));
    }

    #[test]
    fn whatever_else_comes_is_an_error_and_never_a_reply() {
        let cut = &frame::encode(&Reply::Unavailable, VERSION, 100).unwrap()[..5];
        for bytes in [&b""[..], b"HTTP/1.1 200 OK\r\n", &[VERSION, 255, 255, 255, 255], cut] {
            let (mut client, engine) = conversation(Duration::from_secs(5));
            answer(engine, bytes.to_vec());
            assert!(client.call(&Request::Answer(None)).is_err(), "{bytes:?}");
        }
    }
}
