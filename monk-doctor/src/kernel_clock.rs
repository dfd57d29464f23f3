//! Whether somebody keeps the kernel's clock: `adjtimex(2)`, which changes nothing here.
//!
//! Asked here and not by the engine, which a service manager may have forbidden everything that has to
//! do with setting clocks.

use std::io;
use std::mem::MaybeUninit;

use monk_wire::manage::doctor::Kind;

use crate::finding::Findings;

/// Says whether somebody keeps this host's clock.
pub fn examine(findings: &mut Findings) {
    let subject = "this host's clock";
    match is_synchronized() {
        Ok(true) => findings.ok(Kind::ClockNotSynchronized, subject, "kept by a time service"),
        Ok(false) => findings.report(
            Kind::ClockNotSynchronized,
            subject,
            "the kernel says that no time service keeps it",
            "Have chrony or systemd-timesyncd keep the clock: timedatectl set-ntp true",
        ),
        Err(error) => {
            let what = format!("the kernel does not say whether it is kept: {error}");
            findings.ok(Kind::ClockNotSynchronized, subject, what);
        }
    }
}

/// Whether a time service (chrony, ntpd, systemd-timesyncd) keeps the clock right.
///
/// # Errors
/// Where the system call is not allowed, as in some containers.
fn is_synchronized() -> io::Result<bool> {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kernel_answers() {
        let mut findings = Findings::default();
        examine(&mut findings);
        assert_eq!(findings.0.len(), 1);
    }
}
