//! Connecting to the engine, and to nobody else.

use std::fs;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::time::Instant;

use crate::failure::Failure;
use crate::socket::{connect, peer_of};

/// What a call that has failed says of the engine.
pub(crate) fn failure(error: io::Error) -> Failure {
    match error.kind() {
        io::ErrorKind::NotFound => Failure::Absent,
        io::ErrorKind::TimedOut => Failure::Silent,
        _ => Failure::CannotTell,
    }
}

/// Connects to a socket of the engine, which another process than this one listens to.
///
/// # Errors
/// [`Failure`]; also where this process is the engine itself, which never answers its own questions.
pub(crate) fn connect_to_engine(
    path: &str,
    own_pid: i32,
    deadline: Instant,
) -> Result<OwnedFd, Failure> {
    let owner = owner_of_folder(path)?;
    let socket = connect(path, deadline).map_err(failure)?;
    let peer = peer_of(&socket).map_err(failure)?;
    let is_engine = peer.pid != own_pid && (peer.uid == 0 || peer.uid == owner);
    if is_engine { Ok(socket) } else { Err(Failure::CannotTell) }
}

/// Who owns the folder of the socket. Others cannot write there, or anybody could be behind the socket.
fn owner_of_folder(socket: &str) -> Result<u32, Failure> {
    let folder = Path::new(socket).parent().ok_or(Failure::CannotTell)?;
    let metadata = fs::symlink_metadata(folder).map_err(failure)?;
    if !metadata.is_dir() || metadata.mode() & 0o022 != 0 {
        return Err(Failure::CannotTell);
    }
    Ok(metadata.uid())
}
