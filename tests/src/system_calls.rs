//! The system calls that the standard library and nix do not offer safely. All `unsafe` of this
//! crate is here.

use std::ffi::CStr;
use std::io;
use std::os::unix::process::CommandExt;
use std::process::Command;

use nix::sys::stat::{Mode, umask};
use nix::unistd::setsid;

/// The root of the file tree, as the kernel wants it.
const ROOT: &CStr = c"/";

/// `struct mount_attr` of mount_setattr(2), which libc lacks for glibc.
#[repr(C)]
struct MountAttributes {
    set: u64,
    clear: u64,
    propagation: u64,
    user_namespace: u64,
}

/// `MOUNT_ATTR_RDONLY`.
const READ_ONLY: u64 = 1;

/// Makes every mount the calling thread can see read-only, for its mount namespace alone.
///
/// The caller must have left the mount namespace of the machine before.
pub(crate) fn make_all_mounts_read_only() -> io::Result<()> {
    let attributes =
        MountAttributes { set: READ_ONLY, clear: 0, propagation: 0, user_namespace: 0 };
    // SAFETY: the path is a NUL-terminated constant, and `attributes` is a live `mount_attr` of the
    // size that is passed with it. The kernel reads both during the call and keeps neither.
    let result = unsafe {
        libc::syscall(
            libc::SYS_mount_setattr,
            libc::AT_FDCWD,
            ROOT.as_ptr(),
            libc::AT_RECURSIVE,
            &raw const attributes,
            size_of::<MountAttributes>(),
        )
    };
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

/// Gives the program a session and a process group of its own, without a terminal, and the usual
/// umask.
///
/// Programs that would ask at `/dev/tty` thus never reach the terminal of whoever runs the tests.
pub(crate) fn detach(command: &mut Command) {
    let prepare = || {
        umask(Mode::from_bits_truncate(0o022));
        setsid()?;
        Ok(())
    };
    // SAFETY: between fork and exec the closure makes two system calls that are async-signal-safe;
    // it allocates nothing and takes no lock.
    unsafe { command.pre_exec(prepare) };
}

/// Makes the calling thread alone a user's, without groups and capabilities; it cannot go back.
///
/// The C library's own functions would change all threads.
pub(crate) fn become_user_on_this_thread(uid: u32) -> io::Result<()> {
    let check = |result| if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) };
    // SAFETY: without groups, the kernel reads nothing from the null pointer.
    check(unsafe { libc::syscall(libc::SYS_setgroups, 0, std::ptr::null::<libc::gid_t>()) })?;
    // SAFETY: the call takes integers only.
    check(unsafe { libc::syscall(libc::SYS_setresgid, uid, uid, uid) })?;
    // SAFETY: as above.
    check(unsafe { libc::syscall(libc::SYS_setresuid, uid, uid, uid) })
}
