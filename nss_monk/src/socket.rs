//! System calls with the manners of a guest in somebody else's process: descriptors above 2 that are closed on
//! exec, no SIGPIPE, and no waiting beyond a deadline, however many signals come.

use std::io;
use std::mem::{MaybeUninit, size_of};
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd};
use std::time::{Duration, Instant};

use libc::{c_int, c_void};

/// The lowest descriptor that is not standard input, output or error. A host that has closed those would
/// otherwise write its own output into our socket.
const FIRST_FREE: RawFd = 3;

/// The process at the other end of a socket, as the kernel saw it when they were connected.
pub(crate) struct Peer {
    pub(crate) uid: u32,
    /// 0 where the process is in another pid namespace.
    pub(crate) pid: i32,
}

/// Milliseconds since the boot (`CLOCK_BOOTTIME`), as the map counts them.
pub(crate) fn now_ms() -> u64 {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: `time` is writable during the call. Where it fails, it stays 0.
    let _ = unsafe { libc::clock_gettime(libc::CLOCK_BOOTTIME, &raw mut time) };
    u64::try_from(time.tv_sec).unwrap_or(0) * 1000
        + u64::try_from(time.tv_nsec).unwrap_or(0) / 1_000_000
}

/// Whether the caller is root.
pub(crate) fn is_root() -> bool {
    // SAFETY: geteuid has no preconditions and cannot fail.
    unsafe { libc::geteuid() == 0 }
}

/// The number of this process.
pub(crate) fn own_pid() -> i32 {
    // SAFETY: getpid has no preconditions and cannot fail.
    unsafe { libc::getpid() }
}

/// Moves a descriptor out of the range of standard input, output and error.
///
/// # Errors
/// The system call's, such as no descriptor that is free.
pub(crate) fn above_standard(fd: OwnedFd) -> io::Result<OwnedFd> {
    if fd.as_raw_fd() >= FIRST_FREE {
        return Ok(fd);
    }
    // SAFETY: F_DUPFD_CLOEXEC takes an integer and has no other preconditions.
    let moved = unsafe { libc::fcntl(fd.as_raw_fd(), libc::F_DUPFD_CLOEXEC, FIRST_FREE) };
    check(moved)?;
    // SAFETY: the call has just opened `moved`, and nobody else owns it.
    Ok(unsafe { OwnedFd::from_raw_fd(moved) })
}

/// Connects to a socket of the file system by the deadline.
///
/// # Errors
/// The system call's; `TimedOut`.
pub(crate) fn connect(path: &str, deadline: Instant) -> io::Result<OwnedFd> {
    let (address, length) = address_of(path)?;
    // SAFETY: the call takes integers only.
    let fd = unsafe { libc::socket(libc::AF_UNIX, libc::SOCK_STREAM | libc::SOCK_CLOEXEC, 0) };
    check(fd)?;
    // SAFETY: the call has just opened `fd`, and nobody else owns it.
    let socket = above_standard(unsafe { OwnedFd::from_raw_fd(fd) })?;
    loop {
        // A full backlog is waited for in connect(2) itself, which takes its limit from here.
        limit_sending(&socket, left(deadline)?)?;
        // SAFETY: `address` is a valid `sockaddr_un` of `length` bytes that outlives the call.
        let result =
            unsafe { libc::connect(socket.as_raw_fd(), (&raw const address).cast(), length) };
        match check(result) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                return Err(io::ErrorKind::TimedOut.into());
            }
            done => return done.map(|()| socket),
        }
    }
}

/// Who is at the other end (`SO_PEERCRED`, unix(7)).
///
/// # Errors
/// That of the system call.
pub(crate) fn peer_of(socket: &OwnedFd) -> io::Result<Peer> {
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

/// Sends all of `bytes` by the deadline, and never raises SIGPIPE.
///
/// # Errors
/// The system call's; `TimedOut`.
pub(crate) fn send_all(socket: &OwnedFd, bytes: &[u8], deadline: Instant) -> io::Result<()> {
    let mut sent = 0;
    while sent < bytes.len() {
        let rest = &bytes[sent..];
        // SAFETY: `rest` is readable for its length during the call.
        let result = unsafe {
            libc::send(
                socket.as_raw_fd(),
                rest.as_ptr().cast(),
                rest.len(),
                libc::MSG_NOSIGNAL | libc::MSG_DONTWAIT,
            )
        };
        match count(result) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(more) => sent += more,
            Err(error) => wait_after(&error, socket, libc::POLLOUT, deadline)?,
        }
    }
    Ok(())
}

/// Fills `room` by the deadline.
///
/// # Errors
/// The system call's; `UnexpectedEof`; `TimedOut`.
pub(crate) fn receive(socket: &OwnedFd, room: &mut [u8], deadline: Instant) -> io::Result<()> {
    let mut come = 0;
    while come < room.len() {
        let rest = &mut room[come..];
        // SAFETY: `rest` is writable for its length during the call.
        let result = unsafe {
            libc::recv(
                socket.as_raw_fd(),
                rest.as_mut_ptr().cast::<c_void>(),
                rest.len(),
                libc::MSG_DONTWAIT,
            )
        };
        match count(result) {
            Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(more) => come += more,
            Err(error) => wait_after(&error, socket, libc::POLLIN, deadline)?,
        }
    }
    Ok(())
}

