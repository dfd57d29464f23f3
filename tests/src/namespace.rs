//! The namespaces of a world, and the process that holds them.
//!
//! The first process of a world is a `cat` that reads a pipe, whose only other end is here. When
//! this process ends, in whatever way, the pipe ends, and so does the `cat`; with the first process
//! of a PID namespace the kernel kills all others, and with the last process go the mounts and the
//! network.

use std::fs::File;
use std::io;
use std::os::fd::OwnedFd;
use std::panic::resume_unwind;
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use nix::sched::{CloneFlags, setns, unshare};
use nix::unistd::sethostname;

use crate::transcript::Transcript;
use crate::{loopback, mounts, system_calls, wait};

/// The host name of every world.
const HOST_NAME: &str = "world";

/// What the first process does. Ignoring SIGCHLD makes the kernel reap the orphans a world leaves
/// to it.
///
/// `env` does that, because dash silently keeps SIGCHLD for itself.
const FIRST_PROCESS: &str = "mount -t proc proc /proc || exit 1
    echo ready
    exec env --ignore-signal=CHLD cat >/dev/null 2>&1";

/// How long the first process may take to say that it is ready.
const START_LIMIT: Duration = Duration::from_secs(20);

/// The namespaces a world has of its own, each with its name under `/proc/PID/ns`.
const NAMESPACES: [(CloneFlags, &str); 5] = [
    (CloneFlags::CLONE_NEWIPC, "ipc"),
    (CloneFlags::CLONE_NEWUTS, "uts"),
    (CloneFlags::CLONE_NEWNET, "net"),
    (CloneFlags::CLONE_NEWPID, "pid"),
    (CloneFlags::CLONE_NEWNS, "mnt"),
];

/// What a thread does in a world.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Errand {
    /// Runs code of this process. The thread can start other threads.
    Code,
    /// Starts a program, which becomes one of the world's processes. The thread cannot start other
    /// threads.
    Program,
}

/// Holds a world's namespaces until it is dropped or this process ends.
pub(crate) struct Namespaces {
    first_process: Mutex<Child>,
    handles: Vec<(CloneFlags, OwnedFd)>,
}

impl Namespaces {
    /// Makes new namespaces and arranges what is in them.
    pub(crate) fn new() -> io::Result<Self> {
        let (output, input) = io::pipe()?;
        let first_process = on_new_thread(|| make(input))?;
        // From here on a drop ends the first process.
        let mut namespaces = Self::held_by(first_process);
        let said = Transcript::of(output);
        said.wait_for_end(START_LIMIT);
        if said.text() != "ready\n" {
            return Err(io::Error::other(format!(
                "the first process did not start: {}",
                said.text()
            )));
        }
        namespaces.open(&NAMESPACES)?;
        Ok(namespaces)
    }

    /// Those of a systemd, which has one more.
    pub(crate) fn of_systemd(first_process: Child) -> io::Result<Self> {
        let mut namespaces = Self::held_by(first_process);
        namespaces.open(&[(CloneFlags::CLONE_NEWCGROUP, "cgroup")])?;
        namespaces.open(&NAMESPACES)?;
        Ok(namespaces)
    }

    fn held_by(first_process: Child) -> Self {
        Self { first_process: Mutex::new(first_process), handles: Vec::new() }
    }

    fn open(&mut self, namespaces: &[(CloneFlags, &str)]) -> io::Result<()> {
        for (flag, name) in namespaces {
            let handle = File::open(format!("/proc/{}/ns/{name}", self.id()))?;
            self.handles.push((*flag, handle.into()));
        }
        Ok(())
    }

    /// Sends the first process a signal by its number, and waits until it has ended, for at most `limit`.
    /// Whether it has.
    pub(crate) fn end(&self, signal: i32, limit: Duration) -> bool {
        let mut first_process = self.first_process();
        let ended = |process: &mut Child| process.try_wait().is_ok_and(|end| end.is_some());
        if ended(&mut first_process) {
            return true;
        }
        // It has not been waited for, so its number is still its own.
        let sent = system_calls::send_signal(first_process.id(), signal);
        sent.is_ok() && wait::until(limit, || ended(&mut first_process).then_some(())).is_some()
    }

    fn first_process(&self) -> MutexGuard<'_, Child> {
        self.first_process.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The process id of the first process, as this machine counts.
    pub(crate) fn id(&self) -> u32 {
        self.first_process().id()
    }

    /// The network, which lasts as long as this handle does.
    pub(crate) fn network(&self) -> io::Result<OwnedFd> {
        let network = self.handles.iter().find(|(flag, _)| *flag == CloneFlags::CLONE_NEWNET);
        network.ok_or_else(|| io::Error::other("there is no network"))?.1.try_clone()
    }

    /// Runs `work` on a new thread inside and waits for it.
    pub(crate) fn run<T: Send>(
        &self,
        errand: Errand,
        work: impl FnOnce() -> T + Send,
    ) -> io::Result<T> {
        on_new_thread(|| {
            self.join(errand)?;
            Ok(work())
        })
    }

    /// Moves the calling thread inside.
    fn join(&self, errand: Errand) -> io::Result<()> {
        // A thread changes its mounts only when it shares its root and current folder with no other
        // thread.
        unshare(CloneFlags::CLONE_FS)?;
        for (flag, handle) in &self.handles {
            if *flag != CloneFlags::CLONE_NEWPID || errand == Errand::Program {
                setns(handle, *flag)?;
            }
        }
        Ok(())
    }
}

impl Drop for Namespaces {
    fn drop(&mut self) {
        // Both fail only where the process has been waited for already.
        let mut first_process = self.first_process();
        let _ = first_process.kill();
        let _ = first_process.wait();
    }
}

/// Moves the calling thread into new namespaces, and starts their first process.
fn make(output: io::PipeWriter) -> io::Result<Child> {
    let all = NAMESPACES.into_iter().fold(CloneFlags::CLONE_FS, |all, (flag, _)| all | flag);
    unshare(all)?;
    sethostname(HOST_NAME)?;
    mounts::arrange()?;
    loopback::switch_on()?;

    let mut command = Command::new("/bin/sh");
    command.args(["-c", FIRST_PROCESS]).env_clear().current_dir("/");
    command.stdin(Stdio::piped()).stderr(output.try_clone()?).stdout(output);
    system_calls::detach(&mut command);
    command.spawn()
}

/// Runs `work` on a thread that nothing else uses afterwards, since a thread cannot go back to
/// where it was.
pub(crate) fn on_new_thread<T: Send>(work: impl FnOnce() -> io::Result<T> + Send) -> io::Result<T> {
    thread::scope(|scope| scope.spawn(work).join().unwrap_or_else(|panic| resume_unwind(panic)))
}
