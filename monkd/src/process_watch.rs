//! Whether a process still lives: its number alone does not say so, since the kernel gives it to another one later.
//!
//! A pidfd needs no right and no `/proc` (pidfd_open(2)), which the service does not see of other users.

use std::os::fd::{AsFd, OwnedFd};

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use rustix::process::{Pid, PidfdFlags, pidfd_open};

/// The process with this number; `None` where there is none, or the kernel does not show it.
#[must_use]
pub fn of(process: i32) -> Option<OwnedFd> {
    pidfd_open(Pid::from_raw(process)?, PidfdFlags::empty()).ok()
}

/// Whether it has ended. If that cannot be found out, it has.
#[must_use]
pub fn has_ended(process: &OwnedFd) -> bool {
    let mut polled = [PollFd::new(process.as_fd(), PollFlags::POLLIN)];
    poll(&mut polled, PollTimeout::ZERO) != Ok(0)
}
