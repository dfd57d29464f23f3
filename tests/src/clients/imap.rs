//! A very small IMAP client of this process, for many logins at the same moment.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

/// The longest line a server may send before this client gives up.
const LONGEST_LINE: u64 = 8192;

/// The tag of the only command.
const TAG: &str = "a1";

/// How a password is sent (RFC 3501, section 4.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ImapPassword {
    /// `"…"`
    Quoted,
    /// `{length}`, then, after the server has agreed, the bytes.
    Literal,
}

/// The server's answer to LOGIN, with its words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ImapAnswer {
    /// The user is in.
    Ok(String),
    /// The user is not.
    No(String),
    /// The server did not understand.
    Bad(String),
}

/// Logs in over plain TCP, within `limit`, and hangs up.
///
/// It connects from the calling thread's network: call it within
/// [`World::inside`](crate::World::inside).
///
/// # Errors
/// When there is no connection, or no complete answer within `limit`.
pub fn imap_login(
    address: SocketAddr,
    user: &str,
    password: &str,
    form: ImapPassword,
    limit: Duration,
) -> io::Result<ImapAnswer> {
    let mut connection = Connection::open(address, limit)?;
    connection.line()?; // the greeting
    let user = quoted(user);
    match form {
        ImapPassword::Quoted => {
            connection.send(format!("{TAG} LOGIN {user} {}\r\n", quoted(password)).as_bytes())?;
            connection.outcome()
        }
        ImapPassword::Literal => connection.login_with_literal(&user, password.as_bytes()),
    }
}

/// Logs in as [`imap_login`] does, with a password that need not be text, as a literal.
///
/// # Errors
/// As [`imap_login`].
pub fn imap_login_with_bytes(
    address: SocketAddr,
    user: &str,
    password: &[u8],
    limit: Duration,
) -> io::Result<ImapAnswer> {
    let mut connection = Connection::open(address, limit)?;
    connection.line()?; // the greeting
    connection.login_with_literal(&quoted(user), password)
}

/// A mail program that stays logged in, as long as this is there.
pub struct ImapSession(Connection);

impl ImapSession {
    /// Logs in as [`imap_login`] does, and stays.
    ///
    /// # Errors
    /// As [`imap_login`], and when the user is refused.
    pub fn open(
        address: SocketAddr,
        user: &str,
        password: &str,
        limit: Duration,
    ) -> io::Result<Self> {
        let mut connection = Connection::open(address, limit)?;
        connection.line()?; // the greeting
        let login = format!("{TAG} LOGIN {} {}\r\n", quoted(user), quoted(password));
        connection.send(login.as_bytes())?;
        match connection.outcome()? {
            ImapAnswer::Ok(_) => Ok(Self(connection)),
            ImapAnswer::No(words) | ImapAnswer::Bad(words) => Err(unexpected(&words)),
        }
    }

    /// Whether the server still answers, within `limit`.
    pub fn answers(&mut self, limit: Duration) -> bool {
        self.0.end = Instant::now() + limit;
        let sent = self.0.send(format!("{TAG} NOOP\r\n").as_bytes());
        sent.is_ok() && matches!(self.0.outcome(), Ok(ImapAnswer::Ok(_)))
    }
}

struct Connection {
    stream: BufReader<TcpStream>,
    end: Instant,
}

impl Connection {
    fn open(address: SocketAddr, limit: Duration) -> io::Result<Self> {
        let end = Instant::now() + limit;
        let stream = TcpStream::connect_timeout(&address, limit)?;
        stream.set_nodelay(true)?;
        stream.set_write_timeout(Some(limit))?;
        Ok(Self { stream: BufReader::new(stream), end })
    }

    fn login_with_literal(&mut self, user: &str, password: &[u8]) -> io::Result<ImapAnswer> {
        self.send(format!("{TAG} LOGIN {user} {{{}}}\r\n", password.len()).as_bytes())?;
        let consent = self.line()?;
        if !consent.starts_with('+') {
            return answer(&consent).ok_or_else(|| unexpected(&consent));
        }
        self.send(&[password, b"\r\n"].concat())?;
        self.outcome()
    }

    /// The server's answer, after what it tells besides.
    fn outcome(&mut self) -> io::Result<ImapAnswer> {
        loop {
            let line = self.line()?;
            if let Some(answer) = answer(&line) {
                return Ok(answer);
            }
            if !line.starts_with('*') {
                return Err(unexpected(&line));
            }
        }
    }

    fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.get_mut().write_all(bytes)
    }

    fn line(&mut self) -> io::Result<String> {
        let left = self.end.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(io::ErrorKind::TimedOut.into());
        }
        self.stream.get_ref().set_read_timeout(Some(left))?;
        let mut line = String::new();
        (&mut self.stream).take(LONGEST_LINE).read_line(&mut line)?;
        if line.ends_with('\n') {
            Ok(line.trim_end().to_owned())
        } else {
            Err(io::ErrorKind::UnexpectedEof.into())
        }
    }
}

/// Reads a tagged answer.
fn answer(line: &str) -> Option<ImapAnswer> {
    let (status, words) = line.strip_prefix(TAG)?.trim_start().split_once(' ')?;
    match status {
        "OK" => Some(ImapAnswer::Ok(words.to_owned())),
        "NO" => Some(ImapAnswer::No(words.to_owned())),
        "BAD" => Some(ImapAnswer::Bad(words.to_owned())),
        _ => None,
    }
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

fn unexpected(line: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("the IMAP server says {line:?}"))
}