/// Receives one byte and the one descriptor that is sent with it, by the deadline.
///
/// # Errors
/// As [`receive`]; `InvalidData` where it came without one.
pub(crate) fn receive_descriptor(socket: &OwnedFd, deadline: Instant) -> io::Result<(u8, OwnedFd)> {
    let mut byte = 0;
    // SAFETY: all-zero bytes are a valid `OneDescriptor` of integers.
    let mut control: OneDescriptor = unsafe { std::mem::zeroed() };
    let came = loop {
        let mut part = libc::iovec { iov_base: (&raw mut byte).cast(), iov_len: size_of::<u8>() };
        // SAFETY: all-zero bytes are a valid `msghdr` of integers and null pointers.
        let mut message: libc::msghdr = unsafe { std::mem::zeroed() };
        message.msg_iov = &raw mut part;
        message.msg_iovlen = 1;
        message.msg_control = (&raw mut control).cast();
        // Not a byte more, so that the kernel closes all descriptors but the first.
        message.msg_controllen = OneDescriptor::LENGTH as _;
        let flags = libc::MSG_DONTWAIT | libc::MSG_CMSG_CLOEXEC;
        // SAFETY: `message` names memory that is writable for the stated lengths during the call.
        let result = unsafe { libc::recvmsg(socket.as_raw_fd(), &raw mut message, flags) };
        match count(result) {
            Ok(came) => break came,
            Err(error) => wait_after(&error, socket, libc::POLLIN, deadline)?,
        }
    };
    let OneDescriptor { header, descriptor } = control;
    let is_there = header.cmsg_len == OneDescriptor::LENGTH
        && (header.cmsg_level, header.cmsg_type) == (libc::SOL_SOCKET, libc::SCM_RIGHTS);
    if !is_there {
        return Err(io::ErrorKind::InvalidData.into());
    }
    // SAFETY: the kernel has just opened it for this process, and nobody else owns it.
    let descriptor = above_standard(unsafe { OwnedFd::from_raw_fd(descriptor) })?;
    if came == 1 { Ok((byte, descriptor)) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
}

/// The control message that brings one descriptor (cmsg(3)).
#[repr(C)]
#[derive(Clone, Copy)]
struct OneDescriptor {
    header: libc::cmsghdr,
    descriptor: c_int,
}

impl OneDescriptor {
    /// Its bytes without padding.
    const LENGTH: usize = std::mem::offset_of!(Self, descriptor) + size_of::<c_int>();
}

/// Waits after a call that would have had to.
fn wait_after(
    error: &io::Error,
    socket: &OwnedFd,
    events: libc::c_short,
    deadline: Instant,
) -> io::Result<()> {
    let left = left(deadline)?;
    match error.kind() {
        io::ErrorKind::Interrupted => return Ok(()),
        io::ErrorKind::WouldBlock => {}
        _ => return Err(io::Error::from(error.kind())),
    }
    let mut entry = libc::pollfd { fd: socket.as_raw_fd(), events, revents: 0 };
    // Rounded up, so that the last fraction is not spent in a loop.
    let milliseconds = c_int::try_from(left.as_millis().saturating_add(1)).unwrap_or(c_int::MAX);
    // SAFETY: `entry` is one `pollfd`, writable during the call. A signal ends it early, and the caller's loop
    // tries again.
    let _ = unsafe { libc::poll(&raw mut entry, 1, milliseconds) };
    Ok(())
}

/// What is left until the deadline.
fn left(deadline: Instant) -> io::Result<Duration> {
    let left = deadline.saturating_duration_since(Instant::now());
    if left.is_zero() { Err(io::ErrorKind::TimedOut.into()) } else { Ok(left) }
}

fn limit_sending(socket: &OwnedFd, limit: Duration) -> io::Result<()> {
    // 0 means "for ever" to the kernel.
    let limit = limit.max(Duration::from_millis(1));
    let limit = libc::timeval {
        tv_sec: limit.as_secs() as libc::time_t,
        tv_usec: limit.subsec_micros() as libc::suseconds_t,
    };
    // SAFETY: `limit` is one `timeval`, readable for the length that is stated.
    check(unsafe {
        libc::setsockopt(
            socket.as_raw_fd(),
            libc::SOL_SOCKET,
            libc::SO_SNDTIMEO,
            (&raw const limit).cast(),
            size_of::<libc::timeval>() as libc::socklen_t,
        )
    })
}

fn address_of(path: &str) -> io::Result<(libc::sockaddr_un, libc::socklen_t)> {
    // SAFETY: all-zero bytes are a valid `sockaddr_un` of integers.
    let mut address: libc::sockaddr_un = unsafe { std::mem::zeroed() };
    address.sun_family = libc::AF_UNIX as libc::sa_family_t;
    // The last byte stays zero.
    if path.len() >= address.sun_path.len() {
        return Err(io::ErrorKind::InvalidInput.into());
    }
    for (to, from) in address.sun_path.iter_mut().zip(path.bytes()) {
        *to = from as libc::c_char;
    }
    Ok((address, size_of::<libc::sockaddr_un>() as libc::socklen_t))
}

fn count(result: isize) -> io::Result<usize> {
    usize::try_from(result).map_err(|_| io::Error::last_os_error())
}

fn check(result: c_int) -> io::Result<()> {
    if result < 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
}
