//! A bare LDAP bind on an open connection: what no module can do without.

use std::collections::BTreeMap;
use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Instant;

use monk_tests::World;
use monk_tests::site::PamLoadOutcome;

use super::people::{PASSWORD, Person};
use super::row::{Row, Section};

/// The port of slapd without TLS: beside a slow hash nothing else counts.
const PORT: u16 = 389;

/// Bytes of the shortest answer to a bind: a result without texts (RFC 4511 §4.2.2).
const ANSWER_BYTES: usize = 14;

/// Where the result code is in such an answer.
const CODE: usize = 9;

/// An open connection.
struct Connection {
    stream: TcpStream,
    number: u8,
}

impl Connection {
    /// Opens one; the calling thread must be inside the world.
    fn open(world: &World) -> io::Result<Self> {
        let stream = TcpStream::connect(world.address(PORT))?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, number: 0 })
    }

    /// Whether the password is right.
    fn bind(&mut self, dn: &str, password: &str) -> io::Result<bool> {
        // Any number that the last request did not have.
        self.number = self.number % 100 + 1;
        self.stream.write_all(&request(self.number, dn, password))?;
        let mut answer = [0; ANSWER_BYTES];
        self.stream.read_exact(&mut answer)?;
        Ok(answer[CODE] == 0)
    }
}

/// A simple bind (RFC 4511 §4.2) in BER, with lengths of one byte.
fn request(number: u8, dn: &str, password: &str) -> Vec<u8> {
    let element = |tag: u8, content: &[u8]| {
        let length = u8::try_from(content.len()).ok().filter(|length| *length < 128);
        let mut bytes = vec![tag, length.expect("short texts")];
        bytes.extend_from_slice(content);
        bytes
    };
    let version = element(0x02, &[3]);
    let bind = [version, element(0x04, dn.as_bytes()), element(0x80, password.as_bytes())];
    let message = [element(0x02, &[number]), element(0x60, &bind.concat())];
    element(0x30, &message.concat())
}

/// The row of bare binds.
pub struct BareBind<'a> {
    /// Where slapd runs.
    pub world: &'a World,
    /// Whose passwords are checked in turn.
    pub people: Vec<Person>,
}

impl Row for BareBind<'_> {
    fn section(&self) -> Section {
        Section::Floor
    }

    fn group(&self) -> &str {
        "no PAM"
    }

    fn words(&self) -> &str {
        "bare bind, ldap"
    }

    fn callers(&self) -> usize {
        1
    }

    fn check(&self) -> Result<(), String> {
        let dn = self.people[0].dn();
        let (right, wrong) = self
            .world
            .inside(|| {
                let mut connection = Connection::open(self.world)?;
                Ok::<_, io::Error>((
                    connection.bind(&dn, PASSWORD)?,
                    connection.bind(&dn, "wrong")?,
                ))
            })
            .map_err(|error| error.to_string())?;
        if right && !wrong { Ok(()) } else { Err("slapd takes other passwords".to_owned()) }
    }

    fn run(&self, logins: usize) -> PamLoadOutcome {
        let measured = self.world.inside(|| {
            let mut connection = Connection::open(self.world)?;
            let mut outcome = PamLoadOutcome::default();
            let all = Instant::now();
            for person in self.people.iter().cycle().take(logins) {
                let dn = person.dn();
                let begin = Instant::now();
                let right = connection.bind(&dn, PASSWORD)?;
                outcome.nanos.push(u64::try_from(begin.elapsed().as_nanos()).unwrap_or(u64::MAX));
                if !right {
                    *outcome.refusals.entry("refused".to_owned()).or_default() += 1;
                }
            }
            outcome.seconds = all.elapsed().as_secs_f64();
            outcome.rate = outcome.nanos.len() as f64 / outcome.seconds;
            Ok::<_, io::Error>(outcome)
        });
        measured.unwrap_or_else(|error| PamLoadOutcome {
            refusals: BTreeMap::from([(error.to_string(), 1)]),
            ..PamLoadOutcome::default()
        })
    }
}

/// Has so many connections bind again and again while `work` is done.
pub fn beside_binds<T: Send>(
    world: &World,
    people: &[Person],
    connections: usize,
    work: impl FnOnce() -> T,
) -> T {
    let enough = AtomicBool::new(false);
    thread::scope(|scope| {
        for number in 0..connections {
            let enough = &enough;
            scope.spawn(move || {
                world.inside(|| {
                    let mut connection = Connection::open(world).expect("slapd listens");
                    for person in people.iter().cycle().skip(number) {
                        if enough.load(Ordering::Relaxed) {
                            return;
                        }
                        connection.bind(&person.dn(), PASSWORD).expect("slapd answers");
                    }
                });
            });
        }
        let result = work();
        enough.store(true, Ordering::Relaxed);
        result
    })
}

#[cfg(test)]
mod tests {
    use super::request;

    /// As OpenLDAP writes it.
    #[test]
    fn a_bind_is_a_message_of_version_name_and_password() {
        let bytes = request(1, "cn=a", "pw");
        let expected: &[u8] = b"\x30\x12\x02\x01\x01\x60\x0d\x02\x01\x03\x04\x04cn=a\x80\x02pw";
        assert_eq!(bytes, expected);
    }
}
