//! A proxy in front of an LDAP server that knows which operation goes by, and can stop one at an
//! exact moment.
//!
//! ```text
//!             request                     request
//!   monkd ──────────────▶  LdapProxy  ──────────────▶ slapd
//!         ◀──────────────   │      │  ◀──────────────
//!             response      ▼      ▼      response
//!                   Held::Response  Held::Request
//! ```
//!
//! It speaks plain `ldap://` on the world's loopback address and reads as much of each message as
//! its length, its number and the tag of its operation (RFC 4511 §4.1.1, RFC 4511 §5.1).

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use crate::World;

/// How long a test waits for the operation that it wants to stop.
const WAIT_LIMIT: Duration = Duration::from_secs(20);

/// An operation, by the tag of its request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LdapOperation {
    /// BindRequest, `[APPLICATION 0]`.
    Bind = 0x60,
    /// SearchRequest, `[APPLICATION 3]`.
    Search = 0x63,
    /// ModifyRequest, `[APPLICATION 6]`.
    Modify = 0x66,
    /// AddRequest, `[APPLICATION 8]`.
    Add = 0x68,
}

/// Which message of an operation is stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Held {
    /// The request: the server has not seen it.
    Request,
    /// The first response: the server has done it, and nobody knows yet.
    Response,
}

/// What to stop.
#[derive(Clone, Debug)]
struct Trap {
    operation: LdapOperation,
    /// A text that the request contains, such as the beginning of a DN.
    about: Vec<u8>,
    held: Held,
}

/// What becomes of a message that was stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    Waits,
    GoesOn,
    IsLost,
}

#[derive(Default)]
struct State {
    trap: Option<Trap>,
    /// The message that is held, if one is.
    fate: Option<Fate>,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

/// The proxy. What it carries breaks off when it is dropped while it holds a message.
pub struct LdapProxy {
    port: u16,
    shared: Arc<Shared>,
}

impl LdapProxy {
    /// Listens on a free port of the world for a server on another one.
    #[track_caller]
    pub fn start(world: &World, server_port: u16) -> Self {
        let (port, server) = (world.free_port(), world.address(server_port));
        let address = world.address(port);
        let shared = Arc::new(Shared::default());
        let listener = world.inside(|| TcpListener::bind(address)).unwrap_or_else(|error| {
            panic!("cannot listen on {address} in the world: {error}");
        });
        let for_connections = Arc::clone(&shared);
        // Threads that are started inside stay inside, so that the connections to the server are
        // made in the world too.
        world.inside(move || {
            thread::spawn(move || {
                for client in listener.incoming().flatten() {
                    if let Ok(server) = TcpStream::connect(server) {
                        join(&client, &server, &for_connections);
                    }
                }
            });
        });
        Self { port, shared }
    }

    /// `ldap://…`, on the loopback address.
    pub fn uri(&self) -> String {
        format!("ldap://127.0.0.1:{}", self.port)
    }

    /// Stops the next operation of this kind whose request contains `about`.
    pub fn hold(&self, held: Held, operation: LdapOperation, about: &str) {
        let mut state = self.shared.state();
        state.trap = Some(Trap { operation, about: about.as_bytes().to_vec(), held });
        state.fate = None;
    }

    /// Waits until the message is held.
    ///
    /// # Panics
    /// When none came within 20 s.
    #[track_caller]
    pub fn wait_until_held(&self) {
        let waiting = |state: &mut State| state.fate != Some(Fate::Waits);
        let state = self.shared.state();
        let (state, _) = self
            .shared
            .changed
            .wait_timeout_while(state, WAIT_LIMIT, waiting)
            .unwrap_or_else(PoisonError::into_inner);
        assert_eq!(state.fate, Some(Fate::Waits), "the operation to hold has come");
    }

    /// Whether a message is held.
    pub fn is_holding(&self) -> bool {
        self.shared.state().fate == Some(Fate::Waits)
    }

    /// Lets the message go on.
    pub fn release(&self) {
        self.shared.decide(Fate::GoesOn);
    }

