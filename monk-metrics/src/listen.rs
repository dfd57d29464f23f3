//! Where it listens: on this machine alone.

use std::fs::{self, Permissions};
use std::io;
use std::net::{SocketAddr, TcpListener as StdTcpListener};
use std::os::fd::AsFd;
use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::os::unix::net::{UnixListener as StdUnixListener, UnixStream};
use std::path::Path;

use tokio::net::{TcpListener, TcpStream, UnixListener};

/// The socket is for its owner and its group: that of the program that passes the metrics on.
const SOCKET_MODE: u32 = 0o660;

/// What takes connections.
#[derive(Debug)]
pub enum Listener {
    /// On an address of this machine.
    Address(TcpListener),
    /// On a Unix socket.
    Socket(UnixListener),
}

/// A connection, of whichever kind.
pub enum Stream {
    /// To an address.
    Address(TcpStream),
    /// To a Unix socket.
    Socket(tokio::net::UnixStream),
}

impl Listener {
    /// Listens at an address, or at `unix:PATH`. A socket that a killed program has left behind is replaced.
    ///
    /// # Errors
    /// A sentence that says what is in the way.
    pub fn open(place: &str) -> Result<Self, String> {
        let failed = |error: io::Error| format!("cannot listen on {place}: {error}");
        if let Some(path) = place.strip_prefix("unix:") {
            return Self::unix(bind(Path::new(path)).map_err(failed)?).map_err(failed);
        }
        let address: SocketAddr = place.parse().map_err(|_| {
            format!("{place} is no address with a port, and does not begin with unix:")
        })?;
        Self::address(StdTcpListener::bind(address).map_err(failed)?)
    }

    /// Takes over the socket that listens already, which a service manager has passed as standard input
    /// (`StandardInput=socket`).
    ///
    /// # Errors
    /// A sentence that says what to do.
    pub fn of_standard_input() -> Result<Self, String> {
        let input = io::stdin().as_fd().try_clone_to_owned().map_err(|error| error.to_string())?;
        let copy = input.try_clone().map_err(|error| error.to_string())?;
        let unix = StdUnixListener::from(input);
        if unix.local_addr().is_ok() {
            return Self::unix(unix).map_err(|error| error.to_string());
        }
        let address = StdTcpListener::from(copy);
        match address.local_addr() {
            Ok(_) => Self::address(address),
            Err(_) => {
                Err("standard input is no socket: say with --listen where to listen".to_owned())
            }
        }
    }

    fn address(listener: StdTcpListener) -> Result<Self, String> {
        let failed = |error: io::Error| error.to_string();
        let address = listener.local_addr().map_err(failed)?;
        if !address.ip().to_canonical().is_loopback() {
            return Err(format!(
                "{address} is not of this machine alone: listen on 127.0.0.1, and let a web server with TLS and a \
                 password pass it on"
            ));
        }
        listener.set_nonblocking(true).map_err(failed)?;
        TcpListener::from_std(listener).map(Self::Address).map_err(failed)
    }

    fn unix(listener: StdUnixListener) -> io::Result<Self> {
        listener.set_nonblocking(true)?;
        UnixListener::from_std(listener).map(Self::Socket)
    }

    /// Waits for a connection.
    ///
    /// # Errors
    /// When there is no descriptor left, above all.
    pub async fn accept(&self) -> io::Result<Stream> {
        match self {
            Self::Address(listener) => {
                listener.accept().await.map(|(stream, _)| Stream::Address(stream))
            }
            Self::Socket(listener) => {
                listener.accept().await.map(|(stream, _)| Stream::Socket(stream))
            }
        }
    }
}

fn bind(path: &Path) -> io::Result<StdUnixListener> {
    if let Ok(data) = fs::symlink_metadata(path) {
        if !data.file_type().is_socket() || UnixStream::connect(path).is_ok() {
            return Err(io::ErrorKind::AddrInUse.into());
        }
        fs::remove_file(path)?;
    }
    let listener = StdUnixListener::bind(path)?;
    fs::set_permissions(path, Permissions::from_mode(SOCKET_MODE))?;
    Ok(listener)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn it_listens_on_this_machine_alone() {
        for place in ["127.0.0.1:0", "[::1]:0"] {
            assert!(matches!(Listener::open(place), Ok(Listener::Address(_))), "{place}");
        }
        for place in ["0.0.0.0:0", "[::]:0", "[::ffff:0.0.0.0]:0", "9914", "localhost:9914", ""] {
            assert!(Listener::open(place).is_err(), "{place}");
        }
    }

    #[tokio::test]
    async fn a_socket_that_was_left_behind_is_replaced_and_nothing_else_is() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("metrics.sock");
        let place = format!("unix:{}", path.display());
        drop(StdUnixListener::bind(&path).unwrap());
        let first = Listener::open(&place).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, SOCKET_MODE);
        assert!(Listener::open(&place).is_err(), "somebody listens there");
        drop(first);
        fs::remove_file(&path).unwrap();
        fs::write(&path, "precious").unwrap();
        assert!(Listener::open(&place).is_err(), "a file is no socket");
    }
}
