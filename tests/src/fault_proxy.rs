//! A proxy that makes the faults of a network and of what stands in it.
//!
//! ```text
//!             what is said                what is said
//!   monkd ──────────────▶  FaultProxy ──────────────▶ slapd
//!         ◀──────────────             ◀──────────────
//!           answers, late, half,             answers
//!          forged or not at all
//! ```
//!
//! It carries bytes and understands none of them, so that TLS goes through it as it is. What the
//! clients said is kept, for a test to look for what must not be there.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use nix::sys::socket::{setsockopt, sockopt};

use crate::World;
use crate::wait;

/// Bytes that are carried at once: more than any answer in these tests.
const CHUNK: usize = 64 << 10;

/// How long the port may be taken by what is left of the last listener.
const BIND_LIMIT: Duration = Duration::from_secs(5);

/// What is wrong with the way to the server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Nothing.
    None,
    /// Connections are refused, and those that were open are closed.
    Down,
    /// Each answer takes so much longer.
    Slow(Duration),
    /// Connections are accepted, and nothing comes back. Those that were there at the time stay
    /// dead when the fault is over, as behind a firewall that has forgotten them.
    HalfOpen,
    /// Connections are reset in the middle of an answer in which this text stands.
    Reset(&'static str),
    /// Whatever is said is answered with these bytes.
    Answer(Vec<u8>),
}

/// The proxy. All it carries breaks off when it is dropped.
pub struct FaultProxy {
    world: World,
    address: SocketAddr,
    shared: Arc<Shared>,
    /// Takes connections, unless they are refused.
    door: Mutex<Option<Door>>,
}

struct Door {
    open: Arc<AtomicBool>,
    keeper: JoinHandle<()>,
}

struct Shared {
    server: SocketAddr,
    fault: Mutex<Fault>,
    said: Mutex<Vec<u8>>,
    connections: Mutex<Vec<Connection>>,
}

/// A client and its connection to the server.
#[derive(Clone)]
struct Connection {
    client: Arc<TcpStream>,
    server: Arc<TcpStream>,
    /// Nothing goes by any more, in either direction.
    is_dead: Arc<AtomicBool>,
    /// It is closed without the usual goodbye.
    is_reset: Arc<AtomicBool>,
}

impl FaultProxy {
    /// Listens on a free port of the world for a server on another one.
    #[track_caller]
    pub fn start(world: &World, server_port: u16) -> Self {
        let shared = Shared {
            server: world.address(server_port),
            fault: Mutex::new(Fault::None),
            said: Mutex::default(),
            connections: Mutex::default(),
        };
        let address = world.address(world.free_port());
        let (world, shared) = (world.clone(), Arc::new(shared));
        let proxy = Self { world, address, shared, door: Mutex::new(None) };
        proxy.open();
        proxy
    }

    /// The port it listens on.
    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// Makes a fault, from this moment on and for the connections that are open, too.
    #[track_caller]
    pub fn set(&self, fault: Fault) {
        let before = std::mem::replace(&mut *lock(&self.shared.fault), fault.clone());
        if fault == Fault::HalfOpen {
            self.shared.for_all(|connection| connection.is_dead.store(true, Ordering::SeqCst));
        }
        match (before == Fault::Down, fault == Fault::Down) {
            (false, true) => self.close(),
            (true, false) => self.open(),
            _ => {}
        }
    }

    /// Whether a client has said this, whatever became of it.
    pub fn has_heard(&self, text: &str) -> bool {
        let said = lock(&self.shared.said);
        said.windows(text.len()).any(|window| window == text.as_bytes())
    }

    /// How many bytes clients have said.
    pub fn bytes_heard(&self) -> usize {
        lock(&self.shared.said).len()
    }

    #[track_caller]
    fn open(&self) {
        // A process that another thread has forked at this moment holds the old listener for as long
        // as it takes until it executes its own program.
        let bind = || self.world.inside(|| TcpListener::bind(self.address)).ok();
        let listener = wait::until(BIND_LIMIT, bind)
            .unwrap_or_else(|| panic!("cannot listen on {} in the world", self.address));
        let open = Arc::new(AtomicBool::new(true));
        let (shared, still_open) = (Arc::clone(&self.shared), Arc::clone(&open));
        // A thread that is started inside stays inside, and so do its connections to the server.
        let keeper = self.world.inside(move || {
            thread::spawn(move || {
                for client in listener.incoming().flatten() {
                    if !still_open.load(Ordering::SeqCst) {
                        return;
                    }
                    shared.join(client);
                }
            })
        });
        *lock(&self.door) = Some(Door { open, keeper });
    }

