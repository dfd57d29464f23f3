//! Sockets with the manners of a guest in somebody else's process: descriptors above 2, closed
//! on exec, no SIGPIPE, never blocking beyond a time limit.

use std::ffi::OsStr;
use std::io;
use std::mem::{MaybeUninit, size_of};
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

/// The lowest descriptor that is not standard input, output or error. A host that has closed
/// those would otherwise write its own output into our socket.
const FIRST_FREE: RawFd = 3;

/// The process at the other end of a socket, as the kernel saw it when they were connected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Peer {
    /// Effective user id.
    pub uid: u32,
    /// Process id.
    pub pid: i32,
}

/// Who is at the other end (`SO_PEERCRED`, unix(7)).
///
/// # Errors
/// That of the system call.
pub fn peer_of(socket: &impl AsRawFd) -> io::Result<Peer> {
    let mut credentials = MaybeUninit::<libc::ucred>::zeroed();
    let mut length = size_of::<libc::ucred>() as libc::socklen_t;
    // SAFETY: `credentials` is writable for `length` bytes, and both pointers outlive the call.
    let result = unsafe {
        libc::getsockopt(
            socket.as_raw_fd(),
            libc::SOL_SOCKET,
            libc::SO_PEERCRED,
            credentials.as_mut_ptr().cast(),
            &raw mut length,
        )
    };
    check(result)?;
    // SAFETY: zeroed bytes are a valid `ucred` of integers, and the kernel has filled it in.
    let credentials = unsafe { credentials.assume_init() };
    Ok(Peer { uid: credentials.uid, pid: credentials.pid })
}

/// The effective user id of this process.
pub fn effective_uid() -> u32 {
    // SAFETY: geteuid has no preconditions and cannot fail.
    unsafe { libc::geteuid() }
}

/// Connects to the engine's socket and makes sure that it is the engine's.
///
/// The socket must be a socket and not a link, in a folder that nobody but its owner can write and
/// that nobody but root can have put there, and the process behind it must be root's or that
/// owner's.
///
/// # Errors
/// `NotFound` or `ConnectionRefused` when no engine listens; `PermissionDenied` when what listens
/// is not to be trusted; `TimedOut`.
pub(crate) fn connect(path: &Path, timeout: Duration) -> io::Result<UnixStream> {
    let owner = trusted_owner(path)?;
    let stream = dial(path, timeout)?;
    let peer = peer_of(&stream)?;
    if peer.uid != 0 && peer.uid != owner {
        return Err(io::ErrorKind::PermissionDenied.into());
    }
    Ok(stream)
}

/// The owner of the socket's folder, where nobody else has a say in what it contains. The engine runs as that
/// owner, or as root.
///
/// # Errors
/// `NotFound` when there is no socket; `PermissionDenied` when somebody else could have put it there.
pub fn trusted_owner(path: &Path) -> io::Result<u32> {
    let denied = || io::Error::from(io::ErrorKind::PermissionDenied);
    let entry = std::fs::symlink_metadata(path)?;
    let parent = path.parent().ok_or_else(denied)?;
    let folder = std::fs::symlink_metadata(parent)?;
    if !entry.file_type().is_socket() || !folder.is_dir() || folder.mode() & 0o022 != 0 {
        return Err(denied());
    }
    // In /tmp everybody can make a folder of the engine's name before the engine does.
    for above in parent.ancestors().skip(1) {
        let above = std::fs::metadata(above)?;
        if above.uid() != 0 || above.mode() & 0o022 != 0 {
            return Err(denied());
        }
    }
    Ok(folder.uid())
}

/// Connects within `timeout`.
fn dial(path: &Path, timeout: Duration) -> io::Result<UnixStream> {
    let stream = UnixStream::from(new_socket()?);
    // Also bounds connect(2): a full backlog would block it for ever.
    stream.set_write_timeout(Some(at_least_a_moment(timeout)))?;
    let (address, length) = address_of(path.as_os_str())?;
    // SAFETY: `address` is a valid `sockaddr_un` of `length` bytes that outlives the call.
    let result = unsafe { libc::connect(stream.as_raw_fd(), (&raw const address).cast(), length) };
    check(result)?;
    Ok(stream)
}

/// Sends all of `bytes` without ever raising SIGPIPE.
///
/// # Errors
/// The system call's; after one, a part may have been sent.
pub(crate) fn send_all(stream: &UnixStream, mut bytes: &[u8]) -> io::Result<()> {
    while !bytes.is_empty() {
        // SAFETY: `bytes` is readable for its length during the call.
        let sent = unsafe {
            libc::send(stream.as_raw_fd(), bytes.as_ptr().cast(), bytes.len(), libc::MSG_NOSIGNAL)
        };
        match usize::try_from(sent) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(sent) => bytes = &bytes[sent..],
            Err(_) => match io::Error::last_os_error() {
                error if error.kind() == io::ErrorKind::Interrupted => {}
                error => return Err(error),
            },
        }
    }
    Ok(())
}

