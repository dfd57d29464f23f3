//! Starting an engine for one conversation, from inside somebody else's process.
//!
//! The host program must not notice: no SIGCHLD, no child that its own `wait` finds, no
//! descriptor or environment variable that leaks into the engine. So the engine is a grandchild:
//!
//! 1. `clone` without an exit signal makes a child that only `__WCLONE` sees;
//! 2. the child forks the engine and ends at once, and is waited for here;
//! 3. the engine belongs to init, which reaps it.
//!
//! Whether it started is judged by what it says on its socket, never by an exit status.

use std::ffi::CString;
use std::fs::OpenOptions;
use std::io;
use std::os::fd::{AsRawFd, OwnedFd, RawFd};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::ptr;

use monk_client::socket;

/// Everything that the grandchild needs, made beforehand: between clone and exec nothing may be
/// allocated.
struct Engine {
    program: CString,
    arguments: Vec<CString>,
    socket: OwnedFd,
    null: OwnedFd,
}

/// Starts `program --one-shot [--config …]` with one end of a socket pair as its standard input,
/// and returns the other.
///
/// # Errors
/// When the descriptors or the process cannot be made.
pub(crate) fn one_shot(program: &Path, config: Option<&Path>) -> io::Result<UnixStream> {
    let (ours, theirs) = pair()?;
    let null = OpenOptions::new().read(true).write(true).open("/dev/null")?;
    let text = |bytes: &[u8]| CString::new(bytes).map_err(|_| io::ErrorKind::InvalidInput);
    let mut arguments = vec![text(program.as_os_str().as_bytes())?, text(b"--one-shot")?];
    if let Some(config) = config {
        arguments.push(text(b"--config")?);
        arguments.push(text(config.as_os_str().as_bytes())?);
    }
    let engine = Engine {
        program: text(program.as_os_str().as_bytes())?,
        arguments,
        socket: theirs,
        null: socket::above_standard(null.into())?,
    };
    engine.start()?;
    Ok(ours)
}

/// A connected pair: ours, and the one that the started engine gets.
fn pair() -> io::Result<(UnixStream, OwnedFd)> {
    let (ours, theirs) = UnixStream::pair()?;
    let ours = UnixStream::from(socket::above_standard(ours.into())?);
    Ok((ours, socket::above_standard(theirs.into())?))
}

impl Engine {
    fn start(&self) -> io::Result<()> {
        let mut argv: Vec<*const libc::c_char> =
            self.arguments.iter().map(|argument| argument.as_ptr()).collect();
        argv.push(ptr::null());
        let environment = [ptr::null()];
        // SAFETY: without CLONE_VM this is fork(2) with an exit signal of our choice: the child
        // gets a copy of the address space, and runs only `child`, which is async-signal-safe.
        let child = unsafe { libc::syscall(libc::SYS_clone, 0, 0, 0, 0, 0) };
        match child {
            -1 => Err(io::Error::last_os_error()),
            0 => child_main(
                &self.program,
                &argv,
                &environment,
                self.socket.as_raw_fd(),
                self.null.as_raw_fd(),
            ),
            child => wait_for(child as libc::pid_t),
        }
    }
}

/// Waits for the child, which does nothing but fork. Unseen by the host's own `wait`.
fn wait_for(child: libc::pid_t) -> io::Result<()> {
    let mut status = 0;
    loop {
        // SAFETY: `status` is writable for the call; `child` is a process that we made.
        let waited = unsafe { libc::waitpid(child, &raw mut status, libc::__WCLONE) };
        if waited == child {
            return Ok(());
        }
        let error = io::Error::last_os_error();
        if error.kind() != io::ErrorKind::Interrupted {
            // A host that reaps with __WALL has been faster; the socket tells the rest.
            return Ok(());
        }
    }
}

/// Forks the engine and ends. Only system calls from here on: other threads of the host may have
/// held any lock at the moment of the clone.
fn child_main(
    program: &CString,
    argv: &[*const libc::c_char],
    environment: &[*const libc::c_char],
    socket: RawFd,
    null: RawFd,
) -> ! {
    // SAFETY: as in `start`; SIGCHLD goes to init, which the grandchild belongs to.
    let grandchild = unsafe { libc::syscall(libc::SYS_clone, libc::SIGCHLD, 0, 0, 0, 0) };
    if grandchild == 0 {
        become_engine(program, argv, environment, socket, null);
    }
    // SAFETY: ends this process without running the host's exit handlers.
    unsafe { libc::_exit(0) }
}