    /// Stops listening and hangs up on everybody.
    fn close(&self) {
        if let Some(Door { open, keeper }) = lock(&self.door).take() {
            open.store(false, Ordering::SeqCst);
            // So that it looks; it fails where the door has closed by itself.
            let _ = self.world.inside(|| TcpStream::connect(self.address));
            keeper.join().expect("who takes connections does not panic");
        }
        self.shared.for_all(Connection::hang_up);
        lock(&self.shared.connections).clear();
    }
}

impl Drop for FaultProxy {
    fn drop(&mut self) {
        self.close();
    }
}

impl Shared {
    fn fault(&self) -> Fault {
        lock(&self.fault).clone()
    }

    fn for_all(&self, work: impl Fn(&Connection)) {
        lock(&self.connections).iter().for_each(work);
    }

    /// Carries a new client's bytes in both directions until either side closes.
    fn join(self: &Arc<Self>, client: TcpStream) {
        let Ok(server) = TcpStream::connect(self.server) else { return };
        for stream in [&client, &server] {
            stream.set_nodelay(true).expect("a connected socket");
        }
        let connection = Connection {
            client: Arc::new(client),
            server: Arc::new(server),
            is_dead: Arc::new(AtomicBool::new(self.fault() == Fault::HalfOpen)),
            is_reset: Arc::default(),
        };
        lock(&self.connections).push(connection.clone());
        for way in [Self::carry_what_is_said, Self::carry_answers] {
            let (shared, connection) = (Arc::clone(self), connection.clone());
            thread::spawn(move || {
                way(&shared, &connection);
                connection.hang_up();
            });
        }
    }

    fn carry_what_is_said(&self, connection: &Connection) {
        let mut buffer = vec![0; CHUNK];
        while let Some(said) = read(&connection.client, &mut buffer) {
            lock(&self.said).extend_from_slice(said);
            if connection.is_dead.load(Ordering::SeqCst) {
                continue;
            }
            let carried = match self.fault() {
                // Then nothing is wanted of the server any more, and it is not asked.
                Fault::Answer(bytes) => {
                    let _ = (&*connection.client).write_all(&bytes);
                    return;
                }
                _ => (&*connection.server).write_all(said),
            };
            if carried.is_err() {
                return;
            }
        }
    }

    /// Has the kernel send the client a reset in place of the end, as soon as the socket is closed:
    /// when both directions have let it go.
    fn reset(&self, connection: &Connection) {
        let at_once = libc::linger { l_onoff: 1, l_linger: 0 };
        setsockopt(&*connection.client, sockopt::Linger, &at_once)
            .expect("a socket lingers or not");
        connection.is_reset.store(true, Ordering::SeqCst);
        lock(&self.connections).retain(|one| !Arc::ptr_eq(&one.client, &connection.client));
        // Ends the thread that reads, without a word to the client.
        let _ = connection.client.shutdown(Shutdown::Read);
        let _ = connection.server.shutdown(Shutdown::Both);
    }

    fn carry_answers(&self, connection: &Connection) {
        let mut buffer = vec![0; CHUNK];
        while let Some(answer) = read(&connection.server, &mut buffer) {
            let mut client = &*connection.client;
            match self.fault() {
                Fault::Slow(delay) => thread::sleep(delay),
                Fault::Reset(text) if contains(answer, text) => {
                    let _ = client.write_all(&answer[..answer.len() / 2]);
                    self.reset(connection);
                    return;
                }
                _ => {}
            }
            if connection.is_dead.load(Ordering::SeqCst) {
                continue;
            }
            if client.write_all(answer).is_err() {
                return;
            }
        }
    }
}

impl Connection {
    /// Closes both sides. Whoever has closed already does not mind.
    fn hang_up(&self) {
        if self.is_reset.load(Ordering::SeqCst) {
            return;
        }
        let _ = self.client.shutdown(Shutdown::Both);
        let _ = self.server.shutdown(Shutdown::Both);
    }
}

fn read<'a>(mut from: &TcpStream, buffer: &'a mut [u8]) -> Option<&'a [u8]> {
    let length = from.read(buffer).ok().filter(|&length| length > 0)?;
    Some(&buffer[..length])
}

fn contains(bytes: &[u8], text: &str) -> bool {
    text.is_empty() || bytes.windows(text.len()).any(|window| window == text.as_bytes())
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
