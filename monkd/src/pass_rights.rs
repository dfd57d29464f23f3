//! Sockets to which nobody can pass descriptors.

use std::io;
use std::mem::size_of;
use std::os::fd::AsRawFd;

/// Whether the kernel lets others pass descriptors to a socket (since Linux 6.16).
const SO_PASSRIGHTS: libc::c_int = 83;

/// Has the kernel refuse descriptors that somebody passes along (`SCM_RIGHTS`, unix(7)) to this socket
/// and to those that it accepts. [`porter`](crate::porter) says what they could do.
///
/// # Errors
/// That of the system call: `ENOPROTOOPT` from older kernels.
pub fn refuse_descriptors(socket: &impl AsRawFd) -> io::Result<()> {
    let no: libc::c_int = 0;
    // SAFETY: `no` is readable for its size, and outlives the call.
    let result = unsafe {
        libc::setsockopt(
            socket.as_raw_fd(),
            libc::SOL_SOCKET,
            SO_PASSRIGHTS,
            (&raw const no).cast(),
            size_of::<libc::c_int>() as libc::socklen_t,
        )
    };
    if result < 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
}
