//! The log of a world: what its programs write to `/dev/log`, where no systemd keeps a journal.

use std::fmt;
use std::fs::{self, Permissions};
use std::io;
use std::net::Shutdown;
use std::os::fd::AsFd;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixDatagram;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use serde_json::Value;

use crate::namespace::{Errand, Namespaces};

/// Where programs send their log. The world has a `/dev` of its own.
const SOCKET: &str = "/dev/log";

/// Longer messages are cut. No program here writes any.
const LONGEST_MESSAGE: usize = 65_536;

/// One line of the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogLine {
    /// The facility's number: 4 is `auth`, 10 `authpriv`, 3 `daemon`.
    pub facility: u8,
    /// The severity's number: 3 is an error, 4 a warning, 5 a notice, 6 information.
    pub severity: u8,
    /// The program, without its process id.
    pub tag: String,
    /// The text.
    pub text: String,
}

impl LogLine {
    /// Reads what syslog(3) sends: `<PRIORITY>Mmm dd hh:mm:ss TAG[PID]: TEXT`.
    fn parse(message: &str) -> Self {
        let (priority, rest) = message
            .strip_prefix('<')
            .and_then(|rest| rest.split_once('>'))
            .and_then(|(priority, rest)| Some((priority.parse::<u8>().ok()?, rest)))
            .unwrap_or((0, message));
        // The time has 15 characters and a blank after it.
        let rest = rest.get(16..).unwrap_or(rest);
        let (tag, text) = rest.split_once(": ").unwrap_or(("", rest));
        let tag = tag.split('[').next().unwrap_or(tag);
        let text = text.trim_end_matches(['\n', '\0']);
        Self {
            facility: priority >> 3,
            severity: priority & 7,
            tag: tag.to_owned(),
            text: text.to_owned(),
        }
    }
}

impl LogLine {
    /// Reads one entry of a journal, as `journalctl --output=json` writes it. What is no text is left out.
    pub(crate) fn of_journal(entry: &str) -> Option<Self> {
        let entry: Value = serde_json::from_str(entry).ok()?;
        let text = |name: &str| entry.get(name)?.as_str().map(str::to_owned);
        let number = |name: &str| text(name).and_then(|number| number.parse().ok());
        Some(Self {
            facility: number("SYSLOG_FACILITY").unwrap_or_default(),
            severity: number("PRIORITY").unwrap_or_default(),
            tag: text("SYSLOG_IDENTIFIER").unwrap_or_default(),
            text: text("MESSAGE")?,
        })
    }
}

impl fmt::Display for LogLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<{}.{}> {}: {}", self.facility, self.severity, self.tag, self.text)
    }
}

/// The socket, and what came through it.
pub(crate) struct Syslog {
    inbox: Arc<Inbox>,
}

/// Messages are only ever taken from the socket by who holds `lines`, so that none is between the two.
struct Inbox {
    socket: UnixDatagram,
    lines: Mutex<Vec<LogLine>>,
}

impl Syslog {
    /// Makes the world's `/dev/log` and collects from it until it is dropped.
    pub(crate) fn start(namespaces: &Namespaces) -> io::Result<Self> {
        let socket = namespaces.run(Errand::Code, || {
            let socket = UnixDatagram::bind(SOCKET)?;
            fs::set_permissions(SOCKET, Permissions::from_mode(0o666))?;
            io::Result::Ok(socket)
        })??;
        Self::collect_from(socket)
    }

    fn collect_from(socket: UnixDatagram) -> io::Result<Self> {
        socket.set_nonblocking(true)?;
        let inbox = Arc::new(Inbox { socket, lines: Mutex::default() });
        let collected = Arc::clone(&inbox);
        thread::spawn(move || collected.collect());
        Ok(Self { inbox })
    }

    /// All that was sent before, without the first so many lines: a line is there as soon as syslog(3) has
    /// returned.
    pub(crate) fn lines_since(&self, first: usize) -> Vec<LogLine> {
        let mut lines = self.inbox.lock();
        self.inbox.take(&mut lines);
        lines.get(first..).unwrap_or_default().to_vec()
    }
}

impl Drop for Syslog {
    fn drop(&mut self) {
        // Wakes the collecting thread, which then ends.
        let _ = self.inbox.socket.shutdown(Shutdown::Both);
    }
}

impl Inbox {
    fn lock(&self) -> MutexGuard<'_, Vec<LogLine>> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps the socket's buffer empty until the socket is shut down.
    fn collect(&self) {
        loop {
            let mut wanted = [PollFd::new(self.socket.as_fd(), PollFlags::POLLIN)];
            let polled = poll(&mut wanted, PollTimeout::NONE);
            if !matches!(polled, Ok(_) | Err(Errno::EINTR)) || !self.take(&mut self.lock()) {
                return;
            }
        }
    }

    /// Takes what is there, without waiting for more. False where the socket is shut down, which shows as
    /// an empty message.
    fn take(&self, lines: &mut Vec<LogLine>) -> bool {
        let mut message = vec![0; LONGEST_MESSAGE];
        loop {
            match self.socket.recv(&mut message) {
                Ok(0) => return false,
                Ok(length) => {
                    lines.push(LogLine::parse(&String::from_utf8_lossy(&message[..length])));
                }
                Err(error) => return error.kind() == io::ErrorKind::WouldBlock,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::net::UnixDatagram;

    use super::{LogLine, Syslog};

    #[test]
    fn what_was_sent_before_is_in_the_log() {
        let (program, log) = UnixDatagram::pair().expect("two sockets");
        let syslog = Syslog::collect_from(log).expect("a thread");
        for number in 1..=2000 {
            program.send(b"<38>Nov  1 10:20:30 monkd[1]: login").expect("a reader");
            assert_eq!(syslog.lines_since(0).len(), number);
        }
    }

    #[test]
    fn a_line_of_syslog_is_taken_apart() {
        let line =
            LogLine::parse("<86>Nov  1 10:20:30 sshd[123]: pam_unix(sshd:session): opened: yes\0");
        assert_eq!((line.facility, line.severity), (10, 6));
        assert_eq!(
            (line.tag.as_str(), line.text.as_str()),
            ("sshd", "pam_unix(sshd:session): opened: yes")
        );
    }
}
