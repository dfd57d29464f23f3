//! The socket at which the map is lent as memory. Nothing is asked there: whoever connects is sent the descriptor
//! that everybody may have, and the connection ends.

use std::fs::File;
use std::io::{self, IoSlice};
use std::os::fd::AsRawFd;
use std::path::{Path, PathBuf};

use monk_wire::names::memory::BYTE;
use nix::sys::socket::{ControlMessage, MsgFlags, sendmsg};
use tokio::net::UnixStream;

use crate::door::Door;

/// Where the socket is, beside the map.
#[must_use]
pub fn socket(map: &Path) -> PathBuf {
    let mut name = map.to_owned().into_os_string();
    name.push(".sock");
    name.into()
}

/// Sends the descriptor to somebody who has connected, and ends the connection.
pub fn lend(door: &Door, stream: UnixStream, memory: Option<&File>) {
    // Who does not take it reads the file.
    let _ = memory.map(|memory| send(&stream, memory));
    if let Ok(peer) = stream.peer_cred() {
        door.turn_away(stream, peer);
    }
}

/// A connection that has just begun has room for one byte: nobody waits.
fn send(stream: &UnixStream, memory: &File) -> io::Result<()> {
    let descriptors = [memory.as_raw_fd()];
    let message = [ControlMessage::ScmRights(&descriptors)];
    let flags = MsgFlags::MSG_DONTWAIT | MsgFlags::MSG_NOSIGNAL;
    sendmsg::<()>(stream.as_raw_fd(), &[IoSlice::new(&[BYTE])], &message, flags, None)?;
    Ok(())
}