/// Moves a descriptor out of the range of standard input, output and error.
///
/// # Errors
/// The system call's, such as no descriptor that is free.
pub fn above_standard(fd: OwnedFd) -> io::Result<OwnedFd> {
    if fd.as_raw_fd() >= FIRST_FREE {
        return Ok(fd);
    }
    // SAFETY: F_DUPFD_CLOEXEC takes an integer and has no other preconditions.
    let moved = unsafe { libc::fcntl(fd.as_raw_fd(), libc::F_DUPFD_CLOEXEC, FIRST_FREE) };
    check(moved)?;
    // SAFETY: the call has just opened `moved`, and nobody else owns it.
    Ok(unsafe { OwnedFd::from_raw_fd(moved) })
}

/// A time limit of zero means "for ever" to the kernel.
pub(crate) fn at_least_a_moment(timeout: Duration) -> Duration {
    timeout.max(Duration::from_millis(1))
}

fn new_socket() -> io::Result<OwnedFd> {
    // SAFETY: the call takes integers only.
    let fd = unsafe { libc::socket(libc::AF_UNIX, libc::SOCK_STREAM | libc::SOCK_CLOEXEC, 0) };
    check(fd)?;
    // SAFETY: the call has just opened `fd`, and nobody else owns it.
    above_standard(unsafe { OwnedFd::from_raw_fd(fd) })
}

fn address_of(path: &OsStr) -> io::Result<(libc::sockaddr_un, libc::socklen_t)> {
    // SAFETY: all-zero bytes are a valid `sockaddr_un` of integers.
    let mut address: libc::sockaddr_un = unsafe { std::mem::zeroed() };
    address.sun_family = libc::AF_UNIX as libc::sa_family_t;
    let bytes = path.as_bytes();
    // The last byte stays zero.
    if bytes.len() >= address.sun_path.len() || bytes.contains(&0) {
        return Err(io::ErrorKind::InvalidInput.into());
    }
    for (to, from) in address.sun_path.iter_mut().zip(bytes) {
        *to = *from as libc::c_char;
    }
    Ok((address, size_of::<libc::sockaddr_un>() as libc::socklen_t))
}

fn check(result: libc::c_int) -> io::Result<()> {
    if result < 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use std::io::Read;
    use std::os::unix::fs::PermissionsExt;
    use std::os::unix::net::UnixListener;

    use super::*;

    #[test]
    fn a_socket_knows_its_peer_and_sends_without_a_signal() {
        let (mut ours, theirs) = UnixStream::pair().unwrap();
        assert_eq!(peer_of(&theirs).unwrap().uid, effective_uid());
        send_all(&theirs, b"hello").unwrap();
        drop(theirs);
        let mut text = String::new();
        ours.read_to_string(&mut text).unwrap();
        assert_eq!(text, "hello");
        assert!(send_all(&ours, b"x").is_err(), "and SIGPIPE does not end this test");
    }

    #[test]
    fn links_and_sockets_where_others_can_write_are_not_trusted() {
        let folder = tempfile::tempdir().unwrap();
        let (path, link) = (folder.path().join("s"), folder.path().join("link"));
        let _listener = UnixListener::bind(&path).unwrap();
        std::os::unix::fs::symlink(&path, &link).unwrap();
        let limit = Duration::from_secs(1);
        assert!(dial(&path, limit).is_ok());
        // Even a folder of its own: anybody could have made it, where everybody has temporary files.
        for mode in [0o755, 0o775, 0o777] {
            std::fs::set_permissions(&folder, std::fs::Permissions::from_mode(mode)).unwrap();
            for path in [&path, &link] {
                let error = connect(path, limit).unwrap_err();
                assert_eq!(error.kind(), io::ErrorKind::PermissionDenied);
            }
        }
    }

    #[test]
    fn a_full_backlog_does_not_block_for_ever() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("s");
        let listener = UnixListener::bind(&path).unwrap();
        // SAFETY: listen takes integers only; the descriptor is open.
        assert_eq!(unsafe { libc::listen(listener.as_raw_fd(), 1) }, 0);
        let limit = Duration::from_millis(50);
        let waiting: Vec<_> = (0..8).map(|_| dial(&path, limit)).collect();
        assert!(waiting.iter().any(Result::is_err));
    }
}
