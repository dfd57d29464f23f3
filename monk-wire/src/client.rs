//! The client's end: one conversation, blocking, within a budget of time.

use std::fmt;
use std::io::{self, Read};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use zeroize::Zeroizing;

use crate::frame::{self, FrameError};
use crate::message::{Reply, Request};
use crate::{DEFAULT_ENGINE, DEFAULT_SOCKET, VERSION, socket, spawn};

/// Where an engine is found, or how one is started.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// The socket of the resident engine.
    pub socket: PathBuf,
    /// The program to start where none listens.
    pub engine: PathBuf,
    /// Its settings, if not the default ones.
    pub config: Option<PathBuf>,
}

impl Default for Endpoint {
    fn default() -> Self {
        Self { socket: DEFAULT_SOCKET.into(), engine: DEFAULT_ENGINE.into(), config: None }
    }
}

/// Why there is no answer.
#[derive(Debug)]
pub enum WireError {
    /// No engine listens, and this caller may not start one (only root may).
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
            Self::NoEngine(error) => {
                write!(f, "no engine listens, and only root may start one: {error}")
            }
            Self::Broken(error) => write!(f, "the engine broke off the conversation: {error}"),
            Self::Timeout => f.write_str("the engine did not answer in time"),
            Self::Frame(error) => write!(f, "the engine does not speak our language: {error}"),
        }
    }
}

impl std::error::Error for WireError {}

/// One conversation with an engine.
pub struct Conversation {
    stream: UnixStream,
    left: Duration,
}

impl Conversation {
    /// Opens a conversation with the resident engine or, for root, with one started for it.
    ///
    /// `budget` is the time that the engine may take altogether; the time between a reply and
    /// the next request, when people type, does not count.
    ///
    /// # Errors
    /// [`WireError::NoEngine`] and [`WireError::Timeout`].
    pub fn open(endpoint: &Endpoint, budget: Duration) -> Result<Self, WireError> {
        let started = Instant::now();
        let stream = match socket::connect(&endpoint.socket, budget) {
            Ok(stream) => stream,
            Err(error) if is_timeout(&error) => return Err(WireError::Timeout),
            Err(_) if socket::effective_uid() == 0 => {
                spawn::one_shot(&endpoint.engine, endpoint.config.as_deref())
                    .map_err(WireError::NoEngine)?
            }
            Err(error) => return Err(WireError::NoEngine(error)),
        };
        Ok(Self { stream, left: budget.saturating_sub(started.elapsed()) })
    }

    /// A conversation with whoever is at the other end of `stream`. That it is the engine, the caller
    /// knows.
    #[must_use]
    pub fn over(stream: UnixStream, budget: Duration) -> Self {
        Self { stream, left: budget }
    }

    /// Says something and waits for the reply.
    ///
    /// # Errors
    /// [`WireError`]; the conversation is over then, and nothing may be taken for granted.
    pub fn call(&mut self, request: &Request) -> Result<Reply, WireError> {
        let started = Instant::now();
        let max = match socket::effective_uid() {
            0 => frame::MAX_ROOT_REQUEST,
            _ => frame::MAX_REQUEST,
        };
        let frame = frame::encode(request, VERSION, max).map_err(WireError::Frame)?;
        let timeout = socket::at_least_a_moment(self.left);
        self.stream.set_write_timeout(Some(timeout)).map_err(WireError::Broken)?;
        socket::send_all(&self.stream, &frame).map_err(broken)?;
        let mut head = [0; frame::HEADER];
        self.receive(&mut head, started)?;
        let header = frame::header(head, frame::MAX_REPLY).map_err(WireError::Frame)?;
        let mut body = Zeroizing::new(vec![0; header.length]);
        self.receive(&mut body, started)?;
        self.left = self.left.saturating_sub(started.elapsed());
        frame::decode(&body).map_err(WireError::Frame)
    }

    /// Gives the engine more time, for commands that are not logins.
    pub fn renew(&mut self, budget: Duration) {
        self.left = budget;
    }

    fn receive(&mut self, mut bytes: &mut [u8], started: Instant) -> Result<(), WireError> {
        while !bytes.is_empty() {
            let left = self.left.checked_sub(started.elapsed()).ok_or(WireError::Timeout)?;
            let timeout = socket::at_least_a_moment(left);
            self.stream.set_read_timeout(Some(timeout)).map_err(WireError::Broken)?;
            match self.stream.read(bytes) {
                Ok(0) => return Err(WireError::Broken(io::ErrorKind::UnexpectedEof.into())),
                Ok(count) => bytes = &mut bytes[count..],
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(broken(error)),
            }
        }
        Ok(())
    }
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
    use crate::message::Denial;

    fn conversation(budget: Duration) -> (Conversation, UnixStream) {
        let (ours, theirs) = socket::pair().unwrap();
        (Conversation { stream: ours, left: budget }, UnixStream::from(theirs))
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
