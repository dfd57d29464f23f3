//! The map as memory that the engine lends.

use std::fs::{File, set_permissions};
use std::io::{self, IoSlice, Read};
use std::os::fd::AsRawFd;
use std::os::unix::fs::{FileExt, MetadataExt, PermissionsExt};
use std::os::unix::net::UnixListener;
use std::thread;

use monk_wire::names::MEMORY_SOCKET;
use monk_wire::names::map::{Header, PAGE};
use monk_wire::names::memory::{BYTE, INODE, LENGTH, WRITTEN};
use nix::fcntl::{FcntlArg, SealFlag, fcntl};
use nix::sys::memfd::{MFdFlags, memfd_create};
use nix::sys::socket::{ControlMessage, MsgFlags, sendmsg};

use crate::written::Map;

pub(crate) struct Memory(File);

impl Memory {
    /// Lends a copy of the map to everybody who connects.
    pub(crate) fn lend(map: &Map) -> io::Result<Self> {
        let flags = MFdFlags::MFD_CLOEXEC | MFdFlags::MFD_ALLOW_SEALING;
        let file = File::from(memfd_create("monk-names", flags)?);
        let mut bytes = Vec::with_capacity(LENGTH);
        (&map.0).read_to_end(&mut bytes)?;
        let metadata = map.0.metadata()?;
        bytes[INODE..INODE + 8].copy_from_slice(&metadata.ino().to_le_bytes());
        bytes[INODE + 8..INODE + 16].copy_from_slice(&metadata.dev().to_le_bytes());
        bytes[WRITTEN..PAGE].fill(0xff);
        file.write_all_at(&bytes, 0)?;
        fcntl(&file, FcntlArg::F_ADD_SEALS(SealFlag::F_SEAL_SHRINK | SealFlag::F_SEAL_GROW))?;
        let lent = file.try_clone()?;
        let listener = UnixListener::bind(MEMORY_SOCKET)?;
        set_permissions(MEMORY_SOCKET, PermissionsExt::from_mode(0o666))?;
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let descriptors = [lent.as_raw_fd()];
                let rights = [ControlMessage::ScmRights(&descriptors)];
                let part = [IoSlice::new(&[BYTE])];
                // Whoever has gone needs none.
                let _ = sendmsg::<()>(stream.as_raw_fd(), &part, &rights, MsgFlags::empty(), None);
            }
        });
        Ok(Self(file))
    }

    /// Shows that the engine is alive, as the map does.
    pub(crate) fn beat(&self, heartbeat: u64) -> io::Result<()> {
        let header = Header { generation: 1, heartbeat };
        self.0.write_all_at(&header.to_bytes(), 0)
    }
}
