//! The log of a world: what its programs write to `/dev/log`.

use std::fmt;
use std::fs::{self, Permissions};
use std::io;
use std::net::Shutdown;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixDatagram;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

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

impl fmt::Display for LogLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<{}.{}> {}: {}", self.facility, self.severity, self.tag, self.text)
    }
}

/// The socket, and what came through it.
pub(crate) struct Syslog {
    socket: UnixDatagram,
    lines: Arc<Mutex<Vec<LogLine>>>,
}

impl Syslog {
    /// Makes the world's `/dev/log` and collects from it until it is dropped.
    pub(crate) fn start(namespaces: &Namespaces) -> io::Result<Self> {
        let socket = namespaces.run(Errand::Code, || {
            let socket = UnixDatagram::bind(SOCKET)?;
            fs::set_permissions(SOCKET, Permissions::from_mode(0o666))?;
            io::Result::Ok(socket)
        })??;
        let lines = Arc::new(Mutex::new(Vec::new()));
        let (source, collected) = (socket.try_clone()?, Arc::clone(&lines));
        thread::spawn(move || collect(&source, &collected));
        Ok(Self { socket, lines })
    }

    pub(crate) fn lines(&self) -> Vec<LogLine> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Drop for Syslog {
    fn drop(&mut self) {
        // Wakes the collecting thread, which then ends.
        let _ = self.socket.shutdown(Shutdown::Both);
    }
}

/// Reads messages until the socket is shut down, which shows as an empty one.
fn collect(socket: &UnixDatagram, lines: &Mutex<Vec<LogLine>>) {
    let mut message = vec![0; LONGEST_MESSAGE];
    while let Ok(length @ 1..) = socket.recv(&mut message) {
        let line = LogLine::parse(&String::from_utf8_lossy(&message[..length]));
        lines.lock().unwrap_or_else(PoisonError::into_inner).push(line);
    }
}

#[cfg(test)]
mod tests {
    use super::LogLine;

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
