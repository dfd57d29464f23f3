//! The strange ways of programs that PAM modules find themselves in. All of them are in use
//! somewhere: monk has to get along with each.

use std::fs::File;
use std::io::{self, BufReader};
use std::mem::zeroed;
use std::os::fd::{FromRawFd, RawFd};
use std::ptr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

/// A strange way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Manner {
    /// None.
    Usual,
    /// Ignores SIGCHLD, so that the kernel reaps its children.
    IgnoresSigchld,
    /// Reaps whatever child there is when SIGCHLD comes, and counts them.
    ReapsEverything,
    /// Blocks all signals.
    BlocksSignals,
    /// Is interrupted every millisecond, by a signal that does not restart system calls.
    IsInterrupted,
    /// Has closed standard input, output and error.
    ClosesStandard,
    /// May open 16 descriptors.
    FewDescriptors,
    /// Forks between `pam_start` and `pam_authenticate`; both sides go on.
    Forks,
    /// Logs in on eight threads at once.
    Threads,
}

/// All of them, by name.
const NAMES: [(&str, Manner); 9] = [
    ("usual", Manner::Usual),
    ("ignores-sigchld", Manner::IgnoresSigchld),
    ("reaps-everything", Manner::ReapsEverything),
    ("blocks-signals", Manner::BlocksSignals),
    ("is-interrupted", Manner::IsInterrupted),
    ("closes-standard", Manner::ClosesStandard),
    ("few-descriptors", Manner::FewDescriptors),
    ("forks", Manner::Forks),
    ("threads", Manner::Threads),
];

/// Descriptors of [`Manner::FewDescriptors`].
const FEW: libc::rlim_t = 16;

/// Children that [`Manner::ReapsEverything`] has found.
static REAPED: AtomicU64 = AtomicU64::new(0);

impl Manner {
    /// The one of this name.
    pub fn named(name: &str) -> Option<Self> {
        NAMES.iter().find(|(known, _)| *known == name).map(|(_, manner)| *manner)
    }

    /// Makes this process one of that kind.
    ///
    /// # Errors
    /// That of a system call.
    pub fn adopt(self) -> io::Result<()> {
        match self {
            Self::Usual | Self::ClosesStandard | Self::Forks => Ok(()),
            // With the first thread the C library begins to handle a signal of its own.
            Self::Threads => thread::spawn(|| ()).join().map_err(|_| io::Error::other("a panic")),
            Self::IgnoresSigchld => handle(libc::SIGCHLD, libc::SIG_IGN),
            Self::ReapsEverything => {
                handle(libc::SIGCHLD, reap as extern "C" fn(libc::c_int) as libc::sighandler_t)
            }
            Self::BlocksSignals => block_all(),
            Self::IsInterrupted => {
                let ignore = do_nothing as extern "C" fn(libc::c_int) as libc::sighandler_t;
                handle(libc::SIGALRM, ignore)?;
                interrupt_every_millisecond()
            }
            Self::FewDescriptors => {
                let limit = libc::rlimit { rlim_cur: FEW, rlim_max: FEW };
                // SAFETY: the call reads one `rlimit`.
                check(unsafe { libc::setrlimit(libc::RLIMIT_NOFILE, &raw const limit) })
            }
        }
    }

    /// Where logins come from and answers go to: elsewhere, where the standard descriptors are to be
    /// closed.
    ///
    /// # Errors
    /// That of a system call.
    pub fn streams(self) -> io::Result<(BufReader<File>, File)> {
        let (input, output) = (duplicate(0)?, duplicate(1)?);
        if self == Self::ClosesStandard {
            for descriptor in 0..3 {
                // SAFETY: closing takes an integer; nothing in this program uses them from here on.
                check(unsafe { libc::close(descriptor) })?;
            }
        }
        Ok((BufReader::new(input), output))
    }

    /// How many children the host's own handler has found.
    pub fn reaped() -> u64 {
        REAPED.load(Ordering::SeqCst)
    }
}

