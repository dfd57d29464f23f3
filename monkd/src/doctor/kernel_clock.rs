//! Whether somebody keeps the kernel's clock: `adjtimex(2)`, which changes nothing here.

use std::io;
use std::mem::MaybeUninit;

/// Whether a time service (chrony, ntpd, systemd-timesyncd) keeps the clock right.
///
/// # Errors
/// Where the system call is not allowed, as in some containers.
pub fn is_synchronized() -> io::Result<bool> {
    let mut state = MaybeUninit::<libc::timex>::zeroed();
    // SAFETY: `state` is writable and outlives the call; `modes` is 0, so the clock is only read.
    let result = unsafe { libc::adjtimex(state.as_mut_ptr()) };
    if result == -1 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: zeroed bytes are a valid `timex` of integers, and the kernel has filled it in.
    let state = unsafe { state.assume_init() };
    Ok(state.status & libc::STA_UNSYNC == 0)
}
