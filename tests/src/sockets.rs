//! The sockets of a world, as the kernel shows those of one of its processes.

use std::fs;

/// TCP_LISTEN, as the kernel counts states.
const LISTENING: u8 = 0x0a;

struct TcpSocket {
    port: u16,
    state: u8,
    /// Bytes that have come and are not read yet.
    unread: u32,
}

impl TcpSocket {
    /// Reads one line of `/proc/net/tcp`: `sl local_address rem_address st tx_queue:rx_queue …`, where an
    /// address is `ADDRESS:PORT`, all in hexadecimal.
    fn read(line: &str) -> Option<Self> {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let (_, port) = fields.get(1)?.rsplit_once(':')?;
        let (_, unread) = fields.get(4)?.split_once(':')?;
        Some(Self {
            port: u16::from_str_radix(port, 16).ok()?,
            state: u8::from_str_radix(fields.get(3)?, 16).ok()?,
            unread: u32::from_str_radix(unread, 16).ok()?,
        })
    }
}

/// Whether something listens on a TCP port.
pub(crate) fn is_listening(process: u32, port: u16) -> bool {
    any_tcp(process, |socket| socket.port == port && socket.state == LISTENING)
}

/// Whether what listens on a TCP port has been sent something that it has not read.
pub(crate) fn has_unread(process: u32, port: u16) -> bool {
    any_tcp(process, |socket| socket.port == port && socket.state != LISTENING && socket.unread > 0)
}

/// Whether something listens on a Unix socket.
pub(crate) fn is_listening_at(process: u32, path: &str) -> bool {
    table(process, "unix").lines().any(|socket| listens_at(socket, path))
}

fn any_tcp(process: u32, is_wanted: impl Fn(&TcpSocket) -> bool) -> bool {
    ["tcp", "tcp6"].iter().any(|name| {
        table(process, name).lines().filter_map(TcpSocket::read).any(|socket| is_wanted(&socket))
    })
}

fn table(process: u32, name: &str) -> String {
    fs::read_to_string(format!("/proc/{process}/net/{name}")).unwrap_or_default()
}

/// Reads one line of `/proc/net/unix`: `Num RefCount Protocol Flags Type St Inode Path`, where the
/// flag 00010000 means that the socket listens.
fn listens_at(line: &str, path: &str) -> bool {
    let mut fields = line.split_whitespace();
    fields.nth(3) == Some("00010000") && fields.nth(3) == Some(path)
}
