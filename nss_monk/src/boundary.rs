//! The boundary to the C library: statuses, `errno`, and panics that do not get through.

use std::ffi::CStr;
use std::panic::{AssertUnwindSafe, catch_unwind, set_hook};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use libc::{c_char, c_int};

use crate::failure::{Failure, Status};

/// Does the work of an entry point and says how it went. `errno` is afterwards what it was before, except that a
/// failure has one of its own.
///
/// # Safety
/// `errnop` is null, or can be written.
pub(crate) unsafe fn guarded(
    errnop: *mut c_int,
    work: impl FnOnce() -> Result<(), Failure>,
) -> Status {
    quiet_panics();
    let before = errno();
    let done = catch_unwind(AssertUnwindSafe(work)).unwrap_or(Err(Failure::CannotTell));
    set_errno(before);
    let Err(failure) = done else { return Status::Success };
    if let Some(errno) = failure.errno()
        && !errnop.is_null()
    {
        // SAFETY: the caller says that it can be written. Most often it is `errno` itself.
        unsafe { errnop.write(errno) };
    }
    failure.status()
}

/// A name that the C library was given.
///
/// # Safety
/// `name` is null, or a text that ends with a NUL and outlives its use.
pub(crate) unsafe fn name_at<'a>(name: *const c_char) -> Result<&'a str, Failure> {
    if name.is_null() {
        return Err(Failure::NotFound);
    }
    // SAFETY: the caller says so.
    crate::name::possible(unsafe { CStr::from_ptr(name) })
}

/// A panic is caught at the boundary, and must not print into the host's output. Only panics of this module's
/// own copy of the Rust runtime come here. Nobody waits for whoever sets the hook, so that no fork leaves
/// somebody waiting for ever.
fn quiet_panics() {
    static QUIET: AtomicBool = AtomicBool::new(false);
    if !QUIET.swap(true, Relaxed) && !cfg!(test) {
        set_hook(Box::new(|_| {}));
    }
}

fn errno() -> c_int {
    // SAFETY: the C library has an `errno` for each thread.
    let place = unsafe { libc::__errno_location() };
    // SAFETY: and it can be read as long as the thread runs.
    unsafe { place.read() }
}

fn set_errno(value: c_int) {
    // SAFETY: as above.
    let place = unsafe { libc::__errno_location() };
    // SAFETY: as above, written.
    unsafe { place.write(value) };
}

#[cfg(test)]
mod tests {
    use std::ptr;

    use super::*;

    #[test]
    fn a_panic_ends_at_the_boundary_and_says_that_nothing_is_known() {
        let mut own = 7;
        // SAFETY: `own` can be written.
        let status = unsafe { guarded(&raw mut own, || panic!("a bug")) };
        assert_eq!((status, own), (Status::Unavailable, libc::EAGAIN));
    }

    #[test]
    fn the_hosts_errno_changes_only_where_a_failure_has_one() {
        for (failure, status, expected) in [
            (None, Status::Success, libc::EXDEV),
            (Some(Failure::NotFound), Status::NotFound, libc::EXDEV),
            (Some(Failure::Absent), Status::Unavailable, libc::ENOENT),
            (Some(Failure::Silent), Status::Unavailable, libc::EAGAIN),
            (Some(Failure::TooSmall), Status::TryAgain, libc::ERANGE),
            (Some(Failure::Denied), Status::Unavailable, libc::EACCES),
        ] {
            set_errno(libc::EXDEV);
            let work = || {
                set_errno(libc::EBADF);
                failure.map_or(Ok(()), Err)
            };
            // SAFETY: the C library has an `errno` for each thread.
            let own = unsafe { libc::__errno_location() };
            // SAFETY: it can be written.
            let said = unsafe { guarded(own, work) };
            assert_eq!((said, errno()), (status, expected), "{failure:?}");
            // SAFETY: a null pointer is not written to.
            let said = unsafe { guarded(ptr::null_mut(), work) };
            assert_eq!((said, errno()), (status, expected), "{failure:?}");
        }
    }
}
