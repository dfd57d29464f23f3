//! A program that runs in a world.

use std::fs;
use std::process::{Child, ExitStatus};
use std::time::Duration;

use nix::sys::signal::{kill, killpg};
use nix::unistd::Pid;

pub use nix::sys::signal::Signal;

use crate::World;
use crate::transcript::{Transcript, tail};
use crate::wait;

/// How long a program may take to end after SIGTERM, and after SIGKILL.
const END_LIMIT: Duration = Duration::from_secs(10);

/// How long to wait for the rest of the log of a program that has ended.
const LOG_LIMIT: Duration = Duration::from_millis(500);

/// How long a program may take to write what it has to say of something that was seen already.
const LINE_LIMIT: Duration = Duration::from_secs(10);

/// A program that runs in a world, in a process group of its own. It is killed when this is
/// dropped.
pub struct Process {
    name: String,
    child: Child,
    log: Transcript,
    /// A world ends only when all its processes are reaped, so it must outlive this handle.
    world: Option<World>,
}

impl Process {
    /// Takes over a child whose standard output and error go to `log`.
    pub(crate) fn new(name: String, child: Child, log: Transcript) -> Self {
        Self { name, child, log, world: None }
    }

    /// The same process, as one of a world.
    pub(crate) fn of(mut self, world: &World) -> Self {
        self.world = Some(world.clone());
        self
    }

    /// The process id, as this machine counts; in the world it has another.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// What the program has written so far to its standard output and error.
    pub fn log(&self) -> String {
        self.log.text()
    }

    /// Waits until the program has written `text`: what it did may be seen before its log is.
    ///
    /// # Panics
    /// When it has not come within ten seconds. The message shows what did.
    #[track_caller]
    pub fn wait_for_log(&self, text: &str) {
        let written = wait::until(LINE_LIMIT, || self.log().contains(text).then_some(()));
        assert!(written.is_some(), "the log lacks {text:?}:\n{}", self.log());
    }

    /// Whether the program has not ended yet.
    pub fn is_running(&mut self) -> bool {
        self.end().is_none()
    }

    /// Waits until the program ends by itself, for at most `limit`. Then its log is complete.
    pub fn wait(&mut self, limit: Duration) -> Option<ExitStatus> {
        let end = wait::until(limit, || self.end())?;
        self.log.wait_for_end(LOG_LIMIT);
        Some(end)
    }

    /// Sends a signal to the program, not to its children.
    ///
    /// # Panics
    /// When the program has ended.
    #[track_caller]
    pub fn kill(&mut self, signal: Signal) {
        self.send(signal, kill);
    }

    /// Stops the program and its process group in the middle of what they do: SIGSTOP.
    ///
    /// It is over when the program stands still: of several threads one takes the signal, when its
    /// turn comes, and the others go on until then.
    #[track_caller]
    pub fn stop(&mut self) {
        self.send(Signal::SIGSTOP, killpg);
        if wait::until(END_LIMIT, || self.stands_still().then_some(())).is_none() {
            self.fail("does not stop");
        }
    }

    /// Lets the program and its process group go on after [`stop`](Self::stop).
    #[track_caller]
    pub fn cont(&mut self) {
        self.send(Signal::SIGCONT, killpg);
    }

    /// Asks the program to end (SIGTERM) and waits for it; a program that does not obey is killed.
    pub fn terminate(&mut self) {
        if self.is_running() {
            // Where a signal does not arrive, the wait runs out and `destroy` follows. A stopped
            // program must go on to end.
            let _ = kill(self.id(), Signal::SIGTERM);
            let _ = killpg(self.id(), Signal::SIGCONT);
            wait::until(END_LIMIT, || self.end());
        }
        self.destroy();
    }

    /// Kills the program and its process group with SIGKILL, and waits until it is gone.
    pub fn destroy(&mut self) {
        if self.is_running() {
            let _ = killpg(self.id(), Signal::SIGKILL);
            wait::until(END_LIMIT, || self.end());
        }
    }

    /// Ends the program with a panic that shows its log.
    #[track_caller]
    pub(crate) fn fail(&mut self, what: &str) -> ! {
        self.destroy();
        self.log.wait_for_end(LOG_LIMIT);
        panic!("{} {what}. The end of its log:\n{}", self.name, tail(&self.log()));
    }

    /// Whether every thread has stopped.
    fn stands_still(&self) -> bool {
        let threads = fs::read_dir(format!("/proc/{}/task", self.child.id()));
        threads.is_ok_and(|threads| {
            threads.flatten().all(|thread| {
                let state = fs::read_to_string(thread.path().join("stat"));
                // The name before it stands in brackets, and may hold any other character.
                state.is_ok_and(|stat| stat.rsplit(") ").next().is_some_and(is_stopped))
            })
        })
    }

    /// Sends a signal with `kill`, or to the whole process group with `killpg`.
    #[track_caller]
    fn send(&mut self, signal: Signal, how: fn(Pid, Signal) -> nix::Result<()>) {
        if !self.is_running() {
            self.fail(&format!("has ended and takes no {signal}"));
        }
        // The child has not been waited for, so its number is still its own.
        let result = how(self.id(), signal);
        result.unwrap_or_else(|error| panic!("cannot send {signal} to {}: {error}", self.name));
    }

    /// The status with which the program ended, if it has.
    fn end(&mut self) -> Option<ExitStatus> {
        let end = self.child.try_wait();
        end.unwrap_or_else(|error| panic!("cannot ask for the state of {}: {error}", self.name))
    }

    fn id(&self) -> Pid {
        Pid::from_raw(self.child.id().cast_signed())
    }
}

/// Reads what follows the name in `/proc/PID/stat`: T is stopped by a signal.
fn is_stopped(rest: &str) -> bool {
    rest.starts_with('T')
}

impl Drop for Process {
    fn drop(&mut self) {
        self.destroy();
    }
}