/// Whether a descriptor is open.
pub fn is_open(descriptor: RawFd) -> bool {
    // SAFETY: the call takes integers only.
    unsafe { libc::fcntl(descriptor, libc::F_GETFD) >= 0 }
}

/// Runs `work` in a child of this process, and returns the byte that it gives.
///
/// # Errors
/// When there is no child, or it ends without a byte.
pub fn in_child(work: impl FnOnce() -> u8) -> io::Result<libc::pid_t> {
    // SAFETY: this process has one thread, so that the child may go on as it likes.
    match unsafe { libc::fork() } {
        -1 => Err(io::Error::last_os_error()),
        0 => {
            let code = work();
            // SAFETY: ends the child without the parent's exit handlers and buffers.
            unsafe { libc::_exit(code.into()) }
        }
        child => Ok(child),
    }
}

/// The byte with which a child has ended.
///
/// # Errors
/// When it ended otherwise.
pub fn end_of(child: libc::pid_t) -> io::Result<u8> {
    let mut status = 0;
    // SAFETY: `status` is writable during the call, and the child is ours.
    while unsafe { libc::waitpid(child, &raw mut status, 0) } != child {
        let error = io::Error::last_os_error();
        if error.kind() != io::ErrorKind::Interrupted {
            return Err(error);
        }
    }
    if libc::WIFEXITED(status) {
        Ok(u8::try_from(libc::WEXITSTATUS(status)).unwrap_or(u8::MAX))
    } else {
        Err(io::Error::other("the child did not exit"))
    }
}

extern "C" fn reap(_: libc::c_int) {
    let everything = libc::WNOHANG | libc::__WALL;
    // SAFETY: waitpid is async-signal-safe, and the status is not wanted.
    while unsafe { libc::waitpid(-1, ptr::null_mut(), everything) } > 0 {
        REAPED.fetch_add(1, Ordering::SeqCst);
    }
}

extern "C" fn do_nothing(_: libc::c_int) {}

fn handle(signal: libc::c_int, handler: libc::sighandler_t) -> io::Result<()> {
    // SAFETY: all-zero bytes are a valid `sigaction` without flags, so without SA_RESTART.
    let mut action: libc::sigaction = unsafe { zeroed() };
    action.sa_sigaction = handler;
    // SAFETY: `action` outlives the call; the handlers here are async-signal-safe.
    check(unsafe { libc::sigaction(signal, &raw const action, ptr::null_mut()) })
}

fn block_all() -> io::Result<()> {
    // SAFETY: all-zero bytes are a valid signal set.
    let mut all: libc::sigset_t = unsafe { zeroed() };
    // SAFETY: `all` is writable during the call.
    check(unsafe { libc::sigfillset(&raw mut all) })?;
    // SAFETY: the set outlives the call, and the old one is not wanted.
    check(unsafe { libc::sigprocmask(libc::SIG_BLOCK, &raw const all, ptr::null_mut()) })
}

fn interrupt_every_millisecond() -> io::Result<()> {
    let moment = libc::timeval { tv_sec: 0, tv_usec: 1000 };
    let timer = libc::itimerval { it_interval: moment, it_value: moment };
    // SAFETY: setitimer reads one `itimerval`, and the old one is not wanted. (libc has no name for
    // the function on all of its platforms.)
    let result = unsafe {
        libc::syscall(
            libc::SYS_setitimer,
            libc::ITIMER_REAL,
            &raw const timer,
            ptr::null_mut::<libc::itimerval>(),
        )
    };
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

fn duplicate(descriptor: RawFd) -> io::Result<File> {
    // SAFETY: the call takes integers only.
    let copy = unsafe { libc::fcntl(descriptor, libc::F_DUPFD_CLOEXEC, 3) };
    check(copy.min(0))?;
    // SAFETY: the call has just opened it, and nobody else owns it.
    Ok(unsafe { File::from_raw_fd(copy) })
}

fn check(result: libc::c_int) -> io::Result<()> {
    if result < 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
}
