//! A socket that everybody may connect to, and what protects the engine from those who do.

use std::fs::Permissions;
use std::io;
use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::path::Path;

use tokio::net::unix::UCred;
use tokio::net::{UnixListener, UnixStream};

use crate::outage::Outage;
use crate::pass_rights::refuse_descriptors;
use crate::porter::Porter;

/// What takes connections.
pub struct Door {
    listener: UnixListener,
    /// Where the kernel does not refuse descriptors that callers pass along.
    porter: Option<Porter>,
}

impl Door {
    /// Listens on a socket, in place of one that a killed engine has left behind.
    ///
    /// # Errors
    /// [`Outage::Setup`] says what is in the way.
    pub async fn open(path: &Path) -> Result<Self, Outage> {
        let listener = listen(path).await?;
        let porter = match refuse_descriptors(&listener) {
            Ok(()) => None,
            Err(_) => Some(Porter::start().map_err(|error| Outage::Setup(error.to_string()))?),
        };
        Ok(Self { listener, porter })
    }

    /// Waits for somebody to connect.
    ///
    /// # Errors
    /// When there is no descriptor left, above all.
    pub async fn accept(&self) -> io::Result<UnixStream> {
        self.listener.accept().await.map(|(stream, _)| stream)
    }

    /// The connection to somebody who may stay; `None` where there is no descriptor left for it.
    #[must_use]
    pub fn let_in(&self, stream: UnixStream, peer: UCred) -> Option<UnixStream> {
        match &self.porter {
            Some(porter) if peer.uid() != 0 => porter.carry(stream.into_std().ok()?).ok(),
            _ => Some(stream),
        }
    }

    /// Ends the connection to somebody who may not.
    pub fn turn_away(&self, stream: UnixStream, peer: UCred) {
        if let Some(porter) = &self.porter
            && peer.uid() != 0
            && let Ok(stream) = stream.into_std()
        {
            porter.close(stream);
        }
    }
}

/// Listens on the socket, in place of one that a killed engine has left behind.
async fn listen(path: &Path) -> Result<UnixListener, Outage> {
    let setup = |why: String| Outage::Setup(format!("{}: {why}", path.display()));
    if let Ok(metadata) = std::fs::symlink_metadata(path) {
        if !metadata.file_type().is_socket() {
            return Err(setup("is in the way, and no socket".into()));
        }
        if UnixStream::connect(path).await.is_ok() {
            return Err(setup("another engine listens there already".into()));
        }
        std::fs::remove_file(path).map_err(|error| setup(error.to_string()))?;
    }
    let listener = UnixListener::bind(path).map_err(|error| setup(error.to_string()))?;
    // Everybody may ask; who may ask for what is decided by the uid of the peer.
    std::fs::set_permissions(path, Permissions::from_mode(0o666))
        .map_err(|error| setup(error.to_string()))?;
    Ok(listener)
}