fn become_engine(
    program: &CString,
    argv: &[*const libc::c_char],
    environment: &[*const libc::c_char],
    socket: RawFd,
    null: RawFd,
) -> ! {
    take_turns_like_others();
    // SAFETY: all-zero bytes are a valid, empty signal set.
    let no_signals: libc::sigset_t = unsafe { std::mem::zeroed() };
    // SAFETY: a new session, away from the host's terminal; takes nothing.
    unsafe { libc::setsid() };
    for (from, to) in [(socket, 0), (null, 1), (null, 2)] {
        // SAFETY: `from` is open and above 2, so dup2 clears its close-on-exec flag in `to`.
        unsafe { libc::dup2(from, to) };
    }
    // SAFETY: closes the host's descriptors; takes integers only. A kernel before 5.9 does not
    // know it, and then those without close-on-exec live as long as the engine: one login.
    unsafe { libc::syscall(libc::SYS_close_range, 3, libc::c_uint::MAX, 0) };
    // SAFETY: `no_signals` outlives the call.
    unsafe { libc::sigprocmask(libc::SIG_SETMASK, &raw const no_signals, ptr::null_mut()) };
    for signal in [libc::SIGPIPE, libc::SIGCHLD, libc::SIGTERM, libc::SIGHUP, libc::SIGINT] {
        // SAFETY: SIG_DFL is a valid disposition; ignored signals would stay so after exec.
        unsafe { libc::signal(signal, libc::SIG_DFL) };
    }
    // SAFETY: `program` is a C string, `argv` and `environment` are null-terminated arrays of C
    // strings, and all of them live in this copy of the address space.
    unsafe { libc::execve(program.as_ptr(), argv.as_ptr(), environment.as_ptr()) };
    // SAFETY: exec failed; the closed socket tells the caller.
    unsafe { libc::_exit(127) }
}

/// Has the engine run as soon as other programs do. The caller of su may have chosen that it and
/// what it starts run only while nothing else does (sched(7), `SCHED_IDLE`; nice(1); ionice(1)): while
/// such an engine holds a lock, everybody would wait for it.
///
/// What a container does not allow stays as it is.
fn take_turns_like_others() {
    /// "This process", and no class: the usual one (ioprio_set(2)).
    const IOPRIO_WHO_PROCESS: libc::c_int = 1;
    let usual = libc::sched_param { sched_priority: 0 };
    // SAFETY: `usual` outlives the call.
    unsafe { libc::sched_setscheduler(0, libc::SCHED_OTHER, &raw const usual) };
    // SAFETY: takes integers only.
    unsafe { libc::setpriority(libc::PRIO_PROCESS, 0, 0) };
    // SAFETY: as above.
    unsafe { libc::syscall(libc::SYS_ioprio_set, IOPRIO_WHO_PROCESS, 0, 0) };
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};

    use super::*;

    #[test]
    fn a_pair_is_above_the_standard_descriptors_and_closed_on_exec() {
        let (ours, theirs) = pair().unwrap();
        for fd in [ours.as_raw_fd(), theirs.as_raw_fd()] {
            // SAFETY: F_GETFD takes no further argument.
            let flags = unsafe { libc::fcntl(fd, libc::F_GETFD) };
            assert!(fd > 2 && flags & libc::FD_CLOEXEC != 0, "{fd}: {flags}");
        }
    }

    #[test]
    fn a_started_program_speaks_on_its_standard_input_and_leaves_no_child() {
        // `sh --one-shot` is refused by sh; `cat` prints its standard input to /dev/null.
        // A script is the smallest program that answers on descriptor 0.
        let folder = tempfile::tempdir().unwrap();
        let script = folder.path().join("engine");
        std::fs::write(
            &script,
            "#!/bin/sh\nread line\nopen=$(ls /proc/self/fd | wc -l)\necho \"$open $line $* $HOME\" >&0\n",
        )
        .unwrap();
        let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        std::fs::set_permissions(&script, mode).unwrap();

        let mut stream = one_shot(&script, Some(Path::new("/x"))).unwrap();
        stream.write_all(b"hello\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        // 0, 1, 2 and the folder that ls itself has open.
        assert_eq!(answer, "4 hello --one-shot --config /x \n");
        // SAFETY: waits for nothing, and writes nowhere.
        let found = unsafe { libc::waitpid(-1, ptr::null_mut(), libc::WNOHANG | libc::__WALL) };
        assert_eq!(found, -1, "this process has no child");
    }

    #[test]
    fn a_program_that_is_missing_is_an_end_of_file() {
        let mut stream = one_shot(Path::new("/nonexistent/monkd"), None).unwrap();
        let mut answer = String::new();
        assert_eq!(stream.read_to_string(&mut answer).unwrap(), 0);
    }
}