    /// Drops the message and closes its connection.
    pub fn lose(&self) {
        self.shared.decide(Fate::IsLost);
    }
}

impl Drop for LdapProxy {
    fn drop(&mut self) {
        self.shared.decide(Fate::IsLost);
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn decide(&self, fate: Fate) {
        let mut state = self.state();
        state.trap = None;
        state.fate = state.fate.map(|_| fate);
        self.changed.notify_all();
    }

    /// Whether this request is what the trap waits for. A trap shuts once.
    fn catches(&self, request: &Message) -> Option<Held> {
        let mut state = self.state();
        let held = state.trap.as_ref().filter(|trap| request.is(trap))?.held;
        state.trap = None;
        Some(held)
    }

    /// Waits with a message in hand; whether it is to go on.
    fn wait(&self) -> bool {
        let mut state = self.state();
        state.fate = Some(Fate::Waits);
        self.changed.notify_all();
        let waits = |state: &mut State| state.fate == Some(Fate::Waits);
        let state = self.changed.wait_while(state, waits).unwrap_or_else(PoisonError::into_inner);
        state.fate == Some(Fate::GoesOn)
    }
}

/// Carries messages in both directions until either side closes.
fn join(client: &TcpStream, server: &TcpStream, shared: &Arc<Shared>) {
    let awaited = Arc::new(Mutex::new(None));
    let copy = |stream: &TcpStream| stream.try_clone().expect("a descriptor can be shared");
    for stream in [client, server] {
        stream.set_nodelay(true).expect("a connected socket");
    }
    let (from, to) = (copy(client), copy(server));
    let (trap, expected) = (Arc::clone(shared), Arc::clone(&awaited));
    thread::spawn(move || {
        carry(&from, &to, |request| match trap.catches(request) {
            Some(Held::Request) => trap.wait(),
            Some(Held::Response) => {
                *lock(&expected) = Some(request.number.clone());
                true
            }
            None => true,
        });
    });
    let (from, to, trap) = (copy(server), copy(client), Arc::clone(shared));
    thread::spawn(move || {
        carry(&from, &to, |response| {
            let is_awaited = lock(&awaited).take_if(|number| *number == response.number).is_some();
            !is_awaited || trap.wait()
        });
    });
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Carries messages one way for as long as `may_pass`, then hangs up on both.
fn carry(mut from: &TcpStream, mut to: &TcpStream, may_pass: impl Fn(&Message) -> bool) {
    while let Ok(message) = Message::read(&mut from) {
        if !may_pass(&message) || to.write_all(&message.bytes).is_err() {
            break;
        }
    }
    // Whoever has closed already does not mind.
    let _ = from.shutdown(Shutdown::Both);
    let _ = to.shutdown(Shutdown::Both);
}

/// One LDAPMessage: `SEQUENCE { messageID INTEGER, protocolOp …, … }`.
struct Message {
    bytes: Vec<u8>,
    /// The bytes of its number.
    number: Vec<u8>,
    /// The tag of its operation.
    tag: u8,
}

impl Message {
    fn read(from: &mut impl Read) -> io::Result<Self> {
        let mut bytes = vec![0; 2];
        from.read_exact(&mut bytes)?;
        // A length of up to 127 stands there, a longer one in as many bytes as are said there.
        let length = match bytes[1] {
            short @ 0..=0x7f => usize::from(short),
            long => {
                let mut digits = vec![0; usize::from(long & 0x7f)];
                from.read_exact(&mut digits)?;
                bytes.extend_from_slice(&digits);
                digits.iter().fold(0, |length, digit| length << 8 | usize::from(*digit))
            }
        };
        let body = bytes.len();
        bytes.resize(body + length, 0);
        from.read_exact(&mut bytes[body..])?;
        let parts = || {
            let number_length = usize::from(*bytes.get(body + 1)?);
            let number = bytes.get(body + 2..body + 2 + number_length)?.to_vec();
            Some((number, *bytes.get(body + 2 + number_length)?))
        };
        let (number, tag) = parts().ok_or(io::ErrorKind::InvalidData)?;
        Ok(Self { bytes, number, tag })
    }

    fn is(&self, trap: &Trap) -> bool {
        let contains = |text: &[u8]| self.bytes.windows(text.len()).any(|window| window == text);
        self.tag == trap.operation as u8 && contains(&trap.about)
    }
}

#[cfg(test)]
mod tests {
    use super::Message;

    #[test]
    fn a_message_is_read_up_to_its_end() {
        let unbind = [0x30, 0x05, 0x02, 0x01, 0x07, 0x42, 0x00];
        let mut long = vec![0x30, 0x81, 0x85, 0x02, 0x01, 0x08, 0x60, 0x7f];
        long.resize(3 + 0x85, 0);
        let stream = [&unbind[..], &long, &unbind].concat();
        let mut rest = &stream[..];
        for (number, tag, length) in [(7, 0x42, 7), (8, 0x60, 136), (7, 0x42, 7)] {
            let message = Message::read(&mut rest).expect("a whole message");
            assert_eq!((message.number, message.tag), (vec![number], tag));
            assert_eq!(message.bytes.len(), length);
        }
        assert!(Message::read(&mut rest).is_err(), "the end");
    }
}
