//! A server that answers as a test wants it to: what no real server would be made to say.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};

use monk_tests::World;

/// The result code of success.
pub const SUCCESS: u8 = 0;

/// A request.
#[derive(Clone, Debug)]
pub struct Request {
    /// Its message ID.
    pub id: u8,
    /// The application tag of the operation: 0x60 bind, 0x63 search, 0x66 modify.
    pub operation: u8,
    /// All of the message, in BER.
    pub message: Vec<u8>,
}

impl Request {
    /// Whether some text stands in it: a DN, an attribute, the OID of a control.
    pub fn says(&self, text: &str) -> bool {
        self.message.windows(text.len()).any(|window| window == text.as_bytes())
    }

    /// Whether it is a search.
    pub fn is_search(&self) -> bool {
        self.operation == 0x63
    }

    /// The end of a search, with a result code and URIs to go to.
    pub fn done(&self, code: u8, referral: &[&str]) -> Vec<u8> {
        message(self.id, &ber(0x65, &result(code, referral)))
    }

    /// The answer to a bind.
    pub fn bound(&self, code: u8) -> Vec<u8> {
        message(self.id, &ber(0x61, &result(code, &[])))
    }

    /// An entry.
    pub fn entry(&self, dn: &str, attributes: &[(&str, &[u8])]) -> Vec<u8> {
        let attribute = |(name, value): &(&str, &[u8])| {
            let values = ber(0x31, &ber(0x04, value));
            ber(0x30, &[ber(0x04, name.as_bytes()), values].concat())
        };
        let attributes: Vec<u8> = attributes.iter().flat_map(attribute).collect();
        let parts = [ber(0x04, dn.as_bytes()), ber(0x30, &attributes)].concat();
        message(self.id, &ber(0x64, &parts))
    }

    /// A reference to another server.
    pub fn reference(&self, uri: &str) -> Vec<u8> {
        message(self.id, &ber(0x73, &ber(0x04, uri.as_bytes())))
    }
}

/// A message with an ID of its own.
pub fn message(id: u8, operation: &[u8]) -> Vec<u8> {
    ber(0x30, &[&[0x02, 1, id], operation].concat())
}

/// A value in BER.
pub fn ber(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = u16::try_from(content.len()).expect("a short value").to_be_bytes();
    [&[tag, 0x82], &length[..], content].concat()
}

fn result(code: u8, referral: &[&str]) -> Vec<u8> {
    let mut result = vec![0x0a, 1, code, 0x04, 0, 0x04, 0];
    if !referral.is_empty() {
        let uris: Vec<u8> = referral.iter().flat_map(|uri| ber(0x04, uri.as_bytes())).collect();
        result.extend(ber(0xa3, &uris));
    }
    result
}

type Answer = dyn Fn(&Request) -> Vec<u8> + Send + Sync;

/// A running server. Dropped, it ends.
pub struct Scripted {
    /// Where it is.
    pub uri: String,
    shared: Arc<Shared>,
    listening: Option<JoinHandle<()>>,
}

struct Shared {
    answer: Box<Answer>,
    requests: Mutex<Vec<Request>>,
    clients: Mutex<Vec<TcpStream>>,
    ends: AtomicBool,
}

impl Scripted {
    /// A server in the network of a world. A bind without an answer of its own is let in.
    pub fn start(
        world: &World,
        answer: impl Fn(&Request) -> Vec<u8> + Send + Sync + 'static,
    ) -> Self {
        let listener = world.inside(|| TcpListener::bind("127.0.0.1:0")).expect("a free port");
        let uri = format!("ldap://{}", listener.local_addr().expect("it is bound"));
        let shared = Arc::new(Shared {
            answer: Box::new(answer),
            requests: Mutex::default(),
            clients: Mutex::default(),
            ends: AtomicBool::new(false),
        });
        let listening = thread::spawn({
            let shared = Arc::clone(&shared);
            move || shared.listen(&listener)
        });
        // The stop needs a way in, from the same network.
        let listening = Some(listening);
        Self { uri, shared, listening }
    }

    /// What was asked so far.
    pub fn requests(&self) -> Vec<Request> {
        self.shared.requests.lock().expect("no panic").clone()
    }

    /// Ends it: `world` is the one that it was started in.
    pub fn stop(mut self, world: &World) {
        self.shared.ends.store(true, Ordering::SeqCst);
        let address = self.uri.trim_start_matches("ldap://").to_owned();
        drop(world.inside(|| TcpStream::connect(address)));
        for client in self.shared.clients.lock().expect("no panic").drain(..) {
            let _ = client.shutdown(Shutdown::Both);
        }
        self.listening.take().expect("it runs").join().expect("no panic");
    }
}

impl Shared {
    fn listen(self: &Arc<Self>, listener: &TcpListener) {
        let mut serving = Vec::new();
        for client in listener.incoming() {
            if self.ends.load(Ordering::SeqCst) {
                break;
            }
            let client = client.expect("a client");
            self.clients.lock().expect("no panic").push(client.try_clone().expect("a socket"));
            let shared = Arc::clone(self);
            serving.push(thread::spawn(move || shared.serve(client)));
        }
        for client in serving {
            client.join().expect("no panic");
        }
    }

    fn serve(&self, mut client: TcpStream) {
        while let Some(message) = read(&mut client) {
            // 30 length, 02 01 id, then the operation.
            let start =
                2 + usize::from(message[1].saturating_sub(0x80)) * usize::from(message[1] > 0x7f);
            let request =
                Request { id: message[start + 2], operation: message[start + 3], message };
            self.requests.lock().expect("no panic").push(request.clone());
            let mut answer = (self.answer)(&request);
            if answer.is_empty() && request.operation == 0x60 {
                answer = request.bound(SUCCESS);
            }
            if client.write_all(&answer).is_err() {
                return;
            }
        }
    }
}

/// One message in BER, or nothing where the client has gone.
fn read(client: &mut TcpStream) -> Option<Vec<u8>> {
    let mut message = vec![0; 2];
    client.read_exact(&mut message).ok()?;
    let length = match message[1] {
        short @ 0..=0x7f => usize::from(short),
        long => {
            let mut digits = vec![0; usize::from(long - 0x80)];
            client.read_exact(&mut digits).ok()?;
            message.extend(&digits);
            digits.iter().fold(0, |length, digit| length << 8 | usize::from(*digit))
        }
    };
    let mut rest = vec![0; length];
    client.read_exact(&mut rest).ok()?;
    message.extend(rest);
    Some(message)
}
