//! Where browsers or a proxy connect.

use std::fs::Permissions;
use std::io;
use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::path::Path;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, UnixListener, UnixStream};

use crate::address::Peer;
use crate::settings::Listen;

/// A stream of bytes, of whatever kind.
pub trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// What takes connections.
#[derive(Debug)]
pub enum Listener {
    /// On an address.
    Address(TcpListener),
    /// On a Unix socket.
    Socket(UnixListener),
}

impl Listener {
    /// Listens. A socket that a killed portal has left behind is replaced. Its owner and its group may connect to it: the
    /// group is that of the proxy.
    ///
    /// # Errors
    /// A sentence that says what is in the way.
    pub async fn open(listen: &Listen) -> Result<Self, String> {
        match listen {
            Listen::Address(address) => TcpListener::bind(address)
                .await
                .map(Self::Address)
                .map_err(|error| format!("cannot listen on {address}: {error}")),
            Listen::Socket(path) => Self::socket(path)
                .await
                .map_err(|error| format!("cannot listen on {}: {error}", path.display())),
        }
    }

    async fn socket(path: &Path) -> io::Result<Self> {
        if let Ok(data) = std::fs::symlink_metadata(path) {
            if !data.file_type().is_socket() || UnixStream::connect(path).await.is_ok() {
                return Err(io::ErrorKind::AddrInUse.into());
            }
            std::fs::remove_file(path)?;
        }
        let listener = UnixListener::bind(path)?;
        std::fs::set_permissions(path, Permissions::from_mode(0o660))?;
        Ok(Self::Socket(listener))
    }

    /// Waits for a connection.
    ///
    /// # Errors
    /// When there is no descriptor left, above all.
    pub async fn accept(&self) -> io::Result<(Box<dyn Stream>, Peer)> {
        match self {
            Self::Address(listener) => {
                let (stream, address) = listener.accept().await?;
                // An answer is one write; waiting for more to send only delays it.
                let _may_be_closed = stream.set_nodelay(true);
                Ok((Box::new(stream), Peer::Address(address)))
            }
            Self::Socket(listener) => {
                let (stream, _) = listener.accept().await?;
                Ok((Box::new(stream), Peer::Socket))
            }
        }
    }

    /// The address that it listens on, where it is one.
    #[cfg(test)]
    #[must_use]
    pub fn address(&self) -> Option<std::net::SocketAddr> {
        match self {
            Self::Address(listener) => listener.local_addr().ok(),
            Self::Socket(_) => None,
        }
    }
}
